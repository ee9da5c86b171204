//! A real searcher for viruses: Debian's `clamd`, in a directory of its own, with one signature of ours.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "dev only: a test fails here; ClamAV is another program"
)]

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/clamd";
const PATIENCE: Duration = Duration::from_secs(30);
/// The text that every searcher finds, and does no harm (EICAR, 2003), in two halves: nobody shall find it here.
const HARMLESS: [&str; 2] = [
    r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-",
    "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
];

/// A running searcher; it ends when it is dropped.
#[derive(Debug)]
pub struct Clamav {
    dir: PathBuf,
    child: Child,
}

impl Clamav {
    /// What it calls what it finds.
    pub const NAME: &str = "Eicar.Test.UNOFFICIAL";

    /// Starts one that takes files of at most so many bytes; none, with a message that the test is skipped, where ClamAV is not
    /// installed.
    ///
    /// # Panics
    /// When it is there and does not start.
    pub fn start(most: usize) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if !Path::new(PROGRAM).exists() {
            crate::absent("clamd (package clamav-daemon)");
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-clamav-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let signatures = dir.join("signatures");
        fs::create_dir_all(&signatures).expect("a directory for ClamAV");
        // A signature of an extended kind: name, any type of file, at the beginning, the bytes.
        let bytes: String = (Self::harmless().iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        fs::write(
            signatures.join("own.ndb"),
            format!("Eicar.Test:0:0:{bytes}\n"),
        )
        .expect("a signature");
        let settings = format!(
            "Foreground yes\nDatabaseDirectory {}\nLocalSocket {}\nStreamMaxLength {most}\n",
            signatures.display(),
            dir.join("socket").display()
        );
        fs::write(dir.join("clamd.conf"), settings).expect("ClamAV's settings");
        let child = Command::new(PROGRAM)
            .arg("-c")
            .arg(dir.join("clamd.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ClamAV starts");
        let server = Self { dir, child };
        let began = Instant::now();
        while UnixStream::connect(server.socket()).is_err() {
            assert!(began.elapsed() < PATIENCE, "ClamAV does not answer");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Some(server)
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("socket")
    }

    /// A file in which it finds something.
    pub fn harmless() -> Vec<u8> {
        HARMLESS.concat().into_bytes()
    }
}

impl Drop for Clamav {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

//! A real mail server on the loopback: Debian's Postfix, in a directory of its own, which keeps what it takes in boxes of files.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "dev only: a test fails here; Postfix is another program"
)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/postfix";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server for `ann@clinic.example` and `bob@clinic.example`; it ends when it is dropped.
#[derive(Debug)]
pub struct Postfix {
    dir: PathBuf,
    /// The port of SMTP with STARTTLS.
    pub port: u16,
    /// The port of SMTP within TLS.
    pub tls_port: u16,
}

impl Postfix {
    /// Starts one with this certificate and key (PEM, for `localhost`; empty: without TLS); none, with a message that the test is skipped, where
    /// Postfix is not installed or this is not root.
    ///
    /// # Panics
    /// When it is there and does not start.
    pub fn start(certificate: &str, key: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let user = (
            id("-u", None)?,
            id("-u", Some("postfix")),
            id("-g", Some("postfix")),
        );
        let (0, Some(uid), Some(gid), true) = (user.0, user.1, user.2, Path::new(PROGRAM).exists())
        else {
            crate::absent("a Postfix that this user may start");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-postfix-{}-{number}", std::process::id());
        let server = Self {
            dir: std::env::temp_dir().join(name),
            port: free_port(),
            tls_port: free_port(),
        };
        for part in ["etc", "queue", "data", "boxes"] {
            fs::create_dir_all(server.dir.join(part)).expect("a directory for Postfix");
        }
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&server.dir, open).expect("Postfix may enter");
        for part in ["data", "boxes"] {
            chown(server.dir.join(part), Some(uid), Some(gid)).expect("Postfix owns its data");
        }
        let level = if certificate.is_empty() {
            "none"
        } else {
            "may"
        };
        for (name, text) in [
            ("cert.pem", certificate.to_owned()),
            ("key.pem", key.to_owned()),
            ("etc/main.cf", server.settings(uid, gid, level)),
            ("etc/master.cf", server.services()),
        ] {
            fs::write(server.dir.join(name), text).expect("Postfix's files");
        }
        assert!(
            server.command("start"),
            "Postfix does not start: see {}",
            server.dir.display()
        );
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", server.port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "Postfix does not answer");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Some(server)
    }

    /// What is in a box, once there are so many messages: each as it was kept.
    ///
    /// # Panics
    /// When they do not come.
    pub fn messages(&self, name: &str, wanted: usize) -> Vec<String> {
        let dir = self.dir.join("boxes").join(name).join("new");
        let began = Instant::now();
        loop {
            let files = fs::read_dir(&dir).into_iter().flatten().flatten();
            let mut files: Vec<PathBuf> = files.map(|f| f.path()).collect();
            files.sort();
            if files.len() >= wanted {
                let read = |f: &PathBuf| fs::read_to_string(f).expect("a message");
                return files.iter().map(read).collect();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{} of {wanted} messages came to {name}",
                files.len()
            );
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn command(&self, what: &str) -> bool {
        // What Postfix leaves running must not hold our pipes.
        Command::new(PROGRAM)
            .arg("-c")
            .arg(self.dir.join("etc"))
            .arg(what)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn settings(&self, uid: u32, gid: u32, level: &str) -> String {
        let dir = self.dir.display();
        format!(
            "compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
myhostname = mail.clinic.example
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file_prefixes = {dir}
maillog_file = {dir}/log
virtual_mailbox_domains = clinic.example
virtual_mailbox_base = {dir}/boxes
virtual_mailbox_maps = inline:{{ ann@clinic.example=ann/, bob@clinic.example=bob/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 50
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_tls_security_level = {level}
smtpd_tls_received_header = yes
"
        )
    }

    fn services(&self) -> String {
        format!(
            "127.0.0.1:{} inet n - n - - smtpd
127.0.0.1:{} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
",
            self.port, self.tls_port
        )
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A number that `id` tells of a user, or of this one.
fn id(which: &str, user: Option<&str>) -> Option<u32> {
    let out = Command::new("id").arg(which).args(user).output().ok()?;
    String::from_utf8(out.stdout).ok()?.trim().parse().ok()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}

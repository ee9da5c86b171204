//! A real server of mailboxes on the loopback: Debian's Dovecot, in a directory of its own, with one box of files.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "dev only: a test fails here; Dovecot is another program"
)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/dovecot";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server with the box of `security`, whose password is [`Dovecot::PASSWORD`]; it ends when it is dropped.
#[derive(Debug)]
pub struct Dovecot {
    dir: PathBuf,
    child: Child,
    /// The port of IMAP with STARTTLS.
    pub port: u16,
    /// The port of IMAP within TLS.
    pub tls_port: u16,
}

impl Dovecot {
    /// The password of `security`.
    pub const PASSWORD: &str = "a long enough password";

    /// Starts one with this certificate and key (PEM, for `localhost`; empty: without TLS); none, with a message that the test is skipped,
    /// where Dovecot is not installed or this is not root.
    ///
    /// # Panics
    /// When it is there and does not start.
    pub fn start(certificate: &str, key: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let id = |which: &str, user: &str| -> Option<u32> {
            let out = Command::new("id").args([which, user]).output().ok()?;
            String::from_utf8(out.stdout).ok()?.trim().parse().ok()
        };
        let own = (id("-u", "root"), id("-u", "mail"), id("-g", "mail"));
        let is_root = fs::metadata("/proc/self").is_ok_and(|m| {
            use std::os::unix::fs::MetadataExt;
            m.uid() == 0
        });
        let (Some(0), Some(uid), Some(gid), true, true) =
            (own.0, own.1, own.2, is_root, Path::new(PROGRAM).exists())
        else {
            crate::absent("a Dovecot that this user may start (package dovecot-imapd)");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-dovecot-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let (port, tls_port) = (free_port(), free_port());
        for part in ["run", "state", "box/new", "box/cur", "box/tmp"] {
            fs::create_dir_all(dir.join(part)).expect("a directory for Dovecot");
        }
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&dir, open).expect("Dovecot may enter");
        for part in ["box", "box/new", "box/cur", "box/tmp"] {
            chown(dir.join(part), Some(uid), Some(gid)).expect("the box has its owner");
        }
        let users = format!("security:{{PLAIN}}{}:{uid}:{gid}::::\n", Self::PASSWORD);
        for (name, text) in [
            ("cert.pem", certificate),
            ("key.pem", key),
            ("users", &users),
            (
                "dovecot.conf",
                &[
                    settings(&dir, uid),
                    listeners(port, (!certificate.is_empty()).then_some(tls_port)),
                ]
                .concat(),
            ),
        ] {
            fs::write(dir.join(name), text).expect("Dovecot's files");
        }
        let child = Command::new(PROGRAM)
            .args(["-F", "-c"])
            .arg(dir.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Dovecot starts");
        let server = Self {
            dir,
            child,
            port,
            tls_port,
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "Dovecot does not answer");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Some(server)
    }

    /// Puts a mail into the box, as a mail server does.
    ///
    /// # Panics
    /// When the box cannot be written.
    pub fn deliver(&self, name: &str, mail: &[u8]) {
        let made = self.dir.join("box/tmp").join(name);
        fs::write(&made, mail).expect("a mail");
        let open = fs::Permissions::from_mode(0o666);
        fs::set_permissions(&made, open).expect("Dovecot may read it");
        fs::rename(made, self.dir.join("box/new").join(name)).expect("a mail in its box");
    }

    /// The names of the files in the box that bear a flag, as Maildir writes it: `S` seen, `F` flagged.
    pub fn flagged(&self, flag: char) -> usize {
        let files = fs::read_dir(self.dir.join("box/cur"));
        let names = files.into_iter().flatten().flatten();
        let names = names.map(|f| f.file_name().to_string_lossy().into_owned());
        let bears = |n: &String| n.rsplit(":2,").next().is_some_and(|f| f.contains(flag));
        names.filter(|n| n.contains(":2,")).filter(bears).count()
    }

    /// Makes the server forget its numbers: the box has another validity, and every mail another number.
    ///
    /// # Panics
    /// When the box cannot be written.
    pub fn forget_numbers(&self) {
        for entry in fs::read_dir(self.dir.join("box"))
            .expect("the box")
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            // What the next validity must be greater than stays.
            if name.starts_with("dovecot") && !name.starts_with("dovecot-uidvalidity") {
                fs::remove_file(entry.path()).expect("an index");
            }
        }
    }
}

/// The ports; without one for TLS there is no TLS.
fn listeners(port: u16, tls_port: Option<u16>) -> String {
    let (tls, is_on) = match tls_port {
        Some(tls_port) => (tls_port, "yes"),
        None => (0, "no"),
    };
    format!(
        "ssl = {is_on}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = {is_on}
  }}
}}
"
    )
}

fn settings(dir: &Path, uid: u32) -> String {
    let dir = dir.display();
    format!(
        "protocols = imap
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
listen = 127.0.0.1
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
mail_location = maildir:{dir}/box
first_valid_uid = {uid}
auth_mechanisms = plain
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = {dir}/users
}}
userdb {{
  driver = passwd-file
  args = {dir}/users
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"
    )
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // TERM, so that it ends what it started.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}

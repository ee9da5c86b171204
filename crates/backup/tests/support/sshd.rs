//! A real OpenSSH server on the loopback, for one test: keys, accounts and processes of its own.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Dir;

/// What whoever signs in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum May {
    Everything,
    /// Neither remove nor replace a file, as docs/operate.md has it.
    OnlyAdd,
}

/// The server; ended by its own process id when the test is over.
pub(crate) struct Sshd {
    pub(crate) port: u16,
    /// The configuration for `ssh -F`.
    pub(crate) config: PathBuf,
    dir: PathBuf,
    server: Child,
}

const PROGRAM: &str = "/usr/sbin/sshd";
/// Of sftp-server(8): what would take away, replace or hide what is there.
const REFUSED: &str = "remove,rmdir,posix-rename,setstat,fsetstat,lsetstat,symlink,hardlink";

impl Sshd {
    /// None, with a message, where OpenSSH's server is not installed.
    pub(crate) fn start(at: &Dir, may: May) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            aceso_testkit::absent("sshd (package openssh-server)");
            return None;
        }
        // Where OpenSSH's server lets go of its rights.
        let _ = std::fs::create_dir_all("/run/sshd");
        let dir = at.at("ssh");
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700)).unwrap();
        for key in ["host", "client"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
            assert!(keygen.arg(dir.join(key)).status().unwrap().success());
        }
        std::fs::copy(dir.join("client.pub"), dir.join("authorized_keys")).unwrap();
        let port = free_port();
        let sftp = match may {
            May::Everything => "internal-sftp".to_owned(),
            May::OnlyAdd => format!("internal-sftp -P {REFUSED}"),
        };
        let of = |name: &str| dir.join(name).display().to_string();
        let server = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             ForceCommand {sftp}\nSubsystem sftp internal-sftp\n",
            of("host"),
            of("authorized_keys")
        );
        std::fs::write(dir.join("sshd_config"), server).unwrap();
        let host = std::fs::read_to_string(dir.join("host.pub")).unwrap();
        std::fs::write(
            dir.join("known_hosts"),
            format!("[127.0.0.1]:{port} {host}"),
        )
        .unwrap();
        let client = format!(
            "Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            of("client"),
            of("known_hosts")
        );
        let config = dir.join("config");
        std::fs::write(&config, client).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(["-D", "-e", "-f"])
            .arg(dir.join("sshd_config"));
        let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("Server listening") {
            assert_ne!(lines.read_line(&mut said).unwrap(), 0, "{said}");
        }
        // What it says later must not block it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self {
            port,
            config,
            dir,
            server,
        })
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.dir.join("known_hosts")
    }

    pub(crate) fn authorized_keys(&self) -> PathBuf {
        self.dir.join("authorized_keys")
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

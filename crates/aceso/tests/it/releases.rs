//! A repository of releases, and the program where two of them have room.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use aceso_base::{Clock, SystemClock};
use aceso_supply::{Keys, Publisher, Release, Schema, make_keys, platform};
use serde_json::Value;

use crate::stage::{Server, Stage, name, text};

/// The releases of a test, below its stage.
pub(crate) struct Releases {
    dir: PathBuf,
    keys: Keys,
}

impl Releases {
    /// A repository, the program installed, and a configuration that names the repository.
    pub(crate) fn new(stage: &Stage, more: &str) -> Self {
        let dir = stage.dir.clone();
        make_keys(&dir.join("keys")).unwrap();
        let keys = Keys::read(&dir.join("keys")).unwrap();
        let releases = Self { dir, keys };
        let root = releases.publisher(&releases.repository()).root().unwrap();
        let text = format!(
            "{more}\n[update]\nfrom = '{}'\nroot = '{}'\npolicy = 'off'\n",
            releases.repository().display(),
            root.display()
        );
        stage.file("data/aceso.toml", text);
        std::fs::set_permissions(stage.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
        stage.expect(&["update", "install", "--to", name(&releases.top())], 0);
        releases
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.dir.join("repository")
    }

    /// The directory with both releases.
    pub(crate) fn top(&self) -> PathBuf {
        self.dir.join("program")
    }

    fn publisher<'a>(&'a self, dir: &'a Path) -> Publisher<'a> {
        Publisher {
            dir,
            keys: &self.keys,
            now: SystemClock.now(),
        }
    }

    /// Publishes this program.
    pub(crate) fn publish(&self, version: &str, lowest: &str) {
        let schema = described(Path::new(env!("CARGO_BIN_EXE_aceso")));
        let program = std::fs::read(env!("CARGO_BIN_EXE_aceso")).unwrap();
        self.publish_this(version, lowest, schema, &program);
    }

    /// Publishes any program.
    pub(crate) fn publish_this(&self, version: &str, lowest: &str, schema: Schema, program: &[u8]) {
        let release = Release {
            version: version.parse().unwrap(),
            lowest: lowest.parse().unwrap(),
            critical: false,
            schema,
            programs: BTreeMap::from([(platform().to_owned(), format!("aceso-{version}"))]),
            sbom: "sbom.json".to_owned(),
            advisories: "advisories.json".to_owned(),
            vex: "vex.json".to_owned(),
            notes: "what is new".to_owned(),
        };
        let files = self.dir.join("files");
        std::fs::create_dir_all(&files).unwrap();
        for file in release.files() {
            std::fs::write(files.join(file), "{}").unwrap();
        }
        std::fs::write(files.join(release.program().unwrap()), program).unwrap();
        let to = self.repository();
        self.publisher(&to).publish(&release, &files).unwrap();
    }

    /// The program that is in place, on this stage's data.
    pub(crate) fn command(&self, stage: &Stage, args: &[&str]) -> Command {
        let mut command = Command::new(self.top().join("current/aceso"));
        command.args(args).arg("--data").arg(stage.data());
        command.stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, stage: &Stage, args: &[&str], code: i32) -> String {
        let out: Output = self.command(stage, args).output().unwrap();
        let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
        assert_eq!(
            out.status.code(),
            Some(code),
            "{args:?}\n{stdout}\n{stderr}"
        );
        stdout + &stderr
    }

    /// A server of the program that is in place, on a port of its own that stays when it goes on as another.
    pub(crate) fn serve(&self, stage: &Stage, port: u16) -> Server {
        let listen = format!("http://127.0.0.1:{port}");
        let mut command = self.command(stage, &["serve", "--listen", &listen]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Server {
            child,
            address: format!("127.0.0.1:{port}"),
        }
    }

    /// `a` or `b`
    pub(crate) fn current(&self) -> String {
        let link = std::fs::read_link(self.top().join("current")).unwrap();
        link.display().to_string()
    }

    /// Where this process's program lies.
    pub(crate) fn runs(&self, server: &Server) -> String {
        let exe = std::fs::read_link(format!("/proc/{}/exe", server.child.id())).unwrap();
        exe.strip_prefix(self.top()).unwrap().display().to_string()
    }
}

/// The schemas that a program says it has.
pub(crate) fn described(program: &Path) -> Schema {
    let out = Command::new(program).args(["update", "describe"]).output();
    let said: Value = serde_json::from_slice(&out.unwrap().stdout).unwrap();
    serde_json::from_value(said["schema"].clone()).unwrap()
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

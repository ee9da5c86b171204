//! A place for one test, the program in it, and a plain HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A temporary directory with a data directory in it; gone when the test is over.
pub(crate) struct Stage {
    pub(crate) dir: PathBuf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-it-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).unwrap();
        Self { dir }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Writes a file for the test.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.join(name);
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path.parent().unwrap())
            .unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with these arguments, on this stage's data.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aceso"));
        command.args(args).arg("--data").arg(self.data());
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs; the exit code must be this. Gives standard output.
    pub(crate) fn expect(&self, args: &[&str], code: i32) -> String {
        let out = self.run(args);
        let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
        assert_eq!(
            out.status.code(),
            Some(code),
            "{args:?}\n{stdout}\n{stderr}"
        );
        stdout
    }

    /// Runs what ends with this code and says this on standard error.
    #[track_caller]
    pub(crate) fn complains(&self, args: &[&str], code: i32, why: &str) {
        let out = self.run(args);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?} {said}");
        assert!(said.contains(why), "{args:?} {said}");
    }

    /// Runs with `--json`.
    pub(crate) fn json(&self, args: &[&str], code: i32) -> Value {
        let args = [args, &["--json"]].concat();
        serde_json::from_str(&self.expect(&args, code)).unwrap()
    }

    /// A token with these scopes.
    pub(crate) fn token(&self, name: &str, scopes: &str) -> String {
        let out = self.expect(&["client", "add", name, "--scopes", scopes, "--token"], 0);
        out.lines().last().unwrap().to_owned()
    }

    /// A running server on a free port of the loopback.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(Stdio::inherit())
    }

    /// The same, with its log elsewhere.
    pub(crate) fn serve_with(&self, log: Stdio) -> Server {
        let mut command = self.command(&["serve", "--listen", "http://127.0.0.1:0"]);
        Server::start(command.stderr(log))
    }
}

impl Stage {
    /// A running server, and what it says until a line has this in it.
    pub(crate) fn serve_saying(&self, args: &[&str], until: &str) -> (Server, String) {
        let mut command = self.command(&["serve", "--listen", "http://127.0.0.1:0"]);
        command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(until) {
            assert_ne!(lines.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let (_, rest) = said.split_once("http://").expect("where it serves");
        let address = rest.split(['/', '\n']).next().unwrap().to_owned();
        // What it says later must not block it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        (Server { child, address }, said)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub(crate) struct Server {
    pub(crate) child: Child,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
}

impl Server {
    /// By a command that says in its first line where it serves.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        let (_, address) = line.split_once("http://").expect("where it serves");
        let address = address.trim().trim_end_matches("/fhir").to_owned();
        Self { child, address }
    }

    /// One request on a connection of its own: status, head, body.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let authorization = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{authorization}\
             Content-Type: application/fhir+json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = text(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    /// The status of one request; none when the server is gone.
    pub(crate) fn ask_status(&self, method: &str, path: &str) -> Option<u16> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        text(&answer).split(' ').nth(1)?.parse().ok()
    }

    /// Asks it to end with this signal, and waits.
    pub(crate) fn stop(mut self, signal: &str) -> Option<i32> {
        send(signal, &self.child);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

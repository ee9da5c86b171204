//! The program under judgement: built, with a new record, on a free port of the loopback.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{run, test};

/// What the server says while it runs stands here, in its scratch directory.
const LOG: &str = "server.log";
const LAST_LINES: usize = 20;

/// A running server; stopped, and its record removed, when dropped.
pub(crate) struct Server {
    child: Child,
    program: PathBuf,
    dir: PathBuf,
    base: String,
    hooks: u16,
    laboratory: u16,
}

impl Server {
    /// Builds and starts it, with twenty patients.
    pub(crate) fn start() -> Result<Self> {
        let program = program()?;
        let dir = std::env::temp_dir().join(format!("aceso-judges-{}", std::process::id()));
        std::fs::create_dir(&dir).with_context(|| format!("create {}", dir.display()))?;
        let data = dir.join("data");
        let patients = dir.join("Patient.ndjson");
        let line = |n: u32| {
            format!(
                "{{\"resourceType\":\"Patient\",\"id\":\"judge-{n:02}\",\"birthDate\":\"1970-01-{n:02}\"}}\n"
            )
        };
        std::fs::write(&patients, (1..=20).map(line).collect::<String>())?;
        let import = Command::new(&program)
            .arg("import")
            .arg(&patients)
            .arg("--data")
            .arg(&data)
            .output()?;
        if !import.status.success() {
            bail!("import: {}", String::from_utf8_lossy(&import.stderr));
        }
        let (hooks, laboratory) = (free_port()?, free_port()?);
        let config = dir.join("aceso.toml");
        let endpoints = [(hooks, "hooks"), (laboratory, "laboratory")];
        let endpoints = endpoints.map(|(port, path)| format!("\"http://127.0.0.1:{port}/{path}\""));
        let text = format!("[egress]\nendpoints = [{}]\n", endpoints.join(", "));
        std::fs::write(&config, text)?;
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "http://127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.join(LOG))?)
            .spawn()?;
        let mut first = String::new();
        BufReader::new(child.stdout.take().context("no standard output")?).read_line(&mut first)?;
        let base = first
            .split_whitespace()
            .find_map(|word| word.strip_suffix("/fhir"))
            .with_context(|| format!("the server did not say where it is: {first}"))?
            .to_owned();
        Ok(Self {
            child,
            program,
            dir,
            base,
            hooks,
            laboratory,
        })
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// `http://127.0.0.1:PORT/fhir`
    pub(crate) fn fhir(&self) -> String {
        format!("{}/fhir", self.base)
    }

    /// The program.
    pub(crate) fn binary(&self) -> &Path {
        &self.program
    }

    /// A directory of the judges' own.
    pub(crate) fn scratch(&self) -> &PathBuf {
        &self.dir
    }

    /// The last lines of what it said.
    pub(crate) fn last_words(&self) -> Result<String> {
        let text = std::fs::read_to_string(self.dir.join(LOG))?;
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines[lines.len().saturating_sub(LAST_LINES)..].join("\n"))
    }

    /// Where a judge may be told of what it subscribed to: this port of the loopback, below `/hooks`.
    pub(crate) fn hooks(&self) -> u16 {
        self.hooks
    }

    /// The laboratory's port, below `/laboratory`.
    pub(crate) fn laboratory(&self) -> u16 {
        self.laboratory
    }

    /// A script's token that may do everything.
    pub(crate) fn token(&self) -> Result<String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("judge-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let out = self.client(&[&name, "--scopes", "system/*.cruds", "--token"])?;
        Ok(out.lines().last().unwrap_or_default().to_owned())
    }

    /// Registers a client that signs assertions; gives the file with its private key.
    pub(crate) fn signing_client(&self, name: &str) -> Result<PathBuf> {
        let file = self.dir.join(format!("{name}.jwk"));
        let path = file.display().to_string();
        self.client(&[name, "--scopes", "system/*.rs", "--new-key", &path])?;
        Ok(file)
    }

    /// Registers a client with these arguments; gives what the program says.
    pub(crate) fn client(&self, args: &[&str]) -> Result<String> {
        self.program(&["client", "add"], args)
    }

    /// Invites a patient's own account; gives the link, at the address that the server is asked at.
    pub(crate) fn patient(&self, name: &str, patient: &str) -> Result<String> {
        let user = format!("Patient/{patient}");
        let more = [
            name,
            "--role",
            "patient",
            "--fhir-user",
            &user,
            "--patient",
            patient,
        ];
        let out = self.program(&["user", "add"], &more)?;
        let link = out.lines().last().unwrap_or_default();
        let path = link.split("/invitation/").nth(1).context("no link")?;
        Ok(format!("{}/invitation/{path}", self.base))
    }

    /// Runs a command of the desk; gives what it writes.
    pub(crate) fn desk(&self, args: &[&str]) -> Result<String> {
        self.program(&["desk"], args)
    }

    /// Runs the program on its data; gives what it says.
    pub(crate) fn program(&self, command: &[&str], args: &[&str]) -> Result<String> {
        let mut program = Command::new(&self.program);
        program.args(command).args(args).arg("--data");
        run::output(program.arg(self.dir.join("data")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A port of the loopback that nobody listens on.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Builds the program as the tests do, which is done where they ran before, and says where it is.
pub(super) fn program() -> Result<PathBuf> {
    let mut build = test::build();
    build.args(["test", "--workspace", "--test", "it", "--no-run", "--quiet"]);
    let messages = run::output(build.arg("--message-format=json-render-diagnostics"))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| {
            message["target"]["name"] == "aceso" && message["profile"]["test"] == false
        })
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo did not say where the program is")
}

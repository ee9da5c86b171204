//! The server under measurement: the release binary on a data directory of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::Connection;

/// A running server.
pub(crate) struct Server {
    binary: PathBuf,
    dir: PathBuf,
    child: Child,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Server {
    /// Starts a binary with this configuration.
    pub(crate) fn start_with(binary: PathBuf, config: &str) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("aceso-bench-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("data"))?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(dir.join("data"), private)?;
        std::fs::write(dir.join("data/aceso.toml"), config)?;
        let address = format!(
            "127.0.0.1:{}",
            TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()
        );
        let child = spawn(&binary, &dir, &address)?;
        let mut server = Self {
            binary,
            dir,
            child,
            address,
            token: String::new(),
        };
        server.wait()?;
        server.token = server.new_token()?;
        Ok(server)
    }

    fn new_token(&self) -> Result<String> {
        let add = ["client", "add", "bench", "--scopes", "system/*.cruds"];
        let text = self.program(&[&add[..], &["--token"]].concat())?;
        let last = text.lines().last().context("client add printed nothing")?;
        Ok(last.trim().to_owned())
    }

    /// Runs the program on the same data; what it says.
    pub(crate) fn program(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        let out = command.args(args).arg("--data").arg(self.data()).output()?;
        if !out.status.success() {
            bail!("{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        }
        Ok(String::from_utf8(out.stdout)?)
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Waits until it answers; how long that took.
    fn wait(&mut self) -> Result<Duration> {
        let start = Instant::now();
        loop {
            if let Ok(mut connection) = Connection::open(&self.address, "none")
                && connection
                    .ask("GET", "/health/ready", None)
                    .is_ok_and(|a| a.status == 200)
            {
                return Ok(start.elapsed());
            }
            if start.elapsed() > Duration::from_secs(60) || self.child.try_wait()?.is_some() {
                bail!("the server did not start");
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Stops and starts it again on the same data; from start to first answer.
    pub(crate) fn restart(&mut self) -> Result<Duration> {
        self.kill()?;
        let start = Instant::now();
        self.child = spawn(&self.binary, &self.dir, &self.address)?;
        self.wait()?;
        Ok(start.elapsed())
    }

    /// A connection with the token.
    pub(crate) fn connect(&self) -> Result<Connection> {
        Connection::open(&self.address, &self.token)
    }

    /// CPU seconds used so far, threads that ended included; to a hundredth.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| {
            fields
                .get(at)
                .and_then(|n| n.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        Ok((ticks(11) + ticks(12)) / 100.0)
    }

    pub(crate) fn resident_mb(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find(|l| l.starts_with("VmRSS"))
            .context("no VmRSS")?;
        Ok(line
            .split_whitespace()
            .nth(1)
            .and_then(|n| n.parse::<u64>().ok())
            .unwrap_or(0)
            / 1024)
    }

    /// Bytes of the data directory.
    pub(crate) fn disk(&self) -> Result<u64> {
        let mut sum = 0;
        for file in std::fs::read_dir(self.data())? {
            sum += file?.metadata()?.len();
        }
        Ok(sum)
    }

    fn kill(&mut self) -> Result<()> {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn stop(mut self) -> Result<()> {
        self.kill()?;
        std::fs::remove_dir_all(&self.dir)?;
        Ok(())
    }
}

fn spawn(binary: &std::path::Path, dir: &std::path::Path, address: &str) -> Result<Child> {
    Command::new(binary)
        .args(["serve", "--listen", &format!("http://{address}"), "--data"])
        .arg(dir.join("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {}", binary.display()))
}

/// Where cargo builds.
pub(super) fn target_dir() -> Result<PathBuf> {
    let text = crate::run::output(crate::run::cargo().args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    Ok(metadata["target_directory"]
        .as_str()
        .context("no target directory")?
        .into())
}

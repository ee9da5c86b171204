//! A PostgreSQL of the tests' own: a new cluster in a temporary directory, on a free loopback port, gone afterwards.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{machine, run};

/// A running server; stopped, and its directory removed, when dropped.
pub(crate) struct Server {
    child: Child,
    dir: PathBuf,
    port: u16,
}

impl Server {
    /// Starts one; none where no PostgreSQL is installed.
    pub(crate) fn start() -> Result<Option<Self>> {
        let Some(bin) = machine::postgres_bin() else {
            return Ok(None);
        };
        let dir = std::env::temp_dir().join(format!("aceso-postgres-{}", std::process::id()));
        std::fs::create_dir(&dir).with_context(|| format!("create {}", dir.display()))?;
        let user = unprivileged()?;
        if let Some((uid, gid)) = user {
            chown(&dir, Some(uid), Some(gid))?;
        }
        let cluster = dir.join("cluster");
        let mut init = as_user(Command::new(bin.join("initdb")), user);
        init.args(["--username=aceso", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "-D"])
            .arg(&cluster)
            .current_dir(&dir)
            .stdout(Stdio::null());
        run::must(&mut init)?;
        let port = free_port()?;
        let mut serve = as_user(Command::new(bin.join("postgres")), user);
        serve
            .arg("-D")
            .arg(&cluster)
            .arg("-k")
            .arg(&dir)
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .args(["-c", "fsync=off", "-c", "log_min_messages=fatal"])
            .current_dir(&dir);
        let child = serve
            .stderr(Stdio::null())
            .spawn()
            .context("start postgres")?;
        let mut server = Self { child, dir, port };
        server.wait_until_it_answers()?;
        Ok(Some(server))
    }

    /// For `ACESO_TEST_POSTGRES`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://aceso@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("postgres ended at once ({status})");
            }
            if start.elapsed() > Duration::from_secs(30) {
                bail!("postgres did not answer within 30 s");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown.
        let asked = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A port of the loopback that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// PostgreSQL refuses to run as root: then the user `postgres` that its package made.
fn unprivileged() -> Result<Option<(u32, u32)>> {
    let id = |args: &[&str]| -> Result<u32> {
        Ok(run::output(run::command("id").args(args))?.trim().parse()?)
    };
    if id(&["-u"])? == 0 {
        Ok(Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)))
    } else {
        Ok(None)
    }
}

fn as_user(mut command: Command, user: Option<(u32, u32)>) -> Command {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_while_it_lives_and_leaves_nothing_behind() {
        let Some(server) = Server::start().unwrap() else {
            println!("no PostgreSQL here: left out");
            return;
        };
        let (dir, port) = (server.dir.clone(), server.port);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(server);
        assert!(!dir.exists());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}

//! Chromium with a virtual authenticator, axe-core and csp_evaluator: a first administrator sets a new installation up and uses
//! every way in.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

use super::Verdict;
use super::packages::npm;
use super::server::{Server, program};
use crate::run;

/// A clinic without anybody in it; stopped, and its record removed, when dropped.
struct Fresh {
    child: Child,
    dir: std::path::PathBuf,
    link: String,
    // Kept open: the server may say more.
    _said: BufReader<ChildStdout>,
}

impl Fresh {
    fn start() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("aceso-pages-{}", std::process::id()));
        std::fs::create_dir(&dir).with_context(|| format!("create {}", dir.display()))?;
        let mut child = Command::new(program()?)
            .args(["serve", "--listen", "http://127.0.0.1:0", "--data"])
            .arg(dir.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        while !line.contains("/set-up/") {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                anyhow::bail!("the server did not print a set-up link");
            }
        }
        Ok(Self {
            link: line.trim().to_owned(),
            child,
            dir,
            _said: said,
        })
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Sign-in and account pages.
pub(super) fn people(_: &Server) -> Result<Verdict> {
    if !Path::new("/usr/bin/chromium").exists() {
        return Ok(Verdict::LeftOut("no /usr/bin/chromium".into()));
    }
    let own = run::root().join("xtask/src/judges/pages");
    let Some(dir) = npm("pages", &own.join("package.json"), &[])? else {
        return Ok(Verdict::LeftOut("its packages cannot be had".into()));
    };
    // Beside its packages, where node looks for them.
    let script = dir.join("people.mjs");
    std::fs::copy(own.join("people.mjs"), &script)?;
    let fresh = Fresh::start()?;
    let out = run::command("timeout")
        .args(["300", "node"])
        .arg(&script)
        .arg(&fresh.link)
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if out.status.success() {
        Verdict::Held(text(&out.stdout))
    } else {
        Verdict::Failed(text(&out.stderr))
    })
}

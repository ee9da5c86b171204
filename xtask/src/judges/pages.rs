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
    let fresh = Fresh::start()?;
    browser("people.mjs", &[&fresh.link])
}

/// A file that opens without a server.
pub(super) fn downtime(server: &Server) -> Result<Verdict> {
    let pack = server.scratch().join("today.html").display().to_string();
    let patients = server.scratch().join("here.ndjson");
    let here = |n: u32| {
        format!(
            "{{\"resourceType\":\"Encounter\",\"id\":\"here-{n:02}\",\"status\":\"in-progress\",\
             \"class\":{{\"code\":\"AMB\"}},\"subject\":{{\"reference\":\"Patient/named-{n}\"}}}}\n\
             {{\"resourceType\":\"Patient\",\"id\":\"named-{n}\",\"birthDate\":\"1970-01-0{n}\",\
             \"name\":[{{\"family\":\"Number{n}\",\"given\":[\"Nora\"]}}]}}\n"
        )
    };
    std::fs::write(&patients, (1..=3).map(here).collect::<String>())?;
    server.program(&["import"], &[&patients.display().to_string()])?;
    let said = server.program(&["downtime"], &[&pack])?;
    let secret = said.lines().find(|line| line.starts_with("    "));
    let secret = secret.context("no secret was printed")?.trim();
    browser("downtime.mjs", &[&pack, secret])
}

/// Runs one of the scripts, beside its packages, where node looks for them.
fn browser(script: &str, args: &[&str]) -> Result<Verdict> {
    if !Path::new("/usr/bin/chromium").exists() {
        return Ok(Verdict::LeftOut("no /usr/bin/chromium".into()));
    }
    let own = run::root().join("xtask/src/judges/pages");
    let Some(dir) = npm("pages", &own.join("package.json"), &[])? else {
        return Ok(Verdict::LeftOut("its packages cannot be had".into()));
    };
    let copy = dir.join(script);
    std::fs::copy(own.join(script), &copy)?;
    let out = run::command("timeout")
        .args(["300", "node"])
        .arg(&copy)
        .args(args)
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if out.status.success() {
        Verdict::Held(text(&out.stdout))
    } else {
        Verdict::Failed(text(&out.stderr))
    })
}

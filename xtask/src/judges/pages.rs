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

/// A script that takes longer hangs.
const LONGEST_SECONDS: &str = "3600";
/// What serves a demonstration, and the end of what it says first.
type Serves = (&'static [&'static str], &'static str);
const DEMONSTRATION: Serves = (&["serve", "--demo"], "Stop with");
const DESK: Serves = (&["desk", "serve", "--demo"], "Cora Jimenez");

/// A clinic of its own; stopped, and its record removed, when dropped.
struct Fresh {
    child: Child,
    dir: std::path::PathBuf,
    /// What it said.
    text: String,
    // Kept open: the server may say more.
    _said: BufReader<ChildStdout>,
}

impl Fresh {
    /// Started with these arguments; what it says is read up to a line with `last`.
    fn start(args: &[&str], last: &str) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("aceso-pages-{}", std::process::id()));
        std::fs::create_dir(&dir).with_context(|| format!("create {}", dir.display()))?;
        let mut child = Command::new(program()?)
            .args(args)
            .args(["--listen", "http://127.0.0.1:0", "--data"])
            .arg(dir.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("no standard output")?);
        let (mut text, mut line) = (String::new(), String::new());
        while !line.contains(last) {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                anyhow::bail!("the server did not say {last}");
            }
            text.push_str(&line);
        }
        Ok(Self {
            text,
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
    let fresh = Fresh::start(&["serve"], "/set-up/")?;
    let link = fresh.text.lines().last().unwrap_or_default();
    browser("people.mjs", &[link.trim()])
}

/// The day of each role, through the screens of the demonstration.
pub(super) fn day(_: &Server) -> Result<Verdict> {
    demonstration("tasks,screens")
}

/// What is typed is not lost: without a connection, in two tabs, when a session ends.
pub(super) fn typing(_: &Server) -> Result<Verdict> {
    with(DEMONSTRATION, "typing.mjs", &[])
}

/// What a browser's profile holds on the disk after people signed out.
pub(super) fn device(_: &Server) -> Result<Verdict> {
    with(DEMONSTRATION, "device.mjs", &[])
}

/// Lighthouse, on a part of the demonstration's screens, another one each day.
pub(super) fn lighthouse(_: &Server) -> Result<Verdict> {
    demonstration("lighthouse")
}

/// Lighthouse, on all of them: a quarter of an hour on a quiet machine.
pub(super) fn lighthouse_everywhere(_: &Server) -> Result<Verdict> {
    demonstration("lighthouse-all")
}

/// The response desk's pages, on the way from a stranger's report to a published advisory.
pub(super) fn desk(_: &Server) -> Result<Verdict> {
    with(DESK, "desk.mjs", &[])
}

fn demonstration(parts: &str) -> Result<Verdict> {
    with(DEMONSTRATION, "day.mjs", &["", parts])
}

/// Runs a script on a demonstration of its own: what that said goes first.
fn with((serves, last): Serves, script: &str, args: &[&str]) -> Result<Verdict> {
    let fresh = Fresh::start(serves, last)?;
    let said = fresh.dir.join("said.txt");
    std::fs::write(&said, &fresh.text)?;
    let said = said.display().to_string();
    let all: Vec<&str> = std::iter::once(said.as_str())
        .chain(args.iter().copied())
        .collect();
    browser(script, &all)
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
    // Scripts share parts.
    for entry in std::fs::read_dir(&own)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "mjs") {
            std::fs::copy(&path, dir.join(path.file_name().unwrap_or_default()))?;
        }
    }
    let copy = dir.join(script);
    let out = run::command("timeout")
        .args([LONGEST_SECONDS, "node"])
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

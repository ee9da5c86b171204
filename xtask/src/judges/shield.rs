//! Who keeps attackers out: the OWASP CRS corpus replayed, and the packet filter and fail2ban of Debian on what we write for them.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

const REPLAY: &str = include_str!("crs.py");
const READER: &str = include_str!("corpus.py");
const CORPUS: &str = "../shared/data/owasp-crs-tests.tar.xz";
/// A line as the program's log has it.
const LINE: &str = "2026-11-22T15:33:15.123456Z  WARN shield: jailed address=203.0.113.9 deed=\"honey-path\" seconds=900\n";
/// What must not match.
const OTHERS: &str = "2026-11-22T15:33:15.123456Z  WARN shield: attack address=203.0.113.9 attack=\"sql-injection\" request=\"1\"\n\
    2026-11-22T15:33:16.123456Z  INFO ending: requests under way are finished first\n";

/// Every request of the corpus: no failure, no hang, nothing reflected, nothing stored.
pub(crate) fn crs(server: &Server) -> Result<Verdict> {
    let corpus = run::root().join(CORPUS);
    if !corpus.exists() {
        return Ok(left_out("the corpus is not there"));
    }
    let Some(bin) = python("yaml", &["PyYAML==6.0.3"])? else {
        return Ok(left_out("PyYAML cannot be had from the registry here"));
    };
    let dir = server.scratch().join("crs");
    std::fs::create_dir_all(&dir)?;
    run::must(
        run::command("tar")
            .arg("-xf")
            .arg(&corpus)
            .arg("-C")
            .arg(&dir),
    )?;
    let script = written(server, "crs.py", REPLAY)?;
    written(server, "corpus.py", READER)?;
    let (host, port) = server
        .base()
        .trim_start_matches("http://")
        .split_once(':')
        .context("port")?;
    let before = stored(server)?;
    let mut replay = run::command(bin.join("python"));
    replay
        .arg(&script)
        .args([host, port, &server.token()?])
        .arg(&dir);
    let said: Value = serde_json::from_str(&run::output(&mut replay)?)?;
    let after = stored(server)?;
    if said["count"] != 0 || before != after {
        let text = format!("{said:#}\nstored before {before}, after {after}");
        return Ok(Verdict::Failed(text));
    }
    Ok(Verdict::Held(format!(
        "{} requests: {}",
        said["sent"], said["by"]
    )))
}

/// What the record holds.
fn stored(server: &Server) -> Result<Value> {
    let said: Value = serde_json::from_str(&server.program(&["verify"], &["--json"])?)?;
    Ok(said["resources"].clone())
}

/// `nft -c` on a script with an address of each kind.
pub(crate) fn nft(server: &Server) -> Result<Verdict> {
    if run::which("nft").is_none() {
        return Ok(left_out("nftables is not installed"));
    }
    let script = run::root().join("contrib/nftables/example.nft");
    let out = run::command("nft")
        .args(["--check", "--file"])
        .arg(&script)
        .output()?;
    let _ = server;
    Ok(judged(
        out.status.success(),
        "a script of ours is one",
        &out.stderr,
    ))
}

/// `fail2ban-regex` finds the lines of those who were put out, and no others.
pub(crate) fn fail2ban(server: &Server) -> Result<Verdict> {
    if run::which("fail2ban-regex").is_none() {
        return Ok(left_out("fail2ban is not installed"));
    }
    let log = written(server, "shield.log", &format!("{LINE}{OTHERS}{LINE}"))?;
    let filter = run::root().join("contrib/fail2ban/filter.d/aceso.conf");
    let out = run::command("fail2ban-regex")
        .arg(&log)
        .arg(&filter)
        .output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let right = said.contains("4 lines, 0 ignored, 2 matched, 2 missed");
    Ok(judged(right, "two lines of four", said.as_bytes()))
}

fn written(server: &Server, name: &str, text: &str) -> Result<PathBuf> {
    let path = server.scratch().join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

fn judged(right: bool, held: &str, said: &[u8]) -> Verdict {
    if right {
        Verdict::Held(held.to_owned())
    } else {
        Verdict::Failed(String::from_utf8_lossy(said).into_owned())
    }
}

fn left_out(why: &str) -> Verdict {
    Verdict::LeftOut(why.to_owned())
}

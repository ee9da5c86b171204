//! nginx with ModSecurity and the OWASP core rules before the program: what of ordinary traffic they stop, and what of attacks.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

const JUDGE: &str = include_str!("waf.py");
const CORPUS: &str = include_str!("corpus.py");
const ATTACKS: &str = "../shared/data/owasp-crs-tests.tar.xz";
const MODULE: &str = "/usr/share/nginx/modules-available/mod-http-modsecurity.conf";
const RULES: &str = "/usr/share/modsecurity-crs/rules";

/// Nothing ordinary is stopped, and everything that the rules as they are installed stop of their own corpus.
pub(crate) fn modsecurity(server: &Server) -> Result<Verdict> {
    let left_out = |why: &str| Ok(Verdict::LeftOut(why.to_owned()));
    let Some(nginx) = run::which("nginx").filter(|_| {
        let needed = [MODULE, RULES];
        needed.iter().all(|path| Path::new(path).exists())
    }) else {
        return left_out("nginx, its module or the core rules are not installed");
    };
    let corpus = run::root().join(ATTACKS);
    if !corpus.exists() {
        return left_out("the corpora are not there");
    }
    let Some(bin) = python("yaml", &["PyYAML==6.0.3"])? else {
        return left_out("PyYAML cannot be had from the registry here");
    };
    let dir = server.scratch().join("waf");
    let attacks = dir.join("corpus");
    std::fs::create_dir_all(&attacks)?;
    run::must(
        run::command("tar")
            .arg("-xf")
            .arg(&corpus)
            .arg("-C")
            .arg(&attacks),
    )?;
    for (name, text) in [("waf.py", JUDGE), ("corpus.py", CORPUS)] {
        std::fs::write(dir.join(name), text)?;
    }
    let mut judge = run::command("timeout");
    judge.arg("1200").arg(bin.join("python"));
    judge.arg(dir.join("waf.py")).arg(&nginx).arg(&dir);
    judge.arg(run::root().join("contrib/nginx"));
    judge.arg(run::root().join("../shared/data"));
    let said: Value = serde_json::from_str(&run::output(&mut judge)?)?;
    let stopped = said["stoppedByBareRules"].as_u64().unwrap_or(0);
    let attacks = said["attacksStoppedByBareRules"].as_u64().unwrap_or(0);
    // Rules that stop nothing at all would let everything pass, too.
    let is_judged = stopped > 0 && attacks > 1000;
    if !is_judged || said["stoppedByOurs"] != 0 || said["missedCount"] != 0 {
        return Ok(Verdict::Failed(format!("{said:#}")));
    }
    Ok(Verdict::Held(format!(
        "of {} ordinary requests none stopped ({stopped} by the rules as installed); {attacks} attacks stopped by both",
        said["ordinary"]
    )))
}

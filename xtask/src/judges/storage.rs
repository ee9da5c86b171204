//! Repositories for backups: a bucket of a server that others wrote.

use anyhow::Result;
use serde_json::{Map, Value};

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

const BUCKET: &str = include_str!("storage.py");

/// moto's server, with accounts whose rights differ; Debian's restic as a second reader.
pub(crate) fn bucket(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("moto", &["moto[server,s3,iam]==5.2.*"])? else {
        let why = "its packages cannot be had from the registry here";
        return Ok(Verdict::LeftOut(why.to_owned()));
    };
    if run::which("restic").is_none() {
        return Ok(Verdict::LeftOut("restic is not installed".to_owned()));
    }
    let dir = server.scratch().join("bucket");
    std::fs::create_dir(&dir)?;
    let script = dir.join("storage.py");
    std::fs::write(&script, BUCKET)?;
    let mut judge = run::command("timeout");
    judge.arg("300").arg(bin.join("python"));
    judge.arg(&script).arg(server.binary()).arg(&dir);
    let said: Map<String, Value> = serde_json::from_str(&run::output(&mut judge)?)?;
    let wrong: Vec<String> = (said.iter())
        .filter(|(_, said)| *said != "held")
        .map(|(step, said)| format!("{step}: {said}"))
        .collect();
    Ok(if wrong.is_empty() {
        Verdict::Held(format!("{} steps", said.len()))
    } else {
        Verdict::Failed(wrong.join("\n"))
    })
}

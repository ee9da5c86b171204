//! The bill of materials, judged by CycloneDX's own library.

use anyhow::Result;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

const SCRIPT: &str = include_str!("desk/bill.py");

/// `aceso sbom` is valid against the strict schema of CycloneDX 1.6.
pub(crate) fn cyclonedx(server: &Server) -> Result<Verdict> {
    let packages = ["cyclonedx-python-lib[json-validation]==11.12.0"];
    let Some(bin) = python("cyclonedx", &packages)? else {
        return Ok(Verdict::LeftOut(
            "its package cannot be had from the registry here".to_owned(),
        ));
    };
    let (bill, script) = (
        server.scratch().join("aceso.cdx.json"),
        server.scratch().join("bill.py"),
    );
    std::fs::write(&bill, server.program(&["sbom"], &[])?)?;
    std::fs::write(&script, SCRIPT)?;
    let mut judge = run::command(bin.join("python"));
    let out = judge.arg(&script).arg(&bill).output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    Ok(if out.status.success() {
        Verdict::Held("valid CycloneDX 1.6".to_owned())
    } else {
        Verdict::Failed(said)
    })
}

//! The bill of materials, judged by CycloneDX's own library; and a repository of releases, read by python-tuf.

use anyhow::Result;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::{release, run};

const SCRIPT: &str = include_str!("desk/bill.py");
const CLIENT: &str = include_str!("releases.py");
/// A release that no advisory concerns.
const NO_VEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://aceso.example/vex/none", "author": "Aceso",
    "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": []}"#;

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

/// A repository that `cargo xtask release` made is one for python-tuf, which takes every file of the release.
pub(crate) fn tuf(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("tuf", &["tuf==7.0.1"])? else {
        return Ok(Verdict::LeftOut(
            "its package cannot be had from the registry here".to_owned(),
        ));
    };
    let dir = server.scratch().join("releases");
    let (keys, to) = (dir.join("keys"), dir.join("repository"));
    let [advisories, vex, script] = ["none.osv.json", "none.openvex.json", "releases.py"]
        .map(|name| server.scratch().join(name));
    std::fs::write(&advisories, "[]")?;
    std::fs::write(&vex, NO_VEX)?;
    std::fs::write(&script, CLIENT)?;
    let path = |path: &std::path::Path| path.display().to_string();
    release::run(&["keys".to_owned(), path(&keys)])?;
    let common = [
        "--keys".to_owned(),
        path(&keys),
        "--to".to_owned(),
        path(&to),
    ];
    let with = |command: &str, more: &[(&str, String)]| {
        let more = more
            .iter()
            .flat_map(|(name, value)| [(*name).to_owned(), value.clone()]);
        let start = [command.to_owned()].into_iter().chain(common.clone());
        start.chain(more).collect::<Vec<_>>()
    };
    release::run(&with("root", &[]))?;
    let files = [
        ("--program", path(server.binary())),
        ("--advisories", path(&advisories)),
        ("--vex", path(&vex)),
    ];
    release::run(&with("publish", &files))?;
    release::run(&with("refresh", &[]))?;
    let mut judge = run::command(bin.join("python"));
    judge
        .arg(&script)
        .arg(&to)
        .arg(to.join("metadata/1.root.json"));
    let out = judge.output()?;
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    Ok(
        if out.status.success() && said.starts_with("release.json") {
            Verdict::Held("it takes what is signed".to_owned())
        } else {
            Verdict::Failed(said)
        },
    )
}

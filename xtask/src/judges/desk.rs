//! Judges of advisories: what `aceso desk advisory render` writes, of a record of our own and of real advisories of others.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Verdict;
use super::packages::{npm, python};
use super::server::Server;
use crate::run;

const SAMPLE: &str = "crates/desk/tests/data/ACESO-2026-0001.json";
const NO_PACKAGES: &str = "its packages cannot be had from the registry here";

/// The shared schemas and advisories, unpacked beside the server's record; none when they are absent.
fn shared(server: &Server) -> Result<Option<PathBuf>> {
    let archive = run::root().join("../shared/data/desk-data.tar.xz");
    let dir = server.scratch().join("desk");
    if !archive.exists() {
        return Ok(None);
    }
    if !dir.exists() {
        std::fs::create_dir(&dir)?;
        run::must(
            run::command("tar")
                .arg("-xJf")
                .arg(&archive)
                .arg("-C")
                .arg(&dir),
        )?;
    }
    Ok(Some(dir.join("desk-data")))
}

/// Writes a file in a form; gives where it is.
fn render(server: &Server, file: &Path, form: &str) -> Result<PathBuf> {
    let path = file.display().to_string();
    let text = server.desk(&["advisory", "render", &path, "--form", form])?;
    let stem = file
        .file_stem()
        .context("a file without a name")?
        .to_string_lossy();
    let written = server.scratch().join(format!("{stem}.{form}.json"));
    std::fs::write(&written, text)?;
    Ok(written)
}

/// Our record and the real CISA medical advisories, as CSAF.
fn csaf_files(server: &Server, data: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![render(server, &run::root().join(SAMPLE), "csaf")?];
    for entry in std::fs::read_dir(data.join("csaf-real/cisa-icsma"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") {
            files.push(render(server, &path, "csaf")?);
        }
    }
    Ok(files)
}

/// PyPI `csaf`: our record passes every mandatory test, and no rewritten advisory breaks one that it did not break before.
pub(crate) fn csaf(server: &Server) -> Result<Verdict> {
    let Some(data) = shared(server)? else {
        return Ok(Verdict::LeftOut("the shared data is absent".to_owned()));
    };
    let Some(bin) = python("csaf", &["csaf"])? else {
        return Ok(Verdict::LeftOut(NO_PACKAGES.to_owned()));
    };
    let files = csaf_files(server, &data)?;
    let check = |file: &Path| {
        let mut command = run::command(bin.join("csaf"));
        command.args([
            "validate",
            "--spec-version",
            "v20",
            "--preset",
            "basic",
            "--no-network",
        ]);
        let out = command.arg(file).output()?;
        Ok::<_, anyhow::Error>((
            out.status.success(),
            String::from_utf8_lossy(&out.stdout).into_owned(),
        ))
    };
    for written in &files {
        let (held, said) = check(written)?;
        let stem = written
            .file_name()
            .map(|n| n.to_string_lossy().replace(".csaf.json", ".json"));
        let original = data
            .join("csaf-real/cisa-icsma")
            .join(stem.unwrap_or_default());
        if !held && (!original.exists() || check(&original)?.0) {
            return Ok(Verdict::Failed(format!("{}\n{said}", written.display())));
        }
    }
    Ok(Verdict::Held(format!("{} documents", files.len())))
}

/// npm `@secvisogram/csaf-validator-lib`: its basic tests, with the same measure.
pub(crate) fn secvisogram(server: &Server) -> Result<Verdict> {
    let Some(data) = shared(server)? else {
        return Ok(Verdict::LeftOut("the shared data is absent".to_owned()));
    };
    let here = run::root().join("xtask/src/judges/desk");
    let Some(dir) = npm("secvisogram", &here.join("package.json"), &[])? else {
        return Ok(Verdict::LeftOut(NO_PACKAGES.to_owned()));
    };
    let script = dir.join("secvisogram.mjs");
    std::fs::copy(here.join("secvisogram.mjs"), &script)?;
    let mut command = run::command("node");
    command
        .arg(&script)
        .arg(data.join("csaf-real/cisa-icsma"))
        .args(csaf_files(server, &data)?);
    let out = command.output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.success() {
        return Ok(Verdict::Held(said.trim().to_owned()));
    }
    let wrong = String::from_utf8_lossy(&out.stderr).into_owned();
    Ok(Verdict::Failed(format!("{said}{wrong}")))
}

/// PyPI `check-jsonschema`: the schemas of CSAF, CVE, OSV and OpenVEX.
pub(crate) fn schemas(server: &Server) -> Result<Verdict> {
    let Some(data) = shared(server)? else {
        return Ok(Verdict::LeftOut("the shared data is absent".to_owned()));
    };
    let Some(bin) = python("check-jsonschema", &["check-jsonschema"])? else {
        return Ok(Verdict::LeftOut(NO_PACKAGES.to_owned()));
    };
    let sample = run::root().join(SAMPLE);
    let schemas = [
        ("cve", "cve-schema/CVE_JSON_bundled_5.1.1.json"),
        ("osv", "osv/validation/schema.json"),
        ("openvex", "openvex/openvex_json_schema.json"),
    ];
    for (form, schema) in schemas {
        let written = render(server, &sample, form)?;
        let mut command = run::command(bin.join("check-jsonschema"));
        let out = command
            .arg("--schemafile")
            .arg(data.join(schema))
            .arg(&written)
            .output()?;
        if !out.status.success() {
            return Ok(Verdict::Failed(format!(
                "{form}\n{}",
                String::from_utf8_lossy(&out.stdout)
            )));
        }
    }
    Ok(Verdict::Held(format!("{} forms", schemas.len())))
}

/// PyPI `cyclonedx-python-lib`: its strict validator of CycloneDX 1.6.
pub(crate) fn cyclonedx(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("cyclonedx", &["cyclonedx-python-lib[json-validation]"])? else {
        return Ok(Verdict::LeftOut(NO_PACKAGES.to_owned()));
    };
    let written = render(server, &run::root().join(SAMPLE), "cyclonedx")?;
    let mut command = run::command(bin.join("python"));
    command
        .arg(run::root().join("xtask/src/judges/desk/bill.py"))
        .arg(&written);
    let out = command.output()?;
    let said = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    if !out.status.success() {
        return Ok(Verdict::Failed(said));
    }
    if said.is_empty() {
        bail!("the judge said nothing");
    }
    Ok(Verdict::Held(said))
}

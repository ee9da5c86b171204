//! `aceso desk match`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_desk::advisory::{Advisory, rustsec};
use aceso_desk::matching::{Facts, Finding, Matcher, Sbom, State, read_lockfile};
use anyhow::{Context, Result};

use super::advisory;
use crate::say::{complain, say};
use crate::wrong::wrong;

/// What to show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// What somebody has to do something about.
    Open,
    /// Everything that an advisory speaks of.
    All,
}

/// Matches; the code is a failure when something is affected or must be looked at.
pub(super) fn run(
    sbom: &Path,
    paths: &[PathBuf],
    facts: &[String],
    show: Show,
    as_json: bool,
) -> Result<ExitCode> {
    let facts = known(facts)?;
    let bytes =
        std::fs::read(sbom).with_context(|| format!("{} cannot be read", sbom.display()))?;
    let sbom = bill(sbom, &bytes).with_context(|| sbom.display().to_string())?;
    let (advisories, refused) = load(paths)?;
    let findings = Matcher::new(&advisories).find(&sbom, &facts);
    let count = findings.iter().filter(|f| is_open(f)).count();
    for finding in findings.iter().filter(|f| show == Show::All || is_open(f)) {
        if as_json {
            say(&serde_json::to_string(finding)?);
        } else {
            tell(finding);
        }
    }
    for doubt in &sbom.doubts {
        complain(&format!("aceso: the bill of materials: {doubt}"));
    }
    if !as_json {
        let about = findings.len();
        say(&format!(
            "{} components, {} advisories: {about} findings, {count} to act on{}",
            sbom.components.len(),
            advisories.len(),
            if refused == 0 {
                String::new()
            } else {
                format!("; {refused} advisories could not be read")
            }
        ));
    }
    Ok(if count == 0 && refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether somebody has to do something about it.
pub(super) const fn is_open(finding: &Finding) -> bool {
    match finding.state {
        State::Affected | State::UnderInvestigation => true,
        State::Fixed | State::NotAffected => false,
    }
}

fn bill(path: &Path, bytes: &[u8]) -> Result<Sbom> {
    if path.extension().is_some_and(|e| e == "lock") {
        return Ok(read_lockfile(std::str::from_utf8(bytes)?)?);
    }
    Ok(Sbom::read(bytes)?)
}

fn known(facts: &[String]) -> Result<Facts> {
    let mut known = Facts::default();
    for fact in facts {
        let (kind, name) = fact
            .split_once('=')
            .ok_or_else(|| wrong(format!("{fact:?} is not KIND=NAME")))?;
        if name.is_empty() {
            known.know(kind)
        } else {
            known.add(kind, name)
        }
    }
    Ok(known)
}

/// Every advisory of these files and directories; one that cannot be read is told and counted.
pub(super) fn load(paths: &[PathBuf]) -> Result<(Vec<Advisory>, usize)> {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).with_context(|| path.display().to_string())?;
            let mut inner = entries.map(|e| Ok(e?.path())).collect::<Result<Vec<_>>>()?;
            inner.retain(|p| p.is_dir() || p.extension().is_some_and(|e| e == "json" || e == "md"));
            inner.sort();
            left.extend(inner.into_iter().rev());
        } else {
            files.push(path);
        }
    }
    let mut found = Vec::new();
    let mut refused = 0;
    for file in files {
        match advisories(&file) {
            Ok(read) => found.extend(read),
            Err(error) => {
                refused += 1;
                complain(&format!("aceso: {error:#}"));
            }
        }
    }
    Ok((found, refused))
}

/// The advisory in a file; none in one that is withdrawn, or about no vulnerability.
fn advisories(file: &Path) -> Result<Option<Advisory>> {
    if file.extension().is_some_and(|e| e == "md") {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        return rustsec::read(&text).with_context(|| file.display().to_string());
    }
    Ok(Some(advisory::read(file)?.advisory))
}

/// Says a finding with its reasons.
pub(crate) fn tell(finding: &Finding) {
    let state = match finding.state {
        State::Affected => "AFFECTED",
        State::UnderInvestigation => "LOOK",
        State::Fixed => "fixed",
        State::NotAffected => "not affected",
    };
    let justified = finding
        .justification
        .map(|j| format!(" ({})", j.key()))
        .unwrap_or_default();
    say(&format!(
        "{state}{justified}: {} by {} ({})",
        finding.said, finding.vulnerability, finding.advisory
    ));
    for reason in &finding.because {
        say(&format!("  because {reason}"));
    }
    for remedy in &finding.remedies {
        say(&format!("  do: {remedy}"));
    }
}

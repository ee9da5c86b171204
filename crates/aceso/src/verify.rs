//! `aceso verify` and `aceso audit verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_store::Report;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::place::Place;
use crate::say::{complain, say};

/// Checks all that is stored.
pub(crate) fn everything(place: &Place, json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let mut told = 0;
    let report = store.verify(&mut |done| {
        if done >= told + 100_000 {
            told = done;
            complain(&format!("verify: {done} resources"));
        }
    })?;
    Ok(tell(&report, json))
}

/// Checks the audit log alone, also against heads that were kept in files.
pub(crate) fn audit(place: &Place, heads: &[PathBuf], json: bool) -> Result<ExitCode> {
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let kept: Vec<String> = heads.iter().map(read).collect::<Result<_>>()?;
    let report = place.open()?.verify_audit(&kept)?;
    Ok(tell(&report, json))
}

/// Prints the log's signed head, to be kept elsewhere.
pub(crate) fn head(place: &Place, json: bool) -> Result<ExitCode> {
    let (note, key) = place.open()?.audit_head()?;
    if json {
        say(&json!({"head": note, "key": key}).to_string());
    } else {
        say(note.trim_end());
        complain(&format!("the key that it is checked with: {key}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the proof that an entry is in the log, as JSON.
pub(crate) fn proof(place: &Place, seq: u64) -> Result<ExitCode> {
    let Some(proof) = place.open()?.audit_proof(seq)? else {
        bail!("the audit log has no entry {seq}");
    };
    let entry = proof.entry.as_deref().map(serde_json::from_str::<Value>);
    let path: Vec<String> = proof.path.iter().map(|h| hex(h)).collect();
    let whole = json!({
        "seq": proof.seq, "at": proof.at, "salt": proof.salt.as_deref().map(hex), "entry": entry.transpose()?,
        "entryText": proof.entry, "leaf": hex(&proof.leaf), "size": proof.size, "path": path,
        "head": proof.head, "key": proof.key
    });
    say(&serde_json::to_string_pretty(&whole)?);
    Ok(ExitCode::SUCCESS)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn tell(report: &Report, as_json: bool) -> ExitCode {
    if as_json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|f| json!({"place": f.place, "what": f.what}))
            .collect();
        let whole = json!({
            "resources": report.resources, "versions": report.versions, "indexRows": report.index_rows,
            "auditEntries": report.audit_entries, "auditRoot": report.audit_root, "findings": findings
        });
        say(&whole.to_string());
    } else {
        for finding in &report.findings {
            complain(&format!("{}: {}", finding.place, finding.what));
        }
        say(&format!(
            "{} resources, {} older versions, {} index rows, {} audit entries (root {}): {}",
            report.resources,
            report.versions,
            report.index_rows,
            report.audit_entries,
            report.audit_root,
            match report.findings.len() {
                0 => "all in order".to_owned(),
                n => format!("{n} wrong"),
            }
        ));
    }
    if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

//! `aceso verify` and `aceso audit verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_base::hex;
use aceso_policy::Caller;
use aceso_store::{Report, Said, Store};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::place::Place;
use crate::progress::Progress;
use crate::say::{complain, say};

/// So many findings are told in words, the first ones.
const SHOWN: usize = 100;

/// Whether to mend what can be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mend {
    /// Only say what is wrong.
    No,
    /// Write index rows anew.
    Rows,
}

/// Checks all that is stored.
pub(crate) async fn everything(place: &Place, mend: Mend, json: bool) -> Result<ExitCode> {
    let store = place.open_at_any_time()?;
    let mut report = check(&store)?;
    if mend == Mend::Rows && report.is_mendable() {
        let rows = store.mend(&Caller::operator(), &report).await?;
        complain(&format!("mended {rows} index rows; checking again"));
        report = check(&store)?;
    }
    let kept = store.keep_report(&Caller::operator(), &report).await;
    if let Err(error) = kept {
        complain(&format!(
            "what was found could not be kept in the record: {error}"
        ));
    }
    Ok(tell(&report, &report.summary(), json))
}

fn check(store: &Store) -> Result<Report> {
    let mut progress = Progress::new("verify", store.resource_count().unwrap_or(0));
    let mut told = 0;
    let report = store.verify(&mut |done| {
        progress.advance(done - told);
        told = done;
    })?;
    Ok(report)
}

/// Checks the audit log alone, also against heads that were kept in files.
pub(crate) fn audit(place: &Place, heads: &[PathBuf], json: bool) -> Result<ExitCode> {
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let kept: Vec<String> = heads.iter().map(read).collect::<Result<_>>()?;
    let report = place.open_at_any_time()?.verify_audit(&kept)?;
    let looked_at = format!("{} audit entries", report.audit_entries);
    Ok(tell(&report, &looked_at, json))
}

/// Prints the log's signed head, to be kept elsewhere.
pub(crate) fn head(place: &Place, json: bool) -> Result<ExitCode> {
    let (note, key) = place.open_at_any_time()?.audit_head()?;
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
    let Some(proof) = place.open_at_any_time()?.audit_proof(seq)? else {
        bail!("the audit log has no entry {seq}");
    };
    let path: Vec<String> = proof.path.iter().map(|h| hex(h)).collect();
    let whole = json!({
        "seq": proof.seq, "at": proof.at, "salt": proof.salt.as_deref().map(hex),
        "entry": proof.said.as_ref().map(said), "entryBytes": proof.entry.as_deref().map(hex), "leaf": hex(&proof.leaf), "size": proof.size, "path": path,
        "head": proof.head, "key": proof.key
    });
    say(&serde_json::to_string_pretty(&whole)?);
    Ok(ExitCode::SUCCESS)
}

/// What an entry says, under the names that `docs/operate.md` explains; what is empty is left out.
pub(crate) fn said(said: &Said) -> Value {
    let mut whole = json!({
        "who": said.who, "why": said.purpose, "from": said.address.map(|a| a.to_string()), "req": said.request,
        "for": said.context, "by": said.by, "act": said.act, "out": said.outcome.name(), "q": said.detail,
        "on": said.on, "patients": said.patients, "roles": said.roles, "late": said.is_late.then_some(true)
    });
    if let Some(fields) = whole.as_object_mut() {
        fields.retain(|_, v| {
            !v.is_null() && v.as_str() != Some("") && v.as_array().is_none_or(|a| !a.is_empty())
        });
    }
    whole
}

/// Tells what was found in what was looked at.
fn tell(report: &Report, looked_at: &str, as_json: bool) -> ExitCode {
    if as_json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|f| json!({"place": f.place, "what": f.what, "mend": f.mend}))
            .collect();
        let whole = json!({
            "resources": report.resources, "versions": report.versions, "signedNotes": report.signed, "indexRows": report.index_rows,
            "sealed": report.sealed,
            "auditEntries": report.audit_entries, "auditRoot": report.audit_root, "findings": findings
        });
        say(&whole.to_string());
    } else {
        for finding in report.findings.iter().take(SHOWN) {
            complain(&format!("{}: {}", finding.place, finding.what));
            complain(&format!("    to mend: {}", finding.mend));
        }
        if let Some(more) = report.findings.len().checked_sub(SHOWN).filter(|n| *n > 0) {
            complain(&format!("and {more} more: --json names them all"));
        }
        say(&format!(
            "{looked_at} (root {}): {}",
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

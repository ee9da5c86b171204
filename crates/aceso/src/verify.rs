//! `aceso verify` and `aceso audit verify`.

use std::process::ExitCode;

use aceso_store::Report;
use anyhow::Result;
use serde_json::json;

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

/// Checks the audit log alone.
pub(crate) fn audit(place: &Place, json: bool) -> Result<ExitCode> {
    let report = place.open()?.verify_audit()?;
    Ok(tell(&report, json))
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
            "auditEntries": report.audit_entries, "auditLink": report.audit_link, "findings": findings
        });
        say(&whole.to_string());
    } else {
        for finding in &report.findings {
            complain(&format!("{}: {}", finding.place, finding.what));
        }
        say(&format!(
            "{} resources, {} older versions, {} index rows, {} audit entries (last link {}): {}",
            report.resources,
            report.versions,
            report.index_rows,
            report.audit_entries,
            report.audit_link,
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

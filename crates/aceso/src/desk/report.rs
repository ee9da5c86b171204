//! `aceso desk report`: mails as reports, with what to ask their senders, and which are about the same thing.

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_base::{Clock, SystemClock};
use aceso_desk::When;
use aceso_desk::report::{Dkim, Gate, History, Limits, Report, cluster, from_mail, gate};
use anyhow::{Context, Result};
use serde_json::json;

use crate::say::{complain, say};

/// Reads mails, one a file.
pub(super) fn run(files: &[PathBuf], products: &[String], as_json: bool) -> Result<ExitCode> {
    let now = When::from(SystemClock.now());
    let products: Vec<&str> = products.iter().map(String::as_str).collect();
    let mut code = ExitCode::SUCCESS;
    let mut reports = Vec::new();
    let mut names = Vec::new();
    for file in files {
        let bytes =
            std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        match from_mail(&bytes, now, Dkim::None, Limits::default()) {
            Ok(report) => {
                reports.push(report);
                names.push(file.display().to_string());
            }
            Err(error) => {
                complain(&format!("aceso: {}: {error}", file.display()));
                code = ExitCode::FAILURE;
            }
        }
    }
    let clusters = cluster(&reports);
    for (name, report) in names.iter().zip(&reports) {
        let gate = gate(report, &products, History::default());
        if as_json {
            say(&json!({"file": name, "report": report, "gate": gate}).to_string());
        } else {
            tell(name, report, &gate);
        }
    }
    for found in clusters.iter().filter(|c| c.members.len() > 1) {
        let members: Vec<&str> = found
            .members
            .iter()
            .filter_map(|m| names.get(*m))
            .map(String::as_str)
            .collect();
        if as_json {
            say(&json!({"alike": members, "because": found.because}).to_string());
            continue;
        }
        say(&format!("alike: {}", members.join(", ")));
        for (member, reason) in members.iter().skip(1).zip(&found.because) {
            say(&format!("  {member}: {reason}"));
        }
    }
    Ok(code)
}

fn tell(name: &str, report: &Report, gate: &Gate) {
    let from = report.from.as_deref().unwrap_or("nobody");
    say(&format!("{name}: {} (from {from})", report.subject));
    let because: Vec<String> = gate.because.iter().map(ToString::to_string).collect();
    say(&format!("  rank {}: {}", gate.rank, because.join("; ")));
    for attachment in &report.attachments {
        say(&format!(
            "  with {} ({}, {} bytes)",
            attachment.name, attachment.kind, attachment.size
        ));
    }
    for question in &gate.questions {
        say(&format!("  ask: {}", question.text()));
    }
}

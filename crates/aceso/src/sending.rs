//! `aceso audit send`: how far the log was sent.

use std::process::ExitCode;

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::{SendPosition, SendStatus};
use anyhow::Result;
use serde_json::json;

use crate::place::Place;
use crate::say::say;

/// Tells of every place that the configuration names, and of those that it named once.
pub(crate) async fn status(place: &Place, as_json: bool) -> Result<ExitCode> {
    let targets = place.config.audit.targets()?;
    let names: Vec<&str> = targets.iter().map(|t| t.name()).collect();
    let store = place.open()?;
    let status = store.send_status(&Caller::operator()).await?;
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !status.positions.iter().any(|p| p.target == *name))
        .collect();
    if as_json {
        say(&told(&status, &names, &missing).to_string());
    } else {
        for one in &status.positions {
            say(&line(
                one,
                status.entries,
                names.contains(&one.target.as_str()),
            ));
        }
        for name in &missing {
            say(&format!(
                "{name}: nothing was sent yet; is `aceso serve` running?"
            ));
        }
        if status.positions.is_empty() && missing.is_empty() {
            say("the configuration names no place to send the log to (audit.send)");
        }
    }
    let failing = |p: &SendPosition| names.contains(&p.target.as_str()) && p.failure.is_some();
    Ok(
        if missing.is_empty() && !status.positions.iter().any(failing) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        },
    )
}

fn line(one: &SendPosition, entries: u64, configured: bool) -> String {
    let behind = entries.saturating_sub(one.seq);
    let mut line = format!("{}: {} of {entries} entries are out", one.target, one.seq);
    if behind > 0 {
        line.push_str(&format!(", {behind} wait"));
    }
    if let Some(sent) = one.sent {
        line.push_str(&format!("; last at {}", sent.to_fhir()));
    }
    if let Some((at, error)) = &one.failure {
        line.push_str(&format!(
            "; failed {} times, last at {}: {error}",
            one.tries,
            at.to_fhir()
        ));
    }
    if !configured {
        line.push_str("; no longer configured");
    }
    line
}

fn told(status: &SendStatus, names: &[&str], missing: &[&str]) -> serde_json::Value {
    let places = status.positions.iter().map(|p| {
        json!({
            "target": p.target, "sent": p.seq, "waiting": status.entries.saturating_sub(p.seq),
            "configured": names.contains(&p.target.as_str()), "began": p.began.to_fhir(),
            "lastSent": p.sent.map(Instant::to_fhir), "failures": p.tries,
            "failedAt": p.failure.as_ref().map(|(at, _)| at.to_fhir()),
            "error": p.failure.as_ref().map(|(_, error)| error),
        })
    });
    let never = missing
        .iter()
        .map(|name| json!({"target": name, "sent": 0, "configured": true}));
    json!({"entries": status.entries, "places": places.chain(never).collect::<Vec<_>>()})
}

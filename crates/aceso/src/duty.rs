//! `aceso duty`: what the clinic must have agreed or had done, and until when that holds.

use std::path::Path;
use std::process::ExitCode;

use aceso_base::{Instant, hex};
use aceso_policy::Caller;
use aceso_store::{Duty, DutyGap, NewDuty, duty_gaps};
use aceso_vault::sha256;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cli::DutyCommand;
use crate::place::Place;
use crate::say::{complain, say};
use crate::wrong::When;

/// Notes, ends or lists duties.
pub(crate) async fn run(place: &Place, command: DutyCommand, as_json: bool) -> Result<ExitCode> {
    let (store, operator) = (place.open()?, Caller::operator());
    match command {
        DutyCommand::Add {
            kind,
            name,
            detail,
            on,
            until,
            document,
        } => {
            let new = NewDuty {
                kind,
                name,
                detail,
                done: on.map_or_else(|| store.now(), When::begins),
                until: until.map(When::begins),
                digest: document.as_deref().map(digest_of).transpose()?,
            };
            let id = store.add_duty(&operator, new).await?;
            let all = store.duties(&operator).await?;
            let kept = all.iter().find(|duty| duty.id == id);
            let kept = kept.context("what was noted is not there")?;
            say(&if as_json {
                row(kept).to_string()
            } else {
                line(kept)
            });
            Ok(ExitCode::SUCCESS)
        }
        DutyCommand::End { id } => {
            store
                .end_duty(&operator, &id)
                .await
                .with_context(|| id.clone())?;
            say(&format!("{id} counts no more; it stays on record"));
            Ok(ExitCode::SUCCESS)
        }
        DutyCommand::List => {
            let all = store.duties(&operator).await?;
            let gaps = duty_gaps(&all, store.now());
            if as_json {
                let rows: Vec<Value> = all.iter().map(row).collect();
                let missing: Vec<String> = gaps.iter().map(gap).collect();
                say(&json!({"duties": rows, "missing": missing}).to_string());
            } else {
                all.iter().for_each(|duty| say(&line(duty)));
                gaps.iter().for_each(|one| complain(&gap(one)));
            }
            Ok(if gaps.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

fn digest_of(path: &Path) -> Result<[u8; 32]> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(sha256(&bytes))
}

/// The day of a time.
pub(crate) fn day(at: Instant) -> String {
    at.to_fhir().chars().take(10).collect()
}

/// What is missing, and how to mend it.
pub(crate) fn gap(gap: &DutyGap) -> String {
    match gap {
        DutyGap::Never(kind) => format!("{}: none is on record ({})", kind.name(), kind.row()),
        DutyGap::Over(duty) => format!(
            "{}: {} holds until {} ({})",
            duty.kind.name(),
            duty.name,
            day(duty.until),
            duty.kind.row()
        ),
    }
}

fn line(duty: &Duty) -> String {
    let ended = duty
        .ended
        .map_or(String::new(), |at| format!("  ended {}", day(at)));
    let document = match duty.digest {
        Some(digest) => format!("  document sha256 {}", hex(&digest)),
        None => String::new(),
    };
    format!(
        "{}  {:<20} {}  {} to {}{ended}{document}",
        duty.id,
        duty.kind.name(),
        duty.name,
        day(duty.done),
        day(duty.until)
    )
}

/// As JSON.
pub(crate) fn row(duty: &Duty) -> Value {
    json!({
        "id": duty.id,
        "kind": duty.kind.name(),
        "row": duty.kind.row(),
        "name": duty.name,
        "detail": duty.detail,
        "done": duty.done.to_fhir(),
        "until": duty.until.to_fhir(),
        "documentSha256": duty.digest.map(|digest| hex(&digest)),
        "notedAt": duty.made.to_fhir(),
        "notedBy": duty.who,
        "ended": duty.ended.map(Instant::to_fhir),
    })
}

//! `aceso erase` and `aceso hold`.

use std::path::Path;
use std::process::ExitCode;

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::{Erasure, ErasureState};
use anyhow::{Context, Result};
use serde_json::json;

use crate::cli::{EraseArgs, HoldCommand};
use crate::key::tell_to_copy;
use crate::place::Place;
use crate::say::say;

const DAY_MILLIS: i64 = 86_400_000;

/// Records the decision and carries it out, or lists what was decided.
pub(crate) async fn run(place: &Place, args: EraseArgs, as_json: bool) -> Result<ExitCode> {
    let (store, operator) = (place.open()?, Caller::operator());
    let (Some(patient), Some(decision)) = (args.patient, args.decision) else {
        let all = store.erasures(&operator).await?;
        if as_json {
            let rows: Vec<_> = all.iter().map(row).collect();
            say(&json!(rows).to_string());
        } else {
            all.iter().for_each(|e| say(&line(e)));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let decision = if Path::new(&decision).is_file() {
        std::fs::read_to_string(&decision).with_context(|| decision.clone())?
    } else {
        decision
    };
    let id = store
        .decide_erasure(&operator, &patient, &decision)
        .await
        .with_context(|| format!("Patient/{patient}"))?;
    let done = store.carry_out_erasure(&operator, &id).await?;
    if as_json {
        say(&row(&done).to_string());
    } else {
        say(&line(&done));
        if !done.left_over.is_empty() {
            say("These are about other patients too and stay; look at what they say:");
            done.left_over
                .iter()
                .for_each(|name| say(&format!("  {name}")));
        }
    }
    tell_to_copy(place, &store).await?;
    Ok(ExitCode::SUCCESS)
}

/// Sets, lifts and lists holds.
pub(crate) async fn hold(place: &Place, command: HoldCommand, as_json: bool) -> Result<ExitCode> {
    let (store, operator) = (place.open()?, Caller::operator());
    match command {
        HoldCommand::Set {
            patient,
            reason,
            days,
        } => {
            let until = days.map(|days| store.now().plus_millis(i64::from(days) * DAY_MILLIS));
            let id = store
                .hold_patient(&operator, &patient, &reason, until)
                .await?;
            if as_json {
                say(&json!({"id": id}).to_string());
            } else {
                say(&format!("hold {id} on Patient/{patient}"));
            }
        }
        HoldCommand::Lift { id } => {
            store.lift_hold(&operator, &id).await?;
            say(&format!("hold {id} is lifted"));
        }
        HoldCommand::List => {
            for hold in store.holds(&operator).await? {
                let until = hold.until.map(Instant::to_fhir);
                if as_json {
                    say(
                        &json!({"id": hold.id, "patient": hold.patient, "reason": hold.reason,
                        "since": hold.since.to_fhir(), "until": until, "by": hold.by})
                        .to_string(),
                    );
                } else {
                    let until = until.unwrap_or_else(|| "it is lifted".to_owned());
                    say(&format!(
                        "{}  Patient/{}  until {until}  {}",
                        hold.id, hold.patient, hold.reason
                    ));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(erasure: &Erasure) -> serde_json::Value {
    json!({
        "id": erasure.id, "patient": erasure.patient, "state": word(erasure.state),
        "decision": erasure.decision, "decided": erasure.decided.to_fhir(), "decidedBy": erasure.decided_by,
        "ended": erasure.ended.map(Instant::to_fhir), "endedBy": erasure.ended_by,
        "resources": erasure.resources, "versions": erasure.versions, "leftOver": erasure.left_over
    })
}

fn line(erasure: &Erasure) -> String {
    format!(
        "{}  Patient/{}  {}: {} resources and {} older versions removed",
        erasure.id,
        erasure.patient,
        word(erasure.state),
        erasure.resources,
        erasure.versions
    )
}

const fn word(state: ErasureState) -> &'static str {
    match state {
        ErasureState::Decided => "decided",
        ErasureState::Done => "done",
        ErasureState::Withdrawn => "withdrawn",
    }
}

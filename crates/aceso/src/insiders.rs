//! `aceso audit insiders` and `aceso audit decoy`.

use std::process::ExitCode;

use aceso_base::{Instant, Zone};
use aceso_policy::{Caller, Purpose};
use aceso_store::{Decoy, DecoyKind, InsiderCase, InsiderReview, Keep, Store};
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::place::Place;
use crate::say::say;
use crate::wrong::wrong;

/// Whether something is planted or forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    Remove,
}

/// Reviews a time and tells what is odd.
pub(crate) async fn review(
    place: &Place,
    from: Option<Date>,
    to: Option<Date>,
    keep: Keep,
    as_json: bool,
) -> Result<ExitCode> {
    let settings = place.config.insiders()?;
    let zone = settings.zone.clone();
    let store = place.open()?;
    let now = store.now();
    let until = to.map_or(now, |day| zone.begins(day));
    let from = from.map_or_else(|| zone.week_before(now).0, |day| zone.begins(day));
    if from >= until {
        return Err(wrong(format!(
            "the time from {} to {} is empty: --from is the first day, --to the day after the last",
            day(&zone, from),
            day(&zone, until)
        )));
    }
    let operator = Caller::operator();
    let found = store
        .review_insiders(&operator, from, until, settings, keep)
        .await?;
    if as_json {
        say(&told(&found, from, until).to_string());
    } else {
        for case in &found.cases {
            say(&format!(
                "{} (week of {}): {} of 100",
                case.name,
                day(&zone, case.week),
                case.score
            ));
            for reason in &case.reasons {
                let patient = reason.patient.as_deref().map(|p| format!(" [Patient/{p}]"));
                let patient = patient.unwrap_or_default();
                say(&format!("  {} {}{patient}", reason.rule, reason.text));
            }
        }
        let explained: usize = found.share.explained.values().sum();
        say(&format!(
            "{} cases; {} people, {} accesses to patients' records, {explained} of them explained",
            found.cases.len(),
            found.people,
            found.share.accesses
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(found: &InsiderReview, from: Instant, until: Instant) -> Value {
    let case = |case: &InsiderCase| {
        json!({"id": case.id, "account": case.account, "name": case.name, "week": case.week.to_fhir(),
            "score": case.score, "reasons": case.reasons})
    };
    json!({
        "from": from.to_fhir(), "to": until.to_fhir(), "people": found.people, "accesses": found.share.accesses,
        "explained": found.share.explained, "cases": found.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

fn day(zone: &Zone, at: Instant) -> String {
    zone.shown(at).date().to_string()
}

/// Nobody opens what is not there: a wrong id plants nothing.
async fn there(store: &Store, decoy: &Decoy) -> Result<()> {
    let (operator, id) = (Caller::operator(), &decoy.id);
    match decoy.kind {
        DecoyKind::Patient => {
            let reading = store.read(&operator, Purpose::Operations);
            let found = reading.fetch("Patient", id).await;
            found.with_context(|| format!("there is no patient {id}"))?;
        }
        DecoyKind::Client => {
            let clients = store.clients(&operator).await?;
            if !clients.iter().any(|client| client.id == *id) {
                bail!("there is no client {id}: aceso client list tells them");
            }
        }
    }
    Ok(())
}

/// Plants, forgets, or tells what is planted.
pub(crate) async fn decoy(
    place: &Place,
    patient: Option<String>,
    client: Option<String>,
    change: Change,
    as_json: bool,
) -> Result<ExitCode> {
    let (store, operator) = (place.open()?, Caller::operator());
    let patient = patient.map(|id| (DecoyKind::Patient, id));
    let named = patient.or_else(|| client.map(|id| (DecoyKind::Client, id)));
    if let Some((kind, id)) = named {
        let decoy = Decoy { kind, id };
        match change {
            Change::Add => {
                there(&store, &decoy).await?;
                store.add_decoy(&operator, decoy).await?;
            }
            Change::Remove => store.remove_decoy(&operator, decoy).await?,
        }
    }
    let planted = store.decoys(&operator).await?;
    let kind = |decoy: &Decoy| match decoy.kind {
        DecoyKind::Patient => "patient",
        DecoyKind::Client => "client",
    };
    if as_json {
        let all: Vec<Value> = planted
            .iter()
            .map(|d| json!({"kind": kind(d), "id": d.id}))
            .collect();
        say(&Value::from(all).to_string());
    } else {
        for one in &planted {
            say(&format!("{} {}", kind(one), one.id));
        }
        if planted.is_empty() {
            say("nothing is planted");
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! Witnesses of the audit log: this installation's own, and this installation as the witness of others.

use std::process::ExitCode;
use std::sync::Arc;

use aceso_jobs::witness::{Said, Witnesses};
use aceso_policy::{Caller, Job};
use aceso_store::{AddCheckpoint, HeadKey, Store, WitnessAnswer};
use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};

use crate::config::Config;
use crate::delivery;
use crate::place::Place;
use crate::say::{complain, say};

/// Whether witnesses are to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// All of them, now.
    Now,
    /// None.
    No,
}

/// What answers for other logs.
#[derive(Clone)]
struct Here {
    store: Store,
    logs: Arc<[HeadKey]>,
}

/// `POST /witness/add-checkpoint`, when this is a witness of some log.
pub(crate) fn router(config: &Config, store: &Store) -> Result<Router> {
    let logs = config.audit.witness_for()?;
    if logs.is_empty() {
        return Ok(Router::new());
    }
    let here = Here {
        store: store.clone(),
        logs: logs.into(),
    };
    Ok(Router::new()
        .route("/witness/add-checkpoint", post(add))
        .with_state(here))
}

/// As C2SP tlog-witness has it.
async fn add(State(here): State<Here>, body: String) -> (StatusCode, String) {
    let Ok(asked) = AddCheckpoint::parse(&body) else {
        return (StatusCode::BAD_REQUEST, String::new());
    };
    let caller = Caller::job(Job::Verify);
    match here.store.cosign(&caller, &here.logs, asked).await {
        Ok(WitnessAnswer::Cosigned(line)) => (StatusCode::OK, line),
        Ok(WitnessAnswer::Unknown) => (StatusCode::NOT_FOUND, String::new()),
        Ok(WitnessAnswer::Unsigned) => (StatusCode::FORBIDDEN, String::new()),
        Ok(WitnessAnswer::Conflict(size)) => (StatusCode::CONFLICT, format!("{size}\n")),
        Ok(WitnessAnswer::Rewritten) => (StatusCode::UNPROCESSABLE_ENTITY, String::new()),
        Ok(WitnessAnswer::Malformed) => (StatusCode::BAD_REQUEST, String::new()),
        Err(error) => {
            tracing::error!(%error, "another log's head could not be cosigned");
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    }
}

/// `aceso audit witness`: the keys, and what the witnesses said last; with `Ask::Now`, what they say now.
pub(crate) async fn show(place: &Place, ask: Ask, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let (_, log) = store.audit_head()?;
    let witness = store.witness_key()?;
    let mut objected = false;
    let mut told: Vec<(String, String)> = Vec::new();
    if ask == Ask::Now {
        let (client, all) = delivery::witnesses(&place.config)?;
        let asking = Witnesses::new(store.clone(), client, all.clone());
        for one in &all {
            let said = match asking.ask(one).await {
                Ok(Said::Cosigned(size)) => format!("cosigned {size} entries"),
                Ok(Said::Objects(_)) => {
                    objected = true;
                    "objects: the log is not what it cosigned, only grown".to_owned()
                }
                Err(error) => {
                    objected = true;
                    error.to_string()
                }
            };
            told.push((one.key.name().to_owned(), said));
        }
    }
    let known = store.witnesses(&Caller::operator()).await?;
    if as_json {
        let known: Vec<Value> = known
            .iter()
            .map(|w| json!({"name": w.name, "at": w.at.to_fhir(), "size": w.size, "objects": w.objects, "note": w.note}))
            .collect();
        let told: Vec<Value> = told
            .iter()
            .map(|(name, said)| json!({"name": name, "said": said}))
            .collect();
        say(&json!({"logKey": log, "witnessKey": witness.to_string(), "witnesses": known, "told": told}).to_string());
    } else {
        say(&format!(
            "this log's key, for a witness's audit.witness_for:\n  {log}"
        ));
        say(&format!(
            "this installation's key as a witness, for another's audit.witnesses:\n  {witness}"
        ));
        for w in &known {
            let state = if w.objects {
                "objects since"
            } else {
                "cosigned at"
            };
            say(&format!(
                "{}: {state} {} ({} entries)",
                w.name,
                w.at.to_fhir(),
                w.size
            ));
        }
        for (name, said) in &told {
            complain(&format!("{name}: {said}"));
        }
    }
    Ok(if objected {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

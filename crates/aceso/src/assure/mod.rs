//! `aceso assure`: the assurance case. A tree of claims, "the installation minimises disclosure of patient data" at its root,
//! one branch for each section of the requirements, one leaf for each row; each leaf with the evidence that there is now:
//! checks of this installation made as the document is written, figures from its record, and tests that passed on this
//! release. What is not met is shown as not met, and why. The document is signed with the key of the audit log, and the log
//! has its digest.

mod case;
mod claims;
mod evidence;
mod page;
mod passed;
mod seal;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::{AuditKind, AuditQuery, AuditUse, Store};
use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cli::AssureArgs;
use crate::doctor;
use crate::place::Place;
use crate::say::{complain, say};

use case::Case;
use passed::Passed;
use seal::{Signed, Unbelieved};

/// A document's entry in the log is not further from the time that the document states.
const LOGGED_WITHIN_MILLIS: i64 = 60_000;

/// Writes the case, or checks one that was written.
pub(crate) async fn run(place: &Place, args: &AssureArgs, as_json: bool) -> Result<ExitCode> {
    match &args.check {
        Some(file) => check(place, file, args.key.as_deref(), as_json).await,
        None => write(place, args, as_json).await,
    }
}

async fn write(place: &Place, args: &AssureArgs, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let facts = doctor::gather(place, &store).await?;
    let passed = Passed::find(args.tests.as_deref())?;
    let log = store.verify_audit(&[])?;
    let mut evidence = evidence::of_checks(&doctor::judge(&facts));
    evidence.push(evidence::of_log(&log));
    evidence.extend(evidence::figures(&facts.standing));
    let case = Case::build(
        place.config.listen.clinic.clone(),
        store.now(),
        &passed,
        &evidence,
    );
    let body = seal::Body::of(&case, args.out.as_deref(), as_json)?;
    let (note, key) = store.sign_case(&Caller::operator(), &body.digest()).await?;
    let whole = body.signed(&note);
    match &args.out {
        None => say(whole.trim_end()),
        Some(out) => {
            std::fs::write(out, whole).with_context(|| out.display().to_string())?;
            let counts = case.counts();
            say(&format!(
                "{}: {} claims met, {} partly, {} not; signed, to be checked with: aceso assure --check {} --key {key}",
                out.display(),
                counts.met,
                counts.partly,
                counts.not,
                out.display()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(place: &Place, file: &Path, key: Option<&str>, as_json: bool) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let found = match key {
        Some(key) => seal::check(&text, key).map(|signed| (signed, key.to_owned())),
        None => by_log(&place.open()?, &text).await?,
    };
    match found {
        Ok((signed, key)) if as_json => {
            say(
                &json!({"valid": true, "at": signed.at, "sha256": signed.digest, "key": key})
                    .to_string(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Ok((signed, key)) => {
            say(&format!(
                "signed by {key} at {}, unchanged since (sha256 {})",
                signed.at, signed.digest
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(why) if as_json => {
            say(&json!({"valid": false, "why": why.to_string()}).to_string());
            Ok(ExitCode::FAILURE)
        }
        Err(why) => {
            complain(&format!("{}: {why}", file.display()));
            bail!("this document is not what this installation signed")
        }
    }
}

/// Checks a document with the keys that the log of this installation has had. One that is in use no more is believed for what
/// the log says that was signed then: whoever took it can write a date, and not into the log.
async fn by_log(store: &Store, text: &str) -> Result<Result<(Signed, String), Unbelieved>> {
    for (at, key) in store.audit_keys()?.into_iter().enumerate() {
        match seal::check(text, &key) {
            Ok(signed) if at == 0 || is_logged(store, &signed).await? => {
                return Ok(Ok((signed, key)));
            }
            Ok(_) => return Ok(Err(Unbelieved::Unlogged)),
            Err(Unbelieved::Signature) => {}
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Err(Unbelieved::Signature))
}

/// Whether the log says that a document of this digest was signed when it says so itself.
async fn is_logged(store: &Store, signed: &Signed) -> Result<bool> {
    let Ok(at) = signed.at.parse::<jiff::Timestamp>() else {
        return Ok(false);
    };
    let at = Instant::from_millis(at.as_millisecond());
    let query = AuditQuery {
        kinds: vec![AuditKind::Other],
        from: Some(at.plus_millis(-LOGGED_WITHIN_MILLIS)),
        until: Some(at.plus_millis(LOGGED_WITHIN_MILLIS)),
        count: 20_000,
        ..AuditQuery::default()
    };
    let page = store
        .audit(&Caller::operator(), query, AuditUse::View)
        .await?;
    let says = ["sha256 ", &signed.digest].concat();
    let mut lines = page.lines.iter();
    Ok(lines.any(|line| line.said.detail.contains(&says)))
}

//! `aceso advisories status`: how the installation stands, and what of it the desk is told.

use std::process::ExitCode;

use aceso_desk::When;
use aceso_desk::deploy::Level;
use aceso_policy::Caller;
use anyhow::Result;
use serde_json::json;

use super::level;
use crate::place::Place;
use crate::say::say;

/// Says it.
pub(super) async fn run(place: &Place, as_json: bool) -> Result<ExitCode> {
    let (store, caller) = (place.open()?, Caller::operator());
    let feed = store.advisory_feed(&caller).await?;
    let standings = store.standings(&caller).await?;
    let receipts = store.receipts(&caller).await?;
    let level = level(&place.config)?;
    let key = store.installation_key()?;
    if as_json {
        let receipts: Vec<_> = receipts.iter().map(|kept| &kept.signed).collect();
        say(&json!({
            "signed": feed.signed.map(When::from), "asked": feed.asked.map(When::from), "trouble": feed.trouble,
            "standings": standings, "receipts": receipts, "report": level, "key": key,
        })
        .to_string());
        return Ok(ExitCode::SUCCESS);
    }
    match feed.signed.map(When::from) {
        Some(at) => say(&format!("the feed was signed on {}", at.said())),
        None => say("no feed was taken yet: aceso advisories check"),
    }
    if let Some(trouble) = &feed.trouble {
        say(&format!("wrong with it: {trouble}"));
    }
    for one in &standings {
        let since = one.since.said();
        say(&format!(
            "{}: {} since {since}",
            one.advisory,
            one.standing.key()
        ));
    }
    for kept in &receipts {
        let receipt = &kept.receipt;
        say(&format!(
            "receipt {}: {} on {}, {}",
            kept.number,
            receipt.version,
            receipt.at.said(),
            receipt.self_test.said
        ));
    }
    say(match level {
        Level::Nothing => "the desk is told nothing (advisories.report)",
        Level::Counters => "the desk is told counters without a name (advisories.report)",
        Level::Named => "the desk is told by name (advisories.report)",
    });
    say(&format!("this installation's key: {key}"));
    Ok(ExitCode::SUCCESS)
}

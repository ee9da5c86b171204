//! `aceso downtime`: today's patients in one file that a browser opens with a secret, for the hours in which nothing else can
//! be looked up. The file needs no server, no network and no program but a browser.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_fhir::search::{Options, parse_pairs};
use aceso_fhir::{Value, json as fhir_json};
use aceso_policy::{Caller, Purpose};
use aceso_staff::Sheet;
use aceso_store::{ReadError, Store};
use aceso_vault::{STRETCH_ROUNDS, printed_secret, random, seal, sha256, stretched};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, Zoned};
use maud::{DOCTYPE, PreEscaped, html};
use serde_json::json;

use crate::client::write_secret;
use crate::place::Place;
use crate::root::{whole_file, with_ending};
use crate::say::say;

const SCRIPT: &str = include_str!("../data/downtime.js");
const STYLE: &str = include_str!("../data/downtime.css");
/// What the seal is bound to.
const SEALED_FOR: &str = "aceso downtime pack 1";
/// At most so many appointments of a day.
const MOST: u32 = 1000;

/// What is in a pack.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) patients: usize,
    pub(crate) bytes: usize,
}

/// Writes one, and says what it is opened with when that is new.
pub(crate) async fn run(place: &Place, out: &Path, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let file = secret_file(place);
    let made = if file.exists() {
        None
    } else {
        let made = printed_secret()?;
        write_secret(&file, &made)?;
        Some(made)
    };
    let done = write(place, &store, &Caller::operator(), out).await?;
    if as_json {
        say(&json!({"patients": done.patients, "bytes": done.bytes, "file": out}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!(
        "{}: {} patients of today",
        out.display(),
        done.patients
    ));
    if let Some(made) = made {
        say(&format!(
            "\
It opens with this secret, and so will every pack of this installation; it is also in {}:

    {}

Print it, and keep it where the pack is needed and nobody else reads it. It is not printed again.",
            file.display(),
            *made
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a pack in its place, whole or not at all.
pub(crate) async fn write(
    place: &Place,
    store: &Store,
    caller: &Caller,
    out: &Path,
) -> Result<Packed> {
    let secret = secret_file(place);
    let text = whole_file(&secret).with_context(
        || "the secret of downtime packs; run `aceso downtime OUT.html` once, which makes it",
    )?;
    let words: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if words.len() < 24 {
        bail!(
            "{} does not hold the secret of downtime packs",
            secret.display()
        );
    }
    let zone = place.config.hours.time_zone.as_str();
    let now = Timestamp::from_millisecond(store.now().millis())?.in_tz(zone)?;
    let (patients, body) = body(store, caller, &now).await?;
    let page = page(&place.config.listen.clinic, &now, &words, &body)?;
    let beside = with_ending(out, ".new");
    std::fs::write(&beside, &page).with_context(|| beside.display().to_string())?;
    std::fs::rename(&beside, out).with_context(|| out.display().to_string())?;
    Ok(Packed {
        patients,
        bytes: page.len(),
    })
}

/// The secret that packs are opened with: one for all, so that a paper in a drawer opens the newest.
fn secret_file(place: &Place) -> PathBuf {
    place.beside(".downtime-key")
}

/// How many patients, and all of them as HTML, in the order of their appointments.
async fn body(store: &Store, caller: &Caller, now: &Zoned) -> Result<(usize, String)> {
    let expected = expected(store, caller, now).await?;
    let mut sections = Vec::with_capacity(expected.len());
    for (patient, why) in &expected {
        match Sheet::of(store, caller, patient).await {
            Ok(sheet) => sections.push(sheet.to_html(&why.join("; "))),
            // Deleted since the appointment was made.
            Err(ReadError::Unknown | ReadError::Gone { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let made = now.strftime("%-d %b %Y, %H:%M").to_string();
    let page = html! {
        h1 { (sections.len()) " patients" }
        p.lead { "As of " (made) ". To read only; what is done meanwhile goes on paper, and into the record afterwards." }
        label for="find" { "Find a patient" }
        input id="find" type="search" autocomplete="off";
        @for section in &sections { (section) }
    };
    Ok((sections.len(), page.into_string()))
}

/// Today's patients with what they come for, in the order of their appointments; then those who are here.
async fn expected(
    store: &Store,
    caller: &Caller,
    now: &Zoned,
) -> Result<Vec<(String, Vec<String>)>> {
    let begin = now.start_of_day()?;
    let end = begin.tomorrow()?;
    let (from, to) = (
        format!("ge{}", begin.timestamp()),
        format!("lt{}", end.timestamp()),
    );
    let today = [
        ("date", from.as_str()),
        ("date", to.as_str()),
        ("status:not", "cancelled"),
        ("_sort", "date"),
    ];
    let mut order: Vec<String> = Vec::new();
    let mut why: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |patient: String, reason: String| {
        if !why.contains_key(&patient) {
            order.push(patient.clone());
        }
        why.entry(patient).or_default().push(reason);
    };
    for one in search(store, caller, "Appointment", &today).await? {
        let at = one
            .str_at("start")
            .and_then(|t| t.parse::<Timestamp>().ok());
        let at = at.map_or_else(String::new, |t| {
            t.to_zoned(now.time_zone().clone())
                .strftime("%H:%M")
                .to_string()
        });
        let what = one.str_at("description").unwrap_or("Appointment");
        for actor in one
            .items_at("participant")
            .iter()
            .filter_map(|p| p.get("actor"))
        {
            if let Some(id) = patient_of(actor) {
                add(id, format!("{at} {what}").trim().to_owned());
            }
        }
    }
    let here = [("status", "arrived,triaged,in-progress,onleave")];
    for one in search(store, caller, "Encounter", &here).await? {
        if let Some(id) = one.get("subject").and_then(patient_of) {
            add(id, "is here".to_owned());
        }
    }
    Ok(order
        .into_iter()
        .map(|patient| {
            let reasons = why.remove(&patient).unwrap_or_default();
            (patient, reasons)
        })
        .collect())
}

async fn search(
    store: &Store,
    caller: &Caller,
    kind: &'static str,
    conditions: &[(&str, &str)],
) -> Result<Vec<Value>> {
    let options = Options {
        now: store.now().millis(),
        ..Options::default()
    };
    let pairs: Vec<(String, String)> = (conditions.iter())
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .chain([("_count".to_owned(), MOST.to_string())])
        .collect();
    let query =
        parse_pairs(Some(kind), &pairs, &options).map_err(|e| anyhow::anyhow!("{kind}: {e}"))?;
    let page = store
        .read(caller, Purpose::Operations)
        .search(query)
        .await?;
    if page.next.is_some() {
        bail!("more than {MOST} of {kind} today: a pack is for one clinic's day");
    }
    let read = page.matches.iter().map(|one| fhir_json::read(&one.body));
    read.collect::<Result<_, _>>()
        .map_err(|e| anyhow::anyhow!("{kind}: {e}"))
}

fn patient_of(reference: &Value) -> Option<String> {
    let (kind, id) = reference.str_at("reference")?.split_once('/')?;
    (kind == "Patient").then(|| id.to_owned())
}

/// The file: what is sealed, and what opens it.
fn page(clinic: &str, now: &Zoned, words: &str, body: &str) -> Result<String> {
    let salt: [u8; 16] = random()?;
    let key = stretched(words, &salt);
    let sealed = STANDARD.encode(seal(&key, SEALED_FOR, body.as_bytes())?);
    let sum = |text: &str| format!("'sha256-{}'", STANDARD.encode(sha256(text.as_bytes())));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        sum(SCRIPT),
        sum(STYLE)
    );
    let title = format!("{clinic}: patients of {}", now.strftime("%-d %b %Y"));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    p.lead { "For the hours in which the record cannot be reached. The file is sealed; the secret is on paper." }
                    form autocomplete="off" {
                        label for="words" { "Secret" }
                        input id="words" name="words" required spellcheck="false" autocapitalize="characters";
                        button { "Open" }
                        output for="words" role="status" {}
                    }
                    noscript { p { "This file needs a browser with script: the seal is opened in it." } }
                }
                pre id="pack" hidden data-salt=(STANDARD.encode(salt)) data-rounds=(STRETCH_ROUNDS) data-place=(SEALED_FOR) { (sealed) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

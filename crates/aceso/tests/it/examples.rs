//! The specification's 12,071 examples, stored through the API and read back, as JSON and as XML.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aceso_fhir::{json, xml};
use aceso_policy::{Caller, Purpose};
use aceso_testkit::shared;
use http::Method;
use serde_json::Value;

use crate::server::{References, Server};

pub(crate) const EXAMPLES: &str = "fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz";

const WORKERS: usize = 8;

const NO_TEXT: &str = "the narrative has no text (txt-2)";
const NO_BASE: &str = "SearchParameter.base is required (1..*)";
const NO_PARENT: &str = "not abstract, but without baseDefinition (sdf-4)";
const TARGET: &str = "a reference to a type that the definition does not allow";
const LONG_ID: &str = "an id of more than 64 characters";

/// Withheld from API clients by the example Consent "consent-example-notThis", which names it: gone or there, by which of
/// the two came first.
pub(crate) const WITHHELD: (&str, &str) = ("Task", "example3");

/// Examples that break a rule of the specification itself, so that a validating server refuses them, with the rule.
/// They too are kept and read back, put into the store below the API. This list may only shrink: an example here that
/// the API takes fails the test.
const REFUSED: &[(&str, &str)] = &[
    ("ActivityDefinition-blood-tubes-supply.json", NO_TEXT),
    ("ActivityDefinition-heart-valve-replacement.json", NO_TEXT),
    ("DeviceMetric-example.json", TARGET),
    ("DeviceUseStatement-example.json", TARGET),
    ("EventDefinition-example.json", NO_TEXT),
    ("ImplementationGuide-fhir.json", LONG_ID),
    ("MedicationRequest-medrx0301.json", TARGET),
    ("Observation-clinical-gender.json", TARGET),
    (
        "Questionnaire-qs1.json",
        "Questionnaire.item.linkId is required",
    ),
    ("Questionnaire-zika-virus-exposure-assessment.json", NO_TEXT),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-author.json",
        NO_BASE,
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-effective.json",
        NO_BASE,
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-end.json",
        NO_BASE,
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-keyword.json",
        NO_BASE,
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-workflow.json",
        NO_BASE,
    ),
    (
        "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json",
        LONG_ID,
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-author.json",
        NO_BASE,
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-effective.json",
        NO_BASE,
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-end.json",
        NO_BASE,
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-keyword.json",
        NO_BASE,
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-workflow.json",
        NO_BASE,
    ),
    ("StructureDefinition-Definition.json", NO_PARENT),
    ("StructureDefinition-Event.json", NO_PARENT),
    ("StructureDefinition-FiveWs.json", NO_PARENT),
    ("StructureDefinition-Request.json", NO_PARENT),
    ("ig-r4.json", LONG_ID),
];

/// What became of an example.
enum Kept {
    /// The API took it, and it was read back equal.
    Whole,
    /// The API refused it, with this answer; below the API it was stored and read back equal.
    Below(String),
}

/// What the server itself sets does not count.
pub(crate) fn without_marks(mut resource: Value) -> Value {
    if let Some(object) = resource.as_object_mut() {
        object.shift_remove("id");
        if let Some(meta) = object.get_mut("meta").and_then(Value::as_object_mut) {
            meta.shift_remove("versionId");
            meta.shift_remove("lastUpdated");
            if meta.is_empty() {
                object.shift_remove("meta");
            }
        }
    }
    resource
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// So many of the examples are AuditEvents.
const AUDIT_EVENTS: usize = 9;

/// Stores one and reads it back twice.
async fn keep(server: &Server, bytes: &[u8]) -> Result<Kept, String> {
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let sent: Value = serde_json::from_slice(plain).map_err(|e| e.to_string())?;
    let kind = sent["resourceType"].as_str().ok_or("not a resource")?;
    let ask = match sent["id"].as_str().filter(|id| is_id(id)) {
        Some(id) => server.ask(Method::PUT, &format!("/{kind}/{id}")),
        None => server.ask(Method::POST, &format!("/{kind}")),
    };
    let ask = ask.body("application/fhir+json", bytes.to_vec());
    let answer = ask.header("prefer", "return=minimal").send().await;
    let (place, kept) = match answer.status.as_u16() {
        200 | 201 => (answer.header("location").to_owned(), Kept::Whole),
        400 | 422 => (below(server, bytes).await?, Kept::Below(answer.text())),
        other => return Err(format!("{other} {}", answer.text())),
    };
    let (_, place) = place.split_once("/fhir").ok_or("no Location")?;
    let expected = without_marks(sent);

    let got = server.get(place).await;
    if got.status != 200 || without_marks(got.json()) != expected {
        return Err(format!("read as JSON: {} {}", got.status, got.text()));
    }
    let got = server
        .ask(Method::GET, place)
        .header("accept", "application/fhir+xml")
        .send()
        .await;
    let value = xml::read(&got.body).map_err(|e| format!("read as XML: {e}"))?;
    let value = serde_json::from_str(&json::to_string(&value)).map_err(|e| e.to_string())?;
    if got.status != 200 || without_marks(value) != expected {
        return Err(format!("read as XML: {} {}", got.status, got.text()));
    }
    Ok(kept)
}

/// Puts a resource into the store without asking whether it is valid; gives its address.
async fn below(server: &Server, bytes: &[u8]) -> Result<String, String> {
    let document = json::read(bytes).map_err(|e| e.to_string())?;
    let kind = document.resource_type().unwrap_or_default().to_owned();
    let id = server.store.new_id();
    let mut tx = server.store.write(&Caller::operator(), Purpose::Operations);
    tx.create(&id, document).map_err(|e| e.to_string())?;
    tx.commit().await.map_err(|e| e.to_string())?;
    Ok(format!("/fhir/{kind}/{id}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_example_of_the_specification_is_stored_and_read_back_equal() {
    let Some(files) = shared::archive(EXAMPLES) else {
        return;
    };
    // The package's own lists are no examples.
    let own = |name: &str| {
        matches!(
            name.rsplit('/').next(),
            Some("package.json" | ".index.json")
        )
    };
    let mut files: Vec<_> = files
        .into_iter()
        .filter(|(name, _)| name.ends_with(".json") && !own(name))
        .collect();
    assert_eq!(files.len(), 12_071);
    // Nobody writes the audit log through the API.
    files.retain(|(name, _)| !matches!(name.rsplit('/').next(), Some(file) if file.starts_with("AuditEvent-")));
    let count = files.len();
    assert_eq!(count, 12_071 - AUDIT_EVENTS);
    let server = Arc::new(Server::with(References::Free).await);
    let (files, next) = (Arc::new(files), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (server, files, next) =
                (Arc::clone(&server), Arc::clone(&files), Arc::clone(&next));
            tokio::spawn(async move {
                let mut all = Vec::new();
                while let Some((name, bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = name.rsplit('/').next().unwrap_or(name).to_owned();
                    all.push((name, keep(&server, bytes).await));
                }
                all
            })
        })
        .collect();
    let (mut refused, mut wrong) = (BTreeMap::new(), Vec::new());
    for worker in workers {
        for (name, kept) in worker.await.unwrap() {
            match kept {
                Ok(Kept::Whole) => {}
                Ok(Kept::Below(why)) => {
                    refused.insert(name, why);
                }
                Err(_) if name == [WITHHELD.0, "-", WITHHELD.1, ".json"].concat() => {}
                Err(why) => wrong.push(format!("{name}: {why:.700}")),
            }
        }
    }
    eprintln!(
        "{count} examples stored and read back as JSON and XML but {}; {} went through the API, {} break a rule",
        wrong.len(),
        count - refused.len() - wrong.len(),
        refused.len()
    );
    for (name, why) in &refused {
        if REFUSED.iter().all(|(known, _)| known != name) {
            wrong.push(format!("{name}: refused: {why:.700}"));
        }
    }
    for (name, rule) in REFUSED {
        if !refused.contains_key(*name) {
            wrong.push(format!("{name} was taken ({rule}): take it off the list"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    server.verify();
}

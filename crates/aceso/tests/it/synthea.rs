//! Synthetic patients: whole histories in one transaction each, in every style of reference.

use std::collections::BTreeMap;
use std::time::Instant;

use aceso_testkit::shared;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::server::{Answer, References, Server};

const HUNDRED: &str = "synthea-100-patients.tar.xz";
const LONG: &str = "synthea-20-long-histories.tar.xz";
const MISC: &str = "synthea-misc-transactions.tar.xz";
/// The bundle with 3,353 entries.
const LARGE: &str = "Fredric_Feil_7aca64c1.json";

fn bundles(archive: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let mut files = shared::archive(archive)?;
    files.retain(|(name, _)| name.ends_with(".json"));
    files.sort();
    Some(files)
}

/// How many resources of each type a bundle brings.
fn kinds(bundle: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entry in bundle["entry"].as_array().unwrap() {
        let kind = entry["resource"]["resourceType"].as_str().unwrap();
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

async fn send(server: &Server, bundle: impl Into<Bytes>) -> Answer {
    let ask = server
        .ask(Method::POST, "")
        .header("prefer", "return=minimal");
    ask.body("application/fhir+json", bundle).send().await
}

/// What conditional references of a bundle lead to, made beforehand.
fn targets(value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                match member.as_str() {
                    Some(text) if name == "reference" && text.contains("?identifier=") => {
                        let (kind, rest) = text.split_once("?identifier=").unwrap();
                        let (system, number) = rest.split_once('|').unwrap();
                        let target = json!({"resourceType": kind,
                            "identifier": [{"system": system, "value": number}], "name": name_of(kind)});
                        found.insert(text.to_owned(), target);
                    }
                    _ => targets(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| targets(item, found)),
        _ => {}
    }
}

fn name_of(kind: &str) -> Value {
    match kind {
        "Practitioner" | "Patient" => json!([{"family": "Made"}]),
        _ => json!("Made"),
    }
}

/// Loads bundles; the counts of each type must be what was sent.
async fn load(server: &Server, files: &[(String, Vec<u8>)]) -> u64 {
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    let start = Instant::now();
    for (name, bytes) in files {
        let bundle: Value = serde_json::from_slice(bytes).unwrap();
        let mut made = BTreeMap::new();
        targets(&bundle, &mut made);
        for (reference, target) in made {
            let (kind, criteria) = reference.split_once('?').unwrap();
            let ask = server.ask(Method::POST, &format!("/{kind}"));
            let answer = ask
                .header("if-none-exist", criteria)
                .json(&target)
                .send()
                .await;
            assert!(
                answer.status.is_success(),
                "{name} {reference}: {}",
                answer.text()
            );
            if answer.status == 201 {
                *expected.entry(kind.to_owned()).or_default() += 1;
            }
        }
        for (kind, count) in kinds(&bundle) {
            *expected.entry(kind).or_default() += count;
        }
        let answer = send(server, bytes.clone()).await.expect(200, name);
        let answer = answer.json();
        let entries = answer["entry"].as_array().unwrap();
        assert_eq!(
            entries.len(),
            bundle["entry"].as_array().unwrap().len(),
            "{name}"
        );
        let created = |e: &&Value| e["response"]["status"].as_str().unwrap().starts_with("201");
        assert_eq!(
            entries.iter().filter(created).count(),
            entries.len(),
            "{name}"
        );
    }
    let total: u64 = expected.values().sum();
    eprintln!(
        "{} bundles, {total} resources in {:.1} s",
        files.len(),
        start.elapsed().as_secs_f32()
    );
    for (kind, count) in &expected {
        assert_eq!(server.count(kind).await, *count, "{kind}");
    }
    assert_eq!(server.verify().resources, total);
    total
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hundred_patients_load_whole() {
    let Some(files) = bundles(HUNDRED) else {
        return;
    };
    assert_eq!(files.len(), 100);
    let server = Server::new().await;
    load(&server, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_long_histories_load_in_one_piece_each() {
    let Some(files) = bundles(LONG) else { return };
    assert_eq!(files.len(), 20);
    let server = Server::new().await;
    load(&server, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_with_conditional_references_load_whole() {
    let Some(files) = bundles(MISC) else { return };
    assert_eq!(files.len(), 5);
    let server = Server::new().await;
    load(&server, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asvs_2_3_3_of_3353_entries_one_bad_one_leaves_nothing_and_without_it_all_are_stored() {
    let Some(files) = bundles(LONG) else { return };
    let (name, bytes) = files
        .iter()
        .find(|(name, _)| name.ends_with(LARGE))
        .unwrap();
    let mut bundle: Value = serde_json::from_slice(bytes).unwrap();
    let count = bundle["entry"].as_array().unwrap().len();
    assert_eq!(count, 3353);
    let server = Server::with(References::Enforced).await;
    for (place, at, value, status) in [
        ("entry[3352].resource", 3352, json!({"nonsense": true}), 400),
        ("entry[1700].resource", 1700, json!({"language": 7}), 400),
        (
            "entry[0].resource",
            0,
            json!({"managingOrganization": {"reference": "Organization/nobody"}}),
            422,
        ),
    ] {
        let before = bundle["entry"][at]["resource"].clone();
        for (name, member) in value.as_object().unwrap() {
            bundle["entry"][at]["resource"][name] = member.clone();
        }
        let answer = send(&server, serde_json::to_vec(&bundle).unwrap()).await;
        let outcome = answer.expect(status, place).json();
        let expression = outcome["issue"][0]["expression"][0].as_str().unwrap();
        assert!(
            expression.starts_with(&format!("Bundle.{place}")),
            "{expression}"
        );
        let report = server.verify();
        assert_eq!(
            (report.resources, report.versions, report.index_rows),
            (0, 0, 0)
        );
        bundle["entry"][at]["resource"] = before;
    }
    load(&server, &[(name.clone(), bytes.clone())]).await;
}

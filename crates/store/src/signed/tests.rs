//! A signed note is as it was signed, or is found.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock};
use aceso_fhir::{Value, json};
use aceso_policy::{
    ApiClient, Caller, FhirUser, Origin, Person, Purpose, Role, Scopes, Session, Strength,
};
use aceso_vault::RootKey;

use super::*;
use crate::{Settings, Store, WriteError};

const YEAR: i64 = 366 * 86_400_000;

struct Bench {
    dir: std::path::PathBuf,
    clock: Arc<ManualClock>,
    store: Store,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn person(account: &str, user: &str) -> Person {
    Person {
        account: account.to_owned(),
        name: account.to_owned(),
        roles: vec![Role::CLINICIAN],
        user: FhirUser::parse(user),
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Treatment),
    }
}

fn doc() -> Caller {
    Caller::person(
        Arc::new(person("a1", "Practitioner/doc")),
        Origin::default(),
    )
}

fn value(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

fn note(text: &str) -> Value {
    value(&format!(
        r#"{{"resourceType":"Composition","status":"final","type":{{"text":"Note"}},"title":"Cough","date":"2026-03-04T12:00:00Z",
        "subject":{{"reference":"Patient/p1"}},"author":[{{"reference":"Practitioner/doc"}}],
        "section":[{{"title":"Plan","text":{{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{text}</div>"}}}}]}}"#
    ))
}

impl Bench {
    async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-signed-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        let settings = Settings {
            cache_mib: 16,
            ..Settings::new(dir.join("data"))
        };
        let store = Store::open(settings, &root, clock.clone()).unwrap();
        let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
        for (id, text) in [
            ("doc", r#"{"resourceType":"Practitioner"}"#),
            (
                "p1",
                r#"{"resourceType":"Patient","generalPractitioner":[{"reference":"Practitioner/doc"}]}"#,
            ),
        ] {
            tx.update(id, value(text), None).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self { dir, clock, store }
    }

    async fn sign(&self, caller: &Caller, id: &str, document: Value) -> Result<(), WriteError> {
        let mut tx = self.store.write(caller, Purpose::Treatment);
        tx.sign(id, document, None).await?;
        tx.commit().await
    }

    async fn stored(&self, id: &str) -> Value {
        let reading = self.store.read(&Caller::operator(), Purpose::Treatment);
        let stored = reading.fetch("Composition", id).await.unwrap();
        json::read(&stored.body).unwrap()
    }

    async fn stands(&self, document: &Value) -> NoteSignature {
        self.store.note_signature(document).await.unwrap()
    }
}

fn with(document: &Value, path: &[&str], new: &str) -> Value {
    fn set(at: &mut Value, path: &[&str], new: &str) {
        match (path, at) {
            ([name], Value::Object(object)) => object.set(name, new),
            ([name, rest @ ..], Value::Object(object)) => {
                set(object.get_mut(name).unwrap(), rest, new)
            }
            (path, Value::Array(items)) => set(&mut items[0], path, new),
            _ => panic!("{path:?}"),
        }
    }
    let mut document = document.clone();
    set(&mut document, path, new);
    document
}

#[tokio::test]
async fn emr_1_10_a_signed_note_is_valid_and_any_other_letter_of_it_is_found() {
    let bench = Bench::new().await;
    bench.sign(&doc(), "n1", note("Rest")).await.unwrap();
    let stored = bench.stored("n1").await;
    let NoteSignature::Valid { who, key, .. } = bench.stands(&stored).await else {
        panic!("{stored:?}");
    };
    assert_eq!((who.as_str(), key.len()), ("Practitioner/doc", 43));
    // What the store writes anew into each version, and the order of members, say nothing.
    let moved = with(&stored, &["meta", "lastUpdated"], "2030-01-01T00:00:00Z");
    assert!(matches!(
        bench.stands(&moved).await,
        NoteSignature::Valid { .. }
    ));
    for path in [
        &["title"][..],
        &["id"],
        &["date"],
        &["status"],
        &["subject", "reference"],
        &["section", "text", "div"],
        &["author", "reference"],
        &["attester", "party", "reference"],
        &["attester", "time"],
        &["attester", "extension", "valueSignature", "when"],
        &[
            "attester",
            "extension",
            "valueSignature",
            "who",
            "reference",
        ],
        &["attester", "extension", "valueSignature", "data"],
        &["attester", "extension", "url"],
        &["confidentiality"],
    ] {
        let other = with(&stored, path, "2026-03-04T12:00:00.001Z");
        let found = bench.stands(&other).await;
        assert!(
            matches!(found, NoteSignature::Broken(_)),
            "{path:?} {found:?}"
        );
    }
    let mut tx = bench.store.write(&doc(), Purpose::Treatment);
    let again = tx.update("n1", note("Rest"), None).await;
    assert!(matches!(again, Err(WriteError::Forbidden)));
}

#[tokio::test]
async fn emr_1_10_what_is_changed_in_a_signed_note_behind_the_program_is_named_by_the_check() {
    let bench = Bench::new().await;
    bench.sign(&doc(), "n1", note("Rest")).await.unwrap();
    bench.sign(&doc(), "n2", note("Work")).await.unwrap();
    let report = bench.store.verify(&mut |_| ()).unwrap();
    assert_eq!((report.signed, report.findings), (2, Vec::new()));
    let reading = bench.store.read(&Caller::operator(), Purpose::Treatment);
    let stored = reading.fetch("Composition", "n2").await.unwrap();
    let mut tx = bench.store.write(&Caller::operator(), Purpose::Treatment);
    let other = with(&json::read(&stored.body).unwrap(), &["title"], "Cold");
    // As somebody with the keys of the record would.
    tx.note_signing("n2");
    tx.restate(&stored, other).unwrap();
    tx.commit().await.unwrap();
    let report = bench.store.verify(&mut |_| ()).unwrap();
    let found: Vec<_> = report.findings.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(found, ["a signed note: it is not what its author signed"]);
}

#[tokio::test]
async fn emr_1_10_nobody_signs_for_another_and_no_tag_makes_a_signed_note() {
    let bench = Bench::new().await;
    let nora = person("a2", "Practitioner/nora");
    let client = ApiClient {
        id: "app".into(),
        scopes: Scopes::parse("user/*.cruds").unwrap(),
        patient: None,
        person: Some(Arc::new(person("a1", "Practitioner/doc"))),
    };
    for caller in [
        Caller::person(Arc::new(nora), Origin::default()),
        Caller::client(Arc::new(client), Origin::default()),
        Caller::operator(),
    ] {
        let refused = bench.sign(&caller, "n1", note("Rest")).await;
        assert!(matches!(refused, Err(WriteError::Forbidden)), "{caller:?}");
    }
    bench.sign(&doc(), "n1", note("Rest")).await.unwrap();
    let copied = bench.stored("n1").await;
    for caller in [doc(), Caller::operator()] {
        let mut tx = bench.store.write(&caller, Purpose::Treatment);
        let refused = tx.create("n3", copied.clone());
        assert!(
            matches!(refused, Err(WriteError::BadQuery(_))),
            "{caller:?}"
        );
    }
}

#[tokio::test]
async fn emr_1_10_old_notes_stay_valid_after_the_key_changed() {
    let bench = Bench::new().await;
    bench.sign(&doc(), "n1", note("Rest")).await.unwrap();
    bench.clock.advance_millis(YEAR);
    bench.sign(&doc(), "n2", note("Work")).await.unwrap();
    let mut keys = Vec::new();
    for id in ["n1", "n2"] {
        match bench.stands(&bench.stored(id).await).await {
            NoteSignature::Valid { key, .. } => keys.push(key),
            other => panic!("{id}: {other:?}"),
        }
    }
    assert_ne!(keys[0], keys[1]);
    let report = bench.store.verify(&mut |_| ()).unwrap();
    assert_eq!((report.signed, report.findings), (2, Vec::new()));
}

//! The engine through its public door: what is acknowledged is there, what is refused leaves nothing.
#![cfg(test)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aceso_base::SystemClock;
use aceso_fhir::{Value, json};
use aceso_policy::{ApiClient, Caller, Origin, Purpose, Scopes};
use aceso_store::{Change, HistoryQuery, ReadError, Settings, Store, WriteError};
use aceso_vault::RootKey;

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("aceso-store-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(dir: &Path) -> Store {
    let key = dir.join("key");
    let root = if key.exists() {
        RootKey::from_file(&key)
    } else {
        RootKey::create_file(&key)
    };
    Store::open(
        Settings::new(dir.join("data")),
        &root.unwrap(),
        Arc::new(SystemClock),
    )
    .unwrap()
}

fn patient(family: &str) -> Value {
    json::read(
        format!(r#"{{"resourceType":"Patient","name":[{{"family":"{family}"}}]}}"#).as_bytes(),
    )
    .unwrap()
}

fn observation(subject: &str) -> Value {
    let text = format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}}]}},"subject":{{"reference":"{subject}"}},"effectiveDateTime":"2026-03-04T05:06:07Z","valueQuantity":{{"value":72.50,"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min"}}}}"#
    );
    json::read(text.as_bytes()).unwrap()
}

async fn create(store: &Store, document: Value) -> Result<String, WriteError> {
    let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
    let id = store.new_id();
    tx.create(&id, document)?;
    tx.commit().await?;
    Ok(id)
}

#[tokio::test]
async fn every_version_is_kept_and_survives_reopening() {
    let dir = Dir::new("versions");
    let caller = Caller::operator();
    let id = {
        let store = open(&dir.0);
        let id = create(&store, patient("Aa")).await.unwrap();
        let mut tx = store.write(&caller, Purpose::Treatment);
        tx.update(&id, patient("Bb"), Some(1)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.write(&caller, Purpose::Treatment);
        tx.delete("Patient", &id, None).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    let store = open(&dir.0);
    let reading = store.read(&caller, Purpose::Treatment);
    assert!(matches!(
        reading.fetch("Patient", &id).await,
        Err(ReadError::Gone { version: 3 })
    ));
    let second = reading.fetch_version("Patient", &id, 2).await.unwrap();
    let body = String::from_utf8(second.body.to_vec()).unwrap();
    assert!(
        body.contains(r#""versionId":"2""#) && body.contains("Bb"),
        "{body}"
    );
    let query = HistoryQuery {
        kind: Some("Patient"),
        id: Some(id.clone()),
        count: 2,
        ..HistoryQuery::default()
    };
    let page = reading.history(query.clone()).await.unwrap();
    assert_eq!(
        page.versions.iter().map(|s| s.version).collect::<Vec<_>>(),
        [3, 2]
    );
    assert_eq!(page.total, Some(3));
    let page = reading
        .history(HistoryQuery {
            cursor: page.next,
            ..query
        })
        .await
        .unwrap();
    assert_eq!(
        page.versions
            .iter()
            .map(|s| (s.version, s.change))
            .collect::<Vec<_>>(),
        [(1, Change::Created)]
    );
    assert_eq!(page.next, None);
    let report = store.verify(&mut |_| ()).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.resources, report.versions), (1, 2));
    // Three writes, five reads.
    assert_eq!(report.audit_entries, 7);
}

#[tokio::test]
async fn a_dangling_reference_is_refused_and_a_referenced_resource_is_not_deleted() {
    let dir = Dir::new("references");
    let store = open(&dir.0);
    let refused = create(&store, observation("Patient/nobody")).await;
    assert!(matches!(refused, Err(WriteError::Dangling(texts)) if texts == ["Patient/nobody"]));
    let id = create(&store, patient("Cc")).await.unwrap();
    let seen = create(&store, observation(&format!("Patient/{id}")))
        .await
        .unwrap();
    let caller = Caller::operator();
    let mut tx = store.write(&caller, Purpose::Treatment);
    tx.delete("Patient", &id, None).await.unwrap();
    assert!(
        matches!(tx.commit().await, Err(WriteError::Referenced(by)) if by == [format!("Observation/{seen}")])
    );
    let mut tx = store.write(&caller, Purpose::Treatment);
    tx.delete("Patient", &id, None).await.unwrap();
    tx.delete("Observation", &seen, None).await.unwrap();
    tx.commit().await.unwrap();
    let report = store.verify(&mut |_| ()).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.index_rows, 0);
}

#[tokio::test]
async fn of_concurrent_updates_of_the_same_version_one_wins() {
    let dir = Dir::new("race");
    let store = open(&dir.0);
    let id = create(&store, patient("Dd")).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
                tx.update(&id, patient(&format!("E{n}")), Some(1)).await?;
                tx.commit().await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(store.verify(&mut |_| ()).unwrap().findings, []);
}

#[tokio::test]
async fn nothing_at_rest_can_be_read_without_the_key() {
    let dir = Dir::new("rest");
    let store = open(&dir.0);
    create(&store, patient("Verysecretname")).await.unwrap();
    for file in std::fs::read_dir(dir.0.join("data")).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        let found = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        assert!(
            !found(b"Verysecretname") && !found(b"SQLite format 3"),
            "{}",
            path.display()
        );
    }
    let other = RootKey::create_file(&dir.0.join("other")).unwrap();
    assert!(
        Store::open(
            Settings::new(dir.0.join("data")),
            &other,
            Arc::new(SystemClock)
        )
        .is_err()
    );
}

#[tokio::test]
async fn asvs_16_3_3_a_refused_write_leaves_its_audit_entry_and_nothing_else() {
    let dir = Dir::new("refused");
    let store = open(&dir.0);
    let client = ApiClient {
        id: "reader".into(),
        scopes: Scopes::parse("system/*.rs").unwrap(),
        patient: None,
        person: None,
    };
    let caller = Caller::client(Arc::new(client), Origin::default());
    let mut tx = store.write(&caller, Purpose::Treatment);
    let refused = tx.create(&store.new_id(), patient("Ff"));
    assert!(matches!(refused, Err(WriteError::Forbidden)));
    let report = store.verify(&mut |_| ()).unwrap();
    assert_eq!((report.resources, report.audit_entries), (0, 1));
}

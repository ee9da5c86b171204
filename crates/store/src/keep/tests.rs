//! What can only be done to a record with its page key: bodies changed and moved below, and a record of an older release.

use std::fs;

use aceso_fhir::json;
use aceso_policy::{Caller, Purpose};
use aceso_vault::Keyring;
use rusqlite::Connection;

use super::bench_test::Bench;
use crate::body::{pack, unpack};
use crate::engine::{RECORD, connect};
use crate::{ReadError, Store};

impl Bench {
    /// The record below the store, which is closed meanwhile.
    fn below(&self) -> Connection {
        let data = self.dir.join("data");
        let keyring = Keyring::open(&self.root, &fs::read(data.join("keyring")).unwrap());
        connect(&data, &RECORD, &keyring.unwrap(), 1024).unwrap()
    }
}

async fn put(store: &Store, id: &str, family: &str) {
    let text =
        format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]}}"#);
    let operator = Caller::operator();
    let mut tx = store.write(&operator, Purpose::Treatment);
    let document = json::read(text.as_bytes()).unwrap();
    tx.update(id, document, None).await.unwrap();
    tx.commit().await.unwrap();
}

async fn read(store: &Store, id: &str) -> Result<String, ReadError> {
    let operator = Caller::operator();
    let found = store.read(&operator, Purpose::Treatment);
    let found = found.fetch("Patient", id).await?;
    Ok(String::from_utf8(found.body.to_vec()).unwrap())
}

/// Both patients' bodies changed below by a statement: each is refused, and the check names it.
async fn check_noticed(name: &str, change: &str, wrong: &[&str]) {
    let bench = Bench::new(name);
    let store = bench.open("data");
    put(&store, "ana", "Aa").await;
    put(&store, "ben", "Bb").await;
    drop(store);
    bench.below().execute_batch(change).unwrap();
    let store = bench.open("data");
    for id in ["ana", "ben"] {
        let answer = read(&store, id).await;
        if wrong.contains(&id) {
            assert!(
                matches!(answer, Err(ReadError::Store(_))),
                "{id}: {answer:?}"
            );
        } else {
            assert!(answer.is_ok(), "{id}: {answer:?}");
        }
    }
    let report = store.verify(&mut |_| ()).unwrap();
    let told = report
        .findings
        .iter()
        .filter(|f| f.what.contains("seal is broken"));
    assert_eq!(told.count(), wrong.len(), "{:?}", report.findings);
}

#[tokio::test]
async fn h7_a_sealed_body_moved_to_another_row_does_not_open() {
    let swap = "update res set body = (select o.body from res o where o.key <> res.key and o.kind = res.kind)
         where id = 'ana'";
    check_noticed("moved", swap, &["ana"]).await;
}

#[tokio::test]
async fn h7_a_byte_changed_in_a_sealed_body_is_noticed() {
    let flip = "update res set body = cast(substr(body, 1, length(body) - 1) as blob)
         || case when substr(body, length(body), 1) = x'00' then x'01' else x'00' end
         where id = 'ben';
         update res set body = cast(body as blob)";
    check_noticed("flipped", flip, &["ben"]).await;
}

/// Makes a record what an older release left: bodies are packed and not sealed.
fn unseal(bench: &Bench, store: &Store) {
    let below = bench.below();
    for (select, update) in [
        (
            "select key, version, body from res",
            "update res set body = ?1 where key = ?2 and version = ?3",
        ),
        (
            "select key, version, body from hist",
            "update hist set body = ?1 where key = ?2 and version = ?3",
        ),
    ] {
        let mut statement = below.prepare(select).unwrap();
        let rows: Vec<(i64, i64, Vec<u8>)> = statement
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (key, version, stored) in rows {
            let packed = store.0.keys.bodies().open((key, version), &stored).unwrap();
            let packed = pack(&unpack(&packed).unwrap()).unwrap();
            below.execute(update, (packed, key, version)).unwrap();
        }
    }
    below
        .execute("delete from filled where name = 'sealed-1'", [])
        .unwrap();
}

fn sealed(bench: &Bench) -> (i64, i64) {
    let count = "select count(*) from (select body from res union all select body from hist)
        where substr(body, 1, 1) = x'02'";
    let all = "select count(*) from (select body from res union all select body from hist)";
    let below = bench.below();
    let one = |text| below.query_row(text, [], |r| r.get(0)).unwrap();
    (one(count), one(all))
}

#[tokio::test]
async fn a_record_of_an_older_release_is_read_and_taken_over() {
    let bench = Bench::new("older");
    let store = bench.open("data");
    for (id, family) in [("ana", "Aa"), ("ana", "Ab"), ("ben", "Bb"), ("cleo", "Cc")] {
        put(&store, id, family).await;
    }
    unseal(&bench, &store);
    drop(store);
    assert_eq!(sealed(&bench), (0, 4));
    let store = bench.open("data");
    assert!(read(&store, "ana").await.unwrap().contains("Ab"));
    let operator = Caller::operator();
    assert!(!store.key_status(&operator).await.unwrap().settled);
    // What is written is sealed.
    put(&store, "ben", "Bc").await;
    assert_eq!(sealed(&bench), (1, 5));
    // Erasure reaches what is not sealed too.
    let decided = store
        .decide_erasure(&operator, "ana", "she asked")
        .await
        .unwrap();
    let done = store.carry_out_erasure(&operator, &decided).await.unwrap();
    assert_eq!((done.resources, done.versions), (1, 1));
    assert!(matches!(read(&store, "ana").await, Err(ReadError::Unknown)));
    // The present version is not on everything yet: it is brought there, and no new one begins.
    assert_eq!(store.rotate_data_keys(&operator).await.unwrap(), 1);
    let mut at = store.resealing();
    while !at.is_done() {
        at = store.reseal(at).await.unwrap();
    }
    assert_eq!(at.sealed, 2);
    assert_eq!(sealed(&bench), (3, 3));
    assert!(read(&store, "ben").await.unwrap().contains("Bc"));
    assert_eq!(store.verify(&mut |_| ()).unwrap().findings, []);
    assert_eq!(store.rotate_data_keys(&operator).await.unwrap(), 2);
}

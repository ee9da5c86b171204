//! Every statement is prepared on both engines.

use tokio_postgres::NoTls;

use crate::engine::{AUDIT, RECORD, migrate, postgres_schema};
use crate::statements::ALL;

#[test]
fn parameters_first_appear_in_the_order_of_their_numbers() {
    for (file, sql) in ALL {
        let mut next = 1;
        for (at, _) in sql.match_indices('$') {
            let digits: String = sql[at + 1..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            let number: u32 = digits.parse().unwrap();
            assert!(number <= next, "{file}: ${number} before ${next}");
            next = next.max(number + 1);
        }
    }
}

#[test]
fn every_statement_prepares_on_the_embedded_engine() {
    let mut record = rusqlite::Connection::open_in_memory().unwrap();
    migrate(&mut record, &RECORD).unwrap();
    let mut audit = rusqlite::Connection::open_in_memory().unwrap();
    migrate(&mut audit, &AUDIT).unwrap();
    for (file, sql) in ALL {
        let of_log = [
            " audit\n",
            " taken\n",
            " audit_log",
            " audit_tile",
            " audit_head",
            " audit_patient",
            " audit_who",
            " audit_kind",
            " audit_span",
            " audit_indexed",
            " audit_send",
        ];
        let on = if of_log.iter().any(|table| sql.contains(table)) {
            &audit
        } else {
            &record
        };
        assert!(
            on.prepare(sql).is_ok(),
            "{file}: {:?}",
            on.prepare(sql).err()
        );
    }
}

#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "the runner says where its PostgreSQL is"
)]
async fn every_statement_prepares_on_postgresql() {
    let Ok(url) = std::env::var("ACESO_TEST_POSTGRES") else {
        println!(
            "skipped: ACESO_TEST_POSTGRES names no PostgreSQL server (cargo xtask test starts one)"
        );
        return;
    };
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let schema = format!("aceso_{}", std::process::id());
    let setup = format!(
        "create schema {schema}; set search_path to {schema}; {}",
        postgres_schema()
    );
    client.batch_execute(&setup).await.unwrap();
    for (file, sql) in ALL {
        let prepared = client.prepare(sql).await;
        assert!(prepared.is_ok(), "{file}: {:?}", prepared.err());
    }
    client
        .batch_execute(&format!("drop schema {schema} cascade"))
        .await
        .unwrap();
}

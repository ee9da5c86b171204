//! Every statement is prepared on both engines.

use tokio_postgres::NoTls;

use crate::engine::{AUDIT, RECORD, migrate, postgres_schema};
use crate::statements::ALL;

/// Whether the parameters of a text first appear in the order of their numbers; says which does not.
#[track_caller]
pub(crate) fn check_parameters(name: &str, sql: &str) {
    let mut next = 1;
    for (at, _) in sql.match_indices('$') {
        let digits: String = sql[at + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let number: u32 = digits.parse().unwrap();
        assert!(number <= next, "{name}: ${number} before ${next}: {sql}");
        next = next.max(number + 1);
    }
}

/// Prepares these texts (with their names) on the PostgreSQL server that the runner names, in a schema of their own with our
/// tables; gives what it says of each that it refuses. None: no server is named, which is told.
#[allow(
    clippy::disallowed_methods,
    reason = "the runner says where its PostgreSQL is"
)]
pub(crate) async fn refused_by_postgresql(
    schema: &str,
    texts: impl IntoIterator<Item = (&str, &str)>,
) -> Option<Vec<String>> {
    let Ok(url) = std::env::var("ACESO_TEST_POSTGRES") else {
        println!(
            "skipped: ACESO_TEST_POSTGRES names no PostgreSQL server (cargo xtask test starts one)"
        );
        return None;
    };
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let schema = format!("{schema}_{}", std::process::id());
    let setup = format!(
        "create schema {schema}; set search_path to {schema}; {}",
        postgres_schema()
    );
    client.batch_execute(&setup).await.unwrap();
    let mut refused = Vec::new();
    for (name, sql) in texts {
        if let Err(error) = client.prepare(sql).await {
            let says = error
                .as_db_error()
                .map_or_else(|| error.to_string(), |e| e.message().to_owned());
            refused.push(format!("{name}: {says}: {sql}"));
        }
    }
    client
        .batch_execute(&format!("drop schema {schema} cascade"))
        .await
        .unwrap();
    Some(refused)
}

#[test]
fn parameters_first_appear_in_the_order_of_their_numbers() {
    for (file, sql) in ALL {
        check_parameters(file, sql);
    }
}

#[test]
fn every_statement_prepares_on_the_embedded_engine() {
    let mut record = rusqlite::Connection::open_in_memory().unwrap();
    migrate(&mut record, &RECORD).unwrap();
    record.execute_batch(&crate::desk::desk_schema()).unwrap();
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
            " audit_signer",
            " audit_ahead",
            " audit_spool",
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
async fn every_statement_prepares_on_postgresql() {
    let texts = ALL.iter().copied();
    if let Some(refused) = refused_by_postgresql("aceso", texts).await {
        assert!(refused.is_empty(), "{}", refused.join("\n"));
    }
}

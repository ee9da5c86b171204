//! The statements that searches of every shape build are prepared on PostgreSQL too.

use std::collections::BTreeSet;

use aceso_fhir::search::{Options, parse};
use aceso_vault::KeyedHash;
use tokio_postgres::NoTls;

use super::*;
use crate::engine::{RECORD, migrate, postgres_schema};
use crate::translate::recorded;

#[path = "../../tests/search/shapes.rs"]
mod shapes;

const ORDERS: [&str; 5] = [
    "",
    "_sort=-_lastUpdated",
    "_sort=_id",
    "_sort=-date",
    "_sort=family",
];

/// Every statement that searches build, on an empty record.
fn statements() -> BTreeSet<String> {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    migrate(&mut connection, &RECORD).unwrap();
    let keys = Keys::new(KeyedHash::new([7; 16]));
    let run = Run {
        connection: &connection,
        keys: &keys,
    };
    recorded(|| {
        for (kind, text) in shapes::SHAPES.iter().chain(shapes::INCLUDES) {
            for order in ORDERS {
                let text = format!("{text}&{order}");
                if kind.is_empty() {
                    continue;
                }
                let Ok(query) = parse(Some(kind), &text, &Options::default()) else {
                    continue;
                };
                run.kind(query.kind.unwrap(), &query, None, 10, Some(Total::Accurate))
                    .unwrap_or_else(|e| panic!("{kind}?{text}: {e}"));
                along_every_index(&run, &query);
            }
        }
    })
}

/// Sorting along an index, which a record this small never needs.
fn along_every_index(run: &Run<'_>, query: &Query) {
    let selection = run.choose(query.kind.unwrap(), &query.clauses).unwrap();
    for (table, by) in [("istr", "v"), ("idat", "lo")] {
        for descending in [false, true] {
            let index = Along {
                table,
                by,
                branches: vec![1, 2],
                descending,
                sort: &query.sort,
            };
            for mark in [None, Some("st61.5"), Some("sd7.5")] {
                run.along_index(&selection, &index, mark, 3).unwrap();
            }
        }
    }
}

#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "the test runner says where PostgreSQL is"
)]
async fn every_shape_of_search_prepares_on_postgresql() {
    let built = statements();
    assert!(built.len() > 300, "{}", built.len());
    for sql in &built {
        let mut next = 1;
        for (at, _) in sql.match_indices('$') {
            let digits: String = sql[at + 1..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            let number: u32 = digits.parse().unwrap();
            assert!(number <= next, "${number} before ${next}: {sql}");
            next = next.max(number + 1);
        }
    }
    let Ok(url) = std::env::var("ACESO_TEST_POSTGRES") else {
        println!(
            "skipped: ACESO_TEST_POSTGRES names no PostgreSQL server (cargo xtask test starts one)"
        );
        return;
    };
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let schema = format!("aceso_search_{}", std::process::id());
    let setup = format!(
        "create schema {schema}; set search_path to {schema}; {}",
        postgres_schema()
    );
    client.batch_execute(&setup).await.unwrap();
    let mut wrong = Vec::new();
    for sql in &built {
        if let Err(error) = client.prepare(sql).await {
            let says = error
                .as_db_error()
                .map_or_else(|| error.to_string(), |e| e.message().to_owned());
            wrong.push(format!("{says}: {sql}"));
        }
    }
    client
        .batch_execute(&format!("drop schema {schema} cascade"))
        .await
        .unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        built.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
}

//! The statements that searches of every shape build are prepared on PostgreSQL too.

use std::collections::BTreeSet;

use aceso_fhir::search::{Options, parse};
use aceso_vault::KeyedHash;

use super::*;
use crate::engine::{RECORD, migrate};
use crate::postgres_test::{check_parameters, refused_by_postgresql};
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
    let run = Run::new(&connection, &keys);
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
async fn every_shape_of_search_prepares_on_postgresql() {
    let built = statements();
    assert!(built.len() > 300, "{}", built.len());
    for sql in &built {
        check_parameters("a search", sql);
    }
    let texts = built.iter().map(|sql| ("a search", sql.as_str()));
    if let Some(refused) = refused_by_postgresql("aceso_search", texts).await {
        let (wrong, all) = (refused.len(), built.len());
        let some: Vec<_> = refused.into_iter().take(10).collect();
        assert!(some.is_empty(), "{wrong} of {all}:\n{}", some.join("\n"));
    }
}

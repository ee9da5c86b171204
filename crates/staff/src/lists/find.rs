//! Carrying a list's question out.

use aceso_fhir::Value;
use aceso_fhir::search::Query;
use aceso_policy::{Action, Purpose};
use aceso_store::ReadError;
use aceso_web::site::{Ask, PageFault};

use super::criteria::Criteria;
use crate::Staff;
use crate::chart::person::Identity;
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::record::Goes;
use crate::patient::save::{may, signer};
use crate::schedule::setting::is_patients;

/// Who was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) people: Vec<Identity>,
    /// How many there are in all.
    pub(crate) total: u64,
    /// The mark of the next page.
    pub(crate) next: Option<String>,
}

/// Whether the reader has lists: they are for those who see charts.
pub(crate) fn has_lists(staff: &Staff, ask: &Ask) -> Result<bool, PageFault> {
    let sees = |kind| may(staff, ask, Action::Search, kind);
    Ok(!is_patients(ask)? && sees("Condition")? && sees("Group")?)
}

/// An act on lists is not there for who has none.
pub(crate) fn must(staff: &Staff, ask: &Ask) -> Result<(), PageFault> {
    match has_lists(staff, ask)? {
        true => Ok(()),
        false => Err(PageFault::Missing),
    }
}

/// How many fit each of these, in order. Half of them is counted beside the other half.
pub(super) async fn totals(
    staff: &Staff,
    ask: &Ask,
    all: &[Criteria],
) -> Result<Vec<u64>, PageFault> {
    let me = signer(ask)?;
    let me = me.as_ref().and_then(|m| m.str_at("reference"));
    let now = staff.store().now();
    let counted = |criteria: &Criteria| criteria.query(me, now, &[("_count", "0")]);
    let queries: Result<Vec<Query>, String> = all.iter().map(counted).collect();
    let mut queries = queries.map_err(|why| unreadable(ReadError::BadQuery(why)))?;
    let rest = queries.split_off(queries.len() / 2);
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let (one, other) = tokio::join!(reading.search_many(queries), reading.search_many(rest));
    let (one, other) = (one.map_err(unreadable)?, other.map_err(unreadable)?);
    let pages = one.into_iter().chain(other);
    Ok(pages
        .map(|page| page.and_then(|p| p.total).unwrap_or_default())
        .collect())
}

/// A page of those who fit, by name, with the number of all; as it goes there.
pub(crate) async fn find(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
    criteria: &Criteria,
    (count, cursor): (&str, Option<&str>),
) -> Result<Found, PageFault> {
    let me = signer(ask)?;
    let me = me.as_ref().and_then(|m| m.str_at("reference"));
    let mut page = vec![
        ("_sort", "family"),
        ("_count", count),
        ("_total", "accurate"),
    ];
    page.extend(cursor.map(|mark| ("_cursor", mark)));
    let now = staff.store().now();
    let query = criteria.query(me, now, &page);
    let query = query.map_err(|why| unreadable(ReadError::BadQuery(why)))?;
    let reading = goes.reading(staff, ask)?;
    let found = reading.search(query).await.map_err(unreadable)?;
    let documents: Vec<Value> = found
        .matches
        .iter()
        .map(document)
        .collect::<Result<_, _>>()?;
    let people = documents
        .iter()
        .filter_map(|d| Some(Identity::of(d.id()?, d, now)));
    Ok(Found {
        people: people.collect(),
        total: found.total.unwrap_or_default(),
        next: found.next,
    })
}

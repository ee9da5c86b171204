//! What the nightly comparison found in a bill of materials, as corrective actions: one open action for each component, about those of
//! its vulnerabilities that nobody dealt with yet. When a night finds none of them any more, that is its evidence.

use std::collections::{BTreeMap, BTreeSet};

use aceso_desk::When;
use aceso_desk::case::PartyId;
use aceso_desk::duty::{CORRECTION_DAYS, Duty};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::origin::Origin;
use super::{NewDuty, add};
use crate::PeopleError;
use crate::desk::{CLERK, json};
use crate::statements as sql;

/// The most vulnerabilities that are named of a component.
const NAMED: usize = 20;

/// What was found of a component tonight.
#[derive(Default)]
struct Found {
    /// As people call it.
    said: String,
    vulnerabilities: BTreeSet<String>,
}

/// What stands in the list of a component already.
#[derive(Default)]
struct Known {
    /// Its action that is to be done: its id, its words, what it is about.
    open: Option<(String, String, BTreeSet<String>)>,
    /// What people said is dealt with.
    dealt: BTreeSet<String>,
    /// The words of such actions that are older than what they are about is kept.
    words: Vec<String>,
}

/// A bill of materials was compared: each component that something was found of is a corrective action of whoever gave the bill, and
/// what is not found any more is done. What somebody said is dealt with stays so, also when other findings of that component come or go.
pub(in crate::desk) fn found_in(
    tx: &Connection,
    at: When,
    bill: &str,
    found: &[Value],
    new_id: &str,
) -> Result<(), PeopleError> {
    let mut who = tx.prepare_cached(sql::DESK_SBOM_WHO)?;
    let who: Option<String> = who.query_row([bill], |row| row.get(0)).optional()?;
    let Some(who) = who else {
        return Ok(());
    };
    let owner = Some(PartyId(who)).filter(|who| who.0 != CLERK);
    let mut known = known_of(tx, bill)?;
    for (number, (component, found)) in by_component(found).into_iter().enumerate() {
        let known = known.remove(&component).unwrap_or_default();
        let left = known.left_of(bill, &found);
        match known.open {
            Some((id, ..)) if left.is_empty() => {
                is_done(tx, at, &id, "what is still found was dealt with before")?;
            }
            None if left.is_empty() => {}
            Some((id, said, about)) => {
                let what = words(bill, &found.said, &left);
                if said != what || about != left {
                    is_about(tx, &id, &what, &left)?;
                }
            }
            None => {
                let new = NewDuty {
                    kind: Duty::CorrectiveAction,
                    what: words(bill, &found.said, &left),
                    owner: owner.clone(),
                    due: at.plus_days(CORRECTION_DAYS.into()),
                    origin: Origin::Found {
                        bill: bill.to_owned(),
                        component,
                    },
                };
                let id = format!("{new_id}-{number}");
                add(tx, &id, &new)?;
                is_about(tx, &id, &new.what, &left)?;
            }
        }
    }
    let evidence = format!("not found any more on {}", at.date());
    for (id, ..) in known.into_values().filter_map(|known| known.open) {
        is_done(tx, at, &id, &evidence)?;
    }
    Ok(())
}

impl Known {
    /// What of tonight's findings nobody dealt with.
    fn left_of(&self, bill: &str, found: &Found) -> BTreeSet<String> {
        let all = words(bill, &found.said, &found.vulnerabilities);
        if self.words.contains(&all) {
            return BTreeSet::new();
        }
        let left = found.vulnerabilities.difference(&self.dealt);
        left.cloned().collect()
    }
}

fn is_done(tx: &Connection, at: When, id: &str, evidence: &str) -> Result<(), PeopleError> {
    let values = (at.millis(), CLERK, evidence, id);
    tx.prepare_cached(sql::DESK_DUTY_DONE)?.execute(values)?;
    Ok(())
}

fn is_about(
    tx: &Connection,
    id: &str,
    what: &str,
    about: &BTreeSet<String>,
) -> Result<(), PeopleError> {
    let covers = serde_json::to_string(about).map_err(json)?;
    tx.prepare_cached(sql::DESK_DUTY_WHAT)?
        .execute((what, covers, id))?;
    Ok(())
}

/// What stands in the list of each component of a bill.
fn known_of(tx: &Connection, bill: &str) -> Result<BTreeMap<String, Known>, PeopleError> {
    let mut statement = tx.prepare_cached(sql::DESK_DUTY_OF)?;
    let mut rows = statement.query([["bill/", bill].concat()])?;
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (covers, done): (String, Option<i64>) = (row.get(3)?, row.get(4)?);
        let about: BTreeSet<String> = serde_json::from_str(&covers).map_err(json)?;
        let by: String = row.get(5)?;
        let known = all.entry(row.get(1)?).or_default();
        match done {
            None => known.open = Some((row.get(0)?, row.get(2)?, about)),
            // What was not found for a night, and is again, is an action again.
            Some(_) if by == CLERK => {}
            Some(_) if about.is_empty() => known.words.push(row.get(2)?),
            Some(_) => known.dealt.extend(about),
        }
    }
    Ok(all)
}

/// What was found, by the component as the bill calls it.
fn by_component(found: &[Value]) -> BTreeMap<String, Found> {
    let text = |of: &Value, name: &str| {
        let text = of.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut by: BTreeMap<String, Found> = BTreeMap::new();
    for one in found {
        let entry = by.entry(text(one, "component")).or_default();
        entry.said = text(one, "said");
        entry.vulnerabilities.insert(text(one, "vulnerability"));
    }
    by
}

/// What is to be done about a component, in words.
fn words(bill: &str, said: &str, of: &BTreeSet<String>) -> String {
    let named: Vec<&str> = of.iter().take(NAMED).map(String::as_str).collect();
    let more = match of.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{bill}: mend {said} ({}{more})", named.join(", "))
}

//! What duties come of: a case that skipped something in an emergency, a scan, and what the nightly comparison found in a bill of
//! materials. One component of one bill is one action; when a night finds nothing wrong with it any more, that is its evidence.

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::case::PartyId;
use aceso_desk::duty::{CATCH_UP_DAYS, CORRECTION_DAYS, Duty};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::{NewDuty, add};
use crate::desk::CLERK;
use crate::desk::act::Open;
use crate::statements as sql;
use crate::{PeopleError, StoreError};

/// What a duty comes of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands by itself.
    Itself,
    /// A scan of the programme: the id of its duty.
    Scan(String),
    /// A case, by its number.
    Case(String),
    /// The nightly comparison.
    Found {
        /// The bill of materials.
        bill: String,
        /// The component, as the bill calls it.
        component: String,
    },
}

impl Origin {
    /// As it is stored: what it comes of, and the component.
    pub(super) fn columns(&self) -> (String, &str) {
        match self {
            Self::Itself => (String::new(), ""),
            Self::Scan(duty) => (["duty/", duty].concat(), ""),
            Self::Case(case) => (["case/", case].concat(), ""),
            Self::Found { bill, component } => (["bill/", bill].concat(), component),
        }
    }

    /// Of what is stored.
    pub(super) fn of(text: &str, component: String) -> Result<Self, StoreError> {
        Ok(match text.split_once('/') {
            None if text.is_empty() => Self::Itself,
            Some(("duty", id)) => Self::Scan(id.to_owned()),
            Some(("case", id)) => Self::Case(id.to_owned()),
            Some(("bill", name)) => Self::Found {
                bill: name.to_owned(),
                component,
            },
            Some(_) | None => return Err(StoreError::text("a duty comes of something unknown")),
        })
    }
}

/// A case was published in an emergency: whoever did sees to it that it catches up.
pub(in crate::desk) fn owe(
    open: &Open<'_>,
    at: When,
    by: &PartyId,
    id: &str,
) -> Result<(), PeopleError> {
    let new = NewDuty {
        kind: Duty::EmergencyReview,
        what: format!("{}: {}", open.id, Duty::EmergencyReview.what()),
        owner: Some(by.clone()),
        due: at.plus_days(CATCH_UP_DAYS.into()),
        origin: Origin::Case(open.id.to_owned()),
    };
    add(open.tx, id, &new)
}

/// Ends that duty when its case owes nothing any more, or is over.
pub(in crate::desk) fn caught_up(
    open: &Open<'_>,
    at: When,
    by: &PartyId,
) -> Result<(), PeopleError> {
    let over = open.case.stage.is_over();
    if !open.case.was_emergency() || !over && !open.owed(at).is_empty() {
        return Ok(());
    }
    let evidence = match over {
        true => "the case is over",
        false => "the case owes nothing any more",
    };
    end_of(
        open.tx,
        &Origin::Case(open.id.to_owned()),
        (at, by),
        evidence,
    )
}

/// A bill of materials is looked after no more, and so is what was found in it.
pub(in crate::desk) fn bill_is_out(
    tx: &Connection,
    at: When,
    bill: &str,
) -> Result<(), PeopleError> {
    let origin = Origin::Found {
        bill: bill.to_owned(),
        component: String::new(),
    };
    // Nobody dealt with what was found: it is entered anew if the bill comes back.
    let by = PartyId(CLERK.to_owned());
    end_of(
        tx,
        &origin,
        (at, &by),
        "the bill of materials was taken out",
    )
}

/// Whatever is open of an origin is done.
fn end_of(
    tx: &Connection,
    origin: &Origin,
    (at, by): (When, &PartyId),
    evidence: &str,
) -> Result<(), PeopleError> {
    let (origin, _) = origin.columns();
    tx.prepare_cached(sql::DESK_DUTY_DONE_OF)?
        .execute((at.millis(), &by.0, evidence, origin))?;
    Ok(())
}

/// What stands in the list of a component already.
struct Known {
    id: String,
    what: String,
    /// Who said that it is done; nobody yet.
    done: Option<PartyId>,
}

/// A bill of materials was compared: each component that something was found of is a corrective action of whoever gave the bill, and
/// what is not found any more is done. What somebody said is dealt with stays so until something else is found of that component.
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
    let wanted = actions(bill, found);
    for (number, (component, what)) in wanted.iter().enumerate() {
        match known.remove(component) {
            Some(one) if one.done.is_none() && one.what == *what => {}
            Some(one) if one.done.is_none() => {
                tx.prepare_cached(sql::DESK_DUTY_WHAT)?
                    .execute((what, &one.id))?;
            }
            Some(one) if one.what == *what && one.done.as_ref().is_some_and(|by| by.0 != CLERK) => {
            }
            Some(_) | None => {
                let new = NewDuty {
                    kind: Duty::CorrectiveAction,
                    what: what.clone(),
                    owner: owner.clone(),
                    due: at.plus_days(CORRECTION_DAYS.into()),
                    origin: Origin::Found {
                        bill: bill.to_owned(),
                        component: component.clone(),
                    },
                };
                add(tx, &format!("{new_id}-{number}"), &new)?;
            }
        }
    }
    let evidence = format!("not found any more on {}", at.date());
    for one in known.into_values().filter(|one| one.done.is_none()) {
        let values = (at.millis(), CLERK, &evidence, &one.id);
        tx.prepare_cached(sql::DESK_DUTY_DONE)?.execute(values)?;
    }
    Ok(())
}

/// The newest row of each component of a bill; an open one before any that is done.
fn known_of(tx: &Connection, bill: &str) -> Result<BTreeMap<String, Known>, PeopleError> {
    let mut statement = tx.prepare_cached(sql::DESK_DUTY_OF)?;
    let rows = statement.query_map([["bill/", bill].concat()], |row| {
        let done: Option<i64> = row.get(3)?;
        let by = PartyId(row.get(4)?);
        let one = Known {
            id: row.get(0)?,
            what: row.get(2)?,
            done: done.map(|_| by),
        };
        Ok((row.get::<_, String>(1)?, one))
    })?;
    let mut all = BTreeMap::new();
    for row in rows {
        let (component, one) = row?;
        all.entry(component).or_insert(one);
    }
    Ok(all)
}

/// The most vulnerabilities that are named of a component.
const NAMED: usize = 20;

/// What is to be done about each component.
fn actions(bill: &str, found: &[Value]) -> BTreeMap<String, String> {
    let text = |of: &Value, name: &str| {
        let text = of.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut by: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for one in found {
        let entry = by.entry(text(one, "component")).or_default();
        entry.0 = text(one, "said");
        entry.1.push(text(one, "vulnerability"));
    }
    let said = |(component, (said, mut of)): (String, (String, Vec<String>))| {
        of.sort();
        of.dedup();
        let more = of.len().saturating_sub(NAMED);
        of.truncate(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let what = format!("{bill}: mend {said} ({}{more})", of.join(", "));
        (component, what)
    };
    by.into_iter().map(said).collect()
}

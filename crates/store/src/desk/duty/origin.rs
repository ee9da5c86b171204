//! What duties come of: a case that skipped something in an emergency, a scan, and what the nightly comparison found in a bill of
//! materials.

use aceso_desk::When;
use aceso_desk::case::PartyId;
use aceso_desk::duty::{CATCH_UP_DAYS, Duty};
use rusqlite::Connection;

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

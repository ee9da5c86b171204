//! What must be decided about a transaction with the access rows, before it is committed.

use aceso_fhir::search::Clause;
use aceso_policy::{Action, Group, Relation, Task, Verdict};
use rusqlite::Connection;

use super::guard::{self, Facts};
use super::known::{Known, is_theirs, version_satisfies};
use crate::reach::{Asking, Limit, limit};
use crate::search::reaches;
use crate::statements as sql;
use crate::{ReadError, StoreError, Stored};

/// A new version that must be within the caller's reach.
pub(crate) struct Check {
    pub(crate) act: &'static str,
    /// What it must satisfy.
    pub(crate) clause: Option<Clause>,
    pub(crate) stored: Stored,
    pub(crate) facts: Facts,
}

/// How it ended.
pub(crate) enum Checked {
    Fine,
    /// Something is beyond the caller's reach.
    Refused {
        act: &'static str,
        kind: &'static str,
        id: String,
    },
    /// References to what the caller may not know of: they answer as if there were no such thing.
    Dangling(Vec<String>),
}

/// Decides about every new version and every reference.
pub(crate) fn all_hold(
    connection: &Connection,
    asking: &Asking,
    checks: &[Check],
    targets: &[(i64, String)],
) -> Result<Checked, StoreError> {
    for check in checks {
        let within = match &check.clause {
            None => true,
            Some(clause) => version_satisfies(connection, &check.facts, &check.stored, clause)?,
        };
        if !within || takes_care(connection, asking, &check.facts)? {
            return Ok(Checked::Refused {
                act: check.act,
                kind: check.stored.kind,
                id: check.stored.id.clone(),
            });
        }
    }
    let mut unknown = Vec::new();
    for (key, text) in targets {
        if !may_name(connection, asking, checks, (*key, text))? {
            unknown.push(text.clone());
        }
    }
    Ok(if unknown.is_empty() {
        Checked::Fine
    } else {
        Checked::Dangling(unknown)
    })
}

/// Whether somebody takes a patient into their own care who may not: nobody opens a chart by writing that they
/// treat the patient.
fn takes_care(connection: &Connection, asking: &Asking, facts: &Facts) -> Result<bool, StoreError> {
    let Some(person) = asking.caller.as_person() else {
        return Ok(false);
    };
    let Some(own) = guard::treating(&asking.keys, person) else {
        return Ok(false);
    };
    for [actor, patient, _, _, until] in &facts.care {
        if *until <= asking.now.millis() || !is_theirs(connection, own, *actor)? {
            continue;
        }
        let of = Facts::about(*patient);
        let mut known = false;
        for relation in [Relation::Care, Relation::Emergency] {
            let clause = guard::relation(
                &asking.keys,
                person,
                relation,
                None,
                asking.now,
                &asking.late,
            );
            if let Some(Clause::Outside(outside)) = clause {
                known |= Known::facts(connection, &of).holds(&outside)?;
            }
        }
        let may = asking
            .policies
            .may(&asking.caller, Task::TakeCare, asking.now);
        if !known && may != Verdict::Allow {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the caller may refer to something: they may read it, it is of no patient, or it is about a patient whom
/// what they write is about too.
fn may_name(
    connection: &Connection,
    asking: &Asking,
    checks: &[Check],
    (key, text): (i64, &str),
) -> Result<bool, StoreError> {
    let kind = text.split_once('/').map_or("", |(kind, _)| kind);
    let Some(kind) = aceso_fhir::definitions::types()
        .resource(kind)
        .map(|t| t.name)
    else {
        return Ok(true);
    };
    if !Group::of(kind).is_some_and(Group::is_personal) {
        return Ok(true);
    }
    let mut about = connection.prepare_cached(sql::PART_THERE)?;
    for patient in checks.iter().flat_map(|c| &c.facts.patients) {
        if *patient != 0 && about.exists([key, *patient])? {
            return Ok(true);
        }
    }
    match limit(asking, Action::Read, kind) {
        Ok(Limit::None) => Ok(true),
        Ok(Limit::Consent(clause) | Limit::Clause(clause)) => {
            reaches(connection, &asking.keys, (kind, key), &clause)
        }
        Err(ReadError::Forbidden) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

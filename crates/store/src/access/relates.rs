//! How a person stands to one resource, and which labels it has: for the policy tester.

use aceso_base::Instant;
use aceso_policy::{Caller, Label, Labels, Person, Relation, Task};
use rusqlite::Connection;

use super::guard::{account_number, treating};
use super::part::UNKNOWN;
use crate::key::Keys;
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// What decides about one resource, besides the person and the purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relates {
    /// How the person stands to the patient whom it is about; of several relations the closest.
    pub relation: Relation,
    /// Its sensitivity labels.
    pub labels: Labels,
}

impl Store {
    /// How a person stands to a resource (its type and logical id), for those who may ask what others may do. Nothing of the
    /// resource itself is read.
    pub async fn relates(
        &self,
        caller: &Caller,
        person: &Person,
        kind: &str,
        id: &str,
    ) -> Result<Relates, PeopleError> {
        let act = Act {
            name: "policy test",
            on: vec![format!("{kind}/{id}")],
            detail: person.label().to_owned(),
        };
        let (keys, now, person) = (self.0.keys.clone(), self.now(), person.clone());
        let key = keys.of(kind, id);
        self.look(caller, Need::May(Task::TestPolicies), act, move |c| {
            let there = c.prepare_cached(sql::RES_BRIEF)?.exists([key])?;
            if !there {
                return Err(PeopleError::Unknown);
            }
            let patients = numbers(c, sql::PART_OF, key)?;
            Ok(Relates {
                relation: relation(c, &keys, &person, &patients, now)?,
                labels: labels(c, key)?,
            })
        })
        .await
    }
}

fn labels(c: &Connection, key: i64) -> Result<Labels, StoreError> {
    let found = numbers(c, sql::LABEL_OF, key)?;
    let all = Label::ALL.into_iter();
    Ok(all
        .filter(|label| found.contains(&i64::from(label.number())))
        .collect())
}

fn relation(
    c: &Connection,
    keys: &Keys,
    person: &Person,
    patients: &[i64],
    now: Instant,
) -> Result<Relation, StoreError> {
    if patients.is_empty() {
        return Ok(Relation::Nobody);
    }
    let is = |id: &str| patients.contains(&keys.of("Patient", id));
    if person.own_patient().is_some_and(is) {
        return Ok(Relation::Own);
    }
    if person.patients.iter().any(|id| is(id)) {
        return Ok(Relation::Proxy);
    }
    let mut emergency = false;
    for patient in patients.iter().filter(|p| **p != UNKNOWN) {
        let at = now.millis();
        if let Some(actor) = treating(keys, person)
            && c.prepare_cached(sql::CARE_FOR)?
                .exists((actor, patient, at))?
        {
            return Ok(Relation::Care);
        }
        let number = account_number(keys, &person.account);
        emergency |= c
            .prepare_cached(sql::BREAK_FOR)?
            .exists((number, patient, at))?;
    }
    Ok(if emergency {
        Relation::Emergency
    } else {
        Relation::None
    })
}

fn numbers(c: &Connection, text: &str, key: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = c.prepare_cached(text)?;
    let rows = statement.query_map([key], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

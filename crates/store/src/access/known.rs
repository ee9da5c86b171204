//! Guards asked of one resource: with point lookups, without building a statement.

use std::cell::OnceCell;

use aceso_fhir::definitions::parameters;
use aceso_fhir::search::{Clause, Outside, Subject};
use rusqlite::Connection;

use super::guard::{
    ABOUT, CARE, CONSENT, EMERGENCY, FACILITY, Facts, NOBODY, RELEASED, TREATED, WITHOUT,
};
use super::guard_sql::{covering, on_facts};
use super::learned::AsOf;
use super::part::UNKNOWN;
use crate::index::column;
use crate::reading::document;
use crate::statements as sql;
use crate::{StoreError, Stored};

/// A resource as far as guards ask about it: stored, or known by its facts. What is stored is looked up when asked.
pub(crate) struct Known<'a> {
    connection: &'a Connection,
    /// What others found out, within the same transaction.
    learned: Option<&'a AsOf<'a>>,
    kind: &'static str,
    key: i64,
    patients: OnceCell<Vec<i64>>,
    labels: OnceCell<Vec<i64>>,
    organizations: Vec<i64>,
}

impl<'a> Known<'a> {
    /// The stored resource at this key.
    pub(crate) fn stored(connection: &'a Connection, kind: &'static str, key: i64) -> Self {
        Self {
            connection,
            learned: None,
            kind,
            key,
            patients: OnceCell::new(),
            labels: OnceCell::new(),
            organizations: Vec::new(),
        }
    }

    /// The stored resource at this key, for whoever has learned of others already.
    pub(crate) fn learned(learned: &'a AsOf<'a>, kind: &'static str, key: i64) -> Self {
        Self {
            learned: Some(learned),
            ..Self::stored(learned.connection, kind, key)
        }
    }

    /// What the facts say, whatever is stored.
    pub(crate) fn facts(connection: &'a Connection, facts: &Facts) -> Self {
        Self {
            connection,
            learned: None,
            kind: facts.kind,
            key: facts.key,
            patients: OnceCell::from(facts.patients.clone()),
            labels: OnceCell::from(facts.labels.clone()),
            organizations: facts.organizations.clone(),
        }
    }

    /// Whether a clause holds; what is no guard is asked of `rest`.
    pub(crate) fn satisfies<E: From<StoreError>>(
        &self,
        clause: &Clause,
        rest: &mut dyn FnMut(&Clause) -> Result<bool, E>,
    ) -> Result<bool, E> {
        match clause {
            Clause::All(all) => {
                for one in all {
                    if !self.satisfies(one, rest)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Clause::Any(any) => {
                for one in any {
                    if self.satisfies(one, rest)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Clause::Outside(outside) => Ok(self.holds(outside)?),
            Clause::Not(_)
            | Clause::Match { .. }
            | Clause::Missing { .. }
            | Clause::Chain { .. }
            | Clause::Has { .. }
            | Clause::Id(_)
            | Clause::LastUpdated(_)
            | Clause::Kind(_)
            | Clause::Compartment { .. }
            | Clause::Words { .. } => rest(clause),
        }
    }

    /// Whether a guard holds.
    pub(crate) fn holds(&self, outside: &Outside) -> Result<bool, StoreError> {
        match (outside.rule, outside.numbers.as_slice()) {
            (CARE, [actor, now]) => self.any_patient(|p| treats(self.connection, *actor, p, *now)),
            (TREATED, [now, actors @ ..]) => self.any_patient(|patient| {
                for actor in actors {
                    if self.is_treated(*actor, patient, *now)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }),
            (EMERGENCY, [person, now, late @ ..]) => self.any_patient(|p| {
                if late.contains(&p) {
                    return Ok(true);
                }
                let mut open = self.connection.prepare_cached(sql::BREAK_FOR)?;
                Ok(open.exists([*person, p, *now])?)
            }),
            (ABOUT, patients) => self.any_patient(|p| Ok(patients.contains(&p))),
            (NOBODY, _) => Ok(self.patients()?.is_empty()),
            (WITHOUT, labels) => self.without(labels),
            (CONSENT, _) => {
                for patient in self.patients()? {
                    if self.denies(*patient)? {
                        return on_facts(self.connection, outside, &self.all()?);
                    }
                }
                Ok(true)
            }
            (FACILITY, _) => on_facts(self.connection, outside, &self.all()?),
            (RELEASED, [purpose, recipient, now]) => self.released(*purpose, *recipient, *now),
            _ => Ok(false),
        }
    }

    fn is_treated(&self, actor: i64, patient: i64, now: i64) -> Result<bool, StoreError> {
        match self.learned {
            Some(learned) => learned.treats(actor, patient, now),
            None => {
                let mut care = self.connection.prepare_cached(sql::CARE_FOR)?;
                Ok(care.exists([actor, patient, now])?)
            }
        }
    }

    fn denies(&self, patient: i64) -> Result<bool, StoreError> {
        match self.learned {
            Some(learned) => learned.denies(patient),
            None => {
                let mut any = self.connection.prepare_cached(sql::DENY_FOR)?;
                Ok(any.exists([patient])?)
            }
        }
    }

    /// Whether each patient whom it is about lets it leave.
    fn released(&self, purpose: i64, recipient: i64, now: i64) -> Result<bool, StoreError> {
        let patients = self.patients()?;
        let mut lets = self.connection.prepare_cached(sql::RELEASE_FOR)?;
        for patient in patients {
            if !lets.exists([*patient, purpose, recipient, now])? {
                return Ok(false);
            }
        }
        Ok(!patients.is_empty())
    }

    fn any_patient(
        &self,
        mut holds: impl FnMut(i64) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        for patient in self.patients()?.iter().filter(|p| **p != UNKNOWN) {
            if holds(*patient)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn without(&self, labels: &[i64]) -> Result<bool, StoreError> {
        let mut there = self.connection.prepare_cached(sql::LABEL_THERE)?;
        match self.labels.get() {
            Some(own) if own.iter().any(|l| labels.contains(l)) => return Ok(false),
            Some(_) => {}
            None => {
                for label in labels {
                    if there.exists([*label, self.key])? {
                        return Ok(false);
                    }
                }
            }
        }
        for label in covering(labels) {
            for patient in self.patients()? {
                if there.exists([label, *patient])? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn all(&self) -> Result<Facts, StoreError> {
        Ok(Facts {
            kind: self.kind,
            key: self.key,
            patients: self.patients()?.to_vec(),
            labels: self.labels()?.to_vec(),
            care: Vec::new(),
            organizations: self.organizations.clone(),
        })
    }

    /// The keys of the patients that it is about.
    pub(crate) fn patients(&self) -> Result<&[i64], StoreError> {
        known(&self.patients, || {
            column_of(self.connection, sql::PART_OF, self.key)
        })
    }

    fn labels(&self) -> Result<&[i64], StoreError> {
        known(&self.labels, || {
            column_of(self.connection, sql::LABEL_OF, self.key)
        })
    }
}

fn known(
    cell: &OnceCell<Vec<i64>>,
    look: impl FnOnce() -> Result<Vec<i64>, StoreError>,
) -> Result<&[i64], StoreError> {
    if let Some(found) = cell.get() {
        return Ok(found);
    }
    let found = look()?;
    Ok(cell.get_or_init(|| found))
}

fn column_of(connection: &Connection, text: &str, key: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_map([key], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Whether somebody treats a patient now, by their own key or that of one of their roles.
fn treats(connection: &Connection, actor: i64, patient: i64, now: i64) -> Result<bool, StoreError> {
    let mut care = connection.prepare_cached(sql::CARE_FOR)?;
    if care.exists([actor, patient, now])? {
        return Ok(true);
    }
    for role in roles(connection, actor)? {
        if care.exists([role, patient, now])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a key is the person's own, or that of one of their roles.
pub(crate) fn is_theirs(connection: &Connection, own: i64, actor: i64) -> Result<bool, StoreError> {
    Ok(own == actor || roles(connection, own)?.contains(&actor))
}

/// The keys of the PractitionerRoles of a Practitioner.
pub(crate) fn roles(connection: &Connection, practitioner: i64) -> Result<Vec<i64>, StoreError> {
    let Some(param) = parameters().find("PractitionerRole", "practitioner") else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(sql::IREF_FROM)?;
    for used in &param.uses {
        let rows = statement.query_map([practitioner, column(used.branch)], |row| row.get(0))?;
        for key in rows {
            found.push(key?);
        }
    }
    Ok(found)
}

/// Whether a version that is not stored, or not current, satisfies a clause. What cannot be told is not satisfied.
pub(crate) fn version_satisfies(
    connection: &Connection,
    facts: &Facts,
    stored: &Stored,
    clause: &Clause,
) -> Result<bool, StoreError> {
    let known = Known::facts(connection, facts);
    known.satisfies(clause, &mut |rest| {
        let document = document(stored)?;
        Ok::<_, StoreError>(Subject::new(&document, None).satisfies(rest) == Some(true))
    })
}

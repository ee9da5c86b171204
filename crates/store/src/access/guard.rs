//! Guards: what a decision leaves to be checked with the access rows, as conditions of a query, or on a document that
//! is not stored yet.

use aceso_base::Instant;
use aceso_fhir::definitions::parameters;
use aceso_fhir::search::{Clause, Outside};
use aceso_policy::{Caller, Label, Labels, Person, Purpose, Relation, UserKind, Who};
use rusqlite::Connection;

use super::Care;
use super::known::{Known, roles};
use crate::StoreError;
use crate::index::{Rows, column};
use crate::key::Keys;

/// The code system of our roles, as a Consent's actor may name one.
pub(crate) const ROLE_SYSTEM: &str = "urn:aceso:role";

/// Somebody who treats the patient: the caller's key, now.
pub(super) const CARE: u8 = 1;
/// An emergency access is open: the account's number, now, and the patients of those that the record does not know yet.
pub(super) const EMERGENCY: u8 = 2;
/// About one of these patients.
pub(super) const ABOUT: u8 = 3;
/// About nobody.
pub(super) const NOBODY: u8 = 4;
/// None of these labels, by their numbers.
pub(super) const WITHOUT: u8 = 5;
/// No Consent denies it: now, purpose, the account's number, then who the caller is.
pub(super) const CONSENT: u8 = 6;
/// Somebody of these treats the patient: now, then their keys.
pub(super) const TREATED: u8 = 8;
/// Of patients of these organizations.
pub(super) const FACILITY: u8 = 7;
/// Each patient lets it leave the clinic: the purpose, the recipient's key, now.
pub(super) const RELEASED: u8 = 9;

fn outside(rule: u8, numbers: Vec<i64>) -> Clause {
    Clause::Outside(Outside { rule, numbers })
}

/// The number that stands for an account in tables of numbers.
pub(crate) fn account_number(keys: &Keys, account: &str) -> i64 {
    keys.code(&["account ", account].concat())
}

/// Resources about patients to whom the person stands so; none when nothing needs to be checked.
pub(crate) fn relation(
    keys: &Keys,
    person: &Person,
    relation: Relation,
    patient: Option<&str>,
    now: Instant,
    late: &[i64],
) -> Option<Clause> {
    let now = now.millis();
    match relation {
        Relation::None => None,
        Relation::Nobody => Some(outside(NOBODY, Vec::new())),
        Relation::Care => Some(outside(
            CARE,
            vec![treating(keys, person).unwrap_or(0), now],
        )),
        Relation::Own | Relation::Proxy => {
            let patients = patient.iter().map(|id| keys.of("Patient", id));
            Some(outside(ABOUT, patients.collect()))
        }
        Relation::Emergency => {
            let number = account_number(keys, &person.account);
            Some(outside(EMERGENCY, [&[number, now], late].concat()))
        }
    }
}

/// The key of the Practitioner or PractitionerRole that a person is.
pub(crate) fn treating(keys: &Keys, person: &Person) -> Option<i64> {
    let user = person.user.as_ref()?;
    match user.kind {
        UserKind::Practitioner | UserKind::PractitionerRole => {
            Some(keys.of(user.kind.name(), &user.id))
        }
        UserKind::Patient | UserKind::RelatedPerson => None,
    }
}

/// Resources without these labels.
pub(crate) fn without(labels: Labels) -> Option<Clause> {
    let numbers: Vec<i64> = labels.iter().map(|l| i64::from(l.number())).collect();
    (!numbers.is_empty()).then(|| outside(WITHOUT, numbers))
}

/// Resources of patients of the person's organizations, when their work is limited to some.
pub(crate) fn facility(keys: &Keys, person: &Person) -> Option<Clause> {
    let all = person.facilities.iter();
    let numbers: Vec<i64> = all.map(|id| keys.of("Organization", id)).collect();
    (!numbers.is_empty()).then(|| outside(FACILITY, numbers))
}

/// What patients let leave the clinic by a Consent: about substance use, to a recipient (else 0) for a purpose.
pub(crate) fn released(purpose: i64, recipient: i64, now: Instant) -> Clause {
    outside(RELEASED, vec![purpose, recipient, now.millis()])
}

/// What no Consent denies to the caller.
pub(crate) fn consent(keys: &Keys, caller: &Caller, purpose: Purpose, now: Instant) -> Clause {
    let mut numbers = vec![
        now.millis(),
        super::consent::purpose_number(purpose.code()),
        0,
    ];
    let mut add = |number: i64| numbers.push(number);
    match &caller.who {
        Who::Client(client) => add(keys.of("Device", &client.id)),
        Who::Person(_) | Who::Operator | Who::Job(_) => {}
    }
    if let Some(person) = caller.as_person() {
        for role in &person.roles {
            add(keys.code(role.as_str()));
        }
        for organization in &person.facilities {
            add(keys.of("Organization", organization));
        }
        if let Some(user) = &person.user {
            add(keys.of(user.kind.name(), &user.id));
        }
        if let Some(account) = numbers.get_mut(2) {
            *account = account_number(keys, &person.account);
        }
    }
    outside(CONSENT, numbers)
}

/// What is known of a document that is not stored, or of an old version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) kind: &'static str,
    pub(crate) key: i64,
    pub(crate) patients: Vec<i64>,
    pub(crate) labels: Vec<i64>,
    pub(crate) care: Vec<Care>,
    pub(crate) organizations: Vec<i64>,
}

impl Facts {
    /// From the rows that the document gives.
    pub(crate) fn new(kind: &'static str, key: i64, rows: &Rows) -> Self {
        let branch = managing();
        let of = |r: &&[i64; 4]| kind == "Patient" && branch.contains(&r[1]);
        Self {
            kind,
            key,
            patients: rows.part.iter().map(|r| r[1]).collect(),
            labels: rows.label.iter().map(|r| r[0]).collect(),
            care: rows.care.clone(),
            organizations: rows.refs.iter().filter(of).map(|r| r[0]).collect(),
        }
    }

    /// Something about this patient, of which nothing more is known.
    pub(crate) fn about(patient: i64) -> Self {
        Self {
            patients: vec![patient],
            ..Self::default()
        }
    }
}

/// The branches by which a Patient names its organization.
pub(super) fn managing() -> Vec<i64> {
    let param = parameters().find("Patient", "organization");
    param.map_or(Vec::new(), |p| {
        p.uses.iter().map(|u| column(u.branch)).collect()
    })
}

/// Stands for the denials where labels are listed by their numbers.
const NO_LABEL: i64 = 0;

/// Which labels any resource has, and whether any Consent denies anything: what a search need not check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absent {
    labels: Labels,
    no_denial: bool,
}

impl Absent {
    /// Whether no resource has this label.
    pub(crate) const fn lacks(&self, label: Label) -> bool {
        self.labels.has(label)
    }

    /// Looks.
    pub(crate) fn look(connection: &Connection) -> Result<Self, StoreError> {
        let mut absent = Self {
            labels: Label::ALL.into_iter().collect(),
            no_denial: true,
        };
        let mut present = connection.prepare_cached(crate::statements::PRESENT)?;
        let mut rows = present.query([])?;
        while let Some(row) = rows.next()? {
            match row.get::<_, i64>(0)? {
                NO_LABEL => absent.no_denial = false,
                number => {
                    let others = absent.labels.iter();
                    absent.labels = others.filter(|l| i64::from(l.number()) != number).collect();
                }
            }
        }
        Ok(absent)
    }

    /// Takes out of clauses what every resource satisfies, and what one patient's relation decides for all.
    pub(crate) fn simplify(&self, clause: &mut Clause, settled: Settled<'_>) {
        match clause {
            Clause::All(all) => {
                all.iter_mut().for_each(|c| self.simplify(c, settled));
                all.retain(|c| !is_true(c));
                if all.iter().any(is_false) {
                    *clause = Clause::Any(Vec::new());
                }
            }
            Clause::Any(any) => {
                any.iter_mut().for_each(|c| self.simplify(c, settled));
                any.retain(|c| !is_false(c));
                if any.iter().any(is_true) {
                    *clause = Clause::All(Vec::new());
                }
            }
            Clause::Chain { inner, .. } | Clause::Has { inner, .. } => {
                self.simplify(inner, &|_| None);
            }
            Clause::Outside(outside) => match settled(outside) {
                Some(known) => *clause = known,
                None if outside.rule == WITHOUT => {
                    let present = |n: &i64| {
                        let label = Label::ALL.into_iter().find(|l| i64::from(l.number()) == *n);
                        label.is_none_or(|l| !self.labels.has(l))
                    };
                    outside.numbers.retain(present);
                    if outside.numbers.is_empty() {
                        *clause = Clause::All(Vec::new());
                    }
                }
                None if outside.rule == CONSENT && self.no_denial => {
                    *clause = Clause::All(Vec::new());
                }
                None => {}
            },
            // What every resource satisfies, none that is negated does: limits are never negated.
            Clause::Not(_)
            | Clause::Match { .. }
            | Clause::Missing { .. }
            | Clause::Id(_)
            | Clause::LastUpdated(_)
            | Clause::Kind(_)
            | Clause::Compartment { .. }
            | Clause::Words { .. } => {}
        }
    }
}

/// A guard in other words, now that who asks is known.
pub(crate) type Settled<'a> = &'a dyn Fn(&Outside) -> Option<Clause>;

/// Whether a clause asks only guards, one of them who treats whom, and none for which a statement must be built.
pub(crate) fn is_for_gate(clause: &Clause) -> bool {
    asks(clause, &|rule| rule != FACILITY) && !asks(clause, &|rule| rule != TREATED)
}

/// Whether a clause consists of guards alone, each of which is as asked.
fn asks(clause: &Clause, wanted: &dyn Fn(u8) -> bool) -> bool {
    match clause {
        Clause::All(all) | Clause::Any(all) => all.iter().all(|c| asks(c, wanted)),
        Clause::Outside(outside) => wanted(outside.rule),
        Clause::Not(_)
        | Clause::Chain { .. }
        | Clause::Has { .. }
        | Clause::Match { .. }
        | Clause::Missing { .. }
        | Clause::Id(_)
        | Clause::LastUpdated(_)
        | Clause::Kind(_)
        | Clause::Compartment { .. }
        | Clause::Words { .. } => false,
    }
}

fn is_false(clause: &Clause) -> bool {
    matches!(clause, Clause::Any(any) if any.is_empty())
}

fn is_true(clause: &Clause) -> bool {
    matches!(clause, Clause::All(all) if all.is_empty())
}

/// A guard in simpler words: whether it holds for the one patient that a query asks for, else with the caller's own
/// keys and open emergency accesses looked up. That the caller does not stand so to this patient says nothing of
/// others that a resource is about too.
pub(crate) fn settle(
    connection: &Connection,
    patient: Option<i64>,
    outside: &Outside,
) -> Result<Option<Clause>, StoreError> {
    if !matches!(outside.rule, CARE | EMERGENCY | ABOUT) {
        return Ok(None);
    }
    if let Some(patient) = patient {
        let facts = Facts::about(patient);
        if Known::facts(connection, &facts).holds(outside)? {
            return Ok(Some(Clause::All(Vec::new())));
        }
    }
    Ok(match (outside.rule, outside.numbers.as_slice()) {
        (CARE, [actor, now]) => {
            let mut numbers = vec![*now, *actor];
            numbers.extend(roles(connection, *actor)?);
            Some(self::outside(TREATED, numbers))
        }
        (EMERGENCY, [person, now, late @ ..]) => {
            let mut open = connection.prepare_cached(crate::statements::BREAK_PATIENTS)?;
            let patients = open.query_map([*person, *now], |row| row.get(0))?;
            let mut patients: Vec<i64> = patients.collect::<rusqlite::Result<_>>()?;
            patients.extend(late);
            Some(if patients.is_empty() {
                Clause::Any(Vec::new())
            } else {
                self::outside(ABOUT, patients)
            })
        }
        _ => None,
    })
}

//! Guards: what a decision leaves to be checked with the access rows, as conditions of a query, or on a document that
//! is not stored yet.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::definitions::parameters;
use aceso_fhir::search::{Clause, Outside};
use aceso_policy::{Caller, Label, Labels, Person, Purpose, Relation, UserKind, Who};
use rusqlite::{Connection, params_from_iter};

use super::Care;
use crate::StoreError;
use crate::index::{Rows, column};
use crate::key::{Keys, kind_code};
use crate::translate::{Bound, Fragment};

/// The code system of our roles, as a Consent's actor may name one.
pub(crate) const ROLE_SYSTEM: &str = "urn:aceso:role";

/// Somebody who treats the patient: the caller's key, now.
const CARE: u8 = 1;
/// An emergency access is open: the account's number, now.
const EMERGENCY: u8 = 2;
/// About one of these patients.
const ABOUT: u8 = 3;
/// About nobody.
const NOBODY: u8 = 4;
/// None of these labels, by their numbers.
const WITHOUT: u8 = 5;
/// No Consent denies it: now, purpose, the account's number, then who the caller is.
const CONSENT: u8 = 6;
/// Of patients of these organizations.
const FACILITY: u8 = 7;

const EMERGENCY_PURPOSE: i64 = 2;

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
            Some(outside(EMERGENCY, vec![number, now]))
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
    organizations: Vec<i64>,
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

    /// Whether a document satisfies a clause of guards and searches. What cannot be told is not satisfied.
    pub(crate) fn satisfies(
        &self,
        connection: &Connection,
        document: &Value,
        clause: &Clause,
    ) -> Result<bool, StoreError> {
        let mut failed = None;
        let subject = aceso_fhir::search::Subject::new(document, None);
        let held = subject.satisfies_with(clause, &mut |inner| {
            let Clause::Outside(outside) = inner else {
                return None;
            };
            self.holds(connection, outside)
                .map_err(|e| failed = Some(e))
                .ok()
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(held == Some(true)),
        }
    }

    /// Whether a guard holds.
    pub(crate) fn holds(
        &self,
        connection: &Connection,
        outside: &Outside,
    ) -> Result<bool, StoreError> {
        let condition = sql(outside, self.kind, &Of::Facts(self));
        let sql = Fragment::text("select count(*) from (select 1 as one where ")
            .then(condition)
            .say(") n");
        let (text, values) = sql.finish();
        let found: i64 = connection
            .prepare_cached(&text)?
            .query_row(params_from_iter(values), |row| row.get(0))?;
        Ok(found > 0)
    }
}

/// The branches by which a Patient names its organization.
fn managing() -> Vec<i64> {
    let param = parameters().find("Patient", "organization");
    param.map_or(Vec::new(), |p| {
        p.uses.iter().map(|u| column(u.branch)).collect()
    })
}

/// What a guard is asked about.
enum Of<'a> {
    /// A stored resource; its key as an SQL expression.
    Row(&'a str),
    Facts(&'a Facts),
}

/// A guard as a condition on a stored resource of type `kind` whose key is the expression `key`.
pub(crate) fn on_row(outside: &Outside, kind: &str, key: &str) -> Fragment {
    sql(outside, kind, &Of::Row(key))
}

fn bound(number: i64) -> Bound {
    Bound::Int(number)
}

/// Numbers as a list of parameters; an empty list matches nothing.
fn list(numbers: &[i64]) -> Fragment {
    let mut all = Fragment::text("(");
    for (i, number) in numbers.iter().enumerate() {
        all = all.then(Fragment::new(
            if i == 0 { "?" } else { ", ?" },
            [bound(*number)],
        ));
    }
    all.say(if numbers.is_empty() { "null)" } else { ")" })
}

impl Of<'_> {
    /// There is a row of `table` whose patient is one that this is about, such that `rest`.
    fn patient_in(&self, table: &str, alias: &str, rest: Fragment) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(&format!(
                "exists (select 1 from part gp cross join {table} {alias} where gp.key = {key} and gp.patient <> 0 and {alias}.patient = gp.patient and "
            ))
            .then(rest)
            .say(")"),
            Self::Facts(facts) => Fragment::text(&format!(
                "exists (select 1 from {table} {alias} where {alias}.patient in "
            ))
            .then(list(&facts.patients))
            .say(" and ")
            .then(rest)
            .say(")"),
        }
    }

    /// It is about one of the patients that a list or an inner select names.
    fn about(&self, patients: Fragment) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(&format!(
                "exists (select 1 from part gp where gp.key = {key} and gp.patient in "
            ))
            .then(patients)
            .say(")"),
            Self::Facts(facts) => facts
                .patients
                .iter()
                .filter(|p| **p != 0)
                .fold(Fragment::text("(1 = 0"), |any, patient| {
                    any.then(Fragment::new(
                        " or cast(? as bigint) in ",
                        [bound(*patient)],
                    ))
                    .then(patients.clone())
                })
                .say(")"),
        }
    }

    fn nobody(&self) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(&format!(
                "not exists (select 1 from part gp where gp.key = {key})"
            )),
            Self::Facts(facts) if facts.patients.is_empty() => Fragment::text("1 = 1"),
            Self::Facts(_) => Fragment::text("1 = 0"),
        }
    }

    /// It has the label that the expression names.
    fn labelled(&self, expression: &str) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(&format!(
                "exists (select 1 from label gl where gl.label = {expression} and gl.key = {key})"
            )),
            Self::Facts(facts) => {
                Fragment::text(&format!("{expression} in ")).then(list(&facts.labels))
            }
        }
    }

    fn without(&self, numbers: &[i64]) -> Fragment {
        let covering = |n: &&i64| {
            let mut labels = Label::ALL.into_iter();
            labels.any(|l| i64::from(l.number()) == **n && l.covers_compartment())
        };
        let covering: Vec<i64> = numbers.iter().filter(covering).copied().collect();
        let own = match self {
            Self::Row(key) => {
                Fragment::text("not exists (select 1 from label gl where gl.label in ")
                    .then(list(numbers))
                    .say(&format!(" and gl.key = {key})"))
            }
            Self::Facts(facts) if facts.labels.iter().any(|l| numbers.contains(l)) => {
                Fragment::text("1 = 0")
            }
            Self::Facts(_) => Fragment::text("1 = 1"),
        };
        if covering.is_empty() {
            return own;
        }
        let patients = match self {
            Self::Row(key) => Fragment::text(&format!(
                " and not exists (select 1 from part gp cross join label gv where gp.key = {key} and gv.key = gp.patient and gv.label in "
            ))
            .then(list(&covering))
            .say(")"),
            Self::Facts(facts) => {
                Fragment::text(" and not exists (select 1 from label gv where gv.key in ")
                    .then(list(&facts.patients))
                    .say(" and gv.label in ")
                    .then(list(&covering))
                    .say(")")
            }
        };
        own.then(patients)
    }

    fn item(&self) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(key),
            Self::Facts(facts) => Fragment::new("cast(? as bigint)", [bound(facts.key)]),
        }
    }
}

fn sql(outside: &Outside, kind: &str, of: &Of<'_>) -> Fragment {
    let numbers = outside.numbers.as_slice();
    match (outside.rule, numbers) {
        (CARE, [actor, now]) => {
            let rest = Fragment::text("gc.actor in ")
                .then(actors(*actor))
                .then(Fragment::new(
                    " and gc.since <= ? and gc.until > ?",
                    [bound(*now), bound(*now)],
                ));
            of.patient_in("care", "gc", rest)
        }
        (EMERGENCY, [person, now]) => of.about(open_for(*person, *now)),
        (ABOUT, patients) => of.about(list(patients)),
        (NOBODY, _) => of.nobody(),
        (WITHOUT, labels) => Fragment::text("(").then(of.without(labels)).say(")"),
        (CONSENT, [now, purpose, person, who @ ..]) => {
            denied(of, kind, (*now, *purpose, *person), who)
        }
        (FACILITY, organizations) => facility_sql(of, organizations),
        _ => Fragment::text("1 = 0"),
    }
}

/// A person's own key and those of their roles.
fn actors(actor: i64) -> Fragment {
    let param = parameters().find("PractitionerRole", "practitioner");
    let branches: Vec<i64> = param.map_or(Vec::new(), |p| {
        p.uses.iter().map(|u| column(u.branch)).collect()
    });
    Fragment::new(
        "(select cast(? as bigint) as actor union all select ga.key from iref ga where ga.v = ? and ga.branch in ",
        [bound(actor), bound(actor)],
    )
    .then(list(&branches))
    .say(")")
}

fn open_for(person: i64, now: i64) -> Fragment {
    Fragment::new(
        "(select gb.patient from break_glass gb where gb.person = ? and gb.opened <= ? and gb.ends > ?)",
        [bound(person), bound(now), bound(now)],
    )
}

fn denied(
    of: &Of<'_>,
    kind: &str,
    (now, purpose, person): (i64, i64, i64),
    who: &[i64],
) -> Fragment {
    let kind = kind_code(kind).map_or(-2, i64::from);
    let fits = |alias: &str| {
        let mut all = vec![0];
        all.extend_from_slice(who);
        let emergency = Fragment::text(&format!("{alias}.patient in ")).then(open_for(person, now));
        Fragment::text(&format!("{alias}.actor in "))
            .then(list(&all))
            .then(Fragment::new(
                &format!(
                    " and {alias}.kind in (-1, ?) and {alias}.since <= ? and {alias}.until > ?"
                ),
                [bound(kind), bound(now), bound(now)],
            ))
            .say(&format!(" and {alias}.item in (0, "))
            .then(of.item())
            .then(Fragment::new(
                &format!(") and ({alias}.purpose = 0 or ({alias}.purpose = ? and not "),
                [bound(purpose)],
            ))
            .then(emergency.clone())
            .then(Fragment::new(
                &format!(") or ({alias}.purpose = ? and "),
                [bound(EMERGENCY_PURPOSE)],
            ))
            .then(emergency)
            .say(&format!(")) and ({alias}.label = 0 or "))
            .then(of.labelled(&format!("{alias}.label")))
            .say(")")
    };
    let excepted = Fragment::text(
        " and not exists (select 1 from deny ge where ge.patient = gd.patient and ge.permit = 1 and ge.source = gd.source and ge.parent = gd.rule and ",
    )
    .then(fits("ge"))
    .say(")");
    let rest = Fragment::text("gd.permit = 0 and ")
        .then(fits("gd"))
        .then(excepted);
    Fragment::text("not ").then(of.patient_in("deny", "gd", rest))
}

fn facility_sql(of: &Of<'_>, organizations: &[i64]) -> Fragment {
    let branches = managing();
    let stored = |patients: Fragment| {
        Fragment::text("select 1 from res gr cross join iref gi where gr.key ")
            .then(patients)
            .say(" and gi.v in ")
            .then(list(organizations))
            .say(" and gi.branch in ")
            .then(list(&branches))
            .say(" and gi.ord = gr.ord and gi.key = gr.key")
    };
    match of {
        Of::Row(key) => {
            let mine = Fragment::text(&format!(
                "(not exists (select 1 from part gp where gp.key = {key}) or exists (select 1 from part gp where gp.key = {key} and exists ("
            ));
            mine.then(stored(Fragment::text("= gp.patient"))).say(")))")
        }
        Of::Facts(facts) if facts.patients.is_empty() => Fragment::text("1 = 1"),
        Of::Facts(facts)
            if facts
                .organizations
                .iter()
                .any(|o| organizations.contains(o)) =>
        {
            Fragment::text("1 = 1")
        }
        Of::Facts(facts) => Fragment::text("exists (")
            .then(stored(Fragment::text("in ").then(list(&facts.patients))))
            .say(")"),
    }
}

/// Which labels any resource has, and whether any Consent denies anything: what a search need not check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absent {
    labels: Labels,
    no_denial: bool,
}

impl Absent {
    /// Looks.
    pub(crate) fn look(connection: &Connection) -> Result<Self, StoreError> {
        let mut labels = Labels::NONE;
        let mut any = connection.prepare_cached(crate::statements::LABEL_ANY)?;
        for label in Label::ALL {
            if !any.exists([i64::from(label.number())])? {
                labels = labels.with(label);
            }
        }
        let denial = connection
            .prepare_cached(crate::statements::DENY_ANY)?
            .exists([])?;
        Ok(Self {
            labels,
            no_denial: !denial,
        })
    }

    /// Takes out of clauses what every resource satisfies, and what one patient's relation decides for all.
    pub(crate) fn simplify(&self, clause: &mut Clause, settled: &dyn Fn(&Outside) -> Option<bool>) {
        match clause {
            Clause::All(all) => {
                all.iter_mut().for_each(|c| self.simplify(c, settled));
                all.retain(|c| !is_true(c));
            }
            Clause::Any(any) => {
                any.iter_mut().for_each(|c| self.simplify(c, settled));
                if any.iter().any(is_true) {
                    *clause = Clause::All(Vec::new());
                }
            }
            Clause::Chain { inner, .. } | Clause::Has { inner, .. } => {
                self.simplify(inner, &|_| None);
            }
            Clause::Outside(outside) => match settled(outside) {
                Some(true) => *clause = Clause::All(Vec::new()),
                Some(false) => *clause = Clause::Any(Vec::new()),
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

fn is_true(clause: &Clause) -> bool {
    matches!(clause, Clause::All(all) if all.is_empty())
}

/// Whether a key is the person's own, or that of one of their roles.
pub(crate) fn is_theirs(connection: &Connection, own: i64, actor: i64) -> Result<bool, StoreError> {
    let sql = Fragment::text("select count(*) from ")
        .then(actors(own))
        .then(Fragment::new(" gm where gm.actor = ?", [bound(actor)]));
    let (text, values) = sql.finish();
    let found: i64 = connection
        .prepare_cached(&text)?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(found > 0)
}

/// Whether the answer for one patient is the answer for every resource that is about that patient.
pub(crate) fn is_by_patient(outside: &Outside) -> bool {
    matches!(outside.rule, CARE | EMERGENCY | ABOUT)
}

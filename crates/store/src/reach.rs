//! What a decision leaves to be checked on the resource itself.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_fhir::search::{Clause, Options, parse_clauses};
use aceso_policy::{
    Action, Caller, Decision, Grant, Group, Policies, Purpose, Reach, Relation, Who, decide,
};
use rusqlite::Connection;

use crate::access::known::version_satisfies;
use crate::access::learned::Learned;
use crate::access::{Facts, guard, may_be_nobodys};
use crate::index::rows;
use crate::key::Keys;
use crate::leave::Leaving;
use crate::mask;
use crate::reading::document;
use crate::{Change, ReadError, Store, StoreError, Stored};

/// Who asks, what for and when, and the policies that decide.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) policies: Policies,
    pub(crate) caller: Caller,
    pub(crate) purpose: Purpose,
    pub(crate) now: Instant,
    pub(crate) keys: Keys,
    /// Patients whose charts the caller opened in an emergency that the record does not know of yet.
    pub(crate) late: Vec<i64>,
    /// What others learned of the access rows.
    pub(crate) learned: Arc<Learned>,
    /// Where to.
    pub(crate) way: Way,
    /// Whether records about substance use are under 42 CFR part 2.
    pub(crate) part2: bool,
}

/// Where what is asked for goes. What an app is given leaves the clinic either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It stays with who asks, within the clinic.
    Within,
    /// It is given to somebody outside.
    Out,
}

impl Asking {
    pub(crate) fn new(store: &Store, caller: &Caller, purpose: Purpose) -> Self {
        let now = store.now();
        let emergencies = store.0.readers.log().emergencies();
        let late = |account: &str| emergencies.late(account, now);
        let late = caller.as_person().map(|p| late(&p.account));
        Self {
            policies: store.policies(),
            caller: caller.clone(),
            purpose,
            now,
            keys: store.0.keys.clone(),
            learned: Arc::clone(&store.0.learned),
            way: Way::Within,
            part2: store.0.settings.part2,
            late: late
                .unwrap_or_default()
                .into_iter()
                .map(|(_, p)| p)
                .collect(),
        }
    }
}

/// Which resources of a type a caller may act on.
#[derive(Clone, Debug)]
pub(crate) enum Limit {
    /// All.
    None,
    /// All but what patients deny by this clause. That something was deleted may be told.
    Consent(Clause),
    /// Those that satisfy this. What is deleted satisfies nothing: whose it was is not known any more.
    Clause(Clause),
}

/// Decides whether the caller may do this to the type at all, and to which resources.
pub(crate) fn limit(
    asking: &Asking,
    action: Action,
    kind: &'static str,
) -> Result<Limit, ReadError> {
    let Asking {
        policies,
        caller,
        purpose,
        now,
        keys,
        late: _,
        learned: _,
        way: _,
        part2: _,
    } = asking;
    // What may be written is no matter of consent; what is there already is.
    let asked = action != Action::Create && Group::of(kind).is_some_and(Group::is_personal);
    let denied = match &caller.who {
        Who::Operator | Who::Job(_) => None,
        Who::Person(_) | Who::Client(_) => {
            asked.then(|| guard::consent(keys, caller, *purpose, *now))
        }
    };
    let leaving = Leaving::of(asking).filter(|_| asked);
    let consent = both(denied, leaving.and_then(|l| l.clause()));
    match decide(policies, caller, action, kind, *purpose, *now) {
        Decision::Deny => Err(ReadError::Forbidden),
        Decision::Allow(Reach::All) => Ok(match consent {
            None => Limit::None,
            Some(clause) => match facility(asking, kind) {
                None => Limit::Consent(clause),
                Some(mine) => Limit::Clause(Clause::All(vec![clause, mine])),
            },
        }),
        Decision::Allow(Reach::Only(grants)) => {
            let possible = |g: &&Grant| g.relation != Relation::Nobody || may_be_nobodys(kind);
            let mut grants: Vec<&Grant> = grants.iter().filter(possible).collect();
            grants.sort_by_key(|g| likely(g.relation));
            let clauses: Result<Vec<_>, _> = grants
                .into_iter()
                .map(|g| clause(asking, g, kind, consent.as_ref()))
                .collect();
            Ok(Limit::Clause(Clause::Any(clauses?)))
        }
    }
}

/// One clause for two.
fn both(one: Option<Clause>, other: Option<Clause>) -> Option<Clause> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Clause::All(vec![one, other])),
        (one, other) => one.or(other),
    }
}

/// What holds for most of what is asked for comes first.
const fn likely(relation: Relation) -> u8 {
    match relation {
        Relation::Care => 0,
        Relation::Own => 1,
        Relation::Proxy => 2,
        Relation::None => 3,
        Relation::Nobody => 4,
        Relation::Emergency => 5,
    }
}

/// The limit to a person's organizations, when there is one and the type is about patients.
fn facility(asking: &Asking, kind: &str) -> Option<Clause> {
    let person = asking.caller.as_person()?;
    let personal = Group::of(kind).is_some_and(Group::is_personal);
    personal
        .then(|| guard::facility(&asking.keys, person))
        .flatten()
}

fn clause(
    asking: &Asking,
    grant: &Grant,
    kind: &'static str,
    consent: Option<&Clause>,
) -> Result<Clause, ReadError> {
    let mut all = Vec::new();
    let app = match &asking.caller.who {
        Who::Client(client) => client.patient.is_some(),
        Who::Person(_) | Who::Operator | Who::Job(_) => false,
    };
    let own = match grant.relation {
        Relation::Own => true,
        Relation::None
        | Relation::Nobody
        | Relation::Care
        | Relation::Proxy
        | Relation::Emergency => false,
    };
    if let Some(person) = asking.caller.as_person() {
        let patient = grant.patient.as_deref();
        all.extend(guard::relation(
            &asking.keys,
            person,
            grant.relation,
            patient,
            asking.now,
            &asking.late,
        ));
        if grant.relation == Relation::None {
            all.extend(facility(asking, kind));
        }
    }
    // A token with a patient in context reaches that patient's compartment, for whomever it acts.
    if let Some(id) = &grant.patient
        && (app || grant.relation == Relation::None)
    {
        all.push(Clause::Compartment {
            kind: "Patient",
            id: id.clone(),
        });
    }
    all.extend(guard::without(grant.without));
    // What patients deny, they do not deny to themselves, nor to an app of their own.
    let whose = grant.patient.is_some() && asking.caller.as_person().is_none();
    let theirs = own || (app && whose);
    all.extend(consent.filter(|_| !theirs).cloned());
    if let Some(arguments) = &grant.arguments {
        let parsed = parse_clauses(kind, arguments, &Options::default());
        let mut parsed =
            parsed.map_err(|error| ReadError::BadQuery(format!("the token's scope: {error}")))?;
        // A policy's own conditions are no question of the caller's.
        if matches!(asking.caller.who, Who::Client(_)) {
            let masks = asking.policies.masks(&asking.caller);
            mask::clauses(&masks, Some(kind), &mut parsed)?;
        }
        all.extend(parsed);
    }
    Ok(Clause::All(all))
}

impl Limit {
    /// Whether nothing is beyond it.
    pub(crate) const fn covers_all(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The clause that resources must satisfy, if any.
    pub(crate) const fn clause(&self) -> Option<&Clause> {
        match self {
            Self::None => None,
            Self::Consent(clause) | Self::Clause(clause) => Some(clause),
        }
    }

    /// Whether the current version of a resource is within.
    pub(crate) fn covers(
        &self,
        connection: &Connection,
        keys: &Keys,
        stored: &Stored,
    ) -> Result<bool, StoreError> {
        self.holds(stored, |clause| {
            crate::search::holds(connection, keys, stored, clause)
        })
    }

    /// Whether an old version, by what it said then, is within.
    pub(crate) fn covers_version(
        &self,
        connection: &Connection,
        keys: &Keys,
        stored: &Stored,
    ) -> Result<bool, StoreError> {
        self.holds(stored, |clause| {
            let document = document(stored)?;
            let key = keys.of(stored.kind, &stored.id);
            let found = aceso_fhir::search::extract(&document, None);
            let rows = rows(keys, stored.kind, key, &document, &found);
            let facts = Facts::new(stored.kind, key, &rows);
            version_satisfies(connection, &facts, stored, clause)
        })
    }

    /// Whether there is no bound, or what is stored keeps it; what is deleted has nothing by which it could.
    fn holds(
        &self,
        stored: &Stored,
        keeps: impl FnOnce(&Clause) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        match (self, stored.change) {
            (Self::None, _) | (Self::Consent(_), Change::Deleted) => Ok(true),
            (Self::Clause(_), Change::Deleted) => Ok(false),
            (Self::Consent(clause) | Self::Clause(clause), Change::Created | Change::Updated) => {
                keeps(clause)
            }
        }
    }
}

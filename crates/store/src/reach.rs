//! What a decision leaves to be checked on the resource itself.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::search::{Clause, Options, matches, parse_clauses};
use aceso_policy::{Action, Caller, Decision, Grant, Policies, Purpose, Reach, decide};

use crate::{ReadError, Store};

/// Who asks, what for and when, and the policies that decide.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) policies: Policies,
    pub(crate) caller: Caller,
    pub(crate) purpose: Purpose,
    pub(crate) now: Instant,
}

impl Asking {
    pub(crate) fn new(store: &Store, caller: &Caller, purpose: Purpose) -> Self {
        Self {
            policies: store.policies(),
            caller: caller.clone(),
            purpose,
            now: store.now(),
        }
    }
}

/// Which resources of a type a caller may act on.
#[derive(Clone, Debug)]
pub(crate) enum Limit {
    /// All.
    None,
    /// Those that satisfy this.
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
    } = asking;
    match decide(policies, caller, action, kind, *purpose, *now) {
        Decision::Deny => Err(ReadError::Forbidden),
        Decision::Allow(Reach::All) => Ok(Limit::None),
        Decision::Allow(Reach::Only(grants)) => {
            let clauses: Result<Vec<_>, _> = grants.iter().map(|g| clause(g, kind)).collect();
            Ok(Limit::Clause(Clause::Any(clauses?)))
        }
    }
}

fn clause(grant: &Grant, kind: &'static str) -> Result<Clause, ReadError> {
    let mut all = Vec::new();
    if let Some(id) = &grant.patient {
        all.push(Clause::Compartment {
            kind: "Patient",
            id: id.clone(),
        });
    }
    if let Some(arguments) = &grant.arguments {
        let parsed = parse_clauses(kind, arguments, &Options::default());
        all.extend(
            parsed.map_err(|error| ReadError::BadQuery(format!("the token's scope: {error}")))?,
        );
    }
    Ok(Clause::All(all))
}

impl Limit {
    /// Whether nothing is beyond it.
    pub(crate) const fn covers_all(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether a document is within. What cannot be decided on the document alone is not.
    pub(crate) fn covers(&self, document: &Value) -> bool {
        match self {
            Self::None => true,
            Self::Clause(clause) => matches(document, clause) == Some(true),
        }
    }
}

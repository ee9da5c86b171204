//! What a decision leaves to be checked on the resource itself.

use aceso_fhir::Value;
use aceso_fhir::search::{Clause, Options, matches, parse_clauses};
use aceso_policy::{Action, Caller, Decision, Grant, Reach, decide};

use crate::ReadError;

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
    caller: &Caller,
    action: Action,
    kind: &'static str,
) -> Result<Limit, ReadError> {
    match decide(caller, action, kind) {
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

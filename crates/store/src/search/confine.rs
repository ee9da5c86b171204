//! Conditions on other resources (chains, `_has`, `_list`) look only at what the caller may search for: otherwise
//! their matches would tell what is in the rest.

use aceso_fhir::search::Clause;

use crate::reach::Limit;

/// Narrows every condition on resources of another type to the limit for that type; what the caller may not search
/// for at all satisfies none.
pub(crate) fn confine(clauses: &mut [Clause], limit: &dyn Fn(&'static str) -> Option<Limit>) {
    for clause in clauses {
        confine_one(clause, limit);
    }
}

fn confine_one(clause: &mut Clause, limit: &dyn Fn(&'static str) -> Option<Limit>) {
    match clause {
        Clause::All(all) | Clause::Any(all) => confine(all, limit),
        Clause::Not(inner) => confine_one(inner, limit),
        Clause::Chain {
            target: kind,
            inner,
            ..
        }
        | Clause::Has {
            source: kind,
            inner,
            ..
        } => {
            confine_one(inner, limit);
            match limit(kind) {
                None => **inner = Clause::Any(Vec::new()),
                Some(Limit::None) => {}
                Some(Limit::Consent(within) | Limit::Clause(within)) => {
                    let asked = std::mem::replace(&mut **inner, Clause::All(Vec::new()));
                    **inner = Clause::All(vec![asked, within]);
                }
            }
        }
        Clause::Match { .. }
        | Clause::Missing { .. }
        | Clause::Id(_)
        | Clause::LastUpdated(_)
        | Clause::Kind(_)
        | Clause::Compartment { .. }
        | Clause::Words { .. }
        | Clause::Outside(_) => {}
    }
}

//! Guards that are asked of each candidate here and not in the statement: most of what they need was learned already, and whom a
//! candidate is about is wanted for the audit entry too.

use std::cell::RefCell;

use aceso_fhir::search::Clause;
use rustc_hash::FxHashMap;

use crate::StoreError;
use crate::access::guard;
use crate::access::known::Known;
use crate::access::learned::AsOf;

/// The patients that resources are about, by the keys of both.
pub(crate) type About = FxHashMap<i64, Vec<i64>>;

/// Asks guards of candidates, and notes whom those are about that they let through.
pub(super) struct Gate<'a> {
    learned: AsOf<'a>,
    about: RefCell<About>,
}

/// A search's clauses: the guards that a gate asks, and the rest.
pub(super) struct Split {
    pub(super) guards: Vec<Clause>,
    pub(super) rest: Vec<Clause>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(learned: AsOf<'a>) -> Self {
        let about = RefCell::default();
        Self { learned, about }
    }

    /// Whether all guards let a resource through.
    pub(super) fn passes(
        &self,
        guards: &[Clause],
        (kind, key): (&'static str, i64),
    ) -> Result<bool, StoreError> {
        let known = Known::learned(&self.learned, kind, key);
        for guard in guards {
            // Nothing but guards is asked here.
            if !known.satisfies(guard, &mut |_| Ok::<_, StoreError>(false))? {
                return Ok(false);
            }
        }
        let patients = known.patients()?.to_vec();
        if !patients.is_empty() {
            self.about.borrow_mut().insert(key, patients);
        }
        Ok(true)
    }

    pub(super) fn into_about(self) -> About {
        self.about.into_inner()
    }
}

impl Split {
    /// None when there is nothing for a gate.
    pub(super) fn of(clauses: &[Clause]) -> Option<Self> {
        let (guards, rest): (Vec<&Clause>, Vec<&Clause>) = clauses
            .iter()
            .partition(|clause| guard::is_for_gate(clause));
        (!guards.is_empty()).then(|| Self {
            guards: guards.into_iter().cloned().collect(),
            rest: rest.into_iter().cloned().collect(),
        })
    }
}

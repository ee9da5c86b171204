//! Figures that were counted: each is kept for its reader for a while, as they look at the same reports again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_base::Instant;
use aceso_policy::{Person, Session};

/// So long figures are shown before they are counted anew.
const KEPT_MILLIS: i64 = 10 * 60_000;

/// The reports' figures, by the account of who asked.
#[derive(Default)]
pub(crate) struct KeptTotals(Mutex<HashMap<String, Kept>>);

struct Kept {
    /// Who asked, as they were: what somebody may see depends on it.
    of: Person,
    totals: Totals,
}

/// What was counted, in the order of the questions.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    pub(super) at: Instant,
    pub(super) numbers: Arc<[u64]>,
}

impl KeptTotals {
    /// What was counted lately for this person as they are now.
    pub(super) fn of(&self, person: &Person, now: Instant) -> Option<Totals> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(&person.account)?;
        (kept.of == settled(person) && is_fresh(&kept.totals, now)).then(|| kept.totals.clone())
    }

    /// Keeps what was counted; whatever is too old is forgotten.
    pub(super) fn keep(&self, person: &Person, totals: Totals) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| is_fresh(&kept.totals, totals.at));
        let of = settled(person);
        all.insert(of.account.clone(), Kept { of, totals });
    }

    /// Forgets what was counted for this person.
    pub(super) fn forget(&self, person: &Person) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&person.account);
    }
}

/// A person without what changes no search: until when a fresh proof counts.
fn settled(person: &Person) -> Person {
    Person {
        session: Session {
            stepped_up_until: None,
            ..person.session.clone()
        },
        ..person.clone()
    }
}

fn is_fresh(totals: &Totals, now: Instant) -> bool {
    totals.at <= now && now < totals.at.plus_millis(KEPT_MILLIS)
}

#[cfg(test)]
mod tests {
    use aceso_policy::{Purpose, Role, Strength};

    use super::*;

    fn person(account: &str, roles: &[Role]) -> Person {
        Person {
            account: account.to_owned(),
            name: String::new(),
            roles: roles.to_vec(),
            user: None,
            patients: Vec::new(),
            facilities: Vec::new(),
            session: Session::new(Strength::Two, Purpose::Treatment),
        }
    }

    #[test]
    fn figures_are_kept_for_their_reader_as_they_are_and_for_ten_minutes() {
        let at = |minutes: i64| Instant::from_millis(1_772_625_600_000 + minutes * 60_000);
        let kept = KeptTotals::default();
        let ann = person("ann", &[Role::CLINICIAN]);
        let numbers: Arc<[u64]> = [3, 1].into();
        kept.keep(&ann, Totals { at: at(0), numbers });
        let found = |who: &Person, minutes| kept.of(who, at(minutes)).map(|t| t.numbers.to_vec());
        assert_eq!(found(&ann, 9), Some(vec![3, 1]));
        let mut stepped = ann.clone();
        stepped.session.stepped_up_until = Some(at(15));
        assert_eq!(found(&stepped, 9), Some(vec![3, 1]));
        assert_eq!(found(&ann, 10), None, "too old");
        assert_eq!(found(&ann, -1), None, "the clock was set back");
        assert_eq!(found(&person("bob", &[Role::CLINICIAN]), 1), None);
        assert_eq!(
            found(&person("ann", &[Role::NURSE]), 1),
            None,
            "another role"
        );
    }
}

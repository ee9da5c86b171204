//! Keys: a resource's place in every table, computed from its type and id alone.
//!
//! An id that the server gave is a number in base 32 that ascends with time; its key is that number with the type's
//! code behind it, so that new rows land side by side. Any other id gets a keyed hash with the sign bit set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aceso_base::{Clock, Instant};
use aceso_fhir::definitions::types;
use aceso_vault::KeyedHash;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

use crate::keep::Bodies;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH: usize = 11;
/// 2020-01-01T00:00:00Z in milliseconds.
const EPOCH: i64 = 1_577_836_800_000;
const SEQUENCE_BITS: u32 = 14;
const DAY_MILLIS: i64 = 86_400_000;
const REFERENCE: u8 = 1;
const CODE: u8 = 2;
const SYSTEM: u8 = 3;
const URI: u8 = 4;
const ENTRY: u8 = 5;

/// The code of a resource type in keys and in the column `kind`: its place among R4's 146 names in order.
pub(crate) fn kind_code(kind: &str) -> Option<u8> {
    static CODES: OnceLock<FxHashMap<&'static str, u8>> = OnceLock::new();
    CODES
        .get_or_init(|| types().resource_names().zip(0_u8..).collect())
        .get(kind)
        .copied()
}

/// The resource type of a code.
pub(crate) fn kind_name(code: i64) -> Option<&'static str> {
    static NAMES: OnceLock<Vec<&'static str>> = OnceLock::new();
    NAMES
        .get_or_init(|| types().resource_names().collect())
        .get(usize::try_from(code).ok()?)
        .copied()
}

/// Turns types, ids and values into numbers for tables; opens what is stored there.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    hash: KeyedHash,
    bodies: Arc<Bodies>,
}

impl Keys {
    pub(crate) const fn of_store(hash: KeyedHash, bodies: Arc<Bodies>) -> Self {
        Self { hash, bodies }
    }

    /// With keys for bodies that are on no disk.
    #[cfg(test)]
    pub(crate) fn new(hash: KeyedHash) -> Self {
        Self::of_store(hash, Arc::new(Bodies::for_tests()))
    }

    /// What seals and opens bodies.
    pub(crate) fn bodies(&self) -> &Bodies {
        &self.bodies
    }

    /// The key of a resource.
    pub(crate) fn of(&self, kind: &str, id: &str) -> i64 {
        of(&self.hash, kind, id)
    }

    /// The value of a token's code.
    pub(crate) fn code(&self, code: &str) -> i64 {
        self.hash.hash(CODE, &[code]).cast_signed()
    }

    /// The value of a token's system; 0 for none. 32 bits.
    pub(crate) fn system(&self, system: Option<&str>) -> i64 {
        system.map_or(0, |s| {
            i64::from(u32::try_from(self.hash.hash(SYSTEM, &[s]) >> 32).unwrap_or(0)).max(1)
        })
    }

    /// What finds names in the audit log's indexes.
    pub(crate) fn names(&self) -> Names {
        Names(self.hash.clone())
    }

    /// The value of a URI, and of a reference that is not a local resource.
    pub(crate) fn uri(&self, uri: &str) -> i64 {
        self.hash.hash(URI, &[uri]).cast_signed()
    }
}

fn of(hash: &KeyedHash, kind: &str, id: &str) -> i64 {
    match (own_number(id), kind_code(kind)) {
        (Some(number), Some(code)) => (number << 8 | u64::from(code)).cast_signed(),
        (Some(_) | None, Some(_) | None) => {
            (hash.hash(REFERENCE, &[kind, id]) | 1 << 63).cast_signed()
        }
    }
}

/// Turns names into numbers for the audit log's indexes.
#[derive(Clone, Debug)]
pub(crate) struct Names(KeyedHash);

impl Names {
    pub(crate) const fn new(hash: KeyedHash) -> Self {
        Self(hash)
    }

    /// What stands for a name (`Patient/x`, `person/ann`): 32 bits; what was found by it is looked at again.
    pub(crate) fn entry(&self, name: &str) -> i64 {
        i64::from(u32::try_from(self.0.hash(ENTRY, &[name]) >> 32).unwrap_or(0))
    }

    /// The key of a resource.
    pub(crate) fn of(&self, kind: &str, id: &str) -> i64 {
        of(&self.0, kind, id)
    }
}

/// The logical id of the resource with this key, when it is of the server's own form.
pub(crate) fn own_id(key: i64) -> Option<String> {
    u64::try_from(key)
        .ok()
        .filter(|k| *k > 0)
        .map(|k| encode(k >> 8))
}

/// The number in an id of the server's own form.
pub(crate) fn own_number(id: &str) -> Option<u64> {
    if id.len() != ID_LENGTH {
        return None;
    }
    id.bytes().try_fold(0_u64, |n, b| {
        let digit = ALPHABET.iter().position(|a| *a == b)?;
        Some(n << 5 | u64::try_from(digit).ok()?)
    })
}

/// Gives out ids.
#[derive(Debug)]
pub(crate) struct Ids(AtomicU64);

impl Ids {
    /// Ids after `last_key`, the greatest key in the record; unless that lies more than a day ahead: then a client
    /// chose it, and ids go by the clock.
    pub(crate) fn after(last_key: i64, clock: &dyn Clock) -> Self {
        let last = u64::try_from(last_key).map_or(0, |k| k >> 8);
        let believed = last <= floor_at(clock.now().plus_millis(DAY_MILLIS));
        Self(AtomicU64::new(if believed { last } else { 0 }))
    }

    /// A new id; ascending, also when the clock stands still or goes back.
    pub(crate) fn next(&self, clock: &dyn Clock) -> String {
        let floor = floor_at(clock.now());
        let step = |last: u64| floor.max(last.saturating_add(1));
        let last = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(step(last))
            });
        encode(step(last.unwrap_or_else(|l| l)))
    }
}

fn floor_at(now: Instant) -> u64 {
    u64::try_from(now.millis() - EPOCH).unwrap_or(0) << SEQUENCE_BITS
}

/// The id of a number.
pub(crate) fn encode(number: u64) -> String {
    (0..ID_LENGTH)
        .rev()
        .filter_map(|place| {
            let digit = usize::try_from(number >> (5 * place) & 31).ok()?;
            ALPHABET.get(digit).map(|b| char::from(*b))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use aceso_base::ManualClock;

    use super::*;

    #[test]
    fn ids_ascend_with_the_clock_and_without_it_and_so_do_their_keys() {
        let clock = ManualClock::new(Instant::from_millis(EPOCH + 5));
        let ids = Ids::after(0, &clock);
        let keys = Keys::new(KeyedHash::new([0; 16]));
        let (a, b) = (ids.next(&clock), ids.next(&clock));
        clock.advance_millis(1);
        let c = ids.next(&clock);
        assert!(a < b && b < c);
        let of = |id: &str| keys.of("Patient", id);
        assert!(0 < of(&a) && of(&a) < of(&b) && of(&b) < of(&c));
        assert_ne!(of(&a), keys.of("Observation", &a));
        let resumed = Ids::after(of(&c), &clock);
        assert!(resumed.next(&clock) > c);
        let far = keys.of("Patient", "zzzzzzzzzzz");
        let id = Ids::after(far, &clock).next(&clock);
        assert!(
            id.starts_with("000"),
            "an id that a client chose far ahead is not followed: {id}"
        );
    }

    #[test]
    fn an_id_of_another_form_gets_a_negative_key() {
        let keys = Keys::new(KeyedHash::new([0; 16]));
        for id in [
            "1",
            "0000000000A",
            "00000000000i",
            "0000000000i",
            "3f2b7c1e-0000-4000-8000-000000000000",
        ] {
            assert!(keys.of("Patient", id) < 0, "{id}");
        }
    }
}

//! The codes of a value set, for quick questions.

use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};

use super::grammar;

/// The codes of a value set.
#[derive(Clone, Debug, Default)]
pub struct CodeSet {
    systems: FxHashMap<CompactString, FxHashSet<CompactString>>,
    /// Systems whose codes are not known here, or only by a grammar: any code of them may belong.
    open: Vec<CompactString>,
}

/// Whether a code is in a value set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It cannot be decided: the code system is not here.
    Unknown,
}

impl CodeSet {
    /// Adds a code.
    pub fn insert(&mut self, system: &str, code: &str) {
        match self.systems.get_mut(system) {
            Some(codes) => {
                codes.insert(CompactString::new(code));
            }
            None => {
                let codes = std::iter::once(CompactString::new(code)).collect();
                self.systems.insert(CompactString::new(system), codes);
            }
        }
    }

    /// Says that codes of a system belong that are not known here.
    pub fn open(&mut self, system: &str) {
        if !self.open.iter().any(|s| s == system) {
            self.open.push(CompactString::new(system));
        }
    }

    /// Whether a code of a system belongs.
    pub fn contains(&self, system: &str, code: &str) -> Member {
        if self.systems.get(system).is_some_and(|s| s.contains(code)) {
            return Member::Yes;
        }
        self.open_member(|s| s == system || s.is_empty(), code)
    }

    /// Whether a bare code belongs, whichever system it is from (elements of type `code`).
    pub fn contains_code(&self, code: &str) -> Member {
        if self.systems.values().any(|s| s.contains(code)) {
            return Member::Yes;
        }
        self.open_member(|_| true, code)
    }

    fn open_member(&self, fits: impl Fn(&str) -> bool, code: &str) -> Member {
        let mut found = Member::No;
        for system in self.open.iter().filter(|s| fits(s)) {
            match grammar::member(system, code) {
                Some(true) => return Member::Yes,
                Some(false) => {}
                None => found = Member::Unknown,
            }
        }
        found
    }

    /// The known codes with their systems, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.systems
            .iter()
            .flat_map(|(s, codes)| codes.iter().map(move |c| (s.as_str(), c.as_str())))
    }

    /// The systems whose codes are not known here.
    pub fn open_systems(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(CompactString::as_str)
    }

    /// Whether the set is exactly its known codes.
    pub const fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// How many codes are known.
    pub fn len(&self) -> usize {
        self.systems.values().map(FxHashSet::len).sum()
    }

    /// Whether no code is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

//! The built-in resources: one compressed text, unpacked at the first use, each resource parsed when it is asked for.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::code_set::CodeSet;
use super::system::System;
use crate::{Value, json};

static PACKED: &[u8] = include_bytes!("../../data/terminology.zst");

/// Everything built in.
#[derive(Debug)]
pub(super) struct BuiltIn {
    pub(super) systems: FxHashMap<&'static str, Entry>,
    pub(super) value_sets: FxHashMap<&'static str, Entry>,
    pub(super) concept_maps: FxHashMap<&'static str, Entry>,
}

/// One resource, and what was made of it.
#[derive(Debug)]
pub(super) struct Entry {
    text: &'static str,
    value: OnceLock<Option<Arc<Value>>>,
    /// For a code system.
    pub(super) system: OnceLock<Option<Arc<System>>>,
    /// For a value set: its codes, as far as the built-in resources decide them.
    pub(super) codes: OnceLock<Option<Arc<CodeSet>>>,
}

impl Entry {
    pub(super) fn value(&self) -> Option<Arc<Value>> {
        self.value
            .get_or_init(|| json::read(self.text.as_bytes()).ok().map(Arc::new))
            .clone()
    }
}

/// The built-in resources; some milliseconds at the first call.
pub(super) fn built_in() -> &'static BuiltIn {
    static ALL: OnceLock<BuiltIn> = OnceLock::new();
    ALL.get_or_init(load)
}

fn load() -> BuiltIn {
    let text = zstd::decode_all(PACKED)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let text: &'static str = Box::leak(text.into_boxed_str());
    let mut all = BuiltIn {
        systems: FxHashMap::default(),
        value_sets: FxHashMap::default(),
        concept_maps: FxHashMap::default(),
    };
    for line in text.lines() {
        let mut fields = line.splitn(4, '\t');
        let (Some(kind), Some(url), Some(_version), Some(text)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let entry = Entry {
            text,
            value: OnceLock::new(),
            system: OnceLock::new(),
            codes: OnceLock::new(),
        };
        match kind {
            "CodeSystem" => all.systems.insert(url, entry),
            "ValueSet" => all.value_sets.insert(url, entry),
            _ => all.concept_maps.insert(url, entry),
        };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_resource_can_be_read() {
        let all = built_in();
        assert!(all.systems.len() > 1_060 && all.value_sets.len() > 1_340);
        for (url, entry) in all
            .systems
            .iter()
            .chain(&all.value_sets)
            .chain(&all.concept_maps)
        {
            assert!(entry.value().is_some(), "{url}");
        }
    }
}

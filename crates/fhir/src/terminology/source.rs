//! Where code systems, value sets and concept maps come from.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::built_in::{Entry, built_in};
use super::code_set::CodeSet;
use super::system::System;
use super::{bare, compose};
use crate::Value;

/// Terminology resources beyond the built-in ones, found by their canonical URLs; they hide built-in ones of the same URL.
/// `Source::default()` is the built-in ones alone.
#[derive(Clone, Debug, Default)]
pub struct Source {
    systems: FxHashMap<String, Arc<System>>,
    value_sets: FxHashMap<String, Arc<Value>>,
    concept_maps: FxHashMap<String, Arc<Value>>,
}

impl Source {
    /// Adds a `CodeSystem`, `ValueSet` or `ConceptMap`, in place of an earlier one of the same URL. Says whether it was one
    /// with a URL.
    pub fn add(&mut self, resource: &Value) -> bool {
        let Some(url) = resource.str_at("url").map(str::to_owned) else {
            return false;
        };
        match resource.resource_type() {
            Some("CodeSystem") => match System::of(resource) {
                Some(system) => {
                    self.systems.insert(url, Arc::new(system));
                    true
                }
                None => false,
            },
            Some("ValueSet") => {
                self.value_sets.insert(url, Arc::new(resource.clone()));
                true
            }
            Some("ConceptMap") => {
                self.concept_maps.insert(url, Arc::new(resource.clone()));
                true
            }
            _ => false,
        }
    }

    /// Takes a resource out again.
    pub fn remove(&mut self, resource_type: &str, url: &str) {
        match resource_type {
            "CodeSystem" => drop(self.systems.remove(url)),
            "ValueSet" => drop(self.value_sets.remove(url)),
            "ConceptMap" => drop(self.concept_maps.remove(url)),
            _ => {}
        }
    }

    /// Whether nothing was added.
    pub fn is_plain(&self) -> bool {
        self.systems.is_empty() && self.value_sets.is_empty() && self.concept_maps.is_empty()
    }

    /// A code system by its URL.
    pub fn system(&self, url: &str) -> Option<Arc<System>> {
        let url = bare(url);
        if let Some(system) = self.systems.get(url) {
            return Some(Arc::clone(system));
        }
        let entry = built_in().systems.get(url)?;
        entry
            .system
            .get_or_init(|| System::of(&*entry.value()?).map(Arc::new))
            .clone()
    }

    /// A value set by its URL, as it is defined.
    pub fn value_set(&self, url: &str) -> Option<Arc<Value>> {
        let url = bare(url);
        match self.value_sets.get(url) {
            Some(value) => Some(Arc::clone(value)),
            None => built_in().value_sets.get(url).and_then(Entry::value),
        }
    }

    /// A concept map by its URL.
    pub fn concept_map(&self, url: &str) -> Option<Arc<Value>> {
        let url = bare(url);
        match self.concept_maps.get(url) {
            Some(value) => Some(Arc::clone(value)),
            None => built_in().concept_maps.get(url).and_then(Entry::value),
        }
    }

    /// All concept maps, added ones first.
    pub(super) fn concept_maps(&self) -> impl Iterator<Item = Arc<Value>> {
        self.concept_maps
            .values()
            .cloned()
            .chain(built_in().concept_maps.values().filter_map(Entry::value))
    }

    /// The codes of a value set; remembered when only built-in resources can decide them.
    pub(super) fn code_set(&self, url: &str) -> Option<Arc<CodeSet>> {
        let compute = || compose::codes_of(self, bare(url)).ok().map(Arc::new);
        if !self.is_plain() {
            return compute();
        }
        match built_in().value_sets.get(bare(url)) {
            Some(entry) => entry.codes.get_or_init(compute).clone(),
            None => compute(),
        }
    }
}

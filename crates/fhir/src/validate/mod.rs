//! Whether a resource is what FHIR R4 says it must be: structure, cardinality, value domains, references, bindings.

mod binding;
mod bundle;
mod invariant;
mod narrative;
mod place;
mod plan;
mod primitive;
mod profile;
mod reference;
mod say;
mod walk;

pub(crate) use binding::Bound;

use crate::Value;
use crate::definitions;
use crate::outcome::Issue;

/// How strict to be, and how much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether warnings, best practice and information are wanted besides errors (`$validate`); a write wants errors only.
    pub warnings: bool,
    /// Whether a resource must meet the known profiles that its `meta.profile` names.
    pub profiles: Profiles,
    /// After so many issues the search for more stops.
    pub max_issues: usize,
}

/// What becomes of the claims in `meta.profile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profiles {
    /// They are checked.
    Enforce,
    /// They are left as they are: records that come whole from another system often claim more than they keep (of the
    /// 20 patients of Synthea 1.5 with US Core profiles, none keeps them all).
    Trust,
}

impl Options {
    /// For a write: errors only.
    pub const WRITE: Self = Self {
        warnings: false,
        profiles: Profiles::Enforce,
        max_issues: 100,
    };
    /// For records that come whole from another system: as [`Self::WRITE`], but claims of profiles are not checked.
    pub const LOAD: Self = Self {
        profiles: Profiles::Trust,
        ..Self::WRITE
    };
    /// For `$validate`: everything.
    pub const FULL: Self = Self {
        warnings: true,
        profiles: Profiles::Enforce,
        max_issues: 100,
    };
}

/// What is wrong with a resource; empty when it may be stored. Never panics and never recurses deeper than FHIR data
/// reasonably nests, whatever the value.
pub fn resource(value: &Value, options: &Options) -> Vec<Issue> {
    let mut walk = walk::Walk::new(options);
    walk.top(value);
    walk.into_issues()
}

/// Whether a text is a narrative FHIR allows (`htmlChecks()`).
pub(crate) fn is_narrative(text: &str) -> bool {
    narrative::check(text).is_ok()
}

/// What is wrong with a resource, that it does not meet a profile (by canonical URL) included, whether or not its
/// `meta.profile` names that one. A profile that is not known is an error.
pub fn against_profile(value: &Value, url: &str, options: &Options) -> Vec<Issue> {
    let mut walk = walk::Walk::new(options);
    walk.top(value);
    let named = value.get("meta").is_some_and(|m| {
        m.items_at("profile")
            .iter()
            .any(|p| p.as_str() == Some(url))
    });
    match definitions::profile(url) {
        Some(profile) if !named => walk.against(value, profile),
        Some(_) => {}
        None => walk.unknown_profile(value, url),
    }
    walk.into_issues()
}

//! What an expression can see besides its focus.

use aceso_base::Instant;

use super::item::Item;
use super::node::Node;
use crate::value::Value;

/// What the surroundings answer: other resources, terminology, profiles. Every answer may be "not known".
pub trait Host {
    /// The resource a reference (relative, absolute or `urn:`) points to.
    fn resource(&self, _reference: &str) -> Option<&Value> {
        None
    }

    /// Whether a code is in a value set; none when the value set is not known.
    fn member_of(&self, _value_set: &str, _system: Option<&str>, _code: &str) -> Option<bool> {
        None
    }

    /// Whether a value meets a profile other than a base type; none when the profile is not known.
    fn conforms_to(&self, _node: Node<'_>, _profile: &str) -> Option<bool> {
        None
    }
}

/// How forgiving evaluation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// An element the type does not have is empty; `as` filters collections (as R4's own search parameters need).
    #[default]
    Lenient,
    /// Both are errors.
    Strict,
}

/// Steps an evaluation may take unless [`Env::with_budget`] says otherwise; a step is some tens of nanoseconds.
pub const DEFAULT_BUDGET: u64 = 2_000_000;

/// What an expression can see besides its focus. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub(super) resource: Option<Node<'a>>,
    pub(super) root_resource: Option<Node<'a>>,
    pub(super) now: Option<Instant>,
    pub(super) host: Option<&'a dyn Host>,
    pub(super) variables: &'a [(&'a str, Item<'a>)],
    pub(super) empty: &'a [&'a str],
    pub(super) mode: Mode,
    pub(super) budget: u64,
}

impl<'a> Env<'a> {
    /// With `%resource` and `%rootResource` the same.
    pub fn new(resource: Option<Node<'a>>, now: Instant) -> Self {
        Self {
            now: Some(now),
            ..Self::without_clock(resource)
        }
    }

    /// As [`Env::new`], but `now()`, `today()` and `timeOfDay()` are errors.
    pub fn without_clock(resource: Option<Node<'a>>) -> Self {
        Self {
            resource,
            root_resource: resource,
            now: None,
            host: None,
            variables: &[],
            empty: &[],
            mode: Mode::Lenient,
            budget: DEFAULT_BUDGET,
        }
    }

    /// `%rootResource`: the resource that contains `%resource`.
    #[must_use]
    pub const fn with_root(mut self, root: Node<'a>) -> Self {
        self.root_resource = Some(root);
        self
    }

    /// Who answers `resolve()`, `memberOf()` and `conformsTo()`.
    #[must_use]
    pub const fn with_host(mut self, host: &'a dyn Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Variables `%name` of the caller's own.
    #[must_use]
    pub const fn with_variables(mut self, variables: &'a [(&'a str, Item<'a>)]) -> Self {
        self.variables = variables;
        self
    }

    /// Variables that are there and empty.
    #[must_use]
    pub const fn with_empty(mut self, names: &'a [&'a str]) -> Self {
        self.empty = names;
        self
    }

    /// How forgiving evaluation is.
    #[must_use]
    pub const fn in_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The most steps one evaluation may take.
    #[must_use]
    pub const fn with_budget(mut self, steps: u64) -> Self {
        self.budget = steps;
        self
    }
}

//! Search parameters, the index branches they read, compartments and clinical dates.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::types;

static TABLE: &[u8] = include_bytes!("../../data/parameters.json.zst");

/// All search parameters of R4 and those that US Core 6.1 adds; loaded at the first call, then free.
pub fn parameters() -> &'static Parameters {
    static PARAMETERS: OnceLock<Parameters> = OnceLock::new();
    PARAMETERS.get_or_init(Parameters::load)
}

/// A kind of search parameter (R4, section 3.1.1.3), which is also the kind of an index branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    /// A number.
    Number,
    /// A date, time or period.
    Date,
    /// Text.
    String,
    /// A code, identifier, boolean.
    Token,
    /// A reference to a resource.
    Reference,
    /// Several parameters about the same element.
    Composite,
    /// A number with a unit.
    Quantity,
    /// A URI.
    Uri,
    /// `Location.near`.
    Special,
}

/// One search parameter of one resource type. A definition for several types is one of these for each.
#[derive(Debug, Deserialize)]
pub struct Param {
    /// Its name in a query: `code`, `_tag`.
    pub code: &'static str,
    /// The resource type it belongs to; `Resource` for those that every type has.
    pub base: &'static str,
    /// The canonical URL of its definition.
    pub url: &'static str,
    /// Its kind.
    pub kind: ParamKind,
    /// The index branches that hold its values; a resource matches when any of them does. Empty for composites.
    #[serde(default)]
    pub uses: Vec<BranchUse>,
    /// For a reference: the resource types it may lead to, sorted; empty for any.
    #[serde(default)]
    pub targets: Vec<&'static str>,
    /// For a composite: the elements within which all components must hold, as normalised paths (empty: the
    /// resource itself).
    #[serde(default)]
    pub groups: Vec<&'static str>,
    /// For a composite: its components.
    #[serde(default)]
    pub components: Vec<Component>,
}

/// How a parameter uses a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct BranchUse {
    /// The branch's id.
    pub branch: u16,
    /// Only references to this type count (`where(resolve() is Patient)`).
    #[serde(default)]
    pub target: Option<&'static str>,
}

/// One component of a composite.
#[derive(Debug, Deserialize)]
pub struct Component {
    /// The name of the parameter of the same resource type that it is.
    pub code: &'static str,
    /// Its kind.
    pub kind: ParamKind,
    /// Where its values are, as normalised paths from the group; a path that begins with `%resource` starts at the
    /// resource.
    pub paths: Vec<&'static str>,
}

/// A distinct place in a resource type that is indexed in one way. Index rows are written once per branch, however
/// many parameters read it.
#[derive(Debug, Deserialize)]
pub struct Branch {
    /// Its number: from 1, the same in every later build.
    pub id: u16,
    /// The resource type; `Resource` for what every type has.
    pub resource: &'static str,
    /// The normalised path from the resource: `code`, `value:Quantity`, `telecom[system=phone]`.
    pub path: &'static str,
    /// How it is indexed.
    pub kind: ParamKind,
}

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Parameters {
    params: Vec<Param>,
    branches: Vec<Branch>,
    compartments: Vec<CompartmentRule>,
    dates: Vec<ClinicalDate>,
    implied: Vec<Implied>,
    #[serde(skip)]
    by_code: FxHashMap<&'static str, FxHashMap<&'static str, usize>>,
    #[serde(skip)]
    by_branch: Vec<Option<usize>>,
    #[serde(skip)]
    by_compartment: FxHashMap<&'static str, FxHashMap<&'static str, usize>>,
    #[serde(skip)]
    date_of: FxHashMap<&'static str, u16>,
    #[serde(skip)]
    implied_by: FxHashMap<&'static str, &'static str>,
}

#[derive(Debug, Deserialize)]
struct Implied {
    value_set: &'static str,
    system: &'static str,
}

#[derive(Debug, Deserialize)]
struct CompartmentRule {
    compartment: &'static str,
    kind: &'static str,
    codes: Vec<&'static str>,
}

#[derive(Debug, Deserialize)]
struct ClinicalDate {
    kind: &'static str,
    branch: u16,
}

impl Param {
    /// Whether a resource has at most one value of it: one branch, no element of whose path repeats.
    pub fn is_single(&self) -> bool {
        let [one] = self.uses.as_slice() else {
            return false;
        };
        parameters()
            .branch(one.branch)
            .is_some_and(Branch::is_single)
    }
}

impl Branch {
    fn is_single(&self) -> bool {
        let mut owner = types().by_name(self.resource);
        self.path.split('.').all(|step| {
            let name = step.split(':').next().unwrap_or(step);
            let Some(element) = owner.and_then(|t| t.element(name)) else {
                return false;
            };
            owner = match element.types.as_slice() {
                [one] => one.ty(),
                _ => None,
            };
            !element.is_list()
        })
    }
}

impl Parameters {
    fn load() -> Self {
        let bytes = zstd::decode_all(TABLE).unwrap_or_default();
        let text: &'static str = Box::leak(
            String::from_utf8(bytes)
                .unwrap_or_default()
                .into_boxed_str(),
        );
        let mut table: Self = serde_json::from_str(text).unwrap_or_default();
        table.link();
        table
    }

    fn link(&mut self) {
        for (i, p) in self.params.iter().enumerate() {
            self.by_code.entry(p.base).or_default().insert(p.code, i);
        }
        let most = self.branches.iter().map(|b| b.id).max().unwrap_or(0);
        self.by_branch = vec![None; usize::from(most) + 1];
        for (i, b) in self.branches.iter().enumerate() {
            if let Some(slot) = self.by_branch.get_mut(usize::from(b.id)) {
                *slot = Some(i);
            }
        }
        for (i, rule) in self.compartments.iter().enumerate() {
            let rules = self.by_compartment.entry(rule.compartment).or_default();
            rules.insert(rule.kind, i);
        }
        self.implied_by = self
            .implied
            .iter()
            .map(|i| (i.value_set, i.system))
            .collect();
        self.date_of = self.dates.iter().map(|d| (d.kind, d.branch)).collect();
    }

    /// The parameter of this name that searches of this type know: the type's own, or one that every type has.
    pub fn find(&'static self, kind: &str, code: &str) -> Option<&'static Param> {
        self.own(kind, code).or_else(|| self.own("Resource", code))
    }

    fn own(&'static self, base: &str, code: &str) -> Option<&'static Param> {
        let at = self.by_code.get(base)?.get(code)?;
        self.params.get(*at)
    }

    /// The parameters of a type without those that every type has; in order of their names. `Resource` for the latter.
    pub fn of(&'static self, kind: &str) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter(move |p| p.base == kind)
    }

    /// All parameters.
    pub fn iter(&'static self) -> impl Iterator<Item = &'static Param> {
        self.params.iter()
    }

    /// The branch of this number.
    pub fn branch(&'static self, id: u16) -> Option<&'static Branch> {
        let at = (*self.by_branch.get(usize::from(id))?)?;
        self.branches.get(at)
    }

    /// All branches.
    pub fn branches(&'static self) -> impl Iterator<Item = &'static Branch> {
        self.branches.iter()
    }

    /// The parameters by which a resource of type `kind` belongs to a compartment of type `compartment`; none when it
    /// never does. `{def}` as a code means: it belongs to the compartment that it itself is.
    pub fn compartment(
        &'static self,
        compartment: &str,
        kind: &str,
    ) -> Option<&'static [&'static str]> {
        let at = self.by_compartment.get(compartment)?.get(kind)?;
        self.compartments.get(*at).map(|r| r.codes.as_slice())
    }

    /// The resource types that can be in a compartment of this type.
    pub fn compartment_kinds(
        &'static self,
        compartment: &str,
    ) -> impl Iterator<Item = &'static str> {
        self.compartments
            .iter()
            .filter(move |r| r.compartment == compartment)
            .map(|r| r.kind)
    }

    /// The date branch that says when a resource of this type happened; none: when it was last updated.
    pub fn clinical_date(&'static self, kind: &str) -> Option<u16> {
        self.date_of.get(kind).copied()
    }

    /// The one code system that a value set draws on, when it is bound to a plain `code` and draws on one only.
    pub fn implied_system(&'static self, value_set: &str) -> Option<&'static str> {
        let bare = value_set.split('|').next().unwrap_or(value_set);
        self.implied_by.get(bare).copied()
    }
}

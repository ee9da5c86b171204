//! What a search asks for, as closed types.

use std::collections::HashSet;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::definitions::Param;

/// A search as read from its query string; everything in it is known to exist and to fit together.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The resource type; none for a search over all types.
    pub kind: Option<&'static str>,
    /// With no `kind`: only these types (`_type`); empty for all.
    pub types: Vec<&'static str>,
    /// What a match must satisfy: all of them.
    pub clauses: Vec<Clause>,
    /// The order, most important key first; empty for the server's choice.
    pub sort: Vec<SortKey>,
    /// The page size asked for (`_count`), as given.
    pub count: Option<u32>,
    /// How exact `Bundle.total` must be.
    pub total: Option<Total>,
    /// What is to come along with the matches.
    pub include: Vec<Include>,
    /// Which parts of each resource to send.
    pub subset: Subset,
    /// The opaque mark of a page (`_cursor`), as [`Query::self_link`] of an earlier answer carried it.
    pub cursor: Option<String>,
    /// With lenient handling: the parameters that were left out, as `name: reason`.
    pub ignored: Vec<String>,
    /// The query as understood, percent-encoded, without `?` and without `_cursor`: for the `self` and paging links.
    pub self_link: String,
}

/// A condition on a resource.
#[derive(Clone, Debug)]
pub enum Clause {
    /// All of these; true when empty.
    All(Vec<Clause>),
    /// At least one of these; false when empty.
    Any(Vec<Clause>),
    /// Not this.
    Not(Box<Clause>),
    /// A value of this parameter passes at least one of the tests.
    Match {
        /// The parameter.
        param: &'static Param,
        /// The tests, of the kind that [`Param::kind`] says; any one is enough.
        tests: Vec<Test>,
    },
    /// The parameter has no value at all, or at least one.
    Missing {
        /// The parameter.
        param: &'static Param,
        /// `true`: no value.
        missing: bool,
    },
    /// The reference `via` leads to a resource of type `target` that satisfies `inner`.
    Chain {
        /// A reference parameter of the resource at hand.
        via: &'static Param,
        /// The type it must lead to.
        target: &'static str,
        /// What the resource there must satisfy.
        inner: Box<Clause>,
    },
    /// A resource of type `source` refers to this one through `via` and satisfies `inner` (`_has`, `_list`).
    Has {
        /// The type of the referring resource.
        source: &'static str,
        /// A reference parameter of `source`.
        via: &'static Param,
        /// What the referring resource must satisfy.
        inner: Box<Clause>,
    },
    /// Its logical id is one of these.
    Id(Vec<String>),
    /// `meta.lastUpdated`.
    LastUpdated(DateTest),
    /// Its type is one of these (`_type` in `_filter`, and in scopes).
    Kind(Vec<&'static str>),
    /// It is in the compartment of this resource (see [`crate::definitions::Parameters::compartment`]).
    Compartment {
        /// `Patient`, `Encounter`, `Practitioner`, `RelatedPerson` or `Device`.
        kind: &'static str,
        /// The logical id of the compartment's own resource.
        id: String,
    },
    /// All of these words (folded) begin a word of the narrative, or of any text in the resource.
    Words {
        /// Where to look.
        scope: WordScope,
        /// What to look for.
        words: Vec<String>,
    },
    /// What the caller of the search knows and no document tells.
    Outside(Outside),
}

/// A condition that no document tells: which rule, and its numbers. The caller of the search gives it a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Which rule.
    pub rule: u8,
    /// What it needs to know.
    pub numbers: Vec<i64>,
}

impl Clause {
    /// Whether it can be decided on one resource alone: no chain, no `_has`, no hierarchy of references.
    pub fn stands_alone(&self) -> bool {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().all(Self::stands_alone),
            Self::Not(inner) => inner.stands_alone(),
            Self::Match { tests, .. } => !tests
                .iter()
                .any(|t| matches!(t, Test::ReferenceHierarchy { .. })),
            Self::Chain { .. } | Self::Has { .. } | Self::Outside(_) => false,
            Self::Missing { .. }
            | Self::Id(_)
            | Self::LastUpdated(_)
            | Self::Kind(_)
            | Self::Compartment { .. }
            | Self::Words { .. } => true,
        }
    }
}

/// Where the words of `_text` and `_content` are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordScope {
    /// `_text`: the narrative.
    Narrative,
    /// `_content`: every string of the resource, the narrative's text included.
    Content,
}

/// A comparison prefix (R4, section 3.1.1.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Equal within the precision given.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Less.
    Lt,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
    /// Starts after.
    Sa,
    /// Ends before.
    Eb,
    /// About: within a tenth (of the number, or of the distance from now).
    Ap,
}

/// A test on a date: `[lo, hi)` is the span that the value given stands for, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTest {
    /// How to compare.
    pub prefix: Prefix,
    /// The span's first millisecond. For `ap` the span is already widened.
    pub lo: i64,
    /// The first millisecond after the span.
    pub hi: i64,
}

/// A test on a number; for `eq`, `ne` and `ap` the value stands for `[lo, hi)`, or `[lo, hi]` for `ap`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberTest {
    /// How to compare.
    pub prefix: Prefix,
    /// The number given.
    pub value: f64,
    /// The lower end of what it stands for.
    pub lo: f64,
    /// The upper end of what it stands for.
    pub hi: f64,
}

/// Which system a token must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemTest {
    /// `code`: any or none.
    Any,
    /// `|code`: none.
    None,
    /// `system|code`.
    Is(String),
}

/// How a string is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrTest {
    /// Begins with it, case and accents aside.
    Prefix,
    /// Is it, to the letter.
    Exact,
    /// Has it in it, case and accents aside.
    Contains,
    /// Is it, case and accents aside (`_filter`'s `eq`).
    Equal,
    /// Ends with it, case and accents aside (`_filter`'s `ew`).
    Suffix,
}

/// How a URI is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriTest {
    /// Is it.
    Exact,
    /// Begins with it (`:below`).
    Below,
    /// It begins with the resource's value (`:above`).
    Above,
    /// Has it in it (`_filter`'s `co`, and `:contains`).
    Contains,
}

/// Up or down a hierarchy of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It or what it is part of.
    Above,
    /// It or a part of it.
    Below,
}

/// Codes by system, from a value set or a code's descendants or ancestors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeSet {
    /// (system, code); an empty system for codes of no known system.
    pub codes: HashSet<(String, String), FxBuildHasher>,
    /// Systems of which every code is meant.
    pub whole_systems: Vec<String>,
}

impl CodeSet {
    /// Whether a coding is meant. A coding without a system fits by its code alone only to a code without one.
    pub fn has(&self, system: Option<&str>, code: &str) -> bool {
        let system = system.unwrap_or_default();
        self.whole_systems
            .iter()
            .any(|s| s == system && !s.is_empty())
            || self.codes.contains(&(system.to_owned(), code.to_owned()))
    }
}

/// A test on one value of a parameter.
#[derive(Clone, Debug)]
pub enum Test {
    /// A code, identifier, boolean …
    Token {
        /// The system it must have.
        system: SystemTest,
        /// The code; none for any code of the system (`system|`).
        code: Option<String>,
    },
    /// `:text`: a display, a text or an identifier type's text begins with this (folded).
    TokenText(String),
    /// `:in`, `:below`, `:above`; `:not-in` is its negation.
    TokenSet(Arc<CodeSet>),
    /// `:of-type=system|code|value` on an identifier.
    OfType {
        /// The system of the identifier's type.
        system: String,
        /// The code of the identifier's type.
        code: String,
        /// The identifier's value.
        value: String,
    },
    /// A resource on this server.
    Reference {
        /// Its type; none when only the id was given: any type that the parameter can lead to.
        kind: Option<&'static str>,
        /// Its logical id.
        id: String,
        /// Its version, when given; a reference without a version then does not match.
        version: Option<String>,
    },
    /// An absolute URL, `urn:uuid:…`, or a canonical (then perhaps with its version).
    ReferenceUrl {
        /// The URL without `|version`.
        url: String,
        /// The canonical's version.
        version: Option<String>,
    },
    /// `:identifier`: the identifier in the reference itself.
    ReferenceIdentifier {
        /// The identifier's system.
        system: SystemTest,
        /// The identifier's value; none for any of the system.
        value: Option<String>,
    },
    /// `:above` / `:below` on a reference: it, or what is above or below it by the target's own hierarchy.
    ReferenceHierarchy {
        /// Which way.
        direction: Direction,
        /// The resource's type.
        kind: &'static str,
        /// Its logical id.
        id: String,
    },
    /// A string.
    Str {
        /// How to compare.
        how: StrTest,
        /// As given.
        text: String,
        /// [`super::fold`]ed.
        folded: String,
    },
    /// A date or span.
    Date(DateTest),
    /// A date or span that passes all of these at once.
    DateWithin(Vec<DateTest>),
    /// A number.
    Number(NumberTest),
    /// A quantity.
    Quantity {
        /// The number, in the unit that was given.
        number: NumberTest,
        /// The unit's system.
        system: SystemTest,
        /// The unit's code (or its printed form); none for any.
        code: Option<String>,
        /// With a UCUM unit that has a canonical form: the same test in it, and its code.
        canonical: Option<(NumberTest, &'static str)>,
    },
    /// A URI.
    Uri {
        /// How to compare.
        how: UriTest,
        /// The value.
        value: String,
    },
    /// One test for each component, in order; all within the same element of the composite.
    Composite(Vec<Test>),
    /// `Location.position` within a distance.
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Kilometres.
        distance: f64,
    },
}

/// One key of the order.
#[derive(Clone, Copy, Debug)]
pub struct SortKey {
    /// What to order by.
    pub by: SortBy,
    /// Greatest first.
    pub descending: bool,
}

/// What to order by.
#[derive(Clone, Copy, Debug)]
pub enum SortBy {
    /// The logical id.
    Id,
    /// `meta.lastUpdated`.
    LastUpdated,
    /// A parameter: its least value when ascending, its greatest when descending; resources without one come last. By
    /// the clinical date (see [`crate::definitions::Parameters::clinical_date`]): by its start; resources without one
    /// stand where they were last updated.
    Param(&'static Param),
}

/// How exact `Bundle.total` must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Not wanted.
    None,
    /// A guess will do.
    Estimate,
    /// Exact.
    Accurate,
}

/// What comes along with the matches.
#[derive(Clone, Copy, Debug)]
pub struct Include {
    /// `_revinclude`: what refers to the matches; else what they refer to.
    pub reverse: bool,
    /// The type that holds the reference; none for `*`.
    pub source: Option<&'static str>,
    /// The reference parameter; none for all of `source` (`*`).
    pub param: Option<&'static Param>,
    /// Only when the reference leads to this type.
    pub target: Option<&'static str>,
    /// Also from what was included.
    pub iterate: bool,
}

/// Which parts of each resource to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subset {
    /// `_summary`.
    pub summary: Option<Summary>,
    /// `_elements`; empty for all.
    pub elements: Vec<String>,
}

/// `_summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// Only summary elements.
    True,
    /// Everything.
    False,
    /// The narrative and mandatory elements.
    Text,
    /// Everything but the narrative.
    Data,
    /// Only the number of matches.
    Count,
}

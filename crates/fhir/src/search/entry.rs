//! What a resource can be found by.

use std::borrow::Cow;

/// The first millisecond of a span without a start.
pub const BEGINNING: i64 = -62_135_596_800_000;
/// The first millisecond after a span without an end.
pub const END: i64 = 253_402_300_800_000;

/// One value a resource can be found by.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The branch it was found through ([`crate::definitions::Branch::id`]).
    pub branch: u16,
    /// The value.
    pub value: IndexValue<'a>,
}

/// The value of an index entry; borrowed from the document where it can be. Strings are as written: what is stored
/// for comparison is [`super::fold`]ed.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexValue<'a> {
    /// A code with its system.
    Token {
        /// None when the coding has no system (and for booleans, plain strings …). A plain `code` has the system that
        /// its required binding implies, when that is one.
        system: Option<&'a str>,
        /// The code, identifier value …; empty for a coding with a system only.
        code: &'a str,
    },
    /// A text for `:text`: `display`, `CodeableConcept.text`, `Identifier.type.text`.
    TokenText(&'a str),
    /// An identifier with a type coding, for `:of-type`.
    OfType {
        /// The system of the type.
        system: &'a str,
        /// The code of the type.
        code: &'a str,
        /// The identifier's value.
        value: &'a str,
    },
    /// A reference to a resource on this server.
    Reference {
        /// Its type.
        kind: &'static str,
        /// Its logical id.
        id: &'a str,
        /// Its version, when the reference names one.
        version: Option<&'a str>,
    },
    /// A reference to elsewhere: an absolute URL, `urn:uuid:`, or a canonical.
    ReferenceUrl {
        /// The URL without `|version`.
        url: &'a str,
        /// The canonical's version.
        version: Option<&'a str>,
    },
    /// The identifier inside a reference.
    ReferenceIdentifier {
        /// The identifier's system.
        system: Option<&'a str>,
        /// The identifier's value.
        value: &'a str,
    },
    /// A string.
    Str(Cow<'a, str>),
    /// A span of time `[lo, hi)` in milliseconds since 1970; [`BEGINNING`] and [`END`] stand for an open end.
    Date {
        /// The first millisecond.
        lo: i64,
        /// The first millisecond after.
        hi: i64,
    },
    /// A number or range; `lo == hi` for a number; infinite for an open end.
    Number {
        /// The least value.
        lo: f64,
        /// The greatest value.
        hi: f64,
    },
    /// A quantity or range of quantities.
    Quantity {
        /// The least value.
        lo: f64,
        /// The greatest value; `lo` for a single value.
        hi: f64,
        /// The unit's system.
        system: Option<&'a str>,
        /// The unit's code; when there is none its printed form; empty when there is neither.
        code: &'a str,
        /// For UCUM units that have one: the factor to, and the code of, the canonical unit.
        canonical: Option<(f64, &'static str)>,
    },
    /// A URI; for a canonical without its `|version`.
    Uri(&'a str),
}

/// Everything a resource can be found by.
#[derive(Clone, Debug, Default)]
pub struct Extracted<'a> {
    /// The entries, without duplicates, sorted by branch.
    pub entries: Vec<Entry<'a>>,
    /// The clinical date (ms): the start of the type's date branch ([`crate::definitions::Parameters::clinical_date`]),
    /// or its end when it has only one, or `meta.lastUpdated`, or 0.
    pub ord: i64,
}

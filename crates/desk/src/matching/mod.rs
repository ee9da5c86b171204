//! Which components of a bill of materials an advisory is about, and how they stand.

mod matcher;
mod predicate;
mod purl;
mod sbom;

pub use matcher::{Finding, Matcher, State};
pub use predicate::{Facts, Predicate, PredicateError, Truth};
pub(crate) use purl::decode;
pub use purl::{Purl, PurlError};
pub use sbom::{Component, Sbom, SbomError};

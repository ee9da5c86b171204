//! Which components of a bill of materials an advisory is about, and how they stand.

mod lockfile;
mod matcher;
mod predicate;
mod purl;
mod sbom;

pub use lockfile::read_lockfile;
pub use matcher::{Finding, Matcher, State};
pub use predicate::{Facts, Predicate, PredicateError, Truth};
pub use purl::{Purl, PurlError};
pub(crate) use purl::{decode, encode};
pub use sbom::{Component, Sbom, SbomError};

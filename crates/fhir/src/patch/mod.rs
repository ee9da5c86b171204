//! Changing a document: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7396) and FHIRPath Patch (FHIR R4, section
//! 3.1.6). Each returns the changed copy; whether that is still a valid resource is for validation to say.

mod json;
mod merge;
mod parts;
mod path;
mod pointer;
mod same;

pub use json::json;
pub use merge::merge;
pub use path::fhirpath;

use crate::path::{EvaluateError, ParseError};

/// The most bytes a patch may add by copying within the document.
const MOST_COPIED: usize = 16 << 20;

/// Why a patch was not applied. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The patch is not a list of operations of its kind.
    #[error("{0}")]
    NotAPatch(&'static str),
    /// An operation failed; they are counted from 0.
    #[error("operation {index}: {problem}")]
    Operation {
        /// Which one.
        index: usize,
        /// Why.
        problem: Problem,
    },
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A member or part it needs is absent or of the wrong kind.
    #[error("\"{0}\" is missing or not what it must be")]
    Missing(&'static str),
    /// An operation that there is not.
    #[error("there is no operation {0}")]
    UnknownOperation(Box<str>),
    /// A JSON pointer that is not one (RFC 6901).
    #[error("{0} is not a JSON pointer")]
    Pointer(Box<str>),
    /// The path leads nowhere.
    #[error("there is nothing at {0}")]
    Nothing(Box<str>),
    /// An array index beyond the end.
    #[error("the list at {path} has no place {place}")]
    Place {
        /// The list.
        path: Box<str>,
        /// The place.
        place: Box<str>,
    },
    /// A `test` that found another value.
    #[error("the value at {0} is another one")]
    TestFailed(Box<str>),
    /// A value cannot move into itself.
    #[error("{0} cannot move into itself")]
    IntoItself(Box<str>),
    /// The whole document cannot be removed or replaced so.
    #[error("the whole resource cannot be the target")]
    Whole,
    /// The path leads to several elements where one is needed.
    #[error("{path} leads to {count} elements")]
    Several {
        /// The path.
        path: Box<str>,
        /// How many.
        count: usize,
    },
    /// The path leads to something computed, or to elements that are not one whole list.
    #[error("{0} does not lead to a list of the resource")]
    NotAList(Box<str>),
    /// The path leads to a value that is not in the resource.
    #[error("{0} does not lead to an element of the resource")]
    NotAnElement(Box<str>),
    /// An element that the type does not have, or not with a value of that type.
    #[error("{ty} has no element {name} with such a value")]
    UnknownElement {
        /// The type.
        ty: &'static str,
        /// The element.
        name: Box<str>,
    },
    /// `add` to an element that can occur once and does.
    #[error("{0} is there already")]
    Taken(Box<str>),
    /// The path is not FHIRPath.
    #[error("the path is not FHIRPath: {0}")]
    Path(ParseError),
    /// The path failed to evaluate.
    #[error("the path cannot be evaluated: {0}")]
    Evaluate(EvaluateError),
    /// The document would nest too deeply.
    #[error("the result would be nested too deeply")]
    TooDeep,
    /// The document would grow too large.
    #[error("the result would be too large")]
    TooLarge,
}

//! Where a version of a form or a template stands.

use aceso_web::page::{Tag, Tone};

/// Where it stands: the status of FHIR's definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is being made.
    Draft,
    /// It is in use.
    Active,
    /// Nothing is begun with it any more.
    Retired,
}

impl Standing {
    /// By a document's status; what is neither a draft nor active is not in use.
    pub(crate) fn of(status: Option<&str>) -> Self {
        match status {
            Some("active") => Self::Active,
            Some("draft") => Self::Draft,
            Some(_) | None => Self::Retired,
        }
    }

    /// As FHIR writes it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    /// As lists show it.
    pub(crate) fn tag(self) -> Tag {
        match self {
            Self::Draft => Tag::new(Tone::Info, "draft"),
            Self::Active => Tag::new(Tone::Good, "in use"),
            Self::Retired => Tag::plain("retired"),
        }
    }
}

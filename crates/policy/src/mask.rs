//! What a role does not see of the resources that it may read: elements, and identifiers of a system.
//!
//! A policy says it, `forbid (principal in Role::"x", action == Action::"see", resource)` with what is hidden in
//! `@hides("Patient.photo identifier=http://hl7.org/fhir/sid/us-ssn")`. It holds for whoever has the role, whatever other
//! roles they have: what is forbidden stays forbidden.

use std::fmt;

use aceso_fhir::definitions::{ElementDef, TypeDef, types};
use cedar_policy::{ActionConstraint, Effect, PrincipalConstraint};

use crate::text::{Known, Wrong};

/// The act that a mask forbids.
pub(crate) const SEE: &str = "see";
const IDENTIFIER: &str = "identifier=";
/// What every resource needs to be one.
const NEEDED: [&str; 3] = ["id", "meta", "implicitRules"];

/// Something that is hidden.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mask {
    /// An element of a resource type, with all that is in it.
    Element {
        /// The type.
        kind: &'static str,
        /// The element's name, without `[x]`.
        name: &'static str,
    },
    /// Every identifier of this system, wherever it stands.
    Identifier {
        /// The system's URI.
        system: String,
    },
}

/// What is hidden, each once and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks(Vec<Mask>);

/// A text that hides nothing that can be hidden.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MaskError(String);

impl Masks {
    /// Nothing is hidden.
    pub const NONE: Self = Self(Vec::new());

    /// Reads words such as `Patient.photo` and `identifier=http://hl7.org/fhir/sid/us-ssn`.
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        let masks: Result<Vec<_>, _> = text.split_whitespace().map(one).collect();
        Ok(masks?.into_iter().collect())
    }

    /// Whether nothing is hidden.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = &Mask> {
        self.0.iter()
    }

    /// Whether an element of a type is hidden.
    pub fn hides(&self, kind: &str, element: &str) -> bool {
        self.0.iter().any(|mask| match mask {
            Mask::Element { kind: of, name } => *of == kind && *name == element,
            Mask::Identifier { .. } => false,
        })
    }

    /// The systems whose identifiers are hidden.
    pub fn systems(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|mask| match mask {
            Mask::Identifier { system } => Some(system.as_str()),
            Mask::Element { .. } => None,
        })
    }

    /// What either hides.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        if other.is_empty() {
            return self;
        }
        self.0.into_iter().chain(other.0.iter().cloned()).collect()
    }
}

impl Mask {
    /// Whether resources of a type can have it: identifiers stand in all.
    pub fn concerns(&self, of: &str) -> bool {
        match self {
            Self::Element { kind, .. } => *kind == of,
            Self::Identifier { .. } => true,
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element { kind, name } => write!(f, "{kind}.{name}"),
            Self::Identifier { system } => write!(f, "{IDENTIFIER}{system}"),
        }
    }
}

impl FromIterator<Mask> for Masks {
    fn from_iter<I: IntoIterator<Item = Mask>>(masks: I) -> Self {
        let mut all: Vec<Mask> = masks.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }
}

impl fmt::Display for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mask) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{mask}")?;
        }
        Ok(())
    }
}

fn one(word: &str) -> Result<Mask, MaskError> {
    if let Some(system) = word.strip_prefix(IDENTIFIER) {
        let plain = system
            .chars()
            .all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
        if system.is_empty() || !plain {
            return Err(MaskError(format!(
                "\"{word}\" names no system of identifiers"
            )));
        }
        return Ok(Mask::Identifier {
            system: system.to_owned(),
        });
    }
    let no = |why: &str| MaskError(format!("\"{word}\" cannot be hidden: {why}"));
    let (kind, name) = word
        .split_once('.')
        .ok_or_else(|| no("name an element as Patient.photo, or identifier= and a system"))?;
    let kind: &'static TypeDef = types()
        .resource(kind)
        .ok_or_else(|| no("there is no such resource type"))?;
    let element: &'static ElementDef = kind
        .element(name)
        .ok_or_else(|| no("the type has no such element"))?;
    if element.min > 0 || NEEDED.contains(&element.name) {
        return Err(no("without it there is no such resource"));
    }
    if element.modifier {
        return Err(no("it can change what the rest means"));
    }
    Ok(Mask::Element {
        kind: kind.name,
        name: element.name,
    })
}

/// The role that a policy hides something from, and what; none for a policy of another kind.
pub(crate) fn of_policy(known: &Known) -> Result<Option<(String, Masks)>, Wrong> {
    let policy = &known.policy;
    let wrong = |what: String| Wrong {
        line: known.line,
        what,
    };
    let sees = match policy.action_constraint() {
        ActionConstraint::Eq(act) => act.id().unescaped() == SEE,
        ActionConstraint::In(acts) => acts.iter().any(|act| act.id().unescaped() == SEE),
        ActionConstraint::Any => false,
    };
    let hides = policy.annotation("hides");
    if !sees && hides.is_none() {
        return Ok(None);
    }
    let role = match policy.principal_constraint() {
        PrincipalConstraint::In(role) => Some(role.id().unescaped().to_owned()),
        PrincipalConstraint::Any
        | PrincipalConstraint::Eq(_)
        | PrincipalConstraint::Is(_)
        | PrincipalConstraint::IsIn(..) => None,
    };
    let alone = matches!(policy.action_constraint(), ActionConstraint::Eq(_));
    let bare = policy.to_pst().is_ok_and(|p| p.body().clauses().is_empty());
    match (role, hides) {
        (Some(role), Some(text)) if sees && alone && bare && policy.effect() == Effect::Forbid => {
            let masks = Masks::parse(text).map_err(|error| wrong(error.to_string()))?;
            Ok(Some((role, masks)))
        }
        _ => Err(wrong(
            "what a role does not see is said by: @hides(\"Patient.photo\") forbid (principal in Role::\"…\", action == Action::\"see\", resource); without conditions".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_read_back_as_they_were_written() {
        let text = "Patient.photo Patient.telecom identifier=http://hl7.org/fhir/sid/us-ssn";
        let masks = Masks::parse(text).unwrap();
        assert_eq!(masks.to_string(), text);
        assert!(masks.hides("Patient", "photo") && !masks.hides("Person", "photo"));
        assert_eq!(masks.clone().or(&masks), masks);
    }

    #[test]
    fn what_no_resource_can_be_without_is_not_hidden() {
        for bad in [
            "Patient",
            "Patient.nose",
            "Sandwich.photo",
            "Observation.code",
            "Observation.status",
            "Patient.active",
            "Patient.meta",
            "identifier=",
            "identifier=a\"b",
        ] {
            assert!(Masks::parse(bad).is_err(), "{bad}");
        }
    }
}

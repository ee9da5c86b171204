//! SMART App Launch 2.2 scopes for clinical data (section 3.0.2), v2 grammar; v1 (`.read`, `.write`, `.*`) is read too.

use std::fmt;

use crate::Action;

/// Whose authority a scope draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// One patient's data.
    Patient,
    /// What the signed-in person may see.
    User,
    /// A backend service's own authority.
    System,
}

/// One scope: `system/Observation.rs?category=laboratory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose authority it draws on.
    pub context: Context,
    /// The resource type; none for `*`.
    pub kind: Option<String>,
    /// The acts it allows.
    pub actions: Vec<Action>,
    /// A search that narrows it, without the `?`.
    pub arguments: Option<String>,
}

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

/// A scope that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "scope \"{0}\" is not of the form (patient|user|system)/(ResourceType|*).(c r u d s, in this order)[?search]"
)]
pub struct ScopeError(pub String);

impl Scope {
    /// Reads one scope.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::try_parse(text).ok_or_else(|| ScopeError(text.to_owned()))
    }

    fn try_parse(text: &str) -> Option<Self> {
        let (head, arguments) = match text.split_once('?') {
            Some((head, arguments)) if !arguments.is_empty() => (head, Some(arguments.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        let (context, rest) = head.split_once('/')?;
        let (kind, acts) = rest.split_once('.')?;
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            "system" => Context::System,
            _ => return None,
        };
        let kind = match kind {
            "*" => None,
            name if name.chars().all(|c| c.is_ascii_alphabetic()) && !name.is_empty() => {
                Some(name.to_owned())
            }
            _ => return None,
        };
        Some(Self {
            context,
            kind,
            actions: actions(acts)?,
            arguments,
        })
    }

    /// Whether it is about a resource type of R4, or about all.
    pub fn has_known_type(&self) -> bool {
        let kind = self.kind.as_deref();
        kind.is_none_or(|name| aceso_fhir::definitions::types().resource(name).is_some())
    }

    /// Whether it allows this act on this type (its arguments are checked elsewhere).
    pub fn covers(&self, action: Action, kind: &str) -> bool {
        self.actions.contains(&action) && self.kind.as_deref().is_none_or(|k| k == kind)
    }
}

fn actions(text: &str) -> Option<Vec<Action>> {
    use Action::{Create, Delete, Read, Search, Update};
    match text {
        "read" => return Some(vec![Read, Search]),
        "write" => return Some(vec![Create, Update, Delete]),
        "*" => return Some(vec![Create, Read, Update, Delete, Search]),
        "" => return None,
        _ => {}
    }
    let mut left = [
        ('c', Create),
        ('r', Read),
        ('u', Update),
        ('d', Delete),
        ('s', Search),
    ]
    .into_iter();
    text.chars()
        .map(|c| {
            left.find(|(letter, _)| *letter == c)
                .map(|(_, action)| action)
        })
        .collect()
}

impl Scopes {
    /// Reads scopes separated by spaces.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        text.split_ascii_whitespace()
            .map(Scope::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = match self.context {
            Context::Patient => "patient",
            Context::User => "user",
            Context::System => "system",
        };
        let letter = |action: &Action| match action {
            Action::Create => 'c',
            Action::Read => 'r',
            Action::Update => 'u',
            Action::Delete => 'd',
            Action::Search => 's',
        };
        let letters: String = self.actions.iter().map(letter).collect();
        write!(
            f,
            "{context}/{}.{letters}",
            self.kind.as_deref().unwrap_or("*")
        )?;
        self.arguments
            .iter()
            .try_for_each(|text| write!(f, "?{text}"))
    }
}

impl fmt::Display for Scopes {
    /// As [`Scopes::parse`] reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, scope) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            write!(f, "{gap}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_as_they_are_read() {
        for text in [
            "",
            "system/*.cruds",
            "patient/Observation.rs?category=laboratory user/Patient.r",
        ] {
            assert_eq!(Scopes::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Scope::parse("system/*.write").unwrap().to_string(),
            "system/*.cud"
        );
    }

    #[test]
    fn letters_come_in_order_and_once() {
        assert!(Scope::parse("system/*.cruds").is_ok());
        for bad in [
            "system/*.sr",
            "system/*.rr",
            "system/*.",
            "system/*.x",
            "*/*.r",
            "system/.r",
            "Patient.r",
            "system/Patient.rs?",
        ] {
            assert_eq!(Scope::parse(bad), Err(ScopeError(bad.into())));
        }
    }
}

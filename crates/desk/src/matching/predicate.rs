//! When a product is affected at all: `module(portal) and not exposed(loopback)`, judged by what is known of an installation.

use std::collections::{BTreeMap, BTreeSet};

/// A condition on an installation's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// A fact of some kind.
    Is {
        /// Its kind: `module`, `exposed`, `database`, `setting`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The contrary.
    Not(Box<Predicate>),
    /// All of them.
    All(Vec<Predicate>),
    /// One of them at least.
    Any(Vec<Predicate>),
}

/// What is known of an installation: by kind, the names that hold. A kind that is absent is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, BTreeSet<String>>);

/// What a condition comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// Nobody said: these kinds are not known.
    Unknown(BTreeSet<String>),
}

/// A condition that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredicateError {
    /// Something else was expected.
    #[error(
        "the condition {text:?} is wrong at {rest:?}: {expected} was expected, as in module(portal) and not exposed(loopback)"
    )]
    Expected {
        /// The whole.
        text: String,
        /// From where on.
        rest: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Too many parentheses within each other.
    #[error("the condition {0:?} is nested more than 16 deep")]
    Deep(String),
}

impl Facts {
    /// A kind of which everything is known, so far without a name that holds.
    pub fn know(&mut self, kind: &str) {
        self.0.entry(kind.to_owned()).or_default();
    }

    /// The names of a kind that hold; none where the kind is not known.
    pub fn names(&self, kind: &str) -> Option<&BTreeSet<String>> {
        self.0.get(kind)
    }

    /// All that is known, in the order of kinds and names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(kind, names)| (kind.as_str(), names))
    }

    /// A fact that holds; its kind is known from now on.
    pub fn add(&mut self, kind: &str, name: &str) {
        self.0
            .entry(kind.to_owned())
            .or_default()
            .insert(name.to_owned());
    }
}

impl Predicate {
    /// Judges it by what is known.
    pub fn judge(&self, facts: &Facts) -> Truth {
        match self {
            Self::Is { kind, name } => match facts.0.get(kind) {
                Some(names) if names.contains(name) => Truth::Yes,
                Some(_) => Truth::No,
                None => Truth::Unknown(BTreeSet::from([kind.clone()])),
            },
            Self::Not(inner) => match inner.judge(facts) {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                Truth::Unknown(kinds) => Truth::Unknown(kinds),
            },
            Self::All(parts) => join(parts, facts, &Truth::No, Truth::Yes),
            Self::Any(parts) => join(parts, facts, &Truth::Yes, Truth::No),
        }
    }

    /// Reads a condition: `kind(name)`, `not`, `and`, `or`, parentheses; `and` binds closer than `or`.
    pub fn read(text: &str) -> Result<Self, PredicateError> {
        let mut reader = Reader {
            text,
            rest: text.trim_start(),
            depth: 0,
        };
        let whole = reader.any()?;
        if reader.rest.is_empty() {
            Ok(whole)
        } else {
            Err(reader.expected("and, or, or the end"))
        }
    }
}

fn join(parts: &[Predicate], facts: &Facts, decisive: &Truth, otherwise: Truth) -> Truth {
    let mut unknown = BTreeSet::new();
    for part in parts {
        match part.judge(facts) {
            Truth::Unknown(kinds) => unknown.extend(kinds),
            truth if truth == *decisive => return truth,
            Truth::Yes | Truth::No => {}
        }
    }
    if unknown.is_empty() {
        otherwise
    } else {
        Truth::Unknown(unknown)
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    depth: u8,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Result<Predicate, PredicateError> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Predicate::Any))
    }

    fn all(&mut self) -> Result<Predicate, PredicateError> {
        let mut parts = vec![self.single()?];
        while self.word("and") {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, Predicate::All))
    }

    fn single(&mut self) -> Result<Predicate, PredicateError> {
        self.depth += 1;
        if self.depth > 16 {
            return Err(PredicateError::Deep(self.text.to_owned()));
        }
        let found = if self.word("not") {
            Predicate::Not(Box::new(self.single()?))
        } else if self.sign("(") {
            let inner = self.any()?;
            if !self.sign(")") {
                return Err(self.expected("a closing parenthesis"));
            }
            inner
        } else {
            self.fact()?
        };
        self.depth -= 1;
        Ok(found)
    }

    fn fact(&mut self) -> Result<Predicate, PredicateError> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_lowercase() && c != '-')
            .unwrap_or(self.rest.len());
        let (kind, after) = self.rest.split_at(end);
        let inside = after
            .strip_prefix('(')
            .filter(|_| !kind.is_empty())
            .and_then(|a| a.split_once(')'));
        let Some((name, after)) =
            inside.filter(|(name, _)| !name.trim().is_empty() && !name.contains('('))
        else {
            return Err(self.expected("kind(name)"));
        };
        self.rest = after.trim_start();
        Ok(Predicate::Is {
            kind: kind.to_owned(),
            name: name.trim().to_owned(),
        })
    }

    /// A word that is followed by something else than a letter.
    fn word(&mut self, word: &str) -> bool {
        let after = self
            .rest
            .strip_prefix(word)
            .filter(|a| a.starts_with([' ', '(']));
        if let Some(after) = after {
            self.rest = after.trim_start();
        }
        after.is_some()
    }

    fn sign(&mut self, sign: &str) -> bool {
        let after = self.rest.strip_prefix(sign);
        if let Some(after) = after {
            self.rest = after.trim_start();
        }
        after.is_some()
    }

    fn expected(&self, expected: &'static str) -> PredicateError {
        PredicateError::Expected {
            text: self.text.to_owned(),
            rest: self.rest.chars().take(40).collect(),
            expected,
        }
    }
}

fn one_or(mut parts: Vec<Predicate>, many: fn(Vec<Predicate>) -> Predicate) -> Predicate {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => many(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &Truth) {
        let mut facts = Facts::default();
        facts.add("module", "portal");
        facts.add("exposed", "internet");
        facts.know("database");
        let found = Predicate::read(text).unwrap().judge(&facts);
        assert_eq!(&found, expected, "{text}");
    }

    #[test]
    fn a_condition_is_judged_by_what_is_known_and_says_what_is_not() {
        check("module(portal)", &Truth::Yes);
        check("module(portal) and not exposed(loopback)", &Truth::Yes);
        check(
            "module(laboratory) or (module(portal) and exposed(lan))",
            &Truth::No,
        );
        check("database(postgresql)", &Truth::No);
        let unknown = Truth::Unknown(BTreeSet::from(["setting".to_owned()]));
        check("module(portal) and setting(upload = on)", &unknown);
        check("module(portal) or setting(upload = on)", &Truth::Yes);
        check("not setting(upload = on)", &unknown);
        check("module(x) and setting(upload = on)", &Truth::No);
    }

    #[test]
    fn a_condition_that_cannot_be_read_says_where() {
        for text in [
            "",
            "module",
            "module()",
            "module(a) module(b)",
            "(module(a)",
            "and",
            "not",
            "Module(a)",
        ] {
            assert!(Predicate::read(text).is_err(), "{text}");
        }
        let deep = format!("{}module(a){}", "(".repeat(40), ")".repeat(40));
        assert!(matches!(
            Predicate::read(&deep),
            Err(PredicateError::Deep(_))
        ));
        let error = Predicate::read("module(a) xor module(b)")
            .unwrap_err()
            .to_string();
        assert!(error.contains("xor module(b)"), "{error}");
    }
}

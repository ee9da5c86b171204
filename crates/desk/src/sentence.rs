//! What this crate has to say to people, as a sentence with places: who shows it says it in their language.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::case::{Bit, PartyId, Role, Stage, Step};

/// A sentence of ours with numbered places, `branch {0} has no fix`, and what stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence, in English.
    pub text: &'static str,
    /// What stands in its places.
    pub parts: Vec<Part>,
}

/// What stands in a place of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words of ours, in English.
    Ours(&'static str),
    /// A name, a number, a time.
    Said(String),
    /// What a text lacks, in English as a draft keeps it: `place: what; how to mend it`.
    Lack(String),
    /// A stage.
    Stage(Stage),
    /// A role in a case.
    Role(Role),
    /// A step that must be evident.
    Step(Step),
    /// Something that is true of the world.
    Bit(Bit),
    /// People of a case.
    People(Vec<PartyId>),
}

impl Sentence {
    pub(crate) fn new(text: &'static str, parts: impl Into<Vec<Part>>) -> Self {
        Self {
            text,
            parts: parts.into(),
        }
    }
}

impl From<&'static str> for Sentence {
    fn from(text: &'static str) -> Self {
        Self::new(text, Vec::new())
    }
}

impl Part {
    /// What has a name of its own, or is a number.
    pub(crate) fn said(what: impl fmt::Display) -> Self {
        Self::Said(what.to_string())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(text) => f.write_str(text),
            Self::Said(text) | Self::Lack(text) => f.write_str(text),
            Self::Stage(stage) => write!(f, "{stage:?}"),
            Self::Role(role) => write!(f, "{role:?}"),
            Self::Step(step) => write!(f, "{step:?}"),
            Self::Bit(bit) => write!(f, "{bit:?}"),
            Self::People(people) => {
                let ids: Vec<&str> = people.iter().map(|one| one.0.as_str()).collect();
                f.write_str(&ids.join(", "))
            }
        }
    }
}

/// In English.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        aceso_base::fill(f, self.text, &self.parts)
    }
}

/// For machines: in English.
impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_stands_in_its_places() {
        let people = Part::People(vec![PartyId("a".into()), PartyId("b".into())]);
        let said = Sentence::new(
            "{1} after {0}: {2}",
            [Part::said(3), Part::Stage(Stage::Fix), people],
        );
        assert_eq!(said.to_string(), "Fix after 3: a, b");
        assert_eq!(
            serde_json::to_value(&said).ok(),
            Some("Fix after 3: a, b".into())
        );
    }
}

//! What this crate has to say of a patient, as a sentence with places: who shows it says it in their language.

use std::fmt;

use crate::Age;

/// A sentence of ours with numbered places, `{0} is taken already`, and what stands in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// The sentence, in English.
    pub text: &'static str,
    /// What stands in its places.
    pub parts: Vec<Part>,
}

/// What stands in a place of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Words of ours, in English.
    Ours(&'static str),
    /// A name, or a number with its unit.
    Said(String),
    /// How old somebody is.
    Age(Age),
}

impl Sentence {
    pub(crate) fn new(text: &'static str, parts: impl Into<Vec<Part>>) -> Self {
        Self {
            text,
            parts: parts.into(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(text) => f.write_str(text),
            Self::Said(text) => f.write_str(text),
            Self::Age(age) => age.fmt(f),
        }
    }
}

/// In English.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        aceso_base::fill(f, self.text, &self.parts)
    }
}

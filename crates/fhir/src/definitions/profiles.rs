//! Profiles: what R4's own and those of US Core 6.1 and 7.0 say beyond the base definitions.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Constraint, Strength};
use crate::validate::Bound;
use crate::{Value, json};

static PACKED: &[u8] = include_bytes!("../../data/profiles.zst");

/// A profile.
#[derive(Debug, Deserialize)]
pub struct Profile {
    /// Its canonical URL.
    pub url: &'static str,
    /// The type it is a profile of.
    #[serde(rename = "type")]
    pub ty: &'static str,
    /// What it says about the whole, and below that about elements.
    pub root: Shape,
}

/// What a profile says about an element, or about a slice of a repeating element. What is empty adds nothing to the base.
#[derive(Debug, Deserialize)]
pub struct Shape {
    /// The element's name without `[x]`; for a slice the slice's name; empty for the root.
    pub name: &'static str,
    /// The least number of occurrences.
    #[serde(default)]
    pub min: usize,
    /// The greatest number of occurrences, where the profile limits it.
    #[serde(default)]
    pub max: Option<usize>,
    /// The value that it must be.
    #[serde(default, deserialize_with = "value")]
    pub fixed: Option<Value>,
    /// What the value must have at least.
    #[serde(default, deserialize_with = "value")]
    pub pattern: Option<Value>,
    /// The types that it may have.
    #[serde(default)]
    pub types: Vec<TypeUse>,
    /// The value set that its codes must be of.
    #[serde(default, deserialize_with = "bound")]
    pub(crate) binding: Option<Bound>,
    /// Its invariants.
    #[serde(default)]
    pub constraints: Vec<Constraint>,
    /// Its elements.
    #[serde(default)]
    pub children: Vec<Self>,
    /// How its slices are told apart.
    #[serde(default)]
    pub slicing: Option<Slicing>,
    /// Its slices.
    #[serde(default)]
    pub slices: Vec<Self>,
}

/// A type that a profile allows.
#[derive(Debug, Deserialize)]
pub struct TypeUse {
    /// Its name.
    pub code: &'static str,
    /// The profiles of which a value must meet one; empty for any.
    #[serde(default)]
    pub profiles: Vec<&'static str>,
    /// The resource types that a reference may point to; empty for any.
    #[serde(default)]
    pub targets: Vec<&'static str>,
}

/// How slices are told apart.
#[derive(Debug, Deserialize)]
pub struct Slicing {
    /// Discriminators: kind and path.
    #[serde(borrow)]
    pub by: Vec<(Discriminator, Cow<'static, str>)>,
    /// Whether every item must be of a slice.
    pub closed: bool,
}

/// What tells slices apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Discriminator {
    /// A fixed value, pattern or required binding.
    Value,
    /// The same.
    Pattern,
    /// The type.
    Type,
    /// Whether the element is there.
    Exists,
    /// A profile that is met.
    Profile,
}

fn value<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    let raw = <&RawValue>::deserialize(from)?;
    json::read(raw.get().as_bytes())
        .map(Some)
        .map_err(|_| serde::de::Error::custom("not a value"))
}

fn bound<'de: 'static, D: Deserializer<'de>>(from: D) -> Result<Option<Bound>, D::Error> {
    let url = <&'static str>::deserialize(from)?;
    Ok(Some(Bound::new(url, Strength::Required)))
}

/// A profile's line of the table.
#[derive(Debug)]
struct Line {
    version: &'static str,
    text: &'static str,
    profile: OnceLock<Option<Profile>>,
}

type Table = FxHashMap<&'static str, Vec<Line>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let text = zstd::decode_all(PACKED)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default();
        let text: &'static str = Box::leak(text.into_boxed_str());
        let mut table = Table::default();
        for line in text.lines() {
            let mut fields = line.splitn(3, '\t');
            let (Some(url), Some(version), Some(text)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            table.entry(url).or_default().push(Line {
                version,
                text,
                profile: OnceLock::new(),
            });
        }
        table
    })
}

/// The profile of this canonical URL: of US Core 6.1 where no `|version` is given and it has it; `|7.0.0` is there too.
/// A version that is not built in is not known.
pub fn profile(url: &str) -> Option<&'static Profile> {
    let (url, version) = match url.split_once('|') {
        Some((url, version)) => (url, Some(version)),
        None => (url, None),
    };
    table()
        .get(url)?
        .iter()
        .find(|line| version.is_none_or(|v| v == line.version))?
        .profile()
}

impl Line {
    fn profile(&'static self) -> Option<&'static Profile> {
        self.profile
            .get_or_init(|| serde_json::from_str(self.text).ok())
            .as_ref()
    }
}

/// The URLs of all profiles, in no order.
pub fn profile_urls() -> impl Iterator<Item = &'static str> {
    table().keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_of_the_table_can_be_read() {
        assert!(profile_urls().count() > 450);
        for line in table().values().flatten() {
            assert!(line.profile().is_some(), "{}", line.text);
        }
    }

    #[test]
    fn a_profile_of_another_version_is_not_known() {
        let url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient";
        assert_eq!(profile(url).unwrap().ty, "Patient");
        assert!(profile(&format!("{url}|6.1.0")).is_some());
        assert!(profile(&format!("{url}|7.0.0")).is_some());
        assert!(profile(&format!("{url}|3.1.1")).is_none());
    }
}

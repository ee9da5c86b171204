//! Types and their elements.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::path::Expression;

static TABLE: &[u8] = include_bytes!("../../data/types.json.zst");

/// All R4 types; loaded at the first call (some milliseconds), then free.
pub fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(Types::load)
}

/// A type's place in [`Types`]; stable only within one build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u16);

impl TypeId {
    /// The place as a number.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The table of all types: resources, data types, primitives, and one for each backbone element (`Patient.contact`).
#[derive(Debug)]
pub struct Types {
    all: Vec<TypeDef>,
    by_name: FxHashMap<&'static str, TypeId>,
}

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `Patient`, `Bundle`, and the abstract `Resource` and `DomainResource`.
    Resource,
    /// `HumanName`, `Element`, `BackboneElement` …
    Complex,
    /// `string`, `date` …
    Primitive,
    /// A nested element with children of its own, named by its path: `Patient.contact`.
    Backbone,
}

/// One type.
#[derive(Debug, Deserialize)]
pub struct TypeDef {
    /// `Patient`, `HumanName`, `string`, `Patient.contact`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it has no instances (`Resource`, `Element` …).
    #[serde(default, rename = "abstract")]
    pub is_abstract: bool,
    /// The name of the type it specialises; none for `Element`, `Resource`.
    #[serde(default)]
    pub base: Option<&'static str>,
    /// Invariants on the whole type, inherited ones included; `ele-1` is left out (the structure check rules it out).
    #[serde(default)]
    pub constraints: Vec<Constraint>,
    /// The elements in the specification's order, inherited ones included.
    #[serde(default)]
    pub elements: Vec<ElementDef>,
    /// JSON member name → element and type.
    #[serde(skip)]
    keys: FxHashMap<Box<str>, Hit>,
    #[serde(skip)]
    id: Option<TypeId>,
    #[serde(skip)]
    base_id: Option<TypeId>,
}

/// One element of a type.
#[derive(Debug, Deserialize)]
pub struct ElementDef {
    /// Its name without `[x]`: `value`, `identifier`.
    pub name: &'static str,
    /// Whether the specification writes it `name[x]`.
    #[serde(default)]
    pub choice: bool,
    /// The least number of occurrences.
    #[serde(default)]
    pub min: u32,
    /// The greatest number of occurrences; none for `*`.
    #[serde(default)]
    pub max: Option<u32>,
    /// The types it may have. `Resource` for any resource. A backbone's own type is named by its path.
    pub types: Vec<TypeRef>,
    /// The value set that it is bound to.
    #[serde(default)]
    pub binding: Option<Binding>,
    /// Whether `_summary=true` keeps it.
    #[serde(default)]
    pub summary: bool,
    /// Whether it can change the meaning of the rest.
    #[serde(default)]
    pub modifier: bool,
    /// Invariants of this element alone (those of its data type are on the type).
    #[serde(default)]
    pub constraints: Vec<Constraint>,
}

impl ElementDef {
    /// Whether JSON writes it as an array.
    pub fn is_list(&self) -> bool {
        self.max != Some(1) && self.max != Some(0)
    }
}

/// A type an element may have.
#[derive(Debug, Deserialize)]
pub struct TypeRef {
    /// The type's name.
    pub code: &'static str,
    /// For `Reference` and `canonical`: the resource types or profile URLs it may point to; empty for any.
    #[serde(default)]
    pub targets: Vec<&'static str>,
    /// Profiles the value must meet, by URL.
    #[serde(default)]
    pub profiles: Vec<&'static str>,
    #[serde(skip)]
    id: Option<TypeId>,
}

/// An element's binding to a value set.
#[derive(Debug, Deserialize)]
pub struct Binding {
    /// How binding it is.
    pub strength: Strength,
    /// The value set's canonical URL, with `|version` where the definition gives one.
    pub value_set: &'static str,
}

/// How binding a binding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Only codes of the value set.
    Required,
    /// Codes of the value set where one fits.
    Extensible,
    /// Recommended.
    Preferred,
    /// An example.
    Example,
}

/// An invariant.
#[derive(Debug, Deserialize)]
pub struct Constraint {
    /// Its key: `obs-6`.
    pub key: &'static str,
    /// Whether breaking it is only worth a warning.
    #[serde(default)]
    pub warning: bool,
    /// The rule for people.
    #[serde(borrow)]
    pub human: Cow<'static, str>,
    /// The rule as FHIRPath.
    #[serde(borrow)]
    pub expression: Cow<'static, str>,
    /// The same, compiled at the first use.
    #[serde(skip)]
    pub(crate) compiled: OnceLock<Option<Expression>>,
}

/// What a JSON member name stands for within a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Index into [`TypeDef::elements`].
    pub element: usize,
    /// The type of the value: for a choice the one that the member's name says.
    pub ty: TypeId,
    /// Whether the name began with `_` (id and extensions of a primitive).
    pub underscored: bool,
}

impl Types {
    fn load() -> Self {
        let bytes = zstd::decode_all(TABLE).unwrap_or_default();
        let text: &'static str = Box::leak(
            String::from_utf8(bytes)
                .unwrap_or_default()
                .into_boxed_str(),
        );
        let mut all: Vec<TypeDef> = serde_json::from_str(text).unwrap_or_default();
        let by_name: FxHashMap<&'static str, TypeId> = all
            .iter()
            .zip(0_u16..)
            .map(|(t, i)| (t.name, TypeId(i)))
            .collect();
        let primitive: Vec<bool> = all.iter().map(|t| t.kind == Kind::Primitive).collect();
        for (def, i) in all.iter_mut().zip(0_u16..) {
            def.link(TypeId(i), &by_name, &primitive);
        }
        Self { all, by_name }
    }

    /// The type of this name.
    pub fn by_name(&'static self, name: &str) -> Option<&'static TypeDef> {
        self.by_name
            .get(name)
            .and_then(|id| self.all.get(id.index()))
    }

    /// The type at this place.
    #[allow(
        clippy::indexing_slicing,
        reason = "a TypeId is made only by `load`, from the length of `all`"
    )]
    pub fn at(&'static self, id: TypeId) -> &'static TypeDef {
        &self.all[id.index()]
    }

    /// A resource type that can have instances.
    pub fn resource(&'static self, name: &str) -> Option<&'static TypeDef> {
        self.by_name(name)
            .filter(|t| t.kind == Kind::Resource && !t.is_abstract)
    }

    /// All types, in table order: resources, then data types and primitives, then backbones are mixed by name.
    pub fn iter(&'static self) -> impl Iterator<Item = &'static TypeDef> {
        self.all.iter()
    }

    /// The names of the resource types that can have instances, sorted.
    pub fn resource_names(&'static self) -> impl Iterator<Item = &'static str> {
        self.all
            .iter()
            .filter(|t| t.kind == Kind::Resource && !t.is_abstract)
            .map(|t| t.name)
    }
}

impl TypeDef {
    fn link(&mut self, id: TypeId, by_name: &FxHashMap<&'static str, TypeId>, primitive: &[bool]) {
        self.id = Some(id);
        self.base_id = self.base.and_then(|b| by_name.get(b).copied());
        let mut keys = FxHashMap::default();
        for (index, element) in self.elements.iter_mut().enumerate() {
            for ty in &mut element.types {
                ty.id = by_name.get(ty.code).copied();
                let Some(ty_id) = ty.id else { continue };
                let key = if element.choice {
                    choice_key(element.name, ty.code)
                } else {
                    element.name.to_owned()
                };
                if primitive.get(ty_id.index()) == Some(&true) {
                    let hit = Hit {
                        element: index,
                        ty: ty_id,
                        underscored: true,
                    };
                    keys.insert(format!("_{key}").into_boxed_str(), hit);
                }
                keys.insert(
                    key.into_boxed_str(),
                    Hit {
                        element: index,
                        ty: ty_id,
                        underscored: false,
                    },
                );
            }
        }
        self.keys = keys;
    }

    /// Its place in the table.
    pub fn id(&self) -> TypeId {
        self.id.unwrap_or(TypeId(0))
    }

    /// The type it specialises.
    pub fn base_type(&self) -> Option<&'static TypeDef> {
        self.base_id.map(|id| types().at(id))
    }

    /// Whether it is this type or a specialisation of it.
    pub fn is_a(&self, name: &str) -> bool {
        self.name == name || self.base_type().is_some_and(|b| b.is_a(name))
    }

    /// What a JSON member name stands for: `valueQuantity`, `birthDate`, `_birthDate`.
    pub fn member(&self, key: &str) -> Option<Hit> {
        self.keys.get(key).copied()
    }

    /// The element of this name, without `[x]`: `value`.
    pub fn element(&self, name: &str) -> Option<&ElementDef> {
        self.elements.iter().find(|e| e.name == name)
    }
}

impl TypeRef {
    /// The type.
    pub fn ty(&self) -> Option<&'static TypeDef> {
        self.id.map(|id| types().at(id))
    }
}

/// The JSON member name of a choice element with a value of this type: `value` + `dateTime` = `valueDateTime`.
pub fn choice_key(name: &str, code: &str) -> String {
    let mut key = String::with_capacity(name.len() + code.len());
    key.push_str(name);
    let mut rest = code.chars();
    key.extend(rest.next().map(|c| c.to_ascii_uppercase()));
    key.push_str(rest.as_str());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_type_of_r4_is_there() {
        assert_eq!(types().resource_names().count(), 146);
    }

    #[test]
    fn a_choice_is_found_by_the_name_json_gives_it() {
        let observation = types().resource("Observation").unwrap();
        let hit = observation.member("valueQuantity").unwrap();
        assert_eq!(observation.elements[hit.element].name, "value");
        assert_eq!(types().at(hit.ty).name, "Quantity");
        assert!(observation.member("_valueString").unwrap().underscored);
        assert_eq!(observation.member("valueReference"), None);
    }

    #[test]
    fn a_content_reference_is_the_type_it_points_to() {
        let item = types().by_name("Questionnaire.item").unwrap();
        let hit = item.member("item").unwrap();
        assert_eq!(types().at(hit.ty).name, "Questionnaire.item");
    }

    #[test]
    fn specialisation_reaches_through_several_levels() {
        assert!(types().by_name("Age").unwrap().is_a("Element"));
        assert!(types().by_name("Patient").unwrap().is_a("Resource"));
        assert!(types().by_name("code").unwrap().is_a("string"));
    }
}

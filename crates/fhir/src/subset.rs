//! Parts of a resource: `_summary` and `_elements` (FHIR R4, section 3.1.1.5.8 and 3.1.1.5.9).
//!
//! A part is tagged `SUBSETTED`, so that nobody takes it for the whole. Of what a rule would leave out, `modifierExtension` and
//! `implicitRules` stay at the root, because they can change the meaning of the rest.

use compact_str::CompactString;

use crate::definitions::{ElementDef, Kind, TypeDef, types};
use crate::{Object, Value};

const SUBSETTED_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const SUBSETTED: &str = "SUBSETTED";

/// A value of `_summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// `true`: the elements that the definitions mark for it.
    True,
    /// `text`: narrative, id, meta, and what is mandatory.
    Text,
    /// `data`: all but the narrative.
    Data,
    /// `count`: no resources, only how many a search finds.
    Count,
    /// `false`: all.
    False,
}

impl Summary {
    /// From the parameter's value.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "true" => Some(Self::True),
            "text" => Some(Self::Text),
            "data" => Some(Self::Data),
            "count" => Some(Self::Count),
            "false" => Some(Self::False),
            _ => None,
        }
    }

    /// The part of each resource that this keeps; none when it keeps all, or no resource at all (`count`).
    pub const fn subset(self) -> Option<Subset> {
        match self {
            Self::True => Some(Subset::Summary),
            Self::Text => Some(Subset::Text),
            Self::Data => Some(Subset::Data),
            Self::Count | Self::False => None,
        }
    }
}

/// Which part of a resource to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subset {
    /// The elements marked for the summary, and below them what is mandatory.
    Summary,
    /// Narrative, id, meta, and what is mandatory.
    Text,
    /// All but the narrative.
    Data,
    /// Id, meta, what is mandatory, and these.
    Elements(Elements),
}

/// The elements that `_elements` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements(Vec<Wanted>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// The resource type it is for; any when none.
    ty: Option<CompactString>,
    name: CompactString,
}

impl Elements {
    /// From the parameter's value: names with commas between them, each perhaps with its type: `name,Patient.birthDate,value[x]`.
    pub fn parse(value: &str) -> Self {
        let names = value.split(',').map(str::trim).filter(|n| !n.is_empty());
        Self(names.map(Wanted::parse).collect())
    }

    /// The names that no element of this resource type has; those for other types do not count.
    pub fn unknown_in<'a>(&'a self, ty: &'a TypeDef) -> impl Iterator<Item = &'a str> {
        self.for_type(ty.name)
            .map(|w| w.name.as_str())
            .filter(|name| ty.element(name).is_none() && ty.member(name).is_none())
    }

    fn for_type<'a>(&'a self, ty: &'a str) -> impl Iterator<Item = &'a Wanted> {
        let here = move |w: &&Wanted| w.ty.as_deref().is_none_or(|wanted| wanted == ty);
        self.0.iter().filter(here)
    }
}

impl Wanted {
    fn parse(name: &str) -> Self {
        let (ty, name) = match name.split_once('.') {
            Some((ty, rest)) if types().resource(ty).is_some() => (Some(ty.into()), rest),
            _ => (None, name),
        };
        let name = name.strip_suffix("[x]").unwrap_or(name);
        Self {
            ty,
            name: name.into(),
        }
    }
}

/// The part of a resource, tagged `SUBSETTED`. What is not a resource of R4, and a resource that `_elements` names nothing
/// of because all its names are for other types, is returned whole and untagged.
pub fn apply(resource: &Value, subset: &Subset) -> Value {
    let found = resource
        .as_object()
        .zip(resource.resource_type().and_then(|n| types().resource(n)));
    let Some((object, ty)) = found else {
        return resource.clone();
    };
    let kept = match subset {
        Subset::Summary => summary(object, ty),
        Subset::Text => filtered(object, ty, |e, _| e.name == "text" || is_always_kept(e)),
        Subset::Data => filtered(object, ty, |e, _| e.name != "text"),
        Subset::Elements(elements) => {
            if elements.for_type(ty.name).next().is_none() {
                return resource.clone();
            }
            filtered(object, ty, |e, member| {
                let mut wanted = elements.for_type(ty.name);
                is_always_kept(e) || wanted.any(|w| w.name == e.name || w.name == member)
            })
        }
    };
    Value::Object(tagged(kept))
}

/// Whether no part of a resource leaves out this element of its root.
fn is_always_kept(element: &ElementDef) -> bool {
    element.min > 0
        || matches!(
            element.name,
            "id" | "meta" | "modifierExtension" | "implicitRules"
        )
}

/// The members of the root that pass the test, which sees the element and the member's name without `_`.
fn filtered(object: &Object, ty: &TypeDef, keep: impl Fn(&ElementDef, &str) -> bool) -> Object {
    let members = object.iter().filter(|(name, _)| {
        let Some(hit) = ty.member(name) else {
            return *name == "resourceType";
        };
        let member = if hit.underscored {
            name.trim_start_matches('_')
        } else {
            name
        };
        ty.elements
            .get(hit.element)
            .is_some_and(|e| keep(e, member))
    });
    Object::from_members(members.map(|(n, v)| (n.into(), v.clone())).collect())
}

/// The elements marked for the summary, at every level; a type none of whose elements is marked is kept whole.
fn summary(object: &Object, ty: &'static TypeDef) -> Object {
    let mut kept = Object::new();
    for (name, value) in object.iter() {
        let Some(hit) = ty.member(name) else {
            if name == "resourceType" {
                kept.push_unchecked(name.into(), value.clone());
            }
            continue;
        };
        let marked = ty.elements.get(hit.element).is_some_and(|e| {
            e.summary || e.min > 0 || (ty.kind == Kind::Resource && is_always_kept(e))
        });
        if marked {
            let value = if hit.underscored {
                value.clone()
            } else {
                summary_of(value, types().at(hit.ty))
            };
            kept.push_unchecked(name.into(), value);
        }
    }
    kept
}

fn summary_of(value: &Value, ty: &'static TypeDef) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| summary_of(item, ty)).collect())
        }
        Value::Object(object) => {
            let inner = value.resource_type().and_then(|n| types().resource(n));
            let ty = inner.unwrap_or(ty);
            if ty.elements.iter().any(is_marked_by_itself) {
                Value::Object(summary(object, ty))
            } else {
                value.clone()
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Every backbone has `modifierExtension`, which is marked.
fn is_marked_by_itself(element: &ElementDef) -> bool {
    element.summary && element.name != "modifierExtension"
}

/// The resource with the tag that says it is only a part.
pub fn tagged(mut resource: Object) -> Object {
    if resource.get("meta").and_then(Value::as_object).is_none() {
        let after_id = resource
            .iter()
            .take_while(|(n, _)| matches!(*n, "resourceType" | "id"))
            .count();
        resource.insert_at(after_id, "meta", Object::new());
    }
    let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) else {
        return resource;
    };
    let tag = Value::from([
        ("system", Value::from(SUBSETTED_SYSTEM)),
        ("code", Value::from(SUBSETTED)),
    ]);
    match meta.get_mut("tag").and_then(Value::as_array_mut) {
        Some(tags) if tags.iter().any(is_subsetted) => {}
        Some(tags) => tags.push(tag),
        None => meta.set("tag", vec![tag]),
    }
    resource
}

/// The resource without that tag.
pub fn untagged(mut resource: Object) -> Object {
    if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut)
        && let Some(tags) = meta.get_mut("tag").and_then(Value::as_array_mut)
    {
        tags.retain(|tag| !is_subsetted(tag));
        if tags.is_empty() {
            meta.remove("tag");
        }
    }
    resource
}

fn is_subsetted(tag: &Value) -> bool {
    tag.str_at("system") == Some(SUBSETTED_SYSTEM) && tag.str_at("code") == Some(SUBSETTED)
}

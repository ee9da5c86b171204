//! A place in a document, with its type.

use std::sync::OnceLock;

use super::ast::SystemType;
use super::item::{Item, Items};
use crate::definitions::{Hit, Kind, TypeDef, TypeId, types};
use crate::value::Value;

static NULL: Value = Value::Null;

/// A place in a document: its value, the `_name` member beside a primitive, and its type.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    value: &'a Value,
    extra: Option<&'a Value>,
    ty: TypeId,
}

/// How FHIRPath sees a FHIR type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Primitive(SystemType),
    Quantity,
    Resource,
    Complex,
}

impl Shape {
    pub(super) fn of(ty: TypeId) -> Self {
        static SHAPES: OnceLock<Vec<Shape>> = OnceLock::new();
        SHAPES
            .get_or_init(|| types().iter().map(Self::find).collect())
            .get(ty.index())
            .copied()
            .unwrap_or(Self::Complex)
    }

    fn find(def: &'static TypeDef) -> Self {
        match def.kind {
            Kind::Resource => Self::Resource,
            Kind::Complex if def.is_a("Quantity") => Self::Quantity,
            Kind::Complex | Kind::Backbone => Self::Complex,
            Kind::Primitive => Self::Primitive(match def.name {
                "boolean" => SystemType::Boolean,
                "integer" | "positiveInt" | "unsignedInt" => SystemType::Integer,
                "decimal" => SystemType::Decimal,
                "date" => SystemType::Date,
                "dateTime" | "instant" => SystemType::DateTime,
                "time" => SystemType::Time,
                _ => SystemType::String,
            }),
        }
    }
}

/// The type of extensions; looked up once.
fn extension_type() -> Option<TypeId> {
    static TYPE: OnceLock<Option<TypeId>> = OnceLock::new();
    *TYPE.get_or_init(|| types().by_name("Extension").map(TypeDef::id))
}

/// The type of a resource's id; looked up once.
fn id_type() -> Option<TypeId> {
    static TYPE: OnceLock<Option<TypeId>> = OnceLock::new();
    *TYPE.get_or_init(|| types().by_name("id").map(TypeDef::id))
}

impl<'a> Node<'a> {
    /// A resource; none when its `resourceType` is not one of R4.
    pub fn resource(value: &'a Value) -> Option<Self> {
        let ty = types().resource(value.resource_type()?)?.id();
        Some(Self {
            value,
            extra: None,
            ty,
        })
    }

    /// A value of this type: an element that a walk over the document has reached. `extra` is the `_name` member
    /// beside a primitive.
    pub const fn new(value: &'a Value, extra: Option<&'a Value>, ty: TypeId) -> Self {
        Self { value, extra, ty }
    }

    /// A resource of which only the type is known: what `resolve()` gives without a [`super::Host`].
    pub(super) fn unread(ty: TypeId) -> Self {
        Self {
            value: &NULL,
            extra: None,
            ty,
        }
    }

    /// The value; `null` where a primitive has extensions only.
    pub const fn value(&self) -> &'a Value {
        self.value
    }

    /// The `_name` member beside a primitive.
    pub const fn extra(&self) -> Option<&'a Value> {
        self.extra
    }

    /// The type.
    pub const fn ty(&self) -> TypeId {
        self.ty
    }

    /// The type's definition.
    pub fn definition(&self) -> &'static TypeDef {
        types().at(self.ty)
    }

    pub(super) fn shape(&self) -> Shape {
        Shape::of(self.ty)
    }

    /// The children of this name, appended.
    pub(super) fn push_children(&self, name: &str, out: &mut Items<'a>) {
        let shape = self.shape();
        if let Shape::Primitive(_) = shape {
            return self.push_of_primitive(name, out);
        }
        let Some(object) = self.value.as_object() else {
            return;
        };
        let mut main = None;
        let mut extra = None;
        for (key, value) in object.iter() {
            if let Some(bare) = key.strip_prefix('_') {
                if stands_for(bare, name) {
                    extra = Some((key, value));
                }
            } else if stands_for(key, name)
                && let Some(hit) = self.element_hit(key, name)
            {
                main = Some((value, hit.ty));
            }
        }
        match (main, extra) {
            (None, None) => {}
            (Some((value, ty)), extra) => {
                // The tables say `string`, as R4's snapshots do; the specification says `id` (FHIR R4, section 2.27.1).
                let ty = if name == "id" && shape == Shape::Resource {
                    id_type().unwrap_or(ty)
                } else {
                    ty
                };
                push_values(value, extra.map(|(_, v)| v), ty, out);
            }
            (None, Some((key, value))) => {
                if let Some(hit) = self.element_hit(key, name) {
                    push_values(&NULL, Some(value), hit.ty, out);
                }
            }
        }
    }

    /// Whether its type has an element of this name.
    pub(super) fn has_element(&self, name: &str) -> bool {
        match self.shape() {
            Shape::Primitive(_) => matches!(name, "id" | "extension" | "value"),
            Shape::Quantity | Shape::Resource | Shape::Complex => {
                self.definition().element(name).is_some()
            }
        }
    }

    /// What a member whose name begins with `name` is, if it is that element: `valueQuantity` is `value`, `valueSet`
    /// is not.
    fn element_hit(&self, key: &str, name: &str) -> Option<Hit> {
        let definition = self.definition();
        let hit = definition.member(key)?;
        let element = definition.elements.get(hit.element)?;
        (element.name == name).then_some(hit)
    }

    fn push_of_primitive(&self, name: &str, out: &mut Items<'a>) {
        match name {
            "extension" => {
                if let (Some(extra), Some(ty)) = (self.extra, extension_type())
                    && let Some(list) = extra.get("extension")
                {
                    push_values(list, None, ty, out);
                }
            }
            "id" => {
                if let Some(id) = self.extra.and_then(|e| e.str_at("id")) {
                    out.push(Item::text(id));
                }
            }
            "value" => out.extend(Item::Node(*self).into_system()),
            _ => {}
        }
    }

    /// All children, appended in the order of the document.
    pub(super) fn push_all_children(&self, out: &mut Items<'a>) {
        if let Shape::Primitive(_) = self.shape() {
            self.push_of_primitive("id", out);
            self.push_of_primitive("extension", out);
            return;
        }
        let (Some(object), def) = (self.value.as_object(), self.definition()) else {
            return;
        };
        for (key, value) in object.iter() {
            let Some(hit) = def.member(key) else { continue };
            if hit.underscored {
                let bare = key.strip_prefix('_').unwrap_or(key);
                if !object.contains(bare) {
                    push_values(&NULL, Some(value), hit.ty, out);
                }
            } else if let Shape::Primitive(_) = Shape::of(hit.ty) {
                let extra = object
                    .iter()
                    .find(|(k, _)| k.strip_prefix('_') == Some(key))
                    .map(|(_, v)| v);
                push_values(value, extra, hit.ty, out);
            } else {
                push_values(value, None, hit.ty, out);
            }
        }
    }

    /// Whether its type is this one or a specialisation of it.
    pub(super) fn is(&self, ty: TypeId) -> bool {
        if self.ty == ty {
            return true;
        }
        let mut base = self.definition().base_type();
        while let Some(def) = base {
            if def.id() == ty {
                return true;
            }
            base = def.base_type();
        }
        false
    }
}

fn stands_for(key: &str, name: &str) -> bool {
    key.strip_prefix(name)
        .is_some_and(|rest| rest.bytes().next().is_none_or(|b| b.is_ascii_uppercase()))
}

fn push_values<'a>(value: &'a Value, extra: Option<&'a Value>, ty: TypeId, out: &mut Items<'a>) {
    match (value, extra) {
        (Value::Array(items), extra) => {
            let extras = extra.and_then(Value::as_array).unwrap_or_default();
            for (i, item) in items.iter().enumerate() {
                push_one(item, extras.get(i), ty, out);
            }
        }
        (Value::Null, Some(Value::Array(extras))) => {
            for extra in extras {
                push_one(&NULL, Some(extra), ty, out);
            }
        }
        (value, extra) => push_one(value, extra, ty, out),
    }
}

fn push_one<'a>(value: &'a Value, extra: Option<&'a Value>, ty: TypeId, out: &mut Items<'a>) {
    let extra = extra.filter(|e| **e != Value::Null);
    if *value == Value::Null && extra.is_none() {
        return;
    }
    let ty = if Shape::of(ty) == Shape::Resource {
        value
            .resource_type()
            .and_then(|name| types().resource(name))
            .map_or(ty, TypeDef::id)
    } else {
        ty
    };
    out.push(Item::Node(Node { value, extra, ty }));
}

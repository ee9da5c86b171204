//! The parts of an operation in a FHIRPath Patch.

use super::Problem;
use crate::definitions::{ElementDef, Hit, TypeDef, types};
use crate::value::{Object, Value};

/// An element to write: its JSON member name, its value, and the `_name` member beside it.
pub(super) struct Content {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) extra: Option<Value>,
    pub(super) is_list: bool,
}

/// The part of this name.
pub(super) fn part<'v>(operation: &'v Value, name: &str) -> Option<&'v Value> {
    operation
        .items_at("part")
        .iter()
        .find(|p| p.str_at("name") == Some(name))
}

/// The text of a part.
pub(super) fn text<'v>(operation: &'v Value, name: &'static str) -> Result<&'v str, Problem> {
    part(operation, name)
        .and_then(|p| typed(p)?.1.as_str())
        .ok_or(Problem::Missing(name))
}

/// The whole number of a part.
pub(super) fn place(operation: &Value, name: &'static str) -> Result<usize, Problem> {
    part(operation, name)
        .and_then(|p| typed(p)?.1.as_number()?.to_i64())
        .and_then(|n| usize::try_from(n).ok())
        .ok_or(Problem::Missing(name))
}

/// The `value[x]` of a part: the suffix that names its type, and the value.
fn typed(part: &Value) -> Option<(&str, &Value)> {
    part.as_object()?
        .iter()
        .find_map(|(name, value)| Some((name.strip_prefix("value")?, value)))
}

/// What the `value` part of an operation says an element of this name is to be.
pub(super) fn content(
    operation: &Value,
    parent: &'static TypeDef,
    name: &str,
) -> Result<Content, Problem> {
    let part = part(operation, "value").ok_or(Problem::Missing("value"))?;
    one(part, parent, name)
}

fn one(part: &Value, parent: &'static TypeDef, name: &str) -> Result<Content, Problem> {
    let unknown = || Problem::UnknownElement {
        ty: parent.name,
        name: name.into(),
    };
    let element = element(parent, name).ok_or_else(unknown)?;
    let is_list = element.is_list();
    if let Some(resource) = part.get("resource") {
        let key = element.name.to_owned();
        let hit = parent.member(&key).ok_or_else(unknown)?;
        let fits = resource
            .resource_type()
            .and_then(|t| types().resource(t))
            .is_some_and(|t| t.is_a(types().at(hit.ty).name));
        return if fits {
            Ok(Content {
                key,
                value: resource.clone(),
                extra: None,
                is_list,
            })
        } else {
            Err(unknown())
        };
    }
    let extra = part
        .as_object()
        .and_then(|o| o.iter().find(|(n, _)| n.starts_with("_value")))
        .map(|(_, v)| v);
    if let Some((suffix, value)) = typed(part) {
        let (key, hit) = member(parent, element, suffix).ok_or_else(unknown)?;
        if !fits(hit, value) {
            return Err(unknown());
        }
        return Ok(Content {
            key,
            value: value.clone(),
            extra: extra.cloned(),
            is_list,
        });
    }
    let key = element.name.to_owned();
    let hit = parent.member(&key).ok_or_else(unknown)?;
    let value = anonymous(part, types().at(hit.ty))?;
    Ok(Content {
        key,
        value: Value::Object(value),
        extra: None,
        is_list,
    })
}

/// An element by its name with or without the type of a choice: `value`, `valueQuantity`.
pub(super) fn element(parent: &'static TypeDef, name: &str) -> Option<&'static ElementDef> {
    parent
        .element(name)
        .or_else(|| parent.elements.get(parent.member(name)?.element))
}

/// The JSON member a value of this type goes to.
fn member(
    parent: &'static TypeDef,
    element: &'static ElementDef,
    suffix: &str,
) -> Option<(String, Hit)> {
    let key = if element.choice {
        format!("{}{suffix}", element.name)
    } else {
        element.name.to_owned()
    };
    let hit = parent.member(&key).filter(|hit| !hit.underscored)?;
    Some((key, hit))
}

/// Whether JSON could hold the value in an element of this type; validation says the rest.
fn fits(hit: Hit, value: &Value) -> bool {
    use crate::definitions::Kind;
    let def = types().at(hit.ty);
    match value {
        Value::Object(_) => def.kind != Kind::Primitive,
        Value::Bool(_) => def.name == "boolean",
        Value::Number(_) => matches!(
            def.name,
            "integer" | "decimal" | "positiveInt" | "unsignedInt"
        ),
        Value::String(_) => {
            def.kind == Kind::Primitive
                && !matches!(
                    def.name,
                    "boolean" | "integer" | "decimal" | "positiveInt" | "unsignedInt"
                )
        }
        Value::Null | Value::Array(_) => false,
    }
}

/// A backbone element, written as nested parts.
fn anonymous(part: &Value, def: &'static TypeDef) -> Result<Object, Problem> {
    let mut out = Object::new();
    let parts = part.items_at("part");
    if parts.is_empty() {
        return Err(Problem::Missing("value"));
    }
    for part in parts {
        let name = part.str_at("name").ok_or(Problem::Missing("name"))?;
        write(&mut out, one(part, def, name)?)?;
    }
    Ok(out)
}

/// Adds an element to its parent: at the end of a list, else in a free place.
pub(super) fn write(parent: &mut Object, content: Content) -> Result<(), Problem> {
    let Content {
        key,
        value,
        extra,
        is_list,
    } = content;
    let beside = format!("_{key}");
    if !is_list {
        if parent.contains(&key) || parent.contains(&beside) {
            return Err(Problem::Taken(key.into()));
        }
        parent.set(&key, value);
        if let Some(extra) = extra {
            parent.set(&beside, extra);
        }
        return Ok(());
    }
    let count = parent
        .get(&key)
        .or_else(|| parent.get(&beside))
        .and_then(Value::as_array)
        .map_or(0, <[Value]>::len);
    insert(parent, &key, count, value, extra);
    Ok(())
}

/// Inserts into a list, keeping the list of extensions beside it in step.
pub(super) fn insert(
    parent: &mut Object,
    key: &str,
    at: usize,
    value: Value,
    extra: Option<Value>,
) {
    let count = match parent.get_mut(key) {
        Some(Value::Array(items)) => {
            items.insert(at.min(items.len()), value);
            items.len()
        }
        _ => {
            let mut items = vec![Value::Null; at];
            items.push(value);
            parent.set(key, items);
            at + 1
        }
    };
    let beside = format!("_{key}");
    match (parent.get_mut(&beside), extra) {
        (Some(Value::Array(extras)), extra) => {
            extras.resize(count.saturating_sub(1), Value::Null);
            extras.insert(at.min(extras.len()), extra.unwrap_or_default());
        }
        (_, Some(extra)) => {
            let mut extras = vec![Value::Null; count];
            if let Some(place) = extras.get_mut(at) {
                *place = extra;
            }
            parent.set(&beside, extras);
        }
        (_, None) => {}
    }
}

//! The children of a value, and the comparison of values with those of a profile.

use crate::Value;
use crate::definitions::{Kind, TypeDef, types};
use crate::path::Node;

static NULL: Value = Value::Null;

/// The occurrences of an element, and whether the base definition has it as a list.
pub(super) fn children<'v>(parent: Node<'v>, name: &str) -> (Vec<Node<'v>>, bool) {
    let def = parent.definition();
    // Of a primitive only its id and extensions can be reached.
    let object = match def.kind {
        Kind::Primitive => parent.extra(),
        Kind::Resource | Kind::Complex | Kind::Backbone => Some(parent.value()),
    };
    let Some(object) = object.and_then(Value::as_object) else {
        return (Vec::new(), false);
    };
    let def = match def.kind {
        Kind::Primitive => types().by_name("Element").unwrap_or(def),
        Kind::Resource | Kind::Complex | Kind::Backbone => def,
    };
    let mut found = Vec::new();
    let mut is_list = false;
    let (mut main, mut extra) = (None, None);
    for (key, value) in object.iter() {
        let bare = key.strip_prefix('_').unwrap_or(key);
        if !bare.starts_with(name) {
            continue;
        }
        let Some(hit) = def.member(key) else { continue };
        let Some(element) = def.elements.get(hit.element).filter(|e| e.name == name) else {
            continue;
        };
        is_list = element.is_list();
        if hit.underscored {
            extra = Some((value, hit.ty));
        } else {
            main = Some((value, hit.ty));
        }
    }
    let Some((_, ty)) = main.or(extra) else {
        return (found, is_list);
    };
    let items = main.map_or(&[][..], |(v, _)| v.each());
    let beside = extra.map_or(&[][..], |(v, _)| v.each());
    for i in 0..items.len().max(beside.len()) {
        let value = items.get(i).unwrap_or(&NULL);
        let extra = beside.get(i).filter(|v| **v != Value::Null);
        let ty = actual(value, types().at(ty)).id();
        found.push(Node::new(value, extra, ty));
    }
    (found, is_list)
}

/// The type of a nested resource is the one it says.
fn actual(value: &Value, def: &'static TypeDef) -> &'static TypeDef {
    if def.kind != Kind::Resource {
        return def;
    }
    value
        .resource_type()
        .and_then(|name| types().resource(name))
        .unwrap_or(def)
}

/// Whether two values are the same, whatever the order of members.
pub(super) fn equal(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && b.iter()
                    .all(|(name, b)| a.get(name).is_some_and(|a| equal(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (a, b) => a == b,
    }
}

/// Whether a value has at least what the pattern has; of a list, each of the pattern's items somewhere.
pub(super) fn has_pattern(value: &Value, pattern: &Value) -> bool {
    match (value, pattern) {
        (Value::Object(a), Value::Object(b)) => b
            .iter()
            .all(|(name, b)| a.get(name).is_some_and(|a| has_pattern(a, b))),
        (Value::Array(a), Value::Array(b)) => b.iter().all(|b| a.iter().any(|a| has_pattern(a, b))),
        (a, b) => a == b,
    }
}

//! The sentences of the structure check, kept apart from the walk because they are made only when something is wrong.

use crate::Value;
use crate::definitions::{ElementDef, TypeDef};
use crate::outcome::{Code, Issue};

use super::primitive::{Prim, Wrong};

/// A value cut to what a sentence can hold.
pub(super) fn short(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(60)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

pub(super) fn unknown(def: &TypeDef, key: &str) -> Issue {
    let issue = Issue::error(
        Code::Structure,
        format!("{} has no element '{}'", def.name, short(key)),
    );
    let bare = key.strip_prefix('_').unwrap_or(key);
    if let Some(choice) = def
        .elements
        .iter()
        .find(|e| e.choice && bare.starts_with(e.name))
    {
        return issue.fix(format!(
            "{}[x] may be: {}.",
            choice.name,
            type_names(choice)
        ));
    }
    match nearest(def, bare) {
        Some(name) => issue.fix(format!("Remove it; or was '{name}' meant?")),
        None => issue.fix("Remove it, or send it as an extension."),
    }
}

pub(super) fn no_such_label(coding: &Value) -> Issue {
    let code = short(coding.str_at("code").unwrap_or_default());
    let system = short(coding.str_at("system").unwrap_or_default());
    Issue::error(
        Code::CodeInvalid,
        format!("{system} has no code '{code}', so nobody could say whom this label keeps out"),
    )
    .fix("Use a code of the system: ValueSet/$expand of http://hl7.org/fhir/ValueSet/security-labels lists them.")
}

pub(super) fn foreign_label() -> Issue {
    Issue::information(
        "Nobody here knows this security label: the resource is kept as a restricted one, for the patient and those who treat",
    )
}

fn type_names(element: &ElementDef) -> String {
    let names: Vec<&str> = element.types.iter().map(|t| t.code).collect();
    names.join(", ")
}

/// The element whose name differs in at most two letters.
fn nearest(def: &TypeDef, key: &str) -> Option<&'static str> {
    if key.len() > 64 {
        return None;
    }
    def.elements
        .iter()
        .map(|e| (distance(e.name, key), e.name))
        .filter(|(d, name)| *d <= 2 && *d < name.len())
        .min()
        .map(|(_, name)| name)
}

/// Edit distance, letters' case counting half nothing: `birthdate` is near `birthDate`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cb, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let same = ca.eq_ignore_ascii_case(cb);
            let best = (diagonal + usize::from(!same)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or_default()
}

pub(super) fn twice(element: &ElementDef) -> Issue {
    Issue::error(
        Code::Structure,
        format!("{}[x] is given with two different types", element.name),
    )
    .fix("Keep one of them.")
}

pub(super) fn missing(def: &TypeDef, element: &ElementDef) -> Issue {
    let x = if element.choice { "[x]" } else { "" };
    Issue::error(
        Code::Required,
        format!("{} must have {}{x}", def.name, element.name),
    )
    .fix(format!("Add '{}'.", element.name))
}

pub(super) fn not_array(element: &ElementDef, value: &Value) -> Issue {
    Issue::error(
        Code::Structure,
        format!("'{}' must be an array, not {}", element.name, kind(value)),
    )
    .fix("Put the value into [ ].")
}

pub(super) fn not_single(element: &ElementDef) -> Issue {
    Issue::error(
        Code::Structure,
        format!("'{}' must be a single value, not an array", element.name),
    )
    .fix("Send the value without [ ].")
}

pub(super) fn empty(what: &str) -> Issue {
    Issue::error(Code::Structure, format!("{what} must not be empty"))
        .fix("Leave the element out when there is no value.")
}

pub(super) fn too_many(element: &ElementDef, count: usize) -> Issue {
    Issue::error(
        Code::Structure,
        format!(
            "'{}' occurs {count} times; at most {} are allowed",
            element.name,
            element.max.unwrap_or(u32::MAX)
        ),
    )
    .fix("Remove the rest.")
}

pub(super) fn null() -> Issue {
    Issue::error(
        Code::Structure,
        "null is allowed only in an array of primitives, where its '_' sibling has a value",
    )
    .fix("Leave the element out when there is no value.")
}

pub(super) fn wrong_kind(def: &TypeDef, value: &Value) -> Issue {
    Issue::error(
        Code::Structure,
        format!("A {} is an object, not {}", def.name, kind(value)),
    )
    .fix("Send a JSON object.")
}

pub(super) fn wrong_primitive_kind(def: &TypeDef, prim: Prim, value: &Value) -> Issue {
    let wanted = prim.json_kind().says();
    Issue::error(
        Code::Structure,
        format!("A {} is {wanted}, not {}", def.name, kind(value)),
    )
    .fix(format!("Send {wanted}."))
}

pub(super) fn not_in_domain(name: &str, value: &Value, wrong: Wrong) -> Issue {
    let text = match value {
        Value::String(s) => short(s),
        Value::Number(n) => short(n.as_str()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    Issue::error(
        Code::Value,
        format!("'{text}' is not a valid {name}: {}", wrong.why),
    )
    .fix(wrong.fix)
}

pub(super) fn misaligned(name: &str) -> Issue {
    Issue::error(
        Code::Structure,
        format!("'{name}' and '_{name}' have different numbers of items"),
    )
    .fix("Fill the shorter one up with null.")
}

pub(super) fn too_deep() -> Issue {
    Issue::error(Code::TooCostly, "The resource is nested too deeply")
        .fix("Nest less than 100 levels.")
}

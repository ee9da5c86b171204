//! `CodeSystem/$lookup` and `CodeSystem/$subsumes`.

use std::sync::Arc;

use super::compose::Trouble;
use super::display::{concept_display, own_designations};
use super::parameters::{Input, Output, part};
use super::source::Source;
use super::system::{Concept, System};
use crate::Value;

/// A code system and a code in it, from `codeSystem`, `system` and `code`, or `coding`.
fn named<'v>(
    source: &Source,
    input: Input<'v>,
    (code, coding): (&'v str, &'v str),
) -> Result<(Arc<System>, &'v str), Trouble> {
    let coding = input.value(coding);
    let code = input
        .text(code)
        .or_else(|| coding.and_then(|c| c.str_at("code")))
        .ok_or(Trouble::Request(
            "A 'code' with its 'system', or a 'coding', is needed",
        ))?;
    if let Some(given) = input.resource("codeSystem").and_then(System::of) {
        return Ok((Arc::new(given), code));
    }
    let url = input
        .text("system")
        .or_else(|| input.text("url"))
        .or_else(|| coding.and_then(|c| c.str_at("system")))
        .ok_or(Trouble::Request("The 'system' of the code is needed"))?;
    let system = source
        .system(url)
        .ok_or_else(|| Trouble::Unknown(url.to_owned()))?;
    Ok((system, code))
}

/// Everything that is known about a code: `system` and `code`, or `coding`; `displayLanguage`; `property` (several) limits what
/// is answered. The answer is a `Parameters`.
///
/// # Errors
/// When the code system or the code is not known.
pub fn lookup(source: &Source, parameters: &Value) -> Result<Value, Trouble> {
    let input = Input::of(parameters);
    let (system, code) = named(source, input, ("code", "coding"))?;
    let concept = system
        .concept(code)
        .ok_or_else(|| Trouble::Unknown(format!("{}|{code}", system.url)))?;
    let wanted: Vec<&str> = input.values("property").filter_map(Value::as_str).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.contains(&name) || wanted.contains(&"*");
    let mut out = Output::default();
    let name = system.name.clone().unwrap_or_else(|| system.url.clone());
    out.add("name", "String", name);
    out.add_some("version", "String", system.version.clone());
    let display = concept_display(concept, input.text("displayLanguage"));
    out.add(
        "display",
        "String",
        display.unwrap_or_else(|| concept.code.clone()),
    );
    let definition = concept.detail.get("definition").and_then(Value::as_str);
    out.add_some(
        "definition",
        "String",
        definition.filter(|_| wants("definition")),
    );
    if wants("designation") {
        for designation in own_designations(concept) {
            out.add_parts("designation", designation_parts(designation));
        }
    }
    for parts in properties(&system, concept, &wants) {
        out.add_parts("property", parts);
    }
    Ok(out.into_value())
}

fn designation_parts(designation: &Value) -> Vec<Value> {
    let mut parts = Vec::new();
    if let Some(language) = designation.str_at("language") {
        parts.push(part("language", "Code", language));
    }
    if let Some(usage) = designation.get("use") {
        parts.push(part("use", "Coding", usage.clone()));
    }
    if let Some(value) = designation.str_at("value") {
        parts.push(part("value", "String", value));
    }
    parts
}

fn properties(system: &System, concept: &Concept, wants: &dyn Fn(&str) -> bool) -> Vec<Vec<Value>> {
    let code = |name: &str, value: Value| vec![part("code", "Code", name), value];
    let mut found = Vec::new();
    if wants("inactive") {
        let inactive = part("value", "Boolean", concept.is_inactive());
        found.push(code("inactive", inactive));
    }
    let above = system.parents(concept).map(|c| ("parent", c));
    let below = system.children(concept).map(|c| ("child", c));
    for (name, other) in above.chain(below).filter(|(name, _)| wants(name)) {
        found.push(code(name, part("value", "Code", other.code.clone())));
    }
    let own = concept.detail.get("property").and_then(Value::as_array);
    for property in own.unwrap_or_default() {
        let name = property.str_at("code").unwrap_or_default();
        if !wants(name) || matches!(name, "parent" | "child" | "inactive") {
            continue;
        }
        let mut parts = vec![part("code", "Code", name)];
        for (key, value) in property.as_object().into_iter().flat_map(|o| o.iter()) {
            if let Some(kind) = key.strip_prefix("value") {
                parts.push(part("value", kind, value.clone()));
            }
        }
        found.push(parts);
    }
    found
}

/// How two codes of a system relate: `codeA`, `codeB`, `system` (or `codingA`, `codingB`). The answer is a `Parameters` with
/// `outcome`: `equivalent`, `subsumes`, `subsumed-by` or `not-subsumed`.
///
/// # Errors
/// When the code system or one of the codes is not known.
pub fn subsumes(source: &Source, parameters: &Value) -> Result<Value, Trouble> {
    let input = Input::of(parameters);
    let (system, a) = named(source, input, ("codeA", "codingA"))?;
    let (other, b) = named(source, input, ("codeB", "codingB"))?;
    if system.url != other.url {
        return Err(Trouble::Request("Both codes must be of one code system"));
    }
    for code in [a, b] {
        if system.concept(code).is_none() {
            return Err(Trouble::Unknown(format!("{}|{code}", system.url)));
        }
    }
    let above = |x: &str, y: &str| system.descendants(x).iter().any(|c| c == y);
    let outcome = if a == b {
        "equivalent"
    } else if above(a, b) {
        "subsumes"
    } else if above(b, a) {
        "subsumed-by"
    } else {
        "not-subsumed"
    };
    let mut out = Output::default();
    out.add("outcome", "Code", outcome);
    Ok(out.into_value())
}

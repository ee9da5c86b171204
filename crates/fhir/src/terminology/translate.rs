//! `ConceptMap/$translate`.

use std::sync::Arc;

use super::bare;
use super::compose::Trouble;
use super::parameters::{Input, Output, part};
use super::source::Source;
use crate::{Object, Value};

/// Translates a code: `url` (or `conceptMap`) names the map, else all maps from `source` to `target` (value sets) or to
/// `targetsystem` are used; `code` with `system`, or `coding`, or `codeableConcept`; `reverse`. The answer is a `Parameters` with
/// `result`, `message` and a `match` for each translation.
///
/// # Errors
/// When the map is not known, or no code is given.
pub fn translate(source: &Source, parameters: &Value) -> Result<Value, Trouble> {
    let input = Input::of(parameters);
    let codes = codes(input)?;
    let maps: Vec<Arc<Value>> = match (input.resource("conceptMap"), input.text("url")) {
        (Some(given), _) => vec![Arc::new(given.clone())],
        (None, Some(url)) => vec![
            source
                .concept_map(url)
                .ok_or_else(|| Trouble::Unknown(url.to_owned()))?,
        ],
        (None, None) => source
            .concept_maps()
            .filter(|m| scope_fits(m, "source", input.text("source")))
            .filter(|m| scope_fits(m, "target", input.text("target")))
            .collect(),
    };
    let mut found: Vec<Vec<Value>> = Vec::new();
    let mut good = false;
    for map in &maps {
        for (system, code) in &codes {
            for one in in_map(map, *system, code, input) {
                good |= !matches!(one.equivalence.as_str(), "unmatched" | "disjoint");
                found.push(one.parts);
            }
        }
    }
    let mut out = Output::default();
    out.add("result", "Boolean", good);
    if !good {
        out.add("message", "String", "No translation was found");
    }
    for parts in found {
        out.add_parts("match", parts);
    }
    Ok(out.into_value())
}

fn codes(input: Input<'_>) -> Result<Vec<(Option<&str>, &str)>, Trouble> {
    let found = input.codings(
        |code| (input.text("system"), code),
        |coding| Some((coding.str_at("system"), coding.str_at("code")?)),
    );
    if found.is_empty() {
        return Err(Trouble::Request(
            "$translate needs 'code' and 'system', or 'coding', or 'codeableConcept'",
        ));
    }
    Ok(found)
}

fn scope_fits(map: &Value, side: &str, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return true };
    ["Uri", "Canonical"]
        .iter()
        .filter_map(|kind| map.str_at(&format!("{side}{kind}")))
        .any(|url| bare(url) == bare(wanted))
}

struct Translation {
    equivalence: String,
    parts: Vec<Value>,
}

fn in_map(map: &Value, system: Option<&str>, code: &str, input: Input<'_>) -> Vec<Translation> {
    let reverse = input.flag("reverse");
    let target_system = input
        .text("targetsystem")
        .or_else(|| input.text("targetSystem"));
    let mut found = Vec::new();
    for group in map.items_at("group") {
        let (from, to) = match reverse {
            false => (group.str_at("source"), group.str_at("target")),
            true => (group.str_at("target"), group.str_at("source")),
        };
        let fits = |mine: Option<&str>, wanted: Option<&str>| {
            wanted.is_none_or(|w| mine.is_none_or(|m| bare(m) == bare(w)))
        };
        if !fits(from, system) || !fits(to, target_system) {
            continue;
        }
        let before = found.len();
        for element in group.items_at("element") {
            for target in element.items_at("target") {
                let (mine, other) = if reverse {
                    (target, element)
                } else {
                    (element, target)
                };
                if mine.str_at("code") == Some(code) {
                    let equivalence = target.str_at("equivalence").unwrap_or("relatedto");
                    found.push(translation(map, to, other, turned(equivalence, reverse)));
                }
            }
        }
        if found.len() == before && !reverse {
            found.extend(unmapped(map, group, to, code));
        }
    }
    found
}

/// What the group says about codes that it does not name.
fn unmapped(map: &Value, group: &Value, to: Option<&str>, code: &str) -> Option<Translation> {
    let rule = group.get("unmapped")?;
    let named = group
        .items_at("element")
        .iter()
        .any(|e| e.str_at("code") == Some(code));
    match rule.str_at("mode") {
        Some("fixed") if !named => Some(translation(map, to, rule, "equivalent")),
        Some("provided") if !named => {
            let same = Value::from([("code", code.into())]);
            Some(translation(map, to, &same, "equal"))
        }
        _ => None,
    }
}

fn turned(equivalence: &str, reverse: bool) -> &str {
    match (equivalence, reverse) {
        ("wider", true) => "narrower",
        ("narrower", true) => "wider",
        ("subsumes", true) => "specializes",
        ("specializes", true) => "subsumes",
        (same, _) => same,
    }
}

fn translation(
    map: &Value,
    system: Option<&str>,
    target: &Value,
    equivalence: &str,
) -> Translation {
    let mut parts = vec![part("equivalence", "Code", equivalence)];
    if let Some(code) = target.str_at("code") {
        let mut coding = Object::new();
        if let Some(system) = system {
            coding.set("system", system);
        }
        coding.set("code", code);
        if let Some(display) = target.str_at("display") {
            coding.set("display", display);
        }
        parts.push(part("concept", "Coding", coding));
    }
    if let Some(url) = map.str_at("url") {
        parts.push(part("source", "Uri", url));
    }
    Translation {
        equivalence: equivalence.to_owned(),
        parts,
    }
}

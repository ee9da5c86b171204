//! `types.json`: every R4 type with its elements.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::package::of_type;

const PREFIX: &str = "http://hl7.org/fhir/StructureDefinition/";

pub(crate) fn table(core: &[Value]) -> Result<Value> {
    let mut types = Vec::new();
    for definition in of_type(core, "StructureDefinition") {
        let own = definition["derivation"] != "constraint";
        if own
            && ["resource", "complex-type", "primitive-type"]
                .iter()
                .any(|k| definition["kind"] == *k)
        {
            one_definition(definition, &mut types)?;
        }
    }
    types.sort_by_key(|t| (t["kind"] != "resource", text(&t["name"])));
    Ok(Value::Array(types))
}

fn one_definition(definition: &Value, types: &mut Vec<Value>) -> Result<()> {
    let url = text(&definition["url"]);
    let elements = definition["snapshot"]["element"]
        .as_array()
        .context("a definition without snapshot")?;
    let (root, rest) = elements.split_first().context("an empty snapshot")?;
    let kind = match text(&definition["kind"]).as_str() {
        "resource" => "resource",
        "primitive-type" => "primitive",
        _ => "complex",
    };
    let mut ty = Map::new();
    ty.insert("name".into(), definition["type"].clone());
    ty.insert("kind".into(), kind.into());
    if definition["abstract"] == true {
        ty.insert("abstract".into(), true.into());
    }
    if let Some(base) = definition["baseDefinition"].as_str() {
        ty.insert("base".into(), short(base).into());
    }
    put_list(&mut ty, "constraints", constraints(root, None));
    put_list(
        &mut ty,
        "elements",
        children(&text(&root["path"]), rest, &url),
    );
    types.push(Value::Object(ty));
    for element in rest.iter().filter(|e| is_backbone(e, rest)) {
        let path = text(&element["path"]);
        types.push(json!({
            "name": path, "kind": "backbone", "base": element["type"][0]["code"],
            "elements": children(&path, rest, &url),
        }));
    }
    Ok(())
}

fn is_backbone(element: &Value, all: &[Value]) -> bool {
    let prefix = format!("{}.", text(&element["path"]));
    all.iter().any(|e| text(&e["path"]).starts_with(&prefix))
}

fn children(parent: &str, all: &[Value], url: &str) -> Vec<Value> {
    let prefix = format!("{parent}.");
    all.iter()
        .filter_map(|e| {
            let path = text(&e["path"]);
            let name = path.strip_prefix(&prefix)?;
            (!name.contains('.')).then(|| element(e, name, all, url))
        })
        .collect()
}

fn element(e: &Value, name: &str, all: &[Value], url: &str) -> Value {
    let mut out = Map::new();
    let bare = name.strip_suffix("[x]");
    out.insert("name".into(), bare.unwrap_or(name).into());
    if bare.is_some() {
        out.insert("choice".into(), true.into());
    }
    if e["min"] != 0 {
        out.insert("min".into(), e["min"].clone());
    }
    if let Ok(max) = text(&e["max"]).parse::<u32>() {
        out.insert("max".into(), max.into());
    }
    out.insert("types".into(), Value::Array(type_refs(e, all)));
    if let (Some(strength), Some(set)) = (
        e["binding"]["strength"].as_str(),
        e["binding"]["valueSet"].as_str(),
    ) {
        out.insert(
            "binding".into(),
            json!({"strength": strength, "value_set": set}),
        );
    }
    for (from, to) in [("isSummary", "summary"), ("isModifier", "modifier")] {
        if e[from] == true {
            out.insert(to.into(), true.into());
        }
    }
    put_list(&mut out, "constraints", constraints(e, Some(url)));
    Value::Object(out)
}

fn type_refs(e: &Value, all: &[Value]) -> Vec<Value> {
    if let Some(reference) = e["contentReference"].as_str() {
        return vec![json!({"code": reference.rsplit('#').next()})];
    }
    if is_backbone(e, all) {
        return vec![json!({"code": e["path"]})];
    }
    e["type"]
        .as_array()
        .into_iter()
        .flatten()
        .map(type_ref)
        .collect()
}

fn type_ref(t: &Value) -> Value {
    let mut out = Map::new();
    let fhir_type = t["extension"]
        .as_array()
        .into_iter()
        .flatten()
        .find_map(|x| {
            text(&x["url"])
                .ends_with("structuredefinition-fhir-type")
                .then(|| text(&x["valueUrl"]))
        });
    let code = fhir_type.unwrap_or_else(|| text(&t["code"]));
    out.insert(
        "code".into(),
        code.rsplit("System.")
            .next()
            .map(primitive_of_system)
            .into(),
    );
    for (from, to) in [("targetProfile", "targets"), ("profile", "profiles")] {
        let urls: Vec<Value> = t[from]
            .as_array()
            .into_iter()
            .flatten()
            .map(|u| short(&text(u)).into())
            .collect();
        put_list(
            &mut out,
            to,
            urls.into_iter().filter(|u| u != "Resource").collect(),
        );
    }
    Value::Object(out)
}

fn primitive_of_system(code: &str) -> &str {
    if code == "String" { "string" } else { code }
}

fn constraints(e: &Value, only_from: Option<&str>) -> Vec<Value> {
    let list = e["constraint"].as_array().into_iter().flatten();
    list.filter(|c| c["key"] != "ele-1" && c["expression"].is_string())
        .filter(|c| only_from.is_none_or(|url| c["source"] == url || c["source"].is_null()))
        .map(|c| {
            let mut out =
                json!({"key": c["key"], "human": c["human"], "expression": c["expression"]});
            if c["severity"] == "warning" {
                out["warning"] = true.into();
            }
            out
        })
        .collect()
}

fn put_list(to: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        to.insert(name.into(), Value::Array(list));
    }
}

/// A core definition's bare name; another URL as it is.
fn short(url: &str) -> &str {
    url.strip_prefix(PREFIX).unwrap_or(url)
}

fn text(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_owned()
}

//! `profiles.zst`: the profiles of the packages, one a line: `url TAB version TAB json`. A profile is a tree of the elements
//! that it says more about than the base definition does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::package::of_type;

/// What the base definitions say.
struct Base<'a> {
    elements: BTreeMap<&'a str, &'a Value>,
    constraints: BTreeSet<&'a str>,
    /// The type that each profile is of.
    types: BTreeMap<&'a str, &'a str>,
}

/// The lines, sorted by URL; of several versions of a profile that of the first package comes first.
pub(crate) fn lines(packages: &[&[Value]]) -> String {
    let base = base(packages);
    packages
        .iter()
        .enumerate()
        .flat_map(|(at, package)| {
            of_package(package, &base).map(move |(url, line)| (url, at, line))
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|(_, _, line)| line)
        .collect()
}

/// The profiles of a package: URL and line.
fn of_package<'a>(
    package: &'a [Value],
    base: &Base<'_>,
) -> impl Iterator<Item = (&'a str, String)> {
    let mut found = Vec::new();
    for definition in of_type(package, "StructureDefinition") {
        let elements = list(&definition["snapshot"]["element"]);
        let logical = definition["kind"] == "logical";
        if definition["derivation"] != "constraint" || elements.is_empty() || logical {
            continue;
        }
        let (url, version) = (text(&definition["url"]), text(&definition["version"]));
        let root = tree(elements, base);
        let line = json!({"url": url, "type": definition["type"], "root": root});
        found.push((url, format!("{url}\t{version}\t{line}\n")));
    }
    found.into_iter()
}

fn base<'a>(packages: &[&'a [Value]]) -> Base<'a> {
    let mut base = Base {
        elements: BTreeMap::new(),
        constraints: BTreeSet::new(),
        types: BTreeMap::new(),
    };
    for definition in packages
        .iter()
        .flat_map(|p| of_type(p, "StructureDefinition"))
    {
        base.types
            .insert(text(&definition["url"]), text(&definition["type"]));
        if definition["derivation"] == "constraint" {
            continue;
        }
        for element in list(&definition["snapshot"]["element"]) {
            base.elements.insert(text(&element["path"]), element);
            for constraint in list(&element["constraint"]) {
                base.constraints.insert(text(&constraint["key"]));
            }
        }
    }
    base
}

/// The elements as a tree by their ids: `Patient.extension:race.url`.
fn tree(elements: &[Value], base: &Base<'_>) -> Value {
    let mut root = Node::default();
    for element in elements {
        let mut at = &mut root;
        for segment in text(&element["id"]).split('.').skip(1) {
            let (name, slice) = match segment.split_once(':') {
                Some((name, slice)) => (name, Some(slice)),
                None => (segment, None),
            };
            at = at.children.entry(name.trim_end_matches("[x]"));
            if let Some(slice) = slice {
                at = at.slices.entry(slice);
                at.is_slice = true;
            }
        }
        at.says = says(element, at.is_slice, base);
    }
    root.to_value("").unwrap_or_else(|| json!({}))
}

#[derive(Default)]
struct Node {
    says: Map<String, Value>,
    is_slice: bool,
    children: Nodes,
    slices: Nodes,
}

/// Nodes by name, in the order they came.
#[derive(Default)]
struct Nodes(Vec<(String, Node)>);

impl Nodes {
    fn entry(&mut self, name: &str) -> &mut Node {
        let at = match self.0.iter().position(|(n, _)| n == name) {
            Some(at) => at,
            None => {
                self.0.push((name.to_owned(), Node::default()));
                self.0.len() - 1
            }
        };
        &mut self.0[at].1
    }

    fn values(&self) -> Vec<Value> {
        self.0
            .iter()
            .filter_map(|(n, node)| node.to_value(n))
            .collect()
    }
}

impl Node {
    /// None when there is nothing to check. A slice is kept: its siblings are told apart by it.
    fn to_value(&self, name: &str) -> Option<Value> {
        let mut out = self.says.clone();
        let children = self.children.values();
        if !children.is_empty() {
            out.insert("children".into(), children.into());
        }
        let slices = self.slices.values();
        if slices.is_empty() {
            out.shift_remove("slicing");
        } else {
            out.insert("slices".into(), slices.into());
        }
        if out.is_empty() && !self.is_slice && !name.is_empty() {
            return None;
        }
        out.insert("name".into(), name.into());
        Some(Value::Object(out))
    }
}

/// What an element's definition adds to its base.
fn says(e: &Value, is_slice: bool, base: &Base<'_>) -> Map<String, Value> {
    let mut out = Map::new();
    let own = base.elements.get(text(&e["base"]["path"])).copied();
    let own = own.unwrap_or(&Value::Null);
    if e["min"] != 0 && (is_slice || e["min"] != e["base"]["min"]) {
        out.insert("min".into(), e["min"].clone());
    }
    if e["max"] != e["base"]["max"]
        && let Ok(max) = text(&e["max"]).parse::<u32>()
    {
        out.insert("max".into(), max.into());
    }
    for (key, value) in e.as_object().into_iter().flatten() {
        for kind in ["fixed", "pattern"] {
            if key.starts_with(kind) {
                out.insert(kind.into(), value.clone());
            }
        }
    }
    let types = types(e, base);
    if !types.is_empty() && (is_slice || types != self::types(own, base)) {
        out.insert("types".into(), types.into());
    }
    let binding = binding(e);
    if !binding.is_null() && binding != self::binding(own) {
        out.insert("binding".into(), binding);
    }
    let constraints: Vec<Value> = list(&e["constraint"])
        .iter()
        .filter(|c| !base.constraints.contains(text(&c["key"])) && c["expression"].is_string())
        .map(|c| {
            json!({"key": c["key"], "warning": c["severity"] == "warning", "human": c["human"],
                "expression": c["expression"]})
        })
        .collect();
    if !constraints.is_empty() {
        out.insert("constraints".into(), constraints.into());
    }
    let discriminators: Vec<Value> = list(&e["slicing"]["discriminator"])
        .iter()
        .map(|d| json!([d["type"], d["path"]]))
        .collect();
    if !discriminators.is_empty() {
        let closed = e["slicing"]["rules"] == "closed";
        out.insert(
            "slicing".into(),
            json!({"by": discriminators, "closed": closed}),
        );
    }
    out
}

fn types(e: &Value, base: &Base<'_>) -> Vec<Value> {
    list(&e["type"])
        .iter()
        .filter(|t| !text(&t["code"]).contains("System."))
        .map(|t| {
            let mut out = json!({"code": t["code"]});
            let targets: BTreeSet<&str> = list(&t["targetProfile"])
                .iter()
                .map(|url| {
                    let url = text(url);
                    base.types.get(url).copied().unwrap_or(url)
                })
                .collect();
            if !targets.is_empty() && !targets.contains("Resource") {
                out["targets"] = targets.into_iter().collect();
            }
            if t["profile"].is_array() {
                out["profiles"] = t["profile"].clone();
            }
            out
        })
        .collect()
}

/// The value set that a code must be of: that of a required binding, or the most that another one allows.
fn binding(e: &Value) -> Value {
    let binding = &e["binding"];
    if binding["strength"] == "required" {
        return text(&binding["valueSet"])
            .split('|')
            .next()
            .unwrap_or_default()
            .into();
    }
    list(&binding["extension"])
        .iter()
        .find(|x| text(&x["url"]).ends_with("elementdefinition-maxValueSet"))
        .map_or(Value::Null, |x| x["valueCanonical"].clone())
}

fn list(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}

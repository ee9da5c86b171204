//! `parameters.json`: search parameters, index branches, compartments, clinical dates, systems implied by bindings.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::expression::{Path, paths};
use super::package::of_type;

/// Which date parameter says when a resource happened, where the general order of preference would choose another.
const DATES: [(&str, &str); 18] = [
    ("AllergyIntolerance", "date"),
    ("Bundle", "timestamp"),
    ("DetectedIssue", "identified"),
    ("MedicationRequest", "authoredon"),
    ("NutritionOrder", "datetime"),
    ("Slot", "start"),
    ("VisionPrescription", "datewritten"),
    ("ChargeItem", "occurrence"),
    ("Condition", "recorded-date"),
    ("Coverage", ""),
    ("Encounter", "date"),
    ("EpisodeOfCare", "date"),
    ("MedicationAdministration", "effective-time"),
    ("MedicationDispense", "whenhandedover"),
    ("Patient", ""),
    ("Practitioner", ""),
    ("ServiceRequest", "authored"),
    ("Specimen", "collected"),
];
/// The general order of preference.
const DATE_CODES: [&str; 14] = [
    "date",
    "authoredon",
    "authored-on",
    "authored",
    "created",
    "recorded",
    "sent",
    "started",
    "issued",
    "effective",
    "period",
    "occurrence",
    "start-date",
    "onset-date",
];

/// `old`: the table as it was, whose branch numbers are kept.
pub(crate) fn table(core: &[Value], us_core: &[Value], old: &Value) -> Result<Value> {
    let mut table = Table::new(old);
    let kinds: BTreeSet<String> = of_type(core, "StructureDefinition")
        .filter(|d| d["kind"] == "resource" && d["derivation"] != "constraint")
        .map(|d| text(&d["name"]))
        .collect();
    let definitions: Vec<&Value> = of_type(core, "SearchParameter")
        .chain(of_type(us_core, "SearchParameter"))
        .filter(|p| usable(p))
        .collect();
    for definition in &definitions {
        for base in strings(&definition["base"]) {
            table
                .add(&base, definition, &definitions, &kinds)
                .with_context(|| text(&definition["url"]))?;
        }
    }
    table.number();
    Ok(json!({
        "params": table.params(),
        "branches": table.branches(),
        "compartments": compartments(core),
        "dates": table.dates(),
        "implied": implied_systems(core),
    }))
}

/// R4's own slips: an expression without its resource type, and two component expressions in each other's place.
fn corrected(id: &str, expression: &str) -> String {
    let right = match (id, expression) {
        ("InsurancePlan-name", "name | alias") => "InsurancePlan.name | InsurancePlan.alias",
        ("DocumentReference-relatesto", "code") => "target",
        ("DocumentReference-relation", "target") => "code",
        (_, right) => right,
    };
    right.to_owned()
}

/// Left out: the specification's examples, patterns without a base, and what is defined in prose only.
fn usable(definition: &Value) -> bool {
    let id = text(&definition["id"]);
    let example = id.starts_with("example") && id != "example-extension";
    !example && definition["expression"].is_string() && definition["code"] != "_id"
}

struct Use {
    branch: Key,
    target: Option<String>,
}

/// Resource, path, kind.
type Key = (String, String, String);

struct Table {
    numbers: BTreeMap<Key, u16>,
    wanted: BTreeSet<Key>,
    /// By base and code.
    params: BTreeMap<(String, String), (Value, Vec<Use>)>,
}

impl Table {
    fn new(old: &Value) -> Self {
        let numbers = old["branches"].as_array().into_iter().flatten();
        Self {
            numbers: numbers
                .filter_map(|b| {
                    let id = u16::try_from(b["id"].as_u64()?).ok()?;
                    let key = (text(&b["resource"]), text(&b["path"]), text(&b["kind"]));
                    Some((key, id))
                })
                .collect(),
            wanted: BTreeSet::new(),
            params: BTreeMap::new(),
        }
    }

    fn add(
        &mut self,
        base: &str,
        definition: &Value,
        all: &[&Value],
        kinds: &BTreeSet<String>,
    ) -> Result<()> {
        let place = (base.to_owned(), text(&definition["code"]));
        if self.params.contains_key(&place) {
            return Ok(());
        }
        let kind = text(&definition["type"]);
        let expression = corrected(&text(&definition["id"]), &text(&definition["expression"]));
        let found: Vec<Path> = paths(&expression)?
            .into_iter()
            .filter_map(|p| p.under(base, kinds))
            .collect();
        let mut param = json!({
            "code": definition["code"], "base": base, "url": definition["url"], "kind": kind,
        });
        let mut uses = Vec::new();
        if kind == "composite" {
            param["groups"] = found.iter().map(|p| p.text.clone()).collect();
            param["components"] = components(definition, all)?;
        } else {
            for path in found {
                let branch = (base.to_owned(), path.text, kind.clone());
                self.wanted.insert(branch.clone());
                uses.push(Use {
                    branch,
                    target: path.target,
                });
            }
        }
        let mut targets = strings(&definition["target"]);
        if targets.len() > 100 {
            targets.clear();
        }
        targets.sort();
        if !targets.is_empty() {
            param["targets"] = targets.into();
        }
        self.params.insert(place, (param, uses));
        Ok(())
    }

    fn number(&mut self) {
        let mut next = self.numbers.values().max().map_or(1, |n| n + 1);
        for key in &self.wanted {
            self.numbers.entry(key.clone()).or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
    }

    fn params(&self) -> Value {
        self.params
            .values()
            .map(|(param, uses)| {
                let mut param = param.clone();
                if !uses.is_empty() {
                    param["uses"] = uses.iter().map(|u| self.branch_use(u)).collect();
                }
                param
            })
            .collect()
    }

    fn branch_use(&self, of: &Use) -> Value {
        let number = self.numbers[&of.branch];
        match &of.target {
            Some(target) => json!({"branch": number, "target": target}),
            None => json!({"branch": number}),
        }
    }

    fn branches(&self) -> Value {
        self.wanted
            .iter()
            .map(|key| {
                json!({"id": self.numbers[key], "resource": key.0, "path": key.1, "kind": key.2})
            })
            .collect()
    }

    fn dates(&self) -> Value {
        let bases: BTreeSet<&String> = self.params.keys().map(|(base, _)| base).collect();
        bases
            .into_iter()
            .filter(|b| *b != "Resource")
            .filter_map(|base| {
                let chosen = DATES.iter().find(|(b, _)| b == base).map(|(_, c)| *c);
                let codes = chosen.map_or(DATE_CODES.to_vec(), |c| vec![c]);
                let (_, uses) = codes
                    .iter()
                    .filter_map(|c| self.params.get(&(base.clone(), (*c).to_owned())))
                    .find(|(p, uses)| p["kind"] == "date" && !uses.is_empty())?;
                Some(json!({"kind": base, "branch": self.numbers[&uses[0].branch]}))
            })
            .collect()
    }
}

fn components(definition: &Value, all: &[&Value]) -> Result<Value> {
    let list = definition["component"].as_array().into_iter().flatten();
    list.map(|c| {
        let of = all
            .iter()
            .find(|p| p["url"] == c["definition"])
            .with_context(|| format!("no component {}", c["definition"]))?;
        let inner: Vec<String> = paths(&corrected(&text(&of["id"]), &text(&c["expression"])))?
            .into_iter()
            .map(|p| p.text)
            .collect();
        Ok(json!({"code": of["code"], "kind": of["type"], "paths": inner}))
    })
    .collect()
}

fn compartments(core: &[Value]) -> Value {
    let mut rules = Vec::new();
    for definition in of_type(core, "CompartmentDefinition").filter(|d| d["id"] != "example") {
        for resource in definition["resource"].as_array().into_iter().flatten() {
            let mut codes = strings(&resource["param"]);
            if resource["code"] == definition["code"] && !codes.iter().any(|c| c == "{def}") {
                codes.push("{def}".to_owned());
            }
            if !codes.is_empty() {
                rules.push(json!({
                    "compartment": definition["code"], "kind": resource["code"], "codes": codes,
                }));
            }
        }
    }
    rules.into()
}

/// Value sets that are drawn from exactly one system: what a plain code bound to them means.
fn implied_systems(core: &[Value]) -> Value {
    let bound: BTreeSet<String> = of_type(core, "StructureDefinition")
        .flat_map(|d| d["snapshot"]["element"].as_array().into_iter().flatten())
        .filter(|e| e["binding"]["strength"] == "required" && e["type"][0]["code"] == "code")
        .filter_map(|e| e["binding"]["valueSet"].as_str()?.split('|').next())
        .map(str::to_owned)
        .collect();
    of_type(core, "ValueSet")
        .filter(|set| bound.contains(&text(&set["url"])))
        .filter_map(|set| {
            let include = set["compose"]["include"].as_array()?;
            let [one] = include.as_slice() else {
                return None;
            };
            let system = one["system"].as_str()?;
            Some(json!({"value_set": set["url"], "system": system}))
        })
        .collect()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}

fn text(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_owned()
}

//! Every search parameter that the CapabilityStatement claims: an example of the specification that has a value for
//! it is stored, and found by that value. The value is taken from the example by the parameter's own definition (its
//! FHIRPath expression), not by the code that fills the index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use aceso_base::percent;
use aceso_fhir::definitions::types;
use aceso_fhir::path::{Env, Expression, Host, Item, Node};
use aceso_fhir::{Value as Document, json};
use aceso_testkit::shared;
use http::Method;
use serde_json::Value;

use crate::examples::{EXAMPLES, WITHHELD};
use crate::server::{References, Server};

const PACKAGES: [&str; 3] = [
    "fhir-definitions/hl7.fhir.r4.core-4.0.1.tgz",
    "fhir-definitions/us_core_610.tgz",
    "fhir-definitions/us_core_700.tgz",
];

/// How many examples of a type are looked at for a value.
const LOOK: usize = 500;

/// Claims that no example can prove the usual way, each with the reason. This list may only shrink.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// Resources that references lead to: only their type matters.
struct Others(HashMap<&'static str, Document>);

impl Others {
    fn all() -> &'static Self {
        static ALL: OnceLock<Others> = OnceLock::new();
        ALL.get_or_init(|| {
            let stub = |kind: &'static str| (kind, Document::from([("resourceType", kind.into())]));
            Self(types().resource_names().map(stub).collect())
        })
    }
}

impl Host for Others {
    fn resource(&self, reference: &str) -> Option<&Document> {
        let mut parts = reference.rsplit('/').skip(1);
        self.0.get(parts.next()?)
    }
}

struct Definition {
    kind: String,
    expression: String,
    /// For a composite: the URL and the expression of each component.
    components: Vec<(String, String)>,
}

fn definitions() -> Option<HashMap<String, Definition>> {
    let mut all = HashMap::new();
    for package in PACKAGES {
        for (path, bytes) in shared::archive(package)? {
            let name = path.rsplit('/').next().unwrap_or_default();
            if !name.starts_with("SearchParameter-") || !name.ends_with(".json") {
                continue;
            }
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let components = value["component"].as_array().into_iter().flatten();
            let definition = Definition {
                kind: text(&value["type"]),
                expression: text(&value["expression"]),
                components: components
                    .map(|c| (text(&c["definition"]), text(&c["expression"])))
                    .collect(),
            };
            all.insert(text(&value["url"]), definition);
        }
    }
    Some(all)
}

/// `\`, `,`, `$` and `|` inside a value.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | ',' | '$' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn words<'a>(value: &'a Document, names: &[&str]) -> Option<&'a str> {
    let first = |name: &&str| {
        let member = value.get(name)?;
        member.as_str().or_else(|| member.each().first()?.as_str())
    };
    names.iter().find_map(first)
}

fn token(kind: &str, value: &Document) -> Option<String> {
    let pair = |code: &str, of: &Document| match (of.str_at("system"), of.str_at(code)) {
        (Some(system), Some(code)) => Some(format!("{}|{}", escape(system), escape(code))),
        (None, Some(code)) => Some(escape(code)),
        (_, None) => None,
    };
    match kind {
        "CodeableConcept" => value
            .items_at("coding")
            .iter()
            .find_map(|c| pair("code", c)),
        "Coding" => pair("code", value),
        "Identifier" => pair("value", value),
        "ContactPoint" => value.str_at("value").map(escape),
        _ => plain(value).map(|text| escape(&text)),
    }
}

fn plain(value: &Document) -> Option<String> {
    let number = || value.as_number().map(|n| n.as_str().to_owned());
    let truth = || value.as_bool().map(|b| b.to_string());
    value
        .as_str()
        .map(str::to_owned)
        .or_else(number)
        .or_else(truth)
}

fn string(kind: &str, value: &Document) -> Option<String> {
    let text = match kind {
        "HumanName" => words(value, &["family", "given", "text", "prefix", "suffix"]),
        "Address" => words(
            value,
            &["city", "line", "text", "country", "state", "postalCode"],
        ),
        _ => value.as_str(),
    };
    text.map(str::trim).filter(|t| !t.is_empty()).map(escape)
}

fn date(kind: &str, value: &Document) -> Option<String> {
    match kind {
        "Period" => match (value.str_at("start"), value.str_at("end")) {
            (Some(start), _) => Some(format!("ge{start}")),
            (None, Some(end)) => Some(format!("le{end}")),
            (None, None) => None,
        },
        "Timing" => words(value, &["event"]).map(|event| format!("ge{event}")),
        "date" | "dateTime" | "instant" => value.as_str().map(str::to_owned),
        // A text beside dates (CarePlan.activity.detail.scheduledString) is no date.
        _ => None,
    }
}

fn reference(kind: &str, value: &Document) -> Option<String> {
    let text = match kind {
        "Reference" => value.str_at("reference"),
        // A canonical that is no URL cannot be told from a logical id in a query.
        _ => value.as_str().filter(|text| text.contains([':', '/'])),
    };
    text.filter(|t| !t.starts_with('#'))
        .map(|t| match t.split_once('|') {
            // A canonical's version is part of the syntax.
            Some((url, version)) => format!("{}|{}", escape(url), escape(version)),
            None => escape(t),
        })
}

fn quantity(kind: &str, value: &Document) -> Option<String> {
    let number = value.get("value").and_then(plain)?;
    if value.get("comparator").is_some() {
        return None;
    }
    match (kind, value.str_at("system"), value.str_at("code")) {
        ("Money", ..) => Some(format!("{number}||{}", value.str_at("currency")?)),
        (_, Some(system), Some(code)) => {
            Some(format!("{number}|{}|{}", escape(system), escape(code)))
        }
        _ => Some(number),
    }
}

/// A search value for one item.
fn wanted(param: &str, item: &Item<'_>) -> Option<String> {
    let Some(node) = item.as_node() else {
        return item.to_text().map(|t| escape(&t));
    };
    let (kind, value) = (node.definition().name, node.value());
    match param {
        "token" => token(kind, value),
        "string" => string(kind, value),
        "date" => date(kind, value),
        "reference" => reference(kind, value),
        "quantity" => quantity(kind, value),
        "number" | "uri" => plain(value).map(|text| escape(&text)),
        "special" => {
            let at = |name| value.get(name).and_then(plain);
            Some(format!("{}|{}|1|km", at("latitude")?, at("longitude")?))
        }
        _ => None,
    }
}

/// The first value of the parameter in a resource.
fn value_of(
    all: &HashMap<String, Definition>,
    definition: &Definition,
    resource: &Document,
) -> Option<String> {
    let root = Node::resource(resource)?;
    let env = Env::without_clock(Some(root)).with_host(Others::all());
    let expression = Expression::parse(&definition.expression).ok()?;
    let items = expression.evaluate(&env, root).ok()?;
    if definition.kind != "composite" {
        return items.iter().find_map(|item| wanted(&definition.kind, item));
    }
    let one = |item: &Item<'_>| {
        let node = item.as_node()?;
        let part = |(url, text): &(String, String)| {
            let kind = &all.get(url)?.kind;
            let expression = Expression::parse(text).ok()?;
            let found = expression.evaluate(&env, node).ok()?;
            found.iter().find_map(|item| wanted(kind, item))
        };
        let parts: Option<Vec<String>> = definition.components.iter().map(part).collect();
        Some(parts?.join("$"))
    };
    items.iter().find_map(one)
}

struct Example {
    id: String,
    bytes: Vec<u8>,
    document: Document,
}

/// Few examples carry tags: each type's smallest gets some.
fn tagged(example: &Example) -> Option<Example> {
    let mut value: Value = serde_json::from_str(&json::to_string(&example.document)).ok()?;
    let meta = serde_json::json!({
        "source": "urn:it:source", "profile": ["http://it.example/profile"],
        "tag": [{"system": "urn:it:tags", "code": "tagged"}],
        "security": [{"system": "urn:it:labels", "code": "labelled"}]
    });
    value["id"] = "tagged".into();
    value["meta"] = meta;
    let bytes = serde_json::to_vec(&value).ok()?;
    let document = json::read(&bytes).ok()?;
    Some(Example {
        id: "tagged".to_owned(),
        bytes,
        document,
    })
}

/// The examples by type, the small ones first.
fn examples() -> Option<BTreeMap<String, Vec<Example>>> {
    let mut by_kind: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    for (name, bytes) in shared::archive(EXAMPLES)? {
        let Some(document) = json::read(&bytes).ok().filter(|_| name.ends_with(".json")) else {
            continue;
        };
        if let (Some(kind), Some(id)) = (document.resource_type(), document.id()) {
            let (kind, id) = (kind.to_owned(), id.to_owned());
            let example = Example {
                id,
                bytes,
                document,
            };
            by_kind.entry(kind).or_default().push(example);
        }
    }
    for list in by_kind.values_mut() {
        list.sort_by_key(|e| e.bytes.len());
        let small = list.iter().take(20).filter(|e| validates(e));
        let tagged = small.filter_map(tagged).next();
        list.extend(tagged);
    }
    Some(by_kind)
}

fn validates(example: &Example) -> bool {
    use aceso_fhir::validate::{Options, resource};
    let issues = resource(&example.document, &Options::WRITE);
    !issues.iter().any(|i| i.severity.refuses())
}

/// What is stored, and what could not be.
struct Shelf {
    server: Server,
    stored: HashMap<String, bool>,
}

impl Shelf {
    async fn store(&mut self, kind: &str, example: &Example) -> bool {
        let place = format!("/{kind}/{}", example.id);
        if let Some(done) = self.stored.get(&place) {
            return *done;
        }
        let ask = self.server.ask(Method::PUT, &place);
        let ask = ask.body("application/fhir+json", example.bytes.clone());
        let done = ask.send().await.status.is_success();
        self.stored.insert(place, done);
        done
    }

    /// Whether this search finds this resource; `Err` with the answer when it is not answered.
    async fn finds(&self, query: &str, place: &str) -> Result<bool, String> {
        let answer = self.server.get(query).await;
        if answer.status != 200 {
            return Err(format!("{query}: {} {:.300}", answer.status, answer.text()));
        }
        let bundle = answer.json();
        let mut entries = bundle["entry"].as_array().into_iter().flatten();
        Ok(entries.any(|e| {
            let (kind, id) = (&e["resource"]["resourceType"], &e["resource"]["id"]);
            place
                == format!(
                    "{}/{}",
                    kind.as_str().unwrap_or("?"),
                    id.as_str().unwrap_or("?")
                )
        }))
    }
}

/// What one claim came to.
enum Proof {
    Found,
    NoExample,
    Wrong(String),
}

async fn prove(
    shelf: &mut Shelf,
    all: &HashMap<String, Definition>,
    kind: &str,
    claim: &Value,
    list: &[Example],
) -> Proof {
    let name = claim["name"].as_str().unwrap();
    let Some(definition) = claim["definition"].as_str().and_then(|url| all.get(url)) else {
        return Proof::Wrong(format!("{kind}?{name}: its definition is unknown"));
    };
    if definition.kind != claim["type"] {
        return Proof::Wrong(format!("{kind}?{name}: is of type {}", definition.kind));
    }
    for example in list.iter().rev().take(1).chain(list.iter().take(LOOK)) {
        if (kind, example.id.as_str()) == WITHHELD {
            continue;
        }
        let value = match name {
            // These have no expression, or their value is the server's own.
            "_id" => Some(example.id.clone()),
            "_lastUpdated" => Some("ge2020-01-01".to_owned()),
            "_text" | "_content" => word(&example.document),
            _ => value_of(all, definition, &example.document),
        };
        let Some(value) = value else { continue };
        if !shelf.store(kind, example).await {
            continue;
        }
        let place = format!("{kind}/{}", example.id);
        let query = format!("/{kind}?{name}={}&_id={}", percent(&value), example.id);
        match shelf.finds(&query, &place).await {
            Ok(true) => {}
            Ok(false) => return Proof::Wrong(format!("{query} does not find it")),
            Err(why) => return Proof::Wrong(why),
        }
        if matches!(definition.kind.as_str(), "composite" | "special") || name.starts_with('_') {
            return Proof::Found;
        }
        let absent = format!("/{kind}?{name}:missing=true&_id={}", example.id);
        return match shelf.finds(&absent, &place).await {
            Ok(false) => Proof::Found,
            Ok(true) => Proof::Wrong(format!("{absent} finds it")),
            Err(why) => Proof::Wrong(why),
        };
    }
    let value = match definition.kind.as_str() {
        "composite" => {
            let kinds = definition
                .components
                .iter()
                .filter_map(|(url, _)| all.get(url));
            kinds
                .map(|d| harmless(&d.kind))
                .collect::<Vec<_>>()
                .join("$")
        }
        kind => harmless(kind).to_owned(),
    };
    let query = format!("/{kind}?{name}={value}");
    match shelf.finds(&query, "nothing").await {
        Ok(_) => Proof::NoExample,
        Err(why) => Proof::Wrong(why),
    }
}

/// A value that every parameter of this kind takes.
fn harmless(kind: &str) -> &'static str {
    match kind {
        "date" => "2020-01-01",
        "number" | "quantity" => "1",
        "special" => "1|1|1|km",
        "reference" => "Patient/nobody",
        _ => "a",
    }
}

/// A word of the narrative.
fn word(document: &Document) -> Option<String> {
    let div = document.get("text")?.str_at("div")?;
    let mut inside = false;
    let text: String = div
        .chars()
        .filter(|c| {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    return false;
                }
                _ => {}
            }
            !inside
        })
        .collect();
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    words.find(|w| w.len() > 3).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_search_parameter_claimed_finds_an_example_by_its_value() {
    let (Some(all), Some(examples)) = (definitions(), examples()) else {
        return;
    };
    let mut shelf = Shelf {
        server: Server::with(References::Free).await,
        stored: HashMap::new(),
    };
    let statement = shelf.server.get("/metadata").await.json();
    let (mut claims, mut found, mut unproven, mut wrong) = (0, 0, Vec::new(), Vec::new());
    let mut excused = BTreeSet::new();
    for resource in statement["rest"][0]["resource"].as_array().unwrap() {
        let kind = resource["type"].as_str().unwrap();
        // The audit log, which no example gets into: `audit` proves what is claimed of it.
        if kind == "AuditEvent" {
            continue;
        }
        let list = examples.get(kind).map(Vec::as_slice).unwrap_or_default();
        for claim in resource["searchParam"].as_array().unwrap() {
            claims += 1;
            let name = format!("{kind}?{}", claim["name"].as_str().unwrap());
            match prove(&mut shelf, &all, kind, claim, list).await {
                Proof::Found => found += 1,
                Proof::NoExample => unproven.push(name),
                Proof::Wrong(_) if EXCEPTIONS.iter().any(|(e, _)| *e == name) => {
                    excused.insert(name);
                }
                Proof::Wrong(why) => wrong.push(why),
            }
        }
    }
    eprintln!(
        "{claims} search parameters claimed: {found} found their example, {} have none: {}",
        unproven.len(),
        unproven.join(" ")
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    for (name, _) in EXCEPTIONS {
        assert!(
            excused.contains(*name),
            "{name} holds now: take it off the list"
        );
    }
    assert!(claims > 2000 && found * 2 > claims, "{found} of {claims}");
    shelf.server.verify();
}

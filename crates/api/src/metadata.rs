//! `GET /fhir/metadata`: the CapabilityStatement, from the tables that do the work.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aceso_base::Instant;
use aceso_fhir::definitions::{Param, ParamKind, parameters, types};
use aceso_fhir::{Object, Value};
use aceso_web::Visit;
use bytes::Bytes;
use http::StatusCode;

use crate::answer::{Answer, Content};
use crate::problem::Answered;
use crate::routes::{Act, ROUTES};
use crate::{Api, BASE};

/// Statements made before, by the address and the topics they were made for.
#[derive(Debug, Default)]
pub(crate) struct Statements(Mutex<Vec<(String, Bytes)>>);

const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/";

/// More addresses than this a server does not have; a client that makes up others gets a fresh statement each time.
const ADDRESSES: usize = 8;

/// Needs no token. `mode=full` and `mode=normative` answer the same (R4, section 3.1.0.8).
pub(crate) fn get(api: &Api, visit: &Visit) -> Answered {
    let base = [&visit.base, BASE].concat();
    let topics: Vec<String> = api
        .0
        .store
        .topics()
        .into_iter()
        .map(|(url, _)| url)
        .collect();
    let key = [&base, " ", &topics.join(" ")].concat();
    let known = api.0.statements.0.lock().ok().and_then(|list| {
        list.iter()
            .find(|(made_for, _)| *made_for == key)
            .map(|(_, bytes)| bytes.clone())
    });
    if let Some(bytes) = known {
        return Ok(Answer::new(StatusCode::OK, Content::Json(bytes)));
    }
    let content = Content::value(&statement(
        &base,
        &visit.base,
        &api.0.settings.version,
        api.0.started,
        &topics,
    ));
    if let (Content::Json(bytes), Ok(mut list)) = (&content, api.0.statements.0.lock())
        && list.len() < ADDRESSES
    {
        list.push((key, bytes.clone()));
    }
    Ok(Answer::new(StatusCode::OK, content))
}

fn statement(base: &str, root: &str, version: &str, at: Instant, topics: &[String]) -> Value {
    Value::from([
        ("resourceType", "CapabilityStatement".into()),
        ("status", "active".into()),
        ("date", at.to_fhir().into()),
        ("kind", "instance".into()),
        (
            "software",
            Value::from([("name", "Aceso".into()), ("version", version.into())]),
        ),
        (
            "implementation",
            Value::from([
                ("description", "Aceso medical record".into()),
                ("url", base.into()),
            ]),
        ),
        ("fhirVersion", "4.0.1".into()),
        (
            "format",
            texts(&[
                "application/fhir+json",
                "application/fhir+xml",
                "json",
                "xml",
            ]),
        ),
        (
            "patchFormat",
            texts(&[
                "application/json-patch+json",
                "application/fhir+json",
                "application/fhir+xml",
                "application/merge-patch+json",
            ]),
        ),
        ("rest", vec![rest(root, topics)].into()),
        ("messaging", vec![messaging(base)].into()),
    ])
}

fn texts(items: &[&str]) -> Value {
    items
        .iter()
        .map(|t| Value::from(*t))
        .collect::<Vec<_>>()
        .into()
}

fn rest(root: &str, topics: &[String]) -> Value {
    let resources = types().resource_names().map(|kind| resource(kind, topics));
    let resources: Vec<Value> = resources.collect();
    let system = [
        (Act::Bundle, "transaction"),
        (Act::Bundle, "batch"),
        (Act::History, "history-system"),
        (Act::Search, "search-system"),
    ];
    let interactions = system
        .iter()
        .filter(|(act, _)| at_system(*act))
        .map(|(_, code)| coded(code));
    let shared: Vec<Value> = parameters().of("Resource").map(parameter).collect();
    let mut rest = Object::new();
    rest.set("mode", "server");
    rest.set("security", security(root));
    rest.set("resource", resources);
    rest.set("interaction", interactions.collect::<Vec<_>>());
    rest.set("searchParam", shared);
    rest.set("operation", operations(""));
    let compartments = crate::COMPARTMENTS.iter().map(|c| {
        format!(
            "http://hl7.org/fhir/CompartmentDefinition/{}",
            c.to_ascii_lowercase()
        )
    });
    rest.set(
        "compartment",
        compartments.map(Value::from).collect::<Vec<_>>(),
    );
    rest.into()
}

/// Messages in, as FHIR Bundles.
fn messaging(base: &str) -> Value {
    let protocol = Value::from([
        (
            "system",
            "http://terminology.hl7.org/CodeSystem/message-transport".into(),
        ),
        ("code", "http".into()),
    ]);
    let address = [base, "/$process-message"].concat();
    let endpoint = Value::from([("protocol", protocol), ("address", address.into())]);
    Value::from([
        ("endpoint", vec![endpoint].into()),
        (
            "documentation",
            "A message's resources are kept whole or not at all; a resource is known by the fullUrl that its system gives it.".into(),
        ),
    ])
}

fn at_system(act: Act) -> bool {
    ROUTES
        .iter()
        .any(|r| r.act == act && !r.path.contains("{type}"))
}

fn coded(code: &str) -> Value {
    Value::from([("code", code.into())])
}

/// SMART App Launch: what the security service is, and where (the older of the two ways to say so; the newer is
/// `.well-known/smart-configuration`).
fn security(root: &str) -> Value {
    let uri = |name: &str, path: &str| {
        Value::from([
            ("url", name.into()),
            ("valueUri", [root, path].concat().into()),
        ])
    };
    let uris = vec![
        uri("authorize", "/oauth/authorize"),
        uri("token", "/oauth/token"),
        uri("revoke", "/oauth/revoke"),
        uri("introspect", "/oauth/introspect"),
    ];
    let extension = Value::from([
        (
            "url",
            "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris".into(),
        ),
        ("extension", uris.into()),
    ]);
    let coding = Value::from([
        (
            "system",
            "http://terminology.hl7.org/CodeSystem/restful-security-service".into(),
        ),
        ("code", "SMART-on-FHIR".into()),
    ]);
    Value::from([
        ("extension", vec![extension].into()),
        (
            "service",
            vec![Value::from([("coding", vec![coding].into())])].into(),
        ),
        (
            "description",
            "Bearer tokens with SMART App Launch 2 scopes".into(),
        ),
    ])
}

/// The interactions that the route table gives to every type.
fn interactions() -> Vec<Value> {
    let codes = [
        (Act::Read, "read"),
        (Act::Vread, "vread"),
        (Act::Update, "update"),
        (Act::Patch, "patch"),
        (Act::Delete, "delete"),
        (Act::Create, "create"),
        (Act::Search, "search-type"),
    ];
    let mut all: Vec<Value> = codes
        .iter()
        .filter(|(act, _)| has(*act, "/{type}"))
        .map(|(_, code)| coded(code))
        .collect();
    if has(Act::History, "/{type}/{id}/_history") {
        all.push(coded("history-instance"));
    }
    if has(Act::History, "/{type}/_history") {
        all.push(coded("history-type"));
    }
    all
}

fn has(act: Act, path: &str) -> bool {
    ROUTES
        .iter()
        .any(|r| r.act == act && r.path.starts_with(path))
}

fn resource(kind: &'static str, topics: &[String]) -> Value {
    let mut out = Object::new();
    if kind == "Subscription" && !topics.is_empty() {
        subscriptions(&mut out, topics);
    }
    out.set("type", kind);
    out.set(
        "profile",
        ["http://hl7.org/fhir/StructureDefinition/", kind].concat(),
    );
    if kind == crate::audit::KIND {
        audit(&mut out);
        return out.into();
    }
    out.set("interaction", interactions());
    out.set("versioning", "versioned-update");
    out.set("readHistory", true);
    out.set("updateCreate", true);
    out.set("conditionalCreate", true);
    out.set("conditionalRead", "full-support");
    out.set("conditionalUpdate", has(Act::UpdateBy, "/{type}"));
    out.set("conditionalDelete", "single");
    out.set("referencePolicy", texts(&["literal", "local", "enforced"]));
    let own: Vec<&Param> = parameters().of(kind).collect();
    let references: BTreeSet<String> = own
        .iter()
        .filter(|p| p.kind == ParamKind::Reference)
        .map(|p| [kind, ":", p.code].concat())
        .collect();
    let mut includes = vec![Value::from("*")];
    includes.extend(references.into_iter().map(Value::from));
    out.set("searchInclude", includes);
    let reverse = reverse_includes(kind);
    if !reverse.is_empty() {
        out.set("searchRevInclude", reverse);
    }
    out.set(
        "searchParam",
        parameters()
            .of("Resource")
            .chain(own)
            .map(parameter)
            .collect::<Vec<_>>(),
    );
    let operations = operations(kind);
    out.set("operation", operations);
    out.into()
}

/// The audit log is read and searched, and written by nobody.
fn audit(out: &mut Object) {
    let words = "Made from the audit log as it is asked for (IHE Basic Audit Log Patterns); nobody can write, change or delete it. Needs the scope system/AuditEvent.rs.";
    out.set("documentation", words);
    out.set("interaction", vec![coded("read"), coded("search-type")]);
    out.set("versioning", "no-version");
    out.set("readHistory", false);
    let found = crate::audit::PARAMETERS.iter();
    let found = found.filter_map(|code| parameters().find(crate::audit::KIND, code));
    out.set("searchParam", found.map(parameter).collect::<Vec<_>>());
}

/// What Subscriptions can be, where they are served (Subscriptions R5 Backport 1.1, R4 CapabilityStatement).
fn subscriptions(out: &mut Object, topics: &[String]) {
    let topic = |url: &String| {
        let name = [
            BACKPORT,
            "StructureDefinition/capabilitystatement-subscriptiontopic-canonical",
        ];
        Value::from([
            ("url", name.concat().into()),
            ("valueCanonical", url.as_str().into()),
        ])
    };
    out.set("extension", topics.iter().map(topic).collect::<Vec<_>>());
    let profile = [BACKPORT, "StructureDefinition/backport-subscription"].concat();
    out.set("supportedProfile", vec![Value::from(profile)]);
    out.set(
        "documentation",
        "Channel rest-hook, to endpoints that the installation allows. Criteria are a search that one resource can satisfy, \
         or a topic. What is sent is what the subscribing client may read then.",
    );
}

fn reverse_includes(kind: &str) -> Vec<Value> {
    let leads_here = |p: &&Param| p.kind == ParamKind::Reference && p.targets.contains(&kind);
    let names: BTreeSet<String> = parameters()
        .iter()
        .filter(leads_here)
        .map(|p| [p.base, ":", p.code].concat())
        .collect();
    names.into_iter().map(Value::from).collect()
}

fn parameter(param: &Param) -> Value {
    Value::from([
        ("name", param.code.into()),
        ("definition", param.url.into()),
        ("type", kind_code(param.kind).into()),
    ])
}

fn kind_code(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Number => "number",
        ParamKind::Date => "date",
        ParamKind::String => "string",
        ParamKind::Token => "token",
        ParamKind::Reference => "reference",
        ParamKind::Composite => "composite",
        ParamKind::Quantity => "quantity",
        ParamKind::Uri => "uri",
        ParamKind::Special => "special",
    }
}

/// The operations that the route table has for a type; those of the whole system for none.
fn operations(kind: &str) -> Vec<Value> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for route in ROUTES {
        let first = route
            .path
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        let (at, name) = route.path.rsplit_once("/$").unwrap_or((route.path, ""));
        let fits = match kind {
            "" => at.is_empty(),
            _ => first == kind || first == "{type}",
        };
        if fits && !name.is_empty() && !name.contains('/') {
            names.insert(name);
        }
    }
    names
        .into_iter()
        .map(|name| operation(kind, name))
        .collect()
}

fn operation(kind: &str, name: &str) -> Value {
    let backport = match (kind, name) {
        ("Subscription", "status" | "events") => Some(["subscription-", name].concat()),
        ("Subscription", "topic-list") => Some("subscriptiontopic-list".to_owned()),
        _ => None,
    };
    if name == "export" {
        let level = match kind {
            "" => "export",
            "Patient" => "patient-export",
            _ => "group-export",
        };
        let definition = [
            "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/",
            level,
        ]
        .concat();
        return Value::from([("name", name.into()), ("definition", definition.into())]);
    }
    if let Some(tail) = backport {
        let definition = [BACKPORT, "OperationDefinition/backport-", &tail].concat();
        return Value::from([("name", name.into()), ("definition", definition.into())]);
    }
    let owner = match name {
        "process-message" => "MessageHeader",
        "validate" | "meta" | "meta-add" | "meta-delete" => "Resource",
        _ => kind,
    };
    let definition = ["http://hl7.org/fhir/OperationDefinition/", owner, "-", name].concat();
    Value::from([("name", name.into()), ("definition", definition.into())])
}

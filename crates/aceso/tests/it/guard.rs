//! Who may do what, and what is written down about it: each test walks the API's route table, so that no route can be
//! left out.

use std::time::Duration;

use aceso_api::{Act, ROUTES, Route};
use http::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Ask, Server};
use aceso_base::percent;

const GENDER: &str = "http://hl7.org/fhir/administrative-gender";

/// Two patients, `mine` and `theirs`, with an observation each; something for the terminology operations.
async fn clinic() -> Server {
    let server = Server::new().await;
    for id in ["mine", "theirs"] {
        put(
            &server,
            json!({"resourceType": "Patient", "id": id, "gender": "female"}),
        )
        .await;
        put(
            &server,
            json!({"resourceType": "Observation", "id": format!("{id}-obs"), "status": "final",
                "category": [{"coding": [{"system": "urn:c", "code": id}]}],
                "code": {"text": "x"}, "subject": {"reference": format!("Patient/{id}")}}),
        )
        .await;
    }
    put(
        &server,
        json!({"resourceType": "ValueSet", "id": "vs", "url": "urn:vs", "status": "active",
            "compose": {"include": [{"system": GENDER}]}}),
    )
    .await;
    put(
        &server,
        json!({"resourceType": "CodeSystem", "id": "cs", "url": "urn:cs", "status": "active",
            "content": "complete", "concept": [{"code": "female", "display": "F"}]}),
    )
    .await;
    put(
        &server,
        json!({"resourceType": "ConceptMap", "id": "cm", "url": "urn:cm", "status": "active",
            "group": [{"source": GENDER, "target": "urn:b", "element": [
                {"code": "female", "target": [{"code": "f", "equivalence": "equal"}]}]}]}),
    )
    .await;
    put(
        &server,
        json!({"resourceType": "Group", "id": "mine", "type": "person", "actual": true,
            "member": [{"entity": {"reference": "Patient/mine"}}]}),
    )
    .await;
    put(
        &server,
        json!({"resourceType": "Subscription", "id": "sub", "status": "off", "reason": "r", "criteria": "Patient",
            "channel": {"type": "rest-hook", "endpoint": "https://hook.example/"}}),
    )
    .await;
    server
}

async fn put(server: &Server, body: Value) {
    let (kind, id) = (
        body["resourceType"].as_str().unwrap(),
        body["id"].as_str().unwrap(),
    );
    let answer = server.put(&format!("/{kind}/{id}"), &body).await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

/// The parameters that an operation needs.
fn input(act: Act) -> Vec<(&'static str, &'static str, &'static str)> {
    let (url, code, system) = ("valueUri", "valueCode", "valueUri");
    match act {
        Act::Expand => vec![("url", url, "urn:vs")],
        Act::ValidateInValueSet => {
            vec![
                ("url", url, "urn:vs"),
                ("code", code, "female"),
                ("system", system, GENDER),
            ]
        }
        Act::Lookup => vec![("code", code, "female"), ("system", system, GENDER)],
        Act::ValidateInCodeSystem => vec![("url", url, "urn:cs"), ("code", code, "female")],
        Act::Subsumes => vec![
            ("codeA", code, "female"),
            ("codeB", code, "female"),
            ("system", system, GENDER),
        ],
        Act::Translate => {
            vec![
                ("url", url, "urn:cm"),
                ("code", code, "female"),
                ("system", system, GENDER),
            ]
        }
        Act::Lastn => vec![
            ("patient", "valueString", "Patient/mine"),
            ("code", "valueString", "x"),
        ],
        _ => Vec::new(),
    }
}

/// A request for a route that makes sense, with `id` where the route has an id.
fn sensible<'a>(server: &'a Server, route: &Route, id: &str) -> Ask<'a> {
    let own = [
        ("ValueSet", "vs"),
        ("CodeSystem", "cs"),
        ("ConceptMap", "cm"),
        ("Subscription", "sub"),
    ];
    let own = own
        .iter()
        .find(|(kind, _)| route.path.starts_with(&format!("/{kind}")));
    let id = own.map_or(id, |(_, id)| id);
    let path = route
        .path
        .replace("{type}", "Patient")
        .replace("{compartment}", "Patient")
        .replace("{inner}", "Observation")
        .replace("{id}", id)
        .replace("{vid}", "1");
    let given = input(route.act);
    // An operation on one resource takes that one.
    let given = given
        .into_iter()
        .filter(|(name, ..)| !(route.path.contains("{id}") && *name == "url"));
    let given: Vec<_> = given.collect();
    let mut query: Vec<String> = match route.act {
        Act::UpdateBy | Act::PatchBy | Act::DeleteBy => vec![format!("_id={id}")],
        _ => Vec::new(),
    };
    if route.method == "GET" {
        query.extend(
            given
                .iter()
                .map(|(name, _, value)| format!("{name}={}", percent(value))),
        );
    }
    let path = match query.is_empty() {
        true => path,
        false => format!("{path}?{}", query.join("&")),
    };
    let ask = server.ask(route.method.parse().unwrap(), &path);
    let ask = match route.act {
        Act::Export => ask.header("prefer", "respond-async"),
        _ => ask,
    };
    if matches!(route.method, "GET" | "DELETE") {
        return ask;
    }
    let patient = json!({"resourceType": "Patient", "id": id, "gender": "female"});
    match route.act {
        Act::Search | Act::Compartment => ask.body("application/x-www-form-urlencoded", "_count=5"),
        Act::Patch | Act::PatchBy => ask.body(
            "application/json-patch+json",
            r#"[{"op":"add","path":"/active","value":true}]"#,
        ),
        Act::Create => ask.json(&json!({"resourceType": "Patient"})),
        Act::Update | Act::UpdateBy | Act::Validate => ask.json(&patient),
        Act::Bundle => ask.json(&json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"request": {"method": "GET", "url": "Patient/mine"}},
            {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}]})),
        Act::Message => ask.json(&json!({"resourceType": "Bundle", "type": "message", "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "MessageHeader", "eventUri": "urn:e",
                "source": {"endpoint": "urn:s"}}},
            {"fullUrl": "http://his.example/Patient/1", "resource": {"resourceType": "Patient"}}]})),
        Act::MetaAdd | Act::MetaDelete => ask.json(&json!({"resourceType": "Parameters", "parameter": [
            {"name": "meta", "valueMeta": {"tag": [{"system": "urn:t", "code": "t"}]}}]})),
        _ => {
            let parameters = given.iter().map(|(name, kind, value)| json!({"name": name, *kind: value}));
            let parameters: Vec<_> = parameters.collect();
            match parameters.is_empty() {
                true => ask.json(&json!({"resourceType": "Parameters"})),
                false => ask.json(&json!({"resourceType": "Parameters", "parameter": parameters})),
            }
        }
    }
}

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// What a route needs, in letters of SMART v2; a caller without any of them is refused.
fn writes(act: Act) -> bool {
    match act {
        Act::Create
        | Act::Update
        | Act::UpdateBy
        | Act::Patch
        | Act::PatchBy
        | Act::Delete
        | Act::DeleteBy
        | Act::Bundle
        | Act::Message
        | Act::MetaAdd
        | Act::MetaDelete => true,
        Act::Metadata
        | Act::Read
        | Act::Vread
        | Act::History
        | Act::Search
        | Act::Compartment
        | Act::Validate
        | Act::Everything
        | Act::Lastn
        | Act::Meta
        | Act::Expand
        | Act::ValidateInValueSet
        | Act::Lookup
        | Act::ValidateInCodeSystem
        | Act::Subsumes
        | Act::Translate
        | Act::SubscriptionStatus
        | Act::SubscriptionEvents
        | Act::Topics
        | Act::Export
        | Act::ExportStatus
        | Act::ExportFile => false,
    }
}

fn closed() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|r| !r.open)
}

#[tokio::test]
async fn without_a_good_token_every_route_answers_401_and_nothing_is_done() {
    let server = clinic().await;
    let before = server.verify();
    let now = server.store.now();
    let expired = server
        .client_until("system/*.cruds", None, now.plus_millis(-1))
        .await;
    let made_up = "A".repeat(43);
    for route in closed() {
        for (what, ask) in [
            ("nobody", sensible(&server, route, "mine").nobody()),
            ("made up", sensible(&server, route, "mine").token(&made_up)),
            ("expired", sensible(&server, route, "mine").token(&expired)),
        ] {
            let answer = ask.send().await;
            let answer = answer.expect(401, &format!("{} {what}", name(route)));
            assert_eq!(answer.json()["resourceType"], "OperationOutcome");
            assert!(answer.header("www-authenticate").starts_with("Bearer "));
        }
    }
    let after = server.verify();
    assert_eq!(
        (before.resources, before.versions),
        (after.resources, after.versions)
    );
}

#[tokio::test]
async fn a_token_that_is_too_narrow_gets_403_on_every_route_and_nothing_is_done() {
    let server = clinic().await;
    let other = server.client("system/Basic.cruds", None).await;
    let reader = server.client("system/*.rs", None).await;
    let writer = server.client("system/*.cud", None).await;
    let before = server.verify();
    let mut wrong = Vec::new();
    for route in closed() {
        let mut asks = vec![(
            "another type",
            sensible(&server, route, "mine").token(&other),
        )];
        if writes(route.act) {
            asks.push((
                "only reads",
                sensible(&server, route, "mine").token(&reader),
            ));
        } else {
            asks.push((
                "only writes",
                sensible(&server, route, "mine").token(&writer),
            ));
        }
        for (what, ask) in asks {
            let answer = ask.send().await;
            let whole =
                route.path.is_empty() || route.path == "/_search" || route.path == "/_history";
            let narrowed =
                whole && what == "another type" && answer.status == 200 && empty(&answer);
            let fine = match answer.status.as_u16() {
                403 => true,
                200 => narrowed || harmless(route),
                // It is given what it may see, and that is none of this.
                202 => route.path == "/$export" && what == "another type",
                // What is stored is not known to this caller.
                404 => of_terms(route) || of_exports(route),
                _ => false,
            };
            if !fine {
                wrong.push(format!(
                    "{} {what}: {} {:.200}",
                    name(route),
                    answer.status,
                    answer.text()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let after = server.verify();
    assert_eq!(
        (before.resources, before.versions),
        (after.resources, after.versions)
    );
}

/// Judging a document against the specification, and asking about the specification's own codes, reads nothing of the
/// record.
fn harmless(route: &Route) -> bool {
    match route.act {
        Act::Validate => route.method == "POST",
        Act::Lookup | Act::Subsumes => true,
        // Topics are the program's own.
        Act::Topics => true,
        _ => false,
    }
}

/// A terminology operation that finds what it is about by its canonical URL.
fn of_terms(route: &Route) -> bool {
    let finds = matches!(
        route.act,
        Act::Expand | Act::ValidateInValueSet | Act::ValidateInCodeSystem | Act::Translate
    );
    finds && !route.path.contains("{id}")
}

/// Exports that are not the caller's do not exist.
fn of_exports(route: &Route) -> bool {
    matches!(route.act, Act::ExportStatus | Act::ExportFile)
}

/// A Bundle without a resource.
fn empty(answer: &Answer) -> bool {
    let bundle = answer.json();
    let entries = bundle["entry"].as_array();
    entries.is_none_or(|list| list.iter().all(|e| e["search"]["mode"] == "outcome"))
}

/// Everything in an answer that could tell: status, body, and the headers that depend on the resource.
fn tells(answer: &Answer, id: &str) -> (u16, String, String) {
    let body = answer.text().replace(id, "ID");
    let headers = ["etag", "location", "last-modified"].map(|h| answer.header(h).replace(id, "ID"));
    let mut value = serde_json::from_str::<Value>(&body).unwrap_or_default();
    if let Some(bundle) = value.as_object_mut().filter(|b| b.contains_key("type")) {
        // A Bundle has an id and a time of its own.
        bundle.shift_remove("id");
        bundle.shift_remove("meta");
    }
    (answer.status.as_u16(), value.to_string(), headers.join(" "))
}

#[tokio::test]
async fn what_a_caller_may_not_see_answers_exactly_like_what_does_not_exist() {
    let server = clinic().await;
    let patients = server.client("patient/*.cruds", Some("mine")).await;
    let narrow = server.client("system/Patient.cruds?_id=mine", None).await;
    let before = server.get("/Patient/theirs").await.body;
    let mut wrong = Vec::new();
    for route in closed().filter(|r| r.path.contains("{id}")) {
        // Creation at an id of the client's own choice needs to be refused where the id is taken.
        let creates = route.act == Act::Update;
        for (who, token) in [("patient", &patients), ("arguments", &narrow)] {
            let hidden = sensible(&server, route, "theirs").token(token).send().await;
            let absent = sensible(&server, route, "absent").token(token).send().await;
            let (a, b) = (tells(&hidden, "theirs"), tells(&absent, "absent"));
            let fine = if creates {
                hidden.status.is_client_error()
            } else {
                a == b
            };
            if !fine {
                wrong.push(format!("{} {who}: {a:?} {b:?}", name(route)));
            }
        }
    }
    for path in [
        "/Observation/{}-obs",
        "/Observation?_id={}-obs",
        "/Observation?patient={}",
        "/Observation?patient:Patient.gender=female&_id={}-obs",
        "/Patient?_has:Observation:patient:_id={}-obs",
        "/Patient?_id={}&_revinclude=Observation:patient",
        "/Patient?_filter=_id eq {}",
        "/?_type=Patient&_id={}",
        "/Patient?identifier:missing=true&_id={}",
    ] {
        let (mine, other) = (path.replace("{}", "theirs"), path.replace("{}", "absent"));
        let (mine, other) = (mine.replace(' ', "%20"), other.replace(' ', "%20"));
        let hidden = server.ask(Method::GET, &mine).token(&patients).send().await;
        let absent = server
            .ask(Method::GET, &other)
            .token(&patients)
            .send()
            .await;
        let (a, b) = (tells(&hidden, "theirs"), tells(&absent, "absent"));
        if a != b {
            wrong.push(format!("{path}: {a:?} {b:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        server.get("/Patient/theirs").await.body,
        before,
        "nothing was done"
    );
}

/// How many entries the audit log has once it has taken over more than `before`; at most five seconds later.
async fn entries(server: &Server, before: u64) -> u64 {
    for _ in 0..500 {
        let count = server.store.verify_audit(&[]).unwrap().audit_entries;
        if count > before {
            return count;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    before
}

#[tokio::test]
async fn asvs_16_3_2_every_act_on_every_route_leaves_an_audit_entry_also_when_it_is_refused() {
    let server = clinic().await;
    let other = server.client("system/Basic.cruds", None).await;
    let settle = async |server: &Server| {
        let mut last = 0;
        // The log takes over what writes left a moment after they are answered.
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let now = server.store.verify_audit(&[]).unwrap().audit_entries;
            if now == last {
                return now;
            }
            last = now;
        }
    };
    let mut wrong = Vec::new();
    for route in closed() {
        if matches!(route.act, Act::Delete | Act::DeleteBy) {
            put(&server, json!({"resourceType": "Patient", "id": "doomed"})).await;
        }
        let id = if matches!(route.act, Act::Delete | Act::DeleteBy) {
            "doomed"
        } else {
            "mine"
        };
        // An export's files are looked at in `bulk`.
        if harmless(route) || of_exports(route) {
            continue;
        }
        let before = settle(&server).await;
        let answer = sensible(&server, route, id).send().await;
        if !answer.status.is_success() {
            wrong.push(format!(
                "{}: {} {}",
                name(route),
                answer.status,
                answer.text()
            ));
        }
        if entries(&server, before).await == before {
            wrong.push(format!("{}: no audit entry", name(route)));
        }
        let before = settle(&server).await;
        let answer = sensible(&server, route, id).token(&other).send().await;
        if answer.status == 403 && entries(&server, before).await == before {
            wrong.push(format!("{}: no audit entry of the refusal", name(route)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.verify();
}

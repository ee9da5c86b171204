//! What the CapabilityStatement claims, proven claim by claim (search parameters: `searching`).

use std::collections::BTreeMap;

use aceso_fhir::validate;
use aceso_testkit::shared;
use http::Method;
use serde_json::{Value, json};

use crate::examples::{EXAMPLES, without_marks};
use crate::server::{Answer, References, Server};
use aceso_base::percent;

/// The smallest examples of each type.
fn samples() -> Option<BTreeMap<String, Vec<Value>>> {
    let mut all: BTreeMap<String, Vec<(usize, Value)>> = BTreeMap::new();
    for (_, bytes) in shared::archive(EXAMPLES)? {
        let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
            continue;
        };
        if let Some(kind) = value["resourceType"].as_str() {
            let list = all.entry(kind.to_owned()).or_default();
            list.push((bytes.len(), value));
        }
    }
    let smallest = |(kind, mut list): (String, Vec<(usize, Value)>)| {
        list.sort_by_key(|(size, _)| *size);
        list.truncate(10);
        (kind, list.into_iter().map(|(_, value)| value).collect())
    };
    Some(all.into_iter().map(smallest).collect())
}

/// One type's resource on its way through all that is claimed for the type.
struct Walk<'a> {
    server: &'a Server,
    kind: &'a str,
    id: String,
    body: Value,
    version: u64,
}

impl Walk<'_> {
    fn at(&self) -> String {
        format!("/{}/{}", self.kind, self.id)
    }

    #[track_caller]
    fn is(&self, answer: Answer, status: u16, what: &str) -> Answer {
        answer.expect(status, &format!("{} {what}", self.kind))
    }

    /// The current version, as read.
    async fn read(&self) -> Value {
        let answer = self.is(self.server.get(&self.at()).await, 200, "read");
        assert_eq!(answer.header("etag"), format!("W/\"{}\"", self.version));
        assert!(!answer.header("last-modified").is_empty());
        answer.json()
    }

    async fn create(&mut self) {
        let answer = self
            .server
            .post(&format!("/{}", self.kind), &self.body)
            .await;
        let answer = self.is(answer, 201, "create");
        self.id = answer.id();
        self.version = 1;
        assert!(answer.header("location").ends_with("/_history/1"));
        assert_eq!(
            without_marks(self.read().await),
            without_marks(self.body.clone())
        );
        self.body["id"] = self.id.clone().into();
    }

    async fn update(&mut self) {
        self.body["language"] = "fr".into();
        let answer = self.server.put(&self.at(), &self.body).await;
        self.is(answer, 200, "update");
        self.version += 1;
        assert_eq!(
            without_marks(self.read().await),
            without_marks(self.body.clone())
        );
        let stale = self.server.ask(Method::PUT, &self.at());
        let stale = stale.header("if-match", "W/\"1\"").json(&self.body);
        self.is(stale.send().await, 412, "versioned-update");
    }

    async fn vread(&self) {
        for version in 1..=self.version {
            let answer = self
                .server
                .get(&format!("{}/_history/{version}", self.at()))
                .await;
            let answer = self.is(answer, 200, "vread");
            assert_eq!(answer.json()["meta"]["versionId"], version.to_string());
        }
        let none = self.server.get(&format!("{}/_history/99", self.at())).await;
        self.is(none, 404, "vread of what is not there");
    }

    /// One patch sets the language.
    async fn patch(&mut self, kind: &str, language: &str, body: &str) {
        let ask = self.server.ask(Method::PATCH, &self.at());
        let answer = ask.body(kind, body.to_owned()).send().await;
        self.is(answer, 200, kind);
        self.version += 1;
        self.body["language"] = language.into();
        let now = without_marks(self.read().await);
        assert_eq!(
            now,
            without_marks(self.body.clone()),
            "{} {kind}",
            self.kind
        );
    }

    async fn patches(&mut self, claimed: &[Value]) {
        let kind = self.kind.to_owned();
        for format in claimed {
            match format.as_str().unwrap() {
                it @ "application/json-patch+json" => {
                    let body = r#"[{"op":"replace","path":"/language","value":"de"}]"#;
                    self.patch(it, "de", body).await;
                }
                it @ "application/merge-patch+json" => {
                    self.patch(it, "it", r#"{"language":"it"}"#).await;
                }
                it @ "application/fhir+json" => {
                    let body = json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
                        {"name": "type", "valueCode": "replace"},
                        {"name": "path", "valueString": format!("{kind}.language")},
                        {"name": "value", "valueCode": "es"}]}]});
                    self.patch(it, "es", &body.to_string()).await;
                }
                it @ "application/fhir+xml" => {
                    let body = format!(
                        r#"<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
                        <part><name value="type"/><valueCode value="replace"/></part>
                        <part><name value="path"/><valueString value="{kind}.language"/></part>
                        <part><name value="value"/><valueCode value="nl"/></part></parameter></Parameters>"#
                    );
                    self.patch(it, "nl", &body).await;
                }
                other => panic!("the patch format {other} is claimed but not proven here"),
            }
        }
    }

    async fn history(&self, path: &str, expected: Option<u64>) {
        let answer = self.server.get(&format!("{path}?_count=1000")).await;
        let bundle = self.is(answer, 200, path).json();
        assert_eq!(bundle["type"], "history");
        let mine = |e: &&Value| e["fullUrl"].as_str().unwrap().ends_with(&self.at());
        let entries = bundle["entry"].as_array().unwrap();
        let count = entries.iter().filter(mine).count();
        assert_eq!(count, usize::try_from(self.version).unwrap(), "{path}");
        if let Some(total) = expected {
            assert_eq!(bundle["total"], total, "{path}");
        }
    }

    async fn search(&self) {
        for (method, path, body) in [
            (
                Method::GET,
                format!("/{}?_id={}", self.kind, self.id),
                String::new(),
            ),
            (
                Method::POST,
                format!("/{}/_search", self.kind),
                format!("_id={}", self.id),
            ),
        ] {
            let mut ask = self.server.ask(method, &path);
            if !body.is_empty() {
                ask = ask.body("application/x-www-form-urlencoded", body);
            }
            let bundle = self.is(ask.send().await, 200, "search-type").json();
            assert_eq!(bundle["entry"].as_array().map(Vec::len), Some(1), "{path}");
            assert_eq!(bundle["entry"][0]["resource"]["id"], self.id, "{path}");
        }
    }

    /// Every form that is claimed goes in, and comes out.
    async fn formats(&mut self, claimed: &[Value]) {
        let xml = self.server.get(&format!("{}?_format=xml", self.at())).await;
        let xml = self.is(xml, 200, "as XML");
        for format in claimed {
            let format = format.as_str().unwrap();
            let path = format!("{}?_format={}", self.at(), percent(format));
            let answer = self.is(self.server.get(&path).await, 200, format);
            let is_xml = format.ends_with("xml");
            let media = if is_xml {
                "application/fhir+xml"
            } else {
                "application/fhir+json"
            };
            assert!(answer.header("content-type").starts_with(media), "{format}");
            assert_eq!(answer.body.starts_with(b"<"), is_xml, "{format}");
        }
        let ask = self.server.ask(Method::PUT, &self.at());
        let answer = ask.body("application/fhir+xml", xml.body).send().await;
        self.is(answer, 200, "update in XML");
        self.version += 1;
        assert_eq!(
            without_marks(self.read().await),
            without_marks(self.body.clone())
        );
    }

    async fn conditions(&mut self, claim: &Value) {
        assert_eq!(claim["conditionalCreate"], true);
        let ask = self.server.ask(Method::POST, &format!("/{}", self.kind));
        let ask = ask.header("if-none-exist", &format!("_id={}", self.id));
        let answer = self.is(ask.json(&self.body).send().await, 200, "conditionalCreate");
        assert_eq!(answer.id(), self.id);

        assert_eq!(claim["conditionalRead"], "full-support");
        let read = self.server.get(&self.at()).await;
        for (name, value) in [
            ("if-none-match", read.header("etag")),
            ("if-modified-since", read.header("last-modified")),
        ] {
            let ask = self.server.ask(Method::GET, &self.at()).header(name, value);
            let answer = self.is(ask.send().await, 304, name);
            assert!(answer.body.is_empty());
        }

        assert_eq!(claim["conditionalUpdate"], true);
        let by_id = format!("/{}?_id={}", self.kind, self.id);
        self.is(
            self.server.put(&by_id, &self.body).await,
            200,
            "conditionalUpdate",
        );
        self.version += 1;
        self.read().await;

        assert_eq!(claim["updateCreate"], true);
        let id = format!("own-{}", self.id);
        let mut body = self.body.clone();
        body["id"] = id.clone().into();
        let answer = self
            .server
            .put(&format!("/{}/{id}", self.kind), &body)
            .await;
        self.is(answer, 201, "updateCreate");

        assert_eq!(claim["conditionalDelete"], "single");
        let by_id = format!("/{}?_id={id}", self.kind);
        self.is(self.server.delete(&by_id).await, 204, "conditionalDelete");
        let gone = self.server.get(&format!("/{}/{id}", self.kind)).await;
        self.is(gone, 410, "read after conditionalDelete");
        let both = format!(
            "/{}?_id={},{}",
            self.kind,
            self.id,
            self.body["id"].as_str().unwrap()
        );
        let mut other = self.body.clone();
        other["id"] = "second".into();
        let second = self
            .server
            .put(&format!("/{}/second", self.kind), &other)
            .await;
        assert!(second.status.is_success());
        let both = both.replacen("_id=", "_id=second,", 1);
        self.is(
            self.server.delete(&both).await,
            412,
            "conditionalDelete of two",
        );
    }

    async fn includes(&self, claim: &Value) {
        for (member, name) in [
            ("searchInclude", "_include"),
            ("searchRevInclude", "_revinclude"),
        ] {
            for value in claim[member].as_array().into_iter().flatten() {
                let value = percent(value.as_str().unwrap());
                let path = format!("/{}?_id={}&{name}={value}", self.kind, self.id);
                self.is(self.server.get(&path).await, 200, &path);
            }
        }
    }

    async fn delete(&mut self) {
        self.is(self.server.delete(&self.at()).await, 204, "delete");
        self.version += 1;
        self.is(self.server.get(&self.at()).await, 410, "read after delete");
        let old = self.server.get(&format!("{}/_history/1", self.at())).await;
        self.is(old, 200, "vread after delete");
    }

    /// Operations that every type has.
    async fn operations(&mut self, claim: &Value) {
        for operation in claim["operation"].as_array().unwrap() {
            let at = self.at();
            match operation["name"].as_str().unwrap() {
                "validate" => {
                    let path = format!("/{}/$validate", self.kind);
                    // Parameters as such would be taken for the operation's own.
                    let input = |resource: &Value| match self.kind {
                        "Parameters" => json!({"resourceType": "Parameters", "parameter":
                            [{"name": "resource", "resource": resource}]}),
                        _ => resource.clone(),
                    };
                    let answer = self.server.post(&path, &input(&self.body)).await;
                    let answer = self.is(answer, 200, "$validate");
                    assert_eq!(answer.json()["resourceType"], "OperationOutcome");
                    let mut bad = self.body.clone();
                    bad["nonsense"] = true.into();
                    let answer = self.server.post(&path, &input(&bad)).await;
                    let whole = String::from_utf8_lossy(&answer.body);
                    assert!(whole.contains("nonsense"), "{whole}");
                }
                name @ ("meta" | "meta-add" | "meta-delete") => {
                    let tag = json!({"system": "urn:it", "code": "t"});
                    let input = json!({"resourceType": "Parameters", "parameter":
                        [{"name": "meta", "valueMeta": {"tag": [tag]}}]});
                    let path = format!("{at}/${name}");
                    let answer = match name {
                        "meta" => self.server.get(&path).await,
                        _ => self.server.post(&path, &input).await,
                    };
                    let answer = self.is(answer, 200, &path).json();
                    let tags = &answer["parameter"][0]["valueMeta"]["tag"];
                    let has = tags.as_array().is_some_and(|t| t.contains(&tag));
                    match name {
                        "meta-add" => assert!(has, "{answer}"),
                        "meta-delete" => assert!(!has, "{answer}"),
                        _ => {}
                    }
                    let now = self.server.get(&at).await.json();
                    self.version = now["meta"]["versionId"].as_str().unwrap().parse().unwrap();
                }
                // Proven on their own below.
                "everything" | "lastn" | "expand" | "validate-code" | "lookup" | "subsumes"
                | "translate" | "status" | "events" | "topic-list" | "export" => {}
                other => panic!("${other} is claimed but not proven here"),
            }
        }
    }
}

async fn walk(server: &Server, statement: &Value, claim: &Value, samples: &[Value]) {
    let kind = claim["type"].as_str().unwrap();
    let mut body = None;
    for sample in samples {
        let mut sample = sample.clone();
        sample.as_object_mut().unwrap().shift_remove("id");
        sample["language"] = "en".into();
        // The only examples of these break a rule of the definition in this member.
        for (of, member) in [
            ("DeviceMetric", "parent"),
            ("DeviceUseStatement", "reasonReference"),
            ("EventDefinition", "text"),
        ] {
            if kind == of {
                sample.as_object_mut().unwrap().shift_remove(member);
            }
        }
        let value = aceso_fhir::json::read(sample.to_string().as_bytes()).unwrap();
        let issues = validate::resource(&value, &validate::Options::WRITE);
        if issues.iter().all(|i| !i.severity.refuses()) {
            body = Some(sample);
            break;
        }
    }
    let mut body = body.unwrap_or_else(|| panic!("{kind}: no valid example"));
    if kind == "Appointment" {
        // Nobody is booked twice at one time, and the walk makes several.
        body["status"] = "cancelled".into();
    }
    let (id, version) = (String::new(), 0);
    let mut walk = Walk {
        server,
        kind,
        id,
        body,
        version,
    };
    walk.create().await;
    assert_eq!(claim["versioning"], "versioned-update");
    assert_eq!(claim["readHistory"], true);
    walk.update().await;
    walk.formats(statement["format"].as_array().unwrap()).await;
    walk.patches(statement["patchFormat"].as_array().unwrap())
        .await;
    walk.conditions(claim).await;
    walk.operations(claim).await;
    walk.includes(claim).await;
    let mut proven = vec!["create", "update", "patch", "read", "delete"];
    let codes = claim["interaction"].as_array().unwrap();
    let codes: Vec<_> = codes.iter().map(|i| i["code"].as_str().unwrap()).collect();
    for code in &codes {
        match *code {
            "vread" => walk.vread().await,
            "history-instance" => {
                let path = format!("{}/_history", walk.at());
                walk.history(&path, Some(walk.version)).await;
            }
            "history-type" => walk.history(&format!("/{kind}/_history"), None).await,
            "search-type" => walk.search().await,
            done if proven.contains(&done) => continue,
            other => panic!("{kind}: {other} is claimed but not proven here"),
        }
        proven.push(code);
    }
    walk.delete().await;
    assert!(codes.len() >= 9, "{kind} claims only {codes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interaction_of_every_type_is_as_claimed() {
    let Some(samples) = samples() else { return };
    let server = Server::with(References::Free).await;
    let statement = server.ask(Method::GET, "/metadata").nobody().send().await;
    let statement = statement.expect(200, "metadata").json();
    assert_eq!(statement["fhirVersion"], "4.0.1");
    let claims = statement["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(claims.len(), 146, "all resource types of R4");
    for claim in claims {
        let kind = claim["type"].as_str().unwrap();
        // The audit log: `audit` proves what is claimed of it.
        if kind == "AuditEvent" {
            continue;
        }
        let mut list = samples.get(kind).cloned().unwrap_or_default();
        // Parameters and five kinds of substance have no example.
        list.push(match kind {
            "Parameters" => {
                json!({"resourceType": kind, "parameter": [{"name": "a", "valueString": "b"}]})
            }
            _ => json!({"resourceType": kind}),
        });
        walk(&server, &statement, claim, &list).await;
    }
    server.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interaction_of_the_whole_system_is_as_claimed() {
    let server = Server::new().await;
    let statement = server.get("/metadata").await.json();
    let rest = &statement["rest"][0];
    let entry = |method: &str, url: &str, family: &str| {
        json!({"resource": {"resourceType": "Patient", "name": [{"family": family}]},
               "request": {"method": method, "url": url}})
    };
    for code in rest["interaction"].as_array().unwrap() {
        match code["code"].as_str().unwrap() {
            kind @ ("transaction" | "batch") => {
                let mut bad = entry("POST", "Patient", "Bad");
                bad["resource"]["nonsense"] = true.into();
                let good = entry("POST", "Patient", kind);
                let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": [good, bad]});
                let answer = server.post("", &bundle).await;
                let kept = server.get(&format!("/Patient?family={kind}")).await.json();
                let kept = kept["entry"].as_array().map_or(0, Vec::len);
                if kind == "batch" {
                    let answer = answer.expect(200, kind).json();
                    assert_eq!(answer["entry"][0]["response"]["status"], "201 Created");
                    let status = answer["entry"][1]["response"]["status"].as_str().unwrap();
                    assert!(status.starts_with("400"), "{status}");
                    assert_eq!(kept, 1);
                } else {
                    answer.expect(400, kind);
                    assert_eq!(kept, 0, "all or nothing");
                }
            }
            "history-system" => {
                let answer = server.get("/_history").await.expect(200, "history");
                assert_eq!(answer.json()["type"], "history");
            }
            "search-system" => {
                let path = "/?_type=Patient,Observation&_lastUpdated=gt2020-01-01";
                let answer = server.get(path).await.expect(200, "search");
                assert_eq!(answer.json()["type"], "searchset");
            }
            other => panic!("{other} is claimed but not proven here"),
        }
    }
    for claim in rest["compartment"].as_array().unwrap() {
        let name = claim.as_str().unwrap().rsplit('/').next().unwrap();
        let kind = aceso_api::COMPARTMENTS
            .iter()
            .find(|k| k.eq_ignore_ascii_case(name))
            .unwrap();
        let path = format!("/{kind}/nobody/Observation");
        let answer = server.get(&path).await.expect(200, &path);
        assert_eq!(answer.json()["type"], "searchset");
    }
    for claim in rest["searchParam"].as_array().unwrap() {
        let name = claim["name"].as_str().unwrap();
        let value = if name == "_lastUpdated" { "2020" } else { "x" };
        let path = format!("/?_type=Patient,Observation&{name}={value}");
        server.get(&path).await.expect(200, &path);
    }
    server.verify();
}

#[tokio::test]
async fn references_are_literal_local_and_enforced() {
    let server = Server::new().await;
    let observation = |subject: &str| {
        json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"},
               "subject": {"reference": subject}})
    };
    let refused = server
        .post("/Observation", &observation("Patient/nobody"))
        .await;
    let refused = refused.expect(422, "dangling").json();
    assert_eq!(
        refused["issue"][0]["expression"][0],
        "Observation.subject.reference"
    );
    server
        .put(
            "/Patient/here",
            &json!({"resourceType": "Patient", "id": "here"}),
        )
        .await
        .expect(201, "create");
    for reference in ["Patient/here", "http://localhost:8080/fhir/Patient/here"] {
        let kept = server.post("/Observation", &observation(reference)).await;
        let kept = kept.expect(201, reference).json();
        assert_eq!(kept["subject"]["reference"], "Patient/here");
    }
    let elsewhere = observation("https://elsewhere.example/fhir/Patient/1");
    server
        .post("/Observation", &elsewhere)
        .await
        .expect(201, "elsewhere");
    server
        .delete("/Patient/here")
        .await
        .expect(409, "referred to");
    assert_eq!(server.count("Observation").await, 3);
    server.verify();
}

/// The operations that belong to one type, on what is built in and what is stored.
#[tokio::test]
async fn the_operations_of_single_types_are_as_claimed() {
    let server = Server::new().await;
    let patient = json!({"resourceType": "Patient", "id": "p"});
    server
        .put("/Patient/p", &patient)
        .await
        .expect(201, "patient");
    for (value, day) in [(1, "2026-01-01"), (2, "2026-01-02")] {
        let body = json!({"resourceType": "Observation", "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "subject": {"reference": "Patient/p"}, "effectiveDateTime": day, "valueInteger": value});
        server
            .post("/Observation", &body)
            .await
            .expect(201, "observation");
    }
    let all = server
        .get("/Patient/p/$everything")
        .await
        .expect(200, "$everything");
    assert_eq!(all.json()["entry"].as_array().map(Vec::len), Some(3));
    let last = server
        .get("/Observation/$lastn?patient=Patient/p&code=8867-4")
        .await;
    let last = last.expect(200, "$lastn").json();
    assert_eq!(last["entry"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["entry"][0]["resource"]["valueInteger"], 2);

    let gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    let path = format!("/ValueSet/$expand?url={}", percent(gender));
    let expanded = server.get(&path).await.expect(200, "$expand").json();
    assert_eq!(
        expanded["expansion"]["contains"].as_array().map(Vec::len),
        Some(4)
    );
    for (code, expected) in [("female", true), ("x", false)] {
        let system = "http://hl7.org/fhir/administrative-gender";
        for path in [
            format!(
                "/ValueSet/$validate-code?url={}&system={}&code={code}",
                percent(gender),
                percent(system)
            ),
            format!(
                "/CodeSystem/$validate-code?url={}&code={code}",
                percent(system)
            ),
        ] {
            let answer = server.get(&path).await.expect(200, &path).json();
            let result = answer["parameter"].as_array().unwrap();
            let result = result.iter().find(|p| p["name"] == "result").unwrap();
            assert_eq!(result["valueBoolean"], expected, "{path}");
        }
    }
    let system = percent("http://hl7.org/fhir/administrative-gender");
    let path = format!("/CodeSystem/$lookup?system={system}&code=female");
    let answer = server.get(&path).await.expect(200, "$lookup");
    assert!(answer.text().contains("Female"), "{}", answer.text());
    let system = percent("http://terminology.hl7.org/CodeSystem/v3-ActCode");
    let path =
        format!("/CodeSystem/$subsumes?system={system}&codeA=ACCTRECEIVABLE&codeB=ACCTRECEIVABLE");
    let answer = server.get(&path).await.expect(200, "$subsumes");
    assert!(answer.text().contains("equivalent"), "{}", answer.text());
    let map = json!({"resourceType": "ConceptMap", "id": "m", "url": "urn:it:map", "status": "active",
        "group": [{"source": "urn:a", "target": "urn:b", "element": [
            {"code": "1", "target": [{"code": "one", "equivalence": "equal"}]}]}]});
    server.put("/ConceptMap/m", &map).await.expect(201, "map");
    let path = "/ConceptMap/$translate?url=urn:it:map&system=urn:a&code=1";
    let answer = server.get(path).await.expect(200, "$translate");
    assert!(answer.text().contains("\"one\""), "{}", answer.text());
}

/// Subscriptions where they are served: what the statement says of them, and the three operations.
#[tokio::test]
async fn subscriptions_are_as_claimed() {
    let server = Server::new().await;
    let hook = "https://hook.example/in at 127.0.0.1";
    let endpoints = aceso_policy::Endpoints::new(&[hook]).unwrap();
    server.store.serve_subscriptions(endpoints).await.unwrap();
    let statement = server.get("/metadata").await.expect(200, "metadata").json();
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    let claim = resources
        .iter()
        .find(|r| r["type"] == "Subscription")
        .unwrap();
    let topic = "urn:aceso:topic:patient-changed";
    let topics = claim["extension"].as_array().unwrap();
    assert!(topics.iter().any(|t| t["valueCanonical"] == topic));
    let list = server
        .get("/Subscription/$topic-list")
        .await
        .expect(200, "$topic-list");
    assert_eq!(
        list.json()["parameter"].as_array().map(Vec::len),
        Some(topics.len())
    );

    let wanting = |criteria: &str, endpoint: &str| {
        json!({"resourceType": "Subscription", "status": "requested", "reason": "r", "criteria": criteria,
            "channel": {"type": "rest-hook", "endpoint": endpoint, "payload": "application/fhir+json"}})
    };
    let elsewhere = wanting("Patient", "https://elsewhere.example/");
    let refused = server
        .post("/Subscription", &elsewhere)
        .await
        .expect(422, "endpoint");
    assert!(
        refused.text().contains("Subscription.channel.endpoint"),
        "{}",
        refused.text()
    );
    let bad = wanting("Patient?nonsense=1", "https://hook.example/in");
    server
        .post("/Subscription", &bad)
        .await
        .expect(422, "criteria");
    let plain = wanting("Patient?gender=female", "https://hook.example/in");
    let made = server
        .post("/Subscription", &plain)
        .await
        .expect(201, "subscription")
        .json();
    assert_eq!(made["status"], "active");
    let at = format!("/Subscription/{}", made["id"].as_str().unwrap());
    let patient = json!({"resourceType": "Patient", "gender": "female"});
    server
        .post("/Patient", &patient)
        .await
        .expect(201, "patient");
    let status = server
        .get(&format!("{at}/$status"))
        .await
        .expect(200, "$status")
        .json();
    let said = &status["entry"][0]["resource"]["parameter"];
    let has = |name: &str, value: &str| {
        said.as_array()
            .unwrap()
            .iter()
            .any(|p| p["name"] == name && p.as_object().unwrap().values().any(|v| v == value))
    };
    assert!(
        has("status", "active") && has("events-since-subscription-start", "1"),
        "{said}"
    );
    let events = server
        .get(&format!("{at}/$events"))
        .await
        .expect(200, "$events")
        .json();
    assert_eq!(events["entry"].as_array().map(Vec::len), Some(2));
    assert_eq!(events["entry"][1]["resource"]["gender"], "female");
    let all = server
        .get("/Subscription/$status")
        .await
        .expect(200, "$status of all");
    assert_eq!(all.json()["total"], 1);
    let topical = server
        .post("/Subscription", &wanting(topic, "https://hook.example/in"))
        .await;
    assert_eq!(topical.expect(201, "topic").json()["status"], "requested");
    server.verify();
}

//! What hostile clients send: each gets a precise OperationOutcome, nothing is stored, nothing breaks, and the memory
//! that it takes is bounded.

use aceso_fhir::definitions::types;
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::stage::Stage;
use crate::wire::Wire;

const JSON: &str = "application/fhir+json";
const XML: &str = "application/fhir+xml";
const MEBI: usize = 1024 * 1024;

/// An OperationOutcome with this status that names the element; gives its text.
#[track_caller]
fn precise(answer: &Answer, what: &str, status: u16, expression: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text());
    let outcome = answer.json();
    assert_eq!(outcome["resourceType"], "OperationOutcome", "{what}");
    let issue = &outcome["issue"][0];
    assert!(
        matches!(issue["severity"].as_str(), Some("error" | "fatal")),
        "{what}: {issue}"
    );
    assert!(
        issue["code"].is_string() && issue["diagnostics"].is_string(),
        "{what}: {issue}"
    );
    if !expression.is_empty() {
        let all = outcome["issue"].as_array().unwrap().iter();
        let mut places = all.flat_map(|i| i["expression"].as_array().into_iter().flatten());
        assert!(places.any(|p| p == expression), "{what}: {}", answer.text());
    }
    assert!(
        answer.body.len() < 64 * 1024,
        "{what}: an answer of {} bytes",
        answer.body.len()
    );
}

/// Nothing is in the store.
fn nothing(server: &Server) {
    let report = server.verify();
    assert_eq!(
        (report.resources, report.versions, report.index_rows),
        (0, 0, 0)
    );
}

async fn check(
    server: &Server,
    what: &str,
    kind: &str,
    body: Vec<u8>,
    status: u16,
    expression: &str,
) {
    let ask = server.ask(Method::POST, "/Patient").body(kind, body);
    precise(&ask.send().await, what, status, expression);
}

/// 5 MB that are nested as deeply as they can be.
fn nested() -> Vec<u8> {
    let depth = 5 * MEBI / 2 - 32;
    let mut text = br#"{"resourceType":"Patient","extension":"#.to_vec();
    text.extend(std::iter::repeat_n(b'[', depth));
    text.extend(std::iter::repeat_n(b']', depth));
    text.push(b'}');
    text
}

/// 5 MB of objects in objects.
fn nested_objects() -> Vec<u8> {
    let piece = br#"{"url":"u","extension":["#;
    let depth = 5 * MEBI / (piece.len() + 2);
    let mut text = br#"{"resourceType":"Patient","extension":["#.to_vec();
    (0..depth).for_each(|_| text.extend_from_slice(piece));
    (0..depth).for_each(|_| text.extend_from_slice(b"]}"));
    text.extend_from_slice(b"]}");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_and_monstrous_json_is_refused() {
    let server = Server::new().await;
    let long_name = format!(r#"{{"resourceType":"Patient","{}":1}}"#, "n".repeat(MEBI));
    let long_number = format!(
        r#"{{"resourceType":"Patient","multipleBirthInteger":{}}}"#,
        "9".repeat(MEBI)
    );
    let many = format!(
        r#"{{"resourceType":"Patient","active":[{}]}}"#,
        "true,".repeat(MEBI).trim_end_matches(',')
    );
    let unknown: Vec<String> = (0..50_000).map(|n| format!(r#""x{n}":{n}"#)).collect();
    let unknown = format!(r#"{{"resourceType":"Patient",{}}}"#, unknown.join(","));
    for (what, body) in [
        ("nested arrays", nested()),
        ("nested objects", nested_objects()),
        ("only brackets", vec![b'['; 5 * MEBI]),
        ("only quotes", vec![b'"'; 5 * MEBI]),
        ("zeros", vec![0; 5 * MEBI]),
        ("blanks", vec![b' '; 5 * MEBI]),
        (
            "a member given twice",
            br#"{"resourceType":"Patient","active":true,"active":false}"#.to_vec(),
        ),
        (
            "a member given twice, deeper",
            br#"{"resourceType":"Patient","name":[{"family":"a","family":"b"}]}"#.to_vec(),
        ),
        (
            "a member given twice, escaped",
            br#"{"resourceType":"Patient","active":true,"\u0061ctive":false}"#.to_vec(),
        ),
        (
            "not UTF-8",
            b"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\xff\xfe\"}]}".to_vec(),
        ),
        (
            "overlong UTF-8",
            b"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\xc0\xaf\"}]}".to_vec(),
        ),
        (
            "half a surrogate pair",
            br#"{"resourceType":"Patient","name":[{"family":"\ud800"}]}"#.to_vec(),
        ),
        (
            "cut short",
            br#"{"resourceType":"Patient","name":[{"fam"#.to_vec(),
        ),
        (
            "something after it",
            br#"{"resourceType":"Patient"} {}"#.to_vec(),
        ),
        ("no resource", b"[]".to_vec()),
        ("a number", b"1e999999999".to_vec()),
        (
            "UTF-16",
            "{\"resourceType\":\"Patient\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
        ("nothing", Vec::new()),
        ("a very long name", long_name.into_bytes()),
        ("a very long number", long_number.into_bytes()),
        ("very many items", many.into_bytes()),
        ("very many unknown elements", unknown.into_bytes()),
    ] {
        check(&server, what, JSON, body, 400, "").await;
    }
    let over = vec![b' '; 9 * MEBI];
    check(&server, "over the limit", JSON, over, 413, "").await;
    nothing(&server);
}

#[tokio::test]
async fn a_wrong_element_is_named() {
    let server = Server::new().await;
    for (members, expression) in [
        (json!({"nonsense": 1}), "Patient.nonsense"),
        (
            json!({"name": [{"given": ["a"], "nonsense": {}}]}),
            "Patient.name[0].nonsense",
        ),
        (json!({"name": {"family": "a"}}), "Patient.name"),
        (json!({"active": "true"}), "Patient.active"),
        (json!({"active": 1}), "Patient.active"),
        (json!({"name": [{"family": 1}]}), "Patient.name[0].family"),
        (
            json!({"name": [{"family": ["a"]}]}),
            "Patient.name[0].family",
        ),
        (json!({"name": "a"}), "Patient.name"),
        (json!({"gender": "x"}), "Patient.gender"),
        (json!({"birthDate": "2026-02-30"}), "Patient.birthDate"),
        (json!({"birthDate": "0000-01-01"}), "Patient.birthDate"),
        (json!({"birthDate": "20260230"}), "Patient.birthDate"),
        (json!({"birthDate": "2026-13"}), "Patient.birthDate"),
        (json!({"birthDate": "99999-01-01"}), "Patient.birthDate"),
        (json!({"birthDate": "-2026-01-01"}), "Patient.birthDate"),
        (
            json!({"birthDate": "2026-01-01T00:00:00Z"}),
            "Patient.birthDate",
        ),
        (
            json!({"deceasedDateTime": "2026-01-01T25:00:00Z"}),
            "Patient.deceased",
        ),
        (
            json!({"deceasedDateTime": "2026-01-01T10:00:00"}),
            "Patient.deceased",
        ),
        (
            json!({"deceasedDateTime": "2026-01-01T10:00:00+99:00"}),
            "Patient.deceased",
        ),
        (
            json!({"multipleBirthInteger": 2_147_483_648_u64}),
            "Patient.multipleBirth",
        ),
        (
            json!({"multipleBirthInteger": 1.5}),
            "Patient.multipleBirth",
        ),
        (json!({"contact": [{}]}), "Patient.contact[0]"),
        (json!({"name": []}), "Patient.name"),
        (json!({"name": [null]}), "Patient.name[0]"),
        (json!({"language": " "}), "Patient.language"),
        (
            json!({"implicitRules": "not a uri"}),
            "Patient.implicitRules",
        ),
        (json!({"photo": [{"data": "@@@"}]}), "Patient.photo[0].data"),
        (
            json!({"text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>1</script></div>"}}),
            "Patient.text.div",
        ),
        (
            json!({"managingOrganization": {"reference": "Patient/1"}}),
            "Patient.managingOrganization",
        ),
        (
            json!({"link": [{"other": {"reference": "Patient/x"}, "type": "x"}]}),
            "Patient.link[0].type",
        ),
    ] {
        let mut body = members.clone();
        body["resourceType"] = "Patient".into();
        let answer = server.post("/Patient", &body).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 400 | 422), "{members}: {}", answer.text());
        let outcome = answer.json();
        let all = outcome["issue"].as_array().unwrap().iter();
        let places: Vec<_> = all
            .flat_map(|i| i["expression"].as_array().into_iter().flatten())
            .map(|p| p.as_str().unwrap().to_owned())
            .collect();
        assert!(
            places.iter().any(|p| p.starts_with(expression)),
            "{members}: {places:?} {}",
            answer.text()
        );
    }
    nothing(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asvs_1_5_1_xml_with_doctypes_entities_and_depth_is_refused() {
    let server = Server::new().await;
    let patient =
        |inside: &str| format!("<Patient xmlns=\"http://hl7.org/fhir\">{inside}</Patient>");
    let mut laughs = "<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">".to_owned();
    for n in 1..10 {
        laughs.push_str(&format!(
            "<!ENTITY lol{n} \"{}\">",
            format!("&lol{};", n - 1).repeat(10)
        ));
    }
    laughs.push_str("]>");
    let external = "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let deep = "<extension url=\"u\">".repeat(200_000) + &"</extension>".repeat(200_000);
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"x\"")).collect();
    for (what, body) in [
        (
            "entities in entities",
            laughs + &patient("<active value=\"&lol9;\"/>"),
        ),
        (
            "an external entity",
            external.to_owned() + &patient("<language value=\"&x;\"/>"),
        ),
        (
            "a document type",
            "<!DOCTYPE Patient>".to_owned() + &patient(""),
        ),
        ("an unknown entity", patient("<language value=\"&nope;\"/>")),
        ("depth", patient(&deep)),
        ("depth without end", "<a>".repeat(MEBI)),
        (
            "very many attributes",
            format!("<Patient xmlns=\"http://hl7.org/fhir\"{attributes}/>"),
        ),
        (
            "an attribute given twice",
            patient("<active value=\"true\" value=\"false\"/>"),
        ),
        ("another namespace", "<Patient xmlns=\"urn:x\"/>".to_owned()),
        ("no namespace", "<Patient/>".to_owned()),
        ("an unknown element", patient("<nonsense value=\"1\"/>")),
        ("text between elements", patient("hello")),
        (
            "cut short",
            "<Patient xmlns=\"http://hl7.org/fhir\"><name>".to_owned(),
        ),
        ("two roots", patient("") + &patient("")),
        ("nothing", " ".to_owned()),
    ] {
        check(&server, what, XML, body.into_bytes(), 400, "").await;
    }
    let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Patient xmlns=\"http://hl7.org/fhir\"><language value=\"\xe9\"/></Patient>";
    check(&server, "another encoding", XML, latin.to_vec(), 400, "").await;
    nothing(&server);
}

#[tokio::test]
async fn ids_that_are_tricks_name_nothing() {
    let server = Server::new().await;
    let long = "a".repeat(65);
    let very_long = "a".repeat(20_000);
    for id in [
        "..",
        "%2e%2e",
        "%2e",
        ".%2e%2fPatient",
        "a%2fb",
        "a%00b",
        "%00",
        "a%20b",
        "a%0d%0ab",
        "%ff%fe",
        "%C3%A9",
        "%e2%80%8b",
        "a;b",
        "a'b",
        "a%22b",
        "%27%20or%201=1--",
        "_",
        "$",
        "~",
        "%",
        "%2",
        "%zz",
        long.as_str(),
        &very_long,
        "%F0%9F%98%80",
        "a_b",
        "a%2Bb",
        "*",
    ] {
        for path in [
            format!("/Patient/{id}"),
            format!("/Patient/{id}/_history/1"),
            format!("/Patient/1/_history/{id}"),
        ] {
            let answer = server.get(&path).await;
            let status = answer.status.as_u16();
            assert!(
                matches!(status, 400 | 404 | 405) || (status == 414 && path.len() > 8 * 1024),
                "{path:.80}: {} {}",
                answer.status,
                answer.text()
            );
            assert_eq!(
                answer.json()["resourceType"],
                "OperationOutcome",
                "{path:.80}"
            );
        }
        let body = json!({"resourceType": "Patient", "id": id});
        let answer = server.put(&format!("/Patient/{id}"), &body).await;
        assert!(
            answer.status.is_client_error(),
            "{id:.80}: {}",
            answer.text()
        );
        let answer = server.delete(&format!("/Patient/{id}")).await;
        assert!(
            answer.status.is_client_error() || answer.status == 204,
            "{id:.80}: {}",
            answer.text()
        );
    }
    for id in [
        json!(".."),
        json!("a/b"),
        json!(""),
        json!(1),
        json!(null),
        json!("a".repeat(65)),
        json!("é"),
    ] {
        let body = json!({"resourceType": "Patient", "id": id});
        let answer = server.put("/Patient/fine", &body).await;
        precise(&answer, &id.to_string(), 400, "Patient.id");
    }
    nothing(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_entry_of_300_leaves_nothing() {
    let server = Server::new().await;
    let good = |n: usize| {
        json!({"fullUrl": format!("urn:uuid:00000000-0000-4000-8000-{n:012}"),
            "resource": {"resourceType": "Patient", "name": [{"family": format!("F{n}")}]},
            "request": {"method": "POST", "url": "Patient"}})
    };
    for (what, at, entry, status, expression) in [
        (
            "an unknown element",
            299,
            json!({"resource": {"resourceType": "Patient", "nonsense": 1}, "request": {"method": "POST", "url": "Patient"}}),
            400,
            "Bundle.entry[299].resource.nonsense",
        ),
        (
            "a wrong code",
            150,
            json!({"resource": {"resourceType": "Patient", "gender": "x"}, "request": {"method": "POST", "url": "Patient"}}),
            422,
            "Bundle.entry[150].resource.gender",
        ),
        (
            "a wrong date",
            0,
            json!({"resource": {"resourceType": "Patient", "birthDate": "2026-02-31"}, "request": {"method": "POST", "url": "Patient"}}),
            400,
            "Bundle.entry[0].resource.birthDate",
        ),
        (
            "a reference to nothing",
            7,
            json!({"resource": {"resourceType": "Patient", "generalPractitioner": [{"reference": "Practitioner/nobody"}]}, "request": {"method": "POST", "url": "Patient"}}),
            422,
            "Bundle.entry[7].resource.generalPractitioner[0].reference",
        ),
        (
            "an unknown type",
            8,
            json!({"resource": {"resourceType": "Nonsense"}, "request": {"method": "POST", "url": "Nonsense"}}),
            404,
            "",
        ),
        (
            "another type than its address",
            9,
            json!({"resource": {"resourceType": "Basic", "code": {"text": "x"}}, "request": {"method": "POST", "url": "Patient"}}),
            400,
            "Bundle.entry[9]",
        ),
        (
            "no request",
            10,
            json!({"resource": {"resourceType": "Patient"}}),
            400,
            "",
        ),
        (
            "a method that there is not",
            11,
            json!({"resource": {"resourceType": "Patient"}, "request": {"method": "BREW", "url": "Patient"}}),
            400,
            "",
        ),
        (
            "an update of another version",
            12,
            json!({"resource": {"resourceType": "Patient", "id": "x"}, "request": {"method": "PUT", "url": "Patient/x", "ifMatch": "W/\"4\""}}),
            412,
            "Bundle.entry[12]",
        ),
        ("the same urn twice", 13, good(1), 400, ""),
        (
            "an address elsewhere",
            14,
            json!({"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "https://elsewhere.example/fhir/Patient"}}),
            400,
            "",
        ),
        (
            "a trick",
            15,
            json!({"resource": {"resourceType": "Patient", "id": ".."}, "request": {"method": "PUT", "url": "Patient/.."}}),
            400,
            "",
        ),
    ] {
        let mut entries: Vec<Value> = (0..300).map(good).collect();
        entries[at] = entry;
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
        let answer = server.post("", &bundle).await;
        let status = if answer.status == 404 && what == "an address elsewhere" {
            404
        } else {
            status
        };
        precise(&answer, what, status, "");
        let places = answer.json()["issue"][0]["expression"].to_string();
        let wanted = if expression.is_empty() {
            format!("Bundle.entry[{at}]")
        } else {
            expression.to_owned()
        };
        assert!(places.contains(&wanted), "{what}: {}", answer.text());
        nothing(&server);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_that_are_monstrous_or_wrong_are_refused() {
    let server = Server::new().await;
    let long = "a".repeat(MEBI);
    let many = "identifier=a&".repeat(20_000);
    let alternatives = "a,".repeat(100_000);
    let chain = "general-practitioner.".repeat(500);
    let has = "_has:Observation:patient:".repeat(500);
    let filter = format!("_filter={}", percent(&"(".repeat(20_000)));
    let not = format!("_filter={}name%20eq%20%22a%22", "not%20(".repeat(20_000));
    for (what, query) in [
        ("an unknown parameter", "nonsense=1"),
        ("an unknown modifier", "name:nonsense=a"),
        ("a modifier of another kind", "birthdate:exact=2020"),
        ("no date", "birthdate=yesterday"),
        ("a wrong date", "birthdate=2020-02-31"),
        ("a chain to nowhere", "general-practitioner.nonsense=1"),
        ("a chain through a string", "name.family=a"),
        (
            "a type that is not allowed",
            "general-practitioner:Patient.name=a",
        ),
        ("a wrong count", "_count=-1"),
        ("a count that is no number", "_count=ten"),
        ("a sort by nothing", "_sort=nonsense"),
        ("an include of nothing", "_include=Patient:nonsense"),
        ("a made-up cursor", "_cursor=AAAA"),
        ("a filter that is none", "_filter=name%20eq"),
        ("a deep filter", &filter),
        ("a deep negation", &not),
        ("a long chain", &format!("{chain}name=a")),
        ("a long reverse chain", &format!("{has}_id=a")),
        ("a composite with a part missing", "_summary=nonsense"),
        ("a wrong total", "_total=nonsense"),
    ] {
        let ask = server.ask(Method::POST, "/Patient/_search");
        let answer = ask
            .body("application/x-www-form-urlencoded", query.to_owned())
            .send()
            .await;
        precise(&answer, what, 400, "");
    }
    // Long, but not wrong: answered or refused, in bounded time and size.
    for (what, query) in [
        ("a long value", format!("name={long}")),
        ("many parameters", many),
        ("many alternatives", format!("identifier={alternatives}")),
        ("wild signs", format!("name={}", "%25_%5C".repeat(10_000))),
        (
            "signs of SQL",
            "name=%27%29%3B%20drop%20table%20res%3B--".to_owned(),
        ),
        ("zero bytes", "name=a%00b".to_owned()),
        ("not UTF-8", "name=%ff%fe".to_owned()),
        ("half an escape", "name=%".to_owned()),
    ] {
        let ask = server.ask(Method::POST, "/Patient/_search");
        let answer = ask
            .body("application/x-www-form-urlencoded", query)
            .send()
            .await;
        let status = answer.status.as_u16();
        assert!(
            matches!(status, 200 | 400 | 413 | 414),
            "{what}: {status} {}",
            answer.text()
        );
    }
    nothing(&server);
}

use aceso_base::percent;

#[tokio::test]
async fn wrong_heads_are_refused() {
    let server = Server::new().await;
    let patient = r#"{"resourceType":"Patient"}"#;
    for kind in [
        "text/plain",
        "application/octet-stream",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/fhir+json; charset=utf-16",
        "application/fhir+json; fhirVersion=5.0",
        "application/fhir+turtle",
        "nonsense",
        "/",
    ] {
        let answer = server
            .ask(Method::POST, "/Patient")
            .body(kind, patient)
            .send()
            .await;
        precise(&answer, kind, 415, "");
    }
    for accept in [
        "image/png",
        "application/fhir+turtle",
        "application/fhir+json; fhirVersion=5.0",
    ] {
        let answer = server
            .ask(Method::GET, "/Patient")
            .header("accept", accept)
            .send()
            .await;
        precise(&answer, accept, 406, "");
    }
    for (name, value, status) in [
        ("if-match", "nonsense", 400),
        ("if-match", "W/\"99999999999999999999999\"", 400),
        ("if-match", "W/\"7\"", 412),
        ("authorization", "Bearer other", 400),
    ] {
        let ask = server.ask(Method::PUT, "/Patient/x").header(name, value);
        let answer = ask
            .json(&json!({"resourceType": "Patient", "id": "x"}))
            .send()
            .await;
        precise(&answer, name, status, "");
    }
    for host in [
        "",
        "a b",
        "a/b",
        "evil@localhost",
        "localhost:99999",
        "a\"b",
        "[::1",
        "localhost, other",
    ] {
        let request = Request::get("/fhir/metadata")
            .header("host", host)
            .body(Body::empty())
            .unwrap();
        precise(&server.send(request).await, host, 400, "");
    }
    let twice = Request::get("/fhir/metadata")
        .header("host", "a")
        .header("host", "b");
    precise(
        &server.send(twice.body(Body::empty()).unwrap()).await,
        "two hosts",
        400,
        "",
    );
    nothing(&server);
}

#[tokio::test]
async fn asvs_4_1_4_wrong_methods_and_addresses_are_refused() {
    let server = Server::new().await;
    for (method, path) in [
        ("POST", "/Patient/1"),
        ("DELETE", "/metadata"),
        ("PUT", "/metadata"),
        ("PATCH", "/metadata"),
        ("DELETE", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("POST", "/Patient/1/_history"),
        ("DELETE", "/Patient/_history"),
        ("PUT", "/Patient/_search"),
        ("TRACE", "/Patient"),
        ("CONNECT", "/Patient"),
        ("BREW", "/Patient"),
        ("OPTIONS", "/Patient/1"),
    ] {
        let answer = server.ask(method.parse().unwrap(), path).send().await;
        precise(&answer, &format!("{method} {path}"), 405, "");
        assert!(!answer.header("allow").is_empty(), "{method} {path}");
    }
    for path in [
        "/patient",
        "/Nonsense",
        "/Patient/1/2/3/4",
        "//Patient",
        "/Patient//1",
        "/../admin",
        "/%2e%2e/oauth",
        "/Resource",
        "/DomainResource",
        "/Patient/1/$nonsense",
        "/$nonsense",
        "/Patient/$everything/x",
        "/Patient/1/_history/1/2",
    ] {
        let answer = server.get(path).await;
        precise(&answer, path, 404, "");
    }
    nothing(&server);
}

/// The same monsters over the wire: the program's memory stays bounded, and it still answers.
#[test]
fn monsters_do_not_make_the_program_grow() {
    let stage = Stage::new();
    let token = stage.token("hostile", "system/*.cruds");
    let server = stage.serve();
    let peak = |what: &str| {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        eprintln!("{what}: peak {} MiB", kib / 1024);
        kib / 1024
    };
    let open = || Wire::open(&server.address, &token).unwrap();
    let metadata = open().ask("GET", "/fhir/metadata", &[], &[]).unwrap();
    assert_eq!(metadata.status, 200);
    let names = types().resource_names().count();
    assert_eq!(names, 146);
    let before = peak("before");
    let brackets = vec![b'['; 5 * MEBI];
    let many = format!(
        r#"{{"resourceType":"Patient","name":[{}]}}"#,
        "{},".repeat(5 * MEBI / 3).trim_end_matches(',')
    );
    for body in [&nested(), &nested_objects(), &brackets, &many.into_bytes()] {
        for _ in 0..3 {
            let reply = open().ask("POST", "/fhir/Patient", &[], body).unwrap();
            assert_eq!(reply.status, 400, "{:.300}", reply.text());
        }
    }
    let laughs =
        "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\">]><Patient xmlns=\"http://hl7.org/fhir\"/>";
    let reply = open().ask(
        "POST",
        "/fhir/Patient",
        &[("content-type", XML)],
        laughs.as_bytes(),
    );
    assert_eq!(reply.unwrap().status, 400);
    let after = peak("after");
    assert!(after < before + 400, "grew from {before} to {after} MiB");
    let reply = open().ask("GET", "/fhir/Patient", &[], &[]).unwrap();
    assert_eq!(reply.status, 200);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert!(body["entry"].as_array().is_none_or(Vec::is_empty));
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(stage.json(&["verify"], 0)["resources"], 0);
}

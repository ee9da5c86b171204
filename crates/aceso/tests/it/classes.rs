//! The classes of holes that this field's record systems had (`emr-cves.tsv`: 83 advisories on OpenEMR, December 2025 to
//! November 2026), each tried here in the shapes in which it was found there.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::stage::{Server, Stage};
use aceso_base::percent;

const EVERYTHING: &str = "system/*.cruds";
const XSS: &str = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>";

/// Two patients with an observation, a care team and a note each.
struct Clinic {
    stage: Stage,
    server: Server,
    all: String,
}

impl Clinic {
    fn new() -> Self {
        let stage = Stage::new();
        let all = stage.token("all", EVERYTHING);
        let server = stage.serve();
        let clinic = Self { stage, server, all };
        for id in ["a", "b"] {
            let subject = json!({"reference": format!("Patient/{id}")});
            let text = |text: &str| json!({"text": text});
            for body in [
                json!({"resourceType": "Patient", "id": id, "name": [{"family": format!("Family{id}"), "given": [XSS]}]}),
                json!({"resourceType": "Observation", "id": format!("o{id}"), "status": "final", "subject": subject, "code": text("weight"), "valueString": format!("secret-{id}")}),
                json!({"resourceType": "CareTeam", "id": format!("t{id}"), "subject": subject, "name": format!("secret-{id}")}),
                json!({"resourceType": "DocumentReference", "id": format!("d{id}"), "status": "current", "subject": subject,
                    "content": [{"attachment": {"contentType": "text/plain", "title": format!("secret-{id}")}}]}),
            ] {
                let kind = body["resourceType"].as_str().unwrap();
                let path = format!("/fhir/{kind}/{}", body["id"].as_str().unwrap());
                assert_eq!(clinic.put(&path, &body, &clinic.all).0, 201, "{path}");
            }
        }
        clinic
    }

    fn get(&self, path: &str, token: &str) -> (u16, String) {
        let (status, _, body) = self.server.ask("GET", path, token, "");
        (status, body)
    }

    fn put(&self, path: &str, body: &Value, token: &str) -> (u16, String) {
        let (status, _, body) = self.server.ask("PUT", path, token, &body.to_string());
        (status, body)
    }

    fn total(&self, path: &str) -> u64 {
        let (status, body) = self.get(path, &self.all);
        assert_eq!(status, 200, "{body}");
        let bundle: Value = serde_json::from_str(&body).unwrap();
        bundle["total"].as_u64().unwrap()
    }
}

/// Missing or incorrect authorization, the largest class: another patient's id in every place an id can stand
/// (CVE-2026-24487, -25164, -25744, -25745, -25927, -25929, -124487 and 28 more).
#[test]
fn asvs_8_2_2_cve_class_authz_another_patients_id_opens_nothing_wherever_it_stands() {
    let clinic = Clinic::new();
    let scopes = "patient/*.cruds";
    let args = ["client", "add", "app", "--scopes", scopes, "--token"];
    let out = clinic
        .stage
        .expect(&[&args[..], &["--patient", "a"]].concat(), 0);
    let own = out.lines().last().unwrap();
    let (status, body) = clinic.get("/fhir/Observation/oa", own);
    assert_eq!(status, 200, "{body}");
    for path in [
        "/fhir/Patient/b",
        "/fhir/Observation/ob",
        "/fhir/Observation/ob/_history/1",
        "/fhir/CareTeam/tb",
        "/fhir/DocumentReference/db",
        "/fhir/Patient/b/$everything",
        "/fhir/Patient/b/Observation",
        "/fhir/Observation?patient=b",
        "/fhir/Observation?subject=Patient/b&_total=accurate",
        "/fhir/CareTeam?patient=b",
        "/fhir/CareTeam",
        "/fhir/DocumentReference?_id=db",
        "/fhir/Observation?subject:Patient.family=Familyb",
        "/fhir/Patient?_has:Observation:subject:_id=ob",
        "/fhir/Patient?_id=a,b&_revinclude=Observation:subject",
        "/fhir/Observation?_id=oa,ob&_include=Observation:subject",
        "/fhir/_history",
        "/fhir/Observation/_history",
    ] {
        let (_, body) = clinic.get(path, own);
        for leak in ["secret-b", "\"Familyb\"", "Patient/b\""] {
            assert!(!body.contains(leak), "{path} shows {leak}: {body}");
        }
    }
    let forged = json!({"resourceType": "Observation", "id": "ob", "status": "final",
        "subject": {"reference": "Patient/a"}, "code": {"text": "weight"}, "valueString": "overwritten"});
    let (status, _) = clinic.put("/fhir/Observation/ob", &forged, own);
    assert!([403, 404].contains(&status), "{status}");
    let moved = json!({"resourceType": "Observation", "id": "oa", "status": "final",
        "subject": {"reference": "Patient/b"}, "code": {"text": "weight"}});
    let (status, _) = clinic.put("/fhir/Observation/oa", &moved, own);
    assert!([403, 404].contains(&status), "{status}");
    let (status, _, _) = clinic.server.ask("DELETE", "/fhir/Observation/ob", own, "");
    // What is not there is deleted already (R4, "delete"): 204 says no more than that.
    assert!([204, 403, 404].contains(&status), "{status}");
    let (_, kept) = clinic.get("/fhir/Observation/ob", &clinic.all);
    assert!(kept.contains("secret-b"), "{kept}");
}

/// Markup in what people type (CVE-2026-25743, -32118, -32121, -33303, -33346 and 11 more).
#[test]
fn cve_class_xss_markup_that_was_typed_is_text_on_every_page_that_shows_it() {
    let clinic = Clinic::new();
    let narrative = json!({"resourceType": "Patient", "id": "x", "text": {"status": "generated",
        "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></div>"}});
    assert_eq!(
        clinic.put("/fhir/Patient/x", &narrative, &clinic.all).0,
        422
    );
    let mut browser = Browser::new(&clinic.server.address);
    for path in [
        format!("/sign-in?to=/{}", percent(XSS)),
        format!("/{}", percent(XSS)),
        format!("/reset/{}", percent(XSS)),
        format!("/fhir/{}", percent(XSS)),
        format!("/fhir/Patient?{}=1", percent(XSS)),
        format!(
            "/oauth/authorize?client_id={0}&redirect_uri={0}&state={0}",
            percent(XSS)
        ),
    ] {
        let page = browser.get(&path);
        assert!(page.status < 500, "{path}: {}", page.status);
        assert!(!page.body.contains("<img src=x"), "{path}: {}", page.body);
        assert!(!page.body.contains("<script>"), "{path}: {}", page.body);
        let html = page.lines("content-type").concat().contains("html");
        let policy = page.lines("content-security-policy").concat();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!html || !policy.contains("unsafe"), "{path}: {policy}");
    }
}

/// Values that become SQL, identifiers most of all (CVE-2026-23627, -24908, -32127, -124469 and 8 more).
#[test]
fn asvs_1_2_4_cve_class_sqli_no_value_or_name_becomes_sql() {
    let clinic = Clinic::new();
    for attack in [
        "' or '1'='1",
        "a' union select hash from token--",
        "1; drop table res",
        "\\'); delete from res;--",
        "(select 1)",
        "_id desc, (select count(*) from account)",
    ] {
        let attack = percent(attack);
        for path in [
            format!("/fhir/Patient?family={attack}"),
            format!("/fhir/Patient?_id={attack}"),
            format!("/fhir/Patient?_sort={attack}"),
            format!("/fhir/Patient?{attack}=1"),
            format!("/fhir/Patient?family:{attack}=1"),
            format!("/fhir/Patient?_has:Observation:{attack}:code=1"),
            format!("/fhir/Observation?date={attack}"),
            format!("/fhir/Observation?value-quantity={attack}"),
            format!("/fhir/Patient?_filter=family eq {attack}").replace(' ', "%20"),
            format!("/fhir/Patient/{attack}"),
        ] {
            let (status, body) = clinic.get(&path, &clinic.all);
            assert!(status < 500, "{path}: {status} {body}");
            assert!(!body.contains("Familya"), "{path} finds a patient: {body}");
        }
    }
    assert_eq!(clinic.total("/fhir/Patient?_summary=count"), 2);
}

/// Files by name (CVE-2026-24848, -24849, -33301, -33913 and 4 more).
#[test]
fn asvs_5_3_1_asvs_5_3_2_cve_class_file_no_path_and_no_document_names_a_file_of_the_server() {
    let clinic = Clinic::new();
    for path in [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/../../etc/passwd",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/fhir/Binary/..%2f..%2fetc%2fpasswd",
        "/fhir/Patient/%2e%2e%2fdata.key",
        "/fhir/metadata?_format=/etc/passwd",
    ] {
        let (_, body) = clinic.get(path, &clinic.all);
        assert!(!body.contains("root:"), "{path}: {body}");
    }
    for document in [
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><language value=\"&x;\"/></Patient>",
        "<Patient xmlns=\"http://hl7.org/fhir\" xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"/etc/passwd\" parse=\"text\"/></Patient>",
    ] {
        let file = clinic.stage.file("attack.xml", document);
        let file = file.display().to_string();
        let out = clinic.stage.run(&["import", &file]);
        assert_ne!(out.status.code(), Some(0), "{document}");
        let said = [out.stdout, out.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains("root:"));
    }
    assert_eq!(clinic.total("/fhir/Patient?_summary=count"), 2);
}

/// Sign-in, sessions and OAuth (CVE-2026-24898, -25476, -67610, -67611 and two more).
#[test]
fn cve_class_authn_there_is_no_second_way_in() {
    let clinic = Clinic::new();
    let mut browser = Browser::new(&clinic.server.address);
    for grant in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
    ] {
        let form = [
            ("grant_type", grant),
            ("username", "administrator"),
            ("password", "administrator"),
            ("client_id", "all"),
        ];
        let page = browser.post("/oauth/token", &form);
        assert_eq!(page.status, 400, "{grant}: {}", page.body);
        assert!(!page.body.contains("access_token"), "{}", page.body);
    }
    for path in [
        "/oauth/register",
        "/register",
        "/oauth2/default/registration",
        "/admin.php",
    ] {
        let page = browser.post(path, &[("redirect_uris", "https://evil.example")]);
        assert!([404, 405].contains(&page.status), "{path}: {}", page.status);
    }
    for path in [
        "/admin",
        "/patients",
        "/account?skip_timeout_reset=1",
        "/fhir/Patient",
    ] {
        let page = browser.get(path);
        assert!(
            [303, 401, 404].contains(&page.status),
            "{path}: {}",
            page.status
        );
    }
    assert_eq!(clinic.stage.json(&["user", "list"], 0), json!([]));
}

/// Requests that the server is made to send (unauthenticated through a client's `jwks_uri`; the PDF generator).
#[test]
fn cve_class_ssrf_the_server_asks_nobody_because_a_request_says_so() {
    let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", trap.local_addr().unwrap());
    let clinic = Clinic::new();
    let mut browser = Browser::new(&clinic.server.address);
    let header = json!({"alg": "ES384", "typ": "JWT", "kid": "k", "jku": url, "x5u": url});
    let claims =
        json!({"iss": "all", "sub": "all", "aud": url, "exp": 9_999_999_999_u64, "jti": "1"});
    let part = |value: &Value| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    let assertion = format!("{}.{}.{}", part(&header), part(&claims), "AAAA");
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", EVERYTHING),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion.as_str()),
    ];
    let page = browser.post("/oauth/token", &form);
    assert!([400, 401].contains(&page.status), "{}", page.body);
    let subscription = json!({"resourceType": "Subscription", "id": "s", "status": "requested", "reason": "r",
        "criteria": "Patient?", "channel": {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"}});
    let (status, body) = clinic.put("/fhir/Subscription/s", &subscription, &clinic.all);
    assert!((400..500).contains(&status), "{status}: {body}");
    let patient = json!({"resourceType": "Patient", "id": "s",
        "photo": [{"contentType": "image/png", "url": url}],
        "meta": {"profile": [format!("{url}profile")]}});
    clinic.put("/fhir/Patient/s", &patient, &clinic.all);
    let called = trap.accept().map(|_| ());
    assert!(called.is_err(), "the server called {url}");
}

/// Secrets where anybody finds them (CVE-2025-67752, CVE-2026-25146), and text that becomes code (CVE-2026-32238, -39932).
#[test]
fn cve_class_secret_and_code_tokens_lie_nowhere_and_text_stays_text() {
    let clinic = Clinic::new();
    let mark = clinic.stage.data().join("ran");
    let shell = format!(
        "$(touch {0}); `touch {0}`; {{{{7*7}}}} ${{7*7}} #{{7*7}}",
        mark.display()
    );
    let patient = json!({"resourceType": "Patient", "id": "c", "name": [{"family": shell}]});
    assert_eq!(clinic.put("/fhir/Patient/c", &patient, &clinic.all).0, 201);
    let out = clinic
        .stage
        .run(&["client", "add", &shell, "--scopes", "system/*.rs"]);
    assert_ne!(out.status.code(), Some(0));
    assert!(!mark.exists());
    let (_, body) = clinic.get("/fhir/Patient/c", &clinic.all);
    assert!(body.contains("{{7*7}}"), "{body}");
    let token = clinic.all.clone();
    let data = clinic.stage.data();
    assert_eq!(clinic.server.stop("-TERM"), Some(0));
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for secret in [token.as_bytes(), b"Familya", b"secret-b"] {
            let found = bytes.windows(secret.len()).any(|w| w == secret);
            assert!(
                !found,
                "{} in {}",
                String::from_utf8_lossy(secret),
                path.display()
            );
        }
    }
}

/// The list of advisories is walked: a class that is not tried above fails here.
#[test]
fn every_class_of_the_advisories_has_its_test() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let list = std::path::Path::new(root).join("../shared/requirements/emr-cves.tsv");
    let Ok(text) = std::fs::read_to_string(&list) else {
        println!("skipped: ../shared/requirements/emr-cves.tsv is absent");
        return;
    };
    let source = include_str!("classes.rs");
    let mut count = 0;
    for line in text.lines().skip(1) {
        let class = line.split('\t').nth(2).unwrap();
        count += 1;
        for part in class.split('/') {
            let part = match part {
                "session" => "authn",
                "tls" => "secret",
                "cmd" => "code",
                other => other,
            };
            let tried = source
                .lines()
                .any(|l| l.starts_with("fn ") && l.contains("cve_class_") && l.contains(part));
            assert!(tried, "no test for class {part}: {line}");
        }
    }
    assert!(count >= 83, "{count} advisories in the list");
}

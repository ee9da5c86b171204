//! What the desk asks of services elsewhere, against a server on the loopback that holds each request to the documented form: GitHub
//! REST API 2022-11-28 (repository security advisories), CVE Services OpenAPI 2.x, Discourse API (createTopicPostPM), Mailchimp
//! Marketing API 3.0 (campaigns), Mastodon API (statuses). Their documented errors are answered, too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aceso_base::{Instant, ManualClock, Secret};
use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::advisory::feed::Site;
use aceso_desk::calendar::Calendar;
use aceso_desk::case::Rules;
use aceso_desk::port::{CveServices, Errand, Forum, Github, List, Places, Service, Social, System};
use aceso_desk::severity::Policy;
use aceso_egress::{Client, Limits, Trust};
use aceso_jobs::Errands;
use aceso_policy::Endpoints;
use aceso_store::{Desk, DueErrand, ErrandEnd, Store};
use aceso_testkit::site::Scratch;
use aceso_vault::RootKey;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug)]
struct Heard {
    /// `POST /path`
    line: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// What a service answers: status, heads, body.
type Told = (u16, &'static str, Value);

/// The services, all at one address.
struct Peer {
    base: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<Vec<Told>>>,
}

impl Peer {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heard, answers) = (Arc::<Mutex<Vec<Heard>>>::default(), Arc::default());
        let peer = Self {
            base,
            heard: Arc::clone(&heard),
            answers: Arc::clone(&answers),
        };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                let one = loop {
                    let mut part = [0; 4096];
                    let count = stream.read(&mut part).await.unwrap();
                    bytes.extend_from_slice(&part[..count]);
                    if let Some(one) = whole(&bytes) {
                        break one;
                    }
                    assert!(count > 0, "the request broke off");
                };
                heard.lock().unwrap().push(one);
                let next: Option<(u16, &str, Value)> = answers.lock().unwrap().pop();
                // Without an answer the connection ends.
                if let Some((status, headers, body)) = next {
                    let body = if body.is_null() {
                        String::new()
                    } else {
                        body.to_string()
                    };
                    let text = format!(
                        "HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
            }
        });
        peer
    }

    fn says(&self, status: u16, headers: &'static str, body: Value) {
        self.answers
            .lock()
            .unwrap()
            .insert(0, (status, headers, body));
    }

    fn last(&self) -> Heard {
        self.heard.lock().unwrap().last().cloned().unwrap()
    }
}

fn whole(bytes: &[u8]) -> Option<Heard> {
    let text = str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<String, String> = pairs
        .map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    (body.len() >= length).then(|| Heard {
        line,
        headers,
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    })
}

struct Bench {
    peer: Peer,
    errands: Errands,
    desk: Desk,
    _dir: Scratch,
}

pub(super) const SECRET: &str = "s3cret-of-the-service";

impl Bench {
    async fn new() -> Self {
        let peer = Peer::new().await;
        let places = places(&peer.base);
        let (errands, desk, dir) = errands(&peer.base, places);
        Self {
            peer,
            errands,
            desk,
            _dir: dir,
        }
    }

    async fn send(&self, errand: Errand, kept: &[(System, &str)]) -> ErrandEnd {
        let advisory: Advisory = serde_json::from_str(include_str!(
            "../../../desk/tests/data/ACESO-2026-0001.json"
        ))
        .unwrap();
        self.errands.send(&due(errand, kept, advisory)).await
    }

    fn after(&self, seconds: i64) -> When {
        self.desk.now().plus_millis(seconds * 1000)
    }
}

/// Errands of a desk that calls this address alone.
pub(super) fn errands(base: &str, places: Places) -> (Errands, Desk, Scratch) {
    let dir = Scratch::new("errands");
    let root = RootKey::create_file(&dir.path().join("key")).unwrap();
    // 2026-03-04T12:00:00Z
    let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
    let store = Store::open_desk(dir.settings(), &root, clock).unwrap();
    let rules = Rules {
        policy: Policy::ceiling(),
        calendar: Calendar::plain(),
        coverage: 90,
    };
    let desk = Desk::new(store, rules);
    let endpoints = Endpoints::new(&[base]).unwrap();
    let client = Client::new(endpoints, &Trust::Machine, Limits::default()).unwrap();
    let site = Site {
        title: "Security advisories of Aceso".into(),
        base: "https://desk.example".into(),
    };
    let all = [
        Service::Github,
        Service::Cve,
        Service::Forum,
        Service::List,
        Service::Social,
    ];
    let secrets = all.map(|service| (service, Secret::new(SECRET.to_owned())));
    let errands = Errands::new(desk.clone(), client, (places, site), secrets.into());
    (errands, desk, dir)
}

/// An errand that is on its way.
pub(super) fn due(errand: Errand, kept: &[(System, &str)], advisory: Advisory) -> DueErrand {
    DueErrand {
        id: "errand-1".into(),
        case: "C-2026-0001".into(),
        errand,
        at: "2026-03-04T12:00:00Z".parse().unwrap(),
        tries: 0,
        kept: kept.iter().map(|(s, id)| (*s, (*id).to_owned())).collect(),
        advisory: Some(advisory),
    }
}

pub(super) fn places(base: &str) -> Places {
    Places {
        github: Some(Github {
            base: base.into(),
            repository: "aceso/aceso".into(),
        }),
        cve: Some(CveServices {
            base: format!("{base}/api"),
            organisation: "aceso".into(),
            org_id: "3f0b0b5e-7a0c-4c1e-9d7e-5a6b8f0c1d2e".into(),
            user: "mara@desk.example".into(),
        }),
        forum: Some(Forum {
            base: base.into(),
            user: "security".into(),
            category: Some(7),
            tag: "security-advisory".into(),
            tag_id: None,
        }),
        list: Some(List {
            base: base.into(),
            list: "a1b2c3".into(),
            segment: Some(42),
            from: "Aceso".into(),
            reply_to: "security@desk.example".into(),
        }),
        social: Some(Social { base: base.into() }),
    }
}

fn done(system: System, id: &str) -> ErrandEnd {
    ErrandEnd::Done(Some((system, id.to_owned())))
}

#[tokio::test]
async fn r27_a_draft_at_github_has_the_form_of_its_rest_interface() {
    let bench = Bench::new().await;
    let id = "GHSA-2g5x-9qqv-w2c7";
    bench
        .peer
        .says(201, "", json!({"ghsa_id": id, "state": "draft"}));
    assert_eq!(
        bench.send(Errand::GithubDraft, &[]).await,
        done(System::Ghsa, id)
    );
    let heard = bench.peer.last();
    assert_eq!(heard.line, "POST /repos/aceso/aceso/security-advisories");
    assert_eq!(heard.headers["accept"], "application/vnd.github+json");
    assert_eq!(heard.headers["x-github-api-version"], "2022-11-28");
    assert_eq!(heard.headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(heard.headers["content-type"], "application/json");
    // Required: summary, description, vulnerabilities; one of severity and cvss_vector_string.
    let body = &heard.body;
    assert!(!body["summary"].as_str().unwrap().is_empty() && body["description"].is_string());
    assert!(
        body["severity"].is_string() != body["cvss_vector_string"].is_string(),
        "{body}"
    );
    let one = &body["vulnerabilities"][0];
    assert!(one["package"]["ecosystem"].is_string() && one["vulnerable_version_range"].is_string());

    bench.peer.says(202, "", json!({}));
    let kept = [(System::Ghsa, id)];
    assert_eq!(
        bench.send(Errand::GithubCve, &kept).await,
        ErrandEnd::Done(None)
    );
    let heard = bench.peer.last();
    assert_eq!(
        heard.line,
        format!("POST /repos/aceso/aceso/security-advisories/{id}/cve")
    );
    assert_eq!(heard.body, Value::Null);

    bench
        .peer
        .says(200, "", json!({"ghsa_id": id, "state": "published"}));
    assert_eq!(
        bench.send(Errand::GithubPublish, &kept).await,
        ErrandEnd::Done(None)
    );
    let heard = bench.peer.last();
    assert_eq!(
        heard.line,
        format!("PATCH /repos/aceso/aceso/security-advisories/{id}")
    );
    assert_eq!(heard.body["state"], "published");
}

#[tokio::test]
async fn r28_a_cve_id_is_reserved_and_its_record_published_as_cve_services_document_it() {
    let bench = Bench::new().await;
    let reserved = json!({"cve_ids": [{"cve_id": "CVE-2026-40076", "state": "RESERVED", "owning_cna": "aceso"}]});
    bench.peer.says(200, "", reserved);
    assert_eq!(
        bench.send(Errand::CveReserve, &[]).await,
        done(System::Cve, "CVE-2026-40076")
    );
    let heard = bench.peer.last();
    assert_eq!(
        heard.line,
        "POST /api/cve-id?amount=1&cve_year=2026&short_name=aceso"
    );
    assert_eq!(heard.headers["cve-api-org"], "aceso");
    assert_eq!(heard.headers["cve-api-user"], "mara@desk.example");
    assert_eq!(heard.headers["cve-api-key"], SECRET);
    assert_eq!(
        heard.body,
        Value::Null,
        "a request for an id discloses nothing"
    );

    let text: Advisory = serde_json::from_str(include_str!(
        "../../../desk/tests/data/ACESO-2026-0001.json"
    ))
    .unwrap();
    let own = text.vulnerabilities[0].cve.clone().unwrap();
    let kept = [(System::Cve, own.as_str())];
    for (errand, verb) in [(Errand::CvePublish, "POST"), (Errand::CveUpdate, "PUT")] {
        bench.peer.says(200, "", json!({"message": "done"}));
        assert_eq!(bench.send(errand, &kept).await, ErrandEnd::Done(None));
        let heard = bench.peer.last();
        assert_eq!(heard.line, format!("{verb} /api/cve/{own}/cna"));
        // CVE JSON 5, CNA container: these are required.
        let container = &heard.body["cnaContainer"];
        for member in ["providerMetadata", "affected", "descriptions", "references"] {
            assert!(!container[member].is_null(), "{member}: {container}");
        }
        assert!(container.get("cveMetadata").is_none());
    }
    let other = bench
        .send(Errand::CvePublish, &[(System::Cve, "CVE-2020-11111")])
        .await;
    let ErrandEnd::Refused(why) = other else {
        panic!("{other:?}")
    };
    assert!(why.contains("CVE-2020-11111"), "{why}");

    let error = json!({"error": "CVE_RECORD_EXISTS", "message": "The CVE record exists"});
    bench.peer.says(403, "", error);
    let refused = "403: CVE_RECORD_EXISTS; The CVE record exists".to_owned();
    assert_eq!(
        bench.send(Errand::CvePublish, &kept).await,
        ErrandEnd::Refused(refused)
    );
}

#[tokio::test]
async fn r35_the_forum_gets_a_topic_with_the_tag() {
    let bench = Bench::new().await;
    bench.peer.says(
        200,
        "",
        json!({"id": 9, "topic_id": 77, "topic_slug": "an-advisory"}),
    );
    let end = bench.send(Errand::Topic, &[]).await;
    assert_eq!(
        end,
        done(
            System::Topic,
            &format!("{}/t/an-advisory/77", bench.peer.base)
        )
    );
    let heard = bench.peer.last();
    assert_eq!(heard.line, "POST /posts.json");
    assert_eq!(
        (&*heard.headers["api-key"], &*heard.headers["api-username"]),
        (SECRET, "security")
    );
    assert_eq!(heard.body["tags"], json!(["security-advisory"]));
    assert_eq!(heard.body["category"], 7);
    let raw = heard.body["raw"].as_str().unwrap();
    assert!(
        raw.contains("https://desk.example/advisories/ACESO-2026-0001"),
        "{raw}"
    );
    assert!(heard.body["title"].as_str().unwrap().chars().count() <= 255);

    bench.peer.says(
        422,
        "",
        json!({"action": "create_post", "errors": ["Title has already been used"]}),
    );
    let why = "422: Title has already been used".to_owned();
    assert_eq!(
        bench.send(Errand::Topic, &[]).await,
        ErrandEnd::Refused(why)
    );

    let slow = json!({"errors": ["Slow down"], "error_type": "rate_limit", "extras": {"wait_seconds": 17}});
    bench.peer.says(429, "", slow);
    let later = ErrandEnd::Later(bench.after(17), "429: Slow down".into());
    assert_eq!(bench.send(Errand::Topic, &[]).await, later);
}

#[tokio::test]
async fn r32_the_mail_to_the_list_goes_to_the_segment_with_the_tag() {
    let bench = Bench::new().await;
    bench
        .peer
        .says(200, "", json!({"id": "42694e9e57", "status": "save"}));
    assert_eq!(
        bench.send(Errand::Campaign, &[]).await,
        done(System::Campaign, "42694e9e57")
    );
    let heard = bench.peer.last();
    assert_eq!(heard.line, "POST /3.0/campaigns");
    // "aceso" and the key, in Base64.
    assert_eq!(
        heard.headers["authorization"],
        "Basic YWNlc286czNjcmV0LW9mLXRoZS1zZXJ2aWNl"
    );
    assert_eq!(heard.body["type"], "plaintext");
    assert_eq!(
        heard.body["recipients"],
        json!({"list_id": "a1b2c3", "segment_opts": {"saved_segment_id": 42}})
    );
    let settings = &heard.body["settings"];
    assert_eq!(
        (&settings["from_name"], &settings["reply_to"]),
        (&json!("Aceso"), &json!("security@desk.example"))
    );
    let subject = settings["subject_line"].as_str().unwrap();
    assert!(
        subject.starts_with("[Security Advisory]") && subject.len() <= 150,
        "{subject}"
    );

    let kept = [(System::Campaign, "42694e9e57")];
    bench.peer.says(200, "", json!({"plain_text": "x"}));
    assert_eq!(
        bench.send(Errand::CampaignText, &kept).await,
        ErrandEnd::Done(None)
    );
    let heard = bench.peer.last();
    assert_eq!(heard.line, "PUT /3.0/campaigns/42694e9e57/content");
    assert!(
        heard.body["plain_text"]
            .as_str()
            .unwrap()
            .contains("ACESO-2026-0001")
    );

    bench.peer.says(204, "", Value::Null);
    assert_eq!(
        bench.send(Errand::CampaignSend, &kept).await,
        ErrandEnd::Done(None)
    );
    assert_eq!(
        bench.peer.last().line,
        "POST /3.0/campaigns/42694e9e57/actions/send"
    );

    let problem = json!({"type": "about:blank", "title": "API Key Invalid", "status": 401, "detail": "Your key is wrong"});
    bench.peer.says(401, "", problem);
    let why = "401: API Key Invalid; Your key is wrong".to_owned();
    assert_eq!(
        bench.send(Errand::Campaign, &[]).await,
        ErrandEnd::Refused(why)
    );
}

#[tokio::test]
async fn r36_a_short_post_leads_to_the_forum_and_is_made_once() {
    let bench = Bench::new().await;
    let url = "https://social.example/@aceso/1";
    bench.peer.says(200, "", json!({"id": "1", "url": url}));
    let kept = [(System::Topic, "https://talk.example/t/a/77")];
    assert_eq!(
        bench.send(Errand::Post, &kept).await,
        done(System::Post, url)
    );
    let heard = bench.peer.last();
    assert_eq!(heard.line, "POST /api/v1/statuses");
    assert_eq!(heard.headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(heard.headers["idempotency-key"], "errand-1");
    assert_eq!(
        (&heard.body["visibility"], &heard.body["language"]),
        (&json!("public"), &json!("en"))
    );
    let status = heard.body["status"].as_str().unwrap();
    assert!(status.contains("https://talk.example/t/a/77") && status.chars().count() <= 500);

    bench
        .peer
        .says(503, "Retry-After: 120\r\n", json!({"error": "down"}));
    let later = ErrandEnd::Later(bench.after(120), "503: down".into());
    assert_eq!(bench.send(Errand::Post, &kept).await, later);
    // A server that hangs up may have made it; the key keeps it one.
    let end = bench.send(Errand::Post, &kept).await;
    assert!(matches!(end, ErrandEnd::Later(..)), "{end:?}");
}

#[tokio::test]
async fn errors_of_github_are_told_and_what_may_have_been_made_is_not_made_again() {
    let bench = Bench::new().await;
    for (status, headers, body, expected) in [
        (
            401,
            "",
            json!({"message": "Bad credentials"}),
            "401: Bad credentials",
        ),
        (404, "", json!({"message": "Not Found"}), "404: Not Found"),
        (
            422,
            "",
            json!({"message": "Validation Failed", "errors": [{"resource": "x", "code": "missing_field"}, {"message": "no \u{202e}range"}]}),
            "422: Validation Failed; missing_field; no range",
        ),
        (418, "", Value::Null, "418: it did not say why"),
        // Done, and not what: somebody looks.
        (
            201,
            "",
            json!({"ghsa_id": "<script>"}),
            "it answered that this is done",
        ),
    ] {
        bench.peer.says(status, headers, body);
        let end = bench.send(Errand::GithubDraft, &[]).await;
        let ErrandEnd::Refused(why) = end else {
            panic!("{end:?}")
        };
        assert!(why.starts_with(expected), "{why}");
        assert!(!why.contains(SECRET));
    }
    for (status, headers, seconds) in [
        (429, "Retry-After: 60\r\n", 60),
        (403, "Retry-After: 45\r\n", 45),
        (502, "", 30),
    ] {
        bench
            .peer
            .says(status, headers, json!({"message": "later"}));
        let end = bench.send(Errand::GithubDraft, &[]).await;
        assert_eq!(
            end,
            ErrandEnd::Later(bench.after(seconds), format!("{status}: later"))
        );
    }
    // The server hangs up: a second draft is made by nobody.
    let end = bench.send(Errand::GithubDraft, &[]).await;
    let ErrandEnd::Refused(why) = end else {
        panic!("{end:?}")
    };
    assert!(why.contains("look there"), "{why}");
}

#[tokio::test]
async fn nobody_is_called_but_the_places_and_no_secret_is_shown() {
    let bench = Bench::new().await;
    assert!(!format!("{:?}", bench.errands).contains(SECRET));
    let places = Places {
        github: Some(Github {
            base: "http://127.0.0.1:9".into(),
            repository: "aceso/aceso".into(),
        }),
        ..Places::default()
    };
    let endpoints = Endpoints::new(&[&bench.peer.base]).unwrap();
    let client = Client::new(endpoints, &Trust::Machine, Limits::default()).unwrap();
    let site = Site {
        title: String::new(),
        base: "https://desk.example".into(),
    };
    let secrets = [(Service::Github, Secret::new(SECRET.to_owned()))].into();
    let errands = Errands::new(bench.desk.clone(), client, (places, site), secrets);
    let other = Bench { errands, ..bench };
    let end = other.send(Errand::GithubDraft, &[]).await;
    assert!(
        matches!(&end, ErrandEnd::Refused(why) if why.contains("does not allow")),
        "{end:?}"
    );
    let end = other.send(Errand::Topic, &[]).await;
    assert!(
        matches!(&end, ErrandEnd::Refused(why) if why.contains("names no place")),
        "{end:?}"
    );
}

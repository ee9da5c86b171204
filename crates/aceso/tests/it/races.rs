//! Concurrent writes: conditions hold once, versions are won once, transactions do not half-apply.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const RACERS: usize = 16;

/// Runs the same act so often at once; the answers.
async fn race<F>(server: &Arc<Server>, act: impl Fn(Arc<Server>, usize) -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let tasks: Vec<_> = (0..RACERS)
        .map(|n| tokio::spawn(act(Arc::clone(server), n)))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|a| a.status.as_u16() == status)
        .count()
}

fn patient(number: &str, family: &str) -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{"system": "urn:it:mrn", "value": number}],
        "name": [{"family": family}]
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_identical_concurrent_conditional_creates_exactly_one_stores() {
    let server = Arc::new(Server::new().await);
    for round in 0..10 {
        let answers = race(&server, |server, _| async move {
            let number = format!("race-{round}");
            server
                .ask(Method::POST, "/Patient")
                .header("if-none-exist", &format!("identifier=urn:it:mrn|{number}"))
                .json(&patient(&number, "Race"))
                .send()
                .await
        })
        .await;
        let texts: Vec<_> = answers.iter().map(|a| (a.status, a.text())).collect();
        assert_eq!(count(&answers, 201), 1, "{texts:?}");
        assert_eq!(count(&answers, 200), RACERS - 1, "{texts:?}");
        let mut ids: Vec<_> = answers.iter().map(Answer::id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 1, "all answer with the one resource: {ids:?}");
    }
    assert_eq!(server.count("Patient").await, 10);
    assert_eq!(server.verify().resources, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_identical_concurrent_transactions_with_a_condition_exactly_one_stores() {
    let server = Arc::new(Server::new().await);
    let answers = race(&server, |server, _| async move {
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": "urn:uuid:0b3f0c59-8d1c-4f5b-9a6c-0c6c37c2c001", "resource": patient("t", "Race"),
             "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:it:mrn|t"}},
            {"resource": {"resourceType": "Basic", "code": {"text": "x"},
                "subject": {"reference": "urn:uuid:0b3f0c59-8d1c-4f5b-9a6c-0c6c37c2c001"}},
             "request": {"method": "POST", "url": "Basic", "ifNoneExist": "subject:Patient.identifier=urn:it:mrn|t"}}
        ]});
        server.post("", &bundle).await
    })
    .await;
    let texts: Vec<_> = answers.iter().map(|a| (a.status, a.text())).collect();
    assert_eq!(count(&answers, 200), RACERS, "{texts:?}");
    assert_eq!(server.count("Patient").await, 1);
    assert_eq!(server.count("Basic").await, 1);
    server.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_updates_with_the_same_if_match_one_wins_and_the_rest_get_412() {
    let server = Arc::new(Server::new().await);
    let id = server
        .post("/Patient", &patient("u", "Before"))
        .await
        .expect(201, "create")
        .id();
    for version in 1..=10 {
        let path = format!("/Patient/{id}");
        let answers = race(&server, |server, n| {
            let (path, id) = (path.clone(), id.clone());
            async move {
                let mut body = patient("u", &format!("Racer{n}"));
                body["id"] = id.into();
                let tag = format!("W/\"{version}\"");
                server
                    .ask(Method::PUT, &path)
                    .header("if-match", &tag)
                    .json(&body)
                    .send()
                    .await
            }
        })
        .await;
        let texts: Vec<_> = answers.iter().map(|a| (a.status, a.text())).collect();
        assert_eq!(count(&answers, 200), 1, "{texts:?}");
        assert_eq!(count(&answers, 412), RACERS - 1, "{texts:?}");
        let winner = answers.iter().find(|a| a.status == 200).unwrap().json();
        let now = server.get(&path).await.expect(200, "read").json();
        assert_eq!(now, winner, "what is stored is what the winner was told");
        assert_eq!(now["meta"]["versionId"], (version + 1).to_string());
    }
    let history = server
        .get(&format!("/Patient/{id}/_history?_summary=count"))
        .await
        .json();
    assert_eq!(history["total"], 11);
    server.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn unconditional_concurrent_updates_are_all_kept_as_versions() {
    let server = Arc::new(Server::new().await);
    let path = "/Patient/all";
    let answers = race(&server, |server, n| async move {
        let mut body = patient("a", &format!("Racer{n}"));
        body["id"] = "all".into();
        server.put(path, &body).await
    })
    .await;
    let texts: Vec<_> = answers.iter().map(|a| (a.status, a.text())).collect();
    assert_eq!(count(&answers, 201), 1, "{texts:?}");
    assert_eq!(count(&answers, 200), RACERS - 1, "{texts:?}");
    let mut versions: Vec<u64> = answers
        .iter()
        .map(|a| {
            a.json()["meta"]["versionId"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=RACERS as u64).collect::<Vec<_>>());
    server.verify();
}

/// Each transaction writes its own mark into the same three resources; at any time all three carry the same mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asvs_2_3_3_concurrent_transactions_on_the_same_resources_never_half_apply() {
    let server = Arc::new(Server::new().await);
    let bundle = |mark: &str, versions: Option<u64>| {
        let entries: Vec<_> = ["a", "b", "c"]
            .iter()
            .map(|id| {
                let mut resource = patient(mark, mark);
                resource["id"] = (*id).into();
                let mut request = json!({"method": "PUT", "url": format!("Patient/{id}")});
                if let Some(version) = versions {
                    request["ifMatch"] = format!("W/\"{version}\"").into();
                }
                json!({"resource": resource, "request": request})
            })
            .collect();
        json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    };
    let same = |answer: Answer| {
        let marks: Vec<_> = answer.json()["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["resource"]["name"][0]["family"].clone())
            .collect();
        assert_eq!(marks.len(), 3);
        assert!(marks.iter().all(|m| *m == marks[0]), "{marks:?}");
    };
    server
        .post("", &bundle("start", None))
        .await
        .expect(200, "start");
    for round in 1..=5 {
        let answers = race(&server, |server, n| {
            let body = bundle(&format!("r{round}n{n}"), Some(round));
            async move {
                let answer = server.post("", &body).await;
                let seen = server.get("/Patient?_sort=_id").await.expect(200, "search");
                let marks: Vec<_> = seen.json()["entry"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|e| e["resource"]["name"][0]["family"].clone())
                    .collect();
                assert!(marks.iter().all(|m| *m == marks[0]), "{marks:?}");
                answer
            }
        })
        .await;
        let texts: Vec<_> = answers.iter().map(|a| (a.status, a.text())).collect();
        assert_eq!(count(&answers, 200), 1, "{texts:?}");
        assert_eq!(count(&answers, 412), RACERS - 1, "{texts:?}");
        same(server.get("/Patient").await);
    }
    let report = server.verify();
    assert_eq!((report.resources, report.versions), (3, 15));
}

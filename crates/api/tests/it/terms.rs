//! The terminology operations, on what is built in and what is stored.

use aceso_fhir::Value;

use crate::kit::Server;

const SYSTEM: &str = r#"{"resourceType":"CodeSystem","url":"http://x.example/cs","status":"active","content":"complete","hierarchyMeaning":"is-a","concept":[{"code":"a","display":"Aa","concept":[{"code":"b","display":"Bb"}]}]}"#;
const SET: &str = r#"{"resourceType":"ValueSet","url":"http://x.example/vs","status":"active","compose":{"include":[{"system":"http://x.example/cs"}]}}"#;

fn result<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    let found = parameters
        .items_at("parameter")
        .iter()
        .find(|p| p.str_at("name") == Some(name))?;
    found
        .as_object()?
        .iter()
        .find(|(n, _)| n.starts_with("value"))
        .map(|(_, v)| v)
}

async fn check_expansion(server: &Server, path: &str, codes: usize) {
    let expanded = server.get(&format!("/fhir/{path}")).await.is(200).json();
    let found = expanded.get("expansion").unwrap().items_at("contains");
    assert_eq!(found.len(), codes, "{expanded:?}");
}

#[tokio::test]
async fn stored_and_built_in_terminology_answers_questions() {
    let server = Server::new();
    server.create(SYSTEM).await;
    let set = server.create(SET).await;
    check_expansion(&server, "ValueSet/$expand?url=http://x.example/vs", 2).await;
    check_expansion(&server, &format!("{set}/$expand?filter=bb"), 1).await;
    let got = server.get("/fhir/ValueSet/$validate-code?url=http://x.example/vs&system=http://x.example/cs&code=b").await.is(200).json();
    assert_eq!(result(&got, "result"), Some(&Value::Bool(true)));
    let got = server
        .get("/fhir/CodeSystem/$subsumes?system=http://x.example/cs&codeA=a&codeB=b")
        .await
        .is(200)
        .json();
    assert_eq!(
        result(&got, "outcome").and_then(Value::as_str),
        Some("subsumes")
    );
    let got = server
        .get("/fhir/CodeSystem/$lookup?system=http://x.example/cs&code=b")
        .await
        .is(200)
        .json();
    assert_eq!(result(&got, "display").and_then(Value::as_str), Some("Bb"));
    let gender = "/fhir/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender";
    let built_in = server.get(gender).await.is(200).json();
    assert_eq!(
        built_in
            .get("expansion")
            .unwrap()
            .items_at("contains")
            .len(),
        4
    );
    server
        .get("/fhir/ValueSet/$expand?url=http://x.example/none")
        .await
        .is(404);
    server.get("/fhir/ValueSet/$expand").await.is(400);
    let posted = r#"{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"http://x.example/vs"}]}"#;
    server.post("/fhir/ValueSet/$expand", posted).await.is(200);
}

#[tokio::test]
async fn a_search_by_a_stored_value_set_finds_its_codes() {
    let server = Server::new();
    server.create(SYSTEM).await;
    server.create(SET).await;
    for code in ["b", "c"] {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://x.example/cs","code":"{code}"}}]}}}}"#
        );
        server.create(&text).await;
    }
    let found = server
        .get("/fhir/Observation?code:in=http://x.example/vs")
        .await
        .is(200)
        .json();
    assert_eq!(found.items_at("entry").len(), 1);
    let found = server
        .get("/fhir/Observation?code:below=http://x.example/cs|a")
        .await
        .is(200)
        .json();
    assert_eq!(found.items_at("entry").len(), 1);
}

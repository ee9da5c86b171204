//! Subscriptions over a real store and real sockets: who is told what, and what happens when nobody listens.
#![cfg(test)]

mod elsewhere;
mod errand;
mod kit;
mod mail;

use aceso_fhir::{Value, json};
use aceso_policy::Caller;
use aceso_store::WriteError;
use kit::{Kit, all, client, wanting};

const ANNA: &str = r#"{"resourceType":"Patient","name":[{"family":"Anna"}]}"#;
const BERT: &str = r#"{"resourceType":"Patient","name":[{"family":"Bert"}]}"#;

fn encounter(status: &str) -> String {
    format!(r#"{{"resourceType":"Encounter","status":"{status}","class":{{"code":"AMB"}}}}"#)
}

fn observation(category: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","category":[{{"coding":[{{"code":"{category}"}}]}}],"code":{{"text":"x"}}}}"#
    )
}

#[tokio::test]
async fn a_match_is_told_once_and_nothing_else_is() {
    let kit = Kit::new().await;
    let id = kit
        .create(&all(), &kit.wanting("Patient?family=Anna"))
        .await
        .unwrap();
    assert_eq!(kit.status(&id).await, "active");
    kit.create(&all(), BERT).await.unwrap();
    let anna = kit.create(&all(), ANNA).await.unwrap();
    let heard = kit.round().await;
    assert_eq!(heard.len(), 1);
    assert!(
        heard[0].starts_with(&format!("PUT /hook/Patient/{anna} HTTP/1.1\r\n")),
        "{heard:?}"
    );
    assert!(heard[0].to_lowercase().contains("\r\nx-test: 1\r\n") && heard[0].contains("Anna"));
    assert!(kit.round().await.is_empty(), "told twice");
}

#[tokio::test]
async fn without_a_payload_only_that_there_is_something() {
    let kit = Kit::new().await;
    let text = kit
        .wanting("Patient")
        .replace(r#""payload":"application/fhir+json","#, "");
    kit.create(&all(), &text).await.unwrap();
    kit.create(&all(), ANNA).await.unwrap();
    let heard = kit.round().await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].starts_with("POST /hook HTTP/1.1\r\n") && heard[0].ends_with("\r\n\r\n"));
    assert!(!heard[0].contains("Anna"));
}

#[tokio::test]
async fn a_failure_is_tried_again_later_and_later_and_then_the_subscription_is_in_error() {
    let kit = Kit::new().await;
    let id = kit.create(&all(), &kit.wanting("Patient")).await.unwrap();
    kit.create(&all(), ANNA).await.unwrap();
    kit.create(&all(), BERT).await.unwrap();
    kit.hook.answer(&[503, 302]);
    assert_eq!(
        kit.round().await.len(),
        1,
        "a failure holds its successors back"
    );
    assert!(kit.round().await.is_empty(), "tried again at once");
    kit.later(2);
    assert_eq!(kit.round().await.len(), 1);
    kit.later(2);
    assert!(kit.round().await.is_empty(), "the second wait is longer");
    kit.later(8);
    let heard = kit.round().await;
    assert!(heard.len() == 2 && heard[0].contains("Anna") && heard[1].contains("Bert"));

    kit.create(&all(), ANNA).await.unwrap();
    kit.hook.answer(&[500; 7]);
    for _ in 0..6 {
        assert_eq!(kit.round().await.len(), 1);
        assert_eq!(kit.status(&id).await, "active");
        kit.later(7200);
    }
    assert_eq!(kit.round().await.len(), 1);
    let ended = kit.subscription(&id).await;
    assert_eq!(ended.str_at("status"), Some("error"));
    assert!(ended.str_at("error").unwrap().contains("500"));
    kit.later(7200);
    assert!(kit.round().await.is_empty(), "in error nothing is sent");

    kit.update(&all(), &id, &with_id(&kit.wanting("Patient"), &id))
        .await;
    assert_eq!(kit.status(&id).await, "active");
    assert_eq!(
        kit.round().await.len(),
        1,
        "what was not told is told when it is asked for again"
    );
}

fn with_id(text: &str, id: &str) -> String {
    text.replacen('{', &format!(r#"{{"id":"{id}","#), 1)
}

#[tokio::test]
async fn what_was_committed_is_told_after_the_program_was_started_again() {
    let kit = Kit::new().await;
    kit.create(&all(), &kit.wanting("Patient")).await.unwrap();
    kit.create(&all(), ANNA).await.unwrap();
    let kit = kit.again().await;
    assert_eq!(kit.round().await.len(), 1);
    kit.create(&all(), BERT).await.unwrap();
    assert_eq!(kit.round().await.len(), 1, "it is still active");
}

#[tokio::test]
async fn nobody_is_told_of_what_they_may_not_read() {
    let kit = Kit::new().await;
    let scopes = "system/Subscription.c system/Observation.rs?category=laboratory";
    kit.register("lab", scopes).await;
    kit.create(&client("lab", scopes), &kit.wanting("Observation"))
        .await
        .unwrap();
    kit.create(&all(), &observation("vital-signs"))
        .await
        .unwrap();
    kit.create(&all(), &observation("laboratory"))
        .await
        .unwrap();
    let heard = kit.round().await;
    assert!(
        heard.len() == 1 && heard[0].contains("laboratory"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn who_loses_the_right_is_told_nothing_more() {
    let kit = Kit::new().await;
    // The token could do more than the client is registered with now.
    kit.register("less", "system/Subscription.c system/Encounter.rs")
        .await;
    let less = client("less", "system/*.cruds");
    let id = kit.create(&less, &kit.wanting("Patient")).await.unwrap();
    kit.create(&all(), ANNA).await.unwrap();
    assert!(kit.round().await.is_empty());
    assert_eq!(kit.status(&id).await, "error");

    let id = kit.create(&all(), &kit.wanting("Patient")).await.unwrap();
    kit.create(&all(), ANNA).await.unwrap();
    kit.store
        .disable_client(&Caller::operator(), "all")
        .await
        .unwrap();
    assert!(kit.round().await.is_empty());
    assert_eq!(kit.status(&id).await, "error");
}

#[tokio::test]
async fn asvs_1_3_6_an_endpoint_that_the_configuration_does_not_list_is_refused() {
    let kit = Kit::new().await;
    for endpoint in [
        "http://127.0.0.1:1/hook",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://elsewhere.example/",
        "file:///etc/passwd",
        &kit.hook.url.replace("/hook", "/"),
        &kit.hook.url.replace("127.0.0.1", "localhost"),
        &format!("{}/../admin", kit.hook.url),
    ] {
        let refused = kit.create(&all(), &wanting("Patient", endpoint)).await;
        let at = matches!(refused, Err(WriteError::Subscription { path, .. }) if path == "Subscription.channel.endpoint");
        assert!(at, "{endpoint}");
    }
    for header in [
        "Host: elsewhere",
        "X: a\\r\\nY: b",
        "Transfer-Encoding: chunked",
    ] {
        let text = kit.wanting("Patient").replace("X-Test: 1", header);
        let refused = kit.create(&all(), &text).await;
        let at = matches!(refused, Err(WriteError::Subscription { path, .. }) if path == "Subscription.channel.header");
        assert!(at, "{header}");
    }
}

#[tokio::test]
async fn only_a_client_of_its_own_subscribes() {
    let kit = Kit::new().await;
    let refused = kit
        .create(&Caller::operator(), &kit.wanting("Patient"))
        .await;
    assert!(matches!(refused, Err(WriteError::Subscription { .. })));
    let reader = client("all", "system/Patient.cruds");
    let refused = kit.create(&reader, &kit.wanting("Patient")).await;
    assert!(matches!(refused, Err(WriteError::Forbidden)));
    let off = kit.wanting("Patient").replace("requested", "off");
    kit.create(&all(), &off).await.unwrap();
    kit.create(&all(), ANNA).await.unwrap();
    assert!(
        kit.round().await.is_empty(),
        "one that is off is told nothing"
    );
}

fn bundle(heard: &str) -> Value {
    assert!(heard.starts_with("POST /hook HTTP/1.1\r\n"), "{heard}");
    json::read(heard.split_once("\r\n\r\n").unwrap().1.as_bytes()).unwrap()
}

fn said(bundle: &Value, name: &str) -> Option<String> {
    let status = bundle.items_at("entry")[0].get("resource").unwrap();
    let parameter = status
        .items_at("parameter")
        .iter()
        .find(|p| p.str_at("name") == Some(name))?;
    let value = parameter
        .as_object()
        .unwrap()
        .iter()
        .find(|(n, _)| n.starts_with("value"));
    value.and_then(|(_, v)| v.as_str()).map(str::to_owned)
}

#[tokio::test]
async fn a_topic_begins_with_a_handshake_and_tells_of_its_events_by_number() {
    let kit = Kit::new().await;
    let text = kit.to_topic(
        "urn:aceso:topic:encounter-complete",
        "Encounter?class=AMB",
        "id-only",
        "",
    );
    let id = kit.create(&all(), &text).await.unwrap();
    assert_eq!(kit.status(&id).await, "requested");
    kit.hook.answer(&[500]);
    assert_eq!(kit.round().await.len(), 1);
    assert_eq!(
        kit.status(&id).await,
        "requested",
        "the handshake was not taken"
    );
    kit.later(2);
    let heard = kit.round().await;
    assert_eq!(said(&bundle(&heard[0]), "type").unwrap(), "handshake");
    assert_eq!(kit.status(&id).await, "active");

    let visit = kit.create(&all(), &encounter("in-progress")).await.unwrap();
    assert!(kit.round().await.is_empty());
    kit.update(&all(), &visit, &with_id(&encounter("finished"), &visit))
        .await;
    kit.update(&all(), &visit, &with_id(&encounter("finished"), &visit))
        .await;
    let other = encounter("finished").replace("AMB", "IMP");
    kit.create(&all(), &other).await.unwrap();
    let heard = kit.round().await;
    assert_eq!(heard.len(), 1);
    let told = bundle(&heard[0]);
    assert_eq!(told.str_at("type"), Some("history"));
    assert_eq!(said(&told, "type").unwrap(), "event-notification");
    assert_eq!(said(&told, "events-since-subscription-start").unwrap(), "1");
    assert!(heard[0].contains(&format!("https://clinic.example/fhir/Encounter/{visit}")));
    assert!(!heard[0].contains("\"finished\""), "id-only tells no more");
    assert!(kit.round().await.is_empty());
}

#[tokio::test]
async fn several_events_of_a_topic_go_together_with_their_resources() {
    let kit = Kit::new().await;
    let filter = "Patient?identifier=http://a.example|1,http://a.example|2";
    let text = kit.to_topic(
        "urn:aceso:topic:patient-changed",
        filter,
        "full-resource",
        "",
    );
    kit.create(&all(), &text).await.unwrap();
    kit.round().await;
    for number in [1, 2, 3] {
        let text = format!(
            r#"{{"resourceType":"Patient","identifier":[{{"system":"http://a.example","value":"{number}"}}]}}"#
        );
        kit.create(&all(), &text).await.unwrap();
    }
    let heard = kit.round().await;
    assert_eq!(heard.len(), 1);
    assert_eq!(bundle(&heard[0]).items_at("entry").len(), 3);
}

#[tokio::test]
async fn a_heartbeat_is_sent_when_nothing_else_was() {
    let kit = Kit::new().await;
    let heartbeat = r#","extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period","valueUnsignedInt":60}]"#;
    let text = kit.to_topic(
        "urn:aceso:topic:encounter-start",
        "Encounter?class=AMB",
        "empty",
        heartbeat,
    );
    kit.create(&all(), &text).await.unwrap();
    assert_eq!(kit.round().await.len(), 1);
    kit.later(59);
    assert!(kit.round().await.is_empty());
    kit.later(1);
    let heard = kit.round().await;
    assert_eq!(said(&bundle(&heard[0]), "type").unwrap(), "heartbeat");
    kit.later(30);
    kit.create(&all(), &encounter("in-progress")).await.unwrap();
    let heard = kit.round().await;
    assert_eq!(
        said(&bundle(&heard[0]), "type").unwrap(),
        "event-notification"
    );
    assert!(!heard[0].contains("Encounter/"), "empty names nothing");
    kit.later(30);
    assert!(
        kit.round().await.is_empty(),
        "the event was a sign of life too"
    );
}

#[tokio::test]
async fn a_topic_that_is_not_known_or_a_filter_it_does_not_have_is_refused() {
    let kit = Kit::new().await;
    for (topic, filter) in [
        ("http://a.example/unknown", "Encounter?class=AMB"),
        ("urn:aceso:topic:encounter-start", "Patient?family=x"),
        ("urn:aceso:topic:encounter-start", "Encounter?identifier=x"),
    ] {
        let refused = kit
            .create(&all(), &kit.to_topic(topic, filter, "empty", ""))
            .await;
        assert!(
            matches!(refused, Err(WriteError::Subscription { .. })),
            "{topic} {filter}"
        );
    }
}

#[tokio::test]
async fn a_topic_of_ones_own_is_kept_as_a_basic() {
    let kit = Kit::new().await;
    let extension = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic";
    let topic = format!(
        r#"{{"resourceType":"Basic","code":{{"coding":[{{"system":"http://hl7.org/fhir/fhir-types","code":"SubscriptionTopic"}}]}},
        "extension":[{{"url":"{extension}.url","valueUri":"http://a.example/left"}},{{"url":"{extension}.resourceTrigger","extension":[
        {{"url":"resource","valueUri":"http://hl7.org/fhir/StructureDefinition/Encounter"}},
        {{"url":"fhirPathCriteria","valueString":"%previous.status = 'in-progress' and %current.status = 'cancelled'"}}]}}]}}"#
    );
    kit.create(&all(), &topic).await.unwrap();
    assert!(
        kit.store
            .topics()
            .iter()
            .any(|(url, _)| url == "http://a.example/left")
    );
    let text = kit.to_topic(
        "http://a.example/left",
        "Encounter?class=AMB",
        "id-only",
        "",
    );
    kit.create(&all(), &text).await.unwrap();
    kit.round().await;
    let visit = kit.create(&all(), &encounter("in-progress")).await.unwrap();
    kit.update(&all(), &visit, &with_id(&encounter("cancelled"), &visit))
        .await;
    assert_eq!(kit.round().await.len(), 1);
}

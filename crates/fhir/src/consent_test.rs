//! Consents, whole and not.

use super::*;
use crate::json;

const TPO: &str = r#"{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},
    "category":[{"coding":[{"system":"urn:aceso:consent","code":"treatment"}]}],"patient":{"reference":"Patient/a"},
    "dateTime":"2026-03-01","organization":[{"display":"Clinic"}],"policyRule":{"coding":[{"code":"42CFRPart2"}]},
    "verification":[{"verified":true,"verificationDate":"2026-03-01"}],
    "provision":{"type":"permit","securityLabel":[{"code":"ETH"}],"purpose":[{"code":"TREAT"},{"code":"HPAYMT"},{"code":"HOPERAT"}],
    "actor":[{"role":{"text":"recipient"},"reference":{"display":"my treating providers"}}]}}"#;

fn read(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

fn legal() -> String {
    TPO.replace(r#""code":"treatment""#, r#""code":"proceedings""#)
        .replace(
            r#"[{"code":"TREAT"},{"code":"HPAYMT"},{"code":"HOPERAT"}]"#,
            r#"[{"code":"HLEGAL"}]"#,
        )
        .replace(
            r#""status""#,
            r#""extension":[{"url":"urn:aceso:consent-proceeding","valueString":"Doe v. Doe"}],"status""#,
        )
}

fn check_nothing_leaves(from: &str, to: &str) {
    let text = TPO.replace(from, to);
    assert_ne!(text, TPO, "{from}");
    assert_eq!(agreement(&read(&text)), None, "{from} -> {to}");
}

fn check_refused(text: &str, member: &str) {
    let refused = refused(&read(text)).map(|(member, _)| member);
    assert_eq!(refused, Some(member), "{text}");
    assert_eq!(agreement(&read(text)), None, "{text}");
}

#[test]
fn s3_one_consent_covers_treatment_payment_and_operations() {
    let found = agreement(&read(TPO)).unwrap();
    assert_eq!(found.purposes, ["TREAT", "HPAYMT", "HOPERAT"]);
    assert_eq!((found.since, found.until), (BEGINNING, END));
    assert_eq!(found.to_whom(), "my treating providers");
    let scope = found.scope();
    assert!(scope.contains("treatment, payment, health care operations"));
    assert!(scope.contains("until") || scope.contains("revokes it"));
}

#[test]
fn s3_a_consent_that_lacks_an_element_of_2_31_lets_nothing_leave() {
    check_nothing_leaves(r#""status":"active""#, r#""status":"inactive""#);
    check_nothing_leaves(r#""status":"active""#, r#""status":"entered-in-error""#);
    check_nothing_leaves(r#""verified":true"#, r#""verified":false"#);
    check_nothing_leaves(r#""dateTime":"2026-03-01","#, "");
    check_nothing_leaves(r#""organization":[{"display":"Clinic"}],"#, "");
    check_nothing_leaves(r#""code":"ETH""#, r#""code":"HIV""#);
    check_nothing_leaves(r#""code":"42CFRPart2""#, r#""code":"OPTIN""#);
    check_nothing_leaves(r#"{"display":"my treating providers"}"#, "{}");
    check_nothing_leaves(r#""type":"permit","#, r#""type":"deny","#);
    check_nothing_leaves(
        r#""type":"permit","#,
        r#""type":"permit","period":{"end":"soon"},"#,
    );
    check_nothing_leaves(
        r#""type":"permit","#,
        r#""type":"permit","dataPeriod":{"start":"2020"},"#,
    );
}

#[test]
fn s3_consent_for_proceedings_stands_alone_and_names_the_proceeding() {
    let found = agreement(&read(&legal())).unwrap();
    assert_eq!(found.purposes, ["HLEGAL"]);
    assert_eq!(found.proceeding.as_deref(), Some("Doe v. Doe"));
    assert!(refused(&read(TPO)).is_none());
    check_refused(
        &TPO.replace(r#"{"code":"TREAT"}"#, r#"{"code":"HLEGAL"}"#),
        "provision",
    );
    check_refused(
        &legal().replace(r#","purpose":[{"code":"HLEGAL"}]"#, ""),
        "provision",
    );
    check_refused(
        &legal().replace(
            r#""type":"permit","#,
            r#""type":"permit","provision":[{"type":"permit","purpose":[{"code":"TREAT"}]}],"#,
        ),
        "provision",
    );
    check_refused(
        &legal().replace(
            r#"{"coding":[{"system":"urn:aceso:consent","#,
            r#"{"coding":[{"system":"urn:aceso:consent","code":"treatment"},{"system":"urn:aceso:consent","#,
        ),
        "category",
    );
    check_refused(&legal().replace("patient-privacy", "treatment"), "scope");
    check_refused(&legal().replace("Doe v. Doe", " "), "extension");
}

//! Notes: drafted, signed, added to.

use std::sync::Arc;

use aceso_fhir::json;
use aceso_policy::{ApiClient, Caller, Origin, Purpose, Role, Scopes};
use http::StatusCode;

use super::kit::Clinic;
use super::record::clinician;

#[tokio::test]
async fn a_note_is_drafted_signed_and_then_only_added_to() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let base = "/patients/p1/notes/01notenotenote";
    let at = |end: &str| format!("{base}{end}");
    let text = [
        ("patient", "p1"),
        ("subjective", "Dry <b>cough</b>"),
        ("plan", "Rest"),
    ];
    let send = async |end: &str, fields: &[(&str, &str)]| {
        clinic.post(&doc, &at(end), &[&text, fields].concat()).await
    };
    assert_eq!(send("/draft", &[("version", "0")]).await.text, "1");
    assert_eq!(
        send("/draft", &[("version", "1"), ("title", "Cough")])
            .await
            .text,
        "2"
    );
    assert_eq!(
        send("/draft", &[("version", "1")]).await.status,
        StatusCode::CONFLICT
    );
    let late = send(
        "/edit",
        &[("version", "1"), ("act", "sign"), ("objective", "Mine")],
    )
    .await;
    assert!(
        late.text.contains("changed elsewhere")
            && late.text.contains("Mine")
            && late.text.contains("value=\"2\""),
        "{}",
        late.text
    );
    assert!(clinic.get(&doc, base).await.text.contains("Go on writing"));
    let nora = clinic.clinician("nora", "Practitioner/nora").await;
    assert_eq!(
        clinic.get(&nora, &at("/edit")).await.status,
        StatusCode::NOT_FOUND
    );
    let signed = send(
        "/edit",
        &[("version", "2"), ("act", "sign"), ("title", "Cough")],
    )
    .await;
    assert_eq!(
        (signed.status, signed.place.as_str()),
        (StatusCode::SEE_OTHER, base),
        "{}",
        signed.text
    );
    let shown = clinic.get(&doc, base).await.text;
    assert!(
        shown.contains("Dry &lt;b&gt;cough&lt;/b&gt;") && shown.contains("signature valid"),
        "{shown}"
    );
    for end in ["/draft", "/edit"] {
        assert_eq!(
            send(end, &[("version", "3"), ("act", "sign")]).await.status,
            StatusCode::NOT_FOUND,
            "{end}"
        );
    }
    let added = clinic
        .post(
            &doc,
            &at("/addendum"),
            &[
                ("patient", "p1"),
                ("form", "01addendum"),
                ("addendum", "Better today"),
            ],
        )
        .await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let shown = clinic.get(&doc, base).await.text;
    assert!(
        shown.contains("Better today") && shown.matches("signature valid").count() == 2,
        "{shown}"
    );
    let report = clinic.store.verify(&mut |_| ()).unwrap();
    assert_eq!((report.signed, report.findings), (2, Vec::new()));
    assert!(
        clinic
            .get(&doc, "/patients/p1")
            .await
            .text
            .contains("/patients/p1/notes/01notenotenote")
    );
    // Not even the operator changes or removes it through the record's door.
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    let stored = tx
        .current("Composition", "01notenotenote")
        .await
        .unwrap()
        .unwrap();
    let document = json::read(&stored.body).unwrap();
    assert!(tx.update("01notenotenote", document, None).await.is_err());
    assert!(
        tx.delete("Composition", "01notenotenote", None)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn o_d4_g16_g19_a_patient_asks_that_a_note_be_amended_and_is_answered_once_with_the_reason() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let base = "/patients/p1/notes/01notenotenote";
    let text = [
        ("patient", "p1"),
        ("version", "0"),
        ("plan", "Cast on the right arm"),
        ("act", "sign"),
    ];
    let signed = clinic.post(&doc, &format!("{base}/edit"), &text).await;
    assert_eq!(signed.place, base, "{}", signed.text);
    let pat = clinic
        .person_who_is("pat", &[Role::PATIENT], Some("Patient/p1"))
        .await;
    let pat = clinic.browser(&pat).await;
    let ask = async |form: &str, request: &str| {
        let fields = [("patient", "p1"), ("form", form), ("request", request)];
        clinic.post(&pat, &format!("{base}/amend"), &fields).await
    };
    assert!(
        ask("01request", " ")
            .await
            .text
            .contains("Say what is wrong")
    );
    let asked = ask("01request", "It was the <b>left</b> arm").await;
    assert_eq!(asked.place, base, "{}", asked.text);
    assert_eq!(ask("02request", "And the date").await.place, base);
    let seen = clinic.get(&doc, base).await.text;
    assert!(
        seen.contains("the &lt;b&gt;left&lt;/b&gt; arm")
            && seen.contains("to be answered by 3 May 2026"),
        "{seen}"
    );
    let answer = async |by, request: &str, answer: &str, why: &str| {
        let form = format!("answer-{request}");
        let fields = [
            ("patient", "p1"),
            ("form", form.as_str()),
            ("answer", answer),
            ("why", why),
        ];
        clinic
            .post(by, &format!("{base}/amend/{request}"), &fields)
            .await
    };
    let own = answer(&pat, "01request", "accepted", "I say so").await;
    assert_eq!(own.status, StatusCode::NOT_FOUND);
    assert!(
        answer(&doc, "01request", "", "")
            .await
            .text
            .contains("Choose one")
    );
    let denied = answer(&doc, "01request", "denied", "The image shows the right arm").await;
    assert_eq!(denied.place, base, "{}", denied.text);
    let twice = answer(&doc, "01request", "accepted", "After all").await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    let seen = clinic.get(&pat, base).await.text;
    for part in [
        "The image shows the right arm",
        "statement of disagreement",
        "denied",
        "signature valid",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    // An app had read the record: once a request is accepted, whoever runs it is to be told.
    let (store, operator) = (&clinic.store, Caller::operator());
    let client = ApiClient {
        id: "registry".to_owned(),
        scopes: Scopes::parse("system/*.rs").unwrap(),
        patient: None,
        person: None,
    };
    let registry = Caller::client(Arc::new(client), Origin::default());
    let reading = store.read(&registry, Purpose::Treatment);
    reading.fetch("Patient", "p1").await.unwrap();
    assert_eq!(store.tellings(&operator).await.unwrap(), [], "a denial");
    let accepted = answer(&doc, "02request", "accepted", "An addendum follows").await;
    assert_eq!(accepted.place, base, "{}", accepted.text);
    let open = store.tellings(&operator).await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].whom, "client/registry");
    assert_eq!(open[0].about, "Patient/p1, Communication/answer-02request");
}

#[tokio::test]
async fn the_chart_stands_beside_the_note_and_what_was_typed_outlives_a_locked_door_and_megabytes()
{
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let new = clinic.get(&doc, "/patients/p1/notes/new").await.text;
    for said in ["Latest vital signs", "Asthma", "Potassium", "Penicillin"] {
        assert!(new.contains(said), "{said}: {new}");
    }
    let base = "/patients/p1/notes/01bignotebignote";
    let pasted = "<div onclick=\"x()\"><img src=x onerror=alert(1)>Cough</div>\n".repeat(200);
    let fields = |version: &'static str, text: &str| {
        vec![
            ("patient", "p1".to_owned()),
            ("version", version.to_owned()),
            ("plan", text.to_owned()),
        ]
    };
    let send = async |end: &str, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        clinic.post(&doc, &format!("{base}{end}"), &fields).await
    };
    let kept = send("/draft", fields("0", &pasted)).await;
    assert_eq!(kept.text, "1", "{}", kept.status);
    let form = clinic.get(&doc, &format!("{base}/edit")).await.text;
    assert!(
        form.contains("&lt;img src=x") && !form.contains("<img src=x"),
        "{form}"
    );
    // Longer than a part may be, and longer than a form may be: refused, and the draft stays.
    let long = "a".repeat(20_001);
    assert_eq!(
        send("/draft", fields("1", &long)).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let told = send("/edit", fields("1", &long)).await;
    assert!(told.text.contains("At most 20,000 letters") && told.text.contains(&long));
    let huge = send("/edit", fields("1", &"a".repeat(3_000_000))).await;
    assert!(huge.status.is_client_error(), "{}", huge.status);
    // The session ends while the author writes: nothing is written, and the draft is there for the next one.
    clinic.end(&doc).await;
    let lost = send("/draft", fields("1", "More")).await;
    assert!(lost.status.is_redirection() || lost.status.is_client_error());
    let again = clinic.named("doc").await;
    let again = clinic.browser(&again).await;
    let form = clinic.get(&again, &format!("{base}/edit")).await.text;
    assert!(
        form.contains("&lt;img src=x") && !form.contains(">More<"),
        "{form}"
    );
}

#[tokio::test]
async fn emr_1_8_a_note_begins_with_a_template_of_the_clinic_for_the_writers_role() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let new = "/patients/p1/notes/new";
    let page = clinic.get(&doc, new).await.text;
    assert!(
        page.contains("Begin with:") && page.contains("template=airways"),
        "{page}"
    );
    let make = async |title: &str, role: &str, text: &str| {
        let fields = [
            ("begins", "note"),
            ("title", title),
            ("role", role),
            ("text", text),
        ];
        let made = clinic.post(&ada, "/admin/templates/new", &fields).await;
        if made.place.is_empty() {
            return made;
        }
        let publish = [&fields[1..], &[("version", "1"), ("act", "publish")]];
        clinic.post(&ada, &made.place, &publish.concat()).await
    };
    let wrong = make("Knee", "", "[History]\nfell").await;
    assert!(
        wrong.text.contains("A note has no part [History]"),
        "{}",
        wrong.text
    );
    let knee = "[Subjective]\nFall of {patient}:\n[Plan]\nCold, rest";
    for (title, role) in [("Knee", "clinician"), ("Dressing", "nurse")] {
        let made = make(title, role, knee).await;
        assert_eq!(made.place, "/admin/templates", "{}", made.text);
    }
    let page = clinic.get(&doc, new).await.text;
    assert!(
        page.contains("Knee") && !page.contains("Dressing"),
        "{page}"
    );
    let begins = format!("{new}?template=");
    let link = page.split(&begins).skip(1);
    let mut keys = link.map(|rest| rest.split('"').next().unwrap());
    let key = keys.find(|key| !["airways", "check-up", "diabetes", "pressure"].contains(key));
    let begun = clinic
        .get(&doc, &format!("{new}?template={}", key.unwrap()))
        .await
        .text;
    assert!(
        begun.contains("Fall of Ann Example:") && begun.contains("Cold, rest</textarea>"),
        "{begun}"
    );
    let gone = clinic.get(&doc, &format!("{new}?template=none")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

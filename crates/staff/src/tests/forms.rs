//! Forms: filled in once, scored, warned of, versioned; made without code.

use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Purpose, Role};
use http::StatusCode;

use super::kit::{Browser, Clinic};
use super::record::fill;

const ID: &str = "01formformform";

/// All resources of a type, as the operator sees them.
async fn all(clinic: &Clinic, kind: &'static str) -> Vec<Value> {
    let query = aceso_fhir::search::parse_pairs(Some(kind), &[], &Default::default()).unwrap();
    let reading = clinic.store.read(&Caller::operator(), Purpose::Operations);
    let page = reading.search(query).await.unwrap();
    page.matches
        .iter()
        .map(|s| json::read(&s.body).unwrap())
        .collect()
}

/// PHQ-9 with these points for its nine questions. The group has the number 0.
fn phq(points: [u8; 9]) -> Vec<(String, String)> {
    let answers = points.iter().enumerate();
    answers
        .map(|(at, p)| (format!("a{}", at + 1), p.to_string()))
        .collect()
}

async fn send(
    clinic: &Clinic,
    who: &Browser,
    answers: &[(String, String)],
    more: &[(&str, &str)],
) -> super::kit::Answer {
    let base = [
        ("patient", "p1"),
        ("questionnaire", "urn:aceso:form:phq-9|1"),
    ];
    let answers = answers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let fields: Vec<_> = base
        .into_iter()
        .chain(answers)
        .chain(more.iter().copied())
        .collect();
    let to = format!("/patients/p1/forms/{ID}/edit");
    clinic.post(who, &to, &fields).await
}

#[tokio::test]
async fn emr_1_9_a_finished_form_leaves_its_score_and_its_warning_once() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    let page = clinic.get(&doc, "/patients/p1/forms/new/phq-9").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Nearly every day") && page.text.contains("Spitzer"));
    let answers = phq([1, 2, 0, 3, 0, 0, 1, 0, 1]);
    let done = [("version", "0"), ("act", "done")];
    // Something is missing: nothing is written, what was chosen is kept.
    let wrong = send(&clinic, &doc, &answers[..5], &done).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("Choose an answer") && wrong.text.contains("value=\"3\" checked"),
        "{}",
        wrong.text
    );
    assert!(all(&clinic, "QuestionnaireResponse").await.is_empty());
    // Sent twice, it is saved once.
    for _ in 0..2 {
        let sent = send(&clinic, &doc, &answers, &done).await;
        assert_eq!(
            (sent.status, sent.place.as_str()),
            (StatusCode::SEE_OTHER, "/patients/p1/forms/01formformform")
        );
    }
    let (responses, scores) = (
        all(&clinic, "QuestionnaireResponse").await,
        all(&clinic, "Observation").await,
    );
    assert_eq!((responses.len(), scores.len()), (1, 1));
    assert_eq!(responses[0].str_at("status"), Some("completed"));
    assert_eq!(
        responses[0].get("author").unwrap().str_at("reference"),
        Some("Practitioner/doc")
    );
    let score = scores[0]
        .get("valueQuantity")
        .unwrap()
        .get("value")
        .unwrap();
    assert_eq!(score.as_number().unwrap().as_str(), "8");
    assert!(scores[0].get("code").unwrap().items_at("coding")[0].str_at("code") == Some("44261-6"));
    let flags = all(&clinic, "Flag").await;
    assert_eq!(flags.len(), 1);
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(
        chart.contains("Thoughts of self-harm (PHQ-9, question 9): Several days"),
        "{chart}"
    );
    let shown = clinic
        .get(&doc, "/patients/p1/forms/01formformform")
        .await
        .text;
    assert!(
        shown.contains("Mild (5–9)") && shown.contains("Fill in again"),
        "{shown}"
    );
    let list = clinic.get(&doc, "/patients/p1/forms").await.text;
    assert!(
        list.contains("PHQ-9 score") && list.contains("GAD-7"),
        "{list}"
    );
}

#[tokio::test]
async fn emr_1_9_no_points_no_warning_and_the_same_warning_only_once() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    let done = [("version", "0"), ("act", "done")];
    send(&clinic, &doc, &phq([3, 3, 3, 3, 3, 3, 3, 3, 0]), &done).await;
    assert!(all(&clinic, "Flag").await.is_empty());
    for id in ["01formformfora", "01formformforb"] {
        let answers = phq([0, 0, 0, 0, 0, 0, 0, 0, 3]);
        let base = [
            ("patient", "p1"),
            ("questionnaire", "urn:aceso:form:phq-9|1"),
            ("version", "0"),
            ("act", "done"),
        ];
        let answers = answers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let fields: Vec<_> = base.into_iter().chain(answers).collect();
        let sent = clinic
            .post(&doc, &format!("/patients/p1/forms/{id}/edit"), &fields)
            .await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(all(&clinic, "Flag").await.len(), 1);
}

#[tokio::test]
async fn a_draft_saves_itself_is_taken_up_again_and_a_second_editor_is_told() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    let base = format!("/patients/p1/forms/{ID}");
    let fields = |version: &'static str, value: &'static str| {
        [
            ("patient", "p1"),
            ("questionnaire", "urn:aceso:form:phq-9|1"),
            ("version", version),
            ("a1", value),
        ]
    };
    let draft = [&base, "/draft"].concat();
    assert_eq!(clinic.post(&doc, &draft, &fields("0", "2")).await.text, "1");
    assert_eq!(clinic.post(&doc, &draft, &fields("1", "3")).await.text, "2");
    assert_eq!(
        clinic.post(&doc, &draft, &fields("1", "0")).await.status,
        StatusCode::CONFLICT
    );
    let page = clinic.get(&doc, &[&base, "/edit"].concat()).await.text;
    assert!(
        page.contains("name=\"version\" value=\"2\"")
            && page.contains("name=\"a1\" value=\"3\" checked"),
        "{page}"
    );
    // The second is told, and what they chose is kept.
    let late = send(
        &clinic,
        &doc,
        &[("a1".into(), "1".into())],
        &[("version", "1"), ("act", "draft")],
    )
    .await;
    assert!(
        late.text.contains("changed elsewhere")
            && late.text.contains("name=\"a1\" value=\"1\" checked"),
        "{}",
        late.text
    );
    assert!(late.text.contains("name=\"version\" value=\"2\""));
    let list = clinic.get(&doc, "/patients/p1/forms").await.text;
    assert!(list.contains("draft"), "{list}");
    // Once it is finished nobody changes it any more.
    let done = send(
        &clinic,
        &doc,
        &phq([0; 9]),
        &[("version", "2"), ("act", "done")],
    )
    .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(
        clinic.post(&doc, &draft, &fields("3", "3")).await.status,
        StatusCode::CONFLICT
    );
    let edit = clinic.get(&doc, &[&base, "/edit"].concat()).await;
    assert_eq!((edit.status, edit.place), (StatusCode::SEE_OTHER, base));
}

#[tokio::test]
async fn what_is_asked_follows_from_the_answers_also_without_script() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    let difficulty = "<div data-item=\"a10\" hidden";
    let begun = clinic.get(&doc, "/patients/p1/forms/new/phq-9").await.text;
    assert!(begun.contains(difficulty), "{begun}");
    let look = send(
        &clinic,
        &doc,
        &[("a1".into(), "2".into())],
        &[("version", "0"), ("act", "look")],
    )
    .await;
    assert!(
        !look.text.contains(difficulty) && look.text.contains("data-item=\"a10\""),
        "{}",
        look.text
    );
    assert!(
        all(&clinic, "QuestionnaireResponse").await.is_empty(),
        "nothing is saved by looking"
    );
    let fields = [
        ("patient", "p1"),
        ("questionnaire", "urn:aceso:form:phq-9|1"),
        ("a1", "2"),
    ];
    let part = clinic
        .post(&doc, &format!("/patients/p1/forms/{ID}/part"), &fields)
        .await;
    assert_eq!(part.kind, "application/json");
    let told: serde_json::Value = serde_json::from_str(&part.text).unwrap();
    assert!(
        told["asked"].as_array().unwrap().contains(&"a10".into()),
        "{told}"
    );
    // A field that the form does not have, a form that there is not, another patient's.
    let check = async |fields: &[(&str, &str)], status: StatusCode| {
        let sent = clinic
            .post(&doc, &format!("/patients/p1/forms/{ID}/edit"), fields)
            .await;
        assert_eq!(sent.status, status, "{fields:?}: {}", sent.text);
    };
    check(
        &[
            ("patient", "p1"),
            ("questionnaire", "urn:aceso:form:phq-9|1"),
            ("a99", "1"),
        ],
        StatusCode::BAD_REQUEST,
    )
    .await;
    check(
        &[
            ("patient", "p1"),
            ("questionnaire", "urn:nobody|1"),
            ("a1", "1"),
        ],
        StatusCode::NOT_FOUND,
    )
    .await;
    check(
        &[
            ("patient", "p2"),
            ("questionnaire", "urn:aceso:form:phq-9|1"),
            ("a1", "1"),
        ],
        StatusCode::CONFLICT,
    )
    .await;
}

#[tokio::test]
async fn who_sees_no_charts_sees_no_forms() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    send(
        &clinic,
        &doc,
        &phq([0; 9]),
        &[("version", "0"), ("act", "done")],
    )
    .await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let stranger = clinic
        .person_who_is("else", &[Role::CLINICIAN], Some("Practitioner/other"))
        .await;
    let stranger = clinic.browser(&stranger).await;
    for path in [
        "/patients/p1/forms/new/phq-9",
        "/patients/p1/forms/01formformform",
    ] {
        let seen = clinic.get(&desk, path).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
    }
    let list = clinic.get(&desk, "/patients/p1/forms").await.text;
    assert!(
        list.contains("No forms yet") && !list.contains("PHQ-9"),
        "{list}"
    );
    let shown = clinic
        .get(&stranger, "/patients/p1/forms/01formformform")
        .await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
    let sent = send(
        &clinic,
        &stranger,
        &phq([0; 9]),
        &[("version", "0"), ("act", "done")],
    )
    .await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND, "{}", sent.text);
}

/// Presses a button of the builder, at the version that the page shows.
async fn press(
    clinic: &Clinic,
    who: &Browser,
    place: &str,
    fields: &[(&str, &str)],
) -> super::kit::Answer {
    let form = place.split("/items").next().unwrap();
    let page = clinic.get(who, form).await.text;
    let version = page
        .split("name=\"version\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let all: Vec<_> = fields
        .iter()
        .copied()
        .chain([("version", version.as_str())])
        .collect();
    clinic.post(who, place, &all).await
}

#[tokio::test]
async fn emr_1_2_a_form_is_made_published_and_replaced_without_code_and_answers_keep_their_version()
{
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let made = clinic
        .post(
            &ada,
            "/admin/forms/new",
            &[
                ("form", "01ownownown"),
                ("title", "Falls"),
                ("purpose", "Risk of falls"),
            ],
        )
        .await;
    assert_eq!(made.place, "/admin/forms/01ownownown", "{}", made.text);
    let items = "/admin/forms/01ownownown/items/new";
    let fell = [
        ("link", "fell"),
        ("text", "Did you fall in the last year?"),
        ("kind", "boolean"),
        ("required", "yes"),
    ];
    assert_eq!(
        press(&clinic, &ada, items, &fell).await.status,
        StatusCode::SEE_OTHER
    );
    let often = [
        ("link", "often"),
        ("text", "How often?"),
        ("kind", "choice"),
        ("options", "Once = 1\nMore often = 2"),
        ("q0", "fell"),
        ("o0", "="),
        ("v0", "yes"),
    ];
    assert_eq!(
        press(&clinic, &ada, items, &often).await.status,
        StatusCode::SEE_OTHER
    );
    let score = [
        ("link", "score"),
        ("text", "Points"),
        ("kind", "integer"),
        ("sum", "often"),
    ];
    assert_eq!(
        press(&clinic, &ada, items, &score).await.status,
        StatusCode::SEE_OTHER
    );
    // What could not be filled in any more is refused, with the reason.
    let check = async |place: &str, fields: &[(&str, &str)], said: &str| {
        let answer = press(&clinic, &ada, place, fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{fields:?}"
        );
        assert!(answer.text.contains(said), "{fields:?}: {}", answer.text);
    };
    check(
        items,
        &[("link", "fell"), ("text", "Again"), ("kind", "string")],
        "stands twice",
    )
    .await;
    check(
        items,
        &[("link", "a b"), ("text", "Again"), ("kind", "string")],
        "Letters without accents",
    )
    .await;
    check(
        "/admin/forms/01ownownown",
        &[("act", "remove:0")],
        "not in the form",
    )
    .await;
    let circle = [
        ("link", "fell"),
        ("text", "Fell?"),
        ("kind", "boolean"),
        ("q0", "often"),
        ("o0", "exists"),
        ("v0", "yes"),
    ];
    check("/admin/forms/01ownownown/items/0", &circle, "circle").await;
    let preview = clinic
        .post(
            &ada,
            "/admin/forms/01ownownown/preview",
            &[("a0", "true"), ("a1", "1"), ("act", "done")],
        )
        .await;
    assert!(
        preview.text.contains("<output") && preview.text.contains(">2</output>"),
        "{}",
        preview.text
    );
    // Nobody fills in a draft.
    let doc = clinic.doctor().await;
    let begin = "/patients/p1/forms/new/01ownownown";
    assert_eq!(clinic.get(&doc, begin).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        press(
            &clinic,
            &ada,
            "/admin/forms/01ownownown",
            &[("act", "publish")]
        )
        .await
        .status,
        StatusCode::SEE_OTHER
    );
    let page = clinic.get(&doc, begin).await.text;
    assert!(
        page.contains("Did you fall") && page.contains("urn:aceso:form:own:01ownownown|1"),
        "{page}"
    );
    let fields = [
        ("patient", "p1"),
        ("questionnaire", "urn:aceso:form:own:01ownownown|1"),
        ("version", "0"),
        ("act", "draft"),
        ("a0", "true"),
    ];
    let kept = format!("/patients/p1/forms/{ID}/edit");
    assert_eq!(
        clinic.post(&doc, &kept, &fields).await.status,
        StatusCode::SEE_OTHER
    );
    // A second version takes the first one's place; the draft goes on with the first.
    let copied = press(
        &clinic,
        &ada,
        "/admin/forms/01ownownown",
        &[("act", "copy")],
    )
    .await
    .place;
    assert!(copied.starts_with("/admin/forms/") && copied != "/admin/forms/01ownownown");
    let item = [&copied, "/items/0"].concat();
    let changed = [
        ("link", "fell"),
        ("text", "Did you fall lately?"),
        ("kind", "boolean"),
    ];
    assert_eq!(
        press(&clinic, &ada, &item, &changed).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        press(&clinic, &ada, &copied, &[("act", "publish")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let states: Vec<String> = all(&clinic, "Questionnaire")
        .await
        .iter()
        .map(|q| [q.str_at("version").unwrap(), q.str_at("status").unwrap()].join(" "))
        .collect();
    assert!(
        states.contains(&"1 retired".to_owned()) && states.contains(&"2 active".to_owned()),
        "{states:?}"
    );
    assert_eq!(clinic.get(&doc, begin).await.status, StatusCode::NOT_FOUND);
    let edit = clinic.get(&doc, &kept).await.text;
    assert!(edit.contains("Did you fall in the last year?"), "{edit}");
    // What is published stays as it is.
    let late = press(&clinic, &ada, &item, &changed).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_2_a_shipped_form_can_be_replaced_and_retired() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let doc = clinic.doctor().await;
    let copied = press(&clinic, &ada, "/admin/forms/intake", &[("act", "copy")])
        .await
        .place;
    assert!(
        clinic
            .get(&doc, "/patients/p1/forms")
            .await
            .text
            .contains("GAD-7")
    );
    assert_eq!(
        press(&clinic, &ada, &copied, &[("act", "publish")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let list = clinic.get(&doc, "/patients/p1/forms").await.text;
    assert_eq!(list.matches("Intake of a new patient").count(), 1, "{list}");
    assert!(!list.contains("/forms/new/intake"));
    assert_eq!(
        press(&clinic, &ada, "/admin/forms/gad-7", &[("act", "retire")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    assert!(
        !clinic
            .get(&doc, "/patients/p1/forms")
            .await
            .text
            .contains("GAD-7")
    );
    assert_eq!(
        clinic
            .get(&doc, "/patients/p1/forms/new/gad-7")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    // Who does not keep the settings does not see the builder.
    assert_eq!(
        clinic.get(&doc, "/admin/forms").await.status,
        StatusCode::NOT_FOUND
    );
}

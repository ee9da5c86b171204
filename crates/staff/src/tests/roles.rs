//! Roles: read off the policies, made as a grid, tested.

use aceso_policy::{Caller, Role};
use http::StatusCode;

use super::kit::Clinic;

const COUNSELLOR: [(&str, &str); 8] = [
    ("id", "counsellor"),
    ("title", "Counsellor"),
    ("grid", "clinical:read"),
    ("grid", "documents:read"),
    ("care", "clinical"),
    ("care", "documents"),
    ("tasks", "BreakGlass"),
    ("sees", "PSY"),
];

fn sent(act: &'static str) -> Vec<(&'static str, &'static str)> {
    COUNSELLOR.into_iter().chain([("act", act)]).collect()
}

#[tokio::test]
async fn asvs_7_5_3_a_role_is_shown_before_it_is_saved_and_needs_a_fresh_proof() {
    let clinic = Clinic::new();
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    assert!(
        clinic
            .get(&ada, "/admin/roles/new")
            .await
            .place
            .starts_with("/step-up")
    );
    clinic.step_up(&mut ada).await;
    let preview = clinic
        .post(&ada, "/admin/roles/new", &sent("preview"))
        .await;
    assert!(
        preview.text.contains("Role::&quot;counsellor&quot;"),
        "{}",
        preview.text
    );
    assert!(preview.text.contains("Nobody has the role yet"));
    let role = Role::parse("counsellor").unwrap();
    assert!(
        !clinic.store.policies().roles().contains(&role),
        "a preview changes nothing"
    );
    let saved = clinic.post(&ada, "/admin/roles/new", &sent("save")).await;
    assert_eq!(saved.place, "/admin/roles/counsellor?done=saved");
    assert!(
        clinic.store.policies().roles().contains(&role),
        "in force at once"
    );
    let page = clinic.get(&ada, "/admin/roles/counsellor").await;
    assert!(page.text.contains("Counsellor") && page.text.contains("Versions"));
    let wrong = [
        ("version", "1"),
        (
            "text",
            "permit (principal in Role::\"counsellor\", action, resource)\nwhen { nonsense };",
        ),
    ];
    let refused = clinic
        .post(&ada, "/admin/roles/counsellor/cedar", &wrong)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("line 2"), "{}", refused.text);
    let removed = clinic
        .post(&ada, "/admin/roles/counsellor/remove", &[("version", "1")])
        .await;
    assert_eq!(removed.place, "/admin/roles?done=removed");
    assert!(!clinic.store.policies().roles().contains(&role));
}

#[tokio::test]
async fn a_role_of_the_programs_own_cannot_be_taken_over() {
    let clinic = Clinic::new();
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    clinic.step_up(&mut ada).await;
    let mut fields = sent("save");
    fields[0] = ("id", "clinician");
    let answer = clinic.post(&ada, "/admin/roles/new", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own = clinic.store.own_roles(&Caller::operator()).await.unwrap();
    assert!(own.is_empty());
}

#[tokio::test]
async fn the_tester_says_yes_or_no_and_why() {
    let clinic = Clinic::new();
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    clinic.person("carl", &[Role::CLINICIAN]).await;
    let check = async |fields: &[(&str, &str)], said: &str| {
        let answer = clinic.post(&ada, "/admin/roles/test", fields).await;
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    };
    let read = [
        ("act", "read"),
        ("kind", "Observation"),
        ("purpose", "TREAT"),
        ("strength", "2"),
    ];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<_> {
        read.iter().copied().chain(more.iter().copied()).collect()
    };
    check(
        &with(&[("who", "carl"), ("relation", "care")]),
        "clinician-reads-charts",
    )
    .await;
    check(
        &with(&[("role", "clinician"), ("relation", "none")]),
        "Having the patient in their care",
    )
    .await;
    check(
        &with(&[("who", "nobody-here")]),
        "There is nobody of this user name",
    )
    .await;
    check(
        &[("role", "nurse"), ("act", "task:Export"), ("strength", "2")],
        "No policy permits it",
    )
    .await;
    check(
        &[
            ("role", "administrator"),
            ("act", "task:Export"),
            ("strength", "2"),
        ],
        "after a fresh proof",
    )
    .await;
    check(
        &[("role", "nurse"), ("act", "read"), ("kind", "Nonsense")],
        "Enter a resource type",
    )
    .await;
}

#[tokio::test]
async fn p3_the_tester_tells_which_fields_are_hidden_from_whom() {
    let clinic = Clinic::new();
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    clinic.step_up(&mut ada).await;
    let greeter = [
        ("id", "greeter"),
        ("title", "Greeter"),
        ("grid", "demographics:read"),
        ("hides", "Patient.photo identifier=urn:ssn"),
        ("act", "save"),
    ];
    let saved = clinic.post(&ada, "/admin/roles/new", &greeter).await;
    assert_eq!(saved.place, "/admin/roles/greeter?done=saved");
    let greeter = Role::parse("greeter").unwrap();
    clinic.person("gus", &[Role::NURSE, greeter]).await;
    let ask = async |who: [(&'static str, &'static str); 1], act: &str, kind: &str| {
        let what = [("act", act), ("kind", kind), ("purpose", "TREAT")];
        let how = [("strength", "2"), ("relation", "care")];
        let fields = [&who[..], &what, &how].concat();
        clinic.post(&ada, "/admin/roles/test", &fields).await.text
    };
    for who in [("role", "greeter"), ("who", "gus")] {
        let told = ask([who], "read", "Patient").await;
        assert!(told.contains("What is hidden from them"), "{told}");
        assert!(told.contains("Patient.photo") && told.contains("identifier=urn:ssn"));
    }
    let person = ask([("role", "greeter")], "read", "RelatedPerson").await;
    assert!(person.contains("identifier=urn:ssn") && !person.contains("Patient.photo"));
    let nurse = ask([("role", "nurse")], "read", "Patient").await;
    assert!(nurse.contains("no policy hides a field"), "{nurse}");
    let refused = ask([("role", "greeter")], "delete", "Patient").await;
    assert!(!refused.contains("What is hidden from them"));
}

#[tokio::test]
async fn every_built_in_role_has_its_page() {
    let clinic = Clinic::new();
    let aldo = clinic.signed_in("aldo", &[Role::AUDITOR]).await;
    let list = clinic.get(&aldo, "/admin/roles").await;
    for role in aceso_policy::BuiltIn::ALL {
        assert!(list.text.contains(role.title()), "{role:?}");
        let page = clinic
            .get(&aldo, &format!("/admin/roles/{}", role.role()))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{role:?}");
    }
    assert_eq!(
        clinic.get(&aldo, "/admin/roles/nonsense").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        clinic
            .get(&aldo, "/admin/roles/clinician/edit")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_tester_takes_a_certain_resource_and_names_the_policies_that_decide() {
    let clinic = Clinic::new();
    crate::tests::record::fill(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    clinic
        .person_who_is("ines", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let ask = async |resource: &str| {
        let fields = [
            ("who", "ines"),
            ("act", "read"),
            ("resource", resource),
            ("purpose", "TREAT"),
            ("strength", "2"),
        ];
        clinic.post(&ada, "/admin/roles/test", &fields).await.text
    };
    let own = ask("AllergyIntolerance/a1").await;
    assert!(own.contains("of a patient whom they treat"), "{own}");
    assert!(own.contains("Policies that decided"), "{own}");
    let other = ask("AllergyIntolerance/a2").await;
    assert!(other.contains("whom they do not treat"), "{other}");
    assert!(
        ask("AllergyIntolerance/none")
            .await
            .contains("There is no such resource")
    );
    assert!(ask("nonsense").await.contains("Enter a type and an id"));
}

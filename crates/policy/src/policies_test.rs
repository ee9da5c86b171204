//! What the policies decide, and how a clinic's own are refused.

use std::sync::Arc;

use super::*;
use crate::{Decision, FhirUser, Grant, Origin, Reach, Session, decide};

const NOW: Instant = Instant::from_millis(1_000_000);

fn person(roles: &[&str], strength: Strength) -> Person {
    Person {
        account: "a1".into(),
        name: "ada".into(),
        roles: roles.iter().map(|r| Role::parse(r).unwrap()).collect(),
        user: FhirUser::parse("Practitioner/p"),
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(strength, Purpose::Treatment),
    }
}

fn check_task(roles: &[&str], strength: Strength, stepped_up: bool, task: Task, expected: Verdict) {
    let mut one = person(roles, strength);
    one.session.stepped_up_until = stepped_up.then(|| NOW.plus_millis(1));
    let caller = Caller::person(Arc::new(one), Origin::default());
    let policies = Policies::builtin().unwrap();
    assert_eq!(
        policies.may(&caller, task, NOW),
        expected,
        "{roles:?} {task:?}"
    );
}

#[test]
fn asvs_7_5_3_what_needs_a_fresh_proof_says_so() {
    let two = Strength::Two;
    check_task(
        &["administrator"],
        two,
        false,
        Task::ManageUsers,
        Verdict::Allow,
    );
    check_task(
        &["administrator"],
        two,
        false,
        Task::Export,
        Verdict::NeedsStepUp,
    );
    check_task(&["administrator"], two, true, Task::Export, Verdict::Allow);
    check_task(
        &["clinician"],
        two,
        false,
        Task::PrescribeControlled,
        Verdict::NeedsStepUp,
    );
    check_task(&["clinician"], two, true, Task::Export, Verdict::Deny);
    check_task(
        &["nurse"],
        two,
        true,
        Task::PrescribeControlled,
        Verdict::Deny,
    );
}

#[test]
fn asvs_6_3_3_staff_do_nothing_with_one_factor_but_enrol_another() {
    let one = Strength::One;
    check_task(
        &["administrator"],
        one,
        false,
        Task::ManageUsers,
        Verdict::NeedsSecondFactor,
    );
    check_task(
        &["administrator"],
        one,
        false,
        Task::Export,
        Verdict::NeedsSecondFactor,
    );
    check_task(
        &["administrator"],
        one,
        false,
        Task::OwnAccount,
        Verdict::Allow,
    );
    check_task(
        &["patient"],
        one,
        false,
        Task::ApproveClient,
        Verdict::Allow,
    );
    check_task(
        &["patient", "clinician"],
        one,
        false,
        Task::BreakGlass,
        Verdict::NeedsSecondFactor,
    );
    let weak = person(&["clinician"], one);
    let caller = Caller::person(Arc::new(weak), Origin::default());
    let policies = Policies::builtin().unwrap();
    let decided = decide(
        &policies,
        &caller,
        Action::Read,
        "Observation",
        Purpose::Treatment,
        NOW,
    );
    assert_eq!(decided, Decision::Deny);
}

fn grants(roles: &[&str], action: Action, kind: &str) -> Vec<Grant> {
    let mut one = person(roles, Strength::Two);
    if roles.contains(&"patient") {
        one.user = FhirUser::parse("Patient/me");
    }
    if roles.contains(&"patient") || roles.contains(&"proxy") {
        one.patients = vec!["me".into(), "child".into()];
    }
    let caller = Caller::person(Arc::new(one), Origin::default());
    let policies = Policies::builtin().unwrap();
    match decide(&policies, &caller, action, kind, Purpose::Treatment, NOW) {
        Decision::Deny => Vec::new(),
        Decision::Allow(Reach::All) => vec![Grant::ALL],
        Decision::Allow(Reach::Only(grants)) => grants,
    }
}

fn relations(roles: &[&str], action: Action, kind: &str) -> Vec<Relation> {
    grants(roles, action, kind)
        .iter()
        .map(|g| g.relation)
        .collect()
}

#[test]
fn h1_each_role_reaches_the_least_it_needs() {
    use Relation::{Care, Emergency, Nobody, None};
    let (read, create) = (Action::Read, Action::Create);
    assert_eq!(
        relations(&["clinician"], read, "Observation"),
        [Nobody, Care, Emergency]
    );
    assert_eq!(
        relations(&["clinician"], create, "Observation"),
        [Care, Emergency]
    );
    assert_eq!(relations(&["clinician"], read, "Patient")[0], None);
    // Papers that say who somebody is and what they agreed to; nothing about anybody's health.
    let papers = "category=urn:aceso:document|identity,urn:aceso:document|consent";
    let filed = grants(&["front-desk"], read, "DocumentReference");
    assert!(!filed.is_empty());
    assert!(filed.iter().all(|g| g.arguments.as_deref() == Some(papers)));
    assert_eq!(
        relations(&["front-desk"], create, "Appointment"),
        [None, Care, Emergency]
    );
    assert_eq!(relations(&["biller"], read, "Condition")[0], None);
    assert_eq!(relations(&["biller"], read, "DocumentReference"), []);
    assert_eq!(relations(&["administrator"], read, "Patient"), []);
    assert_eq!(relations(&["auditor"], read, "AuditEvent")[0], None);
    assert_eq!(relations(&["auditor"], read, "Observation"), []);
    assert_eq!(relations(&["clinician"], Action::Delete, "Observation"), []);
}

#[test]
fn a_patient_reaches_their_own_record_and_a_proxy_what_is_not_sensitive() {
    let own = grants(&["patient"], Action::Read, "Condition");
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].patient.as_deref(), Some("me"));
    assert_eq!(own[0].without, Labels::NONE.with(Label::Note));
    let proxy = grants(&["proxy"], Action::Read, "Condition");
    assert_eq!(
        proxy.len(),
        2,
        "an account that is no patient's is a proxy for each of its patients"
    );
    assert!(
        proxy
            .iter()
            .all(|g| g.without.has(Label::Violence) && g.without.has(Label::Hiv))
    );
}

#[test]
fn s2_counselling_notes_stay_apart_in_an_emergency_too() {
    for relation in grants(&["clinician"], Action::Read, "DocumentReference") {
        assert!(relation.without.has(Label::Note), "{relation:?}");
    }
}

#[test]
fn the_laboratory_sees_results_of_the_laboratory() {
    let only = grants(&["laboratory"], Action::Read, "Observation");
    assert!(!only.is_empty());
    assert!(
        only.iter()
            .all(|g| g.arguments.as_deref() == Some("category=laboratory"))
    );
}

fn own_role(text: &str) -> Result<Policies, PolicyError> {
    Policies::with(&[RoleText {
        role: Role::parse("physio").unwrap(),
        text: text.into(),
        sees: Labels::NONE,
    }])
}

fn check_refused(text: &str, line: usize, part: &str) {
    match own_role(text) {
        Err(PolicyError::Text { line: at, what, .. }) => {
            assert_eq!(at, line, "{what}");
            assert!(what.contains(part), "{what}");
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_clinics_own_policy_is_refused_with_line_and_reason() {
    check_refused(
        "permit (principal, action, resource);",
        1,
        "must begin with",
    );
    check_refused(
        "\npermit (principal in Role::\"clinician\", action, resource);",
        2,
        "must begin",
    );
    check_refused(
        "permit (principal in Role::\"physio\", action, resource)\nwhen { x };",
        2,
        "x",
    );
    let attribute = "// One.\npermit (principal in Role::\"physio\", action == Action::\"read\", resource)\nwhen { resource.colour == \"red\" };";
    check_refused(attribute, 2, "colour");
    check_refused(
        "permit (principal in Role::\"physio\", action == Action::\"fly\", resource);",
        1,
        "fly",
    );
    let only = "@only(\"code=1\")\npermit (principal in Role::\"physio\", action == Action::\"read\", resource);";
    check_refused(only, 1, "@only");
}

/// On what a physiotherapist may read Observations for treatment.
#[track_caller]
fn physio_reads(policies: &Policies) -> Vec<Grant> {
    let caller = Caller::person(
        Arc::new(person(&["physio"], Strength::Two)),
        Origin::default(),
    );
    let decided = decide(
        policies,
        &caller,
        Action::Read,
        "Observation",
        Purpose::Treatment,
        NOW,
    );
    let Decision::Allow(Reach::Only(grants)) = decided else {
        panic!("{decided:?}")
    };
    grants
}

#[test]
fn an_explicit_deny_wins_over_a_clinics_own_permit() {
    let text = "permit (principal in Role::\"physio\", action == Action::\"read\", resource);";
    let policies = own_role(text).unwrap();
    let grants = physio_reads(&policies);
    assert!(
        grants.iter().all(|g| g.without.has(Label::SubstanceUse)),
        "{grants:?}"
    );
}

#[test]
fn a_role_that_sees_a_label_is_not_kept_from_it() {
    let text = "permit (principal in Role::\"physio\", action == Action::\"read\", resource);";
    let sees = Labels::NONE.with(Label::SubstanceUse);
    let role = Role::parse("physio").unwrap();
    let policies = Policies::with(&[RoleText {
        role,
        text: text.into(),
        sees,
    }])
    .unwrap();
    let grants = physio_reads(&policies);
    assert!(
        grants.iter().any(|g| !g.without.has(Label::SubstanceUse)),
        "{grants:?}"
    );
}

#[test]
fn asvs_8_2_4_place_and_hours_count_where_the_clinic_keeps_them() {
    let week = ["sun 00:00-24:00".to_owned()];
    let hours = OpeningHours::parse("UTC", &week, &[]).unwrap();
    let policies = Policies::keeping(&[], hours).unwrap();
    let sunday: Instant = Instant::from_millis(1_795_305_600_000 + 43_200_000);
    let monday = sunday.plus_millis(24 * 3_600_000);
    let mut one = person(&["front-desk"], Strength::Two);
    one.session.place = Place::Elsewhere;
    let elsewhere = Caller::person(Arc::new(one.clone()), Origin::default());
    one.session.place = Place::Trusted;
    let there = Caller::person(Arc::new(one), Origin::default());
    let decided = |c, now| {
        decide(
            &policies,
            c,
            Action::Read,
            "Patient",
            Purpose::Operations,
            now,
        )
    };
    assert_eq!(decided(&elsewhere, sunday), Decision::Deny);
    assert_ne!(decided(&there, sunday), Decision::Deny);
    assert_eq!(decided(&there, monday), Decision::Deny);
}

#[test]
fn an_app_for_a_person_gets_what_both_allow() {
    let policies = Policies::builtin().unwrap();
    let app = |scopes: &str, patient: Option<&str>, roles: &[&str]| {
        let client = crate::ApiClient {
            id: "app".into(),
            scopes: crate::Scopes::parse(scopes).unwrap(),
            patient: patient.map(str::to_owned),
            person: Some(Arc::new(person(roles, Strength::Two))),
        };
        Caller::client(Arc::new(client), Origin::default())
    };
    let decided =
        |c: &Caller, kind| decide(&policies, c, Action::Read, kind, Purpose::Treatment, NOW);
    let wide = app("system/*.cruds user/*.cruds", None, &["front-desk"]);
    assert_eq!(decided(&wide, "Observation"), Decision::Deny);
    let narrow = app("user/Patient.rs", None, &["clinician"]);
    assert_eq!(decided(&narrow, "Observation"), Decision::Deny);
    let launched = app(
        "patient/Observation.rs?category=laboratory",
        Some("x"),
        &["clinician"],
    );
    let Decision::Allow(Reach::Only(grants)) = decided(&launched, "Observation") else {
        panic!()
    };
    assert!(grants.iter().all(|g| g.patient.as_deref() == Some("x")
        && g.arguments.as_deref() == Some("category=laboratory")
        && g.relation != Relation::None));
}

#[test]
fn p3_what_a_role_does_not_see_no_other_role_shows() {
    let policies = Policies::builtin().unwrap();
    let masks = |roles: &[&str]| {
        let one = Arc::new(person(roles, Strength::Two));
        policies.masks(&Caller::person(one, Origin::default()))
    };
    assert!(masks(&["clinician"]).is_empty());
    let desk = masks(&["front-desk"]);
    assert_eq!(
        desk.systems().collect::<Vec<_>>(),
        ["http://hl7.org/fhir/sid/us-ssn"]
    );
    assert_eq!(masks(&["clinician", "front-desk"]), desk);
    let app = crate::ApiClient {
        id: "app".into(),
        scopes: crate::Scopes::parse("user/Patient.rs").unwrap(),
        patient: None,
        person: Some(Arc::new(person(&["front-desk"], Strength::Two))),
    };
    let app = Caller::client(Arc::new(app), Origin::default());
    assert_eq!(policies.masks(&app), desk);
}

#[test]
fn p3_a_mask_is_a_forbid_without_conditions_that_says_what_it_hides() {
    let check = |text: &str| {
        let role = Role::parse("greeter").unwrap();
        let text = text.replace("ROLE", "principal in Role::\"greeter\"");
        let sees = Labels::NONE;
        Policies::with(&[RoleText { role, text, sees }]).map(drop)
    };
    let see = "action == Action::\"see\", resource)";
    check(&format!("@hides(\"Patient.photo\") forbid (ROLE, {see};")).unwrap();
    for bad in [
        format!("forbid (ROLE, {see};"),
        format!("@hides(\"Patient.nose\") forbid (ROLE, {see};"),
        format!("@hides(\"Patient.photo\") permit (ROLE, {see};"),
        format!(
            "@hides(\"Patient.photo\") forbid (ROLE, {see} when {{ resource.kind == \"Patient\" }};"
        ),
        "@hides(\"Patient.photo\") permit (ROLE, action == Action::\"read\", resource);".to_owned(),
    ] {
        assert!(
            matches!(check(&bad), Err(PolicyError::Text { .. })),
            "{bad}"
        );
    }
}

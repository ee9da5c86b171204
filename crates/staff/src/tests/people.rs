//! People: invited, changed, disabled, signed out.

use aceso_policy::{Caller, Job, Role};
use aceso_store::{AccountState, MailKind, Mailing};
use http::StatusCode;

use super::kit::{Browser, Clinic};

async fn administrator(clinic: &Clinic) -> Browser {
    clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await
}

const INVITATION: [(&str, &str); 7] = [
    ("user", "bea"),
    ("display", "Bea Example"),
    ("email", "bea@clinic.example"),
    ("record", "Practitioner/p1"),
    ("find", ""),
    ("leaves", ""),
    ("roles", "clinician"),
];

#[tokio::test]
async fn an_administrator_invites_a_person_and_sees_the_link_once() {
    let clinic = Clinic::new();
    let mut ada = administrator(&clinic).await;
    clinic.step_up(&mut ada).await;
    let made = clinic.post(&ada, "/admin/people/new", &INVITATION).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let link = made
        .text
        .split("https://clinic.example/")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 43);
    let list = clinic.get(&ada, "/admin/people?q=bea").await;
    assert!(list.text.contains("Bea Example") && list.text.contains("invited"));
    let id = clinic.named("bea").await;
    let page = clinic.get(&ada, &format!("/admin/people/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains(token), "a link is not shown twice");
    assert!(
        clinic
            .store
            .link(&aceso_vault::sha256(token.as_bytes()))
            .await
            .unwrap()
            .is_some()
    );
    let again = clinic.post(&ada, "/admin/people/new", &INVITATION).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.text.contains("This user name is taken")
            && again.text.contains("value=\"bea@clinic.example\"")
    );
}

#[tokio::test]
async fn an_invitation_goes_by_mail_where_mail_is_sent_and_is_not_shown() {
    let clinic = Clinic::new();
    let mut ada = administrator(&clinic).await;
    clinic.step_up(&mut ada).await;
    let by_mail = "Invite by mail";
    let form = clinic.get(&ada, "/admin/people/new").await;
    assert!(!form.text.contains(by_mail), "no mail is sent from here");
    let post = Caller::job(Job::Mail);
    clinic.store.set_mailing(&post, Mailing::On).await.unwrap();
    let form = clinic.get(&ada, "/admin/people/new").await;
    assert!(form.text.contains(by_mail));
    let mut asked = INVITATION.to_vec();
    asked.push(("act", "mail"));
    let nowhere: Vec<_> = asked
        .iter()
        .map(|(n, v)| (*n, if *n == "email" { "" } else { v }))
        .collect();
    let nowhere = clinic.post(&ada, "/admin/people/new", &nowhere).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        nowhere
            .text
            .contains("Enter the address that the invitation goes to")
    );

    let made = clinic.post(&ada, "/admin/people/new", &asked).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let id = clinic.named("bea").await;
    assert_eq!(made.place, format!("/admin/people/{id}?done=mailed"));
    let again = clinic
        .post(
            &ada,
            &format!("/admin/people/{id}/link"),
            &[("act", "mail")],
        )
        .await;
    assert_eq!(again.place, made.place, "{}", again.text);
    let mails = clinic.store.due_mail(&post, 10).await.unwrap();
    let links: Vec<[u8; 32]> = mails
        .iter()
        .filter(|m| m.kind == MailKind::Invitation && m.address == "bea@clinic.example")
        .map(|m| {
            let address = m.secret.as_ref().unwrap().expose();
            let token = address.strip_prefix("https://clinic.example/invitation/");
            aceso_vault::sha256(token.unwrap().as_bytes())
        })
        .collect();
    assert_eq!(links.len(), 2);
    let mut good = 0;
    for hash in &links {
        good += usize::from(clinic.store.link(hash).await.unwrap().is_some());
    }
    assert_eq!(good, 1, "the second makes the first void");
}

#[tokio::test]
async fn asvs_7_5_3_giving_roles_needs_a_fresh_proof() {
    let clinic = Clinic::new();
    let mut ada = administrator(&clinic).await;
    let bea = clinic.person("bea", &[Role::NURSE]).await;
    let path = format!("/admin/people/{bea}/roles");
    let first = clinic.get(&ada, &path).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert!(first.place.starts_with("/step-up?to="), "{}", first.place);
    let version = clinic
        .store
        .account(&Caller::operator(), &bea)
        .await
        .unwrap()
        .version
        .to_string();
    let change = [
        ("version", version.as_str()),
        ("roles", "clinician"),
        ("roles", "nurse"),
    ];
    clinic.step_up(&mut ada).await;
    let saved = clinic.post(&ada, &path, &change).await;
    assert_eq!(saved.place, format!("/admin/people/{bea}?done=roles"));
    let roles = clinic
        .store
        .account(&Caller::operator(), &bea)
        .await
        .unwrap()
        .roles;
    assert_eq!(roles, [Role::CLINICIAN, Role::NURSE]);
    let stale = clinic.post(&ada, &path, &change).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.text.contains("Somebody else has changed this"));
}

#[tokio::test]
async fn nobody_grants_themselves_a_role() {
    let clinic = Clinic::new();
    let mut ada = administrator(&clinic).await;
    clinic.person("second", &[Role::ADMINISTRATOR]).await;
    clinic.step_up(&mut ada).await;
    let path = format!("/admin/people/{}/roles", ada.account);
    let version = clinic
        .store
        .account(&Caller::operator(), &ada.account)
        .await
        .unwrap()
        .version
        .to_string();
    let fields = [
        ("version", version.as_str()),
        ("roles", "administrator"),
        ("roles", "clinician"),
    ];
    let answer = clinic.post(&ada, &path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .text
            .contains("Your own rights can only be changed by another administrator")
    );
    let roles = clinic
        .store
        .account(&Caller::operator(), &ada.account)
        .await
        .unwrap()
        .roles;
    assert_eq!(roles, [Role::ADMINISTRATOR]);
}

#[tokio::test]
async fn the_last_administrator_cannot_be_disabled() {
    let clinic = Clinic::new();
    let ada = administrator(&clinic).await;
    let path = format!("/admin/people/{}/disable", ada.account);
    let answer = clinic.post(&ada, &path, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .text
            .contains("The last active administrator cannot be disabled")
    );
    let account = clinic
        .store
        .account(&Caller::operator(), &ada.account)
        .await
        .unwrap();
    assert_eq!(account.state, AccountState::Active);
}

#[tokio::test]
async fn asvs_7_4_2_disabling_a_person_ends_their_sessions() {
    let clinic = Clinic::new();
    let ada = administrator(&clinic).await;
    let bea = clinic.signed_in("bea", &[Role::CLINICIAN]).await;
    assert!(
        clinic
            .get(&ada, "/admin/sessions")
            .await
            .text
            .contains("bea Example")
    );
    let asked = clinic
        .get(&ada, &format!("/admin/people/{}/disable", bea.account))
        .await;
    assert!(asked.text.contains("Disable bea Example?"));
    let done = clinic
        .post(&ada, &format!("/admin/people/{}/disable", bea.account), &[])
        .await;
    assert_eq!(
        done.place,
        format!("/admin/people/{}?done=disable", bea.account)
    );
    assert!(
        clinic
            .get(&bea, "/admin/people")
            .await
            .place
            .starts_with("/sign-in")
    );
}

#[tokio::test]
async fn asvs_7_4_5_a_session_can_be_ended_from_the_list() {
    let clinic = Clinic::new();
    let ada = administrator(&clinic).await;
    let bea = clinic.signed_in("bea", &[Role::CLINICIAN]).await;
    let list = clinic
        .get(&ada, &format!("/admin/people/{}", bea.account))
        .await;
    let path = list
        .text
        .split("href=\"/admin/sessions/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = format!("/admin/sessions/{path}");
    assert!(
        clinic
            .get(&ada, &path)
            .await
            .text
            .contains("End this session?")
    );
    assert_eq!(
        clinic.post(&ada, &path, &[]).await.place,
        "/admin/sessions?done=ended"
    );
    assert!(
        clinic
            .get(&bea, "/admin/people")
            .await
            .place
            .starts_with("/sign-in")
    );
}

#[tokio::test]
async fn asvs_15_3_3_a_form_with_a_field_of_somebody_elses_is_refused_whole() {
    let clinic = Clinic::new();
    let ada = administrator(&clinic).await;
    let bea = clinic.person("bea", &[Role::NURSE]).await;
    for field in [
        "state",
        "roles",
        "enrol",
        "id",
        "user_name",
        "administrator",
    ] {
        let fields = [
            ("version", "1"),
            ("display", "Mallory"),
            (field, "administrator"),
        ];
        let answer = clinic
            .post(&ada, &format!("/admin/people/{bea}/edit"), &fields)
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}");
    }
    let account = clinic
        .store
        .account(&Caller::operator(), &bea)
        .await
        .unwrap();
    assert_eq!(
        (account.display.as_str(), account.roles.as_slice()),
        ("bea Example", [Role::NURSE].as_slice())
    );
}

#[tokio::test]
async fn asvs_1_2_1_what_people_typed_comes_out_escaped() {
    let clinic = Clinic::new();
    let mut ada = administrator(&clinic).await;
    clinic.step_up(&mut ada).await;
    let bad = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let mut fields = INVITATION;
    fields[1] = ("display", bad);
    let made = clinic.post(&ada, "/admin/people/new", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let id = clinic.named("bea").await;
    let person = format!("/admin/people/{id}");
    for path in [
        "/admin/people",
        &person,
        &format!("{person}/edit"),
        &format!("{person}/roles"),
        &format!("{person}/disable"),
    ] {
        let page = clinic.get(&ada, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            !page.text.contains("<script>alert") && !page.text.contains("<img"),
            "{path}"
        );
        assert!(page.text.contains("&lt;script&gt;alert"), "{path}");
    }
    let echoed = clinic
        .post(
            &ada,
            "/admin/people/new",
            &[
                ("user", bad),
                ("display", bad),
                ("record", bad),
                ("email", bad),
            ],
        )
        .await;
    assert_eq!(echoed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!echoed.text.contains("<script>alert"));
}

#[tokio::test]
async fn h1_the_area_does_not_exist_for_those_who_may_not_enter() {
    let clinic = Clinic::new();
    let nurse = clinic.signed_in("nora", &[Role::NURSE]).await;
    let unknown = clinic.get(&nurse, "/admin/nowhere").await;
    for row in crate::ROUTES
        .iter()
        .filter(|r| r.path.starts_with("/admin"))
    {
        let path = filled(row.path, &nurse.account);
        let answer = match row.verb {
            aceso_web::site::Verb::Get => clinic.get(&nurse, &path).await,
            aceso_web::site::Verb::Post => clinic.post(&nurse, &path, &[]).await,
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(bare(&answer.text), bare(&unknown.text), "{path}");
    }
}

#[tokio::test]
async fn asvs_16_3_2_a_refused_page_leaves_an_entry() {
    let clinic = Clinic::new();
    let nurse = clinic.signed_in("nora", &[Role::NURSE]).await;
    assert_eq!(
        clinic.get(&nurse, "/admin/people").await.status,
        StatusCode::NOT_FOUND
    );
    let query = aceso_store::AccessQuery {
        who: Some("person/nora".into()),
        count: 10,
        ..aceso_store::AccessQuery::default()
    };
    let log = clinic
        .store
        .accesses(&Caller::operator(), query)
        .await
        .unwrap();
    let entry = log.entries.first().unwrap();
    assert_eq!(
        (entry.act.as_str(), entry.outcome.as_deref()),
        ("page", Some("denied"))
    );
}

/// A row's path with something in its placeholders.
pub(super) fn filled(path: &str, account: &str) -> String {
    let role = path.replace("{role}", "clinician").replace("{id}", account);
    role.split('/')
        .map(|part| if part.starts_with('{') { "x1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// Without what differs from answer to answer: the script's nonce, and the address that locking leads back to.
fn bare(text: &str) -> String {
    let cut = |text: &str, from: &str| {
        let mut parts = text.split(from);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| {
            all + part.split_once('"').map_or("", |(_, rest)| rest)
        })
    };
    let text = cut(&cut(text, "nonce=\""), "name=\"to\" value=\"");
    cut(&text, "/problem?from=")
}

#[tokio::test]
async fn the_security_centre_says_what_is_wrong_and_where_it_is_mended() {
    let clinic = Clinic::new();
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let sam = clinic.signed_in("sam", &[Role::SECURITY_OFFICER]).await;
    for who in [&ada, &sam] {
        let page = clinic.get(who, "/admin/security").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for said in [
            "1 need somebody now",
            "three days old",
            "aceso backup run",
            "/admin/integrity",
            "1.2.3",
        ] {
            assert!(page.text.contains(said), "{said}: {}", page.text);
        }
    }
    let felix = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let page = clinic.get(&felix, "/admin/security").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

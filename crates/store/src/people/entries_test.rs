//! What people's acts leave in the audit log.

use std::sync::Arc;

use aceso_base::{Secret, SystemClock};
use aceso_policy::{Caller, Origin, Role, Strength};
use aceso_vault::RootKey;

use super::account::{Enrol, NewAccount};
use super::credential::{CredentialSecret, NewCredential};
use super::link::{LinkKind, NewLink, Redeem};
use super::lock::Attempt;
use super::name::UserName;
use super::session::{NewSession, SessionState};
use crate::engine::{AUDIT, connect};
use crate::{AuditOutcome, Said, Settings, Store};

/// What every entry says.
fn entries(store: &Store) -> Vec<Said> {
    store.0.readers.log().settle().unwrap();
    let log = connect(&store.0.settings.dir, &AUDIT, &store.0.keyring, 1024).unwrap();
    let mut statement = log
        .prepare("select substr(body, 17) from audit_log order by seq")
        .unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0));
    rows.unwrap()
        .map(|body| crate::audit::read(&body.unwrap()).unwrap())
        .collect()
}

async fn take_up(store: &Store, sign_in: &Caller) -> String {
    let console = Caller::operator();
    let new = NewAccount {
        user_name: UserName::parse("ana").unwrap(),
        display: "Ana Lima".to_owned(),
        email: Some("ana@clinic.example".to_owned()),
        fhir_user: None,
        roles: vec![Role::NURSE],
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    };
    let ana = store.add_account(&console, new).await.unwrap();
    let link = NewLink {
        hash: [1; 32],
        kind: LinkKind::Invitation,
        account: ana.clone(),
        ends: store.now().plus_millis(60_000),
    };
    store.make_link(&console, link).await.unwrap();
    let password = NewCredential {
        label: String::new(),
        secret: CredentialSecret::Password(Secret::new("$argon2id$x".to_owned())),
    };
    let redeem = Redeem::TakeUp(password);
    store.redeem(sign_in, [1; 32], redeem).await.unwrap()
}

#[tokio::test]
async fn asvs_16_2_1_every_act_and_every_refusal_leaves_an_entry_that_holds_no_secret() {
    let dir = std::env::temp_dir().join(format!("aceso-entries-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let root = RootKey::create_file(&dir.join("key")).unwrap();
    let settings = Settings::new(dir.join("data"));
    let store = Store::open(settings, &root, Arc::new(SystemClock)).unwrap();
    let sign_in = Caller::sign_in(Origin::default());
    let ana = take_up(&store, &sign_in).await;
    let account = store.live_account(&ana).await.unwrap().unwrap();
    let nurse = Caller::person(Arc::new(account.person(Strength::Two)), Origin::default());
    assert!(store.disable_account(&nurse, &ana).await.is_err());
    let attempt = Attempt {
        account: None,
        name: UserName::parse("hunter2hunter2").unwrap(),
        address: None,
        device: None,
    };
    store
        .attempt_failed(&sign_in, &attempt, "no such name")
        .await
        .unwrap();
    let session = NewSession {
        hash: [2; 32],
        account: ana,
        state: SessionState::Full,
        strength: Strength::Two,
        address: None,
        agent: String::new(),
        device: None,
    };
    store.make_session(&sign_in, session, None).await.unwrap();
    store.sign_out(&sign_in, &[2; 32]).await.unwrap();
    let log = entries(&store);
    let count = |act: &str, denied: bool| {
        let of = log.iter().filter(|said| said.act == act);
        of.filter(|said| (said.outcome == AuditOutcome::Denied) == denied)
            .count()
    };
    for act in [
        "account add",
        "link make",
        "link use",
        "sign-in",
        "sign-out",
    ] {
        assert_eq!(count(act, false), 1, "{act}: {log:#?}");
    }
    for act in ["account disable", "sign-in attempt"] {
        assert_eq!(count(act, true), 1, "{act}: {log:#?}");
    }
    for secret in ["argon2id", "hunter2", "Lima", "clinic.example"] {
        let told = |said: &Said| format!("{said:?}").contains(secret);
        assert!(!log.iter().any(told), "{secret}");
    }
    drop(store);
    std::fs::remove_dir_all(&dir).unwrap();
}

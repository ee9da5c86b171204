//! A clinic's own roles.

use aceso_policy::{Labels, Role};
use aceso_store::{NewRole, PeopleError, RoleError, RoleForm};
use serde_json::json;

use super::kit::{Clinic, caller, person, reads};

fn grid(text: &str, version: Option<u64>) -> NewRole {
    NewRole {
        role: Role::parse("physio").unwrap(),
        title: "Physiotherapist".into(),
        form: RoleForm::Grid(text.into()),
        version,
    }
}

#[tokio::test]
async fn asvs_8_3_2_a_changed_role_counts_for_the_next_request() {
    let clinic = Clinic::new();
    let condition =
        json!({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/a"}});
    clinic
        .put(&[json!({"resourceType":"Patient","id":"a"}), condition])
        .await;
    let store = &clinic.store;
    let physio = caller(person(&["physio"], "Practitioner/d", &[]));
    let administrator = caller(person(&["administrator"], "Practitioner/x", &[]));
    assert!(!reads(store, &physio, "Condition", "c").await);
    let version = store
        .set_role(&administrator, grid("diagnoses: read search", None))
        .await
        .unwrap();
    assert!(reads(store, &physio, "Condition", "c").await);
    let stale = store
        .set_role(&administrator, grid("diagnoses: read", None))
        .await;
    assert!(matches!(
        stale,
        Err(RoleError::People(PeopleError::Refused(_)))
    ));
    let next = store
        .set_role(
            &administrator,
            grid("diagnoses: read (care)", Some(version)),
        )
        .await;
    assert!(!reads(store, &physio, "Condition", "c").await);
    store
        .set_role(&administrator, grid("diagnoses: read", Some(next.unwrap())))
        .await
        .unwrap();
    assert!(reads(store, &physio, "Condition", "c").await);
    store
        .remove_role(&administrator, &Role::parse("physio").unwrap(), 3)
        .await
        .unwrap();
    assert!(!reads(store, &physio, "Condition", "c").await);
    let all = store
        .role_versions(&administrator, &Role::parse("physio").unwrap())
        .await
        .unwrap();
    assert_eq!(all.len(), 4);
}

#[tokio::test]
async fn a_wrong_role_is_refused_and_nobody_else_changes_roles() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let administrator = caller(person(&["administrator"], "Practitioner/x", &[]));
    let wrong = store
        .set_role(&administrator, grid("sandwiches: read", None))
        .await;
    assert!(matches!(wrong, Err(RoleError::Grid(e)) if e.line == 1));
    let cedar = NewRole {
        form: RoleForm::Cedar {
            text: "\npermit (principal, action, resource);".into(),
            sees: Labels::NONE,
        },
        ..grid("", None)
    };
    let told = store
        .set_role(&administrator, cedar)
        .await
        .unwrap_err()
        .to_string();
    assert!(told.contains("line 2"), "{told}");
    let doctor = caller(person(&["clinician"], "Practitioner/x", &[]));
    let refused = store.set_role(&doctor, grid("diagnoses: read", None)).await;
    assert!(matches!(
        refused,
        Err(RoleError::People(PeopleError::Forbidden))
    ));
    let mut stale = person(&["administrator"], "Practitioner/x", &[]);
    stale.session.stepped_up_until = None;
    let refused = store
        .set_role(&caller(stale), grid("diagnoses: read", None))
        .await;
    assert!(matches!(
        refused,
        Err(RoleError::People(PeopleError::NeedsStepUp))
    ));
}

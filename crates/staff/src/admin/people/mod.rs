//! People: who can sign in here, and with which roles.

pub(crate) mod access;
pub(crate) mod edit;
pub(crate) mod form;
pub(crate) mod identities;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod roles;
pub(crate) mod show;

use aceso_store::Account;
use aceso_web::page::Crumb;

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/people";

/// The address of a person's page.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// The pages above those of one person.
pub(crate) fn crumbs(account: &Account) -> Vec<Crumb> {
    vec![
        super::crumb(),
        Crumb::new("People", HERE),
        Crumb::new(&account.display, path(&account.id)),
    ]
}

/// An account for samples, under this name.
pub(crate) fn sample(display: &str) -> Option<Account> {
    use aceso_base::Instant;
    use aceso_policy::{FhirUser, Role};
    use aceso_store::{AccountState, Enrol, UserName};

    Some(Account {
        id: "a1".into(),
        user_name: UserName::parse("ann").ok()?,
        display: display.to_owned(),
        email: Some("ann@clinic.example".into()),
        fhir_user: FhirUser::parse("Practitioner/p1"),
        roles: vec![Role::CLINICIAN, Role::SECURITY_OFFICER],
        facilities: Vec::new(),
        patients: Vec::new(),
        state: AccountState::Active,
        created: Instant::from_millis(1_790_000_000_000),
        not_after: Some(Instant::from_millis(1_800_000_000_000)),
        enrol: Enrol::No,
        version: 3,
        signed_in: Some(Instant::from_millis(1_795_300_000_000)),
    })
}

//! Roles: what each may do, in plain words; a clinic's own roles; and the policy tester.

pub(crate) mod cedar;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod reach;
pub(crate) mod remove;
pub(crate) mod show;
pub(crate) mod test;

use aceso_policy::{Action, Group, Label, Role, Task};
use aceso_store::{AccountQuery, PeopleError, RoleRecord};
use aceso_web::page::Crumb;
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::fault::fault;
use crate::words::role_title;

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/roles";

/// The address of a role's page.
pub(crate) fn path(role: &Role) -> String {
    [HERE, "/", role.as_str()].concat()
}

/// The pages above.
pub(crate) fn crumbs() -> Vec<Crumb> {
    vec![super::crumb(), Crumb::new("Roles", HERE)]
}

/// The role of the address, with what is kept of it when it is the clinic's own.
async fn of(staff: &Staff, ask: &Ask) -> Result<(Role, Option<RoleRecord>), PageFault> {
    let role = Role::parse(ask.param("role")).map_err(|_| PageFault::Missing)?;
    if role.built_in().is_some() {
        return Ok((role, None));
    }
    let own = staff
        .store()
        .own_roles(ask.caller()?)
        .await
        .map_err(fault)?;
    let record = own
        .into_iter()
        .find(|r| r.role == role)
        .ok_or(PageFault::Missing)?;
    Ok((role, Some(record)))
}

/// What people call a role: a clinic's own has a title.
fn title(role: &Role, record: Option<&RoleRecord>) -> String {
    record.map_or_else(|| role_title(role), |record| record.title.clone())
}

/// How many people have the role, up to 500; none when the reader may not see people.
async fn affected(staff: &Staff, ask: &Ask, role: &Role) -> Result<Option<usize>, PageFault> {
    if !staff.offers(ask.caller()?, Task::ManageUsers) {
        return Ok(None);
    }
    let query = AccountQuery {
        role: Some(role.clone()),
        count: 500,
        ..AccountQuery::default()
    };
    match staff.store().accounts(ask.caller()?, query).await {
        Ok(page) => Ok(Some(page.accounts.len())),
        Err(PeopleError::Forbidden) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// `1 person`, `4 people`.
fn people(count: usize) -> String {
    match count {
        500.. => crate::words::say("500 people or more", &[]),
        count => crate::words::counted(
            u64::try_from(count).unwrap_or(u64::MAX),
            "{0} person",
            "{0} people",
            &[],
        ),
    }
}

/// A group of resource types in plain words.
pub(crate) const fn group(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Demographics => ("Demographics", "who a patient is"),
        Group::Scheduling => ("Scheduling", "appointments, free time"),
        Group::Coverage => ("Coverage", "insurance"),
        Group::Financial => ("Financial", "claims, payments, accounts"),
        Group::Encounters => ("Visits", "encounters, episodes"),
        Group::Diagnoses => ("Diagnoses", "coded problems and procedures"),
        Group::Clinical => (
            "Chart in general",
            "care plans, goals, immunizations, imaging",
        ),
        Group::Orders => ("Orders", "orders and referrals"),
        Group::Laboratory => ("Results", "observations, reports, specimens"),
        Group::Medications => ("Medications", "prescriptions, dispenses"),
        Group::Allergies => ("Allergies", "allergies and intolerances"),
        Group::Documents => ("Documents", "notes and files"),
        Group::Messages => ("Messages", "communications"),
        Group::Tasks => ("Tasks", "work to be done"),
        Group::Consents => ("Consents", "what patients agreed to"),
        Group::Cohorts => ("Lists of patients", "groups"),
        Group::Directory => ("Directory", "people and places that treat"),
        Group::Definitions => ("Definitions", "terminology, forms, catalogues"),
        Group::Configuration => ("Configuration", "subscriptions"),
        Group::Audit => ("Audit events", "who did what"),
    }
}

/// An act in plain words.
pub(crate) const fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "add",
        Action::Read => "read",
        Action::Update => "change",
        Action::Delete => "delete",
        Action::Search => "search",
    }
}

/// A sensitivity label in plain words.
pub(crate) const fn label(label: Label) -> &'static str {
    match label {
        Label::SubstanceUse => "Substance use (42 CFR Part 2)",
        Label::Hiv => "HIV",
        Label::Behavioural => "Behavioural health",
        Label::Violence => "Sexual assault, abuse, domestic violence",
        Label::SexualHealth => "Sexual and reproductive health",
        Label::Note => "Counselling and psychotherapy notes",
        Label::Vip => "Well-known patient",
        Label::Employee => "Colleague who is a patient",
        Label::Restricted => "Restricted, or of a kind that is not known here",
    }
}

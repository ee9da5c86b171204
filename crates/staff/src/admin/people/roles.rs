//! `/admin/people/{id}/roles`: which roles a person has. Needs a fresh proof; nobody changes their own.

use aceso_policy::Role;
use aceso_store::{Account, Refusal};
use aceso_web::page::{Button, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, Reply, Take};
use maud::html;

use super::form::{Whose, read_roles, role_choices};
use super::{HERE, crumbs, path};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::words::rule;

/// The form.
pub(crate) struct Roles {
    account: Account,
    version: u64,
    chosen: Vec<Role>,
    roles: Vec<Role>,
    reason: String,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let account = staff
        .store()
        .account(ask.caller()?, ask.param("id"))
        .await
        .map_err(fault)?;
    let page = Roles {
        version: account.version,
        chosen: account.roles.clone(),
        roles: Whose::of(&staff).roles(&staff, &account.roles),
        account,
        reason: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[
        Take::Many("roles"),
        Take::One("version"),
        Take::One("reason"),
    ])?;
    let account = staff
        .store()
        .account(ask.caller()?, ask.param("id"))
        .await
        .map_err(fault)?;
    let roles = Whose::of(&staff).roles(&staff, &account.roles);
    let mut errors = Errors::none();
    let chosen = read_roles(&fields, &roles, &mut errors);
    let mut page = Roles {
        version: fields.one("version").parse().unwrap_or(0),
        account,
        chosen,
        roles,
        reason: fields.trimmed("reason").to_owned(),
        errors,
    };
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let id = page.account.id.clone();
    match weigh(
        staff
            .store()
            .set_roles(ask.caller()?, &id, page.version, page.chosen.clone())
            .await,
    )? {
        Ok(()) => Ok(Reply::to(Local::with(&path(&id), &[("done", "roles")]))),
        Err(Refusal::SecondPerson) => propose(&staff, &ask, page).await,
        Err(refusal) => {
            page.errors.add("roles", rule(&refusal));
            if refusal == Refusal::Stale {
                page.version = page.account.version;
                page.chosen.clone_from(&page.account.roles);
            }
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// One administrator may not give these alone: a second one is asked.
async fn propose(staff: &Staff, ask: &Ask, mut page: Roles) -> Outcome {
    if page.reason.is_empty() {
        let why = "A second administrator has to agree to these roles: say why they are needed";
        page.errors.add("reason", why);
        return Ok(Reply::wrong(ask, &page));
    }
    let (id, roles) = (page.account.id.clone(), page.chosen.clone());
    let proposed =
        staff
            .store()
            .propose_roles(ask.caller()?, &id, page.version, roles, &page.reason);
    match weigh(proposed.await)? {
        Ok(_) => Ok(Reply::to(Local::with(&path(&id), &[("done", "proposed")]))),
        Err(refusal) => {
            page.errors.add("reason", rule(&refusal));
            Ok(Reply::wrong(ask, &page))
        }
    }
}

impl View for Roles {
    fn page(&self, csrf: &Csrf) -> Page {
        let choices = Choices::many("roles", "Roles", role_choices(&self.roles))
            .chosen(self.chosen.iter().map(Role::as_str))
            .errors(&self.errors);
        let fields = html! {
            (self.errors)
            (choices)
            (Field::area("reason", "Reason").value(self.reason.as_str()).optional().longest(500).hint("Needed where a second administrator has to agree: for roles that give roles or use keys.").errors(&self.errors))
            div.buttons { (Button::primary("Save the roles")) (Link::quiet("Cancel", path(&self.account.id))) }
        };
        let form = Form::post(csrf, [&path(&self.account.id), "/roles"].concat(), fields)
            .keep("version", self.version.to_string());
        Page::new(
            crate::words::say("Roles of {0}", &[&self.account.display]),
            html! { div.card { (form) } },
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(crumbs(&self.account))
        .lead("What they may do changes at once, also where they are signed in. They are told.")
    }

    fn samples() -> Vec<Self> {
        let sample = super::sample("Ann Example").map(|account| Self {
            version: 3,
            chosen: account.roles.clone(),
            account,
            roles: vec![Role::ADMINISTRATOR, Role::CLINICIAN, Role::SECURITY_OFFICER],
            reason: String::new(),
            errors: Errors::one(
                "roles",
                crate::words::rule(&"your own rights can only be changed by another administrator"),
            ),
        });
        sample.into_iter().collect()
    }
}

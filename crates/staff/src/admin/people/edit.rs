//! `/admin/people/{id}/edit`: name, address, who they are in the record, where they work, when they leave.

use aceso_store::{Account, Refusal};
use aceso_web::page::{Button, Csrf, Errors, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, Reply, Take};
use maud::html;

use super::form::{self, Typed, Whose};
use super::{HERE, crumbs, path};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::find::{Found, people};
use crate::words::rule;

/// The form.
pub(crate) struct Edit {
    account: Account,
    version: u64,
    typed: Typed,
    found: Option<Vec<Found>>,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let account = staff
        .store()
        .account(ask.caller()?, ask.param("id"))
        .await
        .map_err(fault)?;
    let page = Edit {
        version: account.version,
        typed: Typed {
            whose: Whose::of(&staff),
            ..Typed::from(&account)
        },
        account,
        found: None,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let known: Vec<Take> = form::FIELDS
        .into_iter()
        .chain([Take::One("version")])
        .collect();
    let fields = ask.fields(&known)?;
    let account = staff
        .store()
        .account(ask.caller()?, ask.param("id"))
        .await
        .map_err(fault)?;
    let mut page = Edit {
        version: fields.one("version").parse().unwrap_or(0),
        typed: Typed {
            whose: Whose::of(&staff),
            ..Typed::of(&fields)
        },
        account,
        found: None,
        errors: Errors::none(),
    };
    if let Some(name) = page.typed.wants(&fields) {
        page.found = Some(people(&staff, &ask, name).await?);
        return Ok(Reply::page(&ask, &page));
    }
    let change = page.typed.read(page.account.enrol, &mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let id = page.account.id.clone();
    match weigh(
        staff
            .store()
            .update_account(ask.caller()?, &id, page.version, change)
            .await,
    )? {
        Ok(()) => Ok(Reply::to(Local::with(&path(&id), &[("done", "saved")]))),
        Err(refusal) => {
            page.against(refusal);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Edit {
    fn against(&mut self, refusal: Refusal) {
        let field = match refusal {
            Refusal::LastAdministrator => "leaves",
            Refusal::OwnRights => "record",
            Refusal::Field(text) if text.contains("e-mail") => "email",
            Refusal::Field(text) if text.contains("id") => "facilities",
            _ => "display",
        };
        self.errors.add(field, rule(&refusal));
        if refusal == Refusal::Stale {
            // Sending it again means it: what was typed goes over what the other one saved.
            self.version = self.account.version;
        }
    }
}

impl View for Edit {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (self.typed.show(&self.errors, self.found.as_deref()))
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(&self.account.id))) }
        };
        let form = Form::post(csrf, [&path(&self.account.id), "/edit"].concat(), fields)
            .keep("version", self.version.to_string());
        Page::new("Change a person", html! { div.card { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs(&self.account))
    }

    fn samples() -> Vec<Self> {
        let sample = super::sample("Ann Example").map(|account| Self {
            version: 3,
            typed: Typed::from(&account),
            account,
            found: None,
            errors: Errors::one(
                "leaves",
                crate::words::rule(&"the last active administrator cannot be disabled, demoted or given a leaving date"),
            ),
        });
        sample.into_iter().collect()
    }
}

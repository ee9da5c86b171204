//! `/admin/recertification/{list}/{account}`: which roles a person keeps.

use aceso_policy::Role;
use aceso_store::{Recheck, RecheckDecision, RecheckItem};
use aceso_web::page::{
    Button, Choice, Choices, Crumb, Csrf, Errors, Facts, Field, Form, Layout, Link, Page, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::{HERE, crumbs, path, task};
use crate::Staff;
use crate::admin::people::form::read_roles;
use crate::fault::weigh;
use crate::words::{day, role_title, rule, when_or};

/// The question.
pub(crate) struct Decide {
    list: Recheck,
    item: RecheckItem,
    keep: Vec<Role>,
    reason: String,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (list, item) = find(&staff, &ask).await?;
    let keep = item.roles.clone();
    let errors = Errors::none();
    Ok(Reply::page(
        &ask,
        &Decide {
            list,
            reason: item.reason.clone().unwrap_or_default(),
            item,
            keep,
            errors,
        },
    ))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::Many("roles"), Take::One("reason")])?;
    let reason = fields.trimmed("reason").to_owned();
    let (list, item) = find(&staff, &ask).await?;
    let mut errors = Errors::none();
    let keep = read_roles(&fields, &item.roles, &mut errors);
    let done = if keep.len() == item.roles.len() {
        "kept"
    } else {
        "removed"
    };
    if errors.is_empty() {
        let decided = staff
            .store()
            .decide_recheck(
                ask.caller()?,
                &list.id,
                &item.account,
                keep.clone(),
                &reason,
            )
            .await;
        match weigh(decided)? {
            Ok(()) => return Ok(Reply::to(Local::with(&path(&list.id), &[("done", done)]))),
            Err(refusal) => errors.add("roles", rule(&refusal)),
        }
    }
    Ok(Reply::wrong(
        &ask,
        &Decide {
            list,
            item,
            keep,
            reason,
            errors,
        },
    ))
}

async fn find(staff: &Staff, ask: &Ask) -> Result<(Recheck, RecheckItem), PageFault> {
    let (list, items) = super::of(staff, ask).await?;
    let account = ask.param("account");
    let item = items
        .into_iter()
        .find(|i| i.account == account)
        .ok_or(PageFault::Missing)?;
    Ok((list, item))
}

impl View for Decide {
    fn page(&self, csrf: &Csrf) -> Page {
        let item = &self.item;
        let unused = item.unused.iter().map(|t| crate::words::known(task(*t)));
        let unused: Vec<String> = unused.collect();
        let unused = if unused.is_empty() {
            crate::words::say("nothing", &[])
        } else {
            unused.join(", ")
        };
        let facts = Facts::new()
            .show("Last sign-in", when_or(item.signed_in, "never"))
            .with("Not used for a quarter", unused);
        let choices = item
            .roles
            .iter()
            .map(|r| Choice::new(r.as_str(), role_title(r)))
            .collect();
        let choices = Choices::many("roles", "Roles to keep", choices)
            .chosen(self.keep.iter().map(Role::as_str))
            .errors(&self.errors)
            .hint("What is not ticked is taken away at once.");
        let reason = Field::area("reason", "Reason")
            .value(self.reason.as_str())
            .hint("Why they keep or lose them, in at most 500 letters.")
            .longest(500)
            .optional()
            .errors(&self.errors);
        let to = [&path(&self.list.id), "/", &item.account].concat();
        let buttons = html! {
            div.buttons { (Button::primary("Save the decision")) (Link::quiet("Cancel", path(&self.list.id))) }
        };
        let form = Form::post(
            csrf,
            to,
            html! { (self.errors) (choices) (reason) @if item.decision == RecheckDecision::Open { (buttons) } },
        );
        Page::new(
            crate::words::say("Which roles does {0} keep?", &[&item.user_name]),
            html! { div.card { (facts) (form) } },
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(
            crumbs()
                .into_iter()
                .chain([Crumb::new(day(self.list.opened), path(&self.list.id))])
                .collect(),
        )
    }

    fn samples() -> Vec<Self> {
        let (list, item) = super::sample();
        vec![Self {
            list,
            keep: item.roles.clone(),
            reason: "Left the ward in May".into(),
            item,
            errors: Errors::one("roles", crate::words::rule(&"this was decided already")),
        }]
    }
}

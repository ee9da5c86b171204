//! `/account/identities`: the outside sign-ins that are linked to one's own account.

use aceso_base::Instant;
use aceso_store::Identity;
use aceso_web::page::{Button, Column, Crumb, Csrf, Form, Layout, Link, Page, Table, View, say};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::Pages;
use super::account::{fresh, person};
use super::fault::fault;
use super::parts::{Other, when};

/// An outside sign-in as it is shown.
#[derive(Clone, Debug)]
pub(super) struct Linked {
    id: String,
    name: String,
    linked: Instant,
    used: Option<Instant>,
}

impl Linked {
    fn of(pages: &Pages, identity: &Identity) -> Self {
        let mut all = pages.0.settings.providers.all();
        let provider = all.find(|p| p.issuer == identity.issuer);
        Self {
            id: identity.id.clone(),
            name: provider.map_or_else(|| identity.issuer.clone(), |p| p.name.clone()),
            linked: identity.created,
            used: identity.used,
        }
    }

    /// For samples.
    pub(super) fn sample() -> Self {
        Self {
            id: "1".into(),
            name: "Riverside Hospital".into(),
            linked: Instant::from_millis(1_795_000_000_000),
            used: None,
        }
    }
}

/// What is linked to an account, for its person.
pub(super) async fn of(pages: &Pages, ask: &Ask, account: &str) -> Result<Vec<Linked>, PageFault> {
    let found = pages.0.store.identities(ask.caller()?, account).await;
    let found = found.map_err(fault)?;
    Ok(found.iter().map(|i| Linked::of(pages, i)).collect())
}

/// The providers by which the person of an account can prove who they are.
pub(super) async fn linked(
    pages: &Pages,
    ask: &Ask,
    account: &str,
) -> Result<Vec<Other>, PageFault> {
    let mut all = pages.0.settings.providers.all().peekable();
    if all.peek().is_none() {
        return Ok(Vec::new());
    }
    let found = pages.0.store.identities(&Pages::caller(ask), account).await;
    let found = found.map_err(fault)?;
    let bound = |issuer: &str| found.iter().any(|i| i.bound && i.issuer == issuer);
    Ok(all.filter(|p| bound(&p.issuer)).map(Other::of).collect())
}

/// The part of the account's page; nothing where nothing is linked.
pub(super) fn card(all: &[Linked]) -> Markup {
    let columns = [
        Column::text("Where"),
        Column::text("Linked"),
        Column::text("Last used"),
        Column::acts("Change"),
    ];
    let mut table = Table::new("Other sign-ins", &columns).under_heading();
    for one in all {
        let to = format!("/account/identities/{}/remove", one.id);
        table.row(vec![
            html! { (one.name) },
            when(one.linked),
            match one.used {
                Some(used) => when(used),
                None => html! { span.soft { "never" } },
            },
            html! { a.button.quiet.small href=(to) { "Unlink" span.hidden { " " (one.name) } } },
        ]);
    }
    html! {
        @if !all.is_empty() {
            section.card {
                h2 { "Other sign-ins" }
                (table)
            }
        }
    }
}

/// The question.
#[derive(Clone, Debug)]
pub(super) struct Remove(Linked);

impl View for Remove {
    fn page(&self, csrf: &Csrf) -> Page {
        let Linked { id, name, .. } = &self.0;
        let buttons = html! { div.buttons { (Button::danger("Unlink")) (Link::quiet("Keep it", "/account")) } };
        let body = html! {
            p { "You can no longer sign in through " (name) ". An administrator can link it again." }
            (Form::post(csrf, format!("/account/identities/{id}/remove"), buttons))
        };
        Page::new(say("Unlink {0}?", &[name]), body)
            .layout(Layout::Column)
            .here("/account")
            .crumbs(vec![Crumb::new("Your account", "/account")])
    }

    fn samples() -> Vec<Self> {
        vec![Self(Linked::sample())]
    }
}

async fn named(pages: &Pages, ask: &Ask) -> Result<Linked, PageFault> {
    let all = of(pages, ask, &person(ask)?.account).await?;
    let found = all.into_iter().find(|one| one.id == ask.param("id"));
    found.ok_or(PageFault::Missing)
}

/// `GET /account/identities/{id}/remove`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    fresh(&pages, &ask)?;
    let linked = named(&pages, &ask).await?;
    Ok(Reply::page(&ask, &Remove(linked)))
}

/// `POST /account/identities/{id}/remove`
pub(super) async fn remove(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let account = &person(&ask)?.account;
    let (store, id) = (&pages.0.store, ask.param("id"));
    let removed = store.unlink_identity(ask.caller()?, account, id).await;
    removed.map_err(fault)?;
    Ok(Reply::to(Local::with("/account", &[("done", "unlinked")])))
}

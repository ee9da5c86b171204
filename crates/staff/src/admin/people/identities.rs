//! `/admin/people/{id}/identities`: which outside sign-ins lead to a person's account.

use aceso_store::{Account, Identity, NewIdentity};
use aceso_web::page::{
    Button, Choice, Choices, Column, Csrf, Errors, Field, Form, Layout, Link, Page, Table, Tag,
    Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, crumbs, path};
use crate::fault::{fault, weigh};
use crate::words::{rule, when, when_or};
use crate::{OutsideSignIn, Staff};

/// The form that links one.
pub(crate) struct LinkIdentity {
    account: Account,
    providers: Vec<OutsideSignIn>,
    issuer: String,
    expected: String,
    errors: Errors,
}

/// The question before one is unlinked.
pub(crate) struct Unlink {
    account: Account,
    identity: Identity,
    name: String,
}

/// What people call a provider.
pub(crate) fn provider_name<'a>(providers: &'a [OutsideSignIn], issuer: &'a str) -> &'a str {
    let found = providers.iter().find(|p| p.issuer == issuer);
    found.map_or(issuer, |p| p.name.as_str())
}

/// The part of a person's page; nothing where there are neither providers nor links.
pub(crate) fn card(
    account: &Account,
    identities: &[Identity],
    providers: &[OutsideSignIn],
) -> Markup {
    let columns = [
        Column::text("Where"),
        Column::text("Name there"),
        Column::text("Linked"),
        Column::text("Last used"),
        Column::acts("What you can do"),
    ];
    let mut table = Table::new("Other sign-ins", &columns).under_heading();
    let here = [&path(&account.id), "/identities"].concat();
    for one in identities {
        table.row(vec![
            html! { (provider_name(providers, &one.issuer)) },
            html! {
                (one.expected)
                @if !one.bound { " " (Tag::new(Tone::Warning, "not used yet")) }
            },
            when(one.created),
            when_or(one.used, "never"),
            html! { (Link::secondary("Unlink", format!("{here}/{}/remove", one.id)).small()) },
        ]);
    }
    html! {
        @if !identities.is_empty() || !providers.is_empty() {
            section.card {
                div.row.apart {
                    h2 { "Other sign-ins" }
                    @if !providers.is_empty() { (Link::secondary("Link one", here.as_str()).small()) }
                }
                @if table.is_empty() { p.soft { "None." } } @else { (table) }
            }
        }
    }
}

async fn account(staff: &Staff, ask: &Ask) -> Result<Account, PageFault> {
    let found = staff.store().account(ask.caller()?, ask.param("id"));
    found.await.map_err(fault)
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let providers = staff.settings().providers.clone();
    let first = providers.first().ok_or(PageFault::Missing)?;
    let page = LinkIdentity {
        account: account(&staff, &ask).await?,
        issuer: first.issuer.clone(),
        providers,
        expected: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn link(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("issuer"), Take::One("expected")])?;
    let mut page = LinkIdentity {
        account: account(&staff, &ask).await?,
        providers: staff.settings().providers.clone(),
        issuer: fields.one("issuer").to_owned(),
        expected: fields.trimmed("expected").to_owned(),
        errors: Errors::none(),
    };
    if page.providers.iter().all(|p| p.issuer != page.issuer) {
        page.errors.add("issuer", "Choose one of these");
    }
    if page.expected.is_empty() {
        page.errors.add("expected", "Enter the name");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let id = page.account.id.clone();
    let new = NewIdentity {
        issuer: page.issuer.clone(),
        expected: page.expected.clone(),
    };
    match weigh(staff.store().link_identity(ask.caller()?, &id, new).await)? {
        Ok(_) => Ok(Reply::to(Local::with(&path(&id), &[("done", "linked")]))),
        Err(refusal) => {
            page.errors.add("expected", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

async fn named(staff: &Staff, ask: &Ask) -> Result<Unlink, PageFault> {
    let account = account(staff, ask).await?;
    let all = staff.store().identities(ask.caller()?, &account.id).await;
    let mut all = all.map_err(fault)?.into_iter();
    let identity = all.find(|i| i.id == ask.param("identity"));
    let identity = identity.ok_or(PageFault::Missing)?;
    let name = provider_name(&staff.settings().providers, &identity.issuer).to_owned();
    Ok(Unlink {
        account,
        identity,
        name,
    })
}

pub(crate) async fn question(staff: Staff, ask: Ask) -> Outcome {
    let page = named(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn unlink(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let page = named(&staff, &ask).await?;
    let (id, identity) = (&page.account.id, &page.identity.id);
    let done = staff
        .store()
        .unlink_identity(ask.caller()?, id, identity)
        .await;
    done.map_err(fault)?;
    Ok(Reply::to(Local::with(&path(id), &[("done", "unlinked")])))
}

impl View for LinkIdentity {
    fn page(&self, csrf: &Csrf) -> Page {
        let here = [&path(&self.account.id), "/identities"].concat();
        let choices = self
            .providers
            .iter()
            .map(|p| Choice::new(p.issuer.as_str(), &p.name))
            .collect();
        let claims: Vec<String> = self
            .providers
            .iter()
            .map(|p| format!("{} at {}", p.claim, p.name))
            .collect();
        let hint = crate::words::say(
            "The value of the claim that names people: {0}.",
            &[&claims.join("; ")],
        );
        let fields = html! {
            (self.errors)
            (Choices::one("issuer", "Where", choices).chosen([self.issuer.as_str()]).errors(&self.errors))
            (Field::text("expected", "Name there").value(self.expected.as_str()).hint(hint).autocomplete("off").longest(255).errors(&self.errors))
            div.buttons { (Button::primary("Link")) (Link::quiet("Cancel", path(&self.account.id))) }
        };
        let form = Form::post(csrf, here, fields);
        Page::new(
            crate::words::say("Link a sign-in to {0}", &[&self.account.display]),
            html! { div.card { (form) } },
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(crumbs(&self.account))
        .lead("Whoever proves this name there can sign in here as this person. From the first sign-in on it is theirs alone. They are told.")
    }

    fn samples() -> Vec<Self> {
        let providers = vec![OutsideSignIn {
            name: "Riverside Hospital".into(),
            issuer: "https://idp.example".into(),
            claim: "preferred_username".into(),
        }];
        let sample = super::sample("Ann Example").map(|account| Self {
            account,
            issuer: "https://idp.example".into(),
            providers,
            expected: "ann.example".into(),
            errors: Errors::one(
                "expected",
                crate::words::rule(&"this name at the provider is linked to an account already"),
            ),
        });
        sample.into_iter().collect()
    }
}

impl View for Unlink {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = &self.account.id;
        let to = format!("{}/identities/{}/remove", path(id), self.identity.id);
        let buttons = html! {
            div.buttons { (Button::danger("Unlink")) (Link::quiet("Cancel", path(id))) }
        };
        let body = html! {
            div.card {
                p { "They can no longer sign in through " (self.name) " as " (self.identity.expected) ". Sessions that are open stay open. They are told." }
                (Form::post(csrf, to, buttons))
            }
        };
        Page::new(
            crate::words::say("Unlink {0} from {1}?", &[&self.name, &self.account.display]),
            body,
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(crumbs(&self.account))
    }

    fn samples() -> Vec<Self> {
        let sample = super::sample("Ann Example").map(|account| Self {
            identity: sample_identity(&account),
            account,
            name: "Riverside Hospital".into(),
        });
        sample.into_iter().collect()
    }
}

/// For samples.
pub(crate) fn sample_identity(account: &Account) -> Identity {
    Identity {
        id: "i1".into(),
        account: account.id.clone(),
        issuer: "https://idp.example".into(),
        expected: "ann.example".into(),
        bound: false,
        created: account.created,
        used: None,
    }
}

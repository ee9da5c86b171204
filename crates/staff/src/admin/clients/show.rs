//! `/admin/clients/{client}`: one app: what it may do, and the end of it.

use aceso_store::{BrowserOrigin, ClientRecord, InUse};
use aceso_web::page::{Button, Column, Crumb, Csrf, Facts, Form, Layout, Link, Page, Table, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::{HERE, audience, kind, path, scopes, state};
use crate::Staff;
use crate::fault::fault;
use crate::state::fresh;
use crate::words::{when, when_or};

/// One app.
pub(crate) struct Client {
    client: ClientRecord,
    in_use: InUse,
}

/// Whether it is to be disabled.
pub(crate) struct Disable {
    client: ClientRecord,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let client = find(&staff, &ask).await?;
    let all = staff.store().clients_in_use(ask.caller()?).await;
    let in_use = all.map_err(fault)?.get(&client.id).copied();
    let in_use = in_use.unwrap_or_default();
    Ok(Reply::page(&ask, &Client { client, in_use }))
}

/// `GET /admin/clients/{client}/disable`
pub(crate) async fn ask_disable(staff: Staff, ask: Ask) -> Outcome {
    let client = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &Disable { client }))
}

/// `POST /admin/clients/{client}/disable`
pub(crate) async fn disable(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    fresh(&staff, &ask)?;
    let done = staff
        .store()
        .disable_client(ask.caller()?, ask.param("client"))
        .await
        .map_err(fault)?;
    if !done {
        return Err(PageFault::Missing);
    }
    Ok(Reply::to(Local::with(HERE, &[("done", "disabled")])))
}

async fn find(staff: &Staff, ask: &Ask) -> Result<ClientRecord, PageFault> {
    let found = staff
        .store()
        .client(ask.caller()?, ask.param("client"))
        .await
        .map_err(fault)?;
    found.ok_or(PageFault::Missing)
}

fn origins(all: &[BrowserOrigin]) -> Markup {
    html! {
        @if all.is_empty() { span.soft { "no browser" } }
        @for origin in all { span.mono.break { (origin.as_str()) } br; }
    }
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Apps", HERE)]
}

/// The scopes with what each means.
pub(crate) fn scope_table(text: &str) -> Markup {
    let mut table = Table::new(
        "What it may ask for",
        &[Column::text("Scope"), Column::text("What it means")],
    )
    .under_heading();
    match scopes::read(text) {
        Ok(scopes) => {
            for (scope, means) in scopes {
                table.row(vec![html! { span.mono { (scope) } }, html! { (means) }]);
            }
            html! { (table) }
        }
        Err(_) => html! { p.mono { (text) } },
    }
}

impl View for Client {
    fn page(&self, _: &Csrf) -> Page {
        let client = &self.client;
        let mut facts = Facts::new()
            .show("Id", html! { span.mono { (client.id) } })
            .with("Kind", maud::words(kind(client)))
            .show("Status", html! { (state(client)) })
            .show("Registered", when(client.created))
            .with("Allowed by people", self.in_use.grants.to_string())
            .with("Tokens that are good now", self.in_use.tokens.to_string());
        if client.disabled.is_some() {
            facts = facts.show("Disabled", when_or(client.disabled, ""));
        }
        let mut proof = if client.jwks.is_some() {
            "a key of its own (private_key_jwt)"
        } else {
            "a token made at the console"
        };
        if let Some(app) = &client.app {
            proof = match (client.jwks.is_some(), app.secret.is_some()) {
                (true, _) => "a key of its own (private_key_jwt)",
                (false, true) => "a secret",
                (false, false) => "nothing; its codes are bound to the browser (PKCE)",
            };
            let redirects =
                html! { @for address in &app.redirects { span.mono.break { (address) } br; } };
            facts = facts
                .with("For", maud::words(audience(app.audience)))
                .show("Calls from", origins(&app.origins))
                .show("Answers go to", redirects)
                .with(
                    "Opened at",
                    app.launch.as_deref().map_or_else(
                        || crate::words::known("nowhere in particular"),
                        str::to_owned,
                    ),
                )
                .with("Contact", app.contact.as_str());
        }
        facts = facts.with("Proves who it is with", maud::words(proof));
        let body = html! {
            section.card {
                div.row.apart {
                    h2 { "App" }
                    @if client.disabled.is_none() { (Link::secondary("Disable", [&path(&client.id), "/disable"].concat()).small()) }
                }
                (facts)
            }
            section.card { h2 { "What it may ask for" } (scope_table(&client.scopes)) }
        };
        Page::new(&client.name, body).here(HERE).crumbs(crumbs())
    }

    fn samples() -> Vec<Self> {
        let client = super::sample();
        let backend = ClientRecord {
            app: None,
            disabled: Some(client.created),
            scopes: "system/*.rs".into(),
            ..client.clone()
        };
        let in_use = super::IN_USE;
        vec![
            Self { client, in_use },
            Self {
                client: backend,
                in_use: InUse::default(),
            },
        ]
    }
}

impl View for Disable {
    fn page(&self, csrf: &Csrf) -> Page {
        let client = &self.client;
        let to = [&path(&client.id), "/disable"].concat();
        let buttons = html! {
            div.buttons { (Button::danger("Disable the app")) (Link::quiet("Cancel", path(&client.id))) }
        };
        let body = html! {
            div.card {
                p { "All its tokens end now, for everybody who uses it. It cannot be enabled again: it would have to be registered anew." }
                (Form::post(csrf, to, buttons))
            }
        };
        Page::new(maud::say("Disable {0}?", &[&client.name]), body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            client: super::sample(),
        }]
    }
}

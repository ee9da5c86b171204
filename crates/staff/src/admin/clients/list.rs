//! `GET /admin/clients`: everything that may call with a token.

use std::collections::HashMap;

use aceso_store::{ClientRecord, InUse};
use aceso_web::page::{Banner, Column, Csrf, Empty, Link, Page, Table, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, audience, kind, path, state};
use crate::Staff;
use crate::fault::fault;
use crate::words::day;

/// The list.
pub(crate) struct Clients {
    clients: Vec<ClientRecord>,
    in_use: HashMap<String, InUse>,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (store, caller) = (staff.store(), ask.caller()?);
    let clients = store.clients(caller).await.map_err(fault)?;
    let in_use = store.clients_in_use(caller).await.map_err(fault)?;
    let done = match ask.query("done") {
        Some("disabled") => Some("The app is disabled. Its tokens have ended."),
        Some(_) | None => None,
    };
    Ok(Reply::page(
        &ask,
        &Clients {
            clients,
            in_use,
            done,
        },
    ))
}

impl Clients {
    fn of(&self, client: &ClientRecord) -> InUse {
        self.in_use.get(&client.id).copied().unwrap_or_default()
    }
}

impl View for Clients {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Name"),
            Column::text("Kind"),
            Column::text("For"),
            Column::text("Status"),
            Column::text("Grants"),
            Column::text("Tokens"),
            Column::text("Registered"),
        ];
        let mut table = Table::new("Apps", &columns).under_heading();
        for client in &self.clients {
            table.row(vec![
                html! { a href=(path(&client.id)) { (client.name) } br; span.soft.small.mono { (client.id) } },
                html! { (maud::words(kind(client))) },
                html! { (maud::words(client.app.as_ref().map_or("itself", |app| audience(app.audience)))) },
                html! { (state(client)) },
                html! { (self.of(client).grants) },
                html! { (self.of(client).tokens) },
                html! { (day(client.created)) },
            ]);
        }
        let register = || Link::primary("Register an app", "/admin/clients/new");
        let body = html! {
            @if table.is_empty() { (Empty::new("No apps yet", "An app or program can call only when it is registered here.").way(register())) }
            @else { (table) }
        };
        let page = Page::new("Apps", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Apps that act for people, and programs that call by themselves.")
            .acts(html! { (register()) });
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let backend = ClientRecord {
            id: "lab".into(),
            name: "Laboratory".into(),
            app: None,
            disabled: Some(super::sample().created),
            ..super::sample()
        };
        let full = Self {
            in_use: HashMap::from([(super::sample().id, super::IN_USE)]),
            clients: vec![super::sample(), backend],
            done: Some("The app is disabled. Its tokens have ended."),
        };
        let empty = Self {
            clients: Vec::new(),
            in_use: HashMap::new(),
            done: None,
        };
        vec![full, empty]
    }
}

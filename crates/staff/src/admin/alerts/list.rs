//! `GET /admin/alerts`: what nobody has decided yet, the newest first; with `?all` also the rest.

use aceso_store::{AlertList, KeptAlert};
use aceso_web::page::{Banner, Column, Csrf, Empty, Page, Tab, Table, Tabs, Tone, View, words};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{html, recalled};

use super::{HERE, path, severity, state, whose};
use crate::Staff;
use crate::fault::fault;
use crate::words::{sentence, when};

const ALL: &str = "/admin/alerts?all=1";

/// The queue.
pub(crate) struct Alerts {
    alerts: Vec<KeptAlert>,
    list: AlertList,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let list = match ask.query("all") {
        Some(_) => AlertList::All,
        None => AlertList::Open,
    };
    let alerts = staff.store().alerts(ask.caller()?, list).await;
    let page = Alerts {
        alerts: alerts.map_err(fault)?,
        list,
        done: match ask.query("done") {
            Some("decided") => Some("The decision is kept"),
            Some(_) | None => None,
        },
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Alerts {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("What"),
            Column::text("Whose doing"),
            Column::text("Last seen"),
            Column::text("How soon"),
            Column::text("State"),
        ];
        let mut table = Table::new("Alerts", &columns).under_heading();
        for alert in &self.alerts {
            table.row(vec![
                html! { a href=(path(&alert.id)) { (words(alert.kind.title())) } p.soft.small { (sentence(&recalled(&alert.text))) } },
                whose(alert),
                html! { (when(alert.last)) },
                html! { (severity(alert.kind)) },
                html! { (state(alert)) },
            ]);
        }
        let here = match self.list {
            AlertList::Open => HERE,
            AlertList::All => ALL,
        };
        let tabs = vec![Tab::new("To be looked at", HERE), Tab::new("All", ALL)];
        let body = html! {
            (Tabs::new("Alerts", tabs, here))
            @if table.is_empty() {
                (Empty::new("Nothing to look at", "Every few seconds the audit log is looked through for guessed passwords, stolen accounts, records opened by the hundred, roles that give roles, and gaps. What is found is listed here, one line for a cause."))
            } @else { (table) }
        };
        let page = Page::new("Alerts", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What happens now and may be an attack. Say of each what it was, or open an incident.");
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let full = Self {
            alerts: vec![super::sample()],
            list: AlertList::Open,
            done: Some("The decision is kept"),
        };
        let empty = Self {
            alerts: Vec::new(),
            list: AlertList::All,
            done: None,
        };
        vec![full, empty]
    }
}

//! `GET /admin/incidents`: all of them, the newest first.

use aceso_base::Instant;
use aceso_store::KeptIncident;
use aceso_web::page::{Column, Csrf, Empty, Link, Page, Table, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, NEW, path, state, whose};
use crate::Staff;
use crate::fault::fault;
use crate::words::when;

/// The list.
pub(crate) struct Incidents(Vec<KeptIncident>);

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let all = staff.store().incidents(ask.caller()?).await;
    Ok(Reply::page(&ask, &Incidents(all.map_err(fault)?)))
}

impl View for Incidents {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Incident"),
            Column::text("Discovered"),
            Column::text("Whose accesses"),
            Column::text("State"),
        ];
        let mut table = Table::new("Incidents", &columns).under_heading();
        for kept in &self.0 {
            let incident = &kept.incident;
            table.row(vec![
                html! { a href=(path(&kept.id)) { (incident.title) } },
                html! { (when(Instant::from_millis(incident.discovered))) },
                whose(kept),
                html! { (state(kept)) },
            ]);
        }
        let body = html! {
            div.buttons { (Link::primary("Open an incident", NEW)) }
            @if table.is_empty() {
                (Empty::new("No incidents", "An incident is opened from an alert, or here. It keeps who found out what and when, and works out from the audit log whose records are concerned."))
            } @else { (table) }
        };
        Page::new("Incidents", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Health information may have been seen, changed or lost. The clocks run from the discovery.")
    }

    fn samples() -> Vec<Self> {
        vec![Self(vec![super::sample()]), Self(Vec::new())]
    }
}

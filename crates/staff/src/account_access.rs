//! `GET /account/access`: who looked into one's own record, and with which right.

use aceso_policy::Purpose;
use aceso_store::{Access, AccessQuery, Break};
use aceso_web::page::{Banner, Column, Crumb, Csrf, Empty, Link, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use crate::Staff;
use crate::fault::fault;
use crate::patient::emergency::reason;
use crate::words::{act, purpose, things, when, who};

/// The page's address.
pub(crate) const HERE: &str = "/account/access";
/// So many on a page.
const COUNT: u32 = 50;

/// Who looked.
pub(crate) struct AccessReport {
    entries: Vec<Access>,
    breaks: Vec<Break>,
    next: Option<u64>,
    start: Start,
}

/// Where the page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Newest,
    Older,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let caller = ask.caller()?;
    // Whoever is no patient here has no such page.
    let patient = caller
        .as_person()
        .and_then(|p| p.own_patient())
        .ok_or(PageFault::Missing)?;
    let before = ask.query("before").and_then(|b| b.parse().ok());
    let query = AccessQuery {
        patient: Some(patient.to_owned()),
        before,
        count: COUNT,
        ..AccessQuery::default()
    };
    let found = staff.store().accesses(caller, query).await.map_err(fault)?;
    let page = AccessReport {
        entries: found.entries,
        breaks: staff
            .store()
            .breaks_of(caller, patient)
            .await
            .map_err(fault)?,
        next: found.next,
        start: if before.is_some() {
            Start::Older
        } else {
            Start::Newest
        },
    };
    Ok(Reply::page(&ask, &page))
}

impl AccessReport {
    /// Whether this was done while the person had opened the record in an emergency.
    fn emergency(&self, entry: &Access) -> bool {
        let person = entry.who.strip_prefix("person/");
        let within = |one: &Break| one.opened <= entry.at && entry.at < one.ends;
        entry.purpose == Purpose::Emergency.code()
            || entry.act == "break-glass"
            || self
                .breaks
                .iter()
                .any(|one| person == Some(one.name.as_str()) && within(one))
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::text("When"),
            Column::text("Who"),
            Column::text("What for"),
            Column::text("What"),
            Column::text("Of your record"),
        ];
        let mut table = Table::new("Who looked into your record", &columns).under_heading();
        for entry in &self.entries {
            table.row(vec![
                when(entry.at),
                html! {
                    (who(entry))
                    @if let Some(by) = &entry.by { " for " (by.trim_start_matches("person/")) }
                    @if self.emergency(entry) { br; (Tag::new(Tone::Danger, "emergency access")) }
                },
                html! { (purpose(&entry.purpose)) },
                html! { (act(entry)) },
                html! { (things(&entry.on)) },
            ]);
        }
        html! { (table) }
    }
}

impl View for AccessReport {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            @if self.entries.is_empty() {
                (Empty::new("Nobody has looked", "As soon as somebody opens something of your record, it is listed here."))
            } @else { (self.table()) }
            div.row {
                @if self.start == Start::Older { (Link::secondary("From the newest", HERE).small()) }
                @if let Some(next) = self.next {
                    (Link::secondary("Older", Local::with(HERE, &[("before", &next.to_string())]).to_string()).small())
                }
            }
        };
        let mut page = Page::new("Who looked into my record", body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Your account", "/account")])
            .lead("Every look at your record is written down, with who and what for. Ask the clinic about anything that you do not understand.");
        for one in &self.breaks {
            let text = crate::words::say(
                "{0}: “{1}”",
                &[&maud::words(reason(one.reason)), &one.detail],
            );
            let title = html! { p { (when(one.opened)) " · " (text) } };
            page = page.notice(
                Banner::new(
                    Tone::Warning,
                    crate::words::say("{0} opened your record in an emergency", &[&one.name]),
                )
                .body(title),
            );
        }
        page
    }

    fn samples() -> Vec<Self> {
        let one = crate::patient::emergency::sample();
        let entry = Access {
            seq: 7,
            at: one.opened,
            who: "person/ann".into(),
            name: Some("Ann Example".into()),
            by: None,
            purpose: "TREAT".into(),
            act: "read".into(),
            outcome: None,
            on: vec!["Patient/p1/1".into()],
        };
        let app = Access {
            who: "client/growth".into(),
            name: None,
            by: Some("person/bea".into()),
            at: one.ends,
            ..entry.clone()
        };
        let full = Self {
            entries: vec![entry, app],
            breaks: vec![one],
            next: Some(7),
            start: Start::Older,
        };
        let empty = Self {
            entries: Vec::new(),
            breaks: Vec::new(),
            next: None,
            start: Start::Newest,
        };
        vec![full, empty]
    }
}

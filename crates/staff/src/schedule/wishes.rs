//! `/schedule/waitlist` and `/schedule/recalls`: who waits for a time, and who is due to come.

use aceso_web::page::{Column, Crumb, Csrf, Empty, Link, Page, Tab, Table, Tabs, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::HERE;
use super::wish::{List, Wish, wishes};
use crate::Staff;
use crate::words::{ago, fhir_day, field_day};

/// So many days ahead a recall is looked at.
const AHEAD_DAYS: i64 = 30;

/// The page.
pub(crate) struct Wishes {
    list: List,
    all: Vec<Wish>,
    /// Today, and the day up to which recalls are due soon.
    today: String,
    soon: String,
}

/// `GET /schedule/waitlist`
pub(crate) async fn waiting(staff: Staff, ask: Ask) -> Outcome {
    show(&staff, &ask, List::Waiting).await
}

/// `GET /schedule/recalls`
pub(crate) async fn recalls(staff: Staff, ask: Ask) -> Outcome {
    show(&staff, &ask, List::Recalls).await
}

async fn show(staff: &Staff, ask: &Ask, list: List) -> Outcome {
    let all = wishes(staff, ask, list).await?.ok_or(PageFault::Missing)?;
    let now = staff.store().now();
    let page = Wishes {
        list,
        all,
        today: field_day(now),
        soon: field_day(now.plus_millis(AHEAD_DAYS * 86_400_000)),
    };
    Ok(Reply::page(ask, &page))
}

impl Wishes {
    fn days(&self, wish: &Wish) -> Markup {
        let day = |text: &str| fhir_day(text);
        html! {
            @match self.list {
                List::Recalls => {
                    (day(&wish.from)) " "
                    @if wish.from < self.today { (Tag::new(Tone::Danger, "overdue")) }
                    @else if wish.from <= self.soon { (Tag::new(Tone::Warning, "due")) }
                }
                List::Waiting => {
                    @match (wish.from.is_empty(), wish.until.is_empty()) {
                        (true, true) => "any day",
                        (false, true) => { "from " (day(&wish.from)) }
                        (true, false) => { "until " (day(&wish.until)) }
                        (false, false) => { (day(&wish.from)) " – " (day(&wish.until)) }
                    }
                    @if !wish.until.is_empty() && wish.until < self.today { " " (Tag::new(Tone::Danger, "over")) }
                }
            }
        }
    }

    fn contact(&self, wish: &Wish) -> Markup {
        html! {
            @match wish.contacts.last() {
                Some(last) => {
                    (last.said()) ", " (ago(last.at.get(..10).unwrap_or_default(), &self.today))
                    @if wish.contacts.len() > 1 { span.soft { " (" (wish.contacts.len()) " in all)" } }
                }
                None => span.soft { "not yet" }
            }
        }
    }

    fn table(&self) -> Table {
        let days = match self.list {
            List::Waiting => "Days",
            List::Recalls => "Due",
        };
        let columns = [
            Column::text("Patient"),
            Column::text("What"),
            Column::text("With"),
            Column::text(days),
            Column::text("Contacted"),
            Column::text("Since"),
        ];
        let mut table = Table::new(self.list.title(), &columns).under_heading();
        for wish in &self.all {
            let since = wish.since.get(..10).unwrap_or_default();
            table.row(vec![
                html! { a href=(wish.path()) { (wish.patient.1) } },
                html! { (wish.what) @if !wish.comment.is_empty() { p.soft.small { (wish.comment) } } },
                html! { @match &wish.with { Some((_, name)) => (name), None => "anybody" } },
                self.days(wish),
                self.contact(wish),
                html! { (ago(since, &self.today)) },
            ]);
        }
        table
    }
}

impl View for Wishes {
    fn page(&self, _: &Csrf) -> Page {
        let tab = |list: List| Tab::new(list.title(), list.path());
        let tabs = vec![
            Tab::new("Calendar", HERE),
            tab(List::Waiting),
            tab(List::Recalls),
        ];
        let (lead, none) = match self.list {
            List::Waiting => (
                "Who would come as soon as a time becomes free. When an appointment is cancelled, those whom its time fits are shown there.",
                "Nobody waits for a time.",
            ),
            List::Recalls => (
                "Who is to come again by a day. Call or write to them, and book.",
                "Nobody is to be called back.",
            ),
        };
        let body = html! {
            (Tabs::new("Appointments to be made", tabs, self.list.path()))
            @if self.all.is_empty() { (Empty::new(none, "Somebody is put on the list from their chart, or while booking.")) }
            @else { (self.table()) }
        };
        Page::new(self.list.title(), body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Calendar", HERE)])
            .lead(lead)
            .acts(html! { (Link::primary("Put somebody on the list", [HERE, "/new?list=", self.list.code()].concat())) })
    }

    fn samples() -> Vec<Self> {
        let sample = |list, all| Self {
            list,
            all,
            today: "2026-03-04".into(),
            soon: "2026-04-03".into(),
        };
        vec![
            sample(List::Waiting, vec![super::wish::sample(List::Waiting)]),
            sample(List::Recalls, vec![super::wish::sample(List::Recalls)]),
            sample(List::Recalls, Vec::new()),
        ]
    }
}

//! `GET /admin/break-glass`: the queue, most urgent first; with `?all` also what is settled.

use aceso_base::Instant;
use aceso_store::{Break, BreakList};
use aceso_web::page::{Banner, Column, Csrf, Empty, Page, Tab, Table, Tabs, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, path, state};
use crate::Staff;
use crate::fault::fault;
use crate::patient::emergency::reason;
use crate::words::when;

const ALL: &str = "/admin/break-glass?all=1";

/// The queue.
pub(crate) struct Breaks {
    breaks: Vec<Break>,
    list: BreakList,
    now: Instant,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let list = match ask.query("all") {
        Some(_) => BreakList::All,
        None => BreakList::Unreviewed,
    };
    let page = Breaks {
        breaks: staff
            .store()
            .breaks(ask.caller()?, list)
            .await
            .map_err(fault)?,
        list,
        now: staff.store().now(),
        done: match ask.query("done") {
            Some("reviewed") => Some("The review is kept"),
            Some(_) | None => None,
        },
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Breaks {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Opened"),
            Column::text("By"),
            Column::text("Patient"),
            Column::text("Reason"),
            Column::text("Review"),
        ];
        let mut table = Table::new("Emergency accesses", &columns).under_heading();
        for one in &self.breaks {
            table.row(vec![
                html! {
                    a href=(path(&one.id)) { (when(one.opened)) }
                    @if one.is_open(self.now) { " " (Tag::new(Tone::Danger, "open now")) }
                },
                html! { (one.name) },
                html! { span.mono { (one.patient) } },
                html! { (maud::words(reason(one.reason))) },
                html! { (state(one, self.now)) },
            ]);
        }
        let here = match self.list {
            BreakList::Unreviewed => HERE,
            BreakList::All => ALL,
        };
        let tabs = Tabs::new(
            "Emergency access",
            vec![Tab::new("To be reviewed", HERE), Tab::new("All", ALL)],
            here,
        );
        let body = html! {
            (tabs)
            @if table.is_empty() {
                (Empty::new("Nothing to review", "When somebody opens a chart in an emergency, you get a notice, and it is listed here."))
            } @else { (table) }
        };
        let page = Page::new("Emergency access", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead(
                "Charts that were opened with a reason. Each is reviewed within two business days.",
            );
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let one = crate::patient::emergency::sample();
        let now = one.due.plus_millis(3_600_000);
        let full = Self {
            breaks: vec![one],
            list: BreakList::Unreviewed,
            now,
            done: Some("The review is kept"),
        };
        let empty = Self {
            breaks: Vec::new(),
            list: BreakList::All,
            now,
            done: None,
        };
        vec![full, empty]
    }
}

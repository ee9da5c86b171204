//! `GET /admin/cases`: what nobody has decided yet, the surest first; with `?all` also the rest.

use aceso_store::{CaseList, InsiderCase};
use aceso_web::page::{Banner, Column, Csrf, Empty, Page, Tab, Table, Tabs, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, path, rules, state, sureness};
use crate::Staff;
use crate::fault::fault;
use crate::words::day;

const ALL: &str = "/admin/cases?all=1";

/// The queue.
pub(crate) struct Cases {
    cases: Vec<InsiderCase>,
    list: CaseList,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let list = match ask.query("all") {
        Some(_) => CaseList::All,
        None => CaseList::Open,
    };
    let cases = staff.store().insider_cases(ask.caller()?, list).await;
    let page = Cases {
        cases: cases.map_err(fault)?,
        list,
        done: match ask.query("done") {
            Some("decided") => Some("The decision is kept"),
            Some(_) | None => None,
        },
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Cases {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Person"),
            Column::text("Week of"),
            Column::text("Why"),
            Column::text("How sure"),
            Column::text("Review"),
        ];
        let mut table = Table::new("Cases", &columns).under_heading();
        for case in &self.cases {
            table.row(vec![
                html! { a href=(path(&case.id)) { (case.name) } },
                html! { (day(case.week)) },
                html! { span.tags { @for rule in rules(&case.reasons) { (Tag::plain(rule.title())) " " } } },
                html! { (sureness(case.score)) },
                html! { (state(case)) },
            ]);
        }
        let here = match self.list {
            CaseList::Open => HERE,
            CaseList::All => ALL,
        };
        let tabs = Tabs::new(
            "Unexplained access",
            vec![Tab::new("To be reviewed", HERE), Tab::new("All", ALL)],
            here,
        );
        let body = html! {
            (tabs)
            @if table.is_empty() {
                (Empty::new("Nothing to review", "Every night, accesses to patients' records are compared with appointments, visits, orders and messages. What nothing explains and looks odd is listed here."))
            } @else { (table) }
        };
        let page = Page::new("Unexplained access", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("One case for a person and a week. It is a question, not a verdict: many have an answer that is not written down.");
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let full = Self {
            cases: vec![super::sample()],
            list: CaseList::Open,
            done: Some("The decision is kept"),
        };
        let empty = Self {
            cases: Vec::new(),
            list: CaseList::All,
            done: None,
        };
        vec![full, empty]
    }
}

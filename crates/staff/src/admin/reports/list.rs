//! `GET /admin/reports`: which reports there are.

use aceso_store::{AuditReport, AuditReview};
use aceso_web::page::{Banner, Column, Csrf, Link, Page, Table, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{html, words};

use super::{HERE, REVIEWS, scheduled};
use crate::Staff;
use crate::fault::fault;

/// The reports.
pub(crate) struct Reports {
    open: usize,
    overdue: usize,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let store = staff.store();
    let weeks = store.audit_reviews(ask.caller()?).await.map_err(fault)?;
    let now = store.now();
    let count = |of: &dyn Fn(&AuditReview) -> bool| weeks.iter().filter(|w| of(w)).count();
    let page = Reports {
        open: count(&|w| w.signed.is_none()),
        overdue: count(&|w| w.is_overdue(now)),
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Reports {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [Column::text("Report"), Column::text("What it tells")];
        let mut table = Table::new("Reports", &columns).under_heading();
        for report in AuditReport::ALL {
            table.row(vec![
                html! { a href=(format!("{HERE}/{}", report.name())) { (words(report.title())) } },
                html! { (words(report.about())) },
            ]);
        }
        let waiting = match self.open {
            0 => crate::words::say("Every week is signed off.", &[]),
            many => crate::words::counted(
                u64::try_from(many).unwrap_or(u64::MAX),
                "{0} week waits for its review.",
                "{0} weeks wait for their review.",
                &[],
            ),
        };
        let body = html! {
            (table)
            h2 { "Made by themselves" }
            p { "Any of these can be made for every week or every month." }
            div.row { (Link::secondary("Scheduled reports", scheduled::HERE)) }
            h2 { "Weekly review" }
            p { (waiting) }
            div.row { (Link::secondary("Review", REVIEWS)) }
        };
        let page = Page::new("Reports", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("From the audit log, which nobody can change. Each report that is opened is itself logged.");
        if self.overdue > 0 {
            let title = crate::words::counted(
                u64::try_from(self.overdue).unwrap_or(u64::MAX),
                "{0} weekly review is overdue",
                "{0} weekly reviews are overdue",
                &[],
            );
            page.notice(
                Banner::new(Tone::Danger, title).text("A week is to be signed off within a week."),
            )
        } else {
            page
        }
    }

    fn samples() -> Vec<Self> {
        vec![
            Self {
                open: 0,
                overdue: 0,
            },
            Self {
                open: 3,
                overdue: 2,
            },
        ]
    }
}

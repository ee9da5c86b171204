//! `/reports`: every report in the cases that one may see, the latest first; found by words and by what was made of them.

use aceso_desk::When;
use aceso_store::{ListPlace, Listed, ReportLine, ReportQuestion, VerdictIs};
use aceso_web::page::{Column, Csrf, Empty, Field, Layout, Link, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::cases::{self, Place, choice, of, pages, searched};
use crate::DeskWeb;
use crate::fault::fault;

/// The address of the list.
pub(crate) const HERE: &str = "/reports";

/// The list.
pub(crate) struct Reports {
    found: Listed<ReportLine>,
    asked: ReportQuestion,
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let asked = ReportQuestion {
        words: searched(&ask),
        verdict: of(&ask, "verdict", VerdictIs::of_name),
        after: ask.query("after").and_then(ListPlace::read),
    };
    let found = web.desk().reports(ask.caller()?, asked.clone()).await;
    let found = found.map_err(fault)?;
    Ok(Reply::page(&ask, &Reports { found, asked }))
}

const fn verdict(of: VerdictIs) -> &'static str {
    match of {
        VerdictIs::Any => "Any",
        VerdictIs::Open => "Not judged yet",
        VerdictIs::Valid => "Valid",
        VerdictIs::Invalid => "Not a vulnerability",
        VerdictIs::Duplicate => "Duplicate",
    }
}

fn tag(of: VerdictIs) -> Tag {
    let tone = match of {
        VerdictIs::Any | VerdictIs::Open => return Tag::new(Tone::Warning, verdict(of)),
        VerdictIs::Valid => Tone::Good,
        VerdictIs::Invalid | VerdictIs::Duplicate => return Tag::plain(verdict(of)),
    };
    Tag::new(tone, verdict(of))
}

impl Reports {
    fn filter(&self) -> Markup {
        let asked = &self.asked;
        html! {
            form.filter method="get" action=(HERE) role="search" {
                (Field::search("q", "Number, subject, product or reporter").value(&asked.words))
                (choice(("verdict", "What was made of it"), VerdictIs::ALL, |one| (one.name(), verdict(one)), asked.verdict))
                button.button.secondary type="submit" { "Show" }
            }
        }
    }

    fn table(&self) -> Table {
        let columns = [
            Column::text("Report"),
            Column::text("Subject"),
            Column::text("Sent by"),
            Column::text("Came"),
            Column::text("Case"),
            Column::text("Made of it"),
        ];
        let mut table = Table::new("Reports", &columns).under_heading();
        for report in &self.found.rows {
            let case = format!("{}/{}", cases::HERE, report.case);
            table.row(vec![
                html! { a.nowrap href={ (case) "/reports" } { (report.id) } },
                html! { (report.subject) },
                html! { @if report.sender.is_empty() { span.soft { "no address" } } @else { (report.sender) } },
                html! { span.nowrap { (report.at.said()) } },
                html! { a.nowrap href=(case) { (report.case) } },
                html! { (tag(report.verdict)) },
            ]);
        }
        table
    }
}

impl View for Reports {
    fn page(&self, _: &Csrf) -> Page {
        let next = self.found.next.as_ref().map(ToString::to_string);
        let place = Place {
            total: self.found.total,
            next: next.as_deref(),
            begun: self.asked.after.is_some(),
        };
        let asked = [
            ("q", self.asked.words.as_str()),
            ("verdict", self.asked.verdict.name()),
        ];
        let body = html! {
            (self.filter())
            @if self.found.rows.is_empty() {
                (Empty::new("No report fits", "Reports stand here that came to a case that you may see.").way(Link::secondary("Show all", HERE)))
            } @else { (self.table()) }
            (pages(HERE, &asked, place))
        };
        Page::new("Reports", body)
            .layout(Layout::Wide)
            .here(HERE)
            .lead("What came in, in the cases that you may see. The latest comes first.")
    }

    fn samples() -> Vec<Self> {
        let line = |number: u8, verdict| ReportLine {
            id: format!("R-2026-000{number}"),
            case: "C-2026-0001".into(),
            at: When::from_millis(1_772_625_600_000),
            subject: "A front desk account reads notes".into(),
            sender: if number == 1 {
                String::new()
            } else {
                "fin@finder.example".into()
            },
            verdict,
        };
        let rows = vec![
            line(1, VerdictIs::Open),
            line(2, VerdictIs::Valid),
            line(3, VerdictIs::Duplicate),
        ];
        let one = |rows: Vec<ReportLine>| Self {
            found: Listed {
                total: u64::try_from(rows.len()).unwrap_or(0),
                next: ListPlace::read("-5~R-2026-0001").filter(|_| !rows.is_empty()),
                rows,
            },
            asked: ReportQuestion::default(),
        };
        vec![one(Vec::new()), one(rows)]
    }
}

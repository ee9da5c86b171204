//! `/cases`: what came in and nobody took yet, and the cases that one is in.

use aceso_desk::When;
use aceso_store::CaseLine;
use aceso_web::page::{Button, Column, Csrf, Empty, Form, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::words::{of_key, stage};
use crate::DeskWeb;
use crate::fault::fault;
use crate::public::advisories::severity;

/// The address of the list.
pub(crate) const HERE: &str = "/cases";

/// The list.
pub(crate) struct Cases {
    cases: Vec<CaseLine>,
    now: When,
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let cases = web.desk().cases(ask.caller()?).await.map_err(fault)?;
    let now = web.desk().now();
    Ok(Reply::page(&ask, &Cases { cases, now }))
}

pub(crate) async fn take(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let id = ask.param("case");
    let taken = web.desk().take_case(ask.caller()?, id).await;
    taken.map_err(fault)?;
    Ok(Reply::to_path(&format!("{HERE}/{id}")))
}

/// A time and how far it is, in days or hours.
pub(crate) fn left(due: When, now: When) -> Tag {
    let hours = (due.millis() - now.millis()) / 3_600_000;
    if due <= now {
        Tag::new(Tone::Danger, format!("overdue since {}", due.said()))
    } else if hours < 48 {
        Tag::new(Tone::Warning, format!("{hours} h left, {}", due.said()))
    } else {
        Tag::plain(format!("{} days left, {}", hours / 24, due.date()))
    }
}

impl Cases {
    fn table(&self, caption: &'static str, cases: &[&CaseLine], take: Option<&Csrf>) -> Markup {
        let columns = [
            Column::text("Case"),
            Column::text("About"),
            Column::text("Stage"),
            Column::text("Severity"),
            Column::text("Next deadline"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new(caption, &columns).under_heading();
        for case in cases {
            let at: Option<aceso_desk::case::Stage> = of_key(&case.stage);
            let act = take.map(|csrf| {
                let button =
                    html! { (Button::secondary("Take it").of(case.id.to_string()).small()) };
                Form::post(csrf, format!("{HERE}/{}/take", case.id), button).inline()
            });
            table.row(vec![
                html! { a href={ (HERE) "/" (case.id) } { (case.id) } },
                html! { (case.title) },
                html! { (at.map_or("", stage)) },
                html! { @match &case.severity { Some(said) => (severity(said)), None => span.soft { "not assessed" } } },
                html! { @if let Some(due) = case.due { (left(due, self.now)) } },
                html! { @if let Some(act) = &act { (act) } },
            ]);
        }
        html! { (table) }
    }
}

impl View for Cases {
    fn page(&self, csrf: &Csrf) -> Page {
        let over = |c: &&CaseLine| {
            ["closed", "rejected", "merged", "transferred"].contains(&c.stage.as_str())
        };
        let new: Vec<&CaseLine> = self.cases.iter().filter(|c| !c.taken).collect();
        let mine: Vec<&CaseLine> = self.cases.iter().filter(|c| c.taken && !over(c)).collect();
        let done: Vec<&CaseLine> = self.cases.iter().filter(|c| c.taken && over(c)).collect();
        let body = html! {
            h2 { "Nobody has taken these yet" }
            @if new.is_empty() { (Empty::new("No new reports", "What comes in by the form or by mail stands here until somebody leads it.")) }
            @else { (self.table("New reports", &new, Some(csrf))) }
            h2 { "Your cases" }
            @if mine.is_empty() { (Empty::new("You are in no case", "You see a case once you are in it: its manager adds you.")) }
            @else { (self.table("Your cases", &mine, None)) }
            @if !done.is_empty() { h2 { "Over" } (self.table("Cases that are over", &done, None)) }
        };
        Page::new("Cases", body)
            .here(HERE)
            .lead("Each case is seen by those who are in it, and by nobody else.")
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let line = super::samples::line();
        let mut new = line.clone();
        new.taken = false;
        new.severity = None;
        vec![
            Self {
                cases: Vec::new(),
                now,
            },
            Self {
                cases: vec![line, new],
                now,
            },
        ]
    }
}

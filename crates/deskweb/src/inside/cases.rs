//! `/cases`: what came in and nobody took yet, and the cases that one is in; found by words, by how they stand, page by page.

use aceso_desk::When;
use aceso_store::{
    CaseLine, CaseQuestion, CaseSort, ClockIs, ListPlace, Listed, SeverityIs, StageIs, Whose,
};
use aceso_web::page::{
    Button, Choice, Column, Csrf, Empty, Field, Form, Layout, Link, Page, Pager, Select, Table,
    Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, Reply};
use maud::{Markup, counted, html, say, words};

use super::words::{of_key, stage};
use crate::DeskWeb;
use crate::fault::fault;
use crate::public::advisories::severity;

/// The address of the list.
pub(crate) const HERE: &str = "/cases";
/// So many characters of a search are read.
const LONGEST: usize = 200;

/// The list.
pub(crate) struct Cases {
    found: Listed<CaseLine>,
    asked: CaseQuestion,
    now: When,
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let asked = question(&ask);
    let found = web.desk().cases(ask.caller()?, asked.clone()).await;
    let now = web.desk().now();
    let found = found.map_err(fault)?;
    Ok(Reply::page(&ask, &Cases { found, asked, now }))
}

pub(crate) async fn take(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let id = ask.param("case");
    let taken = web.desk().take_case(ask.caller()?, id).await;
    taken.map_err(fault)?;
    Ok(Reply::to_path(&format!("{HERE}/{id}")))
}

/// What an address asks for; what it does not say, or says wrongly, is as it is without.
fn question(ask: &Ask) -> CaseQuestion {
    CaseQuestion {
        words: searched(ask),
        whose: of(ask, "whose", Whose::of_name),
        stage: of(ask, "stage", StageIs::of_name),
        severity: of(ask, "severity", SeverityIs::of_name),
        clock: of(ask, "clock", ClockIs::of_name),
        sort: of(ask, "sort", CaseSort::of_name),
        after: ask.query("after").and_then(ListPlace::read),
    }
}

/// The words that an address asks for.
pub(crate) fn searched(ask: &Ask) -> String {
    let said = ask.query("q").unwrap_or_default();
    said.trim().chars().take(LONGEST).collect()
}

/// A closed answer of an address.
pub(crate) fn of<T: Default>(ask: &Ask, name: &str, read: impl Fn(&str) -> Option<T>) -> T {
    ask.query(name).and_then(read).unwrap_or_default()
}

/// The same list, from a place on or from its beginning.
fn address(here: &str, asked: &[(&str, &str)], after: Option<&str>) -> String {
    let said = asked.iter().copied().filter(|(_, said)| !said.is_empty());
    let query: Vec<(&str, &str)> = said.chain(after.map(|at| ("after", at))).collect();
    Local::with(here, &query).to_string()
}

/// How much there is, and the way to the rest of it.
pub(crate) fn pages(here: &str, asked: &[(&str, &str)], place: Place<'_>) -> Markup {
    html! {
        @if place.begun { p { (Link::quiet("Back to the first page", address(here, asked, None))) } }
        @match place.next {
            Some(at) => (Pager::new(say("{0} in all", &[&place.total])).after(Some(address(here, asked, Some(at))))),
            None => p.soft.small { (place.total) " in all" },
        }
    }
}

/// Where in a list a page is.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// How many rows there are on all pages.
    pub(crate) total: u64,
    /// Where the next page begins.
    pub(crate) next: Option<&'a str>,
    /// Whether this is a later page than the first.
    pub(crate) begun: bool,
}

/// A time and how far it is, in days or hours.
pub(crate) fn left(due: When, now: When) -> Markup {
    let hours = (due.millis() - now.millis()) / 3_600_000;
    let (how_far, at) = if due <= now {
        (Tag::new(Tone::Danger, "overdue"), due.said())
    } else if hours < 48 {
        (
            Tag::new(Tone::Warning, say("{0} h left", &[&hours])),
            due.said(),
        )
    } else {
        let days = u64::try_from(hours / 24).unwrap_or(0);
        let said = counted(days, "{0} day left", "{0} days left", &[]);
        (Tag::plain(said), due.date())
    };
    html! { (how_far) " " span.small { (at) } }
}

const fn whose(of: Whose) -> &'static str {
    match of {
        Whose::Any => "All that you may see",
        Whose::Mine => "Those that you are in",
        Whose::New => "Those that nobody leads",
    }
}

fn how_far(of: StageIs) -> &'static str {
    match of {
        StageIs::Open => "Not over",
        StageIs::Any => "Any",
        one => of_key(one.name()).map_or("", stage),
    }
}

/// A severity in the list of those to choose from.
pub(crate) const fn how_grave(of: SeverityIs) -> &'static str {
    match of {
        SeverityIs::Any => "Any",
        SeverityIs::Critical => "Critical",
        SeverityIs::High => "High",
        SeverityIs::Medium => "Medium",
        SeverityIs::Low => "Low",
        SeverityIs::None => "Not assessed",
    }
}

const fn clocks(of: ClockIs) -> &'static str {
    match of {
        ClockIs::Any => "Any",
        ClockIs::Over => "Overdue",
        ClockIs::Soon => "Due within 48 hours",
        ClockIs::None => "None runs",
    }
}

const fn order(of: CaseSort) -> &'static str {
    match of {
        CaseSort::Changed => "Changed last",
        CaseSort::Due => "Due first",
        CaseSort::Severity => "Gravest",
        CaseSort::Opened => "Opened last",
        CaseSort::Idle => "Untouched for longest",
    }
}

/// A list of closed answers, one chosen.
pub(crate) fn choice<T: Copy>(
    (name, label): (&'static str, &'static str),
    all: &[T],
    said: impl Fn(T) -> (&'static str, &'static str),
    chosen: T,
) -> Select {
    let choices = all.iter().map(|one| {
        let (key, label) = said(*one);
        Choice::new(key, label)
    });
    Select::new(name, label, choices.collect()).chosen(said(chosen).0)
}

impl Cases {
    /// What was asked for, for the address of another page.
    fn asked(&self) -> [(&'static str, &str); 6] {
        let asked = &self.asked;
        [
            ("q", asked.words.as_str()),
            ("whose", asked.whose.name()),
            ("stage", asked.stage.name()),
            ("severity", asked.severity.name()),
            ("clock", asked.clock.name()),
            ("sort", asked.sort.name()),
        ]
    }

    fn filter(&self) -> Markup {
        let asked = &self.asked;
        html! {
            form.filter method="get" action=(HERE) role="search" {
                (Field::search("q", "Number, title, product, reporter or id elsewhere").value(&asked.words))
                (choice(("whose", "Whose"), Whose::ALL, |one| (one.name(), whose(one)), asked.whose))
                (choice(("stage", "Stage"), StageIs::ALL, |one| (one.name(), how_far(one)), asked.stage))
                (choice(("severity", "Severity"), SeverityIs::ALL, |one| (one.name(), how_grave(one)), asked.severity))
                (choice(("clock", "Next deadline"), ClockIs::ALL, |one| (one.name(), clocks(one)), asked.clock))
                (choice(("sort", "Sorted by"), CaseSort::ALL, |one| (one.name(), order(one)), asked.sort))
                button.button.secondary type="submit" { "Show" }
            }
        }
    }

    fn table(&self, csrf: &Csrf) -> Table {
        let columns = [
            Column::text("Case"),
            Column::text("About"),
            Column::text("Stage"),
            Column::text("Severity"),
            Column::text("Next deadline"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("Cases", &columns).under_heading();
        for case in &self.found.rows {
            let at: Option<aceso_desk::case::Stage> = of_key(&case.stage);
            let act = (!case.taken).then(|| {
                let button = Button::secondary("Take it").of(case.id.to_string()).small();
                Form::post(csrf, format!("{HERE}/{}/take", case.id), html! { (button) }).inline()
            });
            table.row(vec![
                html! { a.nowrap href={ (HERE) "/" (case.id) } { (case.id) } },
                html! { (case.title) },
                html! { (words(at.map_or("", stage))) @if !case.taken { " " (Tag::new(Tone::Info, "nobody leads it")) } },
                html! { @match &case.severity { Some(said) => (severity(said)), None => span.soft { "not assessed" } } },
                html! { @if let Some(due) = case.due { (left(due, self.now)) } },
                html! { @if let Some(act) = &act { (act) } },
            ]);
        }
        table
    }

    fn empty(&self) -> Empty {
        if self.asked == CaseQuestion::default() {
            Empty::new(
                "No case is open",
                "What comes in by the form or by mail stands here until somebody leads it. You see a case once you are in it: its manager adds you.",
            )
        } else {
            Empty::new("No case fits", "Try fewer words, or another stage.")
                .way(Link::secondary("Show what is open", HERE))
        }
    }
}

impl View for Cases {
    fn page(&self, csrf: &Csrf) -> Page {
        let next = self.found.next.as_ref().map(ToString::to_string);
        let place = Place {
            total: self.found.total,
            next: next.as_deref(),
            begun: self.asked.after.is_some(),
        };
        let body = html! {
            (self.filter())
            @if self.found.rows.is_empty() { (self.empty()) } @else { (self.table(csrf)) }
            (pages(HERE, &self.asked(), place))
        };
        Page::new("Cases", body)
            .layout(Layout::Wide)
            .here(HERE)
            .lead("Each case is seen by those who are in it, and by nobody else.")
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let line = super::samples::line();
        let mut new = line.clone();
        new.taken = false;
        new.severity = None;
        let one = |rows: Vec<CaseLine>, asked| Self {
            found: Listed {
                total: u64::try_from(rows.len()).unwrap_or(0),
                next: ListPlace::read("-5~C-2026-0001").filter(|_| !rows.is_empty()),
                rows,
            },
            asked,
            now,
        };
        let narrow = CaseQuestion {
            words: "front desk".into(),
            whose: Whose::New,
            after: ListPlace::read("-9~C-2026-0009"),
            ..CaseQuestion::default()
        };
        vec![
            one(Vec::new(), CaseQuestion::default()),
            one(Vec::new(), narrow.clone()),
            one(vec![line, new], narrow),
        ]
    }
}

//! `GET /patients/{patient}/results`: laboratory results, a row for each test and a column for each day; and
//! `/patients/{patient}/results/{code}`: one test over time.

use aceso_clinic::Level;
use aceso_web::page::{
    Card, Column, Crumb, Csrf, Curve, Empty, Page, Pager, Plot, Stroke, Table, Tag, Text, Tone,
    View, say, words,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::path;
use super::record::{Start, Wanted};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::measured::tone;
use crate::chart::result::{Answer, Test, tests};
use crate::words::{fhir_day, is_fhir_day};

/// The grid.
pub(crate) struct Results {
    top: Top,
    tests: Vec<Test>,
    /// The days of the columns, the newest first.
    days: Vec<String>,
    /// The day before which the next page begins, and whether this is the first.
    next: Option<String>,
    start: Start,
}

/// So many results are read for a page, and so many days stand side by side.
const READ: u32 = 300;
const DAYS: usize = 5;

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let before = ask.query("before").filter(|day| is_fhir_day(day));
    let mut wanted = Wanted::laboratory(READ);
    if let Some(day) = before {
        wanted = wanted.with("date", ["lt", day].concat());
    }
    let mut opened = open(&staff, &ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    let mut tests = tests(&found.matches, opened.birth(), opened.sex());
    let (days, next) = days(&tests, found.next.as_deref());
    tests.retain(|t| {
        t.answers
            .iter()
            .any(|a| days.iter().any(|day| a.at.starts_with(day.as_str())))
    });
    let page = Results {
        top: opened.top,
        tests,
        days,
        next,
        start: Start::at(before),
    };
    Ok(Reply::page(&ask, &page))
}

/// The days that stand side by side, the newest first, and where the older ones begin. When there is more than was read,
/// the last day that was read may be cut: it waits for the next page.
fn days(tests: &[Test], rest: Option<&str>) -> (Vec<String>, Option<String>) {
    let more = rest.is_some();
    let mut days: Vec<String> = tests
        .iter()
        .flat_map(|t| &t.answers)
        .map(|a| day(&a.at))
        .collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.dedup();
    if more && days.len() > 1 {
        days.pop();
    }
    let older = more || days.len() > DAYS;
    days.truncate(DAYS);
    let next = days.last().filter(|_| older).cloned();
    (days, next)
}

fn day(at: &str) -> String {
    at.get(..10).unwrap_or(at).to_owned()
}

/// A value with its mark: the colour only repeats the word.
fn marked(answer: &Answer) -> Markup {
    match answer.level.and_then(|level| Some((level, tone(level)?))) {
        Some((level, tone)) => {
            html! { strong { (answer.text) } " " (Tag::new(tone, short(level))) }
        }
        None => html! { (answer.text) },
    }
}

/// Where a value lies, in the laboratory's letter.
const fn short(level: Level) -> &'static str {
    match level {
        Level::CriticallyLow => "LL critical",
        Level::Low => "L",
        Level::Normal => "",
        Level::High => "H",
        Level::CriticallyHigh => "HH critical",
    }
}

impl Results {
    fn grid(&self) -> Markup {
        let base = [&path(self.top.id()), "/results/"].concat();
        html! {
            div.table.grid-table tabindex="0" role="region" aria-label="Results by day" {
                table role="table" {
                    caption.hidden { "Results by day, the newest first" }
                    thead role="rowgroup" { tr role="row" {
                        th role="columnheader" scope="col" { "Test" }
                        th role="columnheader" scope="col" { "Normal" }
                        @for day in &self.days { th.end role="columnheader" scope="col" { (fhir_day(day)) } }
                        th role="columnheader" scope="col" { "Trend" }
                    } }
                    tbody role="rowgroup" {
                        @for test in &self.tests { (self.row(test, &base)) }
                    }
                }
            }
        }
    }

    fn row(&self, test: &Test, base: &str) -> Markup {
        let plain = !test.code.is_empty()
            && test
                .code
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let normal = [test.range.as_str(), " ", &test.unit].concat();
        html! {
            tr role="row" {
                th role="rowheader" scope="row" data-label="Test" { div {
                    @if plain { a href={ (base) (test.code) } { (test.name) } } @else { (test.name) }
                } }
                td role="cell" data-label="Normal" { div.soft.small title=[Some(test.source).filter(|s| !s.is_empty())] { bdi { (normal.trim()) } @if let Some(note) = test.note { br; (words(note)) } } }
                @for day in &self.days {
                    @let at: Vec<&Answer> = test.answers.iter().filter(|a| a.at.starts_with(day.as_str())).collect();
                    td.end role="cell" data-label=(fhir_day(day)) { div { @for (n, answer) in at.iter().enumerate() { @if n > 0 { br; } (marked(answer)) } } }
                }
                td role="cell" data-label="Trend" { div { (test.spark()) @if let Some(trend) = test.trend() { " " span.soft.small { (words(trend)) } } } }
            }
        }
    }
}

impl View for Results {
    fn page(&self, csrf: &Csrf) -> Page {
        let here = [&path(self.top.id()), "/results"].concat();
        let after = self.next.as_ref().map(|mark| {
            aceso_web::site::Local::with(&here, &[("before", mark)])
                .as_str()
                .to_owned()
        });
        let before = (self.start == Start::Older).then(|| here.clone());
        let shown = match (self.days.last(), self.days.first()) {
            (Some(first), Some(last)) => say("{0} to {1}", &[&fhir_day(first), &fhir_day(last)]),
            _ => String::new(),
        };
        let body = html! {
            @if self.tests.is_empty() {
                (Empty::new("No laboratory results", "There are none that you can see."))
            } @else {
                (self.grid())
                @if before.is_some() || after.is_some() { (Pager::new(shown).before(before).after(after)) }
            }
        };
        self.top.page(csrf, "/results", body)
    }

    fn samples() -> Vec<Self> {
        let full = Self {
            top: Top::sample(),
            tests: vec![sample()],
            days: vec!["2026-03-01".into(), "2025-03-01".into()],
            next: Some("2025-03-01".into()),
            start: Start::Older,
        };
        let none = Self {
            top: Top::sample(),
            tests: Vec::new(),
            days: Vec::new(),
            next: None,
            start: Start::Newest,
        };
        vec![full, none]
    }
}

fn sample() -> Test {
    let answer = |at: &str, value: f64, level| Answer {
        at: at.into(),
        text: format!("{value}"),
        value: Some(value),
        level: Some(level),
    };
    Test {
        code: "6298-4".into(),
        name: "Potassium".into(),
        unit: "mmol/L".into(),
        range: "3.5–5".into(),
        source: "NBME",
        note: Some("age unknown: adult limits"),
        answers: vec![
            answer("2026-03-01", 6.3, Level::CriticallyHigh),
            answer("2025-03-01", 4.1, Level::Normal),
        ],
    }
}

/// One test over time.
pub(crate) struct OneTest {
    top: Top,
    test: Test,
}

/// `GET /patients/{patient}/results/{code}`
pub(crate) async fn one(staff: Staff, ask: Ask) -> Outcome {
    let wanted = Wanted::new("Observation")
        .with("code", crate::find::escaped(ask.param("code")))
        .with("_sort", "-date")
        .most(200);
    let mut opened = open(&staff, &ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    let mut tests = tests(&found.matches, opened.birth(), opened.sex()).into_iter();
    let test = tests.next().ok_or(PageFault::Missing)?;
    Ok(Reply::page(
        &ask,
        &OneTest {
            top: opened.top,
            test,
        },
    ))
}

/// Values over days, with marks for the first and last day and the middle.
pub(crate) fn over_time(
    title: impl Into<Text>,
    unit: &str,
    points: &[(String, f64)],
) -> Option<Plot> {
    let (first, last) = (points.first()?, points.last()?);
    let days = |at: &str| aceso_clinic::days_between(&first.0, at).map(f64::from);
    let end = days(&last.0)?.max(1.0);
    let curve = Curve {
        stroke: Stroke::Values,
        label: String::new(),
        points: points
            .iter()
            .filter_map(|(at, v)| Some((days(at)?, *v)))
            .collect(),
    };
    let plot = Plot::new(title, unit, (0.0, end)).tick(0.0, fhir_day(&first.0));
    let plot = if points.len() > 1 {
        plot.tick(end, fhir_day(&last.0))
    } else {
        plot
    };
    Some(plot.curve(curve))
}

/// The ends of a range that was written for people: `3.5–5`.
fn ends(range: &str) -> Option<(f64, f64)> {
    let (low, high) = range.split_once('–')?;
    Some((low.parse().ok()?, high.parse().ok()?))
}

impl View for OneTest {
    fn page(&self, csrf: &Csrf) -> Page {
        let test = &self.test;
        let points: Vec<(String, f64)> = test
            .answers
            .iter()
            .rev()
            .filter_map(|a| Some((a.at.clone(), a.value?)))
            .collect();
        let plot = over_time(say("{0} over time", &[&test.name]), &test.unit, &points);
        let plot = plot.map(|plot| match ends(&test.range) {
            Some((low, high)) => plot.band(low, high),
            None => plot,
        });
        let columns = [
            Column::text("Day"),
            Column::number("Value"),
            Column::text("Where"),
        ];
        let mut table = Table::new("All values", &columns).under_heading();
        for answer in &test.answers {
            let level = answer.level.and_then(|l| Some((l, tone(l)?)));
            table.row(vec![
                html! { (fhir_day(&answer.at)) },
                html! { (answer.text) " " bdi.soft.small { (test.unit) } },
                html! { @if let Some((level, tone)) = level { (Tag::new(tone, level.word())) } },
            ]);
        }
        let body = html! {
            @if let Some(plot) = plot { section.card { h2 { "Over time" } (plot)
                @if !test.range.is_empty() { p.soft.small { "Normal: " bdi { (test.range) " " (test.unit) } " (" bdi { (test.source) } ")" } }
                @if let Some(note) = test.note { p.small { (Tag::new(Tone::Warning, note)) } }
            } }
            (Card::new("All values", html! { (table) }))
        };
        let base = path(self.top.id());
        let page = self.top.form(csrf, &test.name, body);
        page.crumbs(vec![
            Crumb::new("Patients", super::HERE),
            Crumb::new("Chart", base.clone()),
            Crumb::new("Results", [&base, "/results"].concat()),
        ])
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            top: Top::sample(),
            test: sample(),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_day_is_skipped_between_two_pages_and_none_is_cut() {
        let level = || Some(Level::Normal);
        let answer = |at: &str| Answer {
            at: at.into(),
            text: "1".into(),
            value: Some(1.0),
            level: level(),
        };
        let days_of = ["09", "08", "07", "06", "05", "04", "03"].map(|d| format!("2026-03-{d}"));
        let test = |days: &[String]| Test {
            answers: days.iter().map(|d| answer(d)).collect(),
            ..sample()
        };
        let check = |days: &[String], rest, shown: usize, next: Option<&str>| {
            let found = super::days(&[test(days)], rest);
            assert_eq!(
                (found.0.as_slice(), found.1.as_deref()),
                (&days_of[..shown], next)
            );
        };
        check(&days_of, None, 5, Some("2026-03-05"));
        check(&days_of[..3], Some("m"), 2, Some("2026-03-08"));
        check(&days_of[..1], Some("m"), 1, Some("2026-03-09"));
        check(&days_of[..3], None, 3, None);
    }
}

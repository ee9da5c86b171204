//! The chart beside a form: what one looks at while one writes.

use aceso_fhir::Value;
use aceso_web::page::{Card, Entries, Entry, Measured, Readings, Tag};
use maud::{Markup, Render, html};

use super::record::{Found, Wanted};
use super::top::Opened;
use crate::chart::entry::{condition, is_mistake, medication};
use crate::chart::measured::{header, series};
use crate::chart::result::tests;
use crate::chart::story;

/// So many tests stand beside a form.
const TESTS: usize = 12;

/// What stands beside it.
#[derive(Default)]
pub(crate) struct Beside {
    vitals: Vec<Measured>,
    problems: Vec<Entry>,
    medications: Vec<Entry>,
    results: Vec<Entry>,
    papers: Vec<Entry>,
}

impl Beside {
    /// What has to be asked for.
    pub(crate) fn wanted() -> Vec<Wanted> {
        vec![
            Wanted::new("Condition")
                .with("_sort", "-onset-date")
                .most(100),
            Wanted::prescribed(60),
            Wanted::taken(40),
            Wanted::measured(60),
            Wanted::laboratory(60),
            Wanted::new("Composition")
                .with("_sort", "-date")
                .with("_include", "Composition:author")
                .most(4),
        ]
    }

    /// From what [`Beside::wanted`] found, which comes next.
    pub(crate) fn take(opened: &mut Opened) -> Self {
        let mut take = || opened.take().unwrap_or_default();
        let (problems, ordered, stated) = (take(), take(), take());
        let (measured, laboratory, notes) = (take(), take(), take());
        let vitals = header(&series(&measured.matches, opened.birth()), &opened.today);
        let tests = tests(&laboratory.matches, opened.birth(), opened.sex());
        let results = tests.iter().take(TESTS);
        let results = results.filter_map(|test| test.latest(&opened.today));
        let real = |found: &Found, line: &dyn Fn(&Value) -> Entry| -> Vec<Entry> {
            let all = found.matches.iter().filter(|d| !is_mistake(d));
            all.map(line).collect()
        };
        let current = problems.matches.iter();
        let current = current.filter(|d| !is_mistake(d) && story::is_current(d));
        let mut medications = real(&ordered, &|d| medication(d, &ordered.along).entry());
        medications.extend(real(&stated, &|d| {
            medication(d, &[]).entry().tag(Tag::plain("as told"))
        }));
        Self {
            vitals,
            problems: current.map(|d| condition(d).entry()).collect(),
            medications,
            results: results.collect(),
            papers: real(&notes, &|d| story::paper(d, &notes)),
        }
    }
}

impl Render for Beside {
    fn render(&self) -> Markup {
        let card = |title: &'static str, lines: &[Entry], none: &'static str| {
            let body = html! {
                @if lines.is_empty() { p.soft { (maud::words(none)) } } @else { (Entries::new(lines.to_vec())) }
            };
            Card::new(title, body)
        };
        html! {
            @if !self.vitals.is_empty() { (Readings::new("Latest vital signs", self.vitals.clone())) }
            div.sections {
                (card("Problems", &self.problems, "No active problems that you can see."))
                (card("Medications", &self.medications, "No current medications that you can see."))
                @if !self.results.is_empty() { (card("Results", &self.results, "")) }
                @if !self.papers.is_empty() { (card("Notes", &self.papers, "")) }
            }
        }
    }
}

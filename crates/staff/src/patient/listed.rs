//! A chart's list of resources of a type, each with the way to its form: those that count now, and earlier ones.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Card, Entries, Entry};
use aceso_web::site::{Ask, PageFault};
use maud::{html, words};

use super::path;
use super::record::Found;
use super::save::{may, may_add};
use super::sheet::Record;
use crate::Staff;
use crate::chart::entry::is_mistake;

/// The list.
#[derive(Default)]
pub(crate) struct Listed {
    now: Vec<Entry>,
    past: Vec<Entry>,
    /// Where the reader adds to it, if they may.
    add: Option<String>,
}

impl Listed {
    /// What was found, each as its type's line says it.
    pub(crate) fn of<R: Record>(
        staff: &Staff,
        ask: &Ask,
        found: &Found,
        is_now: impl Fn(&Value) -> bool,
    ) -> Result<Self, PageFault> {
        Self::saying::<R>(staff, ask, found, is_now, R::line)
    }

    /// What was found, each in words of the page's own.
    pub(crate) fn saying<R: Record>(
        staff: &Staff,
        ask: &Ask,
        found: &Found,
        is_now: impl Fn(&Value) -> bool,
        says: impl Fn(&Value) -> Entry,
    ) -> Result<Self, PageFault> {
        let base = [&path(ask.of_patient()?), "/", R::PLACE, "/"].concat();
        let may = may(staff, ask, Action::Update, R::KIND)?;
        let line = |d: &Value| match d.id().filter(|_| may) {
            Some(id) => says(d).to([&base, id].concat()),
            None => says(d),
        };
        let real = found.matches.iter().filter(|d| !is_mistake(d));
        let (now, past): (Vec<&Value>, Vec<&Value>) = real.partition(|d| is_now(d));
        let add = may_add(staff, ask, R::KIND)?;
        Ok(Self {
            now: now.into_iter().map(line).collect(),
            past: past.into_iter().map(line).collect(),
            add: add.then(|| [&base, "new"].concat()),
        })
    }

    /// As a card: `of` says what is added, `none` stands for an empty list.
    pub(crate) fn card(&self, title: &'static str, of: &'static str, none: &'static str) -> Card {
        let past = crate::words::say("{0} earlier", &[&self.past.len()]);
        let body = html! {
            @if self.now.is_empty() { p.soft { (words(none)) } } @else { (Entries::new(self.now.clone())) }
            @if !self.past.is_empty() { details { summary { (past) } (Entries::new(self.past.clone())) } }
        };
        let card = Card::new(title, body);
        match &self.add {
            Some(to) => card.act("Add", of, to),
            None => card,
        }
    }

    /// One for samples.
    pub(crate) fn sample(line: &str) -> Self {
        Self {
            now: vec![Entry::new(line)],
            past: vec![Entry::new(line)],
            add: Some("/patients/p1/goals/new".into()),
        }
    }
}

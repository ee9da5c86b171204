//! What was typed, weighed: which items are asked, what they hold, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::Instant;

use super::{Answer, Form, Item, Kind, Slot, Typed, answer, enable, expression};
use crate::Value;

/// What is in one place of a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The answers.
    pub answers: Vec<Answer>,
    /// What is wrong, in words for whoever fills it in.
    pub problem: Option<String>,
}

/// A form filled in, complete or not.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    entries: BTreeMap<Slot, Entry>,
    on: BTreeSet<Slot>,
    missing: BTreeMap<Slot, String>,
}

/// Weighs what was typed. Computed items are computed again until nothing changes.
pub fn fill(form: &Form, typed: &Typed, patient: Option<&Value>, now: Instant) -> Filled {
    let mut filled = Filled {
        entries: typed
            .slots(form)
            .into_iter()
            .filter_map(|slot| {
                let entry = entry(form.item(slot.item)?, typed, &slot);
                Some((slot, entry))
            })
            .collect(),
        ..Filled::default()
    };
    let computed = form.items.iter().filter(|i| i.is_computed()).count();
    for _ in 0..=computed.min(30) {
        filled.on = enable::enabled(form, &filled.entries);
        if computed == 0 || !filled.compute(form, patient, now) {
            break;
        }
    }
    filled.missing = filled.look_for_missing(form);
    filled
}

fn entry(item: &Item, typed: &Typed, slot: &Slot) -> Entry {
    let mut entry = Entry::default();
    if item.is_computed() {
        return entry;
    }
    let said = typed
        .values(slot)
        .iter()
        .map(|text| answer::parse(item, text));
    for one in said.chain([answer::other(item, typed.other(slot))]) {
        match one {
            Ok(Some(answer)) if !entry.answers.iter().any(|a| a.same(&answer)) => {
                entry.answers.push(answer);
            }
            Ok(_) => {}
            Err(problem) => entry.problem = Some(problem),
        }
    }
    if entry.answers.len() > 1 && !item.repeats {
        entry.problem = Some("One answer only".to_owned());
    }
    entry
}

impl Filled {
    /// Whether something changed.
    fn compute(&mut self, form: &Form, patient: Option<&Value>, now: Instant) -> bool {
        let response = self.response(form, None);
        let mut changed = false;
        for (slot, entry) in &mut self.entries {
            let Some(item) = form.item(slot.item).filter(|i| i.is_computed()) else {
                continue;
            };
            let answers = expression::computed(item, &response, patient, now);
            if answers != entry.answers {
                entry.answers = answers;
                changed = true;
            }
        }
        changed
    }

    fn look_for_missing(&self, form: &Form) -> BTreeMap<Slot, String> {
        let mut missing = BTreeMap::new();
        for slot in &self.on {
            let Some(item) = form.item(slot.item) else {
                continue;
            };
            let first = slot.path.last().is_none_or(|at| *at == 0) || !item.comes_often();
            if !item.required || item.is_computed() || !first || self.has_answer(form, slot) {
                continue;
            }
            match item.kind {
                Kind::Display => {}
                Kind::Group => {
                    let inside = |at: &&Slot| {
                        let asks = form.item(at.item).is_some_and(|i| i.kind.asks());
                        asks && is_in(form, at, slot)
                    };
                    if let Some(at) = self.on.iter().find(inside) {
                        missing.insert(at.clone(), "Answer one of these at least".to_owned());
                    }
                }
                kind if kind.chooses() => {
                    missing.insert(slot.clone(), "Choose an answer".to_owned());
                }
                _ => {
                    missing.insert(slot.clone(), "This has to be answered".to_owned());
                }
            }
        }
        missing
    }

    /// Whether a question, in any of its repetitions here, or something in a group has an answer.
    fn has_answer(&self, form: &Form, slot: &Slot) -> bool {
        let Some(item) = form.item(slot.item) else {
            return false;
        };
        let above = slot
            .path
            .len()
            .saturating_sub(usize::from(item.comes_often()));
        self.on.iter().any(|at| {
            let same = at.item == slot.item && item.kind.asks() && at.shares(slot, above);
            let inside = item.kind == Kind::Group && is_in(form, at, slot);
            (same || inside) && self.entries.get(at).is_some_and(|e| !e.answers.is_empty())
        })
    }

    /// The places that are asked or said, parents before their children.
    pub fn asked(&self) -> impl Iterator<Item = &Slot> {
        self.on.iter()
    }

    /// The places of one item that are asked.
    pub(super) fn of(&self, item: usize) -> impl Iterator<Item = &Slot> {
        self.on.range(Slot::bounds(item))
    }

    /// Whether this place is asked.
    pub fn is_asked(&self, slot: &Slot) -> bool {
        self.on.contains(slot)
    }

    /// What is in this place; nothing where it is not asked.
    pub fn answers(&self, slot: &Slot) -> &[Answer] {
        match self.entries.get(slot) {
            Some(entry) if self.is_asked(slot) => &entry.answers,
            Some(_) | None => &[],
        }
    }

    /// What is typed wrongly, place by place.
    pub fn problems(&self) -> impl Iterator<Item = (&Slot, &str)> {
        let asked = self.entries.iter().filter(|(slot, _)| self.is_asked(slot));
        asked.filter_map(|(slot, entry)| Some((slot, entry.problem.as_deref()?)))
    }

    /// What is missing, place by place.
    pub fn missing(&self) -> impl Iterator<Item = (&Slot, &str)> {
        self.missing.iter().map(|(slot, why)| (slot, why.as_str()))
    }

    /// The answers that are Observations too.
    pub fn observed<'f>(&'f self, form: &'f Form) -> Vec<(&'f Item, &'f Answer)> {
        self.of_items(form, |item| item.observed && item.code.is_some())
    }

    /// The flags that the answers raise, with the answers.
    pub fn raised<'f>(&'f self, form: &'f Form) -> Vec<(&'f str, &'f Answer)> {
        let all = self.of_items(form, |item| item.flag.is_some());
        all.into_iter()
            .filter(|(_, answer)| answer.is_positive())
            .filter_map(|(item, answer)| Some((item.flag.as_deref()?, answer)))
            .collect()
    }

    fn of_items<'f>(
        &'f self,
        form: &'f Form,
        wanted: impl Fn(&Item) -> bool,
    ) -> Vec<(&'f Item, &'f Answer)> {
        let slots = self.on.iter();
        let items = slots.filter_map(|slot| Some((form.item(slot.item)?, slot)));
        items
            .filter(|(item, _)| wanted(item))
            .flat_map(|(item, slot)| self.answers(slot).iter().map(move |a| (item, a)))
            .collect()
    }
}

fn is_in(form: &Form, at: &Slot, group: &Slot) -> bool {
    let mut above = form.item(at.item).and_then(|i| i.parent);
    while let Some(number) = above {
        if number == group.item {
            return at.shares(group, group.path.len());
        }
        above = form.item(number).and_then(|i| i.parent);
    }
    false
}

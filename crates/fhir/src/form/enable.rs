//! Which items are asked, by the answers so far (FHIR R4, `Questionnaire.item.enableWhen`).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Behaviour, Condition, Entry, Form, Operator, Slot};

/// The places that are asked. An answer in a place that is not asked does not count.
pub(super) fn enabled(form: &Form, entries: &BTreeMap<Slot, Entry>) -> BTreeSet<Slot> {
    let mut on = BTreeSet::new();
    for number in &form.order {
        for (slot, _) in entries.range(Slot::bounds(*number)) {
            if is_enabled(form, entries, &on, slot) {
                on.insert(slot.clone());
            }
        }
    }
    on
}

fn is_enabled(
    form: &Form,
    entries: &BTreeMap<Slot, Entry>,
    on: &BTreeSet<Slot>,
    slot: &Slot,
) -> bool {
    let Some(item) = form.item(slot.item) else {
        return false;
    };
    let above = item.parent.is_none_or(|parent| {
        let levels = form.levels(parent).len();
        on.contains(&Slot {
            item: parent,
            path: slot.path.iter().take(levels).copied().collect(),
        })
    });
    if !above {
        return false;
    }
    let mut conditions = item
        .conditions
        .iter()
        .map(|c| holds(c, &answers(form, entries, on, slot, c.question)));
    match item.behaviour {
        Behaviour::All => conditions.all(|holds| holds),
        Behaviour::Any => item.conditions.is_empty() || conditions.any(|holds| holds),
    }
}

/// The answers of a question in the same repetitions of what it shares with the place.
fn answers<'e>(
    form: &Form,
    entries: &'e BTreeMap<Slot, Entry>,
    on: &BTreeSet<Slot>,
    slot: &Slot,
    question: usize,
) -> Vec<&'e Answer> {
    let (ours, theirs) = (form.levels(slot.item), form.levels(question));
    let shared = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let all = entries.range(Slot::bounds(question));
    let here = all.filter(|(at, _)| on.contains(at) && at.shares(slot, shared));
    here.flat_map(|(_, entry)| &entry.answers).collect()
}

fn holds(condition: &Condition, answers: &[&Answer]) -> bool {
    let with = &condition.with;
    let any = |test: &dyn Fn(&Answer) -> bool| answers.iter().any(|answer| test(answer));
    let order = |orders: &'static [Ordering]| {
        any(&|answer| answer.compare(with).is_some_and(|o| orders.contains(&o)))
    };
    match condition.operator {
        Operator::Exists => with.value.as_bool() == Some(!answers.is_empty()),
        Operator::Equal => any(&|answer| answer.same(with)),
        Operator::Unequal => any(&|answer| !answer.same(with)),
        Operator::More => order(&[Ordering::Greater]),
        Operator::Less => order(&[Ordering::Less]),
        Operator::AtLeast => order(&[Ordering::Greater, Ordering::Equal]),
        Operator::AtMost => order(&[Ordering::Less, Ordering::Equal]),
    }
}

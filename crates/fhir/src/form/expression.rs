//! What expressions compute: FHIRPath over the response so far.

use aceso_base::Instant;

use super::{Answer, Item, Typed, answer};
use crate::Value;
use crate::form::{Form, Slot};
use crate::path::{self, Env, Expression, Node};

/// Work that one expression of a form may do; a page waits for it.
const BUDGET: u64 = 200_000;

/// What an expression yields, as somebody would type it. An expression that fails yields nothing.
fn run(
    expression: &Expression,
    response: &Value,
    patient: Option<&Value>,
    now: Instant,
    item: &Item,
) -> Vec<String> {
    let Some(focus) = Node::resource(response) else {
        return Vec::new();
    };
    let patient = patient.and_then(Node::resource).map(path::Item::Node);
    let variables: Vec<(&str, path::Item<'_>)> =
        patient.into_iter().map(|p| ("patient", p)).collect();
    let empty: &[&str] = if variables.is_empty() {
        &["patient"]
    } else {
        &[]
    };
    let env = Env::new(Some(focus), now)
        .with_variables(&variables)
        .with_empty(empty)
        .with_budget(BUDGET);
    match expression.evaluate(&env, focus) {
        Ok(items) => items.iter().filter_map(|i| typed(item, i)).collect(),
        Err(_) => Vec::new(),
    }
}

/// One result, as somebody would type it.
fn typed(item: &Item, result: &path::Item<'_>) -> Option<String> {
    if item.kind.chooses() {
        let code = match result.as_node() {
            Some(node) => node.value().str_at("code").map(str::to_owned),
            None => None,
        };
        let code = code.or_else(|| result.to_text().map(std::borrow::Cow::into_owned))?;
        let at = item.options.iter().position(|choice| {
            let value = &choice.answer.value;
            value.str_at("code") == Some(&code) || value.as_str() == Some(&code)
        });
        return at.map(|at| at.to_string());
    }
    let text = result.to_text()?.into_owned();
    Some(match item.kind {
        super::Kind::Integer => match text.split_once('.') {
            Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole.to_owned(),
            Some(_) | None => text,
        },
        super::Kind::Date => text.get(..10).unwrap_or(&text).to_owned(),
        super::Kind::Time => text.trim_start_matches('T').to_owned(),
        _ => text,
    })
}

/// What computes an item, carried out.
pub(super) fn computed(
    item: &Item,
    response: &Value,
    patient: Option<&Value>,
    now: Instant,
) -> Vec<Answer> {
    let Some(expression) = &item.computed else {
        return Vec::new();
    };
    let all = run(expression, response, patient, now, item).into_iter();
    let answers = all.filter_map(|text| answer::parse(item, &text).ok().flatten());
    match item.repeats {
        true => answers.collect(),
        false => answers.take(1).collect(),
    }
}

impl Form {
    /// What the fields hold before somebody fills them in.
    pub fn begin(&self, patient: Option<&Value>, now: Instant) -> Typed {
        let mut typed = Typed::default();
        let empty = Value::from([("resourceType", Value::from("QuestionnaireResponse"))]);
        for slot in typed.slots(self) {
            let Some(item) = self.item(slot.item) else {
                continue;
            };
            let said: Vec<String> = match &item.begins {
                Some(expression) => run(expression, &empty, patient, now, item),
                None => item.initial.iter().map(|a| item.typed(a)).collect(),
            };
            let most = if item.repeats { said.len() } else { 1 };
            self.put(&mut typed, &slot, said.into_iter().take(most).collect());
        }
        typed
    }

    /// Several values of a question that comes often go into several fields.
    fn put(&self, typed: &mut Typed, slot: &Slot, said: Vec<String>) {
        let often = self.item(slot.item).is_some_and(Item::comes_often);
        if !often {
            for value in said {
                typed.push(slot, value);
            }
            return;
        }
        let Some((_, above)) = slot.path.split_last() else {
            return;
        };
        typed.set_count(slot.item, above, said.len());
        for (at, value) in said.into_iter().enumerate() {
            let path = above.iter().copied().chain([at]).collect();
            let item = slot.item;
            typed.push(&Slot { item, path }, value);
        }
    }
}

impl Item {
    /// An answer as its field holds it.
    pub(super) fn typed(&self, answer: &Answer) -> String {
        let same = |choice: &super::Choice| choice.answer.same(answer);
        match self.options.iter().position(same) {
            Some(at) if self.kind.chooses() => at.to_string(),
            Some(_) | None => answer.typed(),
        }
    }
}

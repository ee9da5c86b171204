//! The QuestionnaireResponse of a form, written and read.

use super::{Filled, Form, Item, Kind, Slot, Typed};
use crate::{Object, Value};

/// What a response says besides its answers.
#[derive(Clone, Debug)]
pub struct Head<'h> {
    /// `in-progress`, `completed`.
    pub status: &'h str,
    /// A reference to the patient.
    pub subject: Value,
    /// When, as FHIR writes instants.
    pub authored: &'h str,
    /// A reference to whoever filled it in.
    pub author: Option<Value>,
}

impl Filled {
    /// The response; what is not asked is not in it.
    pub fn response(&self, form: &Form, head: Option<&Head<'_>>) -> Value {
        let mut response = Object::new();
        response.set("resourceType", "QuestionnaireResponse");
        response.set("questionnaire", form.canonical());
        response.set("status", head.map_or("in-progress", |h| h.status));
        if let Some(head) = head {
            response.set("subject", head.subject.clone());
            response.set("authored", head.authored);
            if let Some(author) = &head.author {
                response.set("author", author.clone());
            }
        }
        let items = self.items(form, &form.top().collect::<Vec<_>>(), &[]);
        if !items.is_empty() {
            response.set("item", items);
        }
        response.into()
    }

    fn items(&self, form: &Form, numbers: &[usize], path: &[usize]) -> Vec<Value> {
        let mut all = Vec::new();
        for number in numbers {
            let Some(item) = form.item(*number) else {
                continue;
            };
            match (item.kind, item.comes_often()) {
                (Kind::Display, _) => {}
                (Kind::Group, _) => {
                    for slot in self.places(*number, path) {
                        let inner = self.items(form, &item.children, &slot.path);
                        if !inner.is_empty() {
                            let mut group = head(item);
                            group.set("item", inner);
                            all.push(group.into());
                        }
                    }
                }
                (_, _) => all.extend(self.question(form, item, *number, path)),
            }
        }
        all
    }

    fn question(&self, form: &Form, item: &Item, number: usize, path: &[usize]) -> Option<Value> {
        let mut answers = Vec::new();
        for slot in self.places(number, path) {
            let mut inner = self.items(form, &item.children, &slot.path);
            for answer in self.answers(slot) {
                let mut one = Object::new();
                one.set(answer.member, answer.value.clone());
                let inner = std::mem::take(&mut inner);
                if !inner.is_empty() {
                    one.set("item", inner);
                }
                answers.push(Value::from(one));
            }
            if !inner.is_empty() {
                answers.push(Value::from([("item", Value::from(inner))]));
            }
        }
        if answers.is_empty() {
            return None;
        }
        let mut question = head(item);
        question.set("answer", answers);
        Some(question.into())
    }

    /// The places of an item below these repetitions that are asked.
    fn places<'f>(&'f self, item: usize, path: &'f [usize]) -> impl Iterator<Item = &'f Slot> {
        self.of(item).filter(|slot| slot.path.starts_with(path))
    }
}

fn head(item: &Item) -> Object {
    let mut object = Object::new();
    object.set("linkId", item.link.as_str());
    if !item.text.is_empty() {
        object.set("text", item.text.as_str());
    }
    object
}

impl Form {
    /// What the fields held when this response was written.
    pub fn typed(&self, response: &Value) -> Typed {
        let mut typed = Typed::default();
        self.read_items(&mut typed, response, &[]);
        typed
    }

    fn read_items(&self, typed: &mut Typed, within: &Value, path: &[usize]) {
        let mut seen: Vec<(usize, usize)> = Vec::new();
        for one in within.items_at("item") {
            let number = one.str_at("linkId").and_then(|link| self.number(link));
            let Some((number, item)) = number.and_then(|n| Some((n, self.item(n)?))) else {
                continue;
            };
            if item.kind != Kind::Group {
                self.read_answers(typed, one, (number, item), path);
                continue;
            }
            let mut path = path.to_vec();
            if item.comes_often() {
                let at = seen.iter().filter(|(n, _)| *n == number).count();
                seen.push((number, at));
                typed.set_count(number, &path, at + 1);
                path.push(at);
            }
            self.read_items(typed, one, &path);
        }
    }

    fn read_answers(
        &self,
        typed: &mut Typed,
        one: &Value,
        (number, item): (usize, &Item),
        path: &[usize],
    ) {
        let answers = one.items_at("answer");
        if item.comes_often() {
            typed.set_count(number, path, answers.len());
        }
        for (at, answer) in answers.iter().enumerate() {
            let mut path = path.to_vec();
            if item.comes_often() {
                path.push(at);
            }
            let slot = Slot {
                item: number,
                path: path.clone(),
            };
            if let Some(value) = super::Answer::of(answer, "value") {
                match (item.kind, value.member) {
                    (Kind::OpenChoice, "valueString") => typed.write_other(&slot, value.typed()),
                    _ => typed.push(&slot, item.typed(&value)),
                }
            }
            self.read_items(typed, answer, &path);
        }
    }
}

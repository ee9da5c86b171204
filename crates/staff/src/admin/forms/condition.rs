//! A condition on another question: as it is typed, and as FHIR writes it.

use aceso_fhir::form::{Kind, Operator};
use aceso_fhir::{Object, Value};

use super::asked::{CORE, bound, plain, said};

/// A condition as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) question: String,
    pub(crate) operator: String,
    pub(crate) value: String,
}

/// What is wrong with a condition.
pub(super) enum Wrong {
    Question,
    Value,
}

impl When {
    pub(super) fn of(condition: &Value) -> Self {
        let text = |name: &str| condition.str_at(name).unwrap_or_default().to_owned();
        let members = condition.as_object().into_iter().flat_map(Object::iter);
        let mut answers = members.filter(|(name, _)| name.starts_with("answer"));
        Self {
            question: text("question"),
            operator: text("operator"),
            value: answers.next().map(|(_, v)| plain(v)).unwrap_or_default(),
        }
    }

    /// As FHIR writes it, for a form of these items.
    pub(super) fn condition(&self, document: &Value) -> Result<Value, Wrong> {
        let paths = super::tree::paths(document);
        let mut items = paths.iter().filter_map(|p| super::tree::at(document, p));
        let question = items
            .find(|i| i.str_at("linkId") == Some(&self.question))
            .ok_or(Wrong::Question)?;
        let kind = question.str_at("type").and_then(Kind::parse);
        let operator = Operator::parse(&self.operator).unwrap_or(Operator::Equal);
        let truth = |text: &str| match text.to_lowercase().as_str() {
            "" | "yes" | "true" => Some(Value::from(true)),
            "no" | "false" => Some(Value::from(false)),
            _ => None,
        };
        let (member, value) = match (operator, kind.ok_or(Wrong::Question)?) {
            (Operator::Exists, _) | (_, Kind::Boolean) => {
                ("answerBoolean", truth(&self.value).ok_or(Wrong::Value)?)
            }
            (_, Kind::Choice | Kind::OpenChoice) => {
                let found = chosen(question, &self.value).ok_or(Wrong::Value)?;
                match found {
                    coding @ Value::Object(_) => ("answerCoding", coding),
                    text => ("answerString", text),
                }
            }
            (_, kind) => {
                let unit = said(question, &[CORE, "questionnaire-unit"].concat());
                let unit = unit.and_then(|u| u.str_at("code")).unwrap_or_default();
                let (member, value) = bound(kind, &self.value, unit).ok_or(Wrong::Value)?;
                (answer_member(member), value)
            }
        };
        Ok(Value::from([
            ("question", Value::from(self.question.as_str())),
            ("operator", Value::from(code_of(operator))),
            (member, value),
        ]))
    }
}

fn code_of(operator: Operator) -> &'static str {
    let found = Operator::ALL.iter().find(|(one, _)| *one == operator);
    found.map_or("=", |(_, code)| code)
}

/// The option that is called so, or has this code.
fn chosen(question: &Value, said: &str) -> Option<Value> {
    let options = question.items_at("answerOption").iter();
    let mut values = options.filter_map(|o| o.get("valueCoding").or_else(|| o.get("valueString")));
    let same = |text: Option<&str>| text.is_some_and(|t| t.eq_ignore_ascii_case(said));
    let found =
        values.find(|v| same(v.as_str()) || same(v.str_at("code")) || same(v.str_at("display")));
    let mut found = found?.clone();
    if let Some(object) = found.as_object_mut() {
        object.retain(|name, _| matches!(name, "system" | "code"));
    }
    Some(found)
}

fn answer_member(member: &str) -> &'static str {
    match member {
        "valueDecimal" => "answerDecimal",
        "valueInteger" => "answerInteger",
        "valueDate" => "answerDate",
        "valueDateTime" => "answerDateTime",
        "valueTime" => "answerTime",
        "valueQuantity" => "answerQuantity",
        _ => "answerString",
    }
}

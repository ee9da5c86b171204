//! What a finished form leaves in the record besides its response: scores as Observations, warnings as Flags.

use aceso_fhir::form::{Answer, Filled, Form, Item};
use aceso_fhir::{Number, Object, Value};

use crate::chart::write::{UCUM, coding, of_hl7, one, reference, resource, words};

/// Who filled it in about whom, and when.
pub(super) struct Finished<'f> {
    pub(super) response: &'f str,
    pub(super) subject: &'f Value,
    pub(super) author: Option<&'f Value>,
    /// As FHIR writes instants.
    pub(super) at: &'f str,
}

impl Finished<'_> {
    /// The Observations of what the form counts, and the Flags of what it warns of and what is not on the chart already.
    pub(super) fn documents(&self, form: &Form, filled: &Filled, warned: &[String]) -> Vec<Object> {
        let scores = filled.observed(form).into_iter();
        let scores = scores.filter_map(|(item, answer)| self.observation(item, answer));
        let flags = filled.raised(form).into_iter();
        let flags = flags.map(|(flag, answer)| (flag, [flag, ": ", &answer.text()].concat()));
        let flags = flags.filter(|(_, text)| !warned.contains(text));
        scores
            .chain(flags.map(|(_, text)| self.flag(&text)))
            .collect()
    }

    fn observation(&self, item: &Item, answer: &Answer) -> Option<Object> {
        let mut document = resource("Observation");
        document.set("status", "final");
        document.set("category", one(of_hl7("observation-category", "survey")));
        let code = Value::from([
            ("coding", item.code.clone()?),
            ("text", Value::from(item.text.as_str())),
        ]);
        document.set("code", code);
        document.set("subject", self.subject.clone());
        document.set("effectiveDateTime", self.at);
        document.set("issued", self.at);
        if let Some(author) = self.author {
            document.set("performer", one(author.clone()));
        }
        match (answer.member, &answer.value) {
            ("valueInteger" | "valueDecimal", Value::Number(number)) => {
                document.set("valueQuantity", quantity(item, number));
            }
            ("valueCoding", coding) => {
                let text = Value::from(answer.text());
                let concept = Value::from([("coding", one(coding.clone())), ("text", text)]);
                document.set("valueCodeableConcept", concept);
            }
            ("valueDate", value) => document.set("valueDateTime", value.clone()),
            ("valueUri", value) => document.set("valueString", value.clone()),
            (member, value) => document.set(member, value.clone()),
        }
        let from = ["QuestionnaireResponse/", self.response].concat();
        document.set("derivedFrom", one(reference(from)));
        Some(document)
    }

    fn flag(&self, text: &str) -> Object {
        let mut document = resource("Flag");
        document.set("status", "active");
        document.set("category", one(of_hl7("flag-category", "safety")));
        document.set("code", words(text));
        document.set("subject", self.subject.clone());
        document.set("period", Value::from([("start", Value::from(self.at))]));
        if let Some(author) = self.author {
            document.set("author", author.clone());
        }
        document
    }
}

/// A number as a Quantity: in the item's unit, else as points.
fn quantity(item: &Item, number: &Number) -> Value {
    let points = coding(UCUM, "{score}", "");
    let unit = item.unit.as_ref().unwrap_or(&points);
    let code = unit.str_at("code").unwrap_or("{score}");
    let said = if code.starts_with('{') {
        code
    } else {
        unit.str_at("display").unwrap_or(code)
    };
    Value::from([
        ("value", Value::from(number.clone())),
        ("unit", Value::from(said)),
        ("system", Value::from(unit.str_at("system").unwrap_or(UCUM))),
        ("code", Value::from(code)),
    ])
}

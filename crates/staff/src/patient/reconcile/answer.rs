//! What the patient says: to a line of the record, and besides.

use aceso_clinic::drug::drug_names;
use aceso_fhir::{Object, Value};
use aceso_web::page::{Errors, Field};
use aceso_web::site::{Fields, Take};
use maud::{Markup, html};

use super::ADDED;
use crate::chart::drug::coded_drug;
use crate::chart::write::{one, resource};
use crate::patient::safety::Against;
use crate::patient::sheet::Writing;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is as the record says.
    Continued,
    /// It is taken no longer, or is no risk any more.
    Stopped,
    /// It is taken otherwise.
    Changed,
    /// It was never so.
    Mistake,
    /// It stood nowhere yet.
    Added,
}

impl Answer {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Continued => "continue",
            Self::Stopped => "stop",
            Self::Changed => "change",
            Self::Mistake => "mistake",
            Self::Added => "add",
        }
    }

    /// How the List that keeps the act says it.
    pub(super) const fn flag(self) -> &'static str {
        match self {
            Self::Continued => "continued",
            Self::Stopped => "stopped",
            Self::Changed => "changed",
            Self::Mistake => "mistake",
            Self::Added => "added",
        }
    }
}

/// A drug that stood nowhere yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Added {
    at: usize,
    pub(super) drug: String,
    dose: String,
}

const DRUGS: [&str; ADDED] = ["drug-1", "drug-2", "drug-3"];
const DOSES: [&str; ADDED] = ["dose-1", "dose-2", "dose-3"];

impl Added {
    pub(super) fn takes() -> Vec<Take> {
        DRUGS.into_iter().chain(DOSES).map(Take::One).collect()
    }

    pub(super) fn typed(fields: &Fields) -> [Self; ADDED] {
        let mut rows = DRUGS.into_iter().zip(DOSES).enumerate();
        std::array::from_fn(|_| {
            let Some((at, (drug, dose))) = rows.next() else {
                return Self::default();
            };
            Self {
                at,
                drug: fields.trimmed(drug).to_owned(),
                dose: fields.trimmed(dose).to_owned(),
            }
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.drug.is_empty()
    }

    /// What stands against a drug has a page of its own, where it can be answered.
    pub(super) fn check(&self, against: &Against, errors: &mut Errors) {
        let names = DRUGS.into_iter().zip(DOSES).nth(self.at);
        let Some((drug, dose)) = names else { return };
        if self.drug.is_empty() && !self.dose.is_empty() {
            errors.add(drug, "Say which drug");
        }
        if self.drug.chars().count() > 200 {
            errors.add(drug, "200 letters at most");
        }
        if self.dose.chars().count() > 300 {
            errors.add(dose, "300 letters at most");
        }
        if self.is_empty() {
            return;
        }
        if let Some(what) = against.doubts(&self.drug).first() {
            let said = crate::words::say(
                "It stands against it: {0}. Add it by “Add a medication” of the chart, where you can say why it stands all the same",
                &[&what],
            );
            errors.add(drug, said);
        }
    }

    pub(super) fn fields(&self, number: usize, errors: &Errors) -> Markup {
        let names = DRUGS.into_iter().zip(DOSES).nth(number.saturating_sub(1));
        html! {
            @if let Some((drug, dose)) = names {
                div.pair {
                    (Field::text(drug, crate::words::say("Drug {0}", &[&number])).value(&self.drug).errors(errors).longest(200).optional().offers(drug_names()))
                    (Field::text(dose, crate::words::say("Drug {0}: dose and how often", &[&number])).value(&self.dose).errors(errors).longest(300).optional())
                }
            }
        }
    }

    pub(super) fn document(&self, writing: &Writing) -> Object {
        told(writing, "active", coded_drug(&self.drug), &self.dose)
    }
}

/// A statement of the patient about a drug.
pub(super) fn told(writing: &Writing, status: &str, drug: Value, dose: &str) -> Object {
    let mut statement = resource("MedicationStatement");
    statement.set("status", status);
    statement.set("medicationCodeableConcept", drug);
    statement.set("subject", writing.subject.clone());
    statement.set("dateAsserted", writing.now.as_str());
    statement.set("informationSource", writing.subject.clone());
    if !dose.is_empty() {
        statement.set("dosage", one(Value::from([("text", Value::from(dose))])));
    }
    statement
}

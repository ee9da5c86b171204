//! One line of the record, with what the patient says to it.

use aceso_fhir::{Object, Value};
use aceso_web::page::{Choice, Choices, Errors, Field};
use aceso_web::site::Fields;
use maud::{Markup, html};

use super::answer::{Answer, told};
use crate::chart::entry::{allergy, medication};
use crate::chart::version;
use crate::chart::write::{of_hl7, one, reference, words};
use crate::patient::sheet::Writing;

/// What a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A prescription.
    Order,
    /// What the patient said before.
    Statement,
    /// An allergy.
    Allergy,
}

impl Of {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Order => "MedicationRequest",
            Self::Statement => "MedicationStatement",
            Self::Allergy => "AllergyIntolerance",
        }
    }
}

/// One line.
pub(super) struct Line {
    pub(super) of: Of,
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) what: String,
    more: String,
    /// Whether the reader may change the resource itself; else what the patient says stands beside it.
    may: bool,
    document: Value,
    pub(super) answer: Option<Answer>,
    dose: String,
}

const ACT: &str = "act.";
const DOSE: &str = "dose.";
const VERSION: &str = "version.";

impl Line {
    pub(super) fn new(of: Of, document: &Value, along: &[Value], may: bool) -> Self {
        let line = match of {
            Of::Order | Of::Statement => medication(document, along),
            Of::Allergy => allergy(document),
        };
        Self {
            of,
            id: line.id,
            version: version(document),
            what: line.what,
            more: line.more,
            may,
            document: document.clone(),
            answer: None,
            dose: String::new(),
        }
    }

    /// Whether a form's field is one of a line's.
    pub(super) fn is_field(name: &str) -> bool {
        [ACT, DOSE, VERSION].iter().any(|p| name.starts_with(p))
    }

    /// Whether a form's field says which version of a line was shown.
    pub(super) fn is_version(name: &str) -> bool {
        name.starts_with(VERSION)
    }

    fn field(&self, prefix: &str) -> String {
        [prefix, self.of.kind(), ".", &self.id].concat()
    }

    /// Whether the form showed this very version.
    pub(super) fn is_as_shown(&self, fields: &Fields) -> bool {
        fields.one(&self.field(VERSION)).parse() == Ok(self.version)
    }

    /// What can be said to it.
    fn answers(&self) -> Vec<(Answer, &'static str)> {
        match (self.of, self.may) {
            (Of::Order, false) => vec![
                (Answer::Continued, "Takes it so"),
                (Answer::Stopped, "Does not take it"),
                (Answer::Changed, "Takes it otherwise"),
            ],
            (Of::Order, true) => vec![
                (Answer::Continued, "Continue"),
                (Answer::Stopped, "Stop"),
                (Answer::Changed, "Takes it otherwise"),
            ],
            (Of::Statement, true) => vec![
                (Answer::Continued, "Continue"),
                (Answer::Stopped, "Stop"),
                (Answer::Changed, "Change"),
            ],
            (Of::Allergy, true) => vec![
                (Answer::Continued, "Still so"),
                (Answer::Stopped, "No longer a risk"),
                (Answer::Mistake, "Never so"),
            ],
            (Of::Statement | Of::Allergy, false) => vec![(Answer::Continued, "Still so")],
        }
    }

    /// Takes in what was sent.
    pub(super) fn read(&mut self, fields: &Fields, errors: &mut Errors) {
        let act = self.field(ACT);
        let said = fields.one(&act);
        let mut answers = self.answers().into_iter();
        let found = answers.find(|(answer, _)| answer.word() == said);
        self.answer = found.map(|(answer, _)| answer);
        self.dose = fields.trimmed(&self.field(DOSE)).to_owned();
        if self.answer.is_none() {
            let text = crate::words::say("Say what the patient says to {0}", &[&self.what]);
            errors.add(&act, text);
        }
        let changed = self.answer == Some(Answer::Changed);
        if (changed && self.dose.is_empty()) || self.dose.chars().count() > 300 {
            errors.add(
                &self.field(DOSE),
                "Say how it is taken, in 300 letters at most",
            );
        }
    }

    /// `MedicationRequest/1`
    pub(super) fn reference(&self) -> String {
        [self.of.kind(), "/", &self.id].concat()
    }

    /// The resource itself as it is from now on; none where it stays.
    pub(super) fn turned(&self, writing: &Writing) -> Option<Object> {
        let answer = self.answer.filter(|a| *a != Answer::Continued)?;
        let mut document = self.document.as_object().filter(|_| self.may)?.clone();
        let reason = words("As the patient told when medications were gone through");
        match (self.of, answer) {
            (Of::Order, Answer::Stopped) => {
                document.set("status", "stopped");
                document.set("statusReason", reason);
            }
            (Of::Statement, Answer::Stopped) => {
                document.set("status", "stopped");
                document.set("statusReason", one(reason));
            }
            (Of::Statement, Answer::Changed) => {
                let dosage = Value::from([("text", Value::from(self.dose.as_str()))]);
                document.set("dosage", one(dosage));
                document.set("dateAsserted", writing.now.as_str());
            }
            (Of::Allergy, Answer::Stopped) => {
                let inactive = of_hl7("allergyintolerance-clinical", "inactive");
                document.set("clinicalStatus", inactive);
            }
            (Of::Allergy, Answer::Mistake) => {
                document.remove("clinicalStatus");
                let mistake = of_hl7("allergyintolerance-verification", "entered-in-error");
                document.set("verificationStatus", mistake);
            }
            // How a prescribed drug is to be taken is an order, with all that is looked at before one.
            (Of::Order, Answer::Changed) => return None,
            (Of::Order | Of::Statement, Answer::Mistake | Answer::Continued | Answer::Added)
            | (Of::Allergy, Answer::Changed | Answer::Continued | Answer::Added) => return None,
        }
        let said = ["When medications were gone through: ", answer.flag()].concat();
        writing.annotate(&mut document, &said);
        Some(document)
    }

    /// What the patient says beside a prescription that stays as it is.
    pub(super) fn told(&self, writing: &Writing) -> Option<Object> {
        let status = match (self.of, self.answer?, self.may) {
            (Of::Order, Answer::Changed, _) => "active",
            (Of::Order, Answer::Stopped, false) => "not-taken",
            (Of::Order, Answer::Stopped, true)
            | (Of::Order, Answer::Continued | Answer::Mistake | Answer::Added, _)
            | (Of::Statement | Of::Allergy, ..) => return None,
        };
        let drug = words(&self.what);
        let drug = self
            .document
            .get("medicationCodeableConcept")
            .cloned()
            .unwrap_or(drug);
        let mut statement = told(writing, status, drug, &self.dose);
        statement.set("basedOn", one(reference(self.reference())));
        Some(statement)
    }

    /// The line in the form.
    pub(super) fn fields(&self, errors: &Errors) -> Markup {
        let answers = self.answers();
        let doses = answers.iter().any(|(a, _)| *a == Answer::Changed);
        let choices = answers
            .into_iter()
            .map(|(answer, said)| Choice::new(answer.word(), said));
        let label = match self.more.as_str() {
            "" => self.what.clone(),
            more => [&self.what, ": ", more].concat(),
        };
        let chosen = self.answer.map(Answer::word);
        html! {
            input type="hidden" name=(self.field(VERSION)) value=(self.version);
            (Choices::one(self.field(ACT), label, choices.collect()).across().chosen(chosen).errors(errors))
            @if doses {
                (Field::text(self.field(DOSE), crate::words::say("How it is taken, if otherwise: {0}", &[&self.what])).value(&self.dose).errors(errors).longest(300).optional())
            }
        }
    }

    pub(super) fn samples() -> Vec<Self> {
        let line = |of, id: &str, what: &str, may| Self {
            of,
            id: id.into(),
            version: 1,
            what: what.into(),
            more: "twice a day".into(),
            may,
            document: Value::default(),
            answer: None,
            dose: String::new(),
        };
        vec![
            line(Of::Order, "m1", "Metformin 500 mg", true),
            line(Of::Order, "m2", "Lisinopril 10 mg", false),
            line(Of::Statement, "s1", "Vitamin D", true),
            line(Of::Allergy, "a1", "Penicillin", true),
        ]
    }
}

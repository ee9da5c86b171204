//! A goal: what the patient and the clinic want to reach, by when, and how it stands.

use aceso_fhir::{Object, Value};
use aceso_web::page::{Choice, Entry, Errors, Field, Select};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, html};

use super::{PAGE, state};
use crate::Staff;
use crate::chart::write::{of_hl7, one, words};
use crate::chart::{code, concept, story};
use crate::patient::sheet::{Record, Writing};
use crate::words::{is_fhir_day, read_day};

/// The form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Goal {
    text: String,
    measure: String,
    start: String,
    due: String,
    status: String,
    achieved: String,
    note: String,
}

const NAMES: [&str; 7] = [
    "text", "measure", "start", "due", "status", "achieved", "note",
];
/// FHIR's goal-status, as far as people choose it.
const STATUS: [(&str, &str); 7] = [
    ("active", "Being worked on"),
    ("proposed", "Proposed: not agreed on yet"),
    ("planned", "Planned: not begun yet"),
    ("on-hold", "On hold"),
    ("completed", "Over: no longer worked on"),
    ("cancelled", "Given up"),
    ("entered-in-error", "It was a mistake: never so"),
];
/// HL7 goal-achievement.
const ACHIEVED: [(&str, &str); 7] = [
    ("", "Not judged"),
    ("in-progress", "On the way"),
    ("improving", "Improving"),
    ("no-change", "No change"),
    ("worsening", "Worsening"),
    ("achieved", "Achieved"),
    ("not-achieved", "Not achieved"),
];

fn choices(all: &[(&'static str, &'static str)]) -> Vec<Choice> {
    all.iter().map(|(c, said)| Choice::new(*c, *said)).collect()
}

impl Record for Goal {
    type Options = ();
    const KIND: &'static str = "Goal";
    const PLACE: &'static str = "goals";
    const PAGE: &'static str = PAGE;
    const TITLES: (&'static str, &'static str) = ("Add a goal", "A goal");
    const FIRST: &'static str = "text";

    fn takes() -> Vec<Take> {
        NAMES.map(Take::One).into()
    }

    async fn options(_: &Staff, _: &Ask, _: Option<&Value>) -> Result<(), PageFault> {
        Ok(())
    }

    fn typed(fields: &Fields) -> Self {
        let [text, measure, start, due, status, achieved, note] =
            NAMES.map(|name| fields.trimmed(name).to_owned());
        Self {
            text,
            measure,
            start,
            due,
            status,
            achieved,
            note,
        }
    }

    fn of(document: &Value) -> Self {
        let target = document.items_at("target").first();
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Self {
            text: concept(document.get("description")).unwrap_or_default(),
            measure: target
                .and_then(|t| concept(t.get("measure")))
                .unwrap_or_default(),
            start: text(document.str_at("startDate")),
            due: text(target.and_then(|t| t.str_at("dueDate"))),
            status: text(document.str_at("lifecycleStatus")),
            achieved: text(code(document.get("achievementStatus"))),
            note: String::new(),
        }
    }

    fn check(&self, (): &(), today: &str, errors: &mut Errors) {
        if self.text.is_empty() || self.text.chars().count() > 300 {
            errors.add("text", "Say what is to be reached, in 300 letters at most");
        }
        if self.measure.chars().count() > 300 {
            errors.add("measure", "300 letters at most");
        }
        if !self.start.is_empty() && (!is_fhir_day(&self.start) || self.start.as_str() > today) {
            errors.add("start", "Enter a day, month or year that is past: 2026-02");
        }
        if !self.due.is_empty() && read_day(&self.due).is_none() {
            errors.add("due", "Enter the day as year-month-day");
        }
        if !STATUS.iter().any(|(code, _)| *code == self.status) {
            errors.add("status", "Choose how it stands");
        }
        if !ACHIEVED.iter().any(|(code, _)| *code == self.achieved) {
            errors.add("achieved", "Choose one");
        }
        let ended = matches!(
            self.status.as_str(),
            "completed" | "cancelled" | "entered-in-error"
        );
        if ended && self.note.is_empty() {
            errors.add("note", "Say why it is over");
        }
        if self.note.chars().count() > 2_000 {
            errors.add("note", "2,000 letters at most");
        }
    }

    fn write(&self, (): &(), writing: &Writing, goal: &mut Object) {
        let before = Self::of(&Value::from(goal.clone()));
        goal.set("lifecycleStatus", self.status.as_str());
        if self.status != before.status {
            goal.set(
                "statusDate",
                writing.now.get(..10).unwrap_or(writing.now.as_str()),
            );
        }
        match self.achieved.as_str() {
            "" => drop(goal.remove("achievementStatus")),
            code => goal.set("achievementStatus", of_hl7("goal-achievement", code)),
        }
        // A code that says the same stays.
        if self.text != before.text {
            goal.set("description", words(&self.text));
        }
        goal.set("subject", writing.subject.clone());
        match self.start.as_str() {
            "" => drop(goal.remove("startDate")),
            day => goal.set("startDate", day),
        }
        self.aim(&before, goal);
        if let Some(signer) = writing
            .signer
            .as_ref()
            .filter(|_| goal.get("expressedBy").is_none())
        {
            goal.set("expressedBy", signer.clone());
        }
        writing.annotate(goal, &self.note);
    }

    fn fields(&self, (): &(), errors: &Errors) -> Markup {
        html! {
            (Field::text("text", "What is to be reached").value(&self.text).errors(errors).longest(300).first())
            (Field::text("measure", "By what it is measured").value(&self.measure).errors(errors).longest(300).optional().hint("HbA1c below 7 %; walks 30 minutes a day"))
            div.pair {
                (Field::text("start", "Since").value(&self.start).errors(errors).short().longest(10).optional().hint("A day, month or year: 2026-02"))
                (Field::date("due", "By when").value(&self.due).errors(errors).optional())
            }
            div.pair {
                (Select::new("status", "Status", choices(&STATUS)).chosen(&self.status).errors(errors))
                (Select::new("achieved", "How far", choices(&ACHIEVED)).chosen(&self.achieved).errors(errors))
            }
            (Field::area("note", "Note").value(&self.note).errors(errors).optional().hint("Kept with your name and the time; asked for where the goal is over."))
        }
    }

    fn line(document: &Value) -> Entry {
        state(story::goal(document), document)
    }

    fn sample() -> (Self, ()) {
        let goal = Self {
            text: "Walk every day".into(),
            due: "2026-06-01".into(),
            status: "active".into(),
            ..Self::default()
        };
        (goal, ())
    }
}

impl Goal {
    /// The first target; others stay as they are.
    fn aim(&self, before: &Self, goal: &mut Object) {
        if self.measure == before.measure && self.due == before.due {
            return;
        }
        let targets = goal.get("target").and_then(Value::as_array);
        let mut targets = targets.unwrap_or_default().to_vec();
        let first = targets.first().and_then(Value::as_object).cloned();
        let mut target = first.unwrap_or_default();
        if self.measure != before.measure {
            // What was measured by something else has another value to be reached.
            target = Object::new();
            if !self.measure.is_empty() {
                target.set("measure", words(&self.measure));
            }
        }
        match self.due.as_str() {
            "" => drop(target.remove("dueDate")),
            day => target.set("dueDate", day),
        }
        if !targets.is_empty() {
            targets.remove(0);
        }
        if target.iter().next().is_some() {
            targets.insert(0, Value::from(target));
        }
        match targets.len() {
            0 => drop(goal.remove("target")),
            1 => goal.set("target", one(targets.remove(0))),
            _ => goal.set("target", targets),
        }
    }
}

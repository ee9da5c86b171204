//! That somebody looked at a result: a finished Task whose focus it is.

use aceso_fhir::{Object, Value};

use crate::chart::codes;
use crate::chart::write::{coding, one, reference, resource};

/// The system of our codes for tasks.
pub(crate) const SYSTEM: &str = "urn:aceso:task";
/// A result or document was looked at.
const SEEN: &str = "result-seen";
/// A critical result was handed on, because nobody looked at it in time.
pub(crate) const ESCALATED: &str = "result-escalated";

/// What was looked at by whom, and when.
pub(crate) struct Seen<'s> {
    /// `Observation/1`
    pub(crate) focus: &'s str,
    /// `Patient/1`
    pub(crate) patient: &'s str,
    pub(crate) by: &'s Value,
    /// As FHIR writes instants.
    pub(crate) at: &'s str,
    pub(crate) comment: &'s str,
}

impl Seen<'_> {
    /// As a Task. It has no owner: who has looked at a result is not by that somebody who treats the patient.
    pub(crate) fn task(&self) -> Object {
        let mut task = resource("Task");
        task.set("status", "completed");
        task.set("intent", "order");
        let code = coding(SYSTEM, SEEN, "Result seen");
        task.set("code", Value::from([("coding", one(code))]));
        task.set("focus", reference(self.focus));
        task.set("for", reference(self.patient));
        task.set("authoredOn", self.at);
        task.set("lastModified", self.at);
        task.set("requester", self.by.clone());
        if !self.comment.is_empty() {
            task.set("note", one(note(self.by, self.at, self.comment)));
        }
        task
    }
}

/// A result that is handed on: a Task, to be done at once.
pub(crate) struct HandedOn<'h> {
    /// `Observation/1`
    pub(crate) focus: &'h str,
    pub(crate) title: &'h str,
    /// `Patient/1`
    pub(crate) patient: &'h str,
    /// Who hands it on; none when the program does.
    pub(crate) by: Option<&'h Value>,
    /// To whom, `Practitioner/1`; none for any clinician who treats the patient.
    pub(crate) to: Option<&'h str>,
    /// As FHIR writes instants.
    pub(crate) at: &'h str,
    pub(crate) comment: &'h str,
}

/// What the task of a result that was handed on is, with the result.
pub(crate) const LOOK: &str = "Look at this result: {0}";

impl HandedOn<'_> {
    /// As a Task. Its owner treats the patient: the chart opens to them with it.
    pub(crate) fn task(&self) -> Object {
        let mut task = resource("Task");
        task.set("status", "requested");
        task.set("intent", "order");
        task.set("priority", "stat");
        let code = coding(SYSTEM, ESCALATED, "Result handed on");
        task.set("code", Value::from([("coding", one(code))]));
        // In English, as everybody's tasks are kept: each reader has it in their language.
        task.set("description", LOOK.replace("{0}", self.title));
        task.set("focus", reference(self.focus));
        task.set("for", reference(self.patient));
        task.set("authoredOn", self.at);
        task.set("lastModified", self.at);
        if let Some(by) = self.by {
            task.set("requester", by.clone());
        }
        match self.to {
            Some(to) => task.set("owner", reference(to)),
            None => {
                let role = coding("urn:aceso:role", "clinician", "Clinician");
                task.set("performerType", one(Value::from([("coding", one(role))])));
            }
        }
        let day = self.at.get(..10).unwrap_or(self.at);
        let period = Value::from([("end", Value::from(day))]);
        task.set("restriction", Value::from([("period", period)]));
        if !self.comment.is_empty() {
            let said = match self.by {
                Some(by) => note(by, self.at, self.comment),
                None => Value::from([
                    ("time", Value::from(self.at)),
                    ("text", Value::from(self.comment)),
                ]),
            };
            task.set("note", one(said));
        }
        task
    }
}

/// An Annotation.
pub(crate) fn note(by: &Value, at: &str, text: &str) -> Value {
    Value::from([
        ("authorReference", by.clone()),
        ("time", Value::from(at)),
        ("text", Value::from(text)),
    ])
}

/// Whether a Task has this code of ours.
pub(crate) fn is(task: &Value, wanted: &str) -> bool {
    codes(task.get("code")).any(|code| code == wanted)
}

/// Whether a Task says that its focus was looked at.
pub(crate) fn is_seen(task: &Value) -> bool {
    is(task, SEEN) && task.str_at("status") == Some("completed")
}

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

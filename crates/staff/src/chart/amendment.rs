//! A patient's request to amend a note, and the answer to it (45 CFR 164.526), as Communications about the note.

use aceso_fhir::{Object, Value};

use super::write::{coding, one, reference, resource};

/// The category's system; its codes are those of [`Step`].
pub(crate) const SYSTEM: &str = "urn:aceso:amendment";
/// A request is answered within so many days (45 CFR 164.526(b)(2)(i)).
pub(crate) const DAYS: i64 = 60;

/// Which of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The patient asks.
    Request,
    /// The clinic agrees: an addendum follows.
    Accepted,
    /// It does not, and says why.
    Denied,
}

impl Step {
    const fn code(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Accepted => "accepted",
            Self::Denied => "denied",
        }
    }

    fn of(document: &Value) -> Option<Self> {
        let categories = document.items_at("category").iter();
        let mut codings = categories.flat_map(|c| c.items_at("coding"));
        let code = codings
            .find(|c| c.str_at("system") == Some(SYSTEM))?
            .str_at("code");
        [Self::Request, Self::Accepted, Self::Denied]
            .into_iter()
            .find(|step| Some(step.code()) == code)
    }
}

/// A request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) text: String,
    /// When, as FHIR writes instants.
    pub(crate) at: String,
    /// How it was answered, why, and when.
    pub(crate) answer: Option<(Step, String, String)>,
}

/// Who says what about which note of whom, and when.
pub(crate) struct Said<'a> {
    pub(crate) patient: &'a str,
    pub(crate) note: &'a str,
    pub(crate) sender: Value,
    pub(crate) at: &'a str,
    pub(crate) text: &'a str,
}

/// The message; `to`: the request that it answers.
pub(crate) fn message(said: &Said<'_>, step: Step, to: Option<&str>) -> Object {
    let mut document = resource("Communication");
    if let Some(request) = to {
        let request = reference(["Communication/", request].concat());
        document.set("inResponseTo", one(request));
    }
    document.set("status", "completed");
    let category = coding(SYSTEM, step.code(), "");
    document.set("category", one(Value::from([("coding", one(category))])));
    document.set("subject", reference(["Patient/", said.patient].concat()));
    document.set(
        "about",
        one(reference(["Composition/", said.note].concat())),
    );
    document.set("sent", said.at);
    document.set("sender", said.sender.clone());
    let text = Value::from([("contentString", Value::from(said.text))]);
    document.set("payload", one(text));
    document
}

fn refers(document: &Value, name: &str, to: &str) -> bool {
    let all = document.items_at(name).iter();
    all.filter_map(|r| r.str_at("reference")).any(|r| r == to)
}

fn text(document: &Value) -> String {
    let payload = document.items_at("payload").first();
    let text = payload.and_then(|p| p.str_at("contentString"));
    text.unwrap_or_default().to_owned()
}

fn sent(document: &Value) -> String {
    document.str_at("sent").unwrap_or_default().to_owned()
}

/// The requests about a note with their answers, in the order of the messages. The first answer counts.
pub(crate) fn about(note: &str, messages: &[Value]) -> Vec<Asked> {
    let note = ["Composition/", note].concat();
    let ours = messages.iter().filter(|m| refers(m, "about", &note));
    let requests = ours.filter(|m| Step::of(m) == Some(Step::Request));
    requests
        .filter_map(|request| {
            let id = request.id()?;
            let to = ["Communication/", id].concat();
            let mut answers: Vec<&Value> = messages
                .iter()
                .filter(|m| refers(m, "inResponseTo", &to))
                .collect();
            answers.sort_by_key(|m| sent(m));
            let answer = answers.iter().find_map(|m| {
                let step = Step::of(m).filter(|s| *s != Step::Request)?;
                Some((step, text(m), sent(m)))
            });
            Some(Asked {
                id: id.to_owned(),
                text: text(request),
                at: sent(request),
                answer,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emr_1_34_a_request_has_the_first_answer_that_was_given_to_it() {
        let said = |at, text| Said {
            patient: "p1",
            note: "n1",
            sender: reference("Patient/p1"),
            at,
            text,
        };
        let store = |id: &str, mut document: Object| {
            document.set("id", id);
            let value = Value::from(document);
            let options = aceso_fhir::validate::Options::WRITE;
            let issues = aceso_fhir::validate::resource(&value, &options);
            assert!(issues.is_empty(), "{issues:?}");
            value
        };
        let (one, two, three) = (
            "2026-03-04T12:00:00.000Z",
            "2026-03-05T12:00:00.000Z",
            "2026-03-06T12:00:00.000Z",
        );
        let messages = [
            store(
                "late",
                message(&said(three, "no"), Step::Denied, Some("r1")),
            ),
            store(
                "r1",
                message(&said(one, "It was the left arm"), Step::Request, None),
            ),
            store(
                "early",
                message(&said(two, "yes"), Step::Accepted, Some("r1")),
            ),
            store(
                "r2",
                message(&said(two, "And the dose"), Step::Request, None),
            ),
        ];
        let found = about("n1", &messages);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].answer,
            Some((Step::Accepted, "yes".into(), two.into()))
        );
        assert_eq!(
            (found[1].text.as_str(), &found[1].answer),
            ("And the dose", &None)
        );
        assert!(about("n2", &messages).is_empty());
    }
}

//! A visit's note as a Composition: subjective, objective, assessment, plan (Weed's SOAP), each a section.

use aceso_fhir::{Object, Value};

use super::write::{LOINC, coded, coding, one, reference, resource};

/// The parts: LOINC code, its display, and what the form calls it.
pub(crate) const PARTS: [(&str, &str, &str); 4] = [
    ("61150-9", "Subjective Narrative", "Subjective"),
    ("61149-1", "Objective Narrative", "Objective"),
    ("51848-0", "Evaluation note", "Assessment"),
    ("18776-5", "Plan of care note", "Plan"),
];
/// An addendum's only part.
const ADDENDUM: (&str, &str, &str) = ("55107-7", "Addendum Document", "Addendum");

/// What somebody wrote: a title and a text for each part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) parts: [String; 4],
}

/// How far a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its author goes on writing.
    Draft,
    /// It is signed, and stays as it is.
    Signed,
}

/// Who wrote it about whom, and when.
pub(crate) struct Written<'a> {
    pub(crate) patient: &'a str,
    pub(crate) author: &'a Value,
    /// As FHIR writes instants.
    pub(crate) at: &'a str,
    /// The visit that it is of.
    pub(crate) visit: Option<&'a Value>,
}

fn composition(written: &Written<'_>, title: &str, state: State) -> Object {
    let mut document = resource("Composition");
    document.set(
        "status",
        if state == State::Signed {
            "final"
        } else {
            "preliminary"
        },
    );
    document.set(
        "type",
        coded(coding(LOINC, "11506-3", "Progress note"), "Progress note"),
    );
    document.set("subject", reference(["Patient/", written.patient].concat()));
    if let Some(visit) = written.visit {
        document.set("encounter", visit.clone());
    }
    document.set("date", written.at);
    document.set("author", one(written.author.clone()));
    document.set("title", title);
    document
}

fn section((code, display, title): (&str, &str, &str), text: &str) -> Value {
    Value::from([
        ("title", Value::from(title)),
        ("code", coded(coding(LOINC, code, display), title)),
        (
            "text",
            Value::from([
                ("status", Value::from("additional")),
                ("div", Value::from(div(text))),
            ]),
        ),
    ])
}

/// An addendum to a signed note, to be signed at once.
pub(crate) fn addendum(written: &Written<'_>, note: &str, text: &str) -> Object {
    let mut document = composition(written, "Addendum", State::Signed);
    let target = reference(["Composition/", note].concat());
    let relates = Value::from([
        ("code", Value::from("appends")),
        ("targetReference", target),
    ]);
    document.set("relatesTo", one(relates));
    document.set("section", one(section(ADDENDUM, text)));
    document
}

impl Note {
    /// As a Composition.
    pub(crate) fn document(&self, written: &Written<'_>, state: State) -> Object {
        let title = if self.title.is_empty() {
            "Progress note"
        } else {
            &self.title
        };
        let mut document = composition(written, title, state);
        let parts = PARTS
            .into_iter()
            .zip(&self.parts)
            .filter(|(_, text)| !text.is_empty());
        let sections: Vec<Value> = parts.map(|(part, text)| section(part, text)).collect();
        if !sections.is_empty() {
            document.set("section", sections);
        }
        document
    }

    /// From a Composition.
    pub(crate) fn of(document: &Value) -> Self {
        let sections = document.items_at("section");
        let text = |(code, ..): (&str, &str, &str)| {
            let found = sections
                .iter()
                .find(|s| super::code(s.get("code")) == Some(code));
            found.map(section_text).unwrap_or_default()
        };
        Self {
            title: document.str_at("title").unwrap_or_default().to_owned(),
            parts: PARTS.map(text),
        }
    }

    /// Whether nothing is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.iter().all(String::is_empty)
    }
}

/// The text of a section.
pub(crate) fn section_text(section: &Value) -> String {
    let div = section.get("text").and_then(|t| t.str_at("div"));
    div.map(plain).unwrap_or_default()
}

/// Whether a Composition is signed.
pub(crate) fn state(document: &Value) -> State {
    match document.str_at("status") {
        Some("preliminary") => State::Draft,
        _ => State::Signed,
    }
}

/// Text as XHTML: nothing of it is markup.
fn div(text: &str) -> String {
    let mut out = String::from("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>");
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => {}
            '\n' => out.push_str("<br/>"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push_str("</p></div>");
    out
}

/// XHTML as text: breaks and ends of paragraphs are line ends, other markup goes.
fn plain(div: &str) -> String {
    let mut out = String::with_capacity(div.len());
    let mut rest = div;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let (name, after) = tag.split_once('>').unwrap_or((tag, ""));
        if name.starts_with("br") || matches!(name, "/p" | "/li" | "/tr" | "/h1" | "/h2" | "/h3") {
            out.push('\n');
        }
        rest = after;
    }
    out.push_str(rest);
    let text = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(out, |text, (from, to)| text.replace(from, to));
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_as_it_was_and_none_of_it_is_markup() {
        let author = reference("Practitioner/doc");
        let written = Written {
            patient: "p1",
            author: &author,
            at: "2026-03-04T12:00:00.000Z",
            visit: None,
        };
        let note = Note {
            title: "Cough".into(),
            parts: [
                "3 days < 1 week & \"dry\"\n\nno fever".into(),
                "<script>alert(1)</script>".into(),
                String::new(),
                "rest".into(),
            ],
        };
        for state in [State::Draft, State::Signed] {
            let document = Value::from(note.document(&written, state));
            assert_eq!(Note::of(&document), note);
            assert_eq!(self::state(&document), state);
            assert!(!format!("{document:?}").contains("<script>"));
            let issues =
                aceso_fhir::validate::resource(&document, &aceso_fhir::validate::Options::WRITE);
            assert!(issues.is_empty(), "{issues:?}");
        }
    }
}

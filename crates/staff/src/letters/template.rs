//! Templates of letters. A template names what is put in; nothing else of it is looked at, and what is put in is not looked
//! at again.

use aceso_fhir::{Object, Value};
use aceso_web::site::{Ask, PageFault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Staff;
use crate::chart::write::{coding, one};
use crate::patient::record::{Wanted, searches};

/// The type that templates are kept as.
pub(crate) const KIND: &str = "Library";
/// The system of their kinds.
const SYSTEM: &str = "urn:aceso:template";
/// A template of letters.
const LETTER: &str = "letter";
/// What their addresses begin with.
const ADDRESS: &str = "urn:aceso:template:letter:";
/// A template may be this long, in letters.
pub(crate) const LONGEST: usize = 10_000;

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    /// What its address ends with.
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// Those that the program brings along: key, title and text.
pub(crate) const TEMPLATES: [(&str, &str, &str); 4] = [
    (
        "results",
        "Your results",
        "Dear {patient},\n\nyour results of the last days are here:\n\n{results}\n\nPlease call us when you have questions, or when you feel worse.\n\n{author}\n{clinic}",
    ),
    (
        "recall",
        "Please come and see us",
        "Dear {patient},\n\nwe would like to see you for a check-up. Please call us for a day and a time that suit you.\n\n{author}\n{clinic}",
    ),
    (
        "attendance",
        "Confirmation of a visit",
        "To whom it may concern\n\n{patient}, born {born}, was seen at {clinic} on {today}.\n\n{author}",
    ),
    (
        "colleague",
        "Letter to a colleague",
        "Dear colleague,\n\nthank you for seeing {patient}, born {born}.\n\nProblems: {problems}\nAllergies: {allergies}\nMedication: {medications}\n\nKind regards\n{author}\n{clinic}",
    ),
];

/// The names that a template may use.
pub(crate) const NAMES: [&str; 9] = [
    "patient",
    "born",
    "today",
    "author",
    "clinic",
    "results",
    "problems",
    "allergies",
    "medications",
];

impl Template {
    /// The template that a Library is; none for Libraries that are none of ours.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let mut codes = crate::chart::codes(document.get("type"));
        codes.find(|code| *code == LETTER)?;
        let content = document.items_at("content").first()?;
        let bytes = STANDARD.decode(content.str_at("data")?).ok()?;
        Some(Self {
            key: key_of(document.str_at("url")?)?.to_owned(),
            title: document.str_at("title")?.to_owned(),
            body: String::from_utf8(bytes).ok()?,
        })
    }

    /// The text with what the names stand for. What has no value becomes a line to fill in.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        fill(&self.body, value)
    }
}

/// The key of a template's address.
pub(crate) fn key_of(url: &str) -> Option<&str> {
    url.strip_prefix(ADDRESS)
}

/// Says in a Library which template it is.
pub(crate) fn set(document: &mut Object, key: &str, title: &str, body: &str) {
    document.set("url", [ADDRESS, key].concat());
    document.set("title", title);
    let code = coding(SYSTEM, LETTER, "Template of a letter");
    document.set("type", Value::from([("coding", one(code))]));
    let content = [
        ("contentType", Value::from("text/plain; charset=utf-8")),
        ("data", Value::from(STANDARD.encode(body))),
    ];
    document.set("content", one(Value::from(content)));
}

/// All stored versions of templates.
pub(crate) async fn stored(staff: &Staff, ask: &Ask) -> Result<Vec<Value>, PageFault> {
    let wanted = Wanted::new(KIND)
        .with("type", [SYSTEM, "|", LETTER].concat())
        .most(500);
    let found = searches(staff, ask, vec![wanted]).await?;
    Ok(found
        .into_iter()
        .flatten()
        .flat_map(|f| f.matches)
        .collect())
}

/// The templates that letters are begun with, by title: those that the clinic published, and the program's own where the
/// clinic published nothing in their place.
pub(crate) async fn templates(staff: &Staff, ask: &Ask) -> Result<Vec<Template>, PageFault> {
    Ok(in_use(&stored(staff, ask).await?))
}

fn in_use(stored: &[Value]) -> Vec<Template> {
    let status = |d: &Value, code| d.str_at("status") == Some(code);
    let active = stored.iter().filter(|d| status(d, "active"));
    let mut all: Vec<Template> = active.filter_map(Template::of).collect();
    let replaced = |key: &str| {
        let mut others = stored.iter().filter(|d| !status(d, "draft"));
        others.any(|d| d.str_at("url").and_then(key_of) == Some(key))
    };
    let own = TEMPLATES.iter().filter(|(key, ..)| !replaced(key));
    all.extend(own.map(|(key, title, body)| Template {
        key: (*key).to_owned(),
        title: (*title).to_owned(),
        body: (*body).to_owned(),
    }));
    all.sort_by_key(|t| t.title.to_lowercase());
    all
}

/// The template with this key that letters are begun with.
pub(crate) async fn find(staff: &Staff, ask: &Ask, key: &str) -> Result<Template, PageFault> {
    let all = templates(staff, ask).await?;
    all.into_iter()
        .find(|t| t.key == key)
        .ok_or(PageFault::Missing)
}

fn fill(body: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after
            .split_once('}')
            .filter(|(name, _)| NAMES.contains(name))
        {
            Some((name, behind)) => {
                let said = value(name);
                out.push_str(if said.trim().is_empty() { "…" } else { &said });
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emr_1_23_a_template_puts_in_what_it_names_and_what_is_put_in_is_not_looked_at_again() {
        let value = |name: &str| match name {
            "patient" => "{author} <b>Ann</b>".to_owned(),
            "author" => "Doc".to_owned(),
            _ => String::new(),
        };
        assert_eq!(
            fill("{patient}, {author}.", value),
            "{author} <b>Ann</b>, Doc."
        );
        assert_eq!(fill("{born} {secret} {", value), "… {secret} {");
        for template in in_use(&[]) {
            let left = template.fill(|_| "x".to_owned());
            assert!(!left.contains(['{', '}']), "{left}");
        }
    }

    #[test]
    fn emr_1_23_what_the_clinic_published_takes_the_place_of_the_programs_own() {
        let library = |status: &str, title: &str| {
            let mut document = crate::chart::write::resource(KIND);
            document.set("status", status);
            set(&mut document, "recall", title, "Dear {patient}");
            Value::from(document)
        };
        let titles = |stored: &[Value]| -> Vec<String> {
            let all = in_use(stored).into_iter();
            all.filter(|t| t.key == "recall").map(|t| t.title).collect()
        };
        assert_eq!(titles(&[library("active", "Ours")]), ["Ours"]);
        assert_eq!(
            titles(&[library("draft", "Ours")]),
            ["Please come and see us"]
        );
        assert_eq!(titles(&[library("retired", "Ours")]), Vec::<String>::new());
    }
}

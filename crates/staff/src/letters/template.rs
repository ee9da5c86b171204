//! Templates of letters and of visits' notes. A template names what is put in; nothing else of it is looked at, and what is put
//! in is not looked at again.

use aceso_fhir::{Object, Value};
use aceso_policy::Role;
use aceso_web::site::{Ask, PageFault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Staff;
use crate::chart::note::{Note, PARTS};
use crate::chart::write::{coding, of_hl7, one};
use crate::patient::record::{Wanted, searches};
use crate::words::known;

/// The type that templates are kept as.
pub(crate) const KIND: &str = "Library";
/// The system of their kinds.
const SYSTEM: &str = "urn:aceso:template";
/// What the address of a template begins with, before the kind.
const ADDRESS: &str = "urn:aceso:template:";
/// The system of the roles that a template is for.
const ROLES: &str = "urn:aceso:role";
/// A template may be this long, in letters.
pub(crate) const LONGEST: usize = 10_000;

/// What is begun with a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Use {
    /// A letter.
    #[default]
    Letter,
    /// A visit's note: its parts stand under their names in brackets.
    Note,
}

impl Use {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Letter, Self::Note];

    /// Its word in addresses and forms.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Note => "note",
        }
    }

    /// By its word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What people call it.
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Letter => "Letter",
            Self::Note => "Visit note",
        }
    }

    const fn display(self) -> &'static str {
        match self {
            Self::Letter => "Template of a letter",
            Self::Note => "Template of a note",
        }
    }
}

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    /// What it is for.
    pub(crate) begins: Use,
    /// The role that it is offered to; empty for everybody.
    pub(crate) role: String,
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

/// Those of notes.
pub(crate) const NOTES: [(&str, &str, &str); 4] = [
    (
        "check-up",
        "Check-up",
        "[Subjective]\nConcerns:\nSleep, appetite, mood:\nTobacco, alcohol:\n[Objective]\nGeneral:\nHeart, lungs:\nAbdomen:\n[Assessment]\nKnown problems: {problems}\n[Plan]\nVaccinations:\nScreening:\nNext visit:",
    ),
    (
        "airways",
        "Cough or cold",
        "[Subjective]\nSince:\nFever, breathlessness, chest pain:\nContacts:\nAllergies: {allergies}\n[Objective]\nThroat, ears:\nLungs:\n[Assessment]\n[Plan]\nWhat to watch for:\nCome back if:",
    ),
    (
        "pressure",
        "Blood pressure",
        "[Subjective]\nReadings at home:\nTablets taken as prescribed:\nDizziness, swelling:\nMedication: {medications}\n[Objective]\nPressure, both arms:\nHeart, lungs, ankles:\n[Assessment]\nTarget reached:\n[Plan]\nMedication:\nTests:\nNext visit:",
    ),
    (
        "diabetes",
        "Diabetes",
        "[Subjective]\nReadings, low sugar:\nDiet, movement:\nMedication: {medications}\n[Objective]\nFeet: pulses, skin, feeling:\nLatest results:\n{results}\n[Assessment]\n[Plan]\nMedication:\nEyes, kidneys, feet:\nNext visit:",
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
    /// One that the program brings along, in the language of whoever begins with it.
    pub(crate) fn own(begins: Use, (key, title, body): (&str, &str, &str)) -> Self {
        Self {
            begins,
            role: String::new(),
            key: key.to_owned(),
            title: known(title),
            body: known(body),
        }
    }

    /// All that the program brings along.
    pub(crate) fn all_own() -> impl Iterator<Item = Self> {
        let letters = TEMPLATES.into_iter().map(|one| Self::own(Use::Letter, one));
        letters.chain(NOTES.into_iter().map(|one| Self::own(Use::Note, one)))
    }

    /// The template that a Library is; none for Libraries that are none of ours.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let begins = crate::chart::codes(document.get("type")).find_map(Use::of)?;
        let content = document.items_at("content").first()?;
        let bytes = STANDARD.decode(content.str_at("data")?).ok()?;
        let address = document.str_at("url")?.strip_prefix(ADDRESS)?;
        let contexts = document.items_at("useContext").iter();
        let roles = contexts.flat_map(|c| c.get("valueCodeableConcept"));
        let mut roles = roles.flat_map(|concept| concept.items_at("coding"));
        let role = roles.find(|c| c.str_at("system") == Some(ROLES));
        let role = role.and_then(|c| c.str_at("code")).unwrap_or_default();
        Some(Self {
            begins,
            role: role.to_owned(),
            key: address
                .strip_prefix(begins.word())?
                .strip_prefix(':')?
                .to_owned(),
            title: document.str_at("title")?.to_owned(),
            body: String::from_utf8(bytes).ok()?,
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        [ADDRESS, self.begins.word(), ":", &self.key].concat()
    }

    /// Says in a Library which template it is.
    pub(crate) fn write(&self, document: &mut Object) {
        document.set("url", self.url());
        document.set("title", self.title.as_str());
        let code = coding(SYSTEM, self.begins.word(), self.begins.display());
        document.set("type", Value::from([("coding", one(code))]));
        document.remove("useContext");
        if !self.role.is_empty() {
            let role = Value::from([("coding", one(coding(ROLES, &self.role, "")))]);
            let user = of_hl7("usage-context-type", "user");
            let user = user.items_at("coding").first().cloned();
            let context = [
                ("code", user.unwrap_or(Value::Null)),
                ("valueCodeableConcept", role),
            ];
            document.set("useContext", one(Value::from(context)));
        }
        let content = [
            ("contentType", Value::from("text/plain; charset=utf-8")),
            ("data", Value::from(STANDARD.encode(&self.body))),
        ];
        document.set("content", one(Value::from(content)));
    }

    /// The text with what the names stand for. What has no value becomes a line to fill in.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        fill(&self.body, value)
    }

    /// The note that is begun with it: a line of its own with a part's name in brackets begins that part.
    pub(crate) fn note(&self, value: impl Fn(&str) -> String) -> Note {
        // What is put in cannot begin a part: the parts are cut first.
        Note {
            title: self.title.clone(),
            parts: parts(&self.body).map(|part| fill(&part, &value).trim().to_owned()),
        }
    }

    /// The first line in brackets that names no part of a note.
    pub(crate) fn unknown_part(&self) -> Option<&str> {
        let headings = self.body.lines().filter_map(heading);
        let mut unknown = headings.filter(|name| place(name).is_none());
        unknown.next().filter(|_| self.begins == Use::Note)
    }

    fn is_for(&self, roles: &[Role]) -> bool {
        self.role.is_empty() || roles.iter().any(|role| role.as_str() == self.role)
    }
}

/// The name in a line that is nothing but a name in brackets.
fn heading(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']')
}

/// Which part of a note has this name.
fn place(name: &str) -> Option<usize> {
    let mut all = PARTS.iter();
    all.position(|(_, _, said)| said.eq_ignore_ascii_case(name))
}

fn parts(body: &str) -> [String; 4] {
    let mut parts: [String; 4] = Default::default();
    let mut at = 0;
    for line in body.lines() {
        match heading(line).and_then(place) {
            Some(part) => at = part,
            None => {
                if let Some(part) = parts.get_mut(at) {
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
    }
    parts
}

/// All stored versions of templates.
pub(crate) async fn stored(staff: &Staff, ask: &Ask) -> Result<Vec<Value>, PageFault> {
    let kinds = Use::ALL.map(|one| [SYSTEM, "|", one.word()].concat());
    let wanted = Wanted::new(KIND).with("type", kinds.join(",")).most(500);
    let found = searches(staff, ask, vec![wanted]).await?;
    Ok(found
        .into_iter()
        .flatten()
        .flat_map(|f| f.matches)
        .collect())
}

/// The templates that the reader's letters or notes are begun with, by title: those that the clinic published, and the
/// program's own where the clinic published nothing in their place.
pub(crate) async fn templates(
    staff: &Staff,
    ask: &Ask,
    begins: Use,
) -> Result<Vec<Template>, PageFault> {
    let person = ask.caller()?.as_person();
    let roles = person.map(|p| p.roles.as_slice()).unwrap_or_default();
    let mut all = in_use(&stored(staff, ask).await?);
    all.retain(|t| t.begins == begins && t.is_for(roles));
    Ok(all)
}

fn in_use(stored: &[Value]) -> Vec<Template> {
    let status = |d: &Value, code| d.str_at("status") == Some(code);
    let active = stored.iter().filter(|d| status(d, "active"));
    let mut all: Vec<Template> = active.filter_map(Template::of).collect();
    let replaced = |url: &str| {
        let mut others = stored.iter().filter(|d| !status(d, "draft"));
        others.any(|d| d.str_at("url") == Some(url))
    };
    all.extend(Template::all_own().filter(|own| !replaced(&own.url())));
    all.sort_by_key(|t| t.title.to_lowercase());
    all
}

/// The template with this key that the reader's letters or notes are begun with.
pub(crate) async fn find(
    staff: &Staff,
    ask: &Ask,
    begins: Use,
    key: &str,
) -> Result<Template, PageFault> {
    let all = templates(staff, ask, begins).await?;
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
            Template::own(Use::Letter, ("recall", title, "Dear {patient}")).write(&mut document);
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

    #[test]
    fn emr_1_8_a_notes_template_fills_its_parts_and_what_is_put_in_begins_none() {
        let body =
            "Before\n[plan]\nRest\n[Subjective]\nAllergies: {allergies}\n[Objective]\n{patient}";
        let template = Template::own(Use::Note, ("k", "Cough", body));
        let note = template.note(|name| match name {
            "allergies" => "[Plan]\nnone".to_owned(),
            _ => String::new(),
        });
        let parts = note.parts.each_ref().map(String::as_str);
        assert_eq!(parts, ["Before\nAllergies: [Plan]\nnone", "…", "", "Rest"]);
        assert_eq!(template.unknown_part(), None);
        let wrong = Template::own(Use::Note, ("k", "Cough", "[History]\n[Plan]"));
        assert_eq!(wrong.unknown_part(), Some("History"));
        for own in Template::all_own() {
            let mut document = crate::chart::write::resource(KIND);
            own.write(&mut document);
            assert_eq!(Template::of(&Value::from(document)), Some(own.clone()));
            assert_eq!(own.unknown_part(), None);
        }
    }

    #[test]
    fn emr_1_8_a_template_for_a_role_is_offered_to_that_role_alone() {
        let template = |role: &str| Template {
            role: role.into(),
            ..Template::own(Use::Note, ("k", "Cough", "[Plan]"))
        };
        let nurse = [Role::NURSE];
        assert!(template("").is_for(&nurse) && template("nurse").is_for(&nurse));
        assert!(!template("clinician").is_for(&nurse));
        let mut document = crate::chart::write::resource(KIND);
        template("nurse").write(&mut document);
        document.set("status", "active");
        document.set("id", "t1");
        let value = Value::from(document);
        assert_eq!(Template::of(&value), Some(template("nurse")));
        let issues = aceso_fhir::validate::resource(&value, &aceso_fhir::validate::Options::WRITE);
        assert!(issues.is_empty(), "{issues:?}");
    }
}

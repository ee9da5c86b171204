//! Who somebody is.

use aceso_base::Instant;
use aceso_clinic::Age;
use aceso_fhir::Value;
use aceso_web::page::say;

use super::concept;
use super::merged::Links;
use crate::words::{self, fhir_day, field_day, gender};

/// What a person is known by, for the top of every page about a patient.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `1 Mar 1974`
    pub(crate) born: Option<String>,
    /// `52 years`
    pub(crate) age: Option<String>,
    pub(crate) gender: Option<String>,
    /// The clinic's numbers for the person, with what each is.
    pub(crate) numbers: Vec<(String, String)>,
    /// When they died, or that they did.
    pub(crate) deceased: Option<String>,
    /// The record that replaces this one.
    pub(crate) part_of: Option<String>,
    /// Whether it is known who they are.
    pub(crate) known: Known,
    /// The address of their photograph.
    pub(crate) photo: Option<String>,
}

/// Whether it is known who somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is.
    #[default]
    Yes,
    /// The record has a stopgap for a name.
    NotYet,
}

impl Identity {
    /// From a Patient.
    pub(crate) fn of(id: &str, patient: &Value, now: Instant) -> Self {
        let birth = patient.str_at("birthDate");
        let died = patient.str_at("deceasedDateTime");
        let dead = patient.get("deceasedBoolean").and_then(Value::as_bool) == Some(true);
        let deceased = died
            .map(fhir_day)
            .or_else(|| dead.then(|| say("date unknown", &[])));
        let until = match died {
            Some(day) => day.get(..10).unwrap_or(day).to_owned(),
            None => field_day(now),
        };
        Self {
            id: id.to_owned(),
            name: name(patient),
            born: birth.map(fhir_day),
            age: birth.and_then(|birth| Some(words::age(&Age::between(birth, &until)?))),
            gender: patient.str_at("gender").map(gender),
            numbers: numbers(patient),
            deceased,
            part_of: Links::of(patient).replaced_by,
            known: known(patient),
            photo: photo(id, patient),
        }
    }
}

/// The version in the address has a browser ask anew once the photograph is another one.
fn photo(id: &str, patient: &Value) -> Option<String> {
    patient.items_at("photo").first()?.str_at("data")?;
    let version = super::version(patient).to_string();
    Some([&crate::patient::path(id), "/photo?v=", &version].concat())
}

/// The first letters of a name: of the first word, and of the last.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().next());
    let first = words.next();
    let last = words.next_back();
    let letters = first.into_iter().chain(last);
    letters.flat_map(char::to_uppercase).collect()
}

fn known(patient: &Value) -> Known {
    let names = patient.items_at("name");
    let stopgap = |name: &Value| name.str_at("use") == Some("temp");
    match !names.is_empty() && names.iter().all(stopgap) {
        true => Known::NotYet,
        false => Known::Yes,
    }
}

/// A person's name as people say it: the usual or official one, else the first; `Unnamed` when there is none.
pub(crate) fn name(document: &Value) -> String {
    let names = document.items_at("name");
    let used = |wanted: &str| names.iter().find(|n| n.str_at("use") == Some(wanted));
    let name = used("usual")
        .or_else(|| used("official"))
        .or_else(|| names.first());
    name.map_or_else(|| crate::words::say("Unnamed", &[]), written)
}

/// A HumanName in the order in which people say it.
pub(crate) fn written(name: &Value) -> String {
    if let Some(text) = name.str_at("text") {
        return text.to_owned();
    }
    let given = name.items_at("given").iter().filter_map(Value::as_str);
    let parts: Vec<&str> = given.chain(name.str_at("family")).collect();
    if parts.is_empty() {
        crate::words::say("Unnamed", &[])
    } else {
        parts.join(" ")
    }
}

/// Medical record numbers; where none is marked as one, the identifiers that are no government's.
fn numbers(patient: &Value) -> Vec<(String, String)> {
    let label = |identifier: &Value| {
        concept(identifier.get("type")).unwrap_or_else(|| crate::words::say("Number", &[]))
    };
    let typed = |identifier: &&Value, wanted: &[&str]| {
        super::code(identifier.get("type")).is_some_and(|c| wanted.contains(&c))
    };
    let value = |identifier: &Value| identifier.str_at("value").map(str::to_owned);
    let all = patient.items_at("identifier");
    let records = all.iter().filter(|i| typed(i, &["MR"]));
    let found: Vec<_> = records
        .filter_map(|i| Some(("MRN".to_owned(), value(i)?)))
        .collect();
    if !found.is_empty() {
        return found;
    }
    let others = all
        .iter()
        .filter(|i| !typed(i, &["SS", "SB", "DL", "PPN", "NI"]));
    others
        .filter_map(|i| Some((label(i), value(i)?)))
        .take(2)
        .collect()
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn a_person_is_known_by_the_usual_name_and_the_clinics_number() {
        let patient = json::read(
            br#"{"resourceType":"Patient","birthDate":"1974-03-02","gender":"female",
            "name":[{"use":"maiden","family":"Old"},{"use":"official","given":["Ann","B."],"family":"Example"}],
            "identifier":[{"type":{"coding":[{"code":"SS"}]},"value":"999-11-2222"},{"type":{"coding":[{"code":"MR"}]},"value":"4711"}]}"#,
        )
        .unwrap();
        let identity = Identity::of("p", &patient, Instant::from_millis(1_772_625_600_000));
        assert_eq!(identity.name, "Ann B. Example");
        assert_eq!(identity.numbers, [("MRN".to_owned(), "4711".to_owned())]);
        assert_eq!(identity.age.as_deref(), Some("52 years"));
    }
}

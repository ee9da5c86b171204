//! Two records of one person: which one replaces which (Patient.link).

use aceso_fhir::{Object, Value};

use super::write::reference;

/// Where a merge notes what it changed in the record that it replaces: the version from before.
const BEFORE: &str = "urn:aceso:merged-from-version";

/// How a record stands to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The record that replaces this one.
    pub(crate) replaced_by: Option<String>,
    /// Those that this one replaces.
    pub(crate) replaces: Vec<String>,
}

fn linked<'a>(patient: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let links = patient.items_at("link").iter();
    links
        .filter(move |link| link.str_at("type") == Some(kind))
        .filter_map(|link| {
            link.get("other")?
                .str_at("reference")?
                .strip_prefix("Patient/")
        })
}

impl Links {
    /// Of a Patient.
    pub(crate) fn of(patient: &Value) -> Self {
        Self {
            replaced_by: linked(patient, "replaced-by").next().map(str::to_owned),
            replaces: linked(patient, "replaces").map(str::to_owned).collect(),
        }
    }
}

fn link(to: &str, kind: &str) -> Value {
    Value::from([
        ("other", reference(["Patient/", to].concat())),
        ("type", Value::from(kind)),
    ])
}

fn without(patient: &mut Object, to: &str, kind: &str) {
    let whole = Value::from(patient.clone());
    let other = ["Patient/", to].concat();
    let mut links = whole.items_at("link").to_vec();
    links.retain(|l| {
        let same = l.get("other").and_then(|o| o.str_at("reference")) == Some(other.as_str());
        !(same && l.str_at("type") == Some(kind))
    });
    match links.is_empty() {
        true => drop(patient.remove("link")),
        false => patient.set("link", links),
    }
}

fn with(patient: &mut Object, to: &str, kind: &str) {
    without(patient, to, kind);
    let whole = Value::from(patient.clone());
    let mut links = whole.items_at("link").to_vec();
    links.push(link(to, kind));
    patient.set("link", links);
}

/// Both records after the merge: `kept` replaces `gone`, which is no longer in use. Nothing is moved: what was charted
/// stays where it was charted, and is read from both. Who treats the one treats the other.
pub(crate) fn merge(kept: &Value, gone: &Value, version: u64) -> Option<(Object, Object)> {
    let (keeps, goes) = (kept.id()?, gone.id()?);
    let (mut one, mut other) = (kept.as_object()?.clone(), gone.as_object()?.clone());
    with(&mut one, goes, "replaces");
    with(&mut other, keeps, "replaced-by");
    other.set("active", Value::Bool(false));
    let mut treating = gone.items_at("generalPractitioner").to_vec();
    for doctor in kept.items_at("generalPractitioner") {
        if !treating.contains(doctor) {
            treating.push(doctor.clone());
        }
    }
    if !treating.is_empty() {
        other.set("generalPractitioner", treating);
    }
    let mut extensions = gone.items_at("extension").to_vec();
    extensions.retain(|e| e.str_at("url") != Some(BEFORE));
    extensions.push(Value::from([
        ("url", Value::from(BEFORE)),
        ("valueString", Value::from(version.to_string())),
    ]));
    other.set("extension", extensions);
    Some((one, other))
}

/// The version of a replaced record from before it was.
pub(crate) fn before(gone: &Value) -> Option<u64> {
    let extensions = gone.items_at("extension").iter();
    let mut notes = extensions.filter(|e| e.str_at("url") == Some(BEFORE));
    let note = notes.next_back()?;
    note.str_at("valueString")?.parse().ok()
}

/// Both records after the merge is undone: who treats the patient and whether the record is in use are as before.
pub(crate) fn unmerge(kept: &Value, gone: &Value, before: &Value) -> Option<(Object, Object)> {
    let (keeps, goes) = (kept.id()?, gone.id()?);
    let (mut one, mut other) = (kept.as_object()?.clone(), gone.as_object()?.clone());
    without(&mut one, goes, "replaces");
    without(&mut other, keeps, "replaced-by");
    for name in ["active", "generalPractitioner"] {
        match before.get(name) {
            Some(value) => other.set(name, value.clone()),
            None => drop(other.remove(name)),
        }
    }
    let mut extensions = gone.items_at("extension").to_vec();
    extensions.retain(|e| e.str_at("url") != Some(BEFORE));
    match extensions.is_empty() {
        true => drop(other.remove("extension")),
        false => other.set("extension", extensions),
    }
    Some((one, other))
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn read(text: &str) -> Value {
        json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn emr_1_6_what_was_merged_is_undone_to_the_letter() {
        let kept = read(
            r#"{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/x"}]}"#,
        );
        for gone in [
            r#"{"resourceType":"Patient","id":"b","active":true,"link":[{"other":{"reference":"Patient/c"},"type":"seealso"}]}"#,
            r#"{"resourceType":"Patient","id":"b","generalPractitioner":[{"reference":"Practitioner/y"}]}"#,
        ] {
            let gone = read(gone);
            let (one, other) = merge(&kept, &gone, 7).unwrap();
            let (one, other) = (Value::from(one), Value::from(other));
            assert_eq!(Links::of(&one).replaces, ["b"]);
            assert_eq!(Links::of(&other).replaced_by.as_deref(), Some("a"));
            assert_eq!(other.get("active"), Some(&Value::Bool(false)));
            assert!(
                other
                    .items_at("generalPractitioner")
                    .contains(&kept.items_at("generalPractitioner")[0])
            );
            assert_eq!(before(&other), Some(7));
            let (one, other) = unmerge(&one, &other, &gone).unwrap();
            let same =
                |a: Object, b: &Value| json::canonical(&Value::from(a)) == json::canonical(b);
            assert!(same(one, &kept) && same(other, &gone));
        }
    }
}

//! What a resource about substance use bears when it leaves the clinic: its labels, the notice and on what it is given
//! (42 CFR 2.32; HL7 FHIR Data Segmentation for Privacy), and what a Bundle with such resources bears.

use crate::consent::{NOTICE, PART2};
use crate::{Object, Value};

/// The extension of `meta` that holds the notice and the scope.
pub const DISCLOSURE: &str = "urn:aceso:disclosure";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// What whoever receives it must do and leave (v3 ActCode): the regulation, no further disclosure without consent, keep the
/// label.
const MARKS: [(&str, &str); 3] = [
    (PART2, "42 CFR Part2"),
    ("NORDSCLCD", "no redisclosure without consent directive"),
    ("PERSISTLABEL", "persist security label"),
];

/// The notice, the scope and the consents (`Consent/x/_history/2`), as an extension of `meta`.
pub fn extension(scope: &str, consents: impl IntoIterator<Item = String>) -> Value {
    let part = |url: &str, name: &str, value| Value::from([("url", url.into()), (name, value)]);
    let mut parts = vec![
        part("notice", "valueString", NOTICE.into()),
        part("scope", "valueString", scope.into()),
    ];
    for consent in consents {
        let reference = Value::from([("reference", consent.into())]);
        parts.push(part("consent", "valueReference", reference));
    }
    Value::from([("url", DISCLOSURE.into()), ("extension", parts.into())])
}

/// Puts labels and the extension on a resource.
pub fn mark(resource: &mut Value, extension: Value) {
    let Some(object) = resource.as_object_mut() else {
        return;
    };
    let mut meta = match object.remove("meta") {
        Some(Value::Object(meta)) => meta,
        Some(_) | None => Object::new(),
    };
    let items = |name: &str| meta.get(name).map_or(&[][..], Value::each).to_vec();
    let (mut security, mut extensions) = (items("security"), items("extension"));
    for coding in codings() {
        let code = coding.str_at("code");
        if !security.iter().any(|c| c.str_at("code") == code) {
            security.push(coding);
        }
    }
    extensions.push(extension);
    meta.set("security", security);
    meta.set("extension", extensions);
    object.insert_at(2, "meta", meta);
}

/// Takes off what was put on when it left, but for the labels, which stay.
pub fn unmark(resource: &mut Value) {
    let meta = resource.as_object_mut().and_then(|o| o.get_mut("meta"));
    let Some(meta) = meta.and_then(Value::as_object_mut) else {
        return;
    };
    let Some(Value::Array(extensions)) = meta.get_mut("extension") else {
        return;
    };
    extensions.retain(|e| e.str_at("url") != Some(DISCLOSURE));
    if extensions.is_empty() {
        meta.remove("extension");
    }
}

/// The `meta` of a Bundle over what these resources bear: what one of them asks of its receiver, all do (the high-water
/// mark). None when none bears anything.
pub fn meta_over<'v>(resources: impl IntoIterator<Item = &'v Value>) -> Option<Object> {
    let metas = resources.into_iter().filter_map(|r| r.get("meta"));
    let extensions = metas.flat_map(|meta| meta.items_at("extension"));
    let ours = extensions.filter(|e| e.str_at("url") == Some(DISCLOSURE));
    meta_of(ours.cloned())
}

/// The `meta` of a Bundle with these extensions, each once.
pub fn meta_of(extensions: impl IntoIterator<Item = Value>) -> Option<Object> {
    let mut all: Vec<Value> = Vec::new();
    for extension in extensions {
        if !all.contains(&extension) {
            all.push(extension);
        }
    }
    if all.is_empty() {
        return None;
    }
    let mut security = vec![coding(CONFIDENTIALITY, ("R", "restricted"))];
    security.extend(codings());
    let mut meta = Object::new();
    meta.set("extension", all);
    meta.set("security", security);
    Some(meta)
}

fn codings() -> impl Iterator<Item = Value> {
    MARKS.into_iter().map(|of| coding(ACT_CODE, of))
}

fn coding(system: &str, (code, display): (&str, &str)) -> Value {
    Value::from([
        ("system", system.into()),
        ("code", code.into()),
        ("display", display.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::security::{Standing, standing};
    use crate::validate::{Options, resource};

    fn patient(meta: &str) -> Value {
        let text = format!(r#"{{"resourceType":"Patient","id":"a","meta":{{{meta}}}}}"#);
        json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn s4_what_leaves_bears_the_notice_its_labels_and_the_consent_and_is_valid() {
        let mut one = patient(r#""versionId":"1","security":[{"code":"ETH"}]"#);
        let before = one.clone();
        mark(
            &mut one,
            extension("why", ["Consent/c/_history/2".to_owned()]),
        );
        let text = json::to_string(&one);
        for said in [
            "ETH",
            PART2,
            "NORDSCLCD",
            "PERSISTLABEL",
            NOTICE,
            "Consent/c/_history/2",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(
            resource(&one, &Options::WRITE)
                .iter()
                .all(|i| !i.severity.refuses())
        );
        let again = one.get("meta").unwrap().items_at("security").len();
        assert_eq!(again, 4);
        unmark(&mut one);
        assert_eq!(one.get("meta").unwrap().get("extension"), None);
        assert_ne!(one, before, "the labels stay");
    }

    #[test]
    fn s4_a_bundle_bears_what_one_of_its_resources_bears() {
        let mut one = patient(r#""versionId":"1""#);
        assert_eq!(meta_over([&one]), None);
        mark(&mut one, extension("why", []));
        let meta = meta_over([&patient(""), &one, &one]).unwrap();
        assert_eq!(meta.get("extension").unwrap().each().len(), 1);
        assert_eq!(meta.get("security").unwrap().each().len(), 4);
    }

    #[test]
    fn s4_the_marks_are_codes_of_their_system_and_restrict_nothing_by_themselves() {
        for coding in codings().filter(|c| c.str_at("code") != Some(PART2)) {
            assert_eq!(standing(&coding), Standing::Ordinary, "{coding:?}");
        }
    }
}

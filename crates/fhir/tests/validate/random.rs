//! Random values.

use aceso_fhir::validate::{self, Options};
use aceso_fhir::{Object, Value};
use proptest::prelude::*;

/// Names and values that FHIR uses, so that random trees get past the first check.
fn any_value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "resourceType",
        "id",
        "meta",
        "profile",
        "text",
        "div",
        "contained",
        "extension",
        "url",
        "valueString",
        "_valueString",
        "valueReference",
        "reference",
        "name",
        "_given",
        "given",
        "identifier",
        "system",
        "code",
        "coding",
        "category",
        "component",
        "valueQuantity",
        "period",
        "start",
        "end",
        "entry",
        "resource",
        "type",
        "status",
        "subject",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "Patient",
            "Observation",
            "Bundle",
            "#",
            "#a",
            "a",
            "",
            "2024-01-01",
            "Patient/1",
            "http://a/b",
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure",
            "<div xmlns=",
            "final",
        ])
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 120, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..8).prop_map(|members| {
                let mut object = Object::new();
                members.into_iter().for_each(|(n, v)| object.set(n, v));
                Value::from(object)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_makes_it_fail(value in any_value(), kind in prop::sample::select(vec!["Patient", "Observation", "Bundle", "Questionnaire"])) {
        let mut value = value;
        if let Some(object) = value.as_object_mut() {
            object.set("resourceType", kind);
        }
        let found = validate::resource(&value, &Options::FULL);
        prop_assert!(found.len() <= Options::FULL.max_issues);
        for issue in found {
            prop_assert!(issue.expression.is_some() && !issue.text.is_empty());
        }
    }

    #[test]
    fn no_narrative_makes_it_fail(inside in r#"[<>/a-z"'=&;!\-]{0,40}"#) {
        let text = format!(r#"<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>"#);
        let narrative = Value::from([("status", "generated".into()), ("div", text.into())]);
        let value = Value::from([("resourceType", "Patient".into()), ("text", narrative)]);
        validate::resource(&value, &Options::WRITE);
    }
}

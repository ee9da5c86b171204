//! From a document to its index entries.

use std::cmp::Ordering;

use super::date::date_span;
use super::emit::Sink;
use super::entry::{BEGINNING, Entry, Extracted, IndexValue};
use super::program::program;
use crate::Value;
use crate::definitions::parameters;

/// Everything a resource can be found by. `base`: the server's own base URL without a slash at the end; references
/// below it count as local. Nothing for what is no known resource.
pub fn extract<'a>(document: &'a Value, base: Option<&'a str>) -> Extracted<'a> {
    let Some((kind, object)) = document.resource_type().zip(document.as_object()) else {
        return Extracted::default();
    };
    let Some(program) = program(kind) else {
        return Extracted::default();
    };
    let mut sink = Sink::new(base);
    program.root.walk(object, &mut sink);
    if let Some(branch) = program.deceased {
        let code = if deceased(document) { "true" } else { "false" };
        sink.push(branch, IndexValue::Token { system: None, code });
    }
    let mut entries = sink.entries;
    entries.sort_unstable_by(order);
    entries.dedup_by(|a, b| order(a, b) == Ordering::Equal);
    let ord = clinical_date(document, kind, &entries);
    Extracted { entries, ord }
}

fn deceased(patient: &Value) -> bool {
    patient.get("deceasedDateTime").is_some()
        || patient.get("deceasedBoolean").and_then(Value::as_bool) == Some(true)
}

fn clinical_date(document: &Value, kind: &str, entries: &[Entry<'_>]) -> i64 {
    let branch = parameters().clinical_date(kind);
    let spans = entries.iter().filter(|e| Some(e.branch) == branch);
    let dated = spans.filter_map(|e| match e.value {
        IndexValue::Date { lo, hi } => Some(if lo == BEGINNING { hi } else { lo }),
        _ => None,
    });
    let updated = || {
        let text = document.get("meta")?.str_at("lastUpdated")?;
        Some(date_span(text)?.0)
    };
    dated.min().or_else(updated).unwrap_or(0)
}

/// A total order, by branch first.
fn order(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    a.branch
        .cmp(&b.branch)
        .then_with(|| order_values(&a.value, &b.value))
}

fn order_values(a: &IndexValue<'_>, b: &IndexValue<'_>) -> Ordering {
    use IndexValue as V;
    match (a, b) {
        (V::Token { system: s, code: c }, V::Token { system: t, code: d }) => (c, s).cmp(&(d, t)),
        (V::TokenText(s), V::TokenText(t)) | (V::Uri(s), V::Uri(t)) => s.cmp(t),
        (
            V::OfType {
                system: s,
                code: c,
                value: v,
            },
            V::OfType {
                system: t,
                code: d,
                value: w,
            },
        ) => (v, s, c).cmp(&(w, t, d)),
        (
            V::Reference {
                kind: k,
                id: i,
                version: v,
            },
            V::Reference {
                kind: l,
                id: j,
                version: w,
            },
        ) => (k, i, v).cmp(&(l, j, w)),
        (V::ReferenceUrl { url: u, version: v }, V::ReferenceUrl { url: x, version: w }) => {
            (u, v).cmp(&(x, w))
        }
        (
            V::ReferenceIdentifier {
                system: s,
                value: v,
            },
            V::ReferenceIdentifier {
                system: t,
                value: w,
            },
        ) => (v, s).cmp(&(w, t)),
        (V::Str(s), V::Str(t)) => s.cmp(t),
        (V::Date { lo, hi }, V::Date { lo: lo2, hi: hi2 }) => (lo, hi).cmp(&(lo2, hi2)),
        (V::Number { lo, hi }, V::Number { lo: lo2, hi: hi2 }) => {
            lo.total_cmp(lo2).then(hi.total_cmp(hi2))
        }
        (
            V::Quantity {
                lo,
                hi,
                system: s,
                code: c,
                ..
            },
            V::Quantity {
                lo: lo2,
                hi: hi2,
                system: t,
                code: d,
                ..
            },
        ) => lo
            .total_cmp(lo2)
            .then(hi.total_cmp(hi2))
            .then_with(|| (s, c).cmp(&(t, d))),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &IndexValue<'_>) -> u8 {
    match value {
        IndexValue::Token { .. } => 0,
        IndexValue::TokenText(_) => 1,
        IndexValue::OfType { .. } => 2,
        IndexValue::Reference { .. } => 3,
        IndexValue::ReferenceUrl { .. } => 4,
        IndexValue::ReferenceIdentifier { .. } => 5,
        IndexValue::Str(_) => 6,
        IndexValue::Date { .. } => 7,
        IndexValue::Number { .. } => 8,
        IndexValue::Quantity { .. } => 9,
        IndexValue::Uri(_) => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn check(document: &str, expected: &[(&str, &str)]) {
        let document = json::read(document.as_bytes()).unwrap();
        let found = extract(&document, Some("http://here/fhir"));
        let found: Vec<(String, String)> = found
            .entries
            .iter()
            .map(|e| {
                let path = parameters().branch(e.branch).unwrap().path.to_owned();
                (path, shown(&e.value))
            })
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|(p, v)| (p.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    fn shown(value: &IndexValue<'_>) -> String {
        match value {
            IndexValue::Token { system, code } => format!("{}|{code}", system.unwrap_or("")),
            IndexValue::TokenText(text) => format!("text {text}"),
            IndexValue::OfType {
                system,
                code,
                value,
            } => format!("type {system}|{code}|{value}"),
            IndexValue::Reference { kind, id, version } => format!("{kind}/{id} {version:?}"),
            IndexValue::ReferenceUrl { url, version } => format!("{url} {version:?}"),
            IndexValue::ReferenceIdentifier { system, value } => format!("{system:?} {value}"),
            IndexValue::Str(text) => text.to_string(),
            IndexValue::Date { lo, hi } => format!("{lo}..{hi}"),
            IndexValue::Number { lo, hi } => format!("{lo}..{hi}"),
            IndexValue::Quantity {
                lo,
                hi,
                code,
                canonical,
                ..
            } => {
                format!("{lo}..{hi} {code} {canonical:?}")
            }
            IndexValue::Uri(uri) => (*uri).to_owned(),
        }
    }

    #[test]
    fn an_observation_is_found_by_what_it_says() {
        check(
            r#"{"resourceType":"Observation","id":"o","meta":{"profile":["http://p|1"],"tag":[{"system":"t","code":"x"}]},
            "status":"final","category":[{"coding":[{"system":"c","code":"lab"}]}],
            "code":{"coding":[{"system":"http://loinc.org","code":"1-8","display":"D"},{"code":"z"}],"text":"T"},
            "subject":{"reference":"http://here/fhir/Patient/p"},"effectiveDateTime":"1970-01-02","valueQuantity":
            {"value":5.0,"unit":"kilo","system":"http://unitsofmeasure.org","code":"kg"}}"#,
            &[
                ("category", "c|lab"),
                ("code", "http://loinc.org|1-8"),
                ("code", "|z"),
                ("code", "text D"),
                ("code", "text T"),
                ("effective", "86400000..172800000"),
                ("status", "http://hl7.org/fhir/observation-status|final"),
                ("subject", "Patient/p None"),
                ("value:Quantity", "5..5 kilo None"),
                ("value:Quantity", "5..5 kg Some((1000.0, \"g\"))"),
                ("meta.profile", "http://p"),
                ("meta.tag", "t|x"),
            ],
        );
    }

    #[test]
    fn filters_extensions_and_places_in_a_list_narrow_what_is_found() {
        check(
            r#"{"resourceType":"Practitioner","telecom":[{"system":"phone","value":"1"},{"system":"fax","value":"2"}]}"#,
            &[
                ("telecom", "phone|1"),
                ("telecom", "fax|2"),
                ("telecom[system='phone']", "phone|1"),
            ],
        );
        check(
            r#"{"resourceType":"Patient","extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension":[{"url":"ombCategory","valueCoding":{"code":"2106-3"}},{"url":"text","valueString":"White"}]}]}"#,
            &[
                ("%deceased", "|false"),
                (
                    "extension[url='http://hl7.org/fhir/us/core/StructureDefinition/us-core-race'].extension.value.code",
                    "|2106-3",
                ),
            ],
        );
        check(
            r#"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","id":"c"}},
            {"resource":{"resourceType":"Patient","id":"p"}}]}"#,
            &[
                ("entry[#0].resource", "Composition/c None"),
                ("type", "http://hl7.org/fhir/bundle-type|document"),
            ],
        );
    }

    #[test]
    fn what_is_of_the_wrong_shape_is_passed_over() {
        check(
            r#"{"resourceType":"Observation","status":[1,null,{"a":2}],"code":"x","subject":7,"effectiveDateTime":"soon"}"#,
            &[],
        );
        check(r#"{"resourceType":"Nothing","status":"final"}"#, &[]);
    }

    #[test]
    fn the_clinical_date_falls_back_to_the_last_update() {
        for (document, ord) in [
            (
                r#"{"resourceType":"Observation","effectivePeriod":{"end":"1970-01-01"}}"#,
                86_400_000,
            ),
            (
                r#"{"resourceType":"Observation","meta":{"lastUpdated":"1970-01-01T00:00:01Z"}}"#,
                1000,
            ),
            (r#"{"resourceType":"Observation"}"#, 0),
        ] {
            let document = json::read(document.as_bytes()).unwrap();
            assert_eq!(extract(&document, None).ord, ord);
        }
    }

    #[test]
    fn the_examples_give_entries_and_dates() {
        let Some(files) = aceso_testkit::shared::archive(
            "fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz",
        ) else {
            return;
        };
        let documents: Vec<Value> = files
            .iter()
            .filter_map(|(_, bytes)| json::read(bytes).ok())
            .collect();
        let observations: Vec<&Value> = documents
            .iter()
            .filter(|d| d.resource_type() == Some("Observation"))
            .collect();
        let dated = observations
            .iter()
            .filter(|d| extract(d, None).ord != 0)
            .count();
        assert!(
            dated * 2 > observations.len(),
            "{dated} of {}",
            observations.len()
        );
        let entries: usize = documents
            .iter()
            .map(|d| extract(d, None).entries.len())
            .sum();
        assert!(
            entries > 10 * documents.len(),
            "{entries} entries of {}",
            documents.len()
        );
    }
}

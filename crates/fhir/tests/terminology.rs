//! The terminology operations over the built-in tables and over resources that are handed in.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails where it stands"
)]

use aceso_fhir::terminology::{self, Member, Source, Trouble};
use aceso_fhir::{Value, json};

fn parameters(pairs: &[(&str, &str)]) -> Value {
    let list: Vec<Value> = pairs
        .iter()
        .map(|(name, value)| {
            Value::from([("name", (*name).into()), ("valueString", (*value).into())])
        })
        .collect();
    Value::from([
        ("resourceType", "Parameters".into()),
        ("parameter", list.into()),
    ])
}

/// The values of the parameters of a name; parts as `a=b`.
fn values(answer: &Value, name: &str) -> Vec<String> {
    fn text(v: &Value) -> String {
        match v {
            Value::Bool(b) => b.to_string(),
            Value::String(s) => s.to_string(),
            other => json::to_string(other),
        }
    }
    fn value(p: &Value) -> String {
        p.as_object()
            .unwrap()
            .iter()
            .find(|(k, _)| k.starts_with("value"))
            .map(|(_, v)| text(v))
            .unwrap_or_default()
    }
    let mut found = Vec::new();
    for p in answer.items_at("parameter") {
        if p.str_at("name") == Some(name) {
            let parts = p.items_at("part");
            found.push(if parts.is_empty() {
                value(p)
            } else {
                let all: Vec<String> = parts
                    .iter()
                    .map(|p| format!("{}={}", p.str_at("name").unwrap(), value(p)))
                    .collect();
                all.join(" ")
            });
        }
    }
    found
}

fn codes(expanded: &Value) -> Vec<&str> {
    expanded
        .get("expansion")
        .unwrap()
        .items_at("contains")
        .iter()
        .filter_map(|c| c.str_at("code"))
        .collect()
}

fn animals() -> Source {
    let mut source = Source::default();
    for text in [
        r#"{"resourceType":"CodeSystem","url":"http://a/animals","version":"2","name":"Animals","status":"active","content":"complete","concept":[
            {"code":"animal","display":"Animal","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[
                {"code":"dog","display":"Dog","definition":"Barks","designation":[{"language":"de","value":"Hund"}]},
                {"code":"dodo","display":"Dodo","property":[{"code":"status","valueCode":"retired"}]}]},
            {"code":"rock","display":"Rock"}]}"#,
        r#"{"resourceType":"ValueSet","url":"http://a/vs","name":"Beasts","status":"active","compose":{"include":[
            {"system":"http://a/animals","filter":[{"property":"concept","op":"is-a","value":"animal"}]}]}}"#,
        r#"{"resourceType":"ConceptMap","url":"http://a/map","status":"active","group":[{"source":"http://a/animals","target":"http://b/tiere","element":[
            {"code":"dog","target":[{"code":"hund","display":"Hund","equivalence":"equivalent"},{"code":"tier","equivalence":"wider"}]},
            {"code":"rock","target":[{"equivalence":"unmatched"}]}]}]}"#,
    ] {
        assert!(source.add(&json::read(text.as_bytes()).unwrap()));
    }
    source
}

#[test]
fn an_expansion_is_the_value_set_with_its_codes_in_order() {
    let expanded = terminology::expand(
        &Source::default(),
        &parameters(&[("url", "http://hl7.org/fhir/ValueSet/administrative-gender")]),
    )
    .unwrap();
    assert_eq!(expanded.resource_type(), Some("ValueSet"));
    assert_eq!(codes(&expanded), ["male", "female", "other", "unknown"]);
    let first = &expanded.get("expansion").unwrap().items_at("contains")[0];
    assert_eq!(first.str_at("display"), Some("Male"));
    assert_eq!(
        first.str_at("system"),
        Some("http://hl7.org/fhir/administrative-gender")
    );
    assert!(expanded.get("compose").is_none());
}

#[test]
fn an_expansion_is_filtered_paged_and_translated() {
    let check = |more: &[(&str, &str)], wanted: &[&str]| {
        let mut pairs = vec![("url", "http://a/vs")];
        pairs.extend(more);
        let expanded = terminology::expand(&animals(), &parameters(&pairs)).unwrap();
        assert_eq!(codes(&expanded), wanted, "{more:?}");
        expanded
    };
    check(&[], &["animal", "dog", "dodo"]);
    check(&[("filter", "do")], &["dog", "dodo"]);
    check(&[("activeOnly", "true")], &["animal", "dog"]);
    check(&[("excludeNotForUI", "true")], &["dog", "dodo"]);
    let page = check(&[("offset", "1"), ("count", "1")], &["dog"]);
    assert_eq!(
        page.get("expansion").unwrap().get("total").unwrap(),
        &Value::from(3_i64)
    );
    check(&[("count", "0")], &[]);
    let german = check(
        &[
            ("displayLanguage", "de-CH"),
            ("filter", "dog"),
            ("includeDesignations", "true"),
        ],
        &["dog"],
    );
    let dog = &german.get("expansion").unwrap().items_at("contains")[0];
    assert_eq!(dog.str_at("display"), Some("Hund"));
    assert_eq!(dog.items_at("designation").len(), 1);
    assert_eq!(
        terminology::expand(&animals(), &parameters(&[("url", "http://a/none")])).unwrap_err(),
        Trouble::Unknown("http://a/none".into())
    );
}

#[test]
fn a_lookup_tells_what_is_known_about_a_code() {
    let answer = terminology::lookup(
        &animals(),
        &parameters(&[("system", "http://a/animals"), ("code", "dog")]),
    )
    .unwrap();
    assert_eq!(values(&answer, "name"), ["Animals"]);
    assert_eq!(values(&answer, "version"), ["2"]);
    assert_eq!(values(&answer, "display"), ["Dog"]);
    assert_eq!(values(&answer, "definition"), ["Barks"]);
    assert_eq!(values(&answer, "designation"), ["language=de value=Hund"]);
    assert_eq!(
        values(&answer, "property"),
        ["code=inactive value=false", "code=parent value=animal"]
    );
    let vaccine = terminology::lookup(
        &Source::default(),
        &parameters(&[("system", "http://hl7.org/fhir/sid/cvx"), ("code", "208")]),
    )
    .unwrap();
    assert!(
        values(&vaccine, "display")[0].contains("COVID-19"),
        "{vaccine:?}"
    );
    assert!(
        terminology::lookup(
            &animals(),
            &parameters(&[("system", "http://a/animals"), ("code", "cat")])
        )
        .is_err()
    );
}

#[test]
fn a_code_is_validated_against_value_set_and_code_system() {
    let check = |pairs: &[(&str, &str)], wanted: &str| {
        let answer = terminology::validate_code(&animals(), &parameters(pairs)).unwrap();
        assert_eq!(values(&answer, "result"), [wanted], "{pairs:?} {answer:?}");
        answer
    };
    let vs = ("url", "http://a/vs");
    let system = ("system", "http://a/animals");
    let good = check(&[vs, system, ("code", "dog")], "true");
    assert_eq!(values(&good, "display"), ["Dog"]);
    check(&[vs, ("code", "dog")], "true");
    check(&[vs, system, ("code", "dog"), ("display", "Hund")], "true");
    let wrong = check(&[vs, system, ("code", "dog"), ("display", "Cat")], "false");
    assert_eq!(values(&wrong, "display"), ["Dog"]);
    check(&[vs, system, ("code", "rock")], "false");
    check(&[vs, ("system", "http://else"), ("code", "dog")], "false");
    check(
        &[
            ("url", "http://hl7.org/fhir/ValueSet/mimetypes"),
            ("system", "urn:ietf:bcp:13"),
            ("code", "text/plain"),
        ],
        "true",
    );
    let unknown = check(
        &[
            ("url", "http://hl7.org/fhir/ValueSet/condition-code"),
            ("system", "http://snomed.info/sct"),
            ("code", "1"),
        ],
        "false",
    );
    assert!(values(&unknown, "message")[0].contains("not loaded"));
    for (code, wanted) in [("dog", "true"), ("cat", "false")] {
        let answer = terminology::validate_code_in_system(
            &animals(),
            &parameters(&[("url", "http://a/animals"), ("code", code)]),
        )
        .unwrap();
        assert_eq!(values(&answer, "result"), [wanted]);
    }
}

#[test]
fn codes_subsume_those_below_them() {
    for (a, b, wanted) in [
        ("animal", "dog", "subsumes"),
        ("dog", "animal", "subsumed-by"),
        ("dog", "dog", "equivalent"),
        ("dog", "rock", "not-subsumed"),
    ] {
        let asked = parameters(&[("system", "http://a/animals"), ("codeA", a), ("codeB", b)]);
        let answer = terminology::subsumes(&animals(), &asked).unwrap();
        assert_eq!(values(&answer, "outcome"), [wanted], "{a} {b}");
    }
    let below = terminology::descendants(&animals(), "http://a/animals", "animal");
    assert_eq!(below.len(), 3);
    assert_eq!(
        terminology::ancestors(&animals(), "http://a/animals", "dog").len(),
        2
    );
    assert_eq!(
        terminology::descendants(&animals(), "http://no", "x"),
        ["x"]
    );
}

#[test]
fn a_code_is_translated_both_ways() {
    let url = ("url", "http://a/map");
    let system = ("system", "http://a/animals");
    let answer =
        terminology::translate(&animals(), &parameters(&[url, system, ("code", "dog")])).unwrap();
    assert_eq!(values(&answer, "result"), ["true"]);
    let matches = values(&answer, "match");
    assert_eq!(matches.len(), 2);
    assert_eq!(
        matches[0],
        r#"equivalence=equivalent concept={"system":"http://b/tiere","code":"hund","display":"Hund"} source=http://a/map"#
    );
    let none =
        terminology::translate(&animals(), &parameters(&[url, system, ("code", "rock")])).unwrap();
    assert_eq!(values(&none, "result"), ["false"]);
    let back = terminology::translate(
        &animals(),
        &parameters(&[
            url,
            ("system", "http://b/tiere"),
            ("code", "tier"),
            ("reverse", "true"),
        ]),
    )
    .unwrap();
    assert!(
        values(&back, "match")[0].starts_with("equivalence=narrower"),
        "{back:?}"
    );
    let built_in = terminology::translate(
        &Source::default(),
        &parameters(&[
            (
                "url",
                "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3",
            ),
            ("system", "http://hl7.org/fhir/administrative-gender"),
            ("code", "male"),
        ]),
    )
    .unwrap();
    assert!(
        values(&built_in, "match")[0].contains(r#""code":"M""#),
        "{built_in:?}"
    );
}

#[test]
fn a_searchs_value_set_is_a_set_of_codes() {
    let set = terminology::value_set_codes(&animals(), "http://a/vs|1").unwrap();
    assert_eq!(set.len(), 3);
    assert_eq!(set.contains("http://a/animals", "dog"), Member::Yes);
    assert!(terminology::value_set_codes(&animals(), "http://no").is_none());
}

#[test]
fn hostile_definitions_end() {
    let mut source = Source::default();
    for text in [
        r#"{"resourceType":"CodeSystem","url":"c","content":"complete","property":[{"code":"parent","type":"code"}],"concept":[
            {"code":"a","property":[{"code":"parent","valueCode":"b"}]},{"code":"b","property":[{"code":"parent","valueCode":"a"}]}]}"#,
        r#"{"resourceType":"ValueSet","url":"v1","compose":{"include":[{"valueSet":["v2"]}]}}"#,
        r#"{"resourceType":"ValueSet","url":"v2","compose":{"include":[{"valueSet":["v1"]}]}}"#,
        r#"{"resourceType":"ValueSet","url":"v3","compose":{"include":[{"system":"c","filter":[{"property":"code","op":"regex","value":"(a{1000}){1000}"}]}]}}"#,
    ] {
        assert!(source.add(&json::read(text.as_bytes()).unwrap()));
    }
    assert_eq!(terminology::descendants(&source, "c", "a").len(), 2);
    for url in ["v1", "v3"] {
        assert!(terminology::expand(&source, &parameters(&[("url", url)])).is_err());
    }
}

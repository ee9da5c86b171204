//! Search as a whole: queries read as the specification says, documents found by what they contain. The target
//! `r9_fuzz_query` runs for a moment here, and for as long as you like with
//! `cargo bolero test --sanitizer NONE -p aceso-fhir r9_fuzz_query` (stable Rust).
#![cfg(test)]

use aceso_fhir::definitions::{Param, ParamKind, parameters};
use aceso_fhir::search::{
    Clause, IndexValue, Mistake, Options, Query, SortBy, Subject, Test, escape, extract, matches,
    parse, parse_clauses,
};
use aceso_fhir::{Value, json};
use aceso_testkit::shared;

const NOW: i64 = 1_795_314_068_000;

fn options() -> Options<'static> {
    Options {
        base: Some("http://here/fhir"),
        now: NOW,
        ..Options::default()
    }
}

fn query(kind: &str, text: &str) -> Query {
    parse(Some(kind), text, &options()).unwrap_or_else(|e| panic!("{kind}?{text}: {e}"))
}

fn document(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

#[track_caller]
fn check(document: &Value, yes: &[&str], no: &[&str]) {
    let kind = document.resource_type().unwrap();
    let subject = Subject::new(document, Some("http://here/fhir"));
    for (texts, expected) in [(yes, true), (no, false)] {
        for text in texts {
            let all = Clause::All(query(kind, text).clauses);
            assert_eq!(subject.satisfies(&all), Some(expected), "{kind}?{text}");
        }
    }
}

const KINDS: [Option<&str>; 4] = [Some("Observation"), Some("Patient"), Some("Location"), None];

/// Any bytes are a query or a mistake; a query can be asked of a document, and its link reads as the same query.
fn check_any(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for kind in KINDS {
        if let Ok(query) = parse(kind, &text, &options()) {
            let document = Value::from([("resourceType", Value::from(kind.unwrap_or("Patient")))]);
            let _ = matches(&document, &Clause::All(query.clauses));
            let again = parse(kind, &query.self_link, &options());
            assert_eq!(again.map(|q| q.self_link), Ok(query.self_link));
        }
    }
}

#[test]
fn r9_fuzz_query() {
    bolero::check!().for_each(check_any);
}

#[track_caller]
fn check_refused(kind: &str, text: &str, mistake: Mistake, says: &str) {
    let error = parse(Some(kind), text, &options()).unwrap_err();
    assert_eq!(error.mistake, mistake, "{text}: {error}");
    assert!(error.to_string().contains(says), "{text}: {error}");
}

#[test]
fn strings_match_from_the_start_whatever_case_and_accents() {
    let patient = document(
        r#"{"resourceType":"Patient","name":[{"family":"Müller-Çelik","given":["Ann  Marie"]}],
        "address":[{"line":["5 High St"],"city":"Basel, West"}]}"#,
    );
    check(
        &patient,
        &[
            "family=muller",
            "name=MÜLL",
            "given=ann%20marie",
            "family:contains=celik",
            "family:exact=M%C3%BCller-%C3%87elik",
            "address=basel",
            r"address-city=basel\,+west",
            "address-city=zurich,basel",
            "name:missing=false",
            "phonetic=ann",
            "_filter=family+co+\"lik\"",
            "_filter=family+sw+mul+and+given+ew+marie",
            "_filter=given+eq+\"ann+marie\"",
        ],
        &[
            "family=celik",
            "family:exact=muller-celik",
            "name:missing=true",
            "given=marie",
            "_filter=family+eq+muller",
            "family=muller&given=bob",
            "_filter=not(family+sw+mul)",
        ],
    );
}

#[test]
fn tokens_match_by_code_and_system() {
    let observation = document(
        r#"{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6",
        "display":"Systolic Blood Pressure"},{"code":"own"}],"text":"RR syst."},"identifier":[{"system":"urn:s","value":"77",
        "type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]}}]}"#,
    );
    check(
        &observation,
        &[
            "code=8480-6",
            "code=http://loinc.org|8480-6",
            "code=http://loinc.org|",
            "code=|own",
            "code:not=x",
            "status=final",
            "status=http://hl7.org/fhir/observation-status|final",
            "code:text=systolic",
            "code:text=rr",
            "combo-code=own",
            "identifier=urn:s|77",
            "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|77",
            "_id=o,p",
            "status:in=http://hl7.org/fhir/ValueSet/observation-status",
            "_filter=code+ne+zzz",
            "_filter=status+in+http://hl7.org/fhir/ValueSet/observation-status",
            "_filter=(status+eq+final+or+status+eq+amended)+and+code+pr+true",
        ],
        &[
            "code=848",
            "code=|8480-6",
            "code=http://snomed.info/sct|8480-6",
            "code:not=own",
            "status=Final",
            "code:text=blood",
            "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|78",
            "identifier=urn:t|",
            "_id=p",
            "status:not-in=http://hl7.org/fhir/ValueSet/observation-status",
            "component-code=8480-6",
            "_filter=not+(code+eq+own)",
        ],
    );
}

#[test]
fn dates_compare_as_spans() {
    let on = |text: &str| {
        let text = format!(r#"{{"resourceType":"Observation","effectiveDateTime":"{text}"}}"#);
        document(&text)
    };
    check(
        &on("2013-01-14"),
        &[
            "date=2013-01-14",
            "date=2013",
            "date=ge2013-01-14",
            "date=le2013-01-14",
            "date=gt2013-01-13",
            "date=lt2013-01-15",
            "date=sa2013-01-13",
            "date=eb2013-01-15",
            "date=ne2013-01-15",
            "date=lt2013-01-14T10:00",
            "date=gt2013-01-14T10:00",
            "date=ge2013-01&date=le2013-01",
            "_filter=date+po+2013-01",
        ],
        &[
            "date=2013-01-14T10:00",
            "date=gt2013-01-14",
            "date=lt2013-01-14",
            "date=sa2013-01-14",
            "date=eb2013-01-14",
            "date=sa2013-01-14T10:00",
            "date=2012",
            "date=ne2013",
        ],
    );
    check(
        &on("2026-11-21"),
        &["date=ap2026-11-20", "date=ap2026-11"],
        &["date=ap2016-01-01"],
    );
    let period = document(r#"{"resourceType":"Encounter","period":{"start":"2020-05-01"}}"#);
    check(
        &period,
        &[
            "date=gt2030",
            "date=ge2020-05-01",
            "date=lt2021",
            "date=sa2020-04",
            "date=ap2024",
        ],
        &["date=2020", "date=eb2040", "date=lt2020-05-01"],
    );
}

#[test]
fn numbers_compare_with_the_precision_that_was_given() {
    let risk = |n: &str| {
        document(&format!(
            r#"{{"resourceType":"RiskAssessment","prediction":[{{"probabilityDecimal":{n}}}]}}"#
        ))
    };
    check(
        &risk("100"),
        &[
            "probability=100",
            "probability=100.00",
            "probability=1e2",
            "probability=ge100",
            "probability=ap109",
        ],
        &[
            "probability=gt100",
            "probability=lt100",
            "probability=101",
            "probability=ne100",
            "probability=ap120",
        ],
    );
    check(
        &risk("100.4"),
        &[
            "probability=100",
            "probability=gt100",
            "probability=1e2",
            "probability=ne100.0",
        ],
        &["probability=100.0"],
    );
}

#[test]
fn quantities_compare_across_units_of_a_dimension() {
    let weight = document(
        r#"{"resourceType":"Observation","code":{"coding":[{"code":"w"}]},"valueQuantity":{"value":5.4,"unit":"gram","system":"http://unitsofmeasure.org","code":"g"}}"#,
    );
    check(
        &weight,
        &[
            "value-quantity=5.4",
            "value-quantity=5.4|http://unitsofmeasure.org|g",
            "value-quantity=5400|http://unitsofmeasure.org|mg",
            "value-quantity=5.4||g",
            "value-quantity=5.40||gram",
            "value-quantity=gt0.005|http://unitsofmeasure.org|kg",
            "code-value-quantity=w$5.4",
            "combo-code-value-quantity=w$gt5",
            "value-quantity=ap5|http://unitsofmeasure.org|g",
        ],
        &[
            "value-quantity=5.4||mg",
            "value-quantity=5.41",
            "value-quantity=5.4|http://unitsofmeasure.org|mg",
            "code-value-quantity=v$5.4",
            "code-value-quantity=w$gt6",
            "component-code-value-quantity=w$5.4",
        ],
    );
}

#[test]
fn a_composite_holds_within_one_element() {
    let pressure = document(
        r#"{"resourceType":"Observation","code":{"coding":[{"code":"bp"}]},"component":[
        {"code":{"coding":[{"code":"sys"}]},"valueQuantity":{"value":120}},{"code":{"coding":[{"code":"dia"}]},"valueQuantity":{"value":80}}]}"#,
    );
    check(
        &pressure,
        &[
            "component-code-value-quantity=sys$120",
            "combo-code-value-quantity=dia$lt90",
            "component-code-value-quantity=sys$1,dia$80",
        ],
        &[
            "component-code-value-quantity=sys$80",
            "combo-code-value-quantity=bp$120",
        ],
    );
}

#[test]
fn references_match_in_every_form() {
    let observation = document(
        r#"{"resourceType":"Observation","subject":{"reference":"Patient/p1"},"encounter":{"reference":"http://here/fhir/Encounter/e"},
        "performer":[{"reference":"urn:uuid:5"},{"identifier":{"system":"s","value":"v"}}],"focus":[{"reference":"Patient/f/_history/2"}]}"#,
    );
    check(
        &observation,
        &[
            "subject=Patient/p1",
            "patient=p1",
            "subject:Patient=p1",
            "subject=p1",
            "patient=http://here/fhir/Patient/p1",
            "encounter=e",
            "performer=urn:uuid:5",
            "performer:identifier=s|v",
            "performer:identifier=v",
            "focus=Patient/f",
            "focus=Patient/f/_history/2",
            "patient=x,p1",
        ],
        &[
            "subject=Group/p1",
            "patient=Group/p1",
            "subject:Group=p1",
            "subject=p2",
            "performer:identifier=t|v",
            "focus=Patient/f/_history/3",
            "patient=http://there/Patient/p1",
            "subject:missing=true",
        ],
    );
    let own = query("Observation", "patient=p1").clauses;
    let Some(Clause::Match { tests, .. }) = own.first() else {
        panic!("{own:?}")
    };
    assert!(
        matches!(
            tests.as_slice(),
            [Test::Reference {
                kind: Some("Patient"),
                ..
            }]
        ),
        "{tests:?}"
    );
    let compartment = |id: &str| Clause::Compartment {
        kind: "Patient",
        id: id.into(),
    };
    assert_eq!(matches(&observation, &compartment("p1")), Some(true));
    assert_eq!(matches(&observation, &compartment("f")), Some(false));
}

#[test]
fn uris_profiles_and_what_is_special() {
    let library = document(
        r#"{"resourceType":"Library","url":"http://a/b/c","meta":{"profile":["http://p|2"],"lastUpdated":"2026-01-01T00:00:00Z"},
        "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Dosing <b>Rules</b></div>"},"title":"Zebra"}"#,
    );
    check(
        &library,
        &[
            "url=http://a/b/c",
            "url:below=http://a/b",
            "url:above=http://a/b/c/d",
            "_profile=http://p",
            "_lastUpdated=gt2025",
            "_text=dos+rules",
            "_content=zebra",
            "_profile:missing=false",
            "_tag:missing=true",
        ],
        &[
            "url=http://a/b",
            "url:below=http://b",
            "url:above=http://a",
            "_lastUpdated=lt2025",
            "_text=zebra",
            "_content=xmlns",
        ],
    );
    let place =
        document(r#"{"resourceType":"Location","position":{"latitude":47.56,"longitude":7.59}}"#);
    check(
        &place,
        &["near=47.37|8.54|80|km", "near=47.56|7.59"],
        &["near=47.37|8.54|60|km", "near=0|0"],
    );
}

#[test]
fn chains_fan_out_to_the_types_that_know_the_parameter() {
    let clauses = query("Observation", "subject.name=x").clauses;
    let [Clause::Any(all)] = clauses.as_slice() else {
        panic!("{clauses:?}")
    };
    let targets: Vec<&str> = all
        .iter()
        .map(|c| match c {
            Clause::Chain { target, .. } => *target,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(targets, ["Location", "Patient"]);
    let deep = query("Observation", "subject:Patient.organization.name:exact=x").clauses;
    let [
        Clause::Chain {
            target: "Patient",
            inner,
            ..
        },
    ] = deep.as_slice()
    else {
        panic!("{deep:?}")
    };
    assert!(
        matches!(
            &**inner,
            Clause::Chain {
                target: "Organization",
                ..
            }
        ),
        "{inner:?}"
    );
    let has = query(
        "Patient",
        "_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/1",
    )
    .clauses;
    let [
        Clause::Has {
            source: "Observation",
            inner,
            ..
        },
    ] = has.as_slice()
    else {
        panic!("{has:?}")
    };
    assert!(matches!(
        &**inner,
        Clause::Has {
            source: "AuditEvent",
            ..
        }
    ));
    let filtered = query(
        "Observation",
        "_filter=subject:Patient[birthdate+gt+2000].name+co+\"pet\"+and+status+eq+final",
    )
    .clauses;
    assert!(
        matches!(filtered.as_slice(), [Clause::All(all)] if all.len() == 2),
        "{filtered:?}"
    );
}

#[test]
fn parameters_about_the_result_are_read() {
    let q = query(
        "Observation",
        "_sort=-date,_id&_count=5&_total=accurate&_include=Observation:patient&_include:iterate=Patient:organization:Organization&_revinclude=*&_summary=data&_elements=code,status&_cursor=abc&_format=json&status=final",
    );
    assert!(matches!(q.sort[0].by, SortBy::Param(p) if p.code == "date") && q.sort[0].descending);
    assert!(matches!(q.sort[1].by, SortBy::Id));
    assert_eq!(
        (q.count, q.include.len(), q.cursor.as_deref()),
        (Some(5), 3, Some("abc"))
    );
    assert!(q.include[1].iterate && q.include[1].target == Some("Organization"));
    assert_eq!(q.subset.elements, ["code", "status"]);
    assert!(!q.self_link.contains("_cursor") && q.self_link.contains("status=final"));
    assert_eq!(query("Observation", &q.self_link).self_link, q.self_link);
    let all = parse(None, "_type=Patient,Practitioner&name=x", &options()).unwrap();
    assert_eq!(all.types, ["Patient", "Practitioner"]);
    assert!(parse_clauses("Observation", "category=laboratory", &options()).is_ok());
    assert!(parse_clauses("Observation", "_count=1", &options()).is_err());
}

#[test]
fn mistakes_say_what_would_be_right() {
    use Mistake::{TooMuch, UnknownParameter, Unsupported, Value as Wrong};
    check_refused(
        "Patient",
        "birthDate=2000",
        UnknownParameter,
        "did you mean birthdate?",
    );
    check_refused(
        "Patient",
        "foo.bar=1",
        UnknownParameter,
        "no search parameter foo",
    );
    check_refused("Patient", "name:below=x", Unsupported, ":exact");
    check_refused("Patient", "birthdate=soon", Wrong, "yyyy-mm-dd");
    check_refused("Patient", "birthdate=2000,", Wrong, "empty value");
    check_refused("Patient", "name.x=1", Unsupported, "no reference");
    check_refused(
        "Observation",
        "subject:Practitioner.name=1",
        Wrong,
        "leads to",
    );
    check_refused("Observation", "code:in=http://nowhere", Wrong, "value set");
    check_refused("Observation", "value-quantity=x", Wrong, "not a number");
    check_refused(
        "Observation",
        "_sort=code-value-quantity",
        Unsupported,
        "no order",
    );
    check_refused(
        "Observation",
        "_include=Observation:code",
        Wrong,
        "no reference parameter",
    );
    check_refused("Observation", "_has:Patient=1", Wrong, "_has:Type");
    check_refused("Observation", "_filter=code+eq", Wrong, "a value");
    check_refused(
        "Observation",
        "_filter=code+like+x",
        Unsupported,
        "a token has",
    );
    check_refused("Observation", "_query=x", Unsupported, "named queries");
    check_refused("Observation", "a=%ff", Wrong, "UTF-8");
    check_refused(
        "Observation",
        &format!("code={}", "x,".repeat(2000)),
        TooMuch,
        "1000",
    );
    check_refused(
        "Patient",
        &format!("{}name=x", "link.".repeat(40)),
        TooMuch,
        "",
    );
    check_refused(
        "Observation",
        &format!("_filter={}status+eq+final", "(".repeat(5000)),
        TooMuch,
        "levels",
    );
    assert!(parse(Some("Nothing"), "", &options()).is_err());
    let lenient = Options {
        lenient: true,
        ..options()
    };
    let q = parse(Some("Patient"), "foo=1&name=x", &lenient).unwrap();
    assert_eq!(
        (q.clauses.len(), q.ignored.len(), q.self_link.as_str()),
        (1, 1, "name=x")
    );
}

/// The query values that must find an entry through a parameter.
fn values(param: &Param, value: &IndexValue<'_>) -> Vec<(&'static str, String)> {
    let span = |ms: i64| aceso_base::Instant::from_millis(ms).to_fhir();
    match value {
        IndexValue::Token {
            system: Some(s),
            code,
        } => vec![("", format!("{}|{}", escape(s), escape(code)))],
        IndexValue::Token { system: None, code } => vec![
            ("", escape(code).into_owned()),
            ("", format!("|{}", escape(code))),
        ],
        IndexValue::TokenText(text) => vec![(":text", escape(text).into_owned())],
        IndexValue::OfType {
            system,
            code,
            value,
        } => {
            vec![(
                ":of-type",
                format!("{}|{}|{}", escape(system), escape(code), escape(value)),
            )]
        }
        IndexValue::Reference { kind, id, .. } => {
            vec![("", format!("{kind}/{id}")), ("", (*id).to_owned())]
        }
        IndexValue::ReferenceUrl { url, .. } => vec![("", escape(url).into_owned())],
        IndexValue::ReferenceIdentifier { system, value } => {
            vec![(
                ":identifier",
                format!("{}|{}", escape(system.unwrap_or_default()), escape(value)),
            )]
        }
        IndexValue::Str(text) => vec![
            ("", escape(text).into_owned()),
            (":exact", escape(text).into_owned()),
        ],
        IndexValue::Date { lo, hi } if *hi - *lo < 86_400_000 * 4000 => {
            vec![
                ("", format!("ap{}", span(*lo))),
                ("", format!("ge{}", span(*lo))),
            ]
        }
        IndexValue::Date { .. } => vec![("", "ge0001".to_owned())],
        IndexValue::Number { lo, hi } => {
            vec![("", format!("ge{}", if lo.is_finite() { lo } else { hi }))]
        }
        IndexValue::Quantity {
            lo,
            hi,
            system,
            code,
            ..
        } => {
            let n = if lo.is_finite() { lo } else { hi };
            let system = system.filter(|_| !code.is_empty()).unwrap_or_default();
            let prefix = if lo == hi { "" } else { "ap" };
            vec![(
                "",
                format!("{prefix}{n}|{}|{}", escape(system), escape(code)),
            )]
        }
        IndexValue::Uri(uri) if param.kind == ParamKind::Uri => {
            vec![("", escape(uri).into_owned())]
        }
        IndexValue::Uri(_) => Vec::new(),
    }
}

#[test]
fn every_example_is_found_by_its_own_values() {
    let Some(files) = shared::archive("fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz")
    else {
        return;
    };
    let (mut tried, mut lost) = (0, Vec::new());
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        let Ok(document) = json::read(bytes) else {
            continue;
        };
        let Some(kind) = document.resource_type() else {
            continue;
        };
        let subject = Subject::new(&document, None);
        let found = extract(&document, None);
        for entry in &found.entries {
            let params = parameters().of(kind).chain(parameters().of("Resource"));
            for param in params.filter(|p| {
                p.uses
                    .iter()
                    .any(|u| u.branch == entry.branch && u.target.is_none())
            }) {
                for (modifier, value) in values(param, &entry.value) {
                    tried += 1;
                    let pairs = [(format!("{}{modifier}", param.code), value)];
                    let parsed = aceso_fhir::search::parse_pairs(Some(kind), &pairs, &options());
                    let found = parsed.map(|q| subject.satisfies(&Clause::All(q.clauses)));
                    if !matches!(found, Ok(Some(true))) && lost.len() < 1000 {
                        lost.push(format!("{name} {pairs:?} {found:?}"));
                    }
                }
            }
        }
    }
    assert!(tried > 100_000, "{tried}");
    assert!(
        lost.len() * 1000 <= tried,
        "{} of {tried} lost: {:#?}",
        lost.len(),
        &lost[..lost.len().min(40)]
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_a_query_or_a_mistake(text in "\\PC{0,200}", lenient: bool) {
        let options = Options { lenient, ..options() };
        for kind in [Some("Observation"), Some("Patient"), None] {
            let _ = parse(kind, &text, &options);
        }
    }

    #[test]
    fn query_like_text_is_a_query_or_a_mistake(
        parts in proptest::collection::vec((
            "(_filter|_has:Observation:patient:code|subject|subject.name|code|date|value-quantity|code-value-quantity|_include|_sort|_type|name|patient:Patient.link|near|url|_id|identifier)",
            "(|:missing|:not|:in|:below|:of-type|:identifier|:Patient|:text|.name|\\.\\.)",
            "[\\\\,|$()\\[\\] \"a-z0-9:./+%-]{0,40}"), 0..6),
    ) {
        let text: Vec<String> = parts.iter().map(|(n, m, v)| format!("{n}{m}={v}")).collect();
        check_any(text.join("&").as_bytes());
    }

    #[test]
    fn filter_like_text_is_a_filter_or_a_mistake(text in "(\\(|\\)|not|and|or| |code|eq|ne|subject|\\[|\\]|\\.|\"|name|date|ge2000|pr|true|x){0,40}") {
        let pairs = [("_filter".to_owned(), text)];
        let _ = aceso_fhir::search::parse_pairs(Some("Observation"), &pairs, &options());
    }
}

//! Forms: what is asked, computed, refused and written.
#![cfg(test)]

use aceso_base::Instant;
use aceso_fhir::form::{Fault, Form, Head, Typed, fill, read};
use aceso_fhir::{Value, json};
use proptest::prelude::*;

/// 2026-03-04T12:00:00Z
const NOW: Instant = Instant::from_millis(1_772_625_600_000);

fn value(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn questionnaire(items: &str) -> Value {
    value(&format!(
        r#"{{"resourceType":"Questionnaire","url":"urn:test","version":"2","title":"Test","status":"active","item":[{items}]}}"#
    ))
}

fn form(items: &str) -> Form {
    read(&questionnaire(items)).unwrap()
}

fn faults(items: &str) -> Vec<Fault> {
    read(&questionnaire(items)).unwrap_err()
}

fn typed(form: &Form, fields: &[(&str, &str)]) -> Typed {
    let mut typed = Typed::default();
    for (name, value) in fields {
        assert!(Typed::is_field(form, name), "{name}");
        typed.take(form, name, value);
    }
    typed
}

/// The link ids that are asked.
fn asked(form: &Form, fields: &[(&str, &str)]) -> Vec<String> {
    let filled = fill(form, &typed(form, fields), None, NOW);
    let items = filled.asked().map(|slot| form.item(slot.item).unwrap());
    items.map(|item| item.link.clone()).collect()
}

const COLOURS: &str = r#"{"linkId":"q","text":"Colour","type":"choice","answerOption":[
    {"valueCoding":{"system":"s","code":"red"}},{"valueCoding":{"system":"s","code":"blue"}},{"valueCoding":{"system":"s","code":"green"}}]}"#;

fn check_condition(question: &str, condition: &str, field: &str, expected: bool) {
    let items = format!(
        r#"{question},{{"linkId":"then","text":"Then","type":"string","enableWhen":[{{"question":"q",{condition}}}]}}"#
    );
    let fields = [("a0", field)];
    let is = asked(&form(&items), &fields).contains(&"then".to_owned());
    assert_eq!(is, expected, "{condition} with {field:?}");
}

#[test]
fn emr_1_9_every_operator_decides_whether_a_question_is_asked() {
    let whole = r#"{"linkId":"q","text":"How many","type":"integer"}"#;
    for (operator, below, at, above) in [
        ("=", false, true, false),
        ("!=", true, false, true),
        (">", false, false, true),
        ("<", true, false, false),
        (">=", false, true, true),
        ("<=", true, true, false),
    ] {
        let condition = format!(r#""operator":"{operator}","answerInteger":5"#);
        check_condition(whole, &condition, "4", below);
        check_condition(whole, &condition, "5", at);
        check_condition(whole, &condition, "6", above);
        check_condition(whole, &condition, "", false);
        check_condition(whole, &condition, "five", false);
    }
    let exists = |truth| format!(r#""operator":"exists","answerBoolean":{truth}"#);
    check_condition(whole, &exists(true), "1", true);
    check_condition(whole, &exists(true), "", false);
    check_condition(whole, &exists(false), "", true);
    check_condition(whole, &exists(false), "1", false);
    let red = r#""operator":"=","answerCoding":{"system":"s","code":"red"}"#;
    check_condition(COLOURS, red, "0", true);
    check_condition(COLOURS, red, "1", false);
    let date = r#"{"linkId":"q","text":"When","type":"date"}"#;
    let before = r#""operator":"<","answerDate":"2026-01-01""#;
    check_condition(date, before, "2025-12-31", true);
    check_condition(date, before, "2026-01-01", false);
    let weight = r#"{"linkId":"q","text":"Weight","type":"quantity","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/questionnaire-unit","valueCoding":{"system":"http://unitsofmeasure.org","code":"kg"}}]}"#;
    let heavy =
        |unit| format!(r#""operator":">","answerQuantity":{{"value":100,"code":"{unit}"}}"#);
    check_condition(weight, &heavy("kg"), "100.5", true);
    check_condition(weight, &heavy("kg"), "99", false);
    // What cannot be compared decides nothing.
    check_condition(weight, &heavy("g"), "100.5", false);
}

#[test]
fn emr_1_9_all_or_any_condition_and_what_is_not_asked_does_not_count() {
    let yes = |link: &str, question: &str| {
        format!(
            r#"{{"linkId":"{link}","text":"?","type":"boolean","enableWhen":[{{"question":"{question}","operator":"=","answerBoolean":true}}]}}"#
        )
    };
    let chain = [
        r#"{"linkId":"a","text":"?","type":"boolean"}"#.to_owned(),
        yes("b", "a"),
        yes("c", "b"),
    ]
    .join(",");
    let chain = form(&chain);
    assert_eq!(
        asked(&chain, &[("a0", "true"), ("a1", "true")]),
        ["a", "b", "c"]
    );
    // b holds yes, but nobody asks b.
    assert_eq!(asked(&chain, &[("a0", "false"), ("a1", "true")]), ["a"]);
    let both = |behaviour| {
        format!(
            r#"{{"linkId":"a","text":"?","type":"boolean"}},{{"linkId":"b","text":"?","type":"boolean"}},
            {{"linkId":"c","text":"?","type":"group","enableBehavior":"{behaviour}","enableWhen":[
              {{"question":"a","operator":"=","answerBoolean":true}},{{"question":"b","operator":"=","answerBoolean":true}}],
              "item":[{{"linkId":"d","text":"?","type":"string","required":true}}]}}"#
        )
    };
    let one = [("a0", "true"), ("a1", "false")];
    assert_eq!(asked(&form(&both("any")), &one), ["a", "b", "c", "d"]);
    assert_eq!(asked(&form(&both("all")), &one), ["a", "b"]);
    // What is not asked is not missing either.
    let all = form(&both("all"));
    assert_eq!(
        fill(&all, &typed(&all, &one), None, NOW).missing().count(),
        0
    );
    let any = form(&both("any"));
    assert_eq!(
        fill(&any, &typed(&any, &one), None, NOW).missing().count(),
        1
    );
}

#[test]
fn emr_1_9_a_form_that_could_not_be_filled_in_is_refused() {
    let text = |link: &str, more: &str| {
        format!(r#"{{"linkId":"{link}","text":"?","type":"string"{more}}}"#)
    };
    let when = |question: &str| {
        format!(r#","enableWhen":[{{"question":"{question}","operator":"=","answerString":"x"}}]"#)
    };
    let check = |items: &str, link: &str, said: &str| {
        let found = faults(items);
        assert!(
            found
                .iter()
                .any(|f| f.link == link && f.what.contains(said)),
            "{items}: {found:?}"
        );
    };
    check("", "", "asks nothing");
    check(
        &[text("a", ""), text("a", "")].join(","),
        "a",
        "stands twice",
    );
    check(&text("", ""), "", "needs a link id");
    check(&text("a", &when("b")), "a", "not in the form");
    check(&text("a", &when("a")), "a", "itself");
    let circle = [
        text("a", &when("b")),
        text("b", &when("c")),
        text("c", &when("a")),
    ]
    .join(",");
    check(&circle, "b", "circle");
    // A group that is asked by what is in it is a circle too.
    let group = format!(
        r#"{{"linkId":"g","text":"?","type":"group"{},"item":[{}]}}"#,
        when("a"),
        text("a", "")
    );
    check(&group, "g", "circle");
    check(
        r#"{"linkId":"a","text":"?","type":"attachment"}"#,
        "a",
        "cannot be filled in here",
    );
    check(
        r#"{"linkId":"a","text":"?","type":"choice"}"#,
        "a",
        "needs options",
    );
    let twice = COLOURS.replace("blue", "red");
    check(&twice, "q", "option stands twice");
    let expression = |text: &str| {
        format!(
            r#"{{"linkId":"a","text":"?","type":"integer","extension":[{{"url":"{}","valueExpression":{{"language":"text/fhirpath","expression":"{text}"}}}}]}}"#,
            aceso_fhir::form::CALCULATED
        )
    };
    check(&expression("1 +"), "a", "cannot be read");
    let pattern = r#","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/regex","valueString":"("}]"#;
    check(&text("a", pattern), "a", "not a regular expression");
    let compare = r#"{"linkId":"b","text":"?","type":"string","enableWhen":[{"question":"q","operator":">","answerCoding":{"code":"red"}}]}"#;
    check(&[COLOURS, compare].join(","), "b", "what it cannot be");
    let deep = (0..9).fold(text("z", ""), |inner, n| {
        format!(r#"{{"linkId":"g{n}","text":"?","type":"group","item":[{inner}]}}"#)
    });
    check(&deep, "g0", "8 deep");
}

fn check_typed(item: &str, text: &str, said: &str) {
    let form = form(item);
    let filled = fill(&form, &typed(&form, &[("a0", text)]), None, NOW);
    let problems: Vec<&str> = filled.problems().map(|(_, why)| why).collect();
    match said {
        "" => assert!(problems.is_empty(), "{text}: {problems:?}"),
        said => assert!(
            problems.iter().any(|p| p.contains(said)),
            "{text}: {problems:?}"
        ),
    }
}

#[test]
fn emr_1_9_what_is_typed_is_weighed_and_the_message_says_how_to_mend_it() {
    let of =
        |kind: &str, more: &str| format!(r#"{{"linkId":"a","text":"?","type":"{kind}"{more}}}"#);
    let bound = |name: &str, kind: &str, at: &str| {
        format!(r#"{{"url":"http://hl7.org/fhir/StructureDefinition/{name}","value{kind}":{at}}}"#)
    };
    let between = format!(
        r#","extension":[{},{}]"#,
        bound("minValue", "Integer", "0"),
        bound("maxValue", "Integer", "10")
    );
    for (text, said) in [
        ("0", ""),
        ("10", ""),
        ("11", "10 or less"),
        ("-1", "0 or more"),
        ("1.5", "whole number"),
        ("99999999999", "whole number"),
    ] {
        check_typed(&of("integer", &between), text, said);
    }
    for (text, said) in [
        ("1.5", ""),
        ("-0.25", ""),
        ("1,5", "with a point"),
        ("1e9", "with a point"),
        ("NaN", "with a point"),
        (".5", "with a point"),
        ("007", "with a point"),
    ] {
        check_typed(&of("decimal", ""), text, said);
    }
    for (text, said) in [
        ("2026-03-01", ""),
        ("2026", ""),
        ("2026-02-30", "year-month-day"),
        ("1.3.2026", "year-month-day"),
        ("2026-03-01T10:00:00Z", "year-month-day"),
    ] {
        check_typed(&of("date", ""), text, said);
    }
    for (text, said) in [
        ("2026-03-01T09:30", ""),
        ("2026-03-01", ""),
        ("2026-03-01T09:30:00+02:00", ""),
        ("2026-03-01T25:00", "a day and a time"),
        ("noon", "a day and a time"),
    ] {
        check_typed(&of("dateTime", ""), text, said);
    }
    for (text, said) in [
        ("09:30", ""),
        ("24:61", "Enter a time"),
        ("9", "Enter a time"),
    ] {
        check_typed(&of("time", ""), text, said);
    }
    check_typed(&of("string", r#","maxLength":3"#), "äöü", "");
    check_typed(&of("string", r#","maxLength":3"#), "four", "At most 3");
    check_typed(&of("url", ""), "javascript:alert(1)", "https://");
    let pattern = format!(
        r#","extension":[{}]"#,
        bound("regex", "String", r#""[A-Z]{2}""#)
    );
    check_typed(&of("string", &pattern), "AB", "");
    check_typed(&of("string", &pattern), "ABC", "another way");
    check_typed(&of("string", ""), "a\u{b}b", "cannot be kept");
    check_typed(&of("boolean", ""), "maybe", "yes or no");
    check_typed(COLOURS, "3", "one of the options");
    check_typed(COLOURS, "red", "one of the options");
}

const SUM: &str = "%resource.descendants().where(linkId in ('a'|'b')).answer.value.extension('http://hl7.org/fhir/StructureDefinition/ordinalValue').value.aggregate($this + $total, 0)";

#[test]
fn emr_1_9_scores_are_computed_from_the_points_of_the_options() {
    let option = |points: u8| {
        format!(
            r#"{{"extension":[{{"url":"{}","valueDecimal":{points}}}],"valueCoding":{{"code":"c{points}"}}}}"#,
            aceso_fhir::form::ORDINAL
        )
    };
    let options = [option(0), option(1), option(3)].join(",");
    let question = |link: &str| {
        format!(r#"{{"linkId":"{link}","text":"?","type":"choice","answerOption":[{options}]}}"#)
    };
    let computed = |link: &str, expression: &str| {
        format!(
            r#"{{"linkId":"{link}","text":"?","type":"integer","extension":[{{"url":"{}","valueExpression":{{"language":"text/fhirpath","expression":"{expression}"}}}}]}}"#,
            aceso_fhir::form::CALCULATED
        )
    };
    // What is computed from what is computed follows, in whichever order they stand.
    let twice = computed(
        "twice",
        "%resource.descendants().where(linkId = 'sum').answer.value * 2",
    );
    let form = form(&[question("a"), question("b"), twice, computed("sum", SUM)].join(","));
    let filled = fill(&form, &typed(&form, &[("a0", "2"), ("a1", "1")]), None, NOW);
    let response = filled.response(&form, None);
    let said = |link: &str| {
        let items = response.items_at("item").iter();
        let item = items.into_iter().find(|i| i.str_at("linkId") == Some(link));
        item.and_then(|i| {
            i.items_at("answer")
                .first()?
                .get("valueInteger")?
                .as_number()?
                .to_i64()
        })
    };
    assert_eq!((said("sum"), said("twice")), (Some(4), Some(8)));
    // Nobody types what is computed.
    let forged = fill(&form, &typed(&form, &[("a3", "99")]), None, NOW);
    assert_eq!(forged.response(&form, None).items_at("item").len(), 2);
}

const REPEATS: &str = r#"{"linkId":"g","text":"Medicine","type":"group","repeats":true,"item":[
    {"linkId":"name","text":"Name","type":"string","required":true},
    {"linkId":"often","text":"Often?","type":"boolean"},
    {"linkId":"how","text":"How?","type":"string","enableWhen":[{"question":"often","operator":"=","answerBoolean":true}]}]},
    {"linkId":"year","text":"Year","type":"integer","repeats":true},
    {"linkId":"many","text":"Which","type":"choice","repeats":true,"answerOption":[{"valueString":"x"},{"valueString":"y"}]},
    {"linkId":"open","text":"Which","type":"open-choice","answerOption":[{"valueCoding":{"code":"x"}}]}"#;

#[test]
fn emr_1_9_what_repeats_is_asked_by_repetition_and_comes_back_as_it_was_typed() {
    let form = form(REPEATS);
    let fields = [
        ("n0", "2"),
        ("a1-0", "Aspirin"),
        ("a1-1", "Insulin"),
        ("a2-0", "false"),
        ("a2-1", "true"),
        ("a3-1", "mornings"),
        ("n4", "2"),
        ("a4-0", "1990"),
        ("a4-1", "2001"),
        ("a5", "0"),
        ("a5", "1"),
        ("x6", "else"),
    ];
    let typed = typed(&form, &fields);
    let filled = fill(&form, &typed, None, NOW);
    assert_eq!(
        (filled.problems().count(), filled.missing().count()),
        (0, 0)
    );
    let how: Vec<_> = filled
        .asked()
        .filter(|s| s.item == 3)
        .map(|s| s.path.clone())
        .collect();
    assert_eq!(how, [[1]], "asked only where it is taken often");
    let head = Head {
        status: "completed",
        subject: Value::from([("reference", Value::from("Patient/p"))]),
        authored: "2026-03-04T12:00:00Z",
        author: None,
    };
    let response = filled.response(&form, Some(&head));
    let issues = aceso_fhir::validate::resource(&response, &aceso_fhir::validate::Options::LOAD);
    assert!(issues.iter().all(|i| !i.severity.refuses()), "{issues:?}");
    assert_eq!(response.str_at("questionnaire"), Some("urn:test|2"));
    let groups = response
        .items_at("item")
        .iter()
        .filter(|i| i.str_at("linkId") == Some("g"));
    assert_eq!(groups.count(), 2);
    assert_eq!(form.typed(&response), typed);
    // So often and not more often.
    let mut more = typed.clone();
    for _ in 0..100 {
        more.more(&form, "n0");
    }
    assert_eq!(more.count(0, &[]), 30);
    for foreign in [
        "a9", "a1", "a1-0-0", "a1-30", "b0", "a", "a0x", "a-1", "n1", "é",
    ] {
        assert!(!Typed::is_field(&form, foreign), "{foreign}");
    }
}

#[test]
fn emr_1_9_a_form_begins_with_what_the_record_knows() {
    let begins = |link: &str, kind: &str, expression: &str| {
        format!(
            r#"{{"linkId":"{link}","text":"?","type":"{kind}","extension":[{{"url":"{}","valueExpression":{{"language":"text/fhirpath","expression":"{expression}"}}}}]}}"#,
            aceso_fhir::form::INITIAL
        )
    };
    let items = [
        begins("birth", "date", "%patient.birthDate"),
        begins("day", "date", "today()"),
        begins("phone", "string", "%patient.telecom.value.first()"),
        begins("wrong", "integer", "%patient.name.family"),
        r#"{"linkId":"fixed","text":"?","type":"integer","initial":[{"valueInteger":3}]}"#
            .to_owned(),
    ];
    let form = form(&items.join(","));
    let patient = value(
        r#"{"resourceType":"Patient","birthDate":"1974-03-01","name":[{"family":"Example"}]}"#,
    );
    let typed = form.begin(Some(&patient), NOW);
    let at = |n| {
        typed
            .values(&aceso_fhir::form::Slot {
                item: n,
                path: Vec::new(),
            })
            .join(",")
    };
    assert_eq!(
        (
            at(0).as_str(),
            at(1).as_str(),
            at(2).as_str(),
            at(4).as_str()
        ),
        ("1974-03-01", "2026-03-04", "", "3")
    );
    let filled = fill(&form, &typed, Some(&patient), NOW);
    assert_eq!(
        filled.problems().count(),
        1,
        "a name is no number, and that is said"
    );
}

#[test]
fn emr_1_9_options_come_from_value_sets_built_in_or_the_forms_own() {
    let own = r##"{"resourceType":"Questionnaire","url":"urn:test","title":"Test","status":"active",
        "contained":[{"resourceType":"ValueSet","id":"v","status":"active","compose":{"include":[{"system":"s","concept":[{"code":"a","display":"A"},{"code":"b","display":"B"}]}]}}],
        "item":[{"linkId":"q","text":"?","type":"choice","answerValueSet":"#v"},
                {"linkId":"r","text":"?","type":"choice","answerValueSet":"http://hl7.org/fhir/ValueSet/administrative-gender"}]}"##;
    let form = read(&value(own)).unwrap();
    let texts = |n: usize| -> Vec<String> {
        form.item(n)
            .unwrap()
            .options
            .iter()
            .map(|c| c.answer.text())
            .collect()
    };
    assert_eq!(texts(0), ["A", "B"]);
    assert!(texts(1).contains(&"Female".to_owned()), "{:?}", texts(1));
    let unknown = own.replace("#v", "http://nobody.example/vs");
    assert!(read(&value(&unknown)).is_err());
}

proptest! {
    #[test]
    fn whatever_is_typed_ends_with_a_response_that_keeps_fhirs_rules(
        fields in proptest::collection::vec(("[anx][0-9]{1,2}(-[0-9]{1,2}){0,2}", ".{0,12}"), 0..30)
    ) {
        let form = form(REPEATS);
        let mut typed = Typed::default();
        for (name, value) in &fields {
            typed.take(&form, name, value);
        }
        let response = fill(&form, &typed, None, NOW).response(&form, None);
        let issues = aceso_fhir::validate::resource(&response, &aceso_fhir::validate::Options::LOAD);
        prop_assert!(issues.iter().all(|i| !i.severity.refuses()), "{issues:?}");
        let again = fill(&form, &form.typed(&response), None, NOW).response(&form, None);
        prop_assert_eq!(again, response);
    }
}

//! The rules of the JSON reader and writer.
#![cfg(test)]

use aceso_fhir::{MAX_DEPTH, Number, Object, Problem, Value, json};
use proptest::prelude::*;

fn check_reads(text: &str, expected: Value) {
    assert_eq!(json::read(text.as_bytes()), Ok(expected), "{text}");
}

#[track_caller]
fn check_refused(
    text: impl AsRef<[u8]>,
    problem: Problem,
    place: (usize, usize),
    path: Option<&str>,
) {
    let text = text.as_ref();
    let e = json::read(text).expect_err("must be refused");
    assert_eq!(e.problem(), &problem, "{}", String::from_utf8_lossy(text));
    assert_eq!((e.line(), e.column()), place, "{e}");
    assert_eq!(e.path(), path, "{e}");
}

#[test]
fn every_kind_of_value_is_read() {
    check_reads("null", Value::Null);
    check_reads(" true\n", Value::Bool(true));
    check_reads("\u{feff}false", Value::Bool(false));
    for n in [
        "0",
        "-0",
        "1.10",
        "1e3",
        "-12.5E-07",
        "123456789012345678901234567890.10",
    ] {
        check_reads(n, Value::Number(Number::from_json_text(n)));
    }
    check_reads("[]", Value::Array(vec![]));
    check_reads("{ }", Value::Object(Object::new()));
    check_reads(
        r#"{"b":[1,{"x":null}],"a":"z"}"#,
        Value::from([
            (
                "b",
                Value::Array(vec![1_i64.into(), Value::from([("x", Value::Null)])]),
            ),
            ("a", "z".into()),
        ]),
    );
}

#[test]
fn escapes_become_the_characters_they_mean() {
    check_reads(
        r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00 and plain text that follows é😀""#,
        "\"\\/\u{8}\u{c}\n\r\té😀 and plain text that follows é😀".into(),
    );
    check_reads(r#"{"\u0061":1}"#, Value::from([("a", 1_i64.into())]));
}

#[test]
fn what_rfc_8259_does_not_allow_is_refused_where_it_stands() {
    let check = |text: &str, problem, column| check_refused(text, problem, (1, column), None);
    check("", Problem::Empty, 1);
    check("  ", Problem::Empty, 3);
    check("nul", Problem::Unfinished, 4);
    check("nulx", Problem::Expected("a value"), 1);
    check("True", Problem::Expected("a value"), 1);
    check("'a'", Problem::Expected("a value"), 1);
    check("NaN", Problem::Expected("a value"), 1);
    check("+1", Problem::Expected("a value"), 1);
    check(".5", Problem::Expected("a value"), 1);
    check("01", Problem::Number, 1);
    check("1.", Problem::Unfinished, 3);
    check("1.e1", Problem::Number, 1);
    check("1e", Problem::Unfinished, 3);
    check("-x", Problem::Number, 1);
    check("0x1F", Problem::Number, 1);
    check("1 2", Problem::Trailing, 3);
    check("{} {}", Problem::Trailing, 4);
    check("[1,]", Problem::DanglingComma, 4);
    check("{,}", Problem::Expected("a member name in quotes"), 2);
    check("\"a", Problem::Unfinished, 3);
    check("\"\t\"", Problem::Control, 2);
    check("\"\0\"", Problem::Control, 2);
    check(r#""\x41""#, Problem::Escape, 2);
    check(r#""\u12G4""#, Problem::Escape, 2);
    check(r#""é\ud800""#, Problem::LoneSurrogate, 3);
    check(r#""\udc00\ud800""#, Problem::LoneSurrogate, 2);
    check(r#""\ud800\u0041""#, Problem::LoneSurrogate, 2);
    check("// a\n{}", Problem::Expected("a value"), 1);
}

#[test]
fn an_error_names_the_place_by_line_column_and_path() {
    check_refused(
        "{\n  \"resourceType\": \"Patient\",\n  \"name\": [ {\n    \"given\": [ \"A\", nope ] } ]\n}",
        Problem::Expected("a value"),
        (4, 21),
        Some("Patient.name[0].given[1]"),
    );
    check_refused(
        r#"{"resourceType":"Patient","name":[{},{"family":"é","family":"B"}]}"#,
        Problem::Duplicate("family".into()),
        (1, 52),
        Some("Patient.name[1].family"),
    );
    check_refused(
        r#"{"contained":[{"resourceType":"Device","a":x}],"resourceType":"Patient"}"#,
        Problem::Expected("a value"),
        (1, 44),
        Some("contained[0].a"),
    );
    check_refused(
        r#"[{"resourceType":"Patient","a":x}]"#,
        Problem::Expected("a value"),
        (1, 32),
        Some("[0].a"),
    );
    check_refused(
        b"{\"resourceType\":\"Patient\",\"id\":\"\xff\"}",
        Problem::NotUtf8,
        (1, 33),
        Some("Patient.id"),
    );
    check_refused(b"{\"a\" x \xff", Problem::Expected("a colon"), (1, 6), None);
}

#[test]
fn an_error_never_quotes_a_value() {
    let e = json::read(br#"{"resourceType":"Patient","id":"secret","birthDate":1970-01-01}"#)
        .unwrap_err();
    assert!(!e.to_string().contains("secret"), "{e}");
    assert_eq!(
        e.to_string(),
        "line 1, column 53 (Patient.birthDate): this is not a JSON number; write it like -12.50 or 1e3, without leading zeros"
    );
}

#[test]
fn asvs_1_5_3_a_name_given_twice_is_found_among_many_and_through_escapes() {
    check_refused(
        r#"{"a":1,"\u0061":2}"#,
        Problem::Duplicate("a".into()),
        (1, 8),
        Some("a"),
    );
    let mut text = String::from("{");
    for i in 0..5_000 {
        text.push_str(&format!("\"m{i}\":{i},"));
    }
    let unique = format!("{text}\"last\":0}}");
    assert_eq!(
        json::read(unique.as_bytes())
            .unwrap()
            .as_object()
            .unwrap()
            .len(),
        5_001
    );
    for twice in ["m0", "m63", "m64", "m4999"] {
        let e = json::read(format!("{text}\"{twice}\":0}}").as_bytes()).unwrap_err();
        assert_eq!(e.problem(), &Problem::Duplicate(twice.into()));
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |n| "[".repeat(n) + &"]".repeat(n);
    assert!(json::read(nested(MAX_DEPTH).as_bytes()).is_ok());
    let e = json::read(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
    assert_eq!(e.problem(), &Problem::TooDeep);
    let five_megabytes = "[".repeat(5 << 20);
    let e = json::read(five_megabytes.as_bytes()).unwrap_err();
    assert_eq!(
        (e.problem(), e.column()),
        (&Problem::TooDeep, MAX_DEPTH + 1)
    );
    let objects = "{\"a\":".repeat(1 << 20);
    assert_eq!(
        json::read(objects.as_bytes()).unwrap_err().problem(),
        &Problem::TooDeep
    );
}

#[test]
fn a_document_of_nothing_but_tiny_values_is_refused_before_it_fills_the_memory() {
    let ones = format!("[{}1]", "1,".repeat(2 << 20));
    assert_eq!(
        json::read(ones.as_bytes()).unwrap_err().problem(),
        &Problem::TooMany
    );
}

#[test]
fn writing_escapes_only_what_must_be() {
    let value = Value::from([(
        "a\"",
        Value::from("é😀/\\\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}"),
    )]);
    assert_eq!(
        json::to_string(&value),
        "{\"a\\\"\":\"é😀/\\\\\\n\\r\\t\\b\\f\\u0001\\u001f\u{7f}\"}"
    );
}

#[test]
fn pretty_writing_indents_by_two() {
    let value = json::read(br#"{"a":[],"b":{},"c":[1,{"d":"e"}]}"#).unwrap();
    let mut out = Vec::new();
    json::write_pretty(&value, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"e\"\n    }\n  ]\n}"
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,5})?"
            .prop_map(|n| Value::Number(Number::from_json_text(&n))),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 128, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..12).prop_map(|members| {
                let mut object = Object::new();
                for (name, value) in members {
                    object.set(&name, value);
                }
                Value::Object(object)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_is_read_back_as_it_was_written(value in any_value()) {
        prop_assert_eq!(json::read(json::to_string(&value).as_bytes()).unwrap(), value.clone());
        let mut pretty = Vec::new();
        json::write_pretty(&value, &mut pretty);
        prop_assert_eq!(json::read(&pretty).unwrap(), value);
    }

    #[test]
    fn what_is_read_agrees_with_another_reader(text in "[ \\[\\]{}:,\"a\\\\u0-9eE.+\\-tfn\n]{0,40}") {
        let ours = json::read(text.as_bytes());
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        if let Ok(value) = &ours {
            let again: serde_json::Value = serde_json::from_str(&json::to_string(value)).unwrap();
            prop_assert_eq!(theirs.unwrap(), again);
        } else if theirs.is_ok() {
            // The one thing that we refuse and the other accepts.
            let duplicate = matches!(ours.unwrap_err().problem(), Problem::Duplicate(_));
            prop_assert!(duplicate, "{}", text);
        }
    }
}

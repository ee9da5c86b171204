//! The parameters of an operation: from the query, or a `Parameters` in the body.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use http::{Method, StatusCode};

use crate::ask::Ask;
use crate::form;
use crate::problem::{Answered, Problem, short};

/// Names whose values in a query are booleans, whole numbers, URIs or codes; all others are strings.
const BOOLEANS: [&str; 6] = [
    "activeOnly",
    "includeDesignations",
    "includeDefinition",
    "excludeNotForUI",
    "reverse",
    "abstract",
];
const INTEGERS: [&str; 2] = ["offset", "count"];
const URIS: [&str; 7] = [
    "url",
    "system",
    "context",
    "source",
    "target",
    "targetsystem",
    "profile",
];
const CODES: [&str; 5] = ["code", "codeA", "codeB", "mode", "displayLanguage"];

/// The parameters as a `Parameters`, whichever way they were sent.
pub(crate) fn read(ask: &Ask) -> Answered<Value> {
    if ask.method == Method::POST && ask.size() > 0 && !is_form(ask) {
        let value = ask.resource()?;
        form::expect_kind(&value, "Parameters")?;
        return Ok(value);
    }
    let mut list = Vec::new();
    for (name, value) in ask.pairs()? {
        if !name.starts_with('_') {
            list.push(parameter(&name, &value)?);
        }
    }
    Ok(of(list))
}

fn is_form(ask: &Ask) -> bool {
    ask.header("content-type")
        .is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"))
}

/// A `Parameters` with this list.
pub(crate) fn of(list: Vec<Value>) -> Value {
    Value::from([
        ("resourceType", "Parameters".into()),
        ("parameter", list.into()),
    ])
}

fn parameter(name: &str, text: &str) -> Answered<Value> {
    let wrong = |what: &str| {
        let issue = Issue::error(
            Code::Value,
            format!("{} is '{}', which is not {what}", short(name), short(text)),
        );
        Problem::of(StatusCode::BAD_REQUEST, issue)
    };
    let (member, value) = if BOOLEANS.contains(&name) {
        (
            "valueBoolean",
            Value::from(text.parse::<bool>().map_err(|_| wrong("true or false"))?),
        )
    } else if INTEGERS.contains(&name) {
        (
            "valueInteger",
            Value::from(text.parse::<i64>().map_err(|_| wrong("a whole number"))?),
        )
    } else if URIS.contains(&name) {
        ("valueUri", Value::from(text))
    } else if CODES.contains(&name) {
        ("valueCode", Value::from(text))
    } else if name == "coding" {
        let (system, code) = text
            .split_once('|')
            .ok_or_else(|| wrong("of the form system|code"))?;
        (
            "valueCoding",
            Value::from([("system", system.into()), ("code", code.into())]),
        )
    } else {
        ("valueString", Value::from(text))
    };
    Ok(Value::from([("name", name.into()), (member, value)]))
}

/// The first parameter of this name.
pub(crate) fn find<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    parameters
        .items_at("parameter")
        .iter()
        .find(|p| p.str_at("name") == Some(name))
}

/// The text of a parameter: its `valueUri`, `valueString`, `valueCode` …
pub(crate) fn text<'a>(parameters: &'a Value, name: &str) -> Option<&'a str> {
    let object = find(parameters, name)?.as_object()?;
    object
        .iter()
        .find(|(member, _)| member.starts_with("value"))
        .and_then(|(_, value)| value.as_str())
}

/// The resource of a parameter.
pub(crate) fn resource<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    find(parameters, name)?.get("resource")
}

/// The same parameters with one more.
pub(crate) fn with(mut parameters: Value, extra: Value) -> Value {
    if let Some(object) = parameters.as_object_mut() {
        match object.get_mut("parameter").and_then(Value::as_array_mut) {
            Some(list) => list.push(extra),
            None => object.set("parameter", vec![extra]),
        }
    }
    parameters
}

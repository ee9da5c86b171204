//! One text for a document, however its members were ordered.

use compact_str::CompactString;

use super::write;
use crate::{Object, Value};

/// The value as JSON without white space, the members of every object in the order of their names (Unicode code points);
/// strings escaped as RFC 8785 says, numbers as they were written, since in FHIR `1.10` and `1.1` are two things.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(&ordered(value), &mut out);
    out
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        Value::Array(items) => Value::Array(items.iter().map(ordered).collect()),
        Value::Object(object) => {
            let members = object
                .iter()
                .map(|(n, v)| (CompactString::new(n), ordered(v)));
            let mut members: Vec<_> = members.collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(Object::from_members(members))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn the_order_of_members_and_blanks_say_nothing_and_everything_else_does() {
        let text =
            |json: &str| String::from_utf8(canonical(&read(json.as_bytes()).unwrap())).unwrap();
        let one = text(r#"{ "b": [ {"y": 1.10, "x": "é\n"}, null ], "a": true }"#);
        assert_eq!(one, "{\"a\":true,\"b\":[{\"x\":\"é\\n\",\"y\":1.10},null]}");
        assert_eq!(
            one,
            text(r#"{"a":true,"b":[{"x":"\u00e9\u000a","y":1.10},null]}"#)
        );
        for other in [
            r#"{"a":true,"b":[{"x":"é\n","y":1.1},null]}"#,
            r#"{"a":true,"b":[null,{"x":"é\n","y":1.10}]}"#,
            r#"{"a":"true","b":[{"x":"é\n","y":1.10},null]}"#,
        ] {
            assert_ne!(one, text(other));
        }
    }
}

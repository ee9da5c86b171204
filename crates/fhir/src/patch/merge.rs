//! JSON Merge Patch (RFC 7396).

use crate::value::{Object, Value};

/// Applies a JSON Merge Patch: members of the patch replace, `null` removes, objects merge. It cannot fail.
pub fn merge(document: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut out = match document {
        Value::Object(object) => object.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Object::new()
        }
    };
    for (name, change) in changes.iter() {
        if *change == Value::Null {
            out.remove(name);
        } else {
            let merged = merge(out.get(name).unwrap_or(&Value::Null), change);
            out.set(name, merged);
        }
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_merge(document: &str, patch: &str, wanted: &str) {
        let read = |text: &str| {
            let wrapped = crate::json::read(format!("{{\"it\":{text}}}").as_bytes()).unwrap();
            wrapped.get("it").unwrap().clone()
        };
        assert_eq!(
            merge(&read(document), &read(patch)),
            read(wanted),
            "{document} + {patch}"
        );
    }

    #[test]
    fn the_examples_of_rfc_7396_appendix_a_hold() {
        check_merge(r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check_merge(r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#);
        check_merge(r#"{"a":"b"}"#, r#"{"a":null}"#, "{}");
        check_merge(r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#);
        check_merge(r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check_merge(r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#);
        check_merge(
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":{"b":"d","c":null}}"#,
            r#"{"a":{"b":"d"}}"#,
        );
        check_merge(r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#);
        check_merge(r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#);
        check_merge(r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#);
        check_merge(r#"{"a":"foo"}"#, "null", "null");
        check_merge(r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#);
        check_merge(r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#);
        check_merge("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#);
        check_merge("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#);
    }
}

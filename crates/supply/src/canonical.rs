//! What signatures of TUF metadata are made over: canonical JSON (OLPC), in which a value has one form only.

use serde_json::Value;

/// The canonical form: members in the order of their names, no white space, in strings only `"` and `\` escaped.
pub(crate) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is) => out.push_str(if *is { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                comma(out, place);
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (place, (name, member)) in sorted.into_iter().enumerate() {
                comma(out, place);
                string(out, name);
                out.push(':');
                write(out, member);
            }
            out.push('}');
        }
    }
}

fn comma(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_has_one_form() {
        let value = json!({"b": [1, true, null], "a": "x\"\\\n", "A": {"z": 1, "y": 2}});
        let expected = "{\"A\":{\"y\":2,\"z\":1},\"a\":\"x\\\"\\\\\n\",\"b\":[1,true,null]}";
        assert_eq!(canonical(&value), expected);
    }
}

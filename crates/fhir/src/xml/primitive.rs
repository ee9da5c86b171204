//! Values of primitives: text in XML; text, truth value or number in JSON.

use crate::{Number, Value, json};

/// The value that JSON has for this text, or none when the text is not of the type.
pub(super) fn from_text(ty: &str, text: &str) -> Option<Value> {
    match ty {
        "boolean" => match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        "decimal" | "integer" | "positiveInt" | "unsignedInt" => {
            json::is_number(text).then(|| Value::Number(Number::from_json_text(text)))
        }
        _ => Some(Value::from(text)),
    }
}

/// The text that XML has for this value; none for what is not a primitive.
pub(super) fn to_text(value: &Value) -> Option<&str> {
    match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Number(number) => Some(number.as_str()),
        Value::String(text) => Some(text),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

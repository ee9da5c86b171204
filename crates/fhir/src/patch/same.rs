//! Equality as JSON sees it, and the size of values.

use rust_decimal::Decimal;

use super::Problem;
use crate::value::{Number, Value};

/// RFC 6902, section 4.6: numbers by value, objects whatever the order of their members.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (a, b) => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    let decimal = |n: &Number| {
        let text = n.as_str();
        Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .ok()
    };
    if a == b {
        return true;
    }
    match (decimal(a), decimal(b)) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => a.to_f64().total_cmp(&b.to_f64()).is_eq(),
    }
}

/// About how many bytes a value takes.
pub(super) fn size(value: &Value) -> usize {
    const ITSELF: usize = 24;
    ITSELF
        + match value {
            Value::Null | Value::Bool(_) => 0,
            Value::Number(n) => n.as_str().len(),
            Value::String(s) => s.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(object) => object.iter().map(|(n, v)| n.len() + size(v)).sum(),
        }
}

/// Refuses a value that would nest too deeply this far down.
pub(super) fn check_depth(value: &Value, above: usize) -> Result<(), Problem> {
    if above + depth(value) > crate::MAX_DEPTH {
        return Err(Problem::TooDeep);
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.iter().map(|(_, v)| depth(v)).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

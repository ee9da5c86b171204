//! JSON Patch (RFC 6902).

use super::pointer::Pointer;
use super::same::{same, size};
use super::{MOST_COPIED, PatchError, Problem};
use crate::value::Value;

/// Applies a JSON Patch: all operations or none.
///
/// # Errors
/// When the patch is not an array of operations, or one of them fails.
pub fn json(document: &Value, patch: &Value) -> Result<Value, PatchError> {
    let operations = patch.as_array().ok_or(PatchError::NotAPatch(
        "a JSON Patch is an array of operations",
    ))?;
    let mut out = document.clone();
    let mut copied = 0;
    for (index, operation) in operations.iter().enumerate() {
        apply(&mut out, operation, &mut copied)
            .map_err(|problem| PatchError::Operation { index, problem })?;
    }
    Ok(out)
}

fn apply(document: &mut Value, operation: &Value, copied: &mut usize) -> Result<(), Problem> {
    let text = |name: &'static str| operation.str_at(name).ok_or(Problem::Missing(name));
    let value = || operation.get("value").ok_or(Problem::Missing("value"));
    let op = text("op")?;
    let path = Pointer::parse(text("path")?)?;
    match op {
        "add" => path.add(document, value()?.clone()),
        "remove" => path.remove(document).map(|_| ()),
        "replace" => path.replace(document, value()?.clone()),
        "move" => {
            let from = Pointer::parse(text("from")?)?;
            if path.is_inside(&from) {
                return Err(Problem::IntoItself(from.text()));
            }
            if path.is_same(&from) {
                return from.get(document).map(|_| ());
            }
            let taken = from.remove(document)?;
            path.add(document, taken)
        }
        "copy" => {
            let from = Pointer::parse(text("from")?)?;
            let found = from.get(document)?;
            *copied = copied.saturating_add(size(found));
            if *copied > MOST_COPIED {
                return Err(Problem::TooLarge);
            }
            let copy = found.clone();
            path.add(document, copy)
        }
        "test" => {
            if same(path.get(document)?, value()?) {
                Ok(())
            } else {
                Err(Problem::TestFailed(path.text()))
            }
        }
        other => Err(Problem::UnknownOperation(other.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_error(document: &str, patch: &str, wanted: &str) {
        let read = |text: &str| crate::json::read(text.as_bytes()).unwrap();
        let error = json(&read(document), &read(patch)).unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }

    #[test]
    fn an_error_says_which_operation_and_why() {
        check_error(
            r#"{"a":[1]}"#,
            r#"[{"op":"test","path":"/a/0","value":1.0},{"op":"add","path":"/a/3","value":1}]"#,
            "operation 1: the list at /a/3 has no place 3",
        );
        check_error(
            "{}",
            r#"[{"op":"remove","path":"/a"}]"#,
            "operation 0: there is nothing at /a",
        );
        check_error(
            "{}",
            r#"[{"op":"remove","path":""}]"#,
            "operation 0: the whole resource cannot be the target",
        );
        check_error(
            "{}",
            r#"[{"op":"remove","path":"a"}]"#,
            "operation 0: a is not a JSON pointer",
        );
        check_error(
            "{}",
            r#"[{"op":"spin","path":"/a"}]"#,
            "operation 0: there is no operation spin",
        );
        check_error(
            "{}",
            r#"[{"op":"add","path":"/a"}]"#,
            "operation 0: \"value\" is missing or not what it must be",
        );
        check_error(
            r#"{"a":{}}"#,
            r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            "operation 0: /a cannot move into itself",
        );
        check_error(
            "{}",
            r#"{"op":"add"}"#,
            "a JSON Patch is an array of operations",
        );
    }

    #[test]
    fn a_leading_zero_is_no_index() {
        check_error(
            r#"{"a":[1,2]}"#,
            r#"[{"op":"remove","path":"/a/01"}]"#,
            "operation 0: there is nothing at /a/01",
        );
    }

    #[test]
    fn copies_of_copies_do_not_grow_without_bound() {
        let read = |text: &str| crate::json::read(text.as_bytes()).unwrap();
        let doubled = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
        let patch = format!("[{}]", [doubled; 60].join(","));
        assert!(matches!(
            json(&read(r#"{"a":["x"]}"#), &read(&patch)),
            Err(PatchError::Operation {
                problem: Problem::TooLarge | Problem::TooDeep,
                ..
            })
        ));
    }
}

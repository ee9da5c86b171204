//! What a `Reference` may point to.

use crate::definitions::Types;
use crate::outcome::{Code, Issue};
use crate::{Object, Value};

use super::primitive::Prim;
use super::say::short;

/// Checks the literal reference and the `type` of a `Reference` against the types that its element allows; `targets` is
/// empty where any type may stand.
pub(super) fn check(
    types: &'static Types,
    container: &Object,
    reference: &Object,
    targets: &[&'static str],
) -> Result<(), Issue> {
    let said = reference.get("type").and_then(Value::as_str);
    if let Some(said) = said
        && types.resource(said).is_some()
    {
        allowed(said, targets)?;
    }
    let Some(Value::String(text)) = reference.get("reference") else {
        return Ok(());
    };
    let found = match text.strip_prefix('#') {
        Some("") => container.get("resourceType").and_then(Value::as_str),
        Some(id) => Some(contained(container, id)?),
        None => literal(types, text)?,
    };
    let Some(found) = found else { return Ok(()) };
    allowed(found, targets)?;
    match said {
        Some(said) if said != found && types.resource(said).is_some() => Err(Issue::error(
            Code::Value,
            format!("The reference is to a {found}, but its type says {said}"),
        )
        .fix("Correct or remove 'type'.")),
        _ => Ok(()),
    }
}

fn allowed(found: &str, targets: &[&'static str]) -> Result<(), Issue> {
    let fits = |t: &&str| *t == found || t.contains('/');
    if targets.is_empty() || targets.iter().any(fits) {
        return Ok(());
    }
    Err(Issue::error(
        Code::Value,
        format!("A reference to {} is not allowed here", short(found)),
    )
    .fix(format!("Refer to: {}.", targets.join(", "))))
}

/// `ref-1`.
fn contained<'v>(container: &'v Object, id: &str) -> Result<&'v str, Issue> {
    container
        .get("contained")
        .and_then(Value::as_array)
        .and_then(|items| items.iter().find(|r| r.id() == Some(id)))
        .map(|r| r.resource_type().unwrap_or_default())
        .ok_or_else(|| {
            Issue::error(
                Code::Invariant,
                format!("No contained resource has the id '{}'", short(id)),
            )
            .fix("Add it to 'contained', or correct the reference.")
            .rule("ref-1")
        })
}

/// The type that a literal reference names: `Patient/1`, `http://server/base/Patient/1/_history/2`, `Patient?identifier=x`.
pub(super) fn literal<'t>(types: &'static Types, text: &'t str) -> Result<Option<&'t str>, Issue> {
    if text.starts_with("urn:") {
        return match Prim::Uri.check_text(text) {
            Ok(()) => Ok(None),
            Err(wrong) => Err(Issue::error(
                Code::Value,
                format!("'{}' is not a reference: {}", short(text), wrong.why),
            )
            .fix(wrong.fix)),
        };
    }
    let absolute = text.contains("://");
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let mut parts = path.rsplit('/');
    let (last, before) = (parts.next(), parts.next());
    let (kind, id) = match (last, before) {
        (Some(_version), Some("_history")) => {
            let id = parts.next();
            (parts.next(), id)
        }
        (Some(kind), _) if text.len() > path.len() => (Some(kind), None),
        (id, kind) => (kind, id),
    };
    let known = kind.filter(|k| types.resource(k).is_some());
    if absolute {
        return Ok(known);
    }
    let good_id = id.is_none_or(|id| Prim::Id.check_text(id).is_ok());
    match known {
        Some(kind) if good_id => Ok(Some(kind)),
        Some(_) => Err(Issue::error(
            Code::Value,
            format!("'{}' does not end in an id", short(text)),
        )
        .fix("Use 1 to 64 letters, digits, '-' and '.'.")),
        None => Err(Issue::error(
            Code::Value,
            format!("'{}' does not name a resource", short(text)),
        )
        .fix("Write Type/id, an absolute URL, a URN, or '#' and the id of a contained resource.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::types;

    fn check_literal(text: &str, wanted: Option<&str>) {
        assert_eq!(literal(types(), text).unwrap(), wanted, "{text}");
    }

    #[test]
    fn a_literal_reference_names_its_type() {
        check_literal("Patient/1", Some("Patient"));
        check_literal("Patient/1/_history/2", Some("Patient"));
        check_literal("https://a.b/c/Observation/1", Some("Observation"));
        check_literal("https://a.b/c", None);
        check_literal("Practitioner?identifier=http://x/y|z", Some("Practitioner"));
        check_literal("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", None);
        for bad in ["Foo/1", "Patient", "1", "Patient/a_b", "urn:a b"] {
            assert!(literal(types(), bad).is_err(), "{bad}");
        }
    }
}

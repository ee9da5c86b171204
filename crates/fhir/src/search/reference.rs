//! References as a search sees them.

use crate::definitions::types;

/// Where a reference leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// A resource of this server.
    Local {
        kind: &'static str,
        id: &'a str,
        version: Option<&'a str>,
    },
    /// Elsewhere.
    Url {
        url: &'a str,
        version: Option<&'a str>,
    },
}

/// Reads the text of a reference or canonical: `Patient/1`, `Patient/1/_history/2`, the same below the server's own
/// `base`, another URL or URN. None for what leads nowhere by itself (`#contained`, a conditional reference, nothing).
pub(super) fn read_reference<'a>(text: &'a str, base: Option<&str>) -> Option<Target<'a>> {
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let below = base.and_then(|b| text.strip_prefix(b)?.strip_prefix('/'));
    let relative = below.unwrap_or(text);
    if let Some(local) = local(relative) {
        return Some(local);
    }
    if text.contains(':') {
        let (url, version) = split_version(text);
        return Some(Target::Url { url, version });
    }
    None
}

fn local(text: &str) -> Option<Target<'_>> {
    let mut parts = text.split('/');
    let kind = types().resource(parts.next()?)?.name;
    let id = parts.next().filter(|id| is_id(id))?;
    let version = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => None,
        (Some("_history"), Some(version), None) if is_id(version) => Some(version),
        _ => return None,
    };
    Some(Target::Local { kind, id, version })
}

/// A canonical's URL and version.
pub(super) fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.split_once('|') {
        Some((url, version)) => (url, Some(version).filter(|v| !v.is_empty())),
        None => (text, None),
    }
}

/// Whether this can be a logical id (R4, `id`: 1 to 64 letters, digits, `-` and `.`).
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Target<'_>>) {
        assert_eq!(
            read_reference(text, Some("http://here/fhir")),
            expected,
            "{text}"
        );
    }

    #[test]
    fn references_are_read_by_where_they_lead() {
        let local = |version| {
            Some(Target::Local {
                kind: "Patient",
                id: "a-1",
                version,
            })
        };
        let url = |url, version| Some(Target::Url { url, version });
        check("Patient/a-1", local(None));
        check("Patient/a-1/_history/3", local(Some("3")));
        check("http://here/fhir/Patient/a-1", local(None));
        check(
            "http://there/Patient/a-1",
            url("http://there/Patient/a-1", None),
        );
        check("urn:uuid:1", url("urn:uuid:1", None));
        check("http://x/q|2.0", url("http://x/q", Some("2.0")));
        for nowhere in [
            "",
            "#p",
            "Patient?identifier=1",
            "Patient/",
            "Nothing/1",
            "Patient/a/b",
            "Patient/a_b",
        ] {
            check(nowhere, None);
        }
    }
}

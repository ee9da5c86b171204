//! Code systems that are grammars, not lists.

/// Whether a code is one of a system that is defined by a grammar; none when the system is not such a one.
pub(super) fn member(system: &str, code: &str) -> Option<bool> {
    match system {
        "urn:ietf:bcp:13" | "http://www.rfc-editor.org/bcp/bcp13.txt" => Some(is_mime_type(code)),
        "urn:ietf:bcp:47" => Some(is_language(code)),
        "http://unitsofmeasure.org" => Some(is_unit(code)),
        _ => None,
    }
}

/// `type/subtype` with parameters (RFC 6838), or one of FHIR's short forms.
fn is_mime_type(code: &str) -> bool {
    let (essence, _parameters) = code.split_once(';').unwrap_or((code, ""));
    let name = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&c))
    };
    match essence.trim_end().split_once('/') {
        Some((kind, sub)) => name(kind) && name(sub),
        None => matches!(code, "xml" | "json" | "ttl" | "html" | "text"),
    }
}

/// The shape of a language tag (RFC 5646, section 2.1), not the registry's content.
fn is_language(code: &str) -> bool {
    let mut parts = code.split('-');
    let first = parts.next().unwrap_or_default();
    let alpha = |s: &str| s.bytes().all(|c| c.is_ascii_alphabetic());
    let start = match first {
        "x" | "X" | "i" => parts.clone().next().is_some(),
        _ => (2..=8).contains(&first.len()) && alpha(first),
    };
    start
        && code.len() <= 64
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|c| c.is_ascii_alphanumeric()))
}

/// The characters and brackets of a UCUM unit, not the table of its atoms.
fn is_unit(code: &str) -> bool {
    let mut round = 0_i32;
    let mut square = 0_i32;
    let mut curly = 0_i32;
    for c in code.bytes() {
        let inside = curly > 0;
        match c {
            b'{' if !inside => curly += 1,
            b'}' => curly -= 1,
            b'(' if !inside => round += 1,
            b')' if !inside => round -= 1,
            b'[' if !inside => square += 1,
            b']' if !inside => square -= 1,
            b' ' if !inside => return false,
            0x20..=0x7e => {}
            _ => return false,
        }
        if round < 0 || square < 0 || curly < 0 {
            return false;
        }
    }
    !code.is_empty() && round == 0 && square == 0 && curly == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_grammar(system: &str, good: &[&str], bad: &[&str]) {
        for code in good {
            assert_eq!(member(system, code), Some(true), "{code}");
        }
        for code in bad {
            assert_eq!(member(system, code), Some(false), "{code}");
        }
    }

    #[test]
    fn grammars_tell_codes_from_noise() {
        check_grammar(
            "urn:ietf:bcp:13",
            &[
                "text/plain",
                "application/fhir+json; fhirVersion=4.0",
                "image/*",
            ],
            &["text", "a b/c", "/", "plain text"].map(|s| if s == "text" { "textt" } else { s }),
        );
        check_grammar(
            "urn:ietf:bcp:47",
            &["en", "de-CH", "zh-Hans-CN", "sl-rozaj", "x-private"],
            &["e", "en_US", "", "english language", "en-"],
        );
        check_grammar(
            "http://unitsofmeasure.org",
            &["mg/dL", "mm[Hg]", "{score}", "10*3/uL", "/{tot}", "{a b}"],
            &["mg dL", "mm[Hg", "", "µg"],
        );
        assert_eq!(member("http://loinc.org", "x"), None);
    }
}

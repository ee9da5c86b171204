//! Characters of XML: references resolved on the way in, escaped on the way out.

use std::borrow::Cow;

use quick_xml::escape::resolve_xml_entity;

use crate::read_error::Problem;

/// The text that an attribute's raw value stands for (XML 1.0, section 3.3.3).
pub(super) fn attribute_text(raw: &str) -> Result<Cow<'_, str>, Problem> {
    if raw.bytes().all(|b| b >= 0x20 && b != b'&' && b != b'<') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '&' || c == '<') {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(plain);
        let used = match special.bytes().next() {
            Some(b'&') => {
                let (c, used) = reference(special)?;
                text.push(c);
                used
            }
            Some(b'\r') if special.starts_with("\r\n") => {
                text.push(' ');
                2
            }
            Some(b'\t' | b'\n' | b'\r') => {
                text.push(' ');
                1
            }
            Some(b'<') => return Err(Problem::Malformed("< stands in a value".to_owned())),
            _ => return Err(Problem::Control),
        };
        rest = special.get(used..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}

/// Whether all references in this text are ones that XML knows without a document type.
pub(super) fn check_references(raw: &str) -> Result<(), Problem> {
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        rest = rest.get(at..).unwrap_or_default();
        let (_, used) = reference(rest)?;
        rest = rest.get(used..).unwrap_or_default();
    }
    if raw.chars().all(is_xml_char) {
        Ok(())
    } else {
        Err(Problem::Control)
    }
}

/// The character that the reference at the front stands for, and the reference's length.
fn reference(text: &str) -> Result<(char, usize), Problem> {
    let unknown = || Problem::Malformed("an unknown character reference".to_owned());
    // The longest is `&#x10FFFF;`, leading zeros aside.
    let end = text
        .bytes()
        .take(16)
        .position(|b| b == b';')
        .ok_or_else(unknown)?;
    let name = text.get(1..end).unwrap_or_default();
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let (digits, radix) = match number.strip_prefix('x') {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            if !digits.chars().all(|c| c.is_digit(radix)) {
                return Err(unknown());
            }
            u32::from_str_radix(digits, radix)
                .ok()
                .and_then(char::from_u32)
                .filter(|c| is_xml_char(*c))
        }
        None => resolve_xml_entity(name).and_then(|s| s.chars().next()),
    };
    Ok((c.ok_or_else(unknown)?, end + 1))
}

/// Whether XML 1.0 can hold the character at all.
pub(super) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{1_0000}'..)
}

/// Appends text for use in an attribute in double quotes or between tags; a character that XML cannot hold becomes U+FFFD.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find(must_be_escaped) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.extend_from_slice(plain.as_bytes());
        let mut chars = special.chars();
        out.extend_from_slice(match chars.next() {
            Some('&') => b"&amp;",
            Some('<') => b"&lt;",
            Some('>') => b"&gt;",
            Some('"') => b"&quot;",
            Some('\t') => b"&#9;",
            Some('\n') => b"&#10;",
            Some('\r') => b"&#13;",
            _ => "\u{FFFD}".as_bytes(),
        });
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

const fn must_be_escaped(c: char) -> bool {
    matches!(
        c,
        '&' | '<' | '>' | '"' | '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_attribute(raw: &str, expected: Option<&str>) {
        assert_eq!(attribute_text(raw).ok().as_deref(), expected, "{raw}");
    }

    #[test]
    fn references_are_resolved_and_literal_white_space_becomes_spaces() {
        check_attribute("é plain", Some("é plain"));
        check_attribute(
            "&lt;&#10;&#x1F600;&amp;&quot;&apos;&gt;",
            Some("<\n😀&\"'>"),
        );
        check_attribute("a\r\nb\tc\nd", Some("a b c d"));
    }

    #[test]
    fn what_xml_cannot_hold_is_refused() {
        for raw in [
            "&nbsp;",
            "&",
            "&#0;",
            "&#x;",
            "&#xD800;",
            "&#+65;",
            "&#1;",
            "<",
            "\u{1}",
            "&#99999999999;",
        ] {
            check_attribute(raw, None);
        }
    }

    #[test]
    fn escaping_is_undone_by_reading() {
        for text in ["", "a", "&<>\"'\t\n\r é😀", "&amp;"] {
            let mut out = Vec::new();
            escape(text, &mut out);
            check_attribute(str::from_utf8(&out).unwrap(), Some(text));
        }
    }
}

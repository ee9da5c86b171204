//! The layers of a query string: percent-encoding, and FHIR's escapes (`\,` `\|` `\$` `\\`).

use std::borrow::Cow;
use std::fmt::Write as _;

/// The name–value pairs of a query string. None when it is not UTF-8 after decoding, or a `%` is not followed by two
/// hexadecimal digits.
pub(super) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(out).ok()
}

fn hex(b: u8) -> Option<u8> {
    u8::try_from(char::from(b).to_digit(16)?).ok()
}

/// Appends `&name=value`, percent-encoded; without the `&` at the beginning.
pub(super) fn append_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    encode(out, name);
    out.push('=');
    encode(out, value);
}

fn encode(out: &mut String, text: &str) {
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~:/,$*".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
}

/// The parts between separators that are not escaped; still escaped themselves.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut escaped = false;
    text.split(|c| {
        let here = c == separator && !escaped;
        escaped = c == '\\' && !escaped;
        here
    })
    .collect()
}

/// FHIR's escapes undone. A backslash before any other character stands for itself.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next @ (',' | '|' | '$' | '\\'))) => {
                out.push(*next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Escapes a value so that it is read back as it is.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains([',', '|', '$', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if matches!(c, ',' | '|' | '$' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    Cow::Owned(out)
}

/// The candidate that is nearest to a word in edits, when it is near at all.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    candidates
        .map(|c| (edits(word, c), c))
        .min()
        .filter(|(d, c)| *d <= 2.min(c.len() / 2).max(1))
        .map(|(_, c)| c)
}

/// The Levenshtein distance, case aside.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<u8> = b.bytes().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let same = usize::from(!x.eq_ignore_ascii_case(y));
            let best = (diagonal + same).min(*cell + 1).min(left + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_bad_encodings_refused() {
        assert_eq!(
            pairs("a=b%20c+d&e&f=%C3%A9"),
            Some(vec![
                ("a".into(), "b c d".into()),
                ("e".into(), String::new()),
                ("f".into(), "é".into())
            ])
        );
        for bad in ["a=%", "a=%2", "a=%zz", "a=%ff"] {
            assert_eq!(pairs(bad), None, "{bad}");
        }
    }

    #[test]
    fn escapes_hide_separators() {
        assert_eq!(split(r"a\,b,c\\,d", ','), [r"a\,b", r"c\\", "d"]);
        assert_eq!(unescape(r"a\,b\\c\x"), r"a,b\c\x");
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_word() {
        let words = ["birthdate", "name", "code"];
        assert_eq!(nearest("birthDate", words.into_iter()), Some("birthdate"));
        assert_eq!(nearest("nmae", words.into_iter()), Some("name"));
        assert_eq!(nearest("something", words.into_iter()), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_escaped_or_encoded_comes_back(text in "\\PC*") {
            let escaped = escape(&text);
            assert_eq!(split(&escaped, ','), [&*escaped]);
            assert_eq!(unescape(&escaped), text);
            let mut encoded = String::new();
            append_pair(&mut encoded, "n", &text);
            assert_eq!(pairs(&encoded), Some(vec![("n".to_owned(), text)]));
        }
    }
}

//! `application/x-www-form-urlencoded` (WHATWG URL, section 5), read strictly.

use aceso_base::percent;

/// Names and values in order; none when something is not UTF-8 or a `%` stands wrong.
pub(crate) fn parse(text: &[u8]) -> Option<Vec<(String, String)>> {
    text.split(|b| *b == b'&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let at = part.iter().position(|b| *b == b'=').unwrap_or(part.len());
            let (name, value) = part.split_at_checked(at)?;
            Some((
                decode(name)?,
                decode(value.strip_prefix(b"=").unwrap_or(value))?,
            ))
        })
        .collect()
}

fn decode(text: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => digit(*bytes.next()?)? * 16 + digit(*bytes.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(out).ok()
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Writes names and values.
pub(crate) fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&percent(name));
        out.push('=');
        out.push_str(&percent(value));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_wrong_is_refused() {
        for bad in ["a=%", "a=%2", "a=%zz", "%ff=1", "a=%c3%28"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        let pairs = parse(b"a=b+c%20d&e&f=&=g&&h=%C3%A4").unwrap();
        let expected = [("a", "b c d"), ("e", ""), ("f", ""), ("", "g"), ("h", "ä")];
        assert!(
            pairs
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .eq(expected)
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(pairs in prop::collection::vec((".*", ".*"), 0..6)) {
            let text = write(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
            prop_assert_eq!(parse(text.as_bytes()), Some(pairs));
        }

        #[test]
        fn no_body_makes_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}

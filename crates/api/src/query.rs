//! Query strings: pairs, decoded.

use aceso_base::percent;

/// What `+` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A blank, as in `application/x-www-form-urlencoded`.
    Blank,
    /// Itself, as in a path.
    Literal,
}

/// Percent-decodes; what is not a proper escape stays as it is, bytes that are not UTF-8 become U+FFFD.
pub(crate) fn decode(text: &str, plus: Plus) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match (first, more) {
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high * 16 + low);
                    rest = after;
                }
                _ => out.push(b'%'),
            },
            (b'+', _) if plus == Plus::Blank => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
    }
    match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The pairs of a query string or form body, in order, decoded.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name, Plus::Blank), decode(value, Plus::Blank))
        })
        .collect()
}

/// The pairs as a query string.
pub(crate) fn join(pairs: &[(String, String)]) -> String {
    let parts: Vec<String> = pairs
        .iter()
        .map(|(n, v)| [percent(n).as_str(), "=", &percent(v)].concat())
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_survive_a_round_trip() {
        let given = [
            ("name:exact", "Ä & B=C"),
            ("code", "http://loinc.org|1-2,x"),
            ("_text", "a+b %"),
        ];
        let given: Vec<_> = given
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        assert_eq!(pairs(&join(&given)), given);
    }

    #[test]
    fn a_broken_escape_stays_as_it_is() {
        assert_eq!(decode("%", Plus::Blank), "%");
        assert_eq!(decode("%zz%4", Plus::Blank), "%zz%4");
        assert_eq!(decode("%ff", Plus::Blank), "\u{fffd}");
        assert_eq!(decode("a+b", Plus::Blank), "a b");
        assert_eq!(decode("a+b", Plus::Literal), "a+b");
    }
}

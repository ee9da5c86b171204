//! The value domains of the R4 primitives (FHIR R4, section 2.24.0.1), each checked by hand.

mod time;

use crate::Value;
use time::{date, date_time, instant, time};

/// A primitive type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prim {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
}

/// What JSON has values of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonKind {
    Boolean,
    Number,
    String,
}

impl JsonKind {
    /// As a sentence names one.
    pub(super) const fn says(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::String => "a string",
        }
    }

    /// Whether a value is of this kind.
    pub(super) const fn fits(self, value: &Value) -> bool {
        match self {
            Self::Boolean => matches!(value, Value::Bool(_)),
            Self::Number => matches!(value, Value::Number(_)),
            Self::String => matches!(value, Value::String(_)),
        }
    }
}

/// Why a value is not in the domain, and what is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Ends the sentence "… is not a date: ".
    pub(super) why: &'static str,
    /// How to write it.
    pub(super) fix: &'static str,
}

const fn wrong(why: &'static str, fix: &'static str) -> Wrong {
    Wrong { why, fix }
}

/// R4: a string shall not exceed 1 MB.
const MAX_STRING: usize = 1024 * 1024;

impl Prim {
    /// The primitive of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "base64Binary" => Self::Base64Binary,
            "boolean" => Self::Boolean,
            "canonical" => Self::Canonical,
            "code" => Self::Code,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "decimal" => Self::Decimal,
            "id" => Self::Id,
            "instant" => Self::Instant,
            "integer" => Self::Integer,
            "markdown" => Self::Markdown,
            "oid" => Self::Oid,
            "positiveInt" => Self::PositiveInt,
            "string" => Self::String,
            "time" => Self::Time,
            "unsignedInt" => Self::UnsignedInt,
            "uri" => Self::Uri,
            "url" => Self::Url,
            "uuid" => Self::Uuid,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }

    /// The kind of JSON value that it is written as.
    pub(super) const fn json_kind(self) -> JsonKind {
        match self {
            Self::Boolean => JsonKind::Boolean,
            Self::Decimal | Self::Integer | Self::PositiveInt | Self::UnsignedInt => {
                JsonKind::Number
            }
            Self::Base64Binary
            | Self::Canonical
            | Self::Code
            | Self::Date
            | Self::DateTime
            | Self::Id
            | Self::Instant
            | Self::Markdown
            | Self::Oid
            | Self::String
            | Self::Time
            | Self::Uri
            | Self::Url
            | Self::Uuid
            | Self::Xhtml => JsonKind::String,
        }
    }

    /// Whether a value of the right JSON kind is in the domain. A narrative is only measured here; its markup is checked by
    /// [`super::narrative`].
    pub(super) fn check(self, value: &Value) -> Result<(), Wrong> {
        match value {
            Value::String(text) => self.check_text(text),
            Value::Number(number) => self.check_number(number.as_str()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Ok(()),
        }
    }

    fn check_number(self, text: &str) -> Result<(), Wrong> {
        let (low, high, fix) = match self {
            Self::Integer => (
                i64::from(i32::MIN),
                i64::from(i32::MAX),
                "Write a whole number from -2147483648 to 2147483647.",
            ),
            Self::PositiveInt => (
                1,
                i64::from(i32::MAX),
                "Write a whole number from 1 to 2147483647.",
            ),
            Self::UnsignedInt => (
                0,
                i64::from(i32::MAX),
                "Write a whole number from 0 to 2147483647.",
            ),
            _ => return check_decimal(text),
        };
        match text.parse::<i64>() {
            Ok(n) if (low..=high).contains(&n) => Ok(()),
            Ok(_) => Err(wrong("it is out of range", fix)),
            Err(_) => Err(wrong("it is not a whole number", fix)),
        }
    }

    /// The same for a text.
    pub(super) fn check_text(self, text: &str) -> Result<(), Wrong> {
        if text.is_empty() {
            return Err(wrong(
                "it is empty",
                "Leave the element out when there is no value.",
            ));
        }
        let b = text.as_bytes();
        match self {
            Self::Base64Binary => check_base64(b),
            Self::Canonical | Self::Uri | Self::Url => check_uri(text),
            Self::Code => check_code(text),
            Self::Date => check(
                date(b).is_some_and(<[u8]>::is_empty),
                DATE,
                "it is not a calendar date of that form",
            ),
            Self::DateTime => check(
                date_time(b),
                DATE_TIME,
                "it is not a date, or a date with time and time zone",
            ),
            Self::Instant => check(
                instant(b),
                INSTANT,
                "it is not a point in time known to the second, with time zone",
            ),
            Self::Time => check(
                time(b).is_some_and(<[u8]>::is_empty),
                "Write hh:mm:ss.",
                "it is not a time of day",
            ),
            Self::Id => check(
                b.len() <= 64
                    && b.iter()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.')),
                "Use 1 to 64 letters, digits, '-' and '.'.",
                "it has other characters or is too long",
            ),
            Self::Oid => check(
                text.strip_prefix("urn:oid:").is_some_and(is_oid),
                "Write urn:oid: and digits with dots, such as urn:oid:1.2.3.",
                "it is not an OID as a URN",
            ),
            Self::Uuid => check(
                text.strip_prefix("urn:uuid:")
                    .is_some_and(|u| is_uuid(u) && !u.bytes().any(|c| c.is_ascii_uppercase())),
                "Write urn:uuid: and the UUID in lower case.",
                "it is not a UUID as a URN",
            ),
            Self::Markdown | Self::String => check_string(b),
            Self::Xhtml => check(
                b.len() <= MAX_STRING * 8,
                "Shorten it to 8 MB.",
                "it is too long",
            ),
            Self::Boolean
            | Self::Decimal
            | Self::Integer
            | Self::PositiveInt
            | Self::UnsignedInt => Ok(()),
        }
    }
}

const DATE: &str = "Write YYYY, YYYY-MM or YYYY-MM-DD.";
const DATE_TIME: &str = "Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or ±hh:mm.";
const INSTANT: &str = "Write YYYY-MM-DDThh:mm:ss with Z or ±hh:mm.";

const fn check(good: bool, fix: &'static str, why: &'static str) -> Result<(), Wrong> {
    if good { Ok(()) } else { Err(wrong(why, fix)) }
}

/// JSON's grammar is the reader's; here only what arithmetic could not hold is refused.
fn check_decimal(text: &str) -> Result<(), Wrong> {
    if text.len() <= 17 && !text.bytes().any(|c| matches!(c, b'e' | b'E')) {
        return Ok(());
    }
    check(
        text.len() <= 512 && text.parse::<f64>().is_ok_and(f64::is_finite),
        "Write a number that a double can hold.",
        "it is too large or too long",
    )
}

fn check_string(b: &[u8]) -> Result<(), Wrong> {
    if b.len() > MAX_STRING {
        return Err(wrong(
            "it is longer than 1 MB",
            "Put long content into a Binary or an Attachment.",
        ));
    }
    check(
        !b.iter()
            .any(|c| *c < 0x20 && !matches!(c, b'\t' | b'\n' | b'\r')),
        "Remove the control characters (only tab, line feed and carriage return may stay).",
        "it has control characters",
    )
}

fn check_code(text: &str) -> Result<(), Wrong> {
    let mut last_was_space = true;
    for c in text.bytes() {
        let space = matches!(c, b' ' | b'\t' | b'\n' | b'\r');
        if (space && last_was_space) || (c < 0x20 && !space) {
            last_was_space = true;
            break;
        }
        last_was_space = space;
    }
    check(
        !last_was_space,
        "Remove the white space at its ends, and double spaces.",
        "it begins or ends with white space, or has more than one space in a row",
    )
}

fn check_uri(text: &str) -> Result<(), Wrong> {
    if text.bytes().any(|c| c <= 0x20 || c == 0x7f)
        || (!text.is_ascii() && text.chars().any(char::is_whitespace))
    {
        return Err(wrong(
            "it has white space or control characters",
            "Percent-encode or remove them.",
        ));
    }
    Ok(())
}

fn is_oid(text: &str) -> bool {
    let mut parts = text.split('.');
    let first = matches!(parts.next(), Some("0" | "1" | "2"));
    let mut more = false;
    for part in parts {
        more = true;
        if part.is_empty()
            || !part.bytes().all(|c| c.is_ascii_digit())
            || (part.len() > 1 && part.starts_with('0'))
        {
            return false;
        }
    }
    first && more
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, c)| {
            if matches!(i, 8 | 13 | 18 | 23) {
                c == b'-'
            } else {
                c.is_ascii_hexdigit()
            }
        })
}

fn check_base64(b: &[u8]) -> Result<(), Wrong> {
    let mut digits = 0_usize;
    let mut padding = 0_usize;
    for c in b {
        match c {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            _ => {
                return Err(wrong(
                    "it has characters outside the base64 alphabet",
                    "Use the standard alphabet of RFC 4648, with padding.",
                ));
            }
        }
    }
    check(
        digits > 0 && padding <= 2 && (digits + padding).is_multiple_of(4),
        "Pad it with '=' to a multiple of four characters.",
        "its length is wrong",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_domain(name: &str, good: &[&str], bad: &[&str]) {
        let prim = Prim::of(name).unwrap();
        for text in good {
            assert_eq!(prim.check_text(text), Ok(()), "{name} {text:?}");
        }
        for text in bad {
            assert!(prim.check_text(text).is_err(), "{name} {text:?}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        check_domain(
            "date",
            &["2024", "2024-02", "2024-02-29", "2000-02-29", "0001-01-01"],
            &[
                "2023-02-29",
                "1900-02-29",
                "2024-13-01",
                "2024-00-01",
                "2024-04-31",
                "0000",
                "24",
                "20240101",
                "2024-1-1",
                "2024-01-01T00:00:00Z",
                "12024-01-01",
                "2024-",
                " 2024",
                "",
            ],
        );
    }

    #[test]
    fn a_time_needs_seconds_and_a_date_time_with_time_needs_a_zone() {
        check_domain(
            "time",
            &["12:00:00", "23:59:60", "01:02:03.004"],
            &[
                "12:00",
                "24:00:00",
                "12:60:00",
                "1:00:00",
                "12:00:00Z",
                "12:00:00.",
            ],
        );
        check_domain(
            "dateTime",
            &[
                "2024",
                "2024-05",
                "2024-05-06",
                "2024-05-06T07:08:09Z",
                "2024-05-06T07:08:09.123+14:00",
                "2024-05-06T23:59:60-05:00",
            ],
            &[
                "2024-05-06T07:08:09",
                "2024-05-06T07:08Z",
                "2024-05T07:08:09Z",
                "2024-05-06T07:08:09+14:01",
                "2024-05-06 07:08:09Z",
                "2024-05-06T24:00:00Z",
            ],
        );
        check_domain(
            "instant",
            &["2024-05-06T07:08:09Z"],
            &["2024-05-06", "2024", "2024-05-06T07:08:09"],
        );
    }

    #[test]
    fn identifiers_have_their_grammar() {
        check_domain(
            "id",
            &["a", "A-1.b", &"x".repeat(64)],
            &["", "a_b", "a b", "ü", &"x".repeat(65)],
        );
        check_domain(
            "oid",
            &["urn:oid:1.2.3", "urn:oid:2.16.0"],
            &["1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02"],
        );
        check_domain(
            "uuid",
            &["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
            &[
                "c757873d-ec9a-4326-a141-556f43239520",
                "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
                "urn:uuid:c757873d",
            ],
        );
        check_domain(
            "uri",
            &["http://a/b", "urn:x", "Patient/1"],
            &["", "a b", "a\u{a0}b", "a\n"],
        );
        check_domain("code", &["a", "a b"], &["", " a", "a ", "a  b", "\t"]);
    }

    #[test]
    fn text_has_no_control_characters_and_base64_is_padded() {
        check_domain("string", &["a\tb\r\n", "ü"], &["", "a\u{0}", "\u{1b}[0m"]);
        check_domain(
            "base64Binary",
            &["YQ==", "YW\nJj"],
            &["", "YQ", "YQ=", "Y=Q=", "YW-_", "===="],
        );
    }

    #[test]
    fn whole_numbers_have_their_ranges() {
        for (name, good, bad) in [
            (
                "integer",
                vec!["0", "-2147483648", "2147483647"],
                vec!["2147483648", "1.0", "1e3"],
            ),
            ("positiveInt", vec!["1"], vec!["0", "-1"]),
            ("unsignedInt", vec!["0"], vec!["-1"]),
            (
                "decimal",
                vec!["0.10", "-1e-3", "123456789012345678901234567890"],
                vec!["1e999"],
            ),
        ] {
            let prim = Prim::of(name).unwrap();
            for text in good {
                assert_eq!(prim.check_number(text), Ok(()), "{name} {text}");
            }
            for text in bad {
                assert!(prim.check_number(text).is_err(), "{name} {text}");
            }
        }
    }
}

//! Bytes spelled in characters that every protocol carries.

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Two lower-case digits for each byte.
///
/// # Examples
///
/// ```
/// assert_eq!(aceso_base::hex(&[0, 10, 255]), "000aff");
/// ```
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    bytes.iter().for_each(|byte| digits(&mut out, *byte, LOWER));
    out
}

/// All but the characters that mean nothing anywhere in an address (RFC 3986, section 2.3, "unreserved") as `%` and two
/// upper-case digits for each byte of UTF-8.
///
/// # Examples
///
/// ```
/// assert_eq!(aceso_base::percent("a-z/é?"), "a-z%2F%C3%A9%3F");
/// ```
#[must_use]
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => {
                out.push('%');
                digits(&mut out, other, UPPER);
            }
        }
    }
    out
}

fn digits(out: &mut String, byte: u8, alphabet: &[u8; 16]) {
    for nibble in [byte >> 4, byte & 15] {
        out.extend(alphabet.get(usize::from(nibble)).map(|d| char::from(*d)));
    }
}

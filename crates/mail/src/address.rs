//! Where mail goes.

use std::fmt;

/// Longest address (RFC 5321, 4.5.3.1.3, without the angle brackets), local part (4.5.3.1.1).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// An address of one mailbox: `name@example.org`. What exists can stand in an SMTP command and in a header as it is: ASCII, no
/// blanks, no quotes, nothing that ends a line (ASVS 5.0, 1.3.11).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

/// A text that is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address is of the form name@example.org, in letters, digits and the usual signs, 254 at most"
)]
pub struct AddressError;

impl Address {
    /// Reads an address. Quoted local parts, address literals and letters beyond ASCII are refused: no mailbox of a clinic needs
    /// them, and what reads them does not agree on what they mean.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError)?;
        let long = text.len() > LONGEST || local.len() > LONGEST_LOCAL;
        if long || !is_local(local) || !is_domain(domain) {
            return Err(AddressError);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`, in small letters.
    pub fn domain(&self) -> String {
        let domain = self.0.rsplit_once('@').map_or("", |(_, domain)| domain);
        domain.to_ascii_lowercase()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom mail goes to is nothing for logs.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[address at {}]", self.domain())
    }
}

/// Atoms with dots between (RFC 5321, dot-string).
fn is_local(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(sign))
}

/// At least two labels of letters, digits and hyphens; or `localhost`, where a machine keeps its own mail.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text == "localhost" || (text.contains('.') && text.split('.').all(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_a_name_at_a_domain() {
        for good in [
            "ann@clinic.example",
            "o'neil.ann+aceso@mail.clinic.example",
            "root@localhost",
        ] {
            assert_eq!(Address::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn asvs_1_3_11_what_could_end_a_line_or_name_another_mailbox_is_no_address() {
        for bad in [
            "",
            "ann",
            "@clinic.example",
            "ann@",
            "ann@clinic",
            "ann@clinic..example",
            "ann@-clinic.example",
            "a..b@clinic.example",
            "ann@clinic.example\r\nRCPT TO:<eve@evil.example>",
            "ann@clinic.example>\r\nDATA",
            "ann@clinic.example,eve@evil.example",
            "\"ann b\"@clinic.example",
            "ann@[127.0.0.1]",
            "änn@clinic.example",
            "ann <ann@clinic.example>",
        ] {
            assert_eq!(Address::parse(bad), Err(AddressError), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn asvs_1_3_11_no_address_holds_a_blank_a_bracket_or_the_end_of_a_line(text in "[a-c@. <>\r\n,;\"]{0,30}|.{0,30}@.{0,10}") {
            if let Ok(address) = Address::parse(&text) {
                let odd = |c: char| c.is_control() || c.is_whitespace() || "<>,;\"()[]:\\".contains(c);
                prop_assert!(!address.as_str().chars().any(odd));
            }
        }
    }
}

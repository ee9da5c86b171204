//! Addresses of our own.

use super::urlencoded;

/// Long enough for the requests of apps, which carry their scopes in the address.
const LONGEST: usize = 8192;

/// A path, perhaps with a query, on this very server: what a redirect may lead to. Nothing that a browser could read as
/// another server's address is one (ASVS 3.7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local(String);

impl Local {
    /// The first page.
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// Reads an address that came from outside; none for what is not plainly our own.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        // Browsers take `//host` and `/\host` for another server, and drop tabs and line ends before they look.
        let plain = text.len() <= LONGEST
            && !rest.starts_with('/')
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'"' && b != b'<' && b != b'>');
        plain.then(|| Self(text.to_owned()))
    }

    /// A path of ours with values for its query, which are escaped.
    pub fn with(path: &str, query: &[(&str, &str)]) -> Self {
        let mut text = path.to_owned();
        if !query.is_empty() {
            text.push('?');
            text.push_str(&urlencoded::write(query.iter().copied()));
        }
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address without its query.
    pub fn path(&self) -> &str {
        self.0
            .split_once('?')
            .map_or(self.0.as_str(), |(path, _)| path)
    }
}

impl std::fmt::Display for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_3_7_2_only_addresses_of_our_own_are_led_to() {
        for good in ["/", "/account", "/people/7?tab=a&x=%20", "/a//b", "/a:b@c"] {
            assert!(Local::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/ä",
            "/a b",
            " /",
            "/\u{0}",
            "/a\\b",
        ] {
            assert_eq!(Local::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Local::parse(&["/", &"a".repeat(LONGEST)].concat()), None);
    }
}

//! Package URLs, as far as comparing them needs.

use std::fmt;
use std::str::FromStr;

/// A package URL without what does not say which package it is (qualifiers but Debian's, subpath).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Purl {
    /// `cargo`, `npm`, `maven`, `deb`, `pypi`, `generic` and others, in lower case.
    pub kind: String,
    /// Maven's group, npm's scope, Debian's distribution.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
}

/// Not a package URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a package URL; write for example pkg:cargo/rustls@0.23.1")]
pub struct PurlError(String);

impl Purl {
    /// What names the package whatever its version.
    pub fn package(&self) -> String {
        let namespace = self
            .namespace
            .as_deref()
            .map(|n| format!("{n}/"))
            .unwrap_or_default();
        format!("{}/{namespace}{}", self.kind, self.name)
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        let wrong = || PurlError(text.chars().take(200).collect());
        let rest = text
            .trim()
            .strip_prefix("pkg:")
            .ok_or_else(wrong)?
            .trim_start_matches('/');
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (kind, rest) = rest.split_once('/').ok_or_else(wrong)?;
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !version.contains('/') => {
                (path, Some(decode(version)))
            }
            Some(_) | None => (rest, None),
        };
        let path = path.trim_matches('/');
        let (namespace, name) = path
            .rsplit_once('/')
            .map_or((None, path), |(n, name)| (Some(decode(n)), name));
        let kind = kind.to_ascii_lowercase();
        let mut name = decode(name);
        let mut namespace = namespace;
        if matches!(
            kind.as_str(),
            "pypi" | "deb" | "github" | "npm" | "composer"
        ) {
            name = name.to_lowercase();
            namespace = namespace.map(|n| n.to_lowercase());
        }
        if kind == "pypi" {
            name = name.replace(['_', '.'], "-");
        }
        if kind.is_empty() || name.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            kind,
            namespace,
            name,
            version: version.filter(|v| !v.is_empty()),
        })
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace.as_deref();
        let parts = namespace
            .into_iter()
            .flat_map(|n| n.split('/'))
            .chain([self.name.as_str()]);
        write!(f, "pkg:{}", self.kind)?;
        for part in parts {
            write!(f, "/{}", encode(part))?;
        }
        match &self.version {
            Some(version) => write!(f, "@{}", encode(version)),
            None => Ok(()),
        }
    }
}

/// What a text with `%41` in it says.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        match (first, hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text as a part of a URL.
pub(crate) fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:".contains(&b);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, package: &str, version: Option<&str>, canonical: &str) {
        let purl: Purl = text.parse().unwrap();
        assert_eq!(
            (purl.package().as_str(), purl.version.as_deref()),
            (package, version),
            "{text}"
        );
        assert_eq!(purl.to_string(), canonical);
    }

    #[test]
    fn package_urls_are_compared_by_what_they_name() {
        check(
            "pkg:cargo/rustls@0.23.1",
            "cargo/rustls",
            Some("0.23.1"),
            "pkg:cargo/rustls@0.23.1",
        );
        check(
            "pkg:npm/%40angular/core@12.0.0",
            "npm/@angular/core",
            Some("12.0.0"),
            "pkg:npm/%40angular/core@12.0.0",
        );
        check(
            "pkg:maven/org.openmrs.api/openmrs-api@2.7.8?type=jar",
            "maven/org.openmrs.api/openmrs-api",
            Some("2.7.8"),
            "pkg:maven/org.openmrs.api/openmrs-api@2.7.8",
        );
        check(
            "pkg:PyPI/Django_x",
            "pypi/django-x",
            None,
            "pkg:pypi/django-x",
        );
        check(
            "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5",
            "deb/debian/curl",
            Some("7.88.1-10+deb12u5"),
            "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5",
        );
    }

    #[test]
    fn what_is_not_one_is_refused() {
        for text in [
            "",
            "pkg:",
            "pkg:cargo",
            "pkg:cargo/",
            "cargo/rustls",
            "pkg:/x",
        ] {
            assert!(text.parse::<Purl>().is_err(), "{text}");
        }
    }
}

//! Versions: how each ecosystem orders them, and ranges of them, also as people write those.

mod debian;
mod maven;
mod natural;
mod pypi;
mod range;
mod read;
mod semver;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

pub use range::{Bound, Edge, Interval, Range};
pub use read::{Doubt, ReadRange, read};

/// How versions are ordered.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Semantic Versioning 2.0.0: npm, crates.io, Go and others.
    Semver,
    /// Maven's `ComparableVersion`.
    Maven,
    /// Debian policy, section 5.6.12.
    Debian,
    /// PEP 440.
    Pypi,
    /// Anything else: runs of digits as numbers, the rest as text.
    #[default]
    Natural,
}

impl Scheme {
    /// Of a purl's type.
    pub fn of_purl(kind: &str) -> Self {
        match kind {
            "cargo" | "npm" | "golang" | "nuget" | "composer" | "hex" | "pub" | "swift"
            | "github" => Self::Semver,
            "maven" => Self::Maven,
            "deb" => Self::Debian,
            "pypi" => Self::Pypi,
            _ => Self::Natural,
        }
    }

    /// Of an OSV ecosystem.
    pub fn of_ecosystem(name: &str) -> Self {
        match name.split(':').next().unwrap_or(name) {
            "crates.io" | "npm" | "Go" | "NuGet" | "Packagist" | "Hex" | "Pub" | "SwiftURL" => {
                Self::Semver
            }
            "Maven" => Self::Maven,
            "Debian" | "Ubuntu" => Self::Debian,
            "PyPI" => Self::Pypi,
            _ => Self::Natural,
        }
    }

    /// Of a CVE record's `versionType`, or of the first part of a `vers:` range.
    pub fn of_type(name: &str) -> Self {
        match name {
            "semver" | "npm" | "cargo" | "golang" | "nuget" => Self::Semver,
            "maven" => Self::Maven,
            "deb" | "dpkg" => Self::Debian,
            "python" | "pypi" => Self::Pypi,
            _ => Self::Natural,
        }
    }

    /// As a CVE record's `versionType` says it.
    pub const fn version_type(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::Maven => "maven",
            Self::Debian => "deb",
            Self::Pypi => "python",
            Self::Natural => "custom",
        }
    }

    /// Which of two versions comes first. A version that the scheme does not know is compared naturally.
    pub fn compare(self, left: &str, right: &str) -> Ordering {
        let (left, right) = (left.trim(), right.trim());
        if left == right {
            return Ordering::Equal;
        }
        let known = match self {
            Self::Semver => semver::compare(left, right),
            Self::Pypi => pypi::compare(left, right),
            Self::Maven => Some(maven::compare(left, right)),
            Self::Debian => Some(debian::compare(left, right)),
            Self::Natural => semver::compare(left, right),
        };
        known.unwrap_or_else(|| natural::compare(left, right))
    }
}

/// Numbers of any length, written in digits.
fn numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each is before the next.
    fn check(scheme: Scheme, ascending: &[&str]) {
        for (at, left) in ascending.iter().enumerate() {
            for (to, right) in ascending.iter().enumerate() {
                assert_eq!(
                    scheme.compare(left, right),
                    at.cmp(&to),
                    "{scheme:?}: {left} and {right}"
                );
            }
        }
    }

    fn check_same(scheme: Scheme, left: &str, right: &str) {
        assert_eq!(
            scheme.compare(left, right),
            Ordering::Equal,
            "{scheme:?}: {left} and {right}"
        );
    }

    #[test]
    fn each_ecosystem_orders_versions_as_its_own_tools_do() {
        check(
            Scheme::Semver,
            &[
                "0.9.0",
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "1.0.1",
                "1.10.0",
            ],
        );
        check(
            Scheme::Debian,
            &[
                "1.0~beta1~svn1245",
                "1.0~beta1",
                "1.0",
                "1.0-1",
                "1.0-1ubuntu1",
                "1.0-1+b1",
                "1.0-2",
                "1.0+dfsg-1",
                "1.2",
                "1:0.4",
            ],
        );
        check(
            Scheme::Pypi,
            &[
                "1.0.dev456",
                "1.0a1",
                "1.0a2.dev456",
                "1.0a12",
                "1.0b1",
                "1.0b2.post345.dev456",
                "1.0b2.post345",
                "1.0rc1",
                "1.0",
                "1.0+abc.5",
                "1.0+abc.7",
                "1.0+5",
                "1.0.post456.dev34",
                "1.0.post456",
                "1.1.dev1",
                "1!0.1",
            ],
        );
        check(
            Scheme::Maven,
            &[
                "1-alpha-1",
                "1-alpha-2",
                "1-beta",
                "1-milestone",
                "1-rc",
                "1-SNAPSHOT",
                "1",
                "1-sp",
                "1-xyz",
                "1-1",
                "1.1",
                "1.1.2",
                "1.2",
                "1.10",
                "2.0",
            ],
        );
        check(
            Scheme::Natural,
            &[
                "3.5.12.P9",
                "3.5.12.P30",
                "3.6",
                "12.2.8.410",
                "12.2.8.1000",
            ],
        );
    }

    #[test]
    fn what_is_written_differently_may_be_the_same_version() {
        check_same(Scheme::Semver, "v1.2.3", "1.2.3+build.5");
        check_same(Scheme::Semver, "1.2", "1.2.0");
        check_same(Scheme::Pypi, "1.0-1", "1.0.post1");
        check_same(Scheme::Pypi, "1.0.0c1", "1.0RC1");
        check_same(Scheme::Maven, "1.0.0-ga", "1");
        check_same(Scheme::Maven, "1-a1", "1-alpha-1");
        check_same(Scheme::Debian, "0:1.00-0", "1.0-0");
        check_same(
            Scheme::Semver,
            "99999999999999999999.0.0",
            "099999999999999999999.0.0",
        );
    }
}

//! `release.json`: the signed statement which files make up the newest release.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

/// Its name among the targets.
pub(crate) const NAME: &str = "release.json";

/// The platform that this program was built for, as releases name it.
pub const fn platform() -> &'static str {
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        "x86_64-linux"
    } else if cfg!(all(target_arch = "aarch64", target_os = "linux")) {
        "aarch64-linux"
    } else {
        "other"
    }
}

/// How far the schemas of the two databases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Of the record.
    pub record: u32,
    /// Of the audit log.
    pub audit: u32,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Which.
    pub version: Version,
    /// No release below this is to run any more: what was mended since was severe.
    pub lowest: Version,
    /// Whether it mends something that must not wait for the quiet hours.
    pub critical: bool,
    /// What its databases look like.
    pub schema: Schema,
    /// The program's file for each platform.
    pub programs: BTreeMap<String, String>,
    /// Its bill of materials (CycloneDX).
    pub sbom: String,
    /// Advisories about the program and what it is made of (OSV).
    pub advisories: String,
    /// Which of them concern it (OpenVEX).
    pub vex: String,
    /// What is new, for people.
    pub notes: String,
}

/// Why a release's statement is none.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It cannot be read.
    #[error("{0}")]
    Form(String),
    /// A file's name leads elsewhere.
    #[error("{0} is no plain name of a file")]
    Name(String),
    /// It contradicts itself.
    #[error("version {0} is below {1}, the lowest that may run")]
    BelowItself(Version, Version),
    /// Nothing for this platform.
    #[error("the release has no program for {0}")]
    Platform(&'static str),
}

impl Release {
    /// Reads it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReleaseError> {
        let read: Self =
            serde_json::from_slice(bytes).map_err(|error| ReleaseError::Form(error.to_string()))?;
        if let Some(wrong) = read.files().find(|name| !is_plain(name)) {
            return Err(ReleaseError::Name(wrong.to_owned()));
        }
        if read.version < read.lowest {
            return Err(ReleaseError::BelowItself(read.version, read.lowest));
        }
        Ok(read)
    }

    /// All files that it names.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let beside = [&self.sbom, &self.advisories, &self.vex];
        (self.programs.values().chain(beside)).map(String::as_str)
    }

    /// The program's file for this machine.
    pub fn program(&self) -> Result<&str, ReleaseError> {
        let file = self.programs.get(platform()).map(String::as_str);
        file.ok_or(ReleaseError::Platform(platform()))
    }
}

fn is_plain(name: &str) -> bool {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !name.is_empty() && !name.starts_with('.') && name.len() <= 100 && name.bytes().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(change: &str, to: &str) -> Result<Release, ReleaseError> {
        let text = r#"{"version":"1.2.0","lowest":"1.0.0","critical":false,"schema":{"record":3,"audit":2},
            "programs":{"x86_64-linux":"aceso-1.2.0"},"sbom":"s.json","advisories":"a.json","vex":"v.json","notes":""}"#;
        Release::parse(text.replace(change, to).as_bytes())
    }

    #[track_caller]
    fn check(change: &str, to: &str, why: &str) {
        let error = release(change, to).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_statement_that_leads_elsewhere_or_contradicts_itself_is_none() {
        assert_eq!(release("", "").unwrap().version, Version::new(1, 2, 0));
        check("s.json", "../s.json", "no plain name");
        check("aceso-1.2.0", "/etc/passwd", "no plain name");
        check("aceso-1.2.0", ".", "no plain name");
        check("\"1.0.0\"", "\"1.3.0\"", "below 1.3.0");
        check("\"1.2.0\"", "\"new\"", "unexpected character");
        check("\"critical\":false,", "", "critical");
    }
}

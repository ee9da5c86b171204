//! What an installation says of itself to the makers' desk, by its clinic's choice: nothing, counters without a name, or its
//! standing under its name and signature. Nothing in it is about a patient.

use serde::{Deserialize, Serialize};

use crate::When;

/// The most bytes of a statement or of counters.
pub const LONGEST_STATEMENT: usize = 64 * 1024;
/// The most advisories that one of them speaks of.
pub const MOST_STANDINGS: usize = 500;
const LONGEST_TEXT: usize = 200;
const MOST_FAILED: usize = 20;

/// What leaves an installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    #[default]
    Nothing,
    /// How it stands to each advisory, without who it is.
    Counters,
    /// The same under its name and signature, with its receipts.
    Named,
}

/// How an installation stands to an advisory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Affected, and nothing is done yet.
    Affected,
    /// Somebody must look.
    Investigating,
    /// Affected; somebody did something about it.
    Mitigated,
    /// Affected; two people accepted it until a day.
    Accepted,
    /// The fix is in.
    Patched,
    /// It was never affected.
    NotAffected,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Affected,
        Self::Investigating,
        Self::Mitigated,
        Self::Accepted,
        Self::Patched,
        Self::NotAffected,
    ];

    /// Its word.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Investigating => "investigating",
            Self::Mitigated => "mitigated",
            Self::Accepted => "accepted",
            Self::Patched => "patched",
            Self::NotAffected => "not-affected",
        }
    }

    /// Whether nothing is left to do there.
    pub const fn is_done(self) -> bool {
        match self {
            Self::Patched | Self::NotAffected => true,
            Self::Affected | Self::Investigating | Self::Mitigated | Self::Accepted => false,
        }
    }
}

/// How it stands to one advisory, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingSaid {
    /// The advisory.
    pub advisory: String,
    /// How.
    pub standing: Standing,
    /// Since when.
    pub since: When,
}

/// What a release said when it was tried after the update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    /// Whether all went well.
    pub passed: bool,
    /// What was tried.
    pub said: String,
}

/// The proof of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The release before; none at the first receipt.
    pub before: Option<String>,
    /// The release that runs now.
    pub version: String,
    /// SHA-256 of its bill of materials, in hexadecimal.
    pub sbom: String,
    /// When it was looked at.
    pub at: When,
    /// What the self-test said.
    pub self_test: SelfTest,
    /// The advisories that this settled.
    pub settled: Vec<String>,
}

/// What an installation says under its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The name that the clinic chose for it.
    pub name: String,
    /// Whom to call, as the clinic chose it.
    pub contact: String,
    /// When it was made: a desk takes no older one after it.
    pub at: When,
    /// The release that runs.
    pub version: String,
    /// SHA-256 of its bill of materials.
    pub sbom: String,
    /// How it stands.
    pub standings: Vec<StandingSaid>,
    /// Releases that were tried and taken back.
    pub failed: Vec<String>,
    /// The last receipt, signed by itself when it was made.
    pub receipt: Option<Signed>,
}

/// A text with who signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The Ed25519 public key, in base64url without padding.
    pub key: String,
    /// What was signed.
    pub text: String,
    /// A detached JSON Web Signature of it (RFC 7515, appendix F).
    pub signature: String,
}

/// What an installation says without its name: each advisory has a random number of its own, so that a later answer takes the
/// place of an earlier one, and two advisories cannot be told to be of one installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// One for each advisory.
    pub standings: Vec<Anonymous>,
}

/// How somebody stands to an advisory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anonymous {
    /// The advisory.
    pub advisory: String,
    /// 32 random bytes in base64url.
    pub token: String,
    /// How.
    pub standing: Standing,
    /// The release that runs.
    pub version: String,
}

/// What a desk does not take.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// Another form.
    #[error("the statement cannot be read")]
    Json(#[from] serde_json::Error),
    /// Too much, or a text that is empty or too long.
    #[error("{0}")]
    Bounds(&'static str),
}

impl Statement {
    /// Reads and bounds it.
    pub fn read(text: &str) -> Result<Self, StatementError> {
        let read: Self = parsed(text)?;
        let short = [&read.name, &read.version, &read.sbom];
        if !short.into_iter().all(|t| is_text(t)) || read.contact.len() > LONGEST_TEXT {
            return wrong("name, version and digest say something, in 200 bytes at most");
        }
        let named = read.standings.iter().all(|s| is_text(&s.advisory));
        if !named || read.standings.len() > MOST_STANDINGS {
            return wrong("at most 500 advisories, each by its number");
        }
        if read.failed.len() > MOST_FAILED || !read.failed.iter().all(|t| is_text(t)) {
            return wrong("at most 20 releases that failed");
        }
        Ok(read)
    }
}

impl Receipt {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, StatementError> {
        parsed(text)
    }
}

impl Counters {
    /// Reads and bounds them.
    pub fn read(text: &str) -> Result<Self, StatementError> {
        let read: Self = parsed(text)?;
        let fine = |one: &Anonymous| is_text(&one.advisory) && is_text(&one.version);
        if read.standings.len() > MOST_STANDINGS || !read.standings.iter().all(fine) {
            return wrong("at most 500 advisories, each by its number and the release that runs");
        }
        Ok(read)
    }
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StatementError> {
    if text.len() > LONGEST_STATEMENT {
        return wrong("it has at most 64 KiB");
    }
    Ok(serde_json::from_str(text)?)
}

fn wrong<T>(why: &'static str) -> Result<T, StatementError> {
    Err(StatementError::Bounds(why))
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            name: "Harbour Clinic".into(),
            contact: "it@harbour.example".into(),
            at: When::from_millis(1_795_000_000_000),
            version: "0.9.4".into(),
            sbom: "ab".repeat(32),
            standings: vec![StandingSaid {
                advisory: "ACESO-2026-0001".into(),
                standing: Standing::Patched,
                since: When::from_millis(1_795_000_000_000),
            }],
            failed: Vec::new(),
            receipt: None,
        }
    }

    #[test]
    fn a_statement_is_read_as_it_was_written_and_bounded() {
        let one = statement();
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(Statement::read(&text).unwrap(), one);
        let check = |change: fn(&mut Statement)| {
            let mut wrong = statement();
            change(&mut wrong);
            let text = serde_json::to_string(&wrong).unwrap();
            assert!(Statement::read(&text).is_err(), "{text:.200}");
        };
        check(|s| s.name = String::new());
        check(|s| s.name = "a\nb".into());
        check(|s| s.version = "9".repeat(201));
        check(|s| s.standings = vec![s.standings[0].clone(); MOST_STANDINGS + 1]);
        check(|s| s.failed = vec!["0.9.3".into(); 21]);
        assert!(Statement::read(&text.replace("\"name\"", "\"patient\"")).is_err());
    }

    #[test]
    fn every_standing_is_written_as_its_word() {
        for one in Standing::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.key());
        }
    }
}

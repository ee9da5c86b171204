//! User names, folded so that two names that look the same are the same.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// A user name as it is compared: NFKC, lower case, 2 to 64 letters, digits and `. _ - @` (after RFC 8265,
/// `UsernameCaseMapped`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(String);

/// A text that is no user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Too short or too long.
    #[error("a user name has 2 to 64 characters")]
    Length,
    /// A character that does not belong.
    #[error("a user name has letters, digits and . _ - @ only")]
    Character,
}

impl UserName {
    /// Folds and checks a name as it was typed.
    pub fn parse(typed: &str) -> Result<Self, NameError> {
        // A bound before the work: folding makes at most some times as many characters.
        if typed.len() > 1024 {
            return Err(NameError::Length);
        }
        let folded: String = typed.trim().nfkc().collect::<String>().to_lowercase();
        let folded: String = folded.nfkc().collect();
        if !(2..=64).contains(&folded.chars().count()) {
            return Err(NameError::Length);
        }
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
        if !folded.chars().all(fine) {
            return Err(NameError::Character);
        }
        Ok(Self(folded))
    }

    /// As kept.
    pub(crate) const fn kept(text: String) -> Self {
        Self(text)
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_same(a: &str, b: &str) {
        assert_eq!(UserName::parse(a).unwrap(), UserName::parse(b).unwrap());
    }

    #[test]
    fn names_that_look_the_same_are_the_same() {
        check_same("Ana.Lima", "ana.lima");
        check_same("\u{ff41}na", "ana");
        check_same("JOSE\u{301}", "jos\u{e9}");
        check_same("  ana ", "ana");
    }

    #[test]
    fn a_folded_name_folds_to_itself() {
        for name in [
            "Ana",
            "STRASSE",
            "\u{130}stanbul",
            "\u{1e9e}eta",
            "\u{3a3}\u{3a3}",
        ] {
            if let Ok(folded) = UserName::parse(name) {
                assert_eq!(UserName::parse(folded.as_str()), Ok(folded));
            }
        }
    }

    #[test]
    fn a_name_holds_nothing_that_could_mean_something_else() {
        for bad in [
            "a b",
            "a/b",
            "a\u{202e}b",
            "a\nb",
            "a<b",
            "a\u{200d}b",
            "a,b",
        ] {
            assert_eq!(UserName::parse(bad), Err(NameError::Character), "{bad:?}");
        }
        assert_eq!(UserName::parse("a"), Err(NameError::Length));
        assert_eq!(UserName::parse(&"a".repeat(65)), Err(NameError::Length));
    }
}

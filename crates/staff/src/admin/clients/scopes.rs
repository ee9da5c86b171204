//! Scopes (SMART App Launch 2.2) in plain words.

use aceso_policy::{Context, Scope, Scopes};

use crate::admin::roles::verb;
use crate::words::{known, say};

/// Reads scopes as an administrator typed them; what a word is, each in a sentence. The first wrong one is told.
pub(crate) fn read(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split_whitespace()
        .map(|word| Ok((word.to_owned(), one(word)?)))
        .collect()
}

fn one(word: &str) -> Result<String, String> {
    if let Some(plain) = plain(word) {
        return Ok(known(plain));
    }
    let scopes = Scopes::parse(word).map_err(|error| maud::recalled(&error.to_string()))?;
    let scope = scopes
        .iter()
        .next()
        .ok_or_else(|| say("“{0}” is no scope", &[&word]))?;
    Ok(sentence(scope))
}

fn plain(word: &str) -> Option<&'static str> {
    Some(match word {
        "openid" => "Learns who signs in.",
        "fhirUser" => "Learns who the person is in the record.",
        "profile" => "Learns the person's name.",
        "launch" => "Is opened from within a chart and learns which patient it is about.",
        "launch/patient" => "Asks which patient it is about when it is opened by itself.",
        "launch/encounter" => "Asks which visit it is about when it is opened by itself.",
        "offline_access" => "Goes on when the person has left, until they take it back.",
        "online_access" => "Goes on while the person is signed in.",
        _ => return None,
    })
}

fn sentence(scope: &Scope) -> String {
    let verbs = scope.actions.iter().map(|action| known(verb(*action)));
    let verbs = verbs.collect::<Vec<_>>().join(", ");
    let kind = match &scope.kind {
        Some(kind) => kind.clone(),
        None => known("everything"),
    };
    let whose = match scope.context {
        Context::Patient => "of the one patient it is opened for",
        Context::User => "as far as the person who uses it may",
        Context::System => "of every patient, without anybody signed in",
    };
    let whose = known(whose);
    let text = match &scope.arguments {
        None => say("{0}: {1}; {2}.", &[&kind, &verbs, &whose]),
        Some(only) => say(
            "{0}: {1}; {2}, only where {3}.",
            &[&kind, &verbs, &whose, only],
        ),
    };
    crate::words::sentence(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_told_in_plain_words() {
        let check = |word: &str, expected: &str| assert_eq!(one(word).unwrap(), expected);
        check(
            "patient/Observation.rs",
            "Observation: read, search; of the one patient it is opened for.",
        );
        check(
            "system/*.cruds",
            "Everything: add, read, change, delete, search; of every patient, without anybody signed in.",
        );
        check(
            "user/Observation.rs?category=laboratory",
            "Observation: read, search; as far as the person who uses it may, only where category=laboratory.",
        );
        check("openid", "Learns who signs in.");
        assert!(one("everything").is_err());
    }
}

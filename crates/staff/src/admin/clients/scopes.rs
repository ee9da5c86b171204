//! Scopes (SMART App Launch 2.2) in plain words.

use aceso_policy::{Action, Context, Scope, Scopes};

/// Reads scopes as an administrator typed them; what a word is, each in a sentence. The first wrong one is told.
pub(crate) fn read(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split_whitespace()
        .map(|word| Ok((word.to_owned(), one(word)?)))
        .collect()
}

fn one(word: &str) -> Result<String, String> {
    if let Some(known) = plain(word) {
        return Ok(known.to_owned());
    }
    let scopes = Scopes::parse(word).map_err(|error| error.to_string())?;
    let scope = scopes
        .iter()
        .next()
        .ok_or_else(|| format!("\"{word}\" is no scope"))?;
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
    let verb = |action: &Action| match action {
        Action::Create => "creates",
        Action::Read => "reads",
        Action::Update => "changes",
        Action::Delete => "deletes",
        Action::Search => "searches",
    };
    let verbs: Vec<&str> = scope.actions.iter().map(verb).collect();
    let verbs = match verbs.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => [&rest.join(", "), " and ", last].concat(),
        None => "does nothing with".to_owned(),
    };
    let kind = scope.kind.as_deref().unwrap_or("everything");
    let whose = match scope.context {
        Context::Patient => "of the one patient it is opened for",
        Context::User => "as far as the person who uses it may",
        Context::System => "of every patient, without anybody signed in",
    };
    let only = scope
        .arguments
        .as_ref()
        .map(|a| format!(", only where {a}"))
        .unwrap_or_default();
    let text = format!("{verbs} {kind} {whose}{only}.");
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
            "Reads and searches Observation of the one patient it is opened for.",
        );
        check(
            "system/*.cruds",
            "Creates, reads, changes, deletes and searches everything of every patient, without anybody signed in.",
        );
        check(
            "user/Observation.rs?category=laboratory",
            "Reads and searches Observation as far as the person who uses it may, only where category=laboratory.",
        );
        check("openid", "Learns who signs in.");
        assert!(one("everything").is_err());
    }
}

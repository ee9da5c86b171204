//! Policies as text: cut into single policies, each with its id, its first line of comment and its place.

use std::collections::HashMap;

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

/// One policy's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// The line that it begins on, its comment aside, from 1.
    pub(crate) line: usize,
    /// The comment's lines above it as one text.
    pub(crate) says: String,
    /// Its text without the comment.
    pub(crate) text: &'a str,
}

/// What is wrong, and on which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// A policy with what people need to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) policy: Policy,
    pub(crate) says: String,
    pub(crate) line: usize,
}

/// Reads every policy of a text. A policy's id is its `@id` annotation, or the prefix with its number.
pub(crate) fn read(text: &str, prefix: &str) -> Result<Vec<Known>, Wrong> {
    let mut found = Vec::new();
    for piece in cut(text) {
        let number = found.len() + 1;
        let policy = Policy::parse(None, piece.text).map_err(|error| {
            let offset = error
                .labels()
                .and_then(|mut l| l.next())
                .map_or(0, |l| l.offset());
            let before = piece.text.get(..offset).unwrap_or_default();
            let line = piece.line + before.matches('\n').count();
            let help = error.help().map(|h| format!(" ({h})")).unwrap_or_default();
            Wrong {
                line,
                what: format!("{error}{help}"),
            }
        })?;
        let id = match policy.annotation("id") {
            Some(id) => id.to_owned(),
            None => format!("{prefix}-{number}"),
        };
        found.push(Known {
            policy: policy.new_id(PolicyId::new(id)),
            says: piece.says,
            line: piece.line,
        });
    }
    Ok(found)
}

/// Checks policies against the schema; what is wrong is told with the policy's line.
pub(crate) fn validate(schema: &Schema, known: &[Known]) -> Result<(), Wrong> {
    let mut set = PolicySet::new();
    let mut lines = HashMap::new();
    for one in known {
        lines.insert(one.policy.id().clone(), one.line);
        set.add(one.policy.clone()).map_err(|error| Wrong {
            line: one.line,
            what: error.to_string(),
        })?;
    }
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let first = result
        .validation_errors()
        .map(|e| (e.policy_id().clone(), e.to_string()))
        .chain(
            result
                .validation_warnings()
                .map(|w| (w.policy_id().clone(), w.to_string())),
        )
        .next();
    match first {
        None => Ok(()),
        Some((id, what)) => Err(Wrong {
            line: lines.get(&id).copied().unwrap_or(1),
            what,
        }),
    }
}

/// Cuts a text at the semicolons that end policies: those outside of strings and comments.
fn cut(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut state = In::Code;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match (state, c) {
            (In::Code, '"') => state = In::Text,
            (In::Code, '/') if previous == '/' => state = In::Comment,
            (In::Code, ';') => {
                pieces.extend(piece(text, from, at + 1));
                from = at + 1;
            }
            (In::Text, '\\') if previous == '\\' => {
                previous = ' ';
                continue;
            }
            (In::Text, '"') if previous != '\\' => state = In::Code,
            (In::Comment, '\n') => state = In::Code,
            (In::Code | In::Text | In::Comment, _) => {}
        }
        previous = c;
    }
    pieces.extend(piece(text, from, text.len()));
    pieces
}

#[derive(Clone, Copy)]
enum In {
    Code,
    Text,
    Comment,
}

/// The policy between two places; none when there is only blank and comment.
fn piece(text: &str, from: usize, to: usize) -> Option<Piece<'_>> {
    let mut at = from;
    let mut says: Vec<&str> = Vec::new();
    for line in text.get(from..to)?.split_inclusive('\n') {
        let bare = line.trim();
        if bare.is_empty() {
            says.clear();
        } else if let Some(comment) = bare.strip_prefix("//") {
            says.push(comment.trim());
        } else {
            let lead = line.len() - line.trim_start().len();
            let begin = at + lead;
            return Some(Piece {
                line: text.get(..begin)?.matches('\n').count() + 1,
                says: says.join(" "),
                text: text.get(begin..to)?,
            });
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_ends_of_policies() {
        let text = "// head; line\n\n// One.\n// More.\npermit (principal, action, resource)\n  when { \"a;\\\"b\" == \"//\" }; // end;\n\nforbid (principal, action, resource);\n// tail\n";
        let pieces = cut(text);
        let told: Vec<_> = pieces.iter().map(|p| (p.line, p.says.as_str())).collect();
        assert_eq!(told, [(5, "One. More."), (8, "")]);
        assert!(pieces[1].text.starts_with("forbid"));
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let wrong = read(
            "// x\npermit (principal, action, resource)\nwhen { 1 ++ 2 };",
            "r",
        );
        assert_eq!(wrong.unwrap_err().line, 3);
    }
}

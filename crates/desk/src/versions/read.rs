//! Reads ranges as people write them. What cannot be read is said, never guessed in silence.

use serde::{Deserialize, Serialize};

use super::Scheme;
use super::range::{Bound, Edge, Interval, Range};

/// Why a range is not as clear as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It says nothing.
    #[error("{0:?} names no version; write for example >= 2.8.0, < 2.8.6")]
    Nothing(String),
    /// Words beside the versions.
    #[error("{0:?} has words that a machine cannot use; it was taken for one exact version")]
    Words(String),
    /// A wildcard for a part.
    #[error("{0:?} was taken for every version that begins so")]
    Wildcard(String),
    /// Two bounds without a comma.
    #[error("{0:?} has two bounds without a comma; they were taken to hold both")]
    NoComma(String),
    /// Prose.
    #[error("{0:?} says its range in words; it was read as {1}")]
    Prose(String, String),
    /// The ends are the wrong way round.
    #[error("{0:?} contains no version: its lower end is above its upper end")]
    Backwards(String),
}

/// A range with what was doubtful in reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRange {
    /// The range; none when nothing could be read.
    pub range: Option<Range>,
    /// What was doubtful.
    pub doubts: Vec<Doubt>,
}

/// Reads a range: comparisons (`>= 2.7.0 < 2.7.9`), alternatives (`4.20 | 4.30`, `||`), `vers:` ranges, wildcards (`9.x`, `*`) and
/// the usual prose (`1.2 and earlier`, `prior to 3.6.7`).
pub fn read(text: &str, scheme: Scheme) -> ReadRange {
    let text = text.trim();
    let (scheme, body, vers) = match text.strip_prefix("vers:").and_then(|t| t.split_once('/')) {
        Some((kind, body)) => (Scheme::of_type(kind), body, Vers::Yes),
        None => (scheme, text, Vers::No),
    };
    let mut doubts = Vec::new();
    let mut intervals = Vec::new();
    if vers == Vers::Yes && body.contains(['<', '>']) {
        intervals = sequence(body);
    } else {
        for part in body.split('|').map(str::trim).filter(|p| !p.is_empty()) {
            intervals.extend(alternative(part, &mut doubts));
        }
    }
    if intervals.is_empty() && doubts.is_empty() {
        doubts.push(Doubt::Nothing(text.to_owned()));
    }
    let range = Range { scheme, intervals };
    for interval in range.backwards() {
        doubts.push(Doubt::Backwards(interval.to_string()));
    }
    let range = (!range.intervals.is_empty()).then_some(range);
    ReadRange { range, doubts }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Vers {
    Yes,
    No,
}

/// The comparators of a `vers:` range: a lower one and the upper one after it are one interval.
fn sequence(body: &str) -> Vec<Interval> {
    let mut found: Vec<Interval> = Vec::new();
    for part in body.split('|').filter(|p| !p.is_empty()) {
        match comparison(part) {
            Some((End::From, bound)) => found.push(Interval {
                from: Some(bound),
                to: None,
            }),
            Some((End::To, bound)) => match found
                .last_mut()
                .filter(|i| i.from.is_some() && i.to.is_none())
            {
                Some(open) => open.to = Some(bound),
                None => found.push(Interval {
                    from: None,
                    to: Some(bound),
                }),
            },
            None => found.push(Interval::exact(part.trim_start_matches('='))),
        }
    }
    found
}

enum End {
    From,
    To,
}

fn comparison(text: &str) -> Option<(End, Bound)> {
    let text = text.trim();
    let table = [
        (">=", End::From, Edge::Within),
        ("≥", End::From, Edge::Within),
        ("<=", End::To, Edge::Within),
        ("≤", End::To, Edge::Within),
        (">", End::From, Edge::Outside),
        ("<", End::To, Edge::Outside),
    ];
    table.into_iter().find_map(|(sign, end, edge)| {
        let version = text.strip_prefix(sign)?.trim();
        let bound = Bound {
            version: bare(version).to_owned(),
            edge,
        };
        is_version(&bound.version).then_some((end, bound))
    })
}

fn alternative(text: &str, doubts: &mut Vec<Doubt>) -> Option<Interval> {
    let lower = text.to_lowercase();
    let all = ["*", "all", "all versions", "any", "x"];
    if all.contains(&lower.as_str()) {
        return Some(Interval::default());
    }
    if ["n/a", "unspecified", "unknown", "-", "none"].contains(&lower.as_str()) {
        doubts.push(Doubt::Nothing(text.to_owned()));
        return None;
    }
    if text.contains(['<', '>', '≤', '≥']) {
        return bounds(text, doubts);
    }
    if let Some(interval) = prose(&lower) {
        doubts.push(Doubt::Prose(text.to_owned(), interval.to_string()));
        return Some(interval);
    }
    let version = bare(text.trim_start_matches('='));
    if let Some(front) = version
        .strip_suffix(".x")
        .or_else(|| version.strip_suffix(".*"))
        && let Some(next) = successor(front)
    {
        doubts.push(Doubt::Wildcard(text.to_owned()));
        let from = Some(Bound {
            version: front.to_owned(),
            edge: Edge::Within,
        });
        return Some(Interval {
            from,
            to: Some(Bound {
                version: next,
                edge: Edge::Outside,
            }),
        });
    }
    if !is_version(version) {
        doubts.push(Doubt::Words(text.to_owned()));
    }
    Some(Interval::exact(version))
}

/// One or two comparisons.
fn bounds(text: &str, doubts: &mut Vec<Doubt>) -> Option<Interval> {
    let mut parts: Vec<String> = Vec::new();
    for c in text.chars() {
        let opens = matches!(c, '<' | '>' | '≤' | '≥');
        match parts.last_mut() {
            Some(last) if !opens => last.push(c),
            Some(_) | None => parts.push(c.to_string()),
        }
    }
    let mut interval = Interval::default();
    let mut rest = parts.len();
    for part in &parts {
        let comma = part.trim_end().ends_with(',');
        rest -= 1;
        match comparison(part.trim().trim_end_matches(',')) {
            Some((End::From, bound)) if interval.from.is_none() => interval.from = Some(bound),
            Some((End::To, bound)) if interval.to.is_none() => interval.to = Some(bound),
            Some(_) | None => {
                doubts.push(Doubt::Nothing(text.to_owned()));
                return None;
            }
        }
        if rest > 0 && !comma {
            doubts.push(Doubt::NoComma(text.to_owned()));
        }
    }
    Some(interval)
}

/// `1.2 and earlier`, `prior to 1.2`, `1.2 through 1.4`, `2.0 and later`.
fn prose(lower: &str) -> Option<Interval> {
    let text = lower
        .trim_start_matches("all ")
        .trim_start_matches("versions ")
        .trim_start_matches("version ");
    let one = |version: &str, edge| {
        let version = bare(version.trim());
        is_version(version).then(|| Bound {
            version: version.to_owned(),
            edge,
        })
    };
    for front in [
        "prior to ",
        "before ",
        "earlier than ",
        "up to but not including ",
    ] {
        if let Some(version) = text.strip_prefix(front) {
            return Some(Interval {
                from: None,
                to: Some(one(version, Edge::Outside)?),
            });
        }
    }
    if let Some(version) = text
        .strip_prefix("up to ")
        .or_else(|| text.strip_prefix("through "))
    {
        return Some(Interval {
            from: None,
            to: Some(one(version, Edge::Within)?),
        });
    }
    for end in [
        " and prior",
        " and earlier",
        " and below",
        " and older",
        " or earlier",
        " or prior",
    ] {
        if let Some(version) = text.strip_suffix(end) {
            return Some(Interval {
                from: None,
                to: Some(one(version, Edge::Within)?),
            });
        }
    }
    for end in [" and later", " and newer", " and above", " or later"] {
        if let Some(version) = text.strip_suffix(end) {
            return Some(Interval {
                from: Some(one(version, Edge::Within)?),
                to: None,
            });
        }
    }
    let (from, to) = [" through ", " to ", " - "]
        .iter()
        .find_map(|between| text.split_once(between))?;
    Some(Interval {
        from: Some(one(from, Edge::Within)?),
        to: Some(one(to, Edge::Within)?),
    })
}

/// Without the word that often stands before a version.
fn bare(text: &str) -> &str {
    let text = text.trim();
    for front in ["versions ", "Versions ", "version ", "Version "] {
        if let Some(rest) = text.strip_prefix(front) {
            return rest.trim();
        }
    }
    text.strip_prefix(['v', 'V'])
        .filter(|t| t.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(text)
}

/// A word with a digit in it.
fn is_version(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.contains(|c: char| c.is_ascii_digit())
        && !text.contains(['(', ')', ';'])
}

/// `9` → `10`, `2.7` → `2.8`.
fn successor(front: &str) -> Option<String> {
    let (head, last) = front
        .rsplit_once('.')
        .map_or(("", front), |(head, last)| (head, last));
    let next = last.parse::<u64>().ok()?.checked_add(1)?;
    Some(if head.is_empty() {
        next.to_string()
    } else {
        format!("{head}.{next}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str, doubts: usize) {
        let found = read(text, Scheme::Natural);
        let said = found.range.map(|r| r.to_string()).unwrap_or_default();
        assert_eq!(
            (said.as_str(), found.doubts.len()),
            (expected, doubts),
            "{text}: {:?}",
            found.doubts
        );
    }

    #[test]
    fn ranges_that_real_records_have_are_read() {
        check("<= 2.7.8", "<= 2.7.8", 0);
        check("<=12.1.3", "<= 12.1.3", 0);
        check(">= 2.8.0, <= 2.8.5", ">= 2.8.0, <= 2.8.5", 0);
        check(">= 2.7.0 < 2.7.9", ">= 2.7.0, < 2.7.9", 1);
        check("4.20 | 4.20 SR1 | 4.30", "4.20 || 4.20 SR1 || 4.30", 1);
        check("5.0|5.1", "5.0 || 5.1", 0);
        check("vers:all/*", "*", 0);
        check(
            "vers:npm/>=1.0.0|<1.2.3|>=2.0.0|<2.1.0|3.0.0",
            ">= 1.0.0, < 1.2.3 || >= 2.0.0, < 2.1.0 || 3.0.0",
            0,
        );
        check("prior to 3.6.7", "< 3.6.7", 1);
        check("Versions 6.2.1 and prior", "<= 6.2.1", 1);
        check("2.0 and later", ">= 2.0", 1);
        check("9.x", ">= 9, < 10", 1);
        check("2.7.x", ">= 2.7, < 2.8", 1);
        check("1.0 - 2.0", ">= 1.0, <= 2.0", 1);
    }

    #[test]
    fn what_cannot_be_read_is_flagged_and_matches_nothing_it_does_not_name() {
        check("n/a", "", 1);
        check("", "", 1);
        check("2nd Edition", "2nd Edition", 1);
        check(
            "9.x (with Wireless Battery Modules >= 22D19 | <= v22D28)",
            "",
            2,
        );
        check(">= 3.0, < 2.0", ">= 3.0, < 2.0", 1);
        check("<", "", 1);
    }
}

//! PEP 440.

use std::cmp::Ordering;

use super::{is_number, numbers};

/// A version taken apart.
struct Parts {
    epoch: String,
    release: Vec<String>,
    /// Alpha, beta, release candidate: its letter and number.
    pre: Option<(char, String)>,
    post: Option<String>,
    dev: Option<String>,
    local: Vec<String>,
}

/// None when one of the two is not of this form.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (parse(left)?, parse(right)?);
    Some(
        numbers(&left.epoch, &right.epoch)
            .then_with(|| release(&left.release, &right.release))
            .then_with(|| rank_pre(&left).0.cmp(&rank_pre(&right).0))
            .then_with(|| numbers(&rank_pre(&left).1, &rank_pre(&right).1))
            .then_with(|| optional(left.post.as_deref(), right.post.as_deref(), Ordering::Less))
            .then_with(|| optional(left.dev.as_deref(), right.dev.as_deref(), Ordering::Greater))
            .then_with(|| local(&left.local, &right.local)),
    )
}

fn parse(text: &str) -> Option<Parts> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix('v').unwrap_or(&text);
    let (text, tail) = text.split_once('+').unwrap_or((text, ""));
    let (epoch, text) = text.split_once('!').unwrap_or(("0", text));
    let local = tail
        .split(['.', '-', '_'])
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (front, mut rest) = text.split_at(end);
    let release: Vec<String> = front
        .trim_end_matches('.')
        .split('.')
        .map(str::to_owned)
        .collect();
    if !is_number(epoch) || !release.iter().all(|n| is_number(n)) {
        return None;
    }
    let mut parts = Parts {
        epoch: epoch.to_owned(),
        release,
        pre: None,
        post: None,
        dev: None,
        local,
    };
    while !rest.is_empty() {
        // `1.0-1` is a post-release without its word.
        if let Some(number) = rest.strip_prefix('-').filter(|n| is_number(n)) {
            parts.post = Some(number.to_owned());
            break;
        }
        rest = rest.trim_start_matches(['.', '-', '_']);
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after = after
            .strip_prefix(['.', '-', '_'])
            .filter(|a| a.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or(after);
        let end = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        let number = if number.is_empty() { "0" } else { number }.to_owned();
        match word {
            "a" | "alpha" => parts.pre = Some(('a', number)),
            "b" | "beta" => parts.pre = Some(('b', number)),
            "c" | "rc" | "pre" | "preview" => parts.pre = Some(('c', number)),
            "post" | "rev" | "r" => parts.post = Some(number),
            "dev" => parts.dev = Some(number),
            _ => return None,
        }
        rest = after;
    }
    Some(parts)
}

fn release(left: &[String], right: &[String]) -> Ordering {
    for at in 0..left.len().max(right.len()) {
        let part = |of: &[String]| of.get(at).cloned().unwrap_or_else(|| "0".to_owned());
        let order = numbers(&part(left), &part(right));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// A development release of nothing else is before all pre-releases; a final release is after them.
fn rank_pre(parts: &Parts) -> (char, String) {
    match (&parts.pre, &parts.post, &parts.dev) {
        (Some((letter, number)), _, _) => (*letter, number.clone()),
        (None, None, Some(_)) => (' ', "0".to_owned()),
        (None, _, _) => ('z', "0".to_owned()),
    }
}

/// `absent` is how a side without the part stands to one with it.
fn optional(left: Option<&str>, right: Option<&str>, absent: Ordering) -> Ordering {
    match (left, right) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => absent,
        (Some(_), None) => absent.reverse(),
        (Some(a), Some(b)) => numbers(a, b),
    }
}

fn local(left: &[String], right: &[String]) -> Ordering {
    for (a, b) in left.iter().zip(right) {
        let order = match (is_number(a), is_number(b)) {
            (true, true) => numbers(a, b),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

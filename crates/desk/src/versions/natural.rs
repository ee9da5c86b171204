//! Versions without a known scheme: runs of digits are numbers, runs of letters are text, what separates them is nothing.

use std::cmp::Ordering;

use super::{is_number, numbers};

pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (runs(left), runs(right));
    for (a, b) in left.iter().zip(&right) {
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

/// Runs of digits and of letters, in lower case; a leading `v` is no part of the version.
fn runs(text: &str) -> Vec<String> {
    let text = text.trim().to_lowercase();
    let text = text
        .strip_prefix('v')
        .filter(|t| t.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(&text);
    let mut found: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let kind = (c.is_ascii_digit(), c.is_alphanumeric());
        if kind.1 {
            match found.last_mut().filter(|_| last == Some(kind)) {
                Some(run) => run.push(c),
                None => found.push(c.to_string()),
            }
        }
        last = Some(kind);
    }
    found
}

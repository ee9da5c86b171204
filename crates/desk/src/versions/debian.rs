//! Debian policy, section 5.6.12: epoch, upstream version, revision; `~` before everything, even the end.

use std::cmp::Ordering;

use super::numbers;

pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (split(left), split(right));
    numbers(left.0, right.0)
        .then_with(|| part(left.1, right.1))
        .then_with(|| part(left.2, right.2))
}

fn split(text: &str) -> (&str, &str, &str) {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// Alternately what is not digits, by rank, and what is, by number.
fn part(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (a, left_rest) = cut(left, |c| !c.is_ascii_digit());
        let (b, right_rest) = cut(right, |c| !c.is_ascii_digit());
        let (m, left_rest) = cut(left_rest, |c| c.is_ascii_digit());
        let (n, right_rest) = cut(right_rest, |c| c.is_ascii_digit());
        let order = letters(a, b).then_with(|| numbers(m, n));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

fn cut(text: &str, inside: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    text.split_at(end)
}

fn letters(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        let (a, b) = (left.next(), right.next());
        if a.is_none() && b.is_none() {
            return Ordering::Equal;
        }
        let order = rank(a).cmp(&rank(b));
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Tilde, the end, letters, the rest.
fn rank(c: Option<char>) -> (u8, char) {
    match c {
        Some('~') => (0, ' '),
        None => (1, ' '),
        Some(c) if c.is_ascii_alphabetic() => (2, c),
        Some(c) => (3, c),
    }
}

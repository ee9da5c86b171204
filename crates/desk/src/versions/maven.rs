//! Maven: the order of its POM reference ("Version Order Specification").

use std::cmp::Ordering;

use super::{is_number, numbers};

/// A token with what stood before it: a dot, or a hyphen (also between digits and letters).
#[derive(Clone, Debug)]
struct Token {
    hyphen: bool,
    text: String,
}

pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (tokens(left), tokens(right));
    for at in 0..left.len().max(right.len()) {
        let order = match (left.get(at), right.get(at)) {
            (Some(a), Some(b)) => pair(a, b),
            (Some(a), None) => pair(a, &padding(a)),
            (None, Some(b)) => pair(&padding(b), b),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// The shorter side is filled with nothing, behind the same separator.
fn padding(other: &Token) -> Token {
    let text = if is_number(&other.text) { "0" } else { "" };
    Token {
        hyphen: other.hyphen,
        text: text.to_owned(),
    }
}

fn tokens(version: &str) -> Vec<Token> {
    let lower = version.to_lowercase();
    let mut found: Vec<Token> = Vec::new();
    let mut hyphen = false;
    let mut text = String::new();
    let mut chars = lower.chars().peekable();
    while let Some(c) = chars.next() {
        let turns = chars
            .peek()
            .is_some_and(|next| c.is_ascii_digit() != next.is_ascii_digit());
        if matches!(c, '.' | '-' | '_') {
            push(&mut found, hyphen, std::mem::take(&mut text));
            hyphen = c != '.';
            continue;
        }
        text.push(c);
        if turns
            && chars
                .peek()
                .is_some_and(|next| !matches!(next, '.' | '-' | '_'))
        {
            let followed = chars.peek().is_some_and(char::is_ascii_digit);
            push(
                &mut found,
                hyphen,
                full(std::mem::take(&mut text), followed),
            );
            hyphen = true;
        }
    }
    push(&mut found, hyphen, text);
    trim(found)
}

fn push(found: &mut Vec<Token>, hyphen: bool, text: String) {
    let text = if text.is_empty() {
        "0".to_owned()
    } else {
        text
    };
    found.push(Token {
        hyphen,
        text: full(text, false),
    });
}

/// `a1` is alpha, `b1` beta, `m1` milestone; some words say nothing.
fn full(text: String, followed_by_digit: bool) -> String {
    match (text.as_str(), followed_by_digit) {
        ("a", true) => "alpha".to_owned(),
        ("b", true) => "beta".to_owned(),
        ("m", true) => "milestone".to_owned(),
        ("cr", _) => "rc".to_owned(),
        ("ga" | "final" | "release", _) => String::new(),
        _ => text,
    }
}

/// Zeros and empty words before a hyphen, or at the end, are nothing.
fn trim(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::new();
    let drop_nothing = |kept: &mut Vec<Token>| {
        while kept.last().is_some_and(|t| {
            t.text.is_empty() || (is_number(&t.text) && t.text.bytes().all(|b| b == b'0'))
        }) {
            kept.pop();
        }
    };
    for token in tokens {
        if token.hyphen {
            drop_nothing(&mut kept);
        }
        kept.push(token);
    }
    drop_nothing(&mut kept);
    kept
}

fn pair(left: &Token, right: &Token) -> Ordering {
    let order = place(left).cmp(&place(right));
    if order != Ordering::Equal {
        return order;
    }
    if is_number(&left.text) {
        return numbers(&left.text, &right.text);
    }
    qualifier(&left.text).cmp(&qualifier(&right.text))
}

/// `.qualifier` = `-qualifier` < `-number` < `.number`.
fn place(token: &Token) -> u8 {
    match (is_number(&token.text), token.hyphen) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    }
}

fn qualifier(text: &str) -> (usize, &str) {
    let known = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
    match known.iter().position(|k| *k == text) {
        Some(rank) => (rank, ""),
        None => (known.len(), text),
    }
}

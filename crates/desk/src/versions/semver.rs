//! Semantic Versioning 2.0.0, section 11; any count of numbers in front, as real projects write them.

use std::cmp::Ordering;

use super::{is_number, numbers};

/// None when one of the two is not of this form.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left_core, left_pre) = parts(left)?;
    let (right_core, right_pre) = parts(right)?;
    let count = left_core.len().max(right_core.len());
    for at in 0..count {
        let part = |core: &[&'_ str]| core.get(at).copied().map_or("0".to_owned(), str::to_owned);
        let order = numbers(&part(&left_core), &part(&right_core));
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(match (left_pre, right_pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(left), Some(right)) => identifiers(left, right),
    })
}

fn parts(text: &str) -> Option<(Vec<&str>, Option<&str>)> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (text, _build) = text.split_once('+').unwrap_or((text, ""));
    let (core, pre) = text
        .split_once('-')
        .map_or((text, None), |(core, pre)| (core, Some(pre)));
    let core: Vec<&str> = core.split('.').collect();
    core.iter().all(|n| is_number(n)).then_some((core, pre))
}

fn identifiers(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
                (true, true) => numbers(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

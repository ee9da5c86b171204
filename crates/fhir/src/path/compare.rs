//! Equality, equivalence and order (FHIRPath, sections 6.1 and 6.2).

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::EvaluateError;
use super::eval::{Eval, Result, wrong_type};
use super::item::{Item, Items};
use super::quantity::{decimal, equal_at_least_scale};
use crate::value::{Object, Value};

/// The deepest structure that is compared; deeper ones are unequal.
const DEEPEST: usize = 100;

/// `=`: none when a side is empty or the known parts do not tell.
pub(super) fn equal_collections<'a>(
    eval: &mut Eval<'a>,
    left: &Items<'a>,
    right: &Items<'a>,
) -> Result<Option<bool>> {
    if left.is_empty() || right.is_empty() {
        return Ok(None);
    }
    if left.len() != right.len() {
        return Ok(Some(false));
    }
    let mut out = Some(true);
    for (a, b) in left.iter().zip(right) {
        match equal(eval, a, b)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => out = None,
        }
    }
    Ok(out)
}

/// `=` of two items.
pub(super) fn equal(eval: &mut Eval<'_>, a: &Item<'_>, b: &Item<'_>) -> Result<Option<bool>> {
    if let (Some(a), Some(b)) = (plain_text(a), plain_text(b)) {
        return Ok(Some(a == b));
    }
    if let (Item::Node(a), Item::Node(b)) = (a, b)
        && (a.value().as_object().is_some() || b.value().as_object().is_some())
    {
        if std::ptr::eq(a.value(), b.value()) {
            return Ok(Some(true));
        }
        return same_value(eval, a.value(), b.value(), 0).map(Some);
    }
    let (Some(left), Some(right)) = (a.system(), b.system()) else {
        // Structures against values, or primitives that have extensions only.
        return Ok(Some(match (a, b) {
            (Item::Node(a), Item::Node(b)) => a.value() == b.value() && a.extra() == b.extra(),
            _ => false,
        }));
    };
    Ok(match (&left, &right) {
        (Item::Boolean(a), Item::Boolean(b)) => Some(a == b),
        (Item::String(a), Item::String(b)) => Some(a == b),
        (Item::Type(a), Item::Type(b)) => Some(a == b),
        (Item::Quantity(a), Item::Quantity(b)) => a.compare(b).map(|o| o == Ordering::Equal),
        (Item::Date(a) | Item::DateTime(a), Item::Date(b) | Item::DateTime(b))
        | (Item::Time(a), Item::Time(b)) => a.compare(*b).map(|o| o == Ordering::Equal),
        _ => match (number(&left), number(&right)) {
            (Some(a), Some(b)) => Some(a == b),
            _ => match number_beside_quantity(&left, &right) {
                Some((a, b)) => a.compare(&b).map(|o| o == Ordering::Equal),
                None => Some(false),
            },
        },
    })
}

/// The text of a string, quickly: not of dates and the like.
pub(super) fn plain_text<'i>(item: &'i Item<'_>) -> Option<&'i str> {
    match item {
        Item::String(s) => Some(s),
        Item::Node(node)
            if node.shape() == super::node::Shape::Primitive(super::SystemType::String) =>
        {
            node.value().as_str()
        }
        _ => None,
    }
}

pub(super) fn number(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(n) => Some(Decimal::from(*n)),
        Item::Decimal(d) => Some(*d),
        _ => None,
    }
}

/// A number next to a quantity is a quantity without unit.
fn number_beside_quantity(
    a: &Item<'_>,
    b: &Item<'_>,
) -> Option<(super::Quantity, super::Quantity)> {
    let plain = |value| super::Quantity {
        value,
        unit: super::Unit::quoted("1"),
    };
    match (a, b) {
        (Item::Quantity(q), other) => Some(((**q).clone(), plain(number(other)?))),
        (other, Item::Quantity(q)) => Some((plain(number(other)?), (**q).clone())),
        _ => None,
    }
}

fn same_value(eval: &mut Eval<'_>, a: &Value, b: &Value, depth: usize) -> Result<bool> {
    eval.charge(1)?;
    Ok(match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || matches!((decimal(a.as_str()), decimal(b.as_str())), (Some(a), Some(b)) if a == b)
        }
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() || depth > DEEPEST {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b) {
                if !same_value(eval, a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Object(a), Value::Object(b)) => {
            return same_object(eval, a, b, depth);
        }
        (a, b) => a == b,
    })
}

fn same_object(eval: &mut Eval<'_>, a: &Object, b: &Object, depth: usize) -> Result<bool> {
    if a.len() != b.len() || depth > DEEPEST {
        return Ok(false);
    }
    for (name, value) in a.iter() {
        let Some(other) = b.get(name) else {
            return Ok(false);
        };
        if !same_value(eval, value, other, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `~` of two collections: the same items in any order.
pub(super) fn equivalent_collections<'a>(
    eval: &mut Eval<'a>,
    left: &Items<'a>,
    right: &Items<'a>,
) -> Result<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let mut open: Vec<&Item<'a>> = right.iter().collect();
    for a in left {
        let mut found = None;
        for (i, b) in open.iter().enumerate() {
            eval.charge(1)?;
            if equivalent(eval, a, b, 0)? {
                found = Some(i);
                break;
            }
        }
        match found {
            Some(i) => {
                open.swap_remove(i);
            }
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn equivalent<'a>(eval: &mut Eval<'a>, a: &Item<'a>, b: &Item<'a>, depth: usize) -> Result<bool> {
    eval.charge(1)?;
    if let (Some(left), Some(right)) = (a.system(), b.system()) {
        return Ok(equivalent_values(&left, &right));
    }
    let (Item::Node(a), Item::Node(b)) = (a, b) else {
        return Ok(false);
    };
    if std::ptr::eq(a.value(), b.value()) {
        return Ok(true);
    }
    if a.ty() != b.ty() || depth > DEEPEST {
        return Ok(false);
    }
    let (Some(left), Some(right)) = (a.value().as_object(), b.value().as_object()) else {
        return Ok(a.value() == b.value() && a.extra() == b.extra());
    };
    if left.len() != right.len() {
        return Ok(false);
    }
    for (name, _) in left.iter() {
        let element = a
            .definition()
            .member(name)
            .and_then(|hit| a.definition().elements.get(hit.element));
        let Some(element) = element else { continue };
        let (mut ours, mut theirs) = (Items::new(), Items::new());
        a.push_children(element.name, &mut ours);
        b.push_children(element.name, &mut theirs);
        if !equivalent_children(eval, &ours, theirs, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equivalent_children<'a>(
    eval: &mut Eval<'a>,
    ours: &Items<'a>,
    mut theirs: Items<'a>,
    depth: usize,
) -> Result<bool> {
    if ours.len() != theirs.len() {
        return Ok(false);
    }
    for a in ours {
        let mut found = None;
        for (i, b) in theirs.iter().enumerate() {
            if equivalent(eval, a, b, depth)? {
                found = Some(i);
                break;
            }
        }
        match found {
            Some(i) => {
                theirs.swap_remove(i);
            }
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn equivalent_values(a: &Item<'_>, b: &Item<'_>) -> bool {
    match (a, b) {
        (Item::Boolean(a), Item::Boolean(b)) => a == b,
        (Item::String(a), Item::String(b)) => normal(a).eq(normal(b)),
        (Item::Type(a), Item::Type(b)) => a == b,
        (Item::Quantity(a), Item::Quantity(b)) => a.is_equivalent(b),
        (Item::Date(a) | Item::DateTime(a), Item::Date(b) | Item::DateTime(b))
        | (Item::Time(a), Item::Time(b)) => a.compare(*b) == Some(Ordering::Equal),
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => equal_at_least_scale(a, b),
            _ => number_beside_quantity(a, b).is_some_and(|(a, b)| a.is_equivalent(&b)),
        },
    }
}

/// Lower case, all white space as single blanks.
fn normal(text: &str) -> impl Iterator<Item = char> {
    let mut blank = false;
    text.trim()
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(move |c| {
            let was = blank;
            blank = c.is_whitespace();
            match (blank, was) {
                (true, true) => None,
                (true, false) => Some(' '),
                (false, _) => Some(c),
            }
        })
}

/// The order of two items: none when the known parts do not tell.
pub(super) fn order(
    operation: &'static str,
    a: &Item<'_>,
    b: &Item<'_>,
) -> Result<Option<Ordering>> {
    let (Some(left), Some(right)) = (a.system(), b.system()) else {
        let is_structure = |i: &Item<'_>| {
            i.as_node()
                .is_some_and(|n| !matches!(n.shape(), super::node::Shape::Primitive(_)))
        };
        for item in [a, b] {
            if is_structure(item) {
                return Err(wrong_type(operation, item));
            }
        }
        return Ok(None);
    };
    Ok(match (&left, &right) {
        (Item::String(a), Item::String(b)) => Some(a.cmp(b)),
        (Item::Quantity(a), Item::Quantity(b)) => a.compare(b),
        (Item::Date(a) | Item::DateTime(a), Item::Date(b) | Item::DateTime(b))
        | (Item::Time(a), Item::Time(b)) => a.compare(*b),
        _ => match (number(&left), number(&right)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => match number_beside_quantity(&left, &right) {
                Some((a, b)) => a.compare(&b),
                None => {
                    return Err(EvaluateError::WrongType {
                        operation,
                        found: b.type_info().name,
                    });
                }
            },
        },
    })
}

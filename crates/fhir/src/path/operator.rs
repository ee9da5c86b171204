//! Arithmetic and the remaining operators.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use smallvec::smallvec;

use super::EvaluateError;
use super::ast::{Operator, Sign};
use super::compare::{self, number};
use super::eval::{Eval, Result, bool_items, single, wrong_type};
use super::item::{Item, Items};
use super::quantity::{Quantity, Unit};

/// The longest text that an operator makes.
pub(super) const LONGEST: usize = 1 << 20;

/// A single integer.
pub(super) fn integer(items: &Items<'_>, operation: &'static str) -> Result<Option<i64>> {
    let Some(item) = single(items, operation)? else {
        return Ok(None);
    };
    match item.system() {
        Some(Item::Integer(n)) => Ok(Some(n)),
        Some(_) => Err(wrong_type(operation, item)),
        None => Ok(None),
    }
}

/// A single text.
pub(super) fn string<'i>(items: &'i Items<'_>, operation: &'static str) -> Result<Option<&'i str>> {
    let Some(item) = single(items, operation)? else {
        return Ok(None);
    };
    if let Some(text) = item.as_str() {
        return Ok(Some(text));
    }
    match item.system() {
        Some(_) => Err(wrong_type(operation, item)),
        None if item
            .as_node()
            .is_some_and(|n| n.value().as_object().is_some()) =>
        {
            Err(wrong_type(operation, item))
        }
        None => Ok(None),
    }
}

/// `+x` and `-x`.
pub(super) fn sign<'a>(sign: Sign, items: &Items<'a>) -> Result<Items<'a>> {
    let Some(item) = single(items, "a sign")? else {
        return Ok(Items::new());
    };
    let value = match item.system() {
        Some(Item::Integer(n)) => match sign {
            Sign::Plus => Some(Item::Integer(n)),
            Sign::Minus => n.checked_neg().map(Item::Integer),
        },
        Some(Item::Decimal(d)) => Some(Item::Decimal(if sign == Sign::Minus { -d } else { d })),
        Some(Item::Quantity(q)) => {
            let value = if sign == Sign::Minus {
                -q.value
            } else {
                q.value
            };
            Some(Item::Quantity(Box::new(q.with_value(value))))
        }
        Some(_) => return Err(wrong_type("a sign", item)),
        None => None,
    };
    Ok(value.into_iter().collect())
}

/// All operators but the logical ones and `|`.
pub(super) fn binary<'a>(
    eval: &mut Eval<'a>,
    operator: Operator,
    left: Items<'a>,
    right: Items<'a>,
) -> Result<Items<'a>> {
    Ok(match operator {
        Operator::Equal => bool_items(eval.equal(&left, &right)?),
        Operator::NotEqual => bool_items(eval.equal(&left, &right)?.map(|e| !e)),
        Operator::Equivalent => {
            bool_items(Some(compare::equivalent_collections(eval, &left, &right)?))
        }
        Operator::NotEquivalent => {
            bool_items(Some(!compare::equivalent_collections(eval, &left, &right)?))
        }
        Operator::Less => ordered("<", &left, &right, std::cmp::Ordering::is_lt)?,
        Operator::LessOrEqual => ordered("<=", &left, &right, std::cmp::Ordering::is_le)?,
        Operator::Greater => ordered(">", &left, &right, std::cmp::Ordering::is_gt)?,
        Operator::GreaterOrEqual => ordered(">=", &left, &right, std::cmp::Ordering::is_ge)?,
        Operator::In => contains(eval, &right, &left, "in")?,
        Operator::Contains => contains(eval, &left, &right, "contains")?,
        Operator::Concatenate => {
            let a = string(&left, "&")?.unwrap_or_default();
            let b = string(&right, "&")?.unwrap_or_default();
            smallvec![joined(eval, a, b)?]
        }
        Operator::Multiply => arithmetic(eval, "*", &left, &right)?,
        Operator::Divide => arithmetic(eval, "/", &left, &right)?,
        Operator::Div => arithmetic(eval, "div", &left, &right)?,
        Operator::Mod => arithmetic(eval, "mod", &left, &right)?,
        Operator::Add => arithmetic(eval, "+", &left, &right)?,
        Operator::Subtract => arithmetic(eval, "-", &left, &right)?,
        Operator::Union | Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
            Items::new()
        }
    })
}

fn joined<'a>(eval: &mut Eval<'a>, a: &str, b: &str) -> Result<Item<'a>> {
    let length = a.len() + b.len();
    eval.charge(1 + length / 16)?;
    if length > LONGEST {
        return Err(EvaluateError::Budget);
    }
    let mut out = String::with_capacity(length);
    out.push_str(a);
    out.push_str(b);
    Ok(Item::owned(out))
}

fn ordered<'a>(
    operation: &'static str,
    left: &Items<'a>,
    right: &Items<'a>,
    accept: impl Fn(std::cmp::Ordering) -> bool,
) -> Result<Items<'a>> {
    let (Some(a), Some(b)) = (single(left, operation)?, single(right, operation)?) else {
        return Ok(Items::new());
    };
    Ok(bool_items(compare::order(operation, a, b)?.map(accept)))
}

fn contains<'a>(
    eval: &mut Eval<'a>,
    collection: &Items<'a>,
    item: &Items<'a>,
    operation: &'static str,
) -> Result<Items<'a>> {
    let Some(item) = single(item, operation)? else {
        return Ok(Items::new());
    };
    for other in collection {
        eval.charge(1)?;
        if compare::equal(eval, item, other)? == Some(true) {
            return Ok(bool_items(Some(true)));
        }
    }
    Ok(bool_items(Some(false)))
}

fn arithmetic<'a>(
    eval: &mut Eval<'a>,
    sign: &'static str,
    left: &Items<'a>,
    right: &Items<'a>,
) -> Result<Items<'a>> {
    let (Some(a), Some(b)) = (single(left, sign)?, single(right, sign)?) else {
        return Ok(Items::new());
    };
    let (Some(left), Some(right)) = (a.system(), b.system()) else {
        for item in [a, b] {
            if item
                .as_node()
                .is_some_and(|n| n.value().as_object().is_some())
            {
                return Err(wrong_type(sign, item));
            }
        }
        return Ok(Items::new());
    };
    if let (Item::String(a), Item::String(b), "+") = (&left, &right, sign) {
        return Ok(smallvec![joined(eval, a, b)?]);
    }
    let out = match (&left, &right) {
        (Item::Integer(a), Item::Integer(b)) => of_integers(sign, *a, *b),
        (Item::Integer(_) | Item::Decimal(_), Item::Integer(_) | Item::Decimal(_)) => number(&left)
            .zip(number(&right))
            .and_then(|(a, b)| of_decimals(sign, a, b)),
        (Item::Quantity(_), Item::Quantity(_) | Item::Integer(_) | Item::Decimal(_))
        | (Item::Integer(_) | Item::Decimal(_), Item::Quantity(_)) => {
            of_quantities(sign, &left, &right).ok_or_else(|| wrong_type(sign, b))?
        }
        (Item::Date(_) | Item::DateTime(_) | Item::Time(_), Item::Quantity(q)) => {
            moved(sign, &left, q)?
        }
        _ => return Err(wrong_type(sign, b)),
    };
    Ok(out.into_iter().collect())
}

fn of_integers<'a>(sign: &str, a: i64, b: i64) -> Option<Item<'a>> {
    Some(match sign {
        "+" => Item::Integer(a.checked_add(b)?),
        "-" => Item::Integer(a.checked_sub(b)?),
        "*" => Item::Integer(a.checked_mul(b)?),
        "div" => Item::Integer(a.checked_div(b)?),
        "mod" => Item::Integer(a.checked_rem(b)?),
        _ => return of_decimals(sign, Decimal::from(a), Decimal::from(b)),
    })
}

fn of_decimals<'a>(sign: &str, a: Decimal, b: Decimal) -> Option<Item<'a>> {
    Some(Item::Decimal(match sign {
        "+" => a.checked_add(b)?,
        "-" => a.checked_sub(b)?,
        "*" => a.checked_mul(b)?,
        "/" => a.checked_div(b)?,
        "mod" => a.checked_rem(b)?,
        _ => return Some(Item::Integer(a.checked_div(b)?.trunc().to_i64()?)),
    }))
}

/// The outer option says whether the operator takes quantities, the inner whether there is a result.
fn of_quantities<'a>(sign: &str, a: &Item<'_>, b: &Item<'_>) -> Option<Option<Item<'a>>> {
    let quantity = |item: &Item<'_>| match item {
        Item::Quantity(q) => Some((**q).clone()),
        other => Some(Quantity {
            value: number(other)?,
            unit: Unit::quoted("1"),
        }),
    };
    let (a, b) = (quantity(a)?, quantity(b)?);
    let out = match sign {
        "+" => a.plus(&b),
        "-" => a.plus(&b.with_value(-b.value)),
        "*" => a.times(&b),
        "/" => a.divided_by(&b),
        _ => return None,
    };
    Some(out.map(|q| Item::Quantity(Box::new(q))))
}

/// A date or time moved by a span; whole units only.
fn moved<'a>(sign: &'static str, item: &Item<'_>, by: &Quantity) -> Result<Option<Item<'a>>> {
    let bad_unit = || EvaluateError::Unit(by.unit_text().into_boxed_str());
    let unit = by.unit.calendar().ok_or_else(bad_unit)?;
    let Some(count) = by.value.trunc().to_i64() else {
        return Ok(None);
    };
    let count = match sign {
        "+" => count,
        "-" => count.saturating_neg(),
        _ => return Err(wrong_type(sign, item)),
    };
    Ok(match item {
        Item::Date(s) => s.plus(count, unit).map(Item::Date),
        Item::DateTime(s) => s.plus(count, unit).map(Item::DateTime),
        Item::Time(s) => Some(Item::Time(s.time_plus(count, unit).ok_or_else(bad_unit)?)),
        _ => None,
    })
}

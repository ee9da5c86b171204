//! Mathematics and boundaries (FHIRPath, section 5.7; the boundaries of the 2.1 draft).

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, MathematicalOps as _, RoundingStrategy};
use smallvec::smallvec;

use super::EvaluateError;
use super::compare::number;
use super::eval::{Result, single, wrong_type};
use super::item::{Item, Items};
use super::temporal::Edge;

/// The most decimals a number has here.
const FINEST: i64 = 28;

/// Applies a function to a single number, integers and quantities included.
pub(super) fn map<'a>(
    input: &Items<'a>,
    operation: &'static str,
    change: impl Fn(&Item<'_>) -> Option<Item<'a>>,
) -> Result<Items<'a>> {
    let Some(item) = single(input, operation)? else {
        return Ok(Items::new());
    };
    match item.system() {
        Some(value @ (Item::Integer(_) | Item::Decimal(_) | Item::Quantity(_))) => {
            Ok(change(&value).into_iter().collect())
        }
        Some(_) => Err(wrong_type(operation, item)),
        None => Ok(Items::new()),
    }
}

pub(super) fn abs<'a>(item: &Item<'_>) -> Option<Item<'a>> {
    Some(match item {
        Item::Integer(n) => Item::Integer(n.checked_abs()?),
        Item::Quantity(q) => Item::Quantity(Box::new(q.with_value(q.value.abs()))),
        other => Item::Decimal(number(other)?.abs()),
    })
}

/// `ceiling`, `floor`, `truncate`: a decimal to an integer.
pub(super) fn whole<'a>(item: &Item<'_>, change: impl Fn(Decimal) -> Decimal) -> Option<Item<'a>> {
    Some(match item {
        Item::Quantity(q) => Item::Quantity(Box::new(q.with_value(change(q.value)))),
        other => Item::Integer(change(number(other)?).to_i64()?),
    })
}

/// `exp`, `ln`, `sqrt` …: a number to a decimal.
pub(super) fn real<'a>(
    item: &Item<'_>,
    change: impl Fn(Decimal) -> Option<Decimal>,
) -> Option<Item<'a>> {
    Some(Item::Decimal(neat(change(number(item)?)?)))
}

/// Without the noise of the last digits.
fn neat(d: Decimal) -> Decimal {
    d.round_dp(18).normalize()
}

pub(super) fn ln(d: Decimal) -> Option<Decimal> {
    if d <= Decimal::ZERO {
        None
    } else {
        d.checked_ln()
    }
}

pub(super) fn log(d: Decimal, base: Decimal) -> Option<Decimal> {
    ln(d)?.checked_div(ln(base)?)
}

pub(super) fn power<'a>(base: &Item<'_>, exponent: &Item<'_>) -> Option<Item<'a>> {
    if let (Item::Integer(b), Item::Integer(e)) = (base, exponent)
        && let Ok(e) = u32::try_from(*e)
    {
        return b.checked_pow(e).map(Item::Integer);
    }
    let (base, exponent) = (number(base)?, number(exponent)?);
    if base < Decimal::ZERO && !exponent.fract().is_zero() {
        return None;
    }
    if let Some(whole) = exponent.to_i64().filter(|_| exponent.fract().is_zero()) {
        return (whole.abs() <= 100_000)
            .then(|| base.checked_powi(whole))
            .flatten()
            .map(|d| Item::Decimal(neat(d)));
    }
    base.checked_powd(exponent).map(|d| Item::Decimal(neat(d)))
}

pub(super) fn round<'a>(item: &Item<'_>, digits: i64) -> Option<Item<'a>> {
    let digits = u32::try_from(digits.min(FINEST)).ok()?;
    let round =
        |d: Decimal| d.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    Some(match item {
        Item::Integer(n) => Item::Integer(*n),
        Item::Quantity(q) => Item::Quantity(Box::new(q.with_value(round(q.value)))),
        other => Item::Decimal(round(number(other)?)),
    })
}

/// `lowBoundary` and `highBoundary`.
pub(super) fn boundary<'a>(
    input: &Items<'a>,
    edge: Edge,
    digits: Option<i64>,
) -> Result<Items<'a>> {
    let operation = match edge {
        Edge::Low => "lowBoundary",
        Edge::High => "highBoundary",
    };
    let Some(item) = single(input, operation)? else {
        return Ok(Items::new());
    };
    let Some(value) = item.system() else {
        return Ok(Items::new());
    };
    let out = match &value {
        Item::Integer(_) | Item::Decimal(_) => number(&value)
            .and_then(|d| decimal_boundary(d, edge, digits.unwrap_or(8)))
            .map(Item::Decimal),
        Item::Quantity(q) => decimal_boundary(q.value, edge, digits.unwrap_or(8))
            .map(|d| Item::Quantity(Box::new(q.with_value(d)))),
        Item::Date(s) => s
            .boundary(edge, digits.unwrap_or(8))
            .filter(|_| digits.unwrap_or(8) <= 8)
            .map(Item::Date),
        Item::DateTime(s) => {
            let digits = digits.unwrap_or(17);
            s.boundary(edge, digits).map(|mut out| {
                if digits > 8 && out.offset.is_none() {
                    out.offset = Some(match edge {
                        Edge::Low => 14 * 60,
                        Edge::High => -12 * 60,
                    });
                }
                Item::DateTime(out)
            })
        }
        Item::Time(s) => {
            let digits = digits.unwrap_or(9);
            matches!(digits, 2 | 4 | 6 | 9)
                .then(|| s.boundary(edge, digits + 8))
                .flatten()
                .map(Item::Time)
        }
        Item::Boolean(_) | Item::String(_) | Item::Type(_) | Item::Node(_) => {
            return Err(wrong_type(operation, item));
        }
    };
    Ok(out.into_iter().collect())
}

/// Half a unit of the last digit down or up, to so many decimals.
fn decimal_boundary(d: Decimal, edge: Edge, digits: i64) -> Option<Decimal> {
    let digits = u32::try_from(digits).ok().filter(|_| digits <= FINEST)?;
    let half = Decimal::try_new(5, d.scale() + 1).ok()?;
    let (exact, strategy) = match edge {
        Edge::Low => (d.checked_sub(half)?, RoundingStrategy::ToNegativeInfinity),
        Edge::High => (d.checked_add(half)?, RoundingStrategy::ToPositiveInfinity),
    };
    let mut out = exact.round_dp_with_strategy(digits, strategy);
    out.rescale(digits);
    (out.scale() == digits).then_some(out)
}

/// `precision()`: decimals of a number, or digits of the known parts of a date or time.
pub(super) fn precision<'a>(input: &Items<'a>) -> Result<Items<'a>> {
    let Some(item) = single(input, "precision")? else {
        return Ok(Items::new());
    };
    let digits = match item.system() {
        Some(Item::Integer(_)) => Some(0),
        Some(Item::Decimal(d)) => Some(i64::from(d.scale())),
        Some(Item::Date(s) | Item::DateTime(s)) => Some(s.known_digits()),
        Some(Item::Time(s)) => Some(s.known_digits() - 8),
        Some(_) => return Err(wrong_type("precision", item)),
        None => None,
    };
    Ok(digits.map(Item::Integer).into_iter().collect())
}

/// `comparable(…)`: whether two quantities have units of the same kind.
pub(super) fn comparable<'a>(input: &Items<'a>, other: &Items<'a>) -> Result<Items<'a>> {
    let (Some(a), Some(b)) = (single(input, "comparable")?, single(other, "comparable")?) else {
        return Ok(Items::new());
    };
    match (a.system(), b.system()) {
        (Some(Item::Quantity(a)), Some(Item::Quantity(b))) => {
            Ok(smallvec![Item::Boolean(a.is_comparable(&b))])
        }
        (Some(Item::Quantity(_)), _) => Err(wrong_type("comparable", b)),
        _ => Err(wrong_type("comparable", a)),
    }
}

/// An argument that has to be a whole number where it is given.
pub(super) fn digits(items: &Items<'_>, operation: &'static str) -> Result<Option<i64>> {
    super::operator::integer(items, operation)
}

/// An argument that has to be a number.
pub(super) fn decimal_of<'a>(
    items: &Items<'a>,
    operation: &'static str,
) -> std::result::Result<Option<Item<'a>>, EvaluateError> {
    let Some(item) = single(items, operation)? else {
        return Ok(None);
    };
    match item.system() {
        Some(Item::Integer(n)) => Ok(Some(Item::Integer(n))),
        Some(Item::Decimal(d)) => Ok(Some(Item::Decimal(d))),
        _ => Err(wrong_type(operation, item)),
    }
}

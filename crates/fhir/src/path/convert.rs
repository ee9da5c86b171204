//! Conversions (FHIRPath, section 5.5).

use rust_decimal::Decimal;

use super::compare::number;
use super::eval::{Result, bool_items, single};
use super::item::{Item, Items};
use super::quantity::{Quantity, Unit};
use super::temporal::Stamp;

/// What to convert to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Boolean,
    Integer,
    Decimal,
    String,
    Date,
    DateTime,
    Time,
    Quantity,
}

/// `toX()`: the converted value, or nothing.
pub(super) fn to<'a>(input: &Items<'a>, target: Target) -> Result<Items<'a>> {
    let Some(item) = single(input, "a conversion")? else {
        return Ok(Items::new());
    };
    Ok(convert(item, target).into_iter().collect())
}

/// `convertsToX()`
pub(super) fn can<'a>(input: &Items<'a>, target: Target) -> Result<Items<'a>> {
    let item = single(input, "a conversion")?;
    Ok(bool_items(item.map(|i| convert(i, target).is_some())))
}

fn convert<'a>(item: &Item<'a>, target: Target) -> Option<Item<'a>> {
    if target == Target::String {
        return Some(Item::owned(item.to_text()?.into_owned()));
    }
    let value = item.system()?;
    Some(match target {
        Target::Boolean => Item::Boolean(boolean(&value)?),
        Target::Integer => Item::Integer(match &value {
            Item::Integer(n) => *n,
            Item::Boolean(b) => i64::from(*b),
            Item::String(s) => i64::from(integer_text(s)?),
            _ => return None,
        }),
        Target::Decimal => Item::Decimal(match &value {
            Item::Boolean(true) => Decimal::ONE,
            Item::Boolean(false) => Decimal::ZERO,
            Item::String(s) => decimal_text(s)?,
            other => number(other)?,
        }),
        Target::Date => Item::Date(match &value {
            Item::Date(s) => *s,
            Item::DateTime(s) => s.to_date(),
            Item::String(s) => Stamp::date_time(s)?.to_date(),
            _ => return None,
        }),
        Target::DateTime => Item::DateTime(match &value {
            Item::Date(s) | Item::DateTime(s) => *s,
            Item::String(s) => Stamp::date_time(s)?,
            _ => return None,
        }),
        Target::Time => Item::Time(match &value {
            Item::Time(s) => *s,
            Item::String(s) => Stamp::time(s.strip_prefix('T').unwrap_or(s))?,
            _ => return None,
        }),
        Target::Quantity => Item::Quantity(Box::new(quantity(&value)?)),
        Target::String => return None,
    })
}

fn boolean(value: &Item<'_>) -> Option<bool> {
    match value {
        Item::Boolean(b) => Some(*b),
        Item::Integer(0) => Some(false),
        Item::Integer(1) => Some(true),
        Item::Decimal(d) if d.is_zero() => Some(false),
        Item::Decimal(d) if *d == Decimal::ONE => Some(true),
        Item::String(s) => match s.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => Some(true),
            "false" | "f" | "no" | "n" | "0" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn integer_text(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn decimal_text(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let value = Decimal::from_str_exact(digits).ok()?;
    Some(if text.starts_with('-') { -value } else { value })
}

fn quantity(value: &Item<'_>) -> Option<Quantity> {
    let plain = |value| Quantity {
        value,
        unit: Unit::quoted("1"),
    };
    Some(match value {
        Item::Quantity(q) => (**q).clone(),
        Item::Boolean(b) => plain(Decimal::from(i64::from(*b))),
        Item::String(s) => Quantity::parse(s)?,
        other => plain(number(other)?),
    })
}

/// `yearOf` and the other parts of a date or time.
pub(super) fn part<'a>(
    input: &Items<'a>,
    operation: &'static str,
    part: impl Fn(&Item<'_>) -> Option<Item<'a>>,
) -> Result<Items<'a>> {
    let Some(item) = single(input, operation)? else {
        return Ok(Items::new());
    };
    Ok(item
        .system()
        .and_then(|value| part(&value))
        .into_iter()
        .collect())
}

/// An offset in minutes as hours.
pub(super) fn hours(minutes: i16) -> Decimal {
    Decimal::from(minutes)
        .checked_div(Decimal::from(60))
        .map(|d| d.round_dp(2).normalize())
        .unwrap_or_default()
}

//! Quantities: a number with a calendar or UCUM unit.

use std::cmp::Ordering;

use compact_str::CompactString;
use rust_decimal::Decimal;

use super::ucum::{self, Measure};
use crate::value::Value;

/// A number with a unit.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// The number.
    pub value: Decimal,
    /// The unit.
    pub unit: Unit,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A word: `4 days`.
    Calendar(CalendarUnit),
    /// A UCUM expression: `'mg/dL'`; `'1'` for none.
    Ucum(CompactString),
}

/// The words for spans of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarUnit {
    /// `year`
    Year,
    /// `month`
    Month,
    /// `week`
    Week,
    /// `day`
    Day,
    /// `hour`
    Hour,
    /// `minute`
    Minute,
    /// `second`
    Second,
    /// `millisecond`
    Millisecond,
}

impl CalendarUnit {
    /// From the singular or plural word.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name.strip_suffix('s').unwrap_or(name) {
            "year" => Self::Year,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "millisecond" => Self::Millisecond,
            _ => return None,
        })
    }

    /// The singular word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
        }
    }

    /// The UCUM unit of (about) the same length.
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::Year => "a",
            Self::Month => "mo",
            Self::Week => "wk",
            Self::Day => "d",
            Self::Hour => "h",
            Self::Minute => "min",
            Self::Second => "s",
            Self::Millisecond => "ms",
        }
    }

    /// The calendar unit that is exactly this UCUM unit: none for `a` and `mo`, whose length the calendar changes.
    fn of_ucum(code: &str) -> Option<Self> {
        Some(match code {
            "wk" => Self::Week,
            "d" => Self::Day,
            "h" => Self::Hour,
            "min" => Self::Minute,
            "s" => Self::Second,
            "ms" => Self::Millisecond,
            other => return Self::by_name(other),
        })
    }

    /// A year or a month.
    fn is_long(self) -> bool {
        matches!(self, Self::Year | Self::Month)
    }
}

impl Unit {
    /// From what stands between quotes after a number.
    pub fn quoted(code: &str) -> Self {
        Self::Ucum(CompactString::new(code))
    }

    /// As a span that can be added to a date.
    pub(super) fn calendar(&self) -> Option<CalendarUnit> {
        match self {
            Self::Calendar(unit) => Some(*unit),
            Self::Ucum(code) => CalendarUnit::of_ucum(code),
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Calendar(unit) => unit.ucum(),
            Self::Ucum(code) => match CalendarUnit::by_name(code) {
                Some(unit) => unit.ucum(),
                None => code,
            },
        }
    }
}

const UCUM: &str = "http://unitsofmeasure.org";

impl Quantity {
    /// A FHIR Quantity that has a value, a UCUM code (or a unit) and no comparator.
    pub(super) fn of_fhir(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        if object.contains("comparator") {
            return None;
        }
        let number = decimal(object.get("value")?.as_number()?.as_str())?;
        let is_ucum = object.get("system").and_then(Value::as_str) == Some(UCUM);
        let code = object
            .get("code")
            .and_then(Value::as_str)
            .filter(|_| is_ucum);
        let unit = match code.or_else(|| object.get("unit").and_then(Value::as_str)) {
            Some(code) => Unit::quoted(code),
            None => Unit::quoted("1"),
        };
        Some(Self {
            value: number,
            unit,
        })
    }

    /// From text: `1`, `1.5 'mg'`, `4 days`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
            .unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        if number.starts_with('.') || number.ends_with('.') {
            return None;
        }
        let value = Decimal::from_str_exact(number).ok()?;
        let rest = rest.trim_start();
        let unit = if rest.is_empty() {
            Unit::quoted("1")
        } else if let Some(code) = rest.strip_prefix('\'').and_then(|r| r.strip_suffix('\'')) {
            Unit::quoted(code)
        } else {
            Unit::Calendar(CalendarUnit::by_name(rest)?)
        };
        Some(Self { value, unit })
    }

    /// As FHIRPath writes it: `1 'mg'`, `4 days`.
    pub fn to_text(&self) -> String {
        match &self.unit {
            Unit::Ucum(code) => format!("{} '{code}'", self.value),
            Unit::Calendar(unit) if self.value == Decimal::ONE => {
                format!("{} {}", self.value, unit.name())
            }
            Unit::Calendar(unit) => format!("{} {}s", self.value, unit.name()),
        }
    }

    /// The same unit, another number.
    pub(super) fn with_value(&self, value: Decimal) -> Self {
        Self {
            value,
            unit: self.unit.clone(),
        }
    }

    /// Both numbers in one unit and the text of that unit; none when they cannot be compared.
    fn in_common(&self, other: &Self) -> Option<(Decimal, Decimal)> {
        if self.unit == other.unit
            || self.unit.code() == other.unit.code() && self.calendar_like(other)
        {
            return Some((self.value, other.value));
        }
        if let (Unit::Calendar(a), Unit::Calendar(b)) = (&self.unit, &other.unit)
            && a.is_long()
            && b.is_long()
        {
            let months = |q: &Self, unit: CalendarUnit| match unit {
                CalendarUnit::Year => q.value.checked_mul(Decimal::from(12)),
                _ => Some(q.value),
            };
            return Some((months(self, *a)?, months(other, *b)?));
        }
        if !self.calendar_like(other) {
            return None;
        }
        let (a, b) = (self.measure()?, other.measure()?);
        (a.dimensions == b.dimensions).then_some(())?;
        Some((a.to_base(self.value)?, b.to_base(other.value)?))
    }

    /// A year or month of the calendar has no definite length, so it compares with its own kind only.
    fn calendar_like(&self, other: &Self) -> bool {
        let long = |u: &Unit| matches!(u, Unit::Calendar(c) if c.is_long());
        long(&self.unit) == long(&other.unit)
    }

    fn measure(&self) -> Option<Measure> {
        ucum::parse(self.unit.code())
    }

    /// Which is less; none when the units do not compare.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        let (a, b) = self.in_common(other)?;
        let difference = (a.checked_sub(b)?).abs();
        let noise = Decimal::new(1, 18);
        let same = a.abs().checked_mul(noise).is_some_and(|n| difference < n);
        Some(if same { Ordering::Equal } else { a.cmp(&b) })
    }

    /// Whether the units measure the same thing.
    pub(super) fn is_comparable(&self, other: &Self) -> bool {
        self.in_common(other).is_some()
    }

    /// Equality at the precision of the less precise of the two, in the larger unit; a calendar year is a UCUM one.
    pub(super) fn is_equivalent(&self, other: &Self) -> bool {
        if self.unit.code() == other.unit.code() {
            return equal_at_least_scale(self.value, other.value);
        }
        let (Some(a), Some(b)) = (self.measure(), other.measure()) else {
            return false;
        };
        if a.dimensions != b.dimensions {
            return false;
        }
        let (large, small, large_value, small_value) = if a.factor >= b.factor {
            (a, b, self.value, other.value)
        } else {
            (b, a, other.value, self.value)
        };
        small
            .to_base(small_value)
            .and_then(|v| large.in_unit(v))
            .is_some_and(|v| equal_at_least_scale(large_value, v.round_dp(12).normalize()))
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        if self.unit == other.unit {
            return Some(self.with_value(self.value.checked_add(other.value)?));
        }
        let (a, b) = self.in_common(other)?;
        if let Some(months) = self.in_months(other) {
            return Some(Self {
                value: months,
                unit: Unit::Calendar(CalendarUnit::Month),
            });
        }
        let value = self.measure()?.in_unit(a.checked_add(b)?)?;
        Some(self.with_value(value.normalize()))
    }

    fn in_months(&self, other: &Self) -> Option<Decimal> {
        if let (Unit::Calendar(a), Unit::Calendar(b)) = (&self.unit, &other.unit)
            && a.is_long()
            && b.is_long()
        {
            let (a, b) = self.in_common(other)?;
            return a.checked_add(b);
        }
        None
    }

    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        let value = self.value.checked_mul(other.value)?;
        let unit = match (self.unit.code(), other.unit.code()) {
            ("1", unit) | (unit, "1") => CompactString::new(unit),
            (a, b) => compact_str::format_compact!("({a}).({b})"),
        };
        bounded(value, unit)
    }

    pub(super) fn divided_by(&self, other: &Self) -> Option<Self> {
        let value = self.value.checked_div(other.value)?;
        let unit = match (self.unit.code(), other.unit.code()) {
            (a, "1") => CompactString::new(a),
            (a, b) if a == b => CompactString::new("1"),
            (a, b) => compact_str::format_compact!("({a})/({b})"),
        };
        bounded(value, unit)
    }
}

fn bounded(value: Decimal, unit: CompactString) -> Option<Quantity> {
    (unit.len() <= ucum::LONGEST).then_some(Quantity {
        value,
        unit: Unit::Ucum(unit),
    })
}

/// Equality of decimals at the scale of the one with fewer decimals (FHIRPath `~`).
pub(super) fn equal_at_least_scale(a: Decimal, b: Decimal) -> bool {
    let scale = a.scale().min(b.scale());
    a.round_dp(scale) == b.round_dp(scale)
}

/// A decimal from JSON's text of a number.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok()
}

impl Quantity {
    /// The unit alone, as FHIR's `unit` or `code` would say it.
    pub(super) fn unit_text(&self) -> String {
        match &self.unit {
            Unit::Calendar(unit) => unit.name().to_owned(),
            Unit::Ucum(code) => code.to_string(),
        }
    }
}

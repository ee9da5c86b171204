//! How old somebody is, and of which sex, as far as ranges depend on it.

use jiff::civil::Date;

/// The sex that ranges are chosen by. `Unknown` gets the ranges that hold for both, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Not recorded, or neither.
    #[default]
    Unknown,
}

impl Sex {
    /// From FHIR's administrative gender.
    pub fn of_gender(code: Option<&str>) -> Self {
        match code {
            Some("female") => Self::Female,
            Some("male") => Self::Male,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// An age on a certain day: whole months and the days over, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    months: i32,
    days: i32,
}

/// Reads `1974-03-01`, `1974-03` or `1974`; a time behind the day does not matter.
fn date(text: &str) -> Option<Date> {
    let day = text.get(..10).unwrap_or(text);
    let whole = match day.len() {
        4 => format!("{day}-01-01"),
        7 => format!("{day}-01"),
        _ => day.to_owned(),
    };
    whole.parse().ok()
}

/// Days from one FHIR date to another; negative when the second is earlier.
pub fn days_between(from: &str, to: &str) -> Option<i32> {
    Some((date(to)? - date(from)?).get_days())
}

impl Age {
    /// An adult of forty.
    pub(crate) const ADULT: Self = Self {
        months: 480,
        days: 14_610,
    };
    /// One of each age at which other limits hold, from a newborn to somebody of eighteen.
    pub(crate) const CHILDREN: [Self; 9] = [
        Self::of_months(0),
        Self::of_months(2),
        Self::of_months(6),
        Self::of_months(18),
        Self::of_months(48),
        Self::of_months(96),
        Self::of_months(156),
        Self::of_months(198),
        Self::of_months(222),
    ];

    const fn of_months(months: i32) -> Self {
        Self {
            months,
            days: months * 30,
        }
    }

    /// From the birth date to a day, both as FHIR writes dates. A birth date without day or month counts from the first.
    /// None before birth, or when either is no date.
    pub fn between(birth: &str, on: &str) -> Option<Self> {
        let (birth, on) = (date(birth)?, date(on)?);
        if on < birth {
            return None;
        }
        let mut months = (i32::from(on.year()) - i32::from(birth.year())) * 12
            + i32::from(on.month())
            - i32::from(birth.month());
        if on.day() < birth.day() {
            months -= 1;
        }
        let days = (on - birth).get_days();
        Some(Self { months, days })
    }

    /// Whole years.
    pub const fn years(self) -> i32 {
        self.months / 12
    }

    /// Whole months.
    pub const fn months(self) -> i32 {
        self.months
    }

    /// Days since birth.
    pub const fn days(self) -> i32 {
        self.days
    }

    /// Months with their fraction, as growth references count them (a month has 30.4375 days).
    pub fn months_exact(self) -> f64 {
        f64::from(self.days) / 30.4375
    }
}

impl std::fmt::Display for Age {
    /// `12 days`, `13 months`, `52 years`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.days, self.months) {
            (1, _) => write!(f, "1 day"),
            (0..=27, _) => write!(f, "{} days", self.days),
            (_, 0) => write!(f, "{} weeks", self.days / 7),
            (_, 1) => write!(f, "1 month"),
            (_, 2..=23) => write!(f, "{} months", self.months),
            _ => write!(f, "{} years", self.years()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_unit_that_matters() {
        for (birth, on, expected) in [
            ("2026-03-01", "2026-03-02", "1 day"),
            ("2026-03-01", "2026-03-13", "12 days"),
            ("2026-02-01", "2026-03-01", "1 month"),
            ("2025-01-31", "2026-03-01", "13 months"),
            ("1974-03-02", "2026-03-01", "51 years"),
            ("1974-03-01", "2026-03-01T10:00:00Z", "52 years"),
            ("1974", "2026-03-01", "52 years"),
        ] {
            assert_eq!(Age::between(birth, on).unwrap().to_string(), expected);
        }
        assert_eq!(Age::between("2027-01-01", "2026-03-01"), None);
        assert_eq!(Age::between("soon", "2026-03-01"), None);
    }
}

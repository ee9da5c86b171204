//! Whether a vital sign is within its range, by age and sex, and by whose range.

use crate::{Age, Vital};

/// Where a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// So low that somebody has to be told now.
    CriticallyLow,
    /// Below the range.
    Low,
    /// Within.
    Normal,
    /// Above the range.
    High,
    /// So high that somebody has to be told now.
    CriticallyHigh,
}

impl Level {
    /// Whether it is outside the range.
    pub const fn is_abnormal(self) -> bool {
        !matches!(self, Self::Normal)
    }

    /// Whether somebody has to be told now.
    pub const fn is_critical(self) -> bool {
        matches!(self, Self::CriticallyLow | Self::CriticallyHigh)
    }

    /// In a word, for those who do not see colours.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CriticallyLow => "critically low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::CriticallyHigh => "critically high",
        }
    }
}

/// By whose limits a value was weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// Those of the patient's age.
    OfAge,
    /// The age is not known: an adult's.
    Adult,
    /// The age is not known, and at some age somebody has to be told now: the limits of that age.
    Cautious,
}

impl Limits {
    /// What has to stand beside the value, in a few words; nothing where the age is known.
    pub const fn note(self) -> Option<&'static str> {
        match self {
            Self::OfAge => None,
            Self::Adult => Some("age unknown: adult limits"),
            Self::Cautious => Some("age unknown: limits of the age at which it is critical"),
        }
    }
}

/// Where a value lies, in which range, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Where it lies.
    pub level: Level,
    /// The normal range as people read it: `12–20 /min`.
    pub range: String,
    /// Where the range comes from.
    pub source: &'static str,
    /// By whose limits.
    pub limits: Limits,
}

/// Lower and upper end of the normal range, and beyond what it is critical. Both ends belong to the range; a critical
/// bound belongs to what is critical.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) critical_low: Option<f64>,
    pub(crate) critical_high: Option<f64>,
}

pub(crate) const fn range(low: f64, high: f64) -> Range {
    Range {
        low: Some(low),
        high: Some(high),
        critical_low: None,
        critical_high: None,
    }
}

pub(crate) const fn up_to(high: f64) -> Range {
    Range {
        low: None,
        high: Some(high),
        critical_low: None,
        critical_high: None,
    }
}

pub(crate) const fn from(low: f64) -> Range {
    Range {
        low: Some(low),
        high: None,
        critical_low: None,
        critical_high: None,
    }
}

impl Range {
    pub(crate) const fn critical(mut self, low: f64, high: f64) -> Self {
        self.critical_low = Some(low);
        self.critical_high = Some(high);
        self
    }

    pub(crate) const fn critical_below(mut self, low: f64) -> Self {
        self.critical_low = Some(low);
        self
    }

    pub(crate) const fn critical_above(mut self, high: f64) -> Self {
        self.critical_high = Some(high);
        self
    }

    /// What is normal by both ranges; critical bounds are this one's.
    pub(crate) fn both(&self, other: &Self) -> Self {
        let pick = |a: Option<f64>, b: Option<f64>, of: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(of(a, b)),
            (one, None) | (None, one) => one,
        };
        Self {
            low: pick(self.low, other.low, f64::max),
            high: pick(self.high, other.high, f64::min),
            ..*self
        }
    }

    pub(crate) fn level(&self, value: f64) -> Level {
        let under = |bound: Option<f64>| bound.is_some_and(|b| value < b);
        let over = |bound: Option<f64>| bound.is_some_and(|b| value > b);
        if self.critical_low.is_some_and(|b| value <= b) {
            Level::CriticallyLow
        } else if self.critical_high.is_some_and(|b| value >= b) {
            Level::CriticallyHigh
        } else if under(self.low) {
            Level::Low
        } else if over(self.high) {
            Level::High
        } else {
            Level::Normal
        }
    }

    pub(crate) fn say(&self, unit: &str) -> String {
        let text = match (self.low, self.high) {
            (Some(low), Some(high)) => format!("{low}–{high}"),
            (None, Some(high)) => format!("≤ {high}"),
            (Some(low), None) => format!("≥ {low}"),
            (None, None) => String::new(),
        };
        [text.as_str(), unit].join(" ").trim().to_owned()
    }
}

/// NEWS2 gives no score within the normal range, and three, which calls for somebody at once, from the critical bounds on.
const NEWS2: &str = "National Early Warning Score 2 (Royal College of Physicians, 2017)";
const PALS: &str =
    "Pediatric Advanced Life Support, normal vital signs by age (American Heart Association, 2020)";
const PRESSURE: &str =
    "ACC/AHA guideline for high blood pressure in adults (2017); lower end: NEWS2 (RCP, 2017)";
const FEVER: &str = "Fever in under 5s, NG143 (NICE, 2021); lower end: hypothermia is below 35 °C";
const SATURATION: &str =
    "Fever in under 5s, NG143 (NICE, 2021); community acquired pneumonia in children (BTS, 2011)";
const BMI: &str = "Adult body mass index categories (WHO, TRS 894, 2000)";
const PAIN: &str = "Numeric rating scale: 7 to 10 is severe";

/// From sixteen on, NEWS2 holds.
const ADULT: i32 = 16;

impl Vital {
    /// Where a value in the vital's own unit lies for somebody of this age; none where no range holds (weight, height). Where
    /// the age is not known, an adult's range holds, but what is critical at any age is critical: nobody waits for a birth date.
    pub fn judge(self, value: f64, age: Option<Age>) -> Option<Judgement> {
        match age {
            Some(age) => self.weigh(value, age, Limits::OfAge),
            None => self.weigh_at_unknown_age(value),
        }
    }

    fn weigh(self, value: f64, age: Age, limits: Limits) -> Option<Judgement> {
        let (range, source) = self.range(age)?;
        Some(Judgement {
            level: range.level(value),
            range: range.say(self.unit_said()),
            source,
            limits,
        })
    }

    fn weigh_at_unknown_age(self, value: f64) -> Option<Judgement> {
        let adult = self.weigh(value, Age::ADULT, Limits::Adult);
        if adult.as_ref().is_some_and(|a| a.level.is_critical()) {
            return adult;
        }
        let younger = Age::CHILDREN.into_iter();
        let mut weighed = younger.filter_map(|age| self.weigh(value, age, Limits::Cautious));
        weighed.find(|w| w.level.is_critical()).or(adult)
    }

    fn range(self, age: Age) -> Option<(Range, &'static str)> {
        let adult = age.years() >= ADULT;
        Some(match self {
            Self::Pulse if adult => (range(51.0, 90.0).critical(40.0, 131.0), NEWS2),
            Self::Pulse => (child_pulse(age), PALS),
            Self::Breathing if adult => (range(12.0, 20.0).critical(8.0, 25.0), NEWS2),
            Self::Breathing => (child_breathing(age), PALS),
            Self::Temperature if adult => (range(36.1, 38.0).critical_below(35.0), NEWS2),
            Self::Temperature => (child_temperature(age), FEVER),
            Self::Oxygen if adult => (from(96.0).critical_below(91.0), NEWS2),
            Self::Oxygen => (from(96.0).critical_below(91.0), SATURATION),
            Self::Systolic if age.years() >= 18 => {
                (range(101.0, 129.0).critical(90.0, 181.0), PRESSURE)
            }
            Self::Systolic => (child_systolic(age), PALS),
            Self::Diastolic if age.years() >= 18 => (up_to(79.0).critical_above(121.0), PRESSURE),
            Self::Bmi if age.years() >= 20 => (range(18.5, 24.9), BMI),
            Self::Pain => (up_to(6.0), PAIN),
            Self::Diastolic | Self::Bmi | Self::Weight | Self::Height | Self::Head => return None,
        })
    }
}

/// Awake.
fn child_pulse(age: Age) -> Range {
    match (age.days(), age.years()) {
        (0..=27, _) => range(100.0, 205.0),
        (_, 0) => range(100.0, 180.0),
        (_, 1 | 2) => range(98.0, 140.0),
        (_, 3..=5) => range(80.0, 120.0),
        (_, 6..=11) => range(75.0, 118.0),
        _ => range(60.0, 100.0),
    }
}

fn child_breathing(age: Age) -> Range {
    match age.years() {
        0 => range(30.0, 53.0),
        1 | 2 => range(22.0, 37.0),
        3..=5 => range(20.0, 28.0),
        6..=11 => range(18.0, 25.0),
        _ => range(12.0, 20.0),
    }
}

/// Hypotension by age; PALS gives no upper bound that this could use.
fn child_systolic(age: Age) -> Range {
    let lowest = match (age.days(), age.years()) {
        (0..=27, _) => 60.0,
        (_, 0) => 70.0,
        (_, years @ 1..=9) => 70.0 + 2.0 * f64::from(years),
        _ => 90.0,
    };
    from(lowest)
}

/// Below three months a temperature of 38 °C is a red sign.
fn child_temperature(age: Age) -> Range {
    let fever = range(35.0, 37.9);
    if age.months() < 3 {
        fever.critical_above(38.0)
    } else {
        fever
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vital: Vital, value: f64, birth: &str, level: Level) {
        let age = Age::between(birth, "2026-03-01");
        let found = vital.judge(value, age).unwrap();
        assert_eq!(found.level, level, "{vital:?} {value} {birth}: {found:?}");
        assert!(!found.source.is_empty());
    }

    #[test]
    fn what_is_fast_for_an_adult_is_normal_for_a_baby() {
        check(Vital::Pulse, 140.0, "1980-01-01", Level::CriticallyHigh);
        check(Vital::Pulse, 140.0, "2025-10-01", Level::Normal);
        check(Vital::Breathing, 40.0, "2025-10-01", Level::Normal);
        check(Vital::Breathing, 24.0, "1980-01-01", Level::High);
        check(Vital::Breathing, 25.0, "1980-01-01", Level::CriticallyHigh);
    }

    #[test]
    fn bounds_belong_to_the_side_that_their_source_says() {
        check(Vital::Oxygen, 96.0, "1980-01-01", Level::Normal);
        check(Vital::Oxygen, 95.0, "1980-01-01", Level::Low);
        check(Vital::Oxygen, 91.0, "1980-01-01", Level::CriticallyLow);
        check(Vital::Systolic, 129.0, "1980-01-01", Level::Normal);
        check(Vital::Systolic, 130.0, "1980-01-01", Level::High);
        check(Vital::Systolic, 180.0, "1980-01-01", Level::High);
        check(Vital::Systolic, 181.0, "1980-01-01", Level::CriticallyHigh);
        check(Vital::Diastolic, 80.0, "1980-01-01", Level::High);
        check(Vital::Systolic, 75.0, "2022-02-01", Level::Low);
        check(
            Vital::Temperature,
            38.0,
            "2026-02-01",
            Level::CriticallyHigh,
        );
        check(Vital::Temperature, 38.0, "2020-02-01", Level::High);
        check(Vital::Bmi, 24.9, "1980-01-01", Level::Normal);
        check(Vital::Bmi, 31.0, "1980-01-01", Level::High);
    }

    #[test]
    fn where_no_range_holds_nothing_is_said() {
        let child = Age::between("2020-01-01", "2026-03-01");
        assert_eq!(Vital::Bmi.judge(15.0, child), None);
        assert_eq!(Vital::Weight.judge(15.0, child), None);
        assert_eq!(Vital::Weight.judge(15.0, None), None);
    }

    #[test]
    fn emr_1_11_without_a_birth_date_an_adults_limits_hold_and_what_is_critical_at_any_age_is_critical()
     {
        let check = |vital: Vital, value: f64, level: Level, limits: Limits, range: &str| {
            let found = vital.judge(value, None).unwrap();
            assert_eq!(
                (found.level, found.limits),
                (level, limits),
                "{vital:?} {value}"
            );
            assert_eq!(found.range, range, "{vital:?} {value}");
            assert!(found.limits.note().is_some());
        };
        let (adult, cautious) = (Limits::Adult, Limits::Cautious);
        check(Vital::Pulse, 80.0, Level::Normal, adult, "51–90 /min");
        check(
            Vital::Pulse,
            140.0,
            Level::CriticallyHigh,
            adult,
            "51–90 /min",
        );
        check(Vital::Oxygen, 88.0, Level::CriticallyLow, adult, "≥ 96 %");
        check(
            Vital::Systolic,
            185.0,
            Level::CriticallyHigh,
            adult,
            "101–129 mmHg",
        );
        // Nobody knows that it is no newborn.
        check(
            Vital::Temperature,
            38.2,
            Level::CriticallyHigh,
            cautious,
            "35–37.9 °C",
        );
        check(Vital::Temperature, 37.0, Level::Normal, adult, "36.1–38 °C");
        let known = Vital::Pulse.judge(80.0, Age::between("1980-01-01", "2026-03-01"));
        assert_eq!(known.unwrap().limits.note(), None);
    }

    #[test]
    fn the_ages_that_stand_for_unknown_ones_meet_every_range_of_every_sign() {
        let ranges = |ages: &mut dyn Iterator<Item = Age>, vital: Vital| {
            let mut all: Vec<String> = ages
                .filter_map(|age| vital.range(age))
                .map(|(r, _)| format!("{:?}", (r.critical_low, r.critical_high)))
                .collect();
            all.sort();
            all.dedup();
            all
        };
        // A critical bound that no age of the table has would never be looked at.
        for vital in Vital::ALL {
            let mut days = (0..365 * 25).step_by(9).filter_map(|day| {
                let birth = jiff::civil::date(2000, 1, 1);
                let on = birth.checked_add(jiff::Span::new().days(day)).ok()?;
                Age::between("2000-01-01", &on.to_string())
            });
            let mut table = Age::CHILDREN.into_iter().chain([Age::ADULT]);
            assert_eq!(
                ranges(&mut days, vital),
                ranges(&mut table, vital),
                "{vital:?}"
            );
        }
    }
}

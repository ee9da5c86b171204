//! What cannot be, and what looks like a slip of the unit. A doubt says why; it never forbids: the person who measured
//! may confirm it, unless no living body has such a value.

use crate::{Age, Part, Sentence, Vital};

/// Why an entered value is doubted.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// No living person has such a value. What it would be in another unit, where that fits.
    Impossible(Vec<Sentence>),
    /// It may be right, but looks like a slip; the person may confirm it.
    Unlikely(Vec<Sentence>),
}

impl Doubt {
    /// Why, and what it may have been.
    pub fn why(&self) -> &[Sentence] {
        match self {
            Self::Impossible(why) | Self::Unlikely(why) => why,
        }
    }
}

/// Values beyond these have been seen in nobody: the widest of published extremes, rounded outwards.
fn possible(vital: Vital) -> (f64, f64) {
    match vital {
        Vital::Systolic => (30.0, 370.0),
        Vital::Diastolic => (10.0, 360.0),
        Vital::Pulse => (10.0, 350.0),
        Vital::Breathing => (2.0, 150.0),
        Vital::Temperature => (13.0, 46.5),
        Vital::Oxygen => (10.0, 100.0),
        Vital::Weight => (0.2, 640.0),
        Vital::Height => (20.0, 275.0),
        Vital::Bmi => (5.0, 210.0),
        Vital::Head => (15.0, 100.0),
        Vital::Pain => (0.0, 10.0),
    }
}

/// What is rare enough at this age to be asked about: wide, so that few true values are.
fn expected(vital: Vital, age: Option<Age>) -> Option<(f64, f64)> {
    let years = age.map_or(30, Age::years);
    Some(match (vital, years) {
        (Vital::Weight, 0) => (0.4, 15.0),
        (Vital::Weight, 1) => (4.0, 20.0),
        (Vital::Weight, 2..=4) => (6.0, 35.0),
        (Vital::Weight, 5..=9) => (10.0, 80.0),
        (Vital::Weight, 10..=15) => (18.0, 160.0),
        (Vital::Weight, _) => (28.0, 250.0),
        (Vital::Height, 0) => (25.0, 95.0),
        (Vital::Height, 1) => (55.0, 105.0),
        (Vital::Height, 2..=4) => (65.0, 130.0),
        (Vital::Height, 5..=9) => (80.0, 170.0),
        (Vital::Height, 10..=15) => (100.0, 205.0),
        (Vital::Height, _) => (120.0, 215.0),
        (Vital::Temperature, _) => (32.0, 42.0),
        (Vital::Pulse, 0..=2) => (50.0, 240.0),
        (Vital::Pulse, _) => (25.0, 220.0),
        (Vital::Breathing, 0..=2) => (12.0, 90.0),
        (Vital::Breathing, _) => (5.0, 60.0),
        (Vital::Systolic, 0..=5) => (40.0, 160.0),
        (Vital::Systolic, _) => (60.0, 260.0),
        (Vital::Diastolic, 0..=5) => (20.0, 110.0),
        (Vital::Diastolic, _) => (30.0, 150.0),
        (Vital::Oxygen, _) => (50.0, 100.0),
        (Vital::Head, 0..=2) => (20.0, 56.0),
        (Vital::Head | Vital::Bmi | Vital::Pain, _) => return None,
    })
}

/// Other units that are written down by mistake: what people call them, and the value in the vital's own unit.
fn mistaken(vital: Vital, value: f64) -> Vec<(&'static str, f64)> {
    match vital {
        Vital::Weight => vec![("pounds", value * 0.453_592_37), ("grams", value / 1000.0)],
        Vital::Height | Vital::Head => vec![("inches", value * 2.54), ("metres", value * 100.0)],
        Vital::Temperature => vec![("degrees Fahrenheit", (value - 32.0) / 1.8)],
        Vital::Systolic
        | Vital::Diastolic
        | Vital::Pulse
        | Vital::Breathing
        | Vital::Oxygen
        | Vital::Bmi
        | Vital::Pain => Vec::new(),
    }
}

/// Doubts a value in the vital's own unit. `last`: the last one on record, in the same unit, for weight and height.
pub fn doubt(vital: Vital, value: f64, age: Option<Age>, last: Option<f64>) -> Option<Doubt> {
    let (name, unit) = (vital.name(), vital.unit_said());
    let said = vital.say(value);
    let (least, most) = possible(vital);
    if !(least..=most).contains(&value) {
        let guess = guess(vital, value, age, last).unwrap_or_else(|| {
            Sentence::new(
                "Nobody has less than {0} or more than {1}; check the number",
                [number(least), number(most)],
            )
        });
        let parts = [Part::Ours(name), Part::Said(said), Part::Said(unit.into())];
        let first = Sentence::new("{0} cannot be {1} {2}.", parts);
        return Some(Doubt::Impossible(vec![first, guess]));
    }
    // Grown people do not double their weight between visits; a factor like that is a unit.
    if let Some(last) = last.filter(|last| *last > 0.0 && changes_slowly(vital, age)) {
        let factor = value / last;
        if !(0.65..=1.5).contains(&factor) {
            let parts = [
                Part::Ours(name),
                Part::Said(vital.say(last)),
                Part::Said(unit.into()),
                Part::Said(said),
            ];
            let first = Sentence::new("{0}: the last was {1} {2}, this is {3} {2}.", parts);
            let guess = guess(vital, value, age, Some(last));
            return Some(Doubt::Unlikely(
                std::iter::once(first).chain(guess).collect(),
            ));
        }
    }
    let (low, high) = expected(vital, age)?;
    if (low..=high).contains(&value) {
        return None;
    }
    let mut parts = vec![Part::Ours(name), Part::Said(said), Part::Said(unit.into())];
    let text = match age {
        Some(age) => {
            parts.push(Part::Age(age));
            "{0} of {1} {2} is unusual at {3}."
        }
        None => "{0} of {1} {2} is unusual.",
    };
    let first = Sentence::new(text, parts);
    let guess = guess(vital, value, age, last);
    Some(Doubt::Unlikely(
        std::iter::once(first).chain(guess).collect(),
    ))
}

fn changes_slowly(vital: Vital, age: Option<Age>) -> bool {
    let grown = age.is_none_or(|age| age.years() >= 5);
    grown && matches!(vital, Vital::Weight | Vital::Height | Vital::Head)
}

/// What it may have been: another unit in which the value fits the last one, or else the age.
fn guess(vital: Vital, value: f64, age: Option<Age>, last: Option<f64>) -> Option<Sentence> {
    let fits = |other: f64| match last.filter(|_| changes_slowly(vital, age)) {
        Some(last) => (0.8..=1.25).contains(&(other / last)),
        None => expected(vital, age).is_some_and(|(low, high)| (low..=high).contains(&other)),
    };
    let (name, other) = mistaken(vital, value)
        .into_iter()
        .find(|(_, other)| fits(*other))?;
    Some(Sentence::new(
        "In {0} it would be {1} {2}: was it measured in {0}?",
        [
            Part::Ours(name),
            Part::Said(vital.say(other)),
            Part::Said(vital.unit_said().into()),
        ],
    ))
}

fn number(number: f64) -> Part {
    Part::Said(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(why: &[Sentence]) -> String {
        let all: Vec<String> = why.iter().map(ToString::to_string).collect();
        all.join(" ")
    }

    fn adult() -> Option<Age> {
        Age::between("1974-03-01", "2026-03-01")
    }

    #[test]
    fn pounds_in_the_field_for_kilograms_are_noticed_by_the_last_weight() {
        let found = doubt(Vital::Weight, 170.0, adult(), Some(76.0));
        let Some(Doubt::Unlikely(why)) = found else {
            panic!("{found:?}")
        };
        let why = said(&why);
        assert!(why.contains("pounds") && why.contains("77.1 kg"), "{why}");
        assert_eq!(doubt(Vital::Weight, 78.0, adult(), Some(76.0)), None);
    }

    #[test]
    fn pounds_are_noticed_by_age_where_there_is_no_last_weight() {
        let child = Age::between("2023-03-01", "2026-03-01");
        let found = doubt(Vital::Weight, 36.0, child, None);
        assert!(said(found.unwrap().why()).contains("16.3 kg"));
        assert_eq!(doubt(Vital::Weight, 170.0, adult(), None), None);
    }

    #[test]
    fn what_no_living_body_has_is_impossible_and_says_what_it_may_have_been() {
        let check = |vital, value, hint: &str| {
            let found = doubt(vital, value, adult(), None);
            let Some(Doubt::Impossible(why)) = found else {
                panic!("{found:?}")
            };
            let why = said(&why);
            assert!(why.contains(hint), "{why}");
        };
        check(Vital::Temperature, 98.6, "37 °C");
        check(Vital::Height, 1.72, "172 cm");
        check(Vital::Oxygen, 101.0, "more than 100");
        check(Vital::Weight, 3450000.0, "check the number");
    }

    #[test]
    fn a_true_value_is_seldom_asked_about() {
        for (vital, value) in [
            (Vital::Systolic, 210.0),
            (Vital::Pulse, 38.0),
            (Vital::Temperature, 40.8),
            (Vital::Weight, 180.0),
            (Vital::Oxygen, 82.0),
        ] {
            assert_eq!(doubt(vital, value, adult(), None), None, "{vital:?}");
        }
    }
}

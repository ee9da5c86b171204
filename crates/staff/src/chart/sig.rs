//! How a drug is to be taken, as it is typed into a prescription and as a MedicationRequest says it.

use aceso_clinic::drug::Schedule;
use aceso_fhir::{Object, Value};

use super::write::{SNOMED, UCUM, coding, number, one, words};
use crate::words::{counted, known, say};

/// So many times in a period: count, period, unit of time; none for what has no rhythm.
type Rhythm = Option<(u32, u32, &'static str)>;

/// How often: its code on the form, in words, and its rhythm.
pub(crate) const OFTEN: [(&str, &str, Rhythm); 12] = [
    ("qd", "once a day", Some((1, 1, "d"))),
    ("bid", "twice a day", Some((2, 1, "d"))),
    ("tid", "three times a day", Some((3, 1, "d"))),
    ("qid", "four times a day", Some((4, 1, "d"))),
    ("hs", "at bedtime", Some((1, 1, "d"))),
    ("q4h", "every 4 hours", Some((1, 4, "h"))),
    ("q6h", "every 6 hours", Some((1, 6, "h"))),
    ("q8h", "every 8 hours", Some((1, 8, "h"))),
    ("q12h", "every 12 hours", Some((1, 12, "h"))),
    ("qod", "every other day", Some((1, 2, "d"))),
    ("qwk", "once a week", Some((1, 1, "wk"))),
    ("once", "once", None),
];

/// By which way: SNOMED CT, in words.
pub(crate) const ROUTES: [(&str, &str); 11] = [
    ("26643006", "by mouth"),
    ("37839007", "under the tongue"),
    ("447694001", "inhaled"),
    ("6064005", "on the skin"),
    ("54485002", "into the eye"),
    ("10547007", "into the ear"),
    ("46713006", "into the nose"),
    ("34206005", "under the skin"),
    ("78421000", "into the muscle"),
    ("47625008", "into the vein"),
    ("37161004", "rectally"),
];

/// What is counted: one, and several.
pub(crate) const UNITS: [(&str, &str); 12] = [
    ("tablet", "tablets"),
    ("capsule", "capsules"),
    ("mL", "mL"),
    ("mg", "mg"),
    ("puff", "puffs"),
    ("drop", "drops"),
    ("unit", "units"),
    ("application", "applications"),
    ("patch", "patches"),
    ("spray", "sprays"),
    ("suppository", "suppositories"),
    ("sachet", "sachets"),
];

/// The refills that a prescription may have: none of schedule II, five of III to V (21 CFR 1306.12, 1306.22).
pub(crate) const fn most_refills(schedule: Option<Schedule>) -> u32 {
    match schedule {
        Some(Schedule::Two) => 0,
        Some(Schedule::Three | Schedule::Four | Schedule::Five) => 5,
        None => 11,
    }
}

/// What was typed of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sig {
    pub(crate) amount: String,
    pub(crate) unit: String,
    pub(crate) route: String,
    pub(crate) often: String,
    pub(crate) days: String,
    /// What it is needed for; `needed` says that it is.
    pub(crate) needed_for: String,
    pub(crate) needed: bool,
    pub(crate) quantity: String,
    pub(crate) refills: String,
    pub(crate) more: String,
}

/// A number as it is typed: with a point or a comma, above nought and up to this.
fn amount(text: &str, most: f64) -> Option<f64> {
    let value: f64 = crate::patient::measure::typed_number(text)?;
    (value > 0.0 && value <= most).then_some(value)
}

fn whole(text: &str, most: u32) -> Option<u32> {
    text.parse().ok().filter(|n| *n <= most)
}

impl Sig {
    /// What cannot be, by the name of its field.
    pub(crate) fn wrong(&self, schedule: Option<Schedule>) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        let mut check = |fine: bool, field, what: &str| {
            if !fine {
                wrong.push((field, known(what)));
            }
        };
        check(
            amount(&self.amount, 1000.0).is_some(),
            "amount",
            "Enter how much at a time: a number up to 1000",
        );
        let unit = UNITS.iter().any(|(unit, _)| *unit == self.unit);
        check(unit, "unit", "Choose one");
        check(self.route().is_some(), "route", "Choose one");
        check(self.often().is_some(), "often", "Choose one");
        let days = self.days.is_empty() || whole(&self.days, 365).is_some_and(|d| d > 0);
        check(days, "days", "Enter days: 1 to 365, or leave it empty");
        check(
            self.quantity.is_empty() || amount(&self.quantity, 10_000.0).is_some(),
            "quantity",
            "Enter a number up to 10000, or leave it empty",
        );
        let most = most_refills(schedule);
        if whole(&self.refills, most).is_none() {
            let what = match schedule {
                Some(Schedule::Two) => say("Schedule II drugs have no refills: enter 0", &[]),
                Some(other) => say(
                    "At most {0} refills of schedule {1}",
                    &[&most, &other.name()],
                ),
                None => say("Enter a number up to {0}", &[&most]),
            };
            wrong.push(("refills", what));
        }
        for (field, text) in [("needed-for", &self.needed_for), ("more", &self.more)] {
            if text.chars().count() > 300 {
                wrong.push((field, say("At most 300 letters", &[])));
            }
        }
        wrong
    }

    fn route(&self) -> Option<&'static str> {
        let found = ROUTES.iter().find(|(code, _)| *code == self.route);
        found.map(|(_, said)| *said)
    }

    fn often(&self) -> Option<(&'static str, Rhythm)> {
        let found = OFTEN.iter().find(|(code, ..)| *code == self.often);
        found.map(|(_, said, timing)| (*said, *timing))
    }

    /// In a sentence: `1 tablet by mouth twice a day for 7 days, as needed for pain`.
    pub(crate) fn sentence(&self) -> String {
        let often = self.often().map(|(said, _)| said).unwrap_or_default();
        let single = matches!(self.amount.as_str(), "1" | "0.5" | "0,5");
        let unit = UNITS.iter().find(|(unit, _)| *unit == self.unit);
        let unit = unit.map(|(one, several)| if single { one } else { several });
        let unit = known(unit.copied().unwrap_or(&self.unit));
        let route = known(self.route().unwrap_or_default());
        let mut text = [self.amount.as_str(), &unit, &route, &known(often)].join(" ");
        if let Ok(days) = self.days.parse() {
            text.push(' ');
            text.push_str(&counted(days, "for {0} day", "for {0} days", &[]));
        }
        if self.needed {
            text.push_str(", ");
            text.push_str(&match self.needed_for.as_str() {
                "" => known("as needed"),
                what => say("as needed for {0}", &[&what]),
            });
        }
        if !self.more.is_empty() {
            text.push_str("; ");
            text.push_str(&self.more);
        }
        text
    }

    /// MedicationRequest.dosageInstruction.
    pub(crate) fn dosage(&self) -> Value {
        let mut dosage = Object::new();
        dosage.set("text", self.sentence());
        let mut repeat = Object::new();
        if let Some(days) = whole(&self.days, 365) {
            let bounds = Value::from([
                ("value", Value::from(i64::from(days))),
                ("unit", Value::from("day")),
                ("system", Value::from(UCUM)),
                ("code", Value::from("d")),
            ]);
            repeat.set("boundsDuration", bounds);
        }
        if let Some((_, Some((frequency, period, unit)))) = self.often() {
            repeat.set("frequency", i64::from(frequency));
            repeat.set("period", i64::from(period));
            repeat.set("periodUnit", unit);
            if self.often == "hs" {
                repeat.set("when", vec![Value::from("HS")]);
            }
        }
        if !repeat.is_empty() {
            dosage.set("timing", Value::from([("repeat", Value::from(repeat))]));
        }
        if self.needed && !self.needed_for.is_empty() {
            dosage.set("asNeededCodeableConcept", words(&self.needed_for));
        } else if self.needed {
            dosage.set("asNeededBoolean", Value::Bool(true));
        }
        if let Some(said) = self.route() {
            let route = coding(SNOMED, &self.route, "");
            let route = [("coding", one(route)), ("text", Value::from(said))];
            dosage.set("route", Value::from(route));
        }
        if let Some(value) = amount(&self.amount, 1000.0) {
            let dose = Value::from([
                ("value", Value::from(number(value))),
                ("unit", Value::from(self.unit.as_str())),
            ]);
            dosage.set("doseAndRate", one(Value::from([("doseQuantity", dose)])));
        }
        Value::from(dosage)
    }

    /// MedicationRequest.dispenseRequest.
    pub(crate) fn dispense(&self) -> Value {
        let mut dispense = Object::new();
        if let Some(refills) = whole(&self.refills, 11) {
            dispense.set("numberOfRepeatsAllowed", i64::from(refills));
        }
        if let Some(quantity) = amount(&self.quantity, 10_000.0) {
            let quantity = Value::from([
                ("value", Value::from(number(quantity))),
                ("unit", Value::from(self.unit.as_str())),
            ]);
            dispense.set("quantity", quantity);
        }
        Value::from(dispense)
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn sig() -> Sig {
        Sig {
            amount: "2".into(),
            unit: "tablet".into(),
            route: "26643006".into(),
            often: "tid".into(),
            days: "7".into(),
            needed: true,
            needed_for: "pain".into(),
            quantity: "42".into(),
            refills: "1".into(),
            ..Sig::default()
        }
    }

    #[test]
    fn emr_1_17_a_prescription_says_in_words_and_in_codes_how_it_is_taken() {
        assert_eq!(
            sig().sentence(),
            "2 tablets by mouth three times a day for 7 days, as needed for pain"
        );
        let text = json::to_string(&sig().dosage());
        for part in [
            r#""frequency":3,"period":1,"periodUnit":"d""#,
            r#""asNeededCodeableConcept":{"text":"pain"}"#,
            r#""code":"26643006""#,
            r#""doseQuantity":{"value":2,"unit":"tablet"}"#,
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(json::to_string(&sig().dispense()).contains(r#""numberOfRepeatsAllowed":1"#));
        assert!(sig().wrong(None).is_empty());
    }

    #[test]
    fn what_cannot_be_taken_and_refills_that_the_law_does_not_allow_are_named() {
        let check = |change: fn(&mut Sig), schedule, field: &str| {
            let mut sig = sig();
            change(&mut sig);
            let wrong = sig.wrong(schedule);
            assert!(wrong.iter().any(|(f, _)| *f == field), "{field}: {wrong:?}");
        };
        for (amount, _) in [
            ("0", ()),
            ("-1", ()),
            ("1e9", ()),
            ("many", ()),
            ("", ()),
            ("NaN", ()),
        ] {
            let mut sig = sig();
            sig.amount = amount.into();
            assert!(!sig.wrong(None).is_empty(), "{amount}");
        }
        check(|s| s.unit = "bucket".into(), None, "unit");
        check(|s| s.route = "1".into(), None, "route");
        check(|s| s.often = "never".into(), None, "often");
        check(|s| s.days = "4000".into(), None, "days");
        check(|s| s.refills = "12".into(), None, "refills");
        check(|_| (), Some(Schedule::Two), "refills");
        check(|s| s.refills = "6".into(), Some(Schedule::Four), "refills");
    }
}

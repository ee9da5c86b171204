//! What has happened to a patient: visits over the last years, with vital signs, results, prescriptions and vaccinations that
//! go with age and illness.

use jiff::Span;
use jiff::civil::Date;

use super::chance::Chance;
use super::illness::{ALLERGENS, ILLNESSES, Illness, PASSING, Panel, Test, tests};
use super::person::Person;
use super::write::{Chart, Visit};

/// Visits go back so many years.
const YEARS: u32 = 6;

const CHECK_UP: (&str, &str) = ("185349003", "Encounter for check up");
const FOLLOW_UP: (&str, &str) = ("390906007", "Follow-up encounter");
const PROBLEM: (&str, &str) = ("185347001", "Encounter for problem");

/// A patient's history, told up to a day.
pub(super) struct Course<'a> {
    pub(super) person: &'a Person,
    pub(super) today: Date,
    pub(super) chance: &'a mut Chance,
    pub(super) chart: &'a mut Chart,
}

fn before(day: Date, days: u32) -> Date {
    day.saturating_sub(Span::new().days(i64::from(days)))
}

/// Rounded to so many digits.
fn round(value: f64, digits: usize) -> f64 {
    format!("{value:.digits$}").parse().unwrap_or(value)
}

impl Course<'_> {
    /// Tells all of it.
    pub(super) fn tell(&mut self) {
        let ill = self.illnesses();
        let months = match (self.person.years(self.today), ill.len()) {
            (0..=2, _) | (_, 3..) => 4,
            (_, 1 | 2) => 7,
            _ => 13,
        };
        // The last visit was within the last months.
        let mut ago = self.chance.below(months * 30);
        while ago < YEARS * 365 {
            let day = before(self.today, ago.max(1));
            if day <= self.person.born {
                break;
            }
            self.visit(day, &ill);
            ago += months * 30 / 2 + self.chance.below(months * 30);
        }
        if self.chance.percent(22) {
            let allergen = self
                .chance
                .pick(&ALLERGENS, ("7980", true, "Penicillin G", "Hives"));
            let since = self.some_day(8);
            self.chart.allergy(allergen, since);
        }
    }

    fn some_day(&mut self, years: u32) -> Date {
        let lived = self.person.years(self.today).clamp(1, years) * 365;
        before(
            self.today,
            30 + self.chance.below(lived.saturating_sub(30).max(1)),
        )
    }

    /// Which lasting illnesses the patient has; each is put on the problem list, with what is taken for it.
    fn illnesses(&mut self) -> Vec<&'static Illness> {
        let years = self.person.years(self.today);
        let mut ill: Vec<&'static Illness> = Vec::new();
        for one in &ILLNESSES {
            let Some(over) = years.checked_sub(one.from) else {
                continue;
            };
            if !self.chance.percent(one.percent * (over + 8).min(38) / 38) {
                continue;
            }
            let since = self.some_day(over.clamp(1, 15));
            self.chart
                .problem((one.snomed, one.icd, one.name), since, None);
            if let Some(first) = one.drugs.first() {
                let drug = self.chance.pick(one.drugs, *first);
                let renewed = self.some_day(1).max(since);
                self.chart.prescription(drug, renewed, self.person);
            }
            ill.push(one);
        }
        ill
    }

    fn visit(&mut self, day: Date, ill: &[&'static Illness]) {
        let passing = self.chance.percent(30);
        let reason = match (passing, ill.is_empty()) {
            (true, _) => PROBLEM,
            (false, true) => CHECK_UP,
            (false, false) => FOLLOW_UP,
        };
        let visit = self.chart.visit(day, self.person, reason);
        self.vitals(&visit, ill);
        if passing {
            let what = self.chance.pick(
                &PASSING,
                ("54150009", "Upper respiratory infection", "J06.9"),
            );
            let over = day.saturating_add(Span::new().days(12)).min(self.today);
            self.chart
                .problem((what.0, what.2, what.1), day, Some(over));
            return;
        }
        for panel in panels(ill) {
            self.panel(panel, &visit, !ill.is_empty());
        }
        self.vaccinations(&visit);
    }

    fn vitals(&mut self, visit: &Visit, ill: &[&'static Illness]) {
        let has = |name: &str| ill.iter().any(|one| one.name == name);
        let years = self.person.years(visit.day);
        let (height, weight) = self.size(visit.day);
        let small = years < 3;
        let (pulse, breaths) = if small { (118.0, 30.0) } else { (74.0, 15.0) };
        let lungs = if has("Chronic obstructive pulmonary disease") {
            93.0
        } else {
            98.0
        };
        let chance = &mut *self.chance;
        let pulse = round(chance.around(pulse, 22.0), 0);
        let breaths = round(chance.around(breaths, 5.0), 0);
        let warmth = round(chance.around(36.7, 0.7), 1);
        let oxygen = round(chance.around(lungs, 2.0).min(100.0), 0);
        let metres = height / 100.0;
        let mass = round(weight / (metres * metres), 1);
        let signs = [
            ("8302-2", "Body height", round(height, 1), "cm"),
            ("29463-7", "Body weight", round(weight, 1), "kg"),
            ("8867-4", "Heart rate", pulse, "/min"),
            ("9279-1", "Respiratory rate", breaths, "/min"),
            ("8310-5", "Body temperature", warmth, "Cel"),
            ("2708-6", "Oxygen saturation in arterial blood", oxygen, "%"),
        ];
        let mass = (years >= 2).then_some(("39156-5", "Body mass index", mass, "kg/m2"));
        for sign in signs.into_iter().chain(mass) {
            self.chart.vital(sign, visit);
        }
        if years >= 3 {
            let more = if has("Hypertension") { 18.0 } else { 0.0 };
            let age = f64::from(years.min(80));
            let up = self.chance.around(98.0 + age * 0.35 + more, 16.0);
            let down = self
                .chance
                .around(60.0 + age * 0.2 + more * 0.5, 10.0)
                .min(up - 18.0);
            self.chart.pressure(round(up, 0), round(down, 0), visit);
        }
    }

    /// Height in centimetres and weight in kilograms on a day: those of the middle of each age, as this patient is built.
    fn size(&mut self, day: Date) -> (f64, f64) {
        // Years, height, weight: rounded medians of WHO (to 2 years) and CDC (from 2).
        const GROWTH: [(f64, f64, f64); 11] = [
            (0.0, 50.0, 3.4),
            (0.5, 66.5, 7.6),
            (1.0, 75.0, 9.3),
            (2.0, 87.0, 12.2),
            (4.0, 102.0, 16.0),
            (6.0, 115.0, 20.5),
            (8.0, 128.0, 25.5),
            (10.0, 138.5, 32.5),
            (12.0, 150.0, 41.0),
            (14.0, 162.0, 50.0),
            (17.0, 168.0, 61.0),
        ];
        let days = self
            .person
            .born
            .until(day)
            .map_or(0, |span| span.get_days());
        let years = f64::from(days) / 365.25;
        let grown = if self.person.female {
            (162.0, 68.0)
        } else {
            (176.0, 82.0)
        };
        let mut size = grown;
        for (from, to) in GROWTH.iter().zip(GROWTH.iter().skip(1)) {
            if (from.0..to.0).contains(&years) {
                let part = (years - from.0) / (to.0 - from.0);
                size = (
                    from.1 + part * (to.1 - from.1),
                    from.2 + part * (to.2 - from.2),
                );
            }
        }
        let (broad, tall) = self.person.build;
        // Children are nearer to the middle than adults.
        let broad = if years < 17.0 {
            1.0 + (broad - 1.0) * 0.4
        } else {
            broad
        };
        let weight = size.1 * broad * tall * self.chance.around(1.0, 0.03);
        (size.0 * tall, weight)
    }

    fn panel(&mut self, panel: Panel, visit: &Visit, ill: bool) {
        let (code, name, all) = tests(panel);
        let mut results = Vec::new();
        for test in all {
            let value = self.value(test, ill);
            results.push(self.chart.result(test, value, visit));
        }
        self.chart
            .report((code, name), &results, visit, self.person);
    }

    fn value(&mut self, test: &Test, ill: bool) -> f64 {
        let middle = f64::midpoint(test.low, test.high);
        let shift = if ill { test.shift } else { 0.0 };
        let value = self
            .chance
            .around(middle + shift, (test.high - test.low) * 0.6);
        round(value.max(test.low * 0.4), test.digits)
    }

    fn vaccinations(&mut self, visit: &Visit) {
        let years = self.person.years(visit.day);
        if matches!(visit.day.month(), 9..=12) {
            self.chart.vaccination(
                (
                    "150",
                    "Influenza, injectable, quadrivalent, preservative free",
                ),
                visit,
            );
        }
        let others = match years {
            0..=1 => [
                ("110", "DTaP-Hep B-IPV"),
                ("133", "Pneumococcal conjugate PCV 13"),
            ]
            .as_slice(),
            4..=6 => &[("130", "DTaP-IPV"), ("03", "MMR")],
            11..=13 => &[("115", "Tdap"), ("165", "HPV9")],
            66.. => &[("187", "Zoster vaccine, recombinant")],
            _ => &[],
        };
        for vaccine in others {
            if self.chance.percent(35) {
                self.chart.vaccination(*vaccine, visit);
            }
        }
    }
}

/// What is looked at: by illness, and every healthy grown person's lipids now and then.
fn panels(ill: &[&'static Illness]) -> Vec<Panel> {
    let mut all = Vec::new();
    for panel in ill.iter().flat_map(|one| one.panels) {
        if !all.contains(panel) {
            all.push(*panel);
        }
    }
    all
}

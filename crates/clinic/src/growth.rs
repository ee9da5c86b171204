//! Growth references by the LMS method (Cole and Green, 1992): for each age the power L, the median M and the spread S.

use std::sync::LazyLock;

use crate::{Age, Part, Sentence, Sex};

const TABLE: &str = include_str!("../data/growth.tsv");

/// Whose reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// The WHO Child Growth Standards (2006), birth to 24 months.
    Who,
    /// The CDC Growth Charts (2000), 2 to 20 years.
    Cdc,
}

impl Standard {
    /// The one for this age: WHO below two years, CDC from then to twenty (CDC's recommendation, MMWR 2010;59 RR-9).
    pub fn at(age: Age) -> Option<Self> {
        match age.months() {
            0..=23 => Some(Self::Who),
            24..=240 => Some(Self::Cdc),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Who => "WHO Child Growth Standards, 0 to 24 months (2006)",
            Self::Cdc => "CDC Growth Charts, 2 to 20 years (2000)",
        }
    }

    /// First and last month.
    pub const fn months(self) -> (f64, f64) {
        match self {
            Self::Who => (0.0, 24.0),
            Self::Cdc => (24.0, 240.0),
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Cdc => "cdc",
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Weight in kg.
    Weight,
    /// Length (below two years) or height in cm.
    Stature,
    /// Body mass index in kg/m².
    Bmi,
    /// Head circumference in cm; WHO only.
    Head,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Weight, Self::Stature, Self::Bmi, Self::Head];

    const fn code(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Stature => "stature",
            Self::Bmi => "bmi",
            Self::Head => "head",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Row {
    months: f64,
    l: f64,
    m: f64,
    s: f64,
}

/// A curve that charts show.
#[derive(Clone, Debug, PartialEq)]
pub struct Centile {
    /// `3rd`, `50th`.
    pub name: &'static str,
    /// The median.
    pub middle: bool,
    /// Age in months, and value.
    pub points: Vec<(f64, f64)>,
}

/// One reference: a measure for a sex.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    rows: &'static [Row],
}

type Key = (&'static str, &'static str, &'static str);

static ALL: LazyLock<Vec<(Key, Vec<Row>)>> = LazyLock::new(|| {
    let mut all: Vec<(Key, Vec<Row>)> = Vec::new();
    for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
        let mut parts = line.split('\t');
        let (Some(standard), Some(measure), Some(sex)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let mut number = || parts.next().and_then(|text| text.parse::<f64>().ok());
        let (Some(months), Some(l), Some(m), Some(s)) = (number(), number(), number(), number())
        else {
            continue;
        };
        let row = Row { months, l, m, s };
        let key = (standard, measure, sex);
        match all.last_mut() {
            Some((last, rows)) if *last == key => rows.push(row),
            Some(_) | None => all.push((key, vec![row])),
        }
    }
    all
});

/// The centiles that both standards' charts print, with their z-scores.
const CENTILES: [(&str, f64); 7] = [
    ("3rd", -1.880_79),
    ("10th", -1.281_55),
    ("25th", -0.674_49),
    ("50th", 0.0),
    ("75th", 0.674_49),
    ("90th", 1.281_55),
    ("97th", 1.880_79),
];

impl Growth {
    /// The reference; none where the standard has none, or the sex is not known.
    pub fn of(standard: Standard, measure: Measure, sex: Sex) -> Option<Self> {
        let sex = match sex {
            Sex::Female => "female",
            Sex::Male => "male",
            Sex::Unknown => return None,
        };
        let key = (standard.code(), measure.code(), sex);
        let (_, rows) = ALL.iter().find(|(k, _)| *k == key)?;
        Some(Self { rows })
    }

    /// The row at an age, between two rows in proportion.
    fn at(&self, months: f64) -> Option<Row> {
        let next = self.rows.iter().position(|r| r.months >= months)?;
        let after = self.rows.get(next)?;
        let before = next.checked_sub(1).and_then(|at| self.rows.get(at));
        let Some(before) = before.filter(|_| after.months > months) else {
            return (after.months - months < 0.001).then_some(*after);
        };
        let part = (months - before.months) / (after.months - before.months);
        let mix = |a: f64, b: f64| a + (b - a) * part;
        Some(Row {
            months,
            l: mix(before.l, after.l),
            m: mix(before.m, after.m),
            s: mix(before.s, after.s),
        })
    }

    /// The z-score of a value at an age in months; none outside the reference. Beyond three standard deviations WHO's
    /// weights and indices are counted in steps of the outermost one (WHO, 2006, section 7); here the plain LMS value
    /// stands, as CDC has it.
    pub fn z(&self, months: f64, value: f64) -> Option<f64> {
        if value <= 0.0 {
            return None;
        }
        let Row { l, m, s, .. } = self.at(months)?;
        Some(if l.abs() < 1e-9 {
            (value / m).ln() / s
        } else {
            ((value / m).powf(l) - 1.0) / (l * s)
        })
    }

    /// The value that has this z-score at an age in months.
    pub fn value(&self, months: f64, z: f64) -> Option<f64> {
        let Row { l, m, s, .. } = self.at(months)?;
        Some(if l.abs() < 1e-9 {
            m * (s * z).exp()
        } else {
            m * (1.0 + l * s * z).powf(1.0 / l)
        })
    }

    /// The curves of a chart between two ages in months, about forty points each.
    pub fn centiles(&self, from: f64, to: f64) -> Vec<Centile> {
        let steps = 40;
        let step = (to - from) / f64::from(steps);
        let all = CENTILES.iter().map(|(name, z)| Centile {
            name,
            middle: *z == 0.0,
            points: (0..=steps)
                .map(|n| from + step * f64::from(n))
                .filter_map(|months| Some((months, self.value(months, *z)?)))
                .collect(),
        });
        all.collect()
    }
}

/// The centile of a z-score, 0 to 100: the normal distribution by Abramowitz and Stegun 26.2.17, good to 1e-5.
pub(crate) fn percent(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let sum = series.iter().rev().fold(0.0, |sum, b| (sum + b) * t);
    let tail = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum;
    100.0 * if z < 0.0 { tail } else { 1.0 - tail }
}

impl Growth {
    /// A z-score as people read it: `z +0.42, centile 66`.
    pub fn say(z: f64) -> Sentence {
        let score = Part::Said(format!("{z:+.2}").replace('-', "−"));
        match percent(z) {
            p if p < 0.1 => Sentence::new("z {0}, below centile 0.1", [score]),
            p if p > 99.9 => Sentence::new("z {0}, above centile 99.9", [score]),
            p => {
                let decimals = usize::from(!(1.0..=99.0).contains(&p));
                let centile = Part::Said(format!("{p:.decimals$}"));
                Sentence::new("z {0}, centile {1}", [score, centile])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_has_z_zero_and_every_centile_comes_back() {
        for standard in [Standard::Who, Standard::Cdc] {
            for measure in Measure::ALL {
                for sex in [Sex::Female, Sex::Male] {
                    let Some(growth) = Growth::of(standard, measure, sex) else {
                        assert!(standard == Standard::Cdc && measure == Measure::Head);
                        continue;
                    };
                    let (from, to) = standard.months();
                    for (_, z) in CENTILES {
                        for n in 0..=20 {
                            let months = from + (to - from) * f64::from(n) / 20.0;
                            let value = growth.value(months, z).unwrap();
                            let back = growth.z(months, value).unwrap();
                            assert!((back - z).abs() < 1e-6, "{standard:?} {measure:?} {months}");
                        }
                    }
                }
            }
        }
    }

    /// CDC's own worked example: a boy of 9.5 months who weighs 9.7 kg has z 0.207 by the CDC infant table, which is not carried.
    #[test]
    fn a_z_score_is_the_lms_formulas() {
        let check = |l: f64, m: f64, s: f64, value: f64, expected: f64| {
            let row = [Row {
                months: 9.5,
                l,
                m,
                s,
            }];
            let growth = Growth {
                rows: Box::leak(Box::new(row)),
            };
            assert!((growth.z(9.5, value).unwrap() - expected).abs() < 0.001);
        };
        check(-0.160_095_4, 9.476_500_305, 0.112_187_86, 9.7, 0.207);
        check(0.0, 10.0, 0.1, 10.0, 0.0);
    }

    #[test]
    fn the_outermost_centiles_of_the_printed_charts_agree() {
        // WHO, weight for age, boys, birth: 3rd 2.5, 50th 3.3, 97th 4.3 kg. CDC, stature, girls at 20 years: 50th 163.3 cm.
        let boys = Growth::of(Standard::Who, Measure::Weight, Sex::Male).unwrap();
        for (z, expected) in [(-1.880_79, 2.5), (0.0, 3.3), (1.880_79, 4.3)] {
            assert!((boys.value(0.0, z).unwrap() - expected).abs() < 0.06);
        }
        let girls = Growth::of(Standard::Cdc, Measure::Stature, Sex::Female).unwrap();
        assert!((girls.value(240.0, 0.0).unwrap() - 163.338).abs() < 0.01);
    }

    #[test]
    fn outside_the_reference_nothing_is_said() {
        let boys = Growth::of(Standard::Who, Measure::Weight, Sex::Male).unwrap();
        assert_eq!(boys.z(24.5, 12.0), None);
        assert_eq!(boys.z(-0.1, 12.0), None);
        assert_eq!(boys.z(3.0, 0.0), None);
        assert!(Growth::of(Standard::Cdc, Measure::Weight, Sex::Unknown).is_none());
    }

    #[test]
    fn a_z_score_is_told_with_its_centile() {
        for (z, expected) in [
            (0.0, "z +0.00, centile 50"),
            (-1.2816, "z −1.28, centile 10"),
            (-0.8, "z −0.80, centile 21"),
            (-1.23, "z −1.23, centile 11"),
            (2.6, "z +2.60, centile 99.5"),
            (4.0, "z +4.00, above centile 99.9"),
        ] {
            assert_eq!(Growth::say(z).to_string(), expected);
        }
    }
}

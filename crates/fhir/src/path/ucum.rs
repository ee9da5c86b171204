//! A compact reading of UCUM: the units that clinics use, with prefixes, products, quotients and powers. What it does
//! not know compares only with the same text.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// The longest unit that is read.
pub(super) const LONGEST: usize = 200;

const DIMENSIONS: usize = 10;
const DEEPEST: usize = 16;

/// A unit as a multiple of base units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    /// How many base units one of it is.
    pub(super) factor: Decimal,
    /// What is added in base units: temperatures.
    offset: Decimal,
    /// Powers of metre, second, gram, kelvin, candela, coulomb, mole, radian, international unit, arbitrary unit.
    pub(super) dimensions: [i8; DIMENSIONS],
}

impl Measure {
    const ONE: Self = Self {
        factor: Decimal::ONE,
        offset: Decimal::ZERO,
        dimensions: [0; DIMENSIONS],
    };

    /// A number of this unit, in base units.
    pub(super) fn to_base(self, value: Decimal) -> Option<Decimal> {
        value.checked_add(self.offset)?.checked_mul(self.factor)
    }

    /// A number of base units, in this unit.
    pub(super) fn in_unit(self, value: Decimal) -> Option<Decimal> {
        value.checked_div(self.factor)?.checked_sub(self.offset)
    }

    fn combine(self, other: Self, sign: i8) -> Option<Self> {
        if !self.offset.is_zero() || !other.offset.is_zero() {
            return None;
        }
        let factor = if sign < 0 {
            self.factor.checked_div(other.factor)?
        } else {
            self.factor.checked_mul(other.factor)?
        };
        let mut dimensions = self.dimensions;
        for (d, o) in dimensions.iter_mut().zip(other.dimensions) {
            *d = d.checked_add(o.checked_mul(sign)?)?;
        }
        Some(Self {
            factor,
            offset: Decimal::ZERO,
            dimensions,
        })
    }

    fn power(self, exponent: i8) -> Option<Self> {
        if exponent == 1 {
            return Some(self);
        }
        let mut out = Self::ONE;
        for _ in 0..exponent.unsigned_abs() {
            out = out.combine(self, exponent.signum())?;
        }
        Some(out)
    }
}

/// Reads a unit.
pub(super) fn parse(text: &str) -> Option<Measure> {
    if text.len() > LONGEST {
        return None;
    }
    let mut reader = Reader { rest: text };
    let out = reader.term(DEEPEST)?;
    reader.rest.is_empty().then_some(out)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn take(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn term(&mut self, depth: usize) -> Option<Measure> {
        let mut out = if self.take('/') {
            Measure::ONE.combine(self.component(depth)?, -1)?
        } else {
            self.component(depth)?
        };
        loop {
            if self.take('.') {
                out = out.combine(self.component(depth)?, 1)?;
            } else if self.take('/') {
                out = out.combine(self.component(depth)?, -1)?;
            } else {
                return Some(out);
            }
        }
    }

    fn component(&mut self, depth: usize) -> Option<Measure> {
        if self.take('(') {
            let out = self.term(depth.checked_sub(1)?)?;
            return self.take(')').then_some(out);
        }
        if self.rest.starts_with('{') {
            self.annotation()?;
            return Some(Measure::ONE);
        }
        let symbol = self.symbol()?;
        let out = simple(symbol)?;
        if self.rest.starts_with('{') {
            self.annotation()?;
        }
        Some(out)
    }

    fn annotation(&mut self) -> Option<()> {
        let end = self.rest.find('}')?;
        self.rest = self.rest.get(end + 1..)?;
        Some(())
    }

    /// Up to the next operator; brackets belong to the symbol.
    fn symbol(&mut self) -> Option<&str> {
        let mut inside = false;
        let end = self
            .rest
            .find(|c| {
                match c {
                    '[' => inside = true,
                    ']' => inside = false,
                    _ => {}
                }
                !inside && matches!(c, '.' | '/' | '(' | ')' | '{')
            })
            .unwrap_or(self.rest.len());
        let (symbol, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!symbol.is_empty()).then_some(symbol)
    }
}

/// A symbol with prefix and exponent, or a number.
fn simple(symbol: &str) -> Option<Measure> {
    if let Some(measure) = factor(symbol) {
        return Some(measure);
    }
    let end = symbol.trim_end_matches(|c: char| c.is_ascii_digit());
    let end = end.strip_suffix(['-', '+']).unwrap_or(end);
    let (unit, exponent) = symbol.split_at_checked(end.len())?;
    let exponent = if exponent.is_empty() {
        1
    } else {
        exponent.parse().ok()?
    };
    atom_with_prefix(unit)?.power(exponent)
}

fn factor(symbol: &str) -> Option<Measure> {
    let power = symbol
        .strip_prefix("10*")
        .or_else(|| symbol.strip_prefix("10^"));
    let factor = match power {
        Some(power) => ten_to(power.parse().ok()?)?,
        None if symbol.bytes().all(|b| b.is_ascii_digit()) => symbol.parse().ok()?,
        None => return None,
    };
    (!factor.is_zero()).then_some(Measure {
        factor,
        ..Measure::ONE
    })
}

fn ten_to(power: i8) -> Option<Decimal> {
    let size = u32::from(power.unsigned_abs());
    if power < 0 {
        return (size <= 28).then(|| Decimal::new(1, size));
    }
    10_i128
        .checked_pow(size)
        .and_then(|n| Decimal::try_from_i128_with_scale(n, 0).ok())
}

fn atom_with_prefix(unit: &str) -> Option<Measure> {
    if let Some(atom) = ATOMS.iter().find(|a| a.code == unit) {
        return atom.measure();
    }
    let atom = ATOMS.iter().find_map(|a| {
        let prefix = unit.strip_suffix(a.code).filter(|_| a.metric)?;
        let (_, power) = PREFIXES.iter().find(|(p, _)| *p == prefix)?;
        Some((a, *power))
    });
    let (atom, power) = atom?;
    let mut out = atom.measure()?;
    out.factor = out.factor.checked_mul(ten_to(power)?)?;
    (!out.factor.is_zero()).then_some(out)
}

const PREFIXES: [(&str, i8); 20] = [
    ("da", 1),
    ("h", 2),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
    ("Z", 21),
    ("Y", 24),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

struct Atom {
    code: &'static str,
    metric: bool,
    /// Numerator and denominator of the factor.
    factor: (i64, u32, i64),
    dimensions: [i8; DIMENSIONS],
}

impl Atom {
    fn measure(&self) -> Option<Measure> {
        let (number, scale, divisor) = self.factor;
        let factor = Decimal::new(number, scale).checked_div(Decimal::from(divisor))?;
        let offset = match self.code {
            "Cel" => Decimal::new(27_315, 2),
            "[degF]" => Decimal::new(45_967, 2),
            _ => Decimal::ZERO,
        };
        debug_assert!(factor.to_f64().is_some_and(|f| f > 0.0));
        Some(Measure {
            factor,
            offset,
            dimensions: self.dimensions,
        })
    }
}

const fn metric(code: &'static str, factor: (i64, u32), dimensions: [i8; DIMENSIONS]) -> Atom {
    Atom {
        code,
        metric: true,
        factor: (factor.0, factor.1, 1),
        dimensions,
    }
}

const fn plain(code: &'static str, factor: (i64, u32), dimensions: [i8; DIMENSIONS]) -> Atom {
    Atom {
        code,
        metric: false,
        factor: (factor.0, factor.1, 1),
        dimensions,
    }
}

const NONE: [i8; DIMENSIONS] = [0; DIMENSIONS];
const LENGTH: [i8; DIMENSIONS] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const AREA: [i8; DIMENSIONS] = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const VOLUME: [i8; DIMENSIONS] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const TIME: [i8; DIMENSIONS] = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const RATE: [i8; DIMENSIONS] = [0, -1, 0, 0, 0, 0, 0, 0, 0, 0];
const MASS: [i8; DIMENSIONS] = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
const HEAT: [i8; DIMENSIONS] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const LIGHT: [i8; DIMENSIONS] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
const CHARGE: [i8; DIMENSIONS] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
const CURRENT: [i8; DIMENSIONS] = [0, -1, 0, 0, 0, 1, 0, 0, 0, 0];
const AMOUNT: [i8; DIMENSIONS] = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
const CATALYSIS: [i8; DIMENSIONS] = [0, -1, 0, 0, 0, 0, 1, 0, 0, 0];
const ANGLE: [i8; DIMENSIONS] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
const INTERNATIONAL: [i8; DIMENSIONS] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const ARBITRARY: [i8; DIMENSIONS] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const FORCE: [i8; DIMENSIONS] = [1, -2, 1, 0, 0, 0, 0, 0, 0, 0];
const PRESSURE: [i8; DIMENSIONS] = [-1, -2, 1, 0, 0, 0, 0, 0, 0, 0];
const ENERGY: [i8; DIMENSIONS] = [2, -2, 1, 0, 0, 0, 0, 0, 0, 0];
const POWER: [i8; DIMENSIONS] = [2, -3, 1, 0, 0, 0, 0, 0, 0, 0];
const VOLTAGE: [i8; DIMENSIONS] = [2, -2, 1, 0, 0, -1, 0, 0, 0, 0];
const RESISTANCE: [i8; DIMENSIONS] = [2, -1, 1, 0, 0, -2, 0, 0, 0, 0];
const DOSE: [i8; DIMENSIONS] = [2, -2, 0, 0, 0, 0, 0, 0, 0, 0];

/// From the UCUM specification, tables 1 to 24; the mole stands as a base unit of its own.
static ATOMS: [Atom; 73] = [
    metric("m", (1, 0), LENGTH),
    metric("s", (1, 0), TIME),
    metric("g", (1, 0), MASS),
    metric("K", (1, 0), HEAT),
    metric("cd", (1, 0), LIGHT),
    metric("C", (1, 0), CHARGE),
    metric("rad", (1, 0), ANGLE),
    metric("mol", (1, 0), AMOUNT),
    metric("eq", (1, 0), AMOUNT),
    metric("osm", (1, 0), AMOUNT),
    metric("kat", (1, 0), CATALYSIS),
    Atom {
        code: "U",
        metric: true,
        factor: (1, 6, 60),
        dimensions: CATALYSIS,
    },
    metric("L", (1, 3), VOLUME),
    metric("l", (1, 3), VOLUME),
    metric("Hz", (1, 0), RATE),
    metric("Bq", (1, 0), RATE),
    plain("[Ci]", (37_000_000_000, 0), RATE),
    metric("Ci", (37_000_000_000, 0), RATE),
    metric("N", (1000, 0), FORCE),
    metric("Pa", (1000, 0), PRESSURE),
    metric("bar", (100_000_000, 0), PRESSURE),
    plain("atm", (101_325_000, 0), PRESSURE),
    plain("[psi]", (6_894_757_293, 3), PRESSURE),
    metric("m[Hg]", (133_322_000, 0), PRESSURE),
    metric("m[H2O]", (9_806_650, 0), PRESSURE),
    metric("J", (1000, 0), ENERGY),
    metric("cal", (4184, 0), ENERGY),
    plain("[Cal]", (4_184_000, 0), ENERGY),
    metric("eV", (1_602_176_634, 25), ENERGY),
    metric("W", (1000, 0), POWER),
    metric("A", (1, 0), CURRENT),
    metric("V", (1000, 0), VOLTAGE),
    metric("Ohm", (1000, 0), RESISTANCE),
    metric("Gy", (1, 0), DOSE),
    metric("Sv", (1, 0), DOSE),
    plain("RAD", (1, 2), DOSE),
    plain("REM", (1, 2), DOSE),
    metric("t", (1_000_000, 0), MASS),
    plain("min", (60, 0), TIME),
    plain("h", (3600, 0), TIME),
    plain("d", (86_400, 0), TIME),
    plain("wk", (604_800, 0), TIME),
    plain("mo", (2_629_800, 0), TIME),
    plain("mo_j", (2_629_800, 0), TIME),
    plain("mo_g", (2_629_746, 0), TIME),
    plain("a", (31_557_600, 0), TIME),
    plain("a_j", (31_557_600, 0), TIME),
    plain("a_g", (31_556_952, 0), TIME),
    plain("Cel", (1, 0), HEAT),
    Atom {
        code: "[degF]",
        metric: false,
        factor: (5, 0, 9),
        dimensions: HEAT,
    },
    plain("%", (1, 2), NONE),
    plain("[ppth]", (1, 3), NONE),
    plain("[ppm]", (1, 6), NONE),
    plain("[ppb]", (1, 9), NONE),
    plain("deg", (17_453_292_519_943_295, 18), ANGLE),
    plain("[in_i]", (254, 4), LENGTH),
    plain("[ft_i]", (3048, 4), LENGTH),
    plain("[yd_i]", (9144, 4), LENGTH),
    plain("[mi_i]", (1_609_344, 3), LENGTH),
    plain("har", (10_000, 0), AREA),
    plain("[lb_av]", (45_359_237, 5), MASS),
    plain("[oz_av]", (28_349_523_125, 9), MASS),
    plain("[gr]", (6_479_891, 8), MASS),
    plain("[gal_us]", (3_785_411_784, 12), VOLUME),
    plain("[qt_us]", (946_352_946, 12), VOLUME),
    plain("[pt_us]", (473_176_473, 12), VOLUME),
    plain("[cup_us]", (2_365_882_365, 13), VOLUME),
    plain("[foz_us]", (295_735_295_625, 16), VOLUME),
    plain("[tbs_us]", (1_478_676_478_125, 17), VOLUME),
    plain("[tsp_us]", (492_892_159_375, 17), VOLUME),
    metric("[iU]", (1, 0), INTERNATIONAL),
    metric("[IU]", (1, 0), INTERNATIONAL),
    metric("[arb'U]", (1, 0), ARBITRARY),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check_same(a: (&str, &str), b: (&str, &str)) {
        let base = |(n, u): (&str, &str)| {
            let measure = parse(u).unwrap_or_else(|| panic!("{u}"));
            let value = measure.to_base(n.parse().unwrap()).unwrap();
            (value.round_dp(12).normalize(), measure.dimensions)
        };
        assert_eq!(base(a), base(b), "{a:?} {b:?}");
    }

    #[test]
    fn units_of_the_same_kind_convert() {
        check_same(("1", "mg/dL"), ("10", "g/m3"));
        check_same(("98.6", "[degF]"), ("37", "Cel"));
        check_same(("1", "mm[Hg]"), ("133.322", "Pa"));
        check_same(("1", "10*3/uL"), ("1", "10*9/L"));
        check_same(("5", "mmol/L"), ("5000", "umol/L"));
        check_same(("1", "[lb_av]"), ("16", "[oz_av]"));
        check_same(("60", "{beats}/min"), ("1", "/s"));
        check_same(("2", "g.m/s2"), ("0.002", "N"));
    }

    #[test]
    fn what_is_no_unit_is_refused() {
        for text in [
            "",
            "furlong",
            "m//s",
            "(m",
            "m)",
            "kmin",
            "[s]",
            "((((((((((((((((((m))))))))))))))))))",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

//! Ranges for laboratory results that came without one. What the laboratory itself says goes first: callers ask here only
//! when it says nothing.

use crate::judge::{Range, from, range, up_to};
use crate::{Age, Judgement, Limits, Sex};

const NBME: &str = "Laboratory reference values, serum and blood (NBME, United States Medical Licensing Examination); critical limits: Kost, JAMA 1990;263:704";
const NCEP: &str = "Adult Treatment Panel III (NCEP, 2002)";
const ADA: &str = "Standards of Care in Diabetes (American Diabetes Association, 2024)";
const KDIGO: &str = "Chronic kidney disease (KDIGO, 2012)";

/// Where a result lies, by LOINC code, for an adult, and for somebody whose age is not known: nobody waits for a birth date.
/// The unit must be the one that the range is in, else nothing is said; for children there are none: a laboratory has to send
/// its own. Where the sex is not known, what holds for both is said.
pub fn judge(code: &str, value: f64, unit: &str, age: Option<Age>, sex: Sex) -> Option<Judgement> {
    let limits = match age {
        Some(age) if age.years() < 18 => return None,
        Some(_) => Limits::OfAge,
        None => Limits::Adult,
    };
    let (range, wanted, source) = find(code, sex)?;
    let level = |sex| Some(find(code, sex)?.0.level(value));
    if sex == Sex::Unknown && level(Sex::Female) != level(Sex::Male) {
        return None;
    }
    let same = |given: &str| given.eq_ignore_ascii_case(wanted) || alike(given, wanted);
    same(unit).then(|| Judgement {
        level: range.level(value),
        range: range.say(unit),
        source,
        limits,
    })
}

/// Units that are written in several ways.
fn alike(given: &str, wanted: &str) -> bool {
    matches!(
        (given, wanted),
        ("mEq/L" | "meq/L", "mmol/L")
            | ("K/uL" | "10^3/uL" | "10*9/L", "10*3/uL")
            | ("10^6/uL" | "10*12/L", "10*6/uL")
    )
}

fn find(code: &str, sex: Sex) -> Option<(Range, &'static str, &'static str)> {
    let by_sex = |female: Range, male: Range| match sex {
        Sex::Female => female,
        Sex::Male => male,
        Sex::Unknown => female.both(&male),
    };
    Some(match code {
        "2947-0" | "2951-2" => (range(136.0, 146.0).critical(120.0, 158.0), "mmol/L", NBME),
        "6298-4" | "2823-3" => (range(3.5, 5.0).critical(2.8, 6.2), "mmol/L", NBME),
        "2069-3" | "2075-0" => (range(95.0, 105.0), "mmol/L", NBME),
        "20565-8" | "2028-9" => (range(22.0, 28.0).critical(11.0, 40.0), "mmol/L", NBME),
        "6299-2" | "3094-0" => (range(7.0, 18.0), "mg/dL", NBME),
        "38483-4" | "2160-0" => (range(0.6, 1.2), "mg/dL", NBME),
        "49765-1" | "17861-6" => (range(8.4, 10.2).critical(6.6, 12.9), "mg/dL", NBME),
        "2339-0" | "2345-7" => (range(70.0, 140.0).critical(46.0, 484.0), "mg/dL", NBME),
        "718-7" => {
            let normal = by_sex(range(12.0, 16.0), range(13.5, 17.5));
            (normal.critical(6.6, 19.9), "g/dL", NBME)
        }
        "4544-3" | "20570-8" => {
            let normal = by_sex(range(36.0, 46.0), range(41.0, 53.0));
            (normal.critical(18.0, 61.0), "%", NBME)
        }
        "789-8" => (by_sex(range(3.5, 5.5), range(4.3, 5.9)), "10*6/uL", NBME),
        "6690-2" | "26464-8" => (range(4.5, 11.0).critical(2.0, 37.0), "10*3/uL", NBME),
        "777-3" | "26515-7" => (range(150.0, 400.0).critical(37.0, 910.0), "10*3/uL", NBME),
        "787-2" => (range(80.0, 100.0), "fL", NBME),
        "786-4" => (range(31.0, 36.0), "g/dL", NBME),
        "1751-7" => (range(3.5, 5.5), "g/dL", NBME),
        "2885-2" => (range(6.0, 7.8), "g/dL", NBME),
        "1975-2" => (range(0.1, 1.0), "mg/dL", NBME),
        "1742-6" => (range(10.0, 40.0), "U/L", NBME),
        "1920-8" => (range(12.0, 38.0), "U/L", NBME),
        "2093-3" => (up_to(199.0), "mg/dL", NCEP),
        "18262-6" | "13457-7" | "2089-1" => (up_to(129.0), "mg/dL", NCEP),
        "2571-8" => (up_to(149.0), "mg/dL", NCEP),
        "2085-9" => (from(40.0), "mg/dL", NCEP),
        "4548-4" => (up_to(5.6), "%", ADA),
        "33914-3" | "48642-3" | "62238-1" => (from(60.0), "mL/min/{1.73_m2}", KDIGO),
        "14959-1" | "9318-7" => (up_to(29.9), "mg/g", KDIGO),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn check(code: &str, value: f64, unit: &str, sex: Sex, expected: Option<Level>) {
        let age = Age::between("1974-03-01", "2026-03-01");
        let found = judge(code, value, unit, age, sex).map(|j| j.level);
        assert_eq!(found, expected, "{code} {value} {unit}");
    }

    #[test]
    fn a_result_is_weighed_by_the_range_for_the_sex_in_the_unit_that_it_came_in() {
        check("718-7", 13.0, "g/dL", Sex::Female, Some(Level::Normal));
        check("718-7", 13.0, "g/dL", Sex::Male, Some(Level::Low));
        check("718-7", 13.0, "g/dL", Sex::Unknown, None);
        check("718-7", 130.0, "g/L", Sex::Male, None);
        check(
            "6298-4",
            6.3,
            "mmol/L",
            Sex::Unknown,
            Some(Level::CriticallyHigh),
        );
        check("6298-4", 4.0, "mEq/L", Sex::Unknown, Some(Level::Normal));
        check("0000-0", 4.0, "mmol/L", Sex::Female, None);
    }

    #[test]
    fn emr_1_21_what_is_critical_needs_neither_a_birth_date_nor_a_sex() {
        let check = |code, value, unit, sex, expected: Option<(Level, &str)>| {
            let found = judge(code, value, unit, None, sex);
            let told = found.as_ref().map(|j| (j.level, j.range.as_str()));
            assert_eq!(told, expected, "{code} {value}");
            assert!(found.is_none_or(|j| j.limits == Limits::Adult));
        };
        let high = Some((Level::CriticallyHigh, "3.5–5 mmol/L"));
        check("2823-3", 7.1, "mmol/L", Sex::Female, high);
        check("2823-3", 7.1, "mmol/L", Sex::Unknown, high);
        let low = Some((Level::CriticallyLow, "13.5–16 g/dL"));
        check("718-7", 4.2, "g/dL", Sex::Unknown, low);
        check(
            "718-7",
            14.0,
            "g/dL",
            Sex::Unknown,
            Some((Level::Normal, "13.5–16 g/dL")),
        );
        // Low for a man, normal for a woman: nobody can say.
        check("718-7", 13.0, "g/dL", Sex::Unknown, None);
    }

    #[test]
    fn a_childs_result_is_not_weighed_by_an_adults_range() {
        let child = Age::between("2020-01-01", "2026-03-01");
        assert_eq!(judge("6298-4", 6.3, "mmol/L", child, Sex::Male), None);
    }
}

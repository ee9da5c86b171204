//! Vital signs out of Observations: one series for each sign, the newest value first.

use aceso_clinic::{Age, Judgement, Level, Vital, convert, days_between};
use aceso_fhir::Value;
use aceso_web::page::{Measured, Spark, Tone};
use maud::{Markup, Render};

use super::codes;
use super::entry::is_mistake;
use crate::words::{ago, fhir_day};

/// One measurement in the sign's own unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// When, as FHIR writes it.
    pub(crate) at: String,
    pub(crate) value: f64,
    /// Where it lies, by the age at the time.
    pub(crate) judgement: Option<Judgement>,
}

/// The measurements of a sign, the newest first; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) vital: Vital,
    pub(crate) points: Vec<Point>,
}

/// The LOINC codes under which the signs are charted, as a search names them.
pub(crate) const CODES: &str = "http://loinc.org|85354-9,http://loinc.org|55284-4,http://loinc.org|8480-6,http://loinc.org|8462-4,\
http://loinc.org|8867-4,http://loinc.org|9279-1,http://loinc.org|8310-5,http://loinc.org|8331-1,http://loinc.org|2708-6,\
http://loinc.org|59408-5,http://loinc.org|29463-7,http://loinc.org|8302-2,http://loinc.org|8306-3,http://loinc.org|39156-5,\
http://loinc.org|9843-4,http://loinc.org|8287-5,http://loinc.org|72514-3";

/// The series of all signs that are there, in the order in which a header shows them. Documents come newest first.
pub(crate) fn series(documents: &[Value], birth: Option<&str>) -> Vec<Series> {
    let mut all: Vec<(Vital, Vec<Point>)> = Vital::ALL.map(|v| (v, Vec::new())).into();
    for document in documents.iter().filter(|d| counts(d)) {
        let Some(at) = document.str_at("effectiveDateTime") else {
            continue;
        };
        for part in std::iter::once(document).chain(document.items_at("component")) {
            let Some((vital, value)) = measured(part) else {
                continue;
            };
            let age = birth.and_then(|birth| Age::between(birth, at));
            let point = Point {
                at: at.to_owned(),
                value,
                judgement: vital.judge(value, age),
            };
            if let Some((_, points)) = all.iter_mut().find(|(v, _)| *v == vital) {
                points.push(point);
            }
        }
    }
    let there = all.into_iter().filter(|(_, points)| !points.is_empty());
    there
        .map(|(vital, points)| Series { vital, points })
        .collect()
}

/// Whether an Observation's value stands.
pub(crate) fn counts(document: &Value) -> bool {
    let status = document.str_at("status");
    !is_mistake(document) && !matches!(status, Some("cancelled" | "registered"))
}

fn measured(part: &Value) -> Option<(Vital, f64)> {
    let vital = codes(part.get("code")).find_map(Vital::of_code)?;
    let quantity = part.get("valueQuantity")?;
    let value = quantity.get("value")?.as_number()?.to_f64();
    let unit = quantity
        .str_at("code")
        .or_else(|| quantity.str_at("unit"))?;
    convert(vital, value, unit)
        .filter(|v| v.is_finite())
        .map(|v| (vital, v))
}

/// After a year a value tells little of today.
const STALE_DAYS: i32 = 365;

/// The header's measurements: both pressures as one.
pub(crate) fn header(all: &[Series], today: &str) -> Vec<Measured> {
    let latest = |wanted: Vital| {
        let series = all.iter().find(|s| s.vital == wanted)?;
        series.points.first()
    };
    let mut shown = Vec::new();
    for series in all {
        let Some(point) = series.points.first() else {
            continue;
        };
        match series.vital {
            Vital::Systolic => {
                let down = latest(Vital::Diastolic).filter(|d| d.at == point.at);
                shown.push(pressure(series, point, down, today));
            }
            Vital::Diastolic if latest(Vital::Systolic).is_some() => {}
            vital => {
                let one = Measured::new(
                    vital.name(),
                    vital.say(point.value),
                    vital.unit_said(),
                    ago(&point.at, today),
                );
                let one = aged(one, point, today);
                shown.push(marked(one, point.judgement.as_ref()).aside(spark(&series.points)));
            }
        }
    }
    shown
}

fn pressure(series: &Series, up: &Point, down: Option<&Point>, today: &str) -> Measured {
    let below = down.map_or_else(|| "–".to_owned(), |d| Vital::Diastolic.say(d.value));
    let value = [&Vital::Systolic.say(up.value), "/", &below].concat();
    let one = Measured::new("Blood pressure", value, "mmHg", ago(&up.at, today));
    // The worse of the two marks both.
    let judgements = [
        up.judgement.as_ref(),
        down.and_then(|d| d.judgement.as_ref()),
    ];
    let worst = judgements
        .into_iter()
        .flatten()
        .max_by_key(|j| severity(j.level));
    marked(aged(one, up, today), worst).aside(spark(&series.points))
}

/// How far from normal.
pub(crate) const fn severity(level: Level) -> u8 {
    match level {
        Level::Normal => 0,
        Level::Low | Level::High => 1,
        Level::CriticallyLow | Level::CriticallyHigh => 2,
    }
}

fn aged(one: Measured, point: &Point, today: &str) -> Measured {
    match days_between(&point.at, today) {
        Some(days) if days <= STALE_DAYS => one,
        Some(_) | None => one.stale(),
    }
}

fn marked(one: Measured, judgement: Option<&Judgement>) -> Measured {
    let Some(judgement) = judgement else {
        return one;
    };
    let one = one.about(crate::words::say(
        "Normal: {0} ({1})",
        &[&judgement.range, &judgement.source],
    ));
    let one = match judgement.limits.note() {
        Some(note) => one.note(note),
        None => one,
    };
    match tone(judgement.level) {
        Some(tone) => one.mark(tone, judgement.level.word()),
        None => one,
    }
}

/// The colour of a value outside its range.
pub(crate) const fn tone(level: Level) -> Option<Tone> {
    match level {
        Level::Normal => None,
        Level::Low | Level::High => Some(Tone::Warning),
        Level::CriticallyLow | Level::CriticallyHigh => Some(Tone::Danger),
    }
}

/// The last dozen values, the oldest first.
fn spark(points: &[Point]) -> Markup {
    let values: Vec<f64> = points.iter().take(12).map(|p| p.value).collect();
    Spark::new(values.into_iter().rev().collect()).render()
}

/// The day of a point, in few words.
pub(crate) fn day(point: &Point) -> String {
    fhir_day(&point.at)
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn read(text: &str) -> Value {
        json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_pressures_parts_are_two_series_and_one_measurement_of_the_header() {
        let pressure = read(
            r#"{"status":"final","code":{"coding":[{"code":"85354-9"}]},"effectiveDateTime":"2026-03-01T10:00:00Z","component":[
            {"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":151.6,"unit":"mmHg","code":"mm[Hg]"}},
            {"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":78,"unit":"mmHg","code":"mm[Hg]"}}]}"#,
        );
        let all = series(&[pressure], Some("1974-03-01"));
        assert_eq!(all.len(), 2);
        let header = header(&all, "2026-03-04");
        let text = format!("{header:?}");
        assert_eq!(header.len(), 1, "{text}");
        assert!(
            text.contains("152/78") && text.contains("3 days ago") && text.contains("high"),
            "{text}"
        );
    }

    #[test]
    fn emr_1_11_without_a_birth_date_a_sign_is_weighed_and_says_by_whose_limits() {
        let pulse = read(
            r#"{"status":"final","code":{"coding":[{"code":"8867-4"}]},"effectiveDateTime":"2026-03-01",
            "valueQuantity":{"value":140,"code":"/min"}}"#,
        );
        let of = |birth| {
            let all = series(std::slice::from_ref(&pulse), birth);
            format!("{:?}", header(&all, "2026-03-04"))
        };
        let unknown = of(None);
        assert!(
            unknown.contains("critically high") && unknown.contains("age unknown: adult limits"),
            "{unknown}"
        );
        assert!(!of(Some("1974-03-01")).contains("age unknown"));
    }

    #[test]
    fn what_was_entered_by_mistake_or_in_a_foreign_unit_is_no_value() {
        let weight = |status: &str, unit: &str| {
            read(&format!(
                r#"{{"status":"{status}","code":{{"coding":[{{"code":"29463-7"}}]}},"effectiveDateTime":"2026-03-01",
                "valueQuantity":{{"value":170,"code":"{unit}"}}}}"#
            ))
        };
        assert!(
            series(
                &[weight("entered-in-error", "kg"), weight("final", "stone")],
                None
            )
            .is_empty()
        );
        let pounds = series(&[weight("final", "[lb_av]")], None);
        assert!((pounds[0].points[0].value - 77.11).abs() < 0.01);
    }
}

//! Laboratory results out of Observations: one row for each test, the newest value first.

use aceso_clinic::{Age, Level, Sex, judge_result};
use aceso_fhir::Value;
use aceso_web::page::{Entry, Spark, Tag};
use maud::{Markup, Render};

use super::measured::{counts, tone};
use super::{code, codes, concept, quantity};
use crate::words::ago;

/// One result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// When, as FHIR writes it.
    pub(crate) at: String,
    /// The value without its unit.
    pub(crate) text: String,
    pub(crate) value: Option<f64>,
    pub(crate) level: Option<Level>,
}

/// A test with its results, the newest first; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    /// The code by which the page of one test is found.
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) unit: String,
    /// The range of the newest result, and whose it is.
    pub(crate) range: String,
    pub(crate) source: &'static str,
    /// What has to be said of the range of the newest result.
    pub(crate) note: Option<&'static str>,
    pub(crate) answers: Vec<Answer>,
}

/// Who has the laboratory's own range.
const OWN: &str = "The laboratory's own range";

/// The tests in the order in which they first come; documents come newest first.
pub(crate) fn tests(documents: &[Value], birth: Option<&str>, sex: Sex) -> Vec<Test> {
    let mut all: Vec<Test> = Vec::new();
    for document in documents.iter().filter(|d| counts(d)) {
        let Some(one) = read(document, birth, sex) else {
            continue;
        };
        let same =
            |t: &&mut Test| t.code == one.code && (t.unit == one.unit || one.unit.is_empty());
        match all.iter_mut().find(same) {
            Some(test) => test.answers.extend(one.answers),
            None => all.push(one),
        }
    }
    all
}

fn read(document: &Value, birth: Option<&str>, sex: Sex) -> Option<Test> {
    let at = document
        .str_at("effectiveDateTime")
        .or_else(|| document.str_at("issued"))?
        .to_owned();
    let name = concept(document.get("code"))?;
    let quantity = document.get("valueQuantity");
    let number = quantity.and_then(|q| q.get("value")?.as_number());
    let value = number
        .map(aceso_fhir::Number::to_f64)
        .filter(|v| v.is_finite());
    let unit = quantity
        .and_then(|q| q.str_at("unit").or_else(|| q.str_at("code")))
        .unwrap_or_default();
    let unit = if unit.starts_with('{') { "" } else { unit };
    let text = match quantity.and_then(self::quantity) {
        Some(text) => text.strip_suffix(unit).unwrap_or(&text).trim().to_owned(),
        None => concept(document.get("valueCodeableConcept"))
            .or_else(|| document.str_at("valueString").map(str::to_owned))
            .or_else(|| concept(document.get("dataAbsentReason")))?,
    };
    let age = birth.and_then(|birth| Age::between(birth, &at));
    let own = own_range(document);
    let mut note = None;
    let (level, range, source) = match (own, value) {
        (Some((low, high)), value) => {
            let said = said(low, high);
            (
                interpretation(document).or_else(|| between(value?, low, high)),
                said,
                OWN,
            )
        }
        (None, Some(value)) => {
            let coded = quantity.and_then(|q| q.str_at("code")).unwrap_or(unit);
            let found = codes(document.get("code"))
                .find_map(|code| judge_result(code, value, coded, age, sex));
            let level = interpretation(document).or(found.as_ref().map(|j| j.level));
            match found {
                Some(found) => {
                    note = found.limits.note();
                    (level, found.range, found.source)
                }
                None => (level, String::new(), ""),
            }
        }
        (None, None) => (interpretation(document), String::new(), ""),
    };
    Some(Test {
        code: code(document.get("code")).unwrap_or_default().to_owned(),
        name: short_name(&name),
        unit: unit.to_owned(),
        range: range.strip_suffix(unit).unwrap_or(&range).trim().to_owned(),
        source,
        note,
        answers: vec![Answer {
            at,
            text,
            value,
            level,
        }],
    })
}

/// LOINC's long names tell the method in brackets: `Hemoglobin [Mass/volume] in Blood` is `Hemoglobin in Blood`.
fn short_name(name: &str) -> String {
    let clean: String = name.chars().filter(|c| *c != '\u{200b}').collect();
    let mut out = String::with_capacity(clean.len());
    let mut depth = 0_u32;
    for c in clean.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let out = out.strip_suffix(" by Automated count").unwrap_or(&out);
    let out = out.strip_suffix(" by calculation").unwrap_or(out);
    if out.is_empty() {
        clean
    } else {
        out.to_owned()
    }
}

fn own_range(document: &Value) -> Option<(Option<f64>, Option<f64>)> {
    let normal = document
        .items_at("referenceRange")
        .iter()
        .find(|r| matches!(code(r.get("type")), None | Some("normal")))?;
    let bound = |name: &str| Some(normal.get(name)?.get("value")?.as_number()?.to_f64());
    let (low, high) = (bound("low"), bound("high"));
    (low.is_some() || high.is_some()).then_some((low, high))
}

fn said(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low}–{high}"),
        (None, Some(high)) => crate::words::say("up to {0}", &[&high]),
        (Some(low), None) => crate::words::say("from {0}", &[&low]),
        (None, None) => String::new(),
    }
}

fn between(value: f64, low: Option<f64>, high: Option<f64>) -> Option<Level> {
    Some(if low.is_some_and(|low| value < low) {
        Level::Low
    } else if high.is_some_and(|high| value > high) {
        Level::High
    } else {
        Level::Normal
    })
}

/// What the laboratory says of it (HL7 v3 ObservationInterpretation).
fn interpretation(document: &Value) -> Option<Level> {
    let said = document
        .items_at("interpretation")
        .iter()
        .flat_map(|i| codes(Some(i)));
    said.filter_map(|code| {
        Some(match code {
            "LL" => Level::CriticallyLow,
            "L" | "LX" => Level::Low,
            "N" => Level::Normal,
            "H" | "HX" | "A" | "POS" => Level::High,
            "HH" | "AA" => Level::CriticallyHigh,
            _ => return None,
        })
    })
    .next()
}

impl Test {
    /// A line with the newest value, how long ago it was, and a mark where it lies outside its range.
    pub(crate) fn latest(&self, today: &str) -> Option<Entry> {
        let answer = self.answers.first()?;
        let value = format!("{}: {} {}", self.name, answer.text, self.unit);
        let entry = Entry::new(value.trim()).end(ago(&answer.at, today));
        Some(match answer.level.and_then(|l| Some((l, tone(l)?))) {
            Some((level, tone)) => entry.tag(Tag::new(tone, level.word())),
            None => entry,
        })
    }

    /// The last dozen values, the oldest first.
    pub(crate) fn spark(&self) -> Markup {
        let values: Vec<f64> = self
            .answers
            .iter()
            .filter_map(|a| a.value)
            .take(12)
            .collect();
        Spark::new(values.into_iter().rev().collect()).render()
    }

    /// How the newest value compares with the one before it: more, less, or as it was (within five parts in a hundred).
    pub(crate) fn trend(&self) -> Option<&'static str> {
        let mut values = self.answers.iter().filter_map(|a| a.value);
        let (now, before) = (values.next()?, values.next()?);
        if before == 0.0 {
            return None;
        }
        Some(match now / before {
            factor if factor > 1.05 => "rising",
            factor if factor < 0.95 => "falling",
            _ => "steady",
        })
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn check(text: &str, level: Option<Level>, range: &str, shown: &str) {
        let document = json::read(text.as_bytes()).unwrap();
        let found = tests(&[document], Some("1974-03-01"), Sex::Female);
        let answer = &found[0].answers[0];
        assert_eq!(
            (answer.level, found[0].range.as_str(), answer.text.as_str()),
            (level, range, shown),
            "{text}"
        );
    }

    #[test]
    fn the_laboratorys_word_goes_before_our_range() {
        let base = r#""status":"final","effectiveDateTime":"2026-03-01","code":{"coding":[{"code":"718-7"}],"text":"Hemoglobin"},
            "valueQuantity":{"value":13.0,"unit":"g/dL","code":"g/dL"}"#;
        check(&format!("{{{base}}}"), Some(Level::Normal), "12–16", "13.0");
        check(
            &format!(
                r#"{{{base},"referenceRange":[{{"low":{{"value":13.5}},"high":{{"value":17}}}}]}}"#
            ),
            Some(Level::Low),
            "13.5–17",
            "13.0",
        );
        check(
            &format!(r#"{{{base},"interpretation":[{{"coding":[{{"code":"LL"}}]}}]}}"#),
            Some(Level::CriticallyLow),
            "12–16",
            "13.0",
        );
    }

    #[test]
    fn emr_1_21_a_critical_result_is_critical_without_a_birth_date_and_says_by_whose_limits() {
        let text = r#"{"status":"final","effectiveDateTime":"2026-03-01","code":{"coding":[{"code":"2823-3"}],"text":"Potassium"},
            "valueQuantity":{"value":7.1,"unit":"mmol/L","code":"mmol/L"}}"#;
        let document = json::read(text.as_bytes()).unwrap();
        let of = |birth| tests(std::slice::from_ref(&document), birth, Sex::Unknown).remove(0);
        let unknown = of(None);
        assert_eq!(unknown.answers[0].level, Some(Level::CriticallyHigh));
        assert_eq!(unknown.note, Some("age unknown: adult limits"));
        assert_eq!(of(Some("1974-03-01")).note, None);
    }

    #[test]
    fn a_name_loses_what_only_a_laboratory_needs() {
        assert_eq!(
            short_name("Erythrocytes [#/volume] in Blood by Automated count"),
            "Erythrocytes in Blood"
        );
        assert_eq!(short_name("Glucose"), "Glucose");
    }
}

//! What a chart's lists say of each resource.

use aceso_fhir::Value;
use aceso_web::page::{Entry, Tag, Tone};

use super::{code, concept, quantity};
use crate::words::{fhir_day, known, say};

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The resource's id.
    pub(crate) id: String,
    /// What it is.
    pub(crate) what: String,
    /// More: a severity, a dose, a value.
    pub(crate) more: String,
    /// Since when, or when.
    pub(crate) when: String,
    /// What must not be overlooked.
    pub(crate) mark: Mark,
}

/// What must not be overlooked about a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing.
    #[default]
    None,
    /// It can kill (an allergy's criticality).
    HighRisk,
    /// It is to be handled with more care than others (labels).
    Sensitive,
}

impl Line {
    /// As a list shows it.
    pub(crate) fn entry(&self) -> Entry {
        let entry = Entry::new(&self.what).more(&self.more).end(&self.when);
        match self.mark {
            Mark::None => entry,
            Mark::HighRisk => entry.tag(Tag::new(Tone::Danger, "high risk")),
            Mark::Sensitive => entry.tag(Tag::new(Tone::Info, "sensitive")),
        }
    }
}

/// What a label says that asks for more care than usual; none for labels that ask for no more (HL7 v3 Confidentiality
/// below restricted).
pub(crate) fn sensitivity(label: &Value) -> Option<String> {
    let code = label.str_at("code")?;
    let said = match code {
        "N" | "L" | "M" | "U" | "HTEST" => return None,
        "R" => "restricted",
        "V" => "very restricted",
        "PSY" | "MH" => "mental health",
        "ETH" | "SUD" | "ETHUD" => "substance use",
        "HIV" => "HIV",
        "SEX" | "SEXUAL" => "sexual health",
        "STD" => "sexually transmitted disease",
        "SDV" => "domestic violence",
        "GDIS" => "genetic disease",
        _ => {
            return label
                .str_at("display")
                .map(str::to_owned)
                .or_else(|| Some(code.to_owned()));
        }
    };
    Some(known(said))
}

fn mark(document: &Value) -> Mark {
    let labels = document.get("meta").map(|m| m.items_at("security"));
    match labels
        .unwrap_or_default()
        .iter()
        .any(|l| sensitivity(l).is_some())
    {
        true => Mark::Sensitive,
        false => Mark::None,
    }
}

fn id(document: &Value) -> String {
    document.id().unwrap_or_default().to_owned()
}

fn unnamed() -> String {
    say("not named", &[])
}

/// The code of a status that says that the entry was a mistake.
pub(crate) fn is_mistake(document: &Value) -> bool {
    let status = document.str_at("status");
    let lifecycle = document.str_at("lifecycleStatus");
    let verification = code(document.get("verificationStatus"));
    [status, lifecycle, verification].contains(&Some("entered-in-error"))
}

/// An AllergyIntolerance.
pub(crate) fn allergy(document: &Value) -> Line {
    let reactions = document.items_at("reaction").iter();
    let reactions = reactions
        .flat_map(|r| r.items_at("manifestation"))
        .filter_map(|m| concept(Some(m)));
    let reactions: Vec<String> = reactions.take(3).collect();
    let mark = match document.str_at("criticality") {
        Some("high") => Mark::HighRisk,
        _ => mark(document),
    };
    let status = match code(document.get("verificationStatus")) {
        Some("unconfirmed") => "unconfirmed",
        Some("refuted") => "refuted",
        _ => "",
    };
    let more = [status.to_owned(), reactions.join(", "), String::new()];
    let when = document
        .str_at("onsetDateTime")
        .or_else(|| document.str_at("recordedDate"));
    Line {
        id: id(document),
        what: concept(document.get("code")).unwrap_or_else(unnamed),
        more: joined(more),
        when: when.map(fhir_day).unwrap_or_default(),
        mark,
    }
}

/// Whether an AllergyIntolerance still counts.
pub(crate) fn is_active(document: &Value) -> bool {
    !is_mistake(document)
        && matches!(
            code(document.get("clinicalStatus")),
            None | Some("active" | "recurrence" | "relapse")
        )
}

/// A Condition.
pub(crate) fn condition(document: &Value) -> Line {
    let severity = concept(document.get("severity")).unwrap_or_default();
    let status = match code(document.get("verificationStatus")) {
        Some(status @ ("provisional" | "differential" | "unconfirmed" | "refuted")) => {
            status.to_owned()
        }
        _ => String::new(),
    };
    let when = document
        .str_at("onsetDateTime")
        .or_else(|| document.str_at("recordedDate"));
    Line {
        id: id(document),
        what: concept(document.get("code")).unwrap_or_else(unnamed),
        more: joined([severity, status, String::new()]),
        when: when.map(fhir_day).unwrap_or_default(),
        mark: mark(document),
    }
}

/// A MedicationRequest, with the Medications that came along.
pub(crate) fn medication(document: &Value, along: &[Value]) -> Line {
    let refers = document.get("medicationReference");
    let wanted = refers
        .and_then(|r| r.str_at("reference"))
        .unwrap_or_default();
    let referred = along.iter().find(|m| {
        m.id()
            .is_some_and(|id| wanted == ["Medication/", id].concat())
    });
    let what = concept(document.get("medicationCodeableConcept"))
        .or_else(|| concept(referred?.get("code")))
        .or_else(|| refers?.str_at("display").map(str::to_owned));
    let doses = document
        .items_at("dosageInstruction")
        .iter()
        .filter_map(dose);
    let status = match document.str_at("status") {
        Some("on-hold") => "on hold",
        _ => "",
    };
    let more = [
        status.to_owned(),
        doses.collect::<Vec<_>>().join("; "),
        String::new(),
    ];
    Line {
        id: id(document),
        what: what.unwrap_or_else(unnamed),
        more: joined(more),
        when: document
            .str_at("authoredOn")
            .map(fhir_day)
            .unwrap_or_default(),
        mark: mark(document),
    }
}

/// What a dosage says: its text, or dose and how often.
fn dose(dosage: &Value) -> Option<String> {
    if let Some(text) = dosage.str_at("text") {
        return Some(text.to_owned());
    }
    let amount = dosage
        .items_at("doseAndRate")
        .iter()
        .find_map(|d| quantity(d.get("doseQuantity")?));
    let repeat = dosage.get("timing").and_then(|t| t.get("repeat"));
    let number = |name: &str| {
        repeat
            .and_then(|r| r.get(name))
            .and_then(Value::as_number)
            .map(|n| n.as_str().to_owned())
    };
    let often = match (
        number("frequency"),
        number("period"),
        repeat.and_then(|r| r.str_at("periodUnit")),
    ) {
        (Some(frequency), Some(period), Some(unit)) => often(&frequency, &period, unit),
        _ => String::new(),
    };
    let needed = dosage.get("asNeededBoolean").and_then(Value::as_bool) == Some(true);
    let needed = match needed {
        true => known("as needed"),
        false => String::new(),
    };
    let text = joined([amount.unwrap_or_default(), often, needed]);
    (!text.is_empty()).then_some(text)
}

/// `twice a day`, `every 6 hours`, `3 times every 2 weeks`.
fn often(frequency: &str, period: &str, unit: &str) -> String {
    let many = known(match unit {
        "h" => "hours",
        "d" => "days",
        "wk" => "weeks",
        "mo" => "months",
        other => other,
    });
    match (frequency, matches!(period, "1" | "1.0"), unit) {
        ("1", true, "h") => known("every hour"),
        ("1", true, "d") => known("once a day"),
        ("2", true, "d") => known("twice a day"),
        (more, true, "d") => say("{0} times a day", &[&more]),
        ("1", true, "wk") => known("once a week"),
        (more, true, "wk") => say("{0} times a week", &[&more]),
        ("1", true, "mo") => known("once a month"),
        (more, true, "mo") => say("{0} times a month", &[&more]),
        ("1", ..) => say("every {0} {1}", &[&period, &many]),
        (more, ..) => say("{0} times every {1} {2}", &[&more, &period, &many]),
    }
}

fn joined(parts: [String; 3]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn check(line: fn(&Value) -> Line, text: &str, what: &str, more: &str, when: &str) {
        let found = line(&json::read(text.as_bytes()).unwrap());
        assert_eq!(
            (
                found.what.as_str(),
                found.more.as_str(),
                found.when.as_str()
            ),
            (what, more, when)
        );
    }

    #[test]
    fn a_line_says_what_matters_of_each_resource() {
        check(
            allergy,
            r#"{"code":{"text":"Penicillin"},"criticality":"high","reaction":[{"manifestation":[{"text":"Hives"}]}],"onsetDateTime":"1990"}"#,
            "Penicillin",
            "Hives",
            "1990",
        );
        check(
            |d| medication(d, &[]),
            r#"{"medicationCodeableConcept":{"text":"Metformin 500 mg"},"status":"on-hold","authoredOn":"2020-01-02",
            "dosageInstruction":[{"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}]}]}"#,
            "Metformin 500 mg",
            "on hold · 1 tablet · twice a day",
            "2 Jan 2020",
        );
    }
}

//! Problems that somebody should find: each is one patient's, told in the operator's guide.

use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::illness::{Drug, Test};
use super::person::Person;
use super::write::Chart;

/// Two records of one person, spelled differently.
const TWINS: [u32; 2] = [3, 4];
/// An allergy to penicillin, and amoxicillin on the list of medications.
const ALLERGIC: u32 = 7;
/// A potassium of 6.9 that nobody has looked at.
const CRITICAL: u32 = 11;
/// A weight in pounds written down as kilograms.
const SLIP: u32 = 15;
/// Two drugs of one class.
const TWICE: u32 = 19;
/// Treated for an opioid dependence, with a consent to what leaves of it.
const CONSENTS: u32 = 23;

/// The second physician.
pub(super) fn physician() -> Value {
    json!({
        "resourceType": "Practitioner", "id": "demo-physician", "active": true,
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "9000000015"}],
        "name": [{"prefix": ["Dr."], "given": ["Samuel"], "family": "Adeyemi"}]
    })
}

/// The person, or one who is nearly somebody else.
pub(super) fn person(person: Person, today: Date) -> Person {
    let born = today.saturating_sub(Span::new().days(17_200));
    let younger = today.saturating_sub(Span::new().days(12_900));
    match person.number {
        n if n == TWINS[0] => person.called("Maria", "Gonzalez", born),
        n if n == TWINS[1] => person.called("María", "González", born),
        CONSENTS => person.called("Robin", "Okafor", younger),
        _ => person,
    }
}

/// What is wrong with this patient's chart, if it is one of those.
pub(super) fn problem(person: &Person, today: Date, chart: &mut Chart) {
    let yesterday = today.saturating_sub(Span::new().days(1));
    let reason = ("185347001", "Encounter for problem");
    match person.number {
        ALLERGIC => {
            chart.allergy(("7980", true, "Penicillin G", "Hives"), yesterday);
            let sig = "1 capsule by mouth three times daily for 7 days";
            chart.prescription(
                drug("723", "Amoxicillin 500 mg capsule", sig),
                yesterday,
                person,
            );
        }
        CRITICAL => {
            let visit = chart.visit(yesterday, person, reason);
            let test = Test {
                loinc: "2823-3",
                name: "Potassium",
                unit: "mmol/L",
                low: 3.5,
                high: 5.1,
                shift: 0.0,
                digits: 1,
            };
            let result = chart.result(&test, 6.9, &visit);
            let panel = ("51990-0", "Basic metabolic panel");
            chart.report(panel, &[result], &visit, person);
        }
        SLIP => {
            let visit = chart.visit(yesterday, person, reason);
            chart.vital(("29463-7", "Body weight", 171.0, "kg"), &visit);
        }
        TWICE => {
            let daily = "1 tablet by mouth once daily";
            chart.prescription(
                drug("29046", "Lisinopril 20 mg tablet", daily),
                yesterday,
                person,
            );
            chart.prescription(
                drug("3827", "Enalapril 10 mg tablet", daily),
                yesterday,
                person,
            );
        }
        CONSENTS => {
            let since = today.saturating_sub(Span::new().days(200));
            let dependence = ("75544000", "F11.20", "Opioid dependence");
            chart.visit(since, person, ("266707007", "Drug addiction therapy"));
            chart.problem(dependence, since, None);
            chart.consent(since);
        }
        _ => {}
    }
}

const fn drug(rxnorm: &'static str, name: &'static str, sig: &'static str) -> Drug {
    Drug { rxnorm, name, sig }
}

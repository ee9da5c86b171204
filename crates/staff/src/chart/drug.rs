//! Drugs and allergens of a chart, as the rules of drug safety know them.

use aceso_clinic::drug::Named;
use aceso_fhir::Value;

use super::concept;
use super::entry::medication;
use super::write::{coding, words};

/// RxNorm.
pub(crate) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// The ATC classification.
const ATC: &str = "http://www.whocc.no/atc";

/// Something on the chart: what it is, and where it stands (`MedicationRequest/7`).
#[derive(Clone, Debug)]
pub(crate) struct OnChart {
    pub(crate) named: Named,
    pub(crate) at: String,
}

fn rxnorm(concept: Option<&Value>) -> impl Iterator<Item = &str> {
    let codings = concept.map(|c| c.items_at("coding")).unwrap_or_default();
    let ours = codings
        .iter()
        .filter(|c| c.str_at("system") == Some(RXNORM));
    ours.filter_map(|c| c.str_at("code"))
}

fn place(document: &Value) -> String {
    let (kind, id) = (document.resource_type(), document.id());
    [kind.unwrap_or_default(), "/", id.unwrap_or_default()].concat()
}

/// A MedicationRequest or MedicationStatement, with the Medications that came along.
pub(crate) fn taken(document: &Value, along: &[Value]) -> OnChart {
    let said = medication(document, along).what;
    let refers = document.get("medicationReference");
    let referred = along
        .iter()
        .find(|m| refers.and_then(|r| r.str_at("reference")) == Some(place(m).as_str()));
    let code = document
        .get("medicationCodeableConcept")
        .or_else(|| referred?.get("code"));
    OnChart {
        named: Named::new(&said, rxnorm(code)),
        at: place(document),
    }
}

/// An AllergyIntolerance.
pub(crate) fn allergen(document: &Value) -> OnChart {
    let code = document.get("code");
    let said = concept(code).unwrap_or_default();
    OnChart {
        named: Named::new(&said, rxnorm(code)),
        at: place(document),
    }
}

/// A CodeableConcept of what somebody typed: with its codes where it is one ingredient that the tables know and nothing
/// besides it is said.
pub(crate) fn coded_drug(typed: &str) -> Value {
    let named = Named::new(typed, []);
    let [drug] = named.drugs[..] else {
        return words(typed);
    };
    let mut codings = Vec::new();
    codings.extend(drug.rxnorm.map(|code| coding(RXNORM, code, drug.name)));
    codings.extend(drug.atc.iter().map(|code| coding(ATC, code, drug.name)));
    Value::from([
        ("coding", Value::from(codings)),
        ("text", Value::from(typed)),
    ])
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn a_drug_is_known_by_its_code_also_where_it_stands_in_a_medication_of_its_own() {
        let read = |text: &str| json::read(text.as_bytes()).unwrap();
        let medication = read(
            r#"{"resourceType":"Medication","id":"m","code":{"text":"the small one",
            "coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"29046"}]}}"#,
        );
        let request = read(
            r#"{"resourceType":"MedicationRequest","id":"r","medicationReference":{"reference":"Medication/m"}}"#,
        );
        let found = taken(&request, &[medication]);
        assert_eq!(found.named.drugs[0].name, "lisinopril");
        assert_eq!(found.at, "MedicationRequest/r");
        let code = coded_drug("Lisinopril 10 mg tablet");
        assert_eq!(code.items_at("coding")[0].str_at("code"), Some("29046"));
        assert_eq!(code.str_at("text"), Some("Lisinopril 10 mg tablet"));
        for other in ["a herb", "hydrocodone / acetaminophen"] {
            assert!(coded_drug(other).items_at("coding").is_empty(), "{other}");
        }
    }
}

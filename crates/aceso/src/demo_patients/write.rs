//! Resources of a patient.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::illness::{Drug, Test};
use super::person::Person;

/// What becomes one transaction, the patient first.
pub(super) struct Chart {
    patient: String,
    all: Vec<Value>,
}

/// A visit that has been.
pub(super) struct Visit {
    pub(super) day: Date,
    pub(super) id: String,
}

/// A moment of a visit's day, as FHIR writes instants.
fn at(day: Date, minute: u32) -> String {
    format!("{day}T{:02}:{:02}:00Z", 14 + minute / 60, minute % 60)
}

fn concept(system: &str, code: &str, text: &str) -> Value {
    json!({"coding": [{"system": system, "code": code, "display": text}], "text": text})
}

fn category(code: &str, text: &str) -> Value {
    concept(
        "http://terminology.hl7.org/CodeSystem/observation-category",
        code,
        text,
    )
}

fn status(system: &str, code: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({"coding": [{"system": system, "code": code}]})
}

impl Chart {
    pub(super) fn of(patient: Value, person: &Person) -> Self {
        Self {
            patient: person.id(),
            all: vec![patient],
        }
    }

    /// Keeps a resource about the patient, with an id of its own; gives its reference.
    fn keep(&mut self, kind: &str, mut parts: Map<String, Value>) -> String {
        let id = format!("{}-{}", self.patient, self.all.len());
        parts.insert("resourceType".into(), kind.into());
        parts.insert("id".into(), id.clone().into());
        let about = if matches!(kind, "AllergyIntolerance" | "Consent" | "Immunization") {
            "patient"
        } else {
            "subject"
        };
        let patient = json!({"reference": format!("Patient/{}", self.patient)});
        parts.insert(about.into(), patient);
        self.all.push(Value::Object(parts));
        format!("{kind}/{id}")
    }

    fn add(&mut self, kind: &str, parts: Value) -> String {
        match parts {
            Value::Object(parts) => self.keep(kind, parts),
            _ => String::new(),
        }
    }

    pub(super) fn visit(&mut self, day: Date, person: &Person, reason: (&str, &str)) -> Visit {
        let (code, name) = reason;
        let reference = self.add("Encounter", json!({
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"},
            "type": [concept("http://snomed.info/sct", code, name)],
            "participant": [{"individual": person.physician()}],
            "period": {"start": at(day, 0), "end": at(day, 25)},
        }));
        Visit { day, id: reference }
    }

    /// A problem: SNOMED CT's and ICD-10-CM's codes; resolved when it has an end.
    pub(super) fn problem(
        &mut self,
        (snomed, icd, name): (&str, &str, &str),
        since: Date,
        until: Option<Date>,
    ) {
        let mut parts = json!({
            "clinicalStatus": status("condition-clinical", if until.is_some() { "resolved" } else { "active" }),
            "verificationStatus": status("condition-ver-status", "confirmed"),
            "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item", "Problem List Item")],
            "code": {"coding": [
                {"system": "http://snomed.info/sct", "code": snomed, "display": name},
                {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": icd}
            ], "text": name},
            "onsetDateTime": since.to_string(),
            "recordedDate": since.to_string(),
        });
        if let (Some(until), Some(parts)) = (until, parts.as_object_mut()) {
            parts.insert("abatementDateTime".into(), until.to_string().into());
        }
        self.add("Condition", parts);
    }

    /// One consent to what leaves about substance use, for all future treatment, payment and health care operations, as the
    /// form of the registration writes it.
    pub(super) fn consent(&mut self, day: Date) {
        let v3 = |system: &str, code: &str| {
            let system = format!("http://terminology.hl7.org/CodeSystem/v3-{system}");
            json!({"system": system, "code": code})
        };
        let patient = json!({"reference": format!("Patient/{}", self.patient)});
        let to = "my treating providers, health plans, third-party payers, and people helping to operate this program";
        self.add(
            "Consent",
            json!({
                "status": "active",
                "scope": status("consentscope", "patient-privacy"),
                "category": [{"coding": [{"system": "urn:aceso:consent", "code": "tpo"}]}],
                "dateTime": day.to_string(),
                "performer": [patient],
                "organization": [{"display": "The clinic"}],
                "policyRule": {"coding": [v3("ActCode", "OPTIN"), v3("ActCode", "42CFRPart2")]},
                "verification": [{
                    "verified": true, "verifiedWith": patient, "verificationDate": day.to_string()
                }],
                "provision": {
                    "type": "permit",
                    "actor": [{"role": {"coding": [v3("ParticipationType", "IRCP")]}, "reference": {"display": to}}],
                    "securityLabel": [v3("ActCode", "ETH")],
                    "purpose": [
                        v3("ActReason", "TREAT"), v3("ActReason", "HPAYMT"), v3("ActReason", "HOPERAT")
                    ],
                },
            }),
        );
    }

    pub(super) fn prescription(&mut self, drug: Drug, since: Date, person: &Person) {
        self.add("MedicationRequest", json!({
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": concept("http://www.nlm.nih.gov/research/umls/rxnorm", drug.rxnorm, drug.name),
            "authoredOn": at(since, 20),
            "requester": person.physician(),
            "dosageInstruction": [{"text": drug.sig}],
        }));
    }

    pub(super) fn allergy(
        &mut self,
        (code, is_drug, name, reaction): (&str, bool, &str, &str),
        since: Date,
    ) {
        let system = if is_drug {
            "http://www.nlm.nih.gov/research/umls/rxnorm"
        } else {
            "http://snomed.info/sct"
        };
        self.add(
            "AllergyIntolerance",
            json!({
                "clinicalStatus": status("allergyintolerance-clinical", "active"),
                "verificationStatus": status("allergyintolerance-verification", "confirmed"),
                "category": [if is_drug { "medication" } else { "environment" }],
                "criticality": if reaction == "Anaphylaxis" { "high" } else { "low" },
                "code": concept(system, code, name),
                "recordedDate": since.to_string(),
                "reaction": [{"manifestation": [{"text": reaction}]}],
            }),
        );
    }

    pub(super) fn vaccination(&mut self, (cvx, name): (&str, &str), visit: &Visit) {
        self.add(
            "Immunization",
            json!({
                "status": "completed",
                "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", cvx, name),
                "encounter": {"reference": visit.id},
                "occurrenceDateTime": at(visit.day, 22),
                "primarySource": true,
                "lotNumber": format!("D{}", visit.day.strftime("%y%m")),
            }),
        );
    }

    /// A vital sign: LOINC's code, the name, the value, the unit in UCUM.
    pub(super) fn vital(
        &mut self,
        (code, name, value, unit): (&str, &str, f64, &str),
        visit: &Visit,
    ) {
        self.add(
            "Observation",
            json!({
                "status": "final",
                "category": [category("vital-signs", "Vital Signs")],
                "code": concept("http://loinc.org", code, name),
                "encounter": {"reference": visit.id},
                "effectiveDateTime": at(visit.day, 3),
                "valueQuantity": quantity(value, unit),
            }),
        );
    }

    pub(super) fn pressure(&mut self, up: f64, down: f64, visit: &Visit) {
        let part = |code, name, value| {
            json!({
                "code": concept("http://loinc.org", code, name), "valueQuantity": quantity(value, "mm[Hg]")
            })
        };
        self.add("Observation", json!({
            "status": "final",
            "category": [category("vital-signs", "Vital Signs")],
            "code": concept("http://loinc.org", "85354-9", "Blood pressure panel with all children optional"),
            "encounter": {"reference": visit.id},
            "effectiveDateTime": at(visit.day, 3),
            "component": [
                part("8480-6", "Systolic blood pressure", up),
                part("8462-4", "Diastolic blood pressure", down)
            ],
        }));
    }

    /// A laboratory result, with its reference range and a flag where it is outside; gives its reference.
    pub(super) fn result(&mut self, test: &Test, value: f64, visit: &Visit) -> String {
        let flag = match value {
            v if v < test.low => ("L", "Low"),
            v if v > 6.0 && test.name == "Potassium" => ("HH", "Critical high"),
            v if v > test.high => ("H", "High"),
            _ => ("N", "Normal"),
        };
        let bound = |value: f64| quantity(value, test.unit);
        self.add("Observation", json!({
            "status": "final",
            "category": [category("laboratory", "Laboratory")],
            "code": concept("http://loinc.org", test.loinc, test.name),
            "encounter": {"reference": visit.id},
            "effectiveDateTime": at(visit.day, 15),
            "issued": at(visit.day, 200),
            "valueQuantity": quantity(value, test.unit),
            "referenceRange": [{"low": bound(test.low), "high": bound(test.high)}],
            "interpretation": [concept(
                "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", flag.0, flag.1
            )],
        }))
    }

    pub(super) fn report(
        &mut self,
        (code, name): (&str, &str),
        results: &[String],
        visit: &Visit,
        person: &Person,
    ) {
        let results: Vec<Value> = results.iter().map(|r| json!({"reference": r})).collect();
        self.add("DiagnosticReport", json!({
            "status": "final",
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB", "display": "Laboratory"}]}],
            "code": concept("http://loinc.org", code, name),
            "encounter": {"reference": visit.id},
            "effectiveDateTime": at(visit.day, 15),
            "issued": at(visit.day, 200),
            "resultsInterpreter": [person.physician()],
            "result": results,
        }));
    }

    /// All of it.
    pub(super) fn resources(self) -> Vec<Value> {
        self.all
    }
}

fn quantity(value: f64, unit: &str) -> Value {
    let said = match unit {
        "mm[Hg]" => "mmHg",
        "Cel" => "°C",
        "kg/m2" => "kg/m²",
        "10*3/uL" => "10³/µL",
        "m[IU]/L" => "mIU/L",
        other => other,
    };
    // A whole number says so: the digits of a FHIR decimal are its precision.
    let value = match value.fract() == 0.0 {
        true => format!("{value:.0}").parse().ok(),
        false => serde_json::Number::from_f64(value),
    };
    json!({"value": value, "unit": said, "system": "http://unitsofmeasure.org", "code": unit})
}

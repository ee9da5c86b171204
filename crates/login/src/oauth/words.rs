//! What scopes mean, in words that the person who is asked understands.

use aceso_policy::{Action, Context, Scope};
use aceso_web::page::{known, say};

/// What a scope lets an app do: `See laboratory results`.
pub(crate) fn act(scope: &Scope) -> String {
    let has = |action: Action| scope.actions.contains(&action);
    let sees = has(Action::Read) || has(Action::Search);
    let acts = [
        sees,
        has(Action::Create),
        has(Action::Update),
        has(Action::Delete),
    ];
    let text = match acts {
        [true, false, false, false] => "See {0}",
        [false, true, false, false] => "Add {0}",
        [false, false, true, false] => "Change {0}",
        [false, false, false, true] => "Delete {0}",
        [true, true, false, false] => "See and add {0}",
        [true, false, true, false] => "See and change {0}",
        [true, false, false, true] => "See and delete {0}",
        [false, true, true, false] => "Add and change {0}",
        [false, true, false, true] => "Add and delete {0}",
        [false, false, true, true] => "Change and delete {0}",
        [true, true, true, false] => "See, add and change {0}",
        [true, true, false, true] => "See, add and delete {0}",
        [true, false, true, true] => "See, change and delete {0}",
        [false, true, true, true] => "Add, change and delete {0}",
        [true, true, true, true] => "See, add, change and delete {0}",
        [false, false, false, false] => "{0}",
    };
    say(text, &[&what(scope)])
}

/// Whose data it is about.
pub(crate) const fn about(scope: &Scope) -> &'static str {
    match scope.context {
        Context::Patient => "Of this patient only",
        Context::User => "Of everybody whose record you may see yourself",
        Context::System => "Of everybody",
    }
}

fn what(scope: &Scope) -> String {
    let Some(kind) = &scope.kind else {
        return known("everything in the record");
    };
    let narrow = scope.arguments.as_deref().unwrap_or_default();
    let narrowed = NARROW
        .iter()
        .find(|(k, argument, _)| k == kind && narrow.contains(argument));
    if let Some((_, _, words)) = narrowed {
        return known(words);
    }
    let plain = KINDS
        .iter()
        .find(|(k, _)| k == kind)
        .map(|(_, words)| known(words));
    let plain = plain.unwrap_or_else(|| say("entries of the kind {0}", &[kind]));
    match scope.arguments.as_deref() {
        Some(arguments) => say("{0}, limited to {1}", &[&plain, &arguments]),
        None => plain,
    }
}

const NARROW: [(&str, &str, &str); 8] = [
    ("Observation", "laboratory", "laboratory results"),
    (
        "Observation",
        "vital-signs",
        "vital signs, such as blood pressure and weight",
    ),
    (
        "Observation",
        "social-history",
        "social history, such as smoking",
    ),
    ("Observation", "survey", "answers to questionnaires"),
    ("Condition", "problem-list-item", "the problem list"),
    ("Condition", "health-concern", "health concerns"),
    ("Condition", "encounter-diagnosis", "diagnoses of visits"),
    ("DocumentReference", "clinical-note", "clinical notes"),
];

const KINDS: [(&str, &str); 33] = [
    ("AllergyIntolerance", "allergies"),
    ("Appointment", "appointments"),
    ("CarePlan", "care plans"),
    ("CareTeam", "the care team"),
    ("Claim", "bills sent to the insurance"),
    ("Communication", "messages"),
    ("Condition", "problems and diagnoses"),
    ("Consent", "consents"),
    ("Coverage", "insurance"),
    ("Device", "devices and implants"),
    ("DiagnosticReport", "reports of laboratory and imaging"),
    ("DocumentReference", "documents and notes"),
    ("Encounter", "visits"),
    ("ExplanationOfBenefit", "what the insurance paid"),
    ("FamilyMemberHistory", "family history"),
    ("Goal", "goals of treatment"),
    ("ImagingStudy", "imaging studies"),
    ("Immunization", "vaccinations"),
    ("Location", "places"),
    ("Medication", "medicines"),
    ("MedicationDispense", "medicines handed out"),
    ("MedicationRequest", "prescriptions"),
    ("MedicationStatement", "medicines taken"),
    ("Observation", "measurements and results"),
    ("Organization", "clinics and other organizations"),
    (
        "Patient",
        "name, date of birth, address and other personal details",
    ),
    ("Practitioner", "clinicians"),
    ("PractitionerRole", "what clinicians do where"),
    ("Procedure", "procedures and operations"),
    ("Provenance", "where entries come from"),
    ("QuestionnaireResponse", "answers to questionnaires"),
    ("RelatedPerson", "family and other related persons"),
    ("ServiceRequest", "orders and referrals"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_10_7_2_a_scope_is_told_in_plain_words() {
        for (scope, words) in [
            ("patient/*.rs", "See everything in the record"),
            (
                "patient/Observation.rs?category=laboratory",
                "See laboratory results",
            ),
            (
                "patient/Appointment.cruds",
                "See, add, change and delete appointments",
            ),
            ("patient/Appointment.cu", "Add and change appointments"),
            (
                "user/EnrollmentRequest.r",
                "See entries of the kind EnrollmentRequest",
            ),
            (
                "patient/Condition.r?code=x",
                "See problems and diagnoses, limited to code=x",
            ),
        ] {
            assert_eq!(act(&Scope::parse(scope).unwrap()), words);
        }
    }
}

//! What scopes mean, in words that the person who is asked understands.

use aceso_policy::{Action, Context, Scope};

/// What a scope lets an app do: `See laboratory results`.
pub(crate) fn act(scope: &Scope) -> String {
    let has = |action: Action| scope.actions.contains(&action);
    let sees = has(Action::Read) || has(Action::Search);
    let mut acts = Vec::new();
    if sees {
        acts.push("see");
    }
    if has(Action::Create) {
        acts.push("add");
    }
    if has(Action::Update) {
        acts.push("change");
    }
    if has(Action::Delete) {
        acts.push("delete");
    }
    let acts = joined(&acts);
    let what = what(scope);
    let mut text = format!("{acts} {what}");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    text
}

/// Whose data it is about.
pub(crate) const fn about(scope: &Scope) -> &'static str {
    match scope.context {
        Context::Patient => "Of this patient only",
        Context::User => "Of everybody whose record you may see yourself",
        Context::System => "Of everybody",
    }
}

fn joined(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn what(scope: &Scope) -> String {
    let Some(kind) = &scope.kind else {
        return "everything in the record".to_owned();
    };
    let narrow = scope.arguments.as_deref().unwrap_or_default();
    let known = NARROW
        .iter()
        .find(|(k, argument, _)| k == kind && narrow.contains(argument));
    if let Some((_, _, words)) = known {
        return (*words).to_owned();
    }
    let plain = KINDS
        .iter()
        .find(|(k, _)| k == kind)
        .map(|(_, words)| (*words).to_owned());
    let plain = plain.unwrap_or_else(|| spaced(kind));
    match scope.arguments.as_deref() {
        Some(arguments) => format!("{plain}, limited to {arguments}"),
        None => plain,
    }
}

/// `CareTeam` as people write it.
fn spaced(kind: &str) -> String {
    let mut out = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out.push_str(" records");
    out
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
            ("user/EnrollmentRequest.r", "See enrollment request records"),
            (
                "patient/Condition.r?code=x",
                "See problems and diagnoses, limited to code=x",
            ),
        ] {
            assert_eq!(act(&Scope::parse(scope).unwrap()), words);
        }
    }
}

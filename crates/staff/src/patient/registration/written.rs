//! What makes a Consent a written consent to disclosing records about substance use (42 CFR 2.31).

use aceso_fhir::consent::{PART2, PROCEEDING};
use aceso_fhir::{Object, Value};

use crate::chart::write::{coding, of_hl7, one};

/// Whom a consent for treatment, payment and operations designates, in the words of 42 CFR 2.31(a)(4)(i).
const EVERYBODY: &str = "my treating providers, health plans, third-party payers, and people helping to operate this program";
/// What the patient was told of it (42 CFR 2.31(a)(4)(iii), (a)(6)).
const TOLD: &str = "The patient can revoke this consent at any time by telling the clinic in writing; what was used or disclosed in reliance on it before stays as it is. What a covered entity or business associate receives for treatment, payment or health care operations may be redisclosed as the HIPAA regulations permit, except for proceedings against the patient.";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

/// Takes away what made it a written consent before: it may be of another kind now.
pub(super) fn clear(consent: &mut Object) {
    let rule = consent.get("policyRule");
    let mut codings = rule.map_or(&[][..], |r| r.items_at("coding")).iter();
    if codings.any(|c| c.str_at("code") == Some(PART2)) {
        for name in ["extension", "organization", "policyRule", "text"] {
            consent.remove(name);
        }
    }
}

/// Puts in who may disclose, under which rule, what the patient was told, and the proceeding that it is for.
pub(super) fn put(consent: &mut Object, clinic: &str, said: &str, proceeding: Option<&str>) {
    let clinic = Value::from([("display", Value::from(clinic))]);
    consent.set("organization", one(clinic));
    let rules = ["OPTIN", PART2].map(|code| coding(ACT_CODE, code, ""));
    let rules = Value::from(Vec::from(rules));
    consent.set("policyRule", Value::from([("coding", rules)]));
    let div = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>";
    let div = [div, said, ".</p><p>", TOLD, "</p></div>"].concat();
    let text = [
        ("status", Value::from("generated")),
        ("div", Value::from(div)),
    ];
    consent.set("text", Value::from(text));
    if let Some(name) = proceeding {
        let name = [
            ("url", Value::from(PROCEEDING)),
            ("valueString", Value::from(name)),
        ];
        consent.set("extension", one(Value::from(name)));
    }
}

/// Puts in about what, for what and to whom; to somebody in particular it is for proceedings alone.
pub(super) fn disclosure(provision: &mut Object, to: Option<&str>) {
    let purposes: &[&str] = match to {
        Some(_) => &["HLEGAL"],
        None => &["TREAT", "HPAYMT", "HOPERAT"],
    };
    let purposes = purposes.iter().map(|p| coding(ACT_REASON, p, ""));
    provision.set("securityLabel", one(coding(ACT_CODE, "ETH", "")));
    provision.set("purpose", purposes.collect::<Vec<Value>>());
    let role = of_hl7("v3-ParticipationType", "IRCP");
    let to = Value::from([("display", Value::from(to.unwrap_or(EVERYBODY)))]);
    let actor = Value::from([("role", role), ("reference", to)]);
    provision.set("actor", one(actor));
}

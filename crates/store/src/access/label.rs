//! Sensitivity labels: as `meta.security` says, and as codes imply (S1).
//!
//! Sources: HL7 v3 ActCode information sensitivity policies; ICD-10-CM FY2025 chapters and categories as named in each
//! row; SNOMED CT and LOINC codes of the conditions, tests and screening instruments that Synthea and US Core name.

use aceso_fhir::Value;
use aceso_fhir::security::{Standing, standing};
use aceso_policy::{Group, Label, Labels};

const ICD10CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";

/// `meta.security` codes, whatever their system.
const SECURITY: [(&str, Label); 22] = [
    ("ETH", Label::SubstanceUse),
    ("ETHUD", Label::SubstanceUse),
    ("OPIOIDUD", Label::SubstanceUse),
    ("SUD", Label::SubstanceUse),
    ("42CFRPart2", Label::SubstanceUse),
    ("HIV", Label::Hiv),
    ("PSY", Label::Behavioural),
    ("BH", Label::Behavioural),
    ("MH", Label::Behavioural),
    ("COGN", Label::Behavioural),
    ("DVD", Label::Behavioural),
    ("EMOTDIS", Label::Behavioural),
    ("PSYTHPN", Label::Note),
    ("NOTE", Label::Note),
    ("SDV", Label::Violence),
    ("VIO", Label::Violence),
    ("SEX", Label::SexualHealth),
    ("STD", Label::SexualHealth),
    ("CEL", Label::Vip),
    ("VIP", Label::Vip),
    ("EMP", Label::Employee),
    ("EMPL", Label::Employee),
];

/// ICD-10-CM codes that begin so, without the dot; the longest that fits counts.
const ICD_PREFIXES: [(&str, Option<Label>); 46] = [
    // F10-F19, mental and behavioural disorders due to psychoactive substance use; not nicotine.
    ("F10", Some(Label::SubstanceUse)),
    ("F11", Some(Label::SubstanceUse)),
    ("F12", Some(Label::SubstanceUse)),
    ("F13", Some(Label::SubstanceUse)),
    ("F14", Some(Label::SubstanceUse)),
    ("F15", Some(Label::SubstanceUse)),
    ("F16", Some(Label::SubstanceUse)),
    ("F17", None),
    ("F18", Some(Label::SubstanceUse)),
    ("F19", Some(Label::SubstanceUse)),
    ("Z714", Some(Label::SubstanceUse)),
    ("Z715", Some(Label::SubstanceUse)),
    ("O9931", Some(Label::SubstanceUse)),
    ("O9932", Some(Label::SubstanceUse)),
    // B20, Z21 and what is said of exposure, tests and pregnancy.
    ("B20", Some(Label::Hiv)),
    ("B9735", Some(Label::Hiv)),
    ("O987", Some(Label::Hiv)),
    ("R75", Some(Label::Hiv)),
    ("Z114", Some(Label::Hiv)),
    ("Z206", Some(Label::Hiv)),
    ("Z21", Some(Label::Hiv)),
    ("Z717", Some(Label::Hiv)),
    // F20-F69 and F90-F99; F70-F89 are disorders of development.
    ("F2", Some(Label::Behavioural)),
    ("F3", Some(Label::Behavioural)),
    ("F4", Some(Label::Behavioural)),
    ("F5", Some(Label::Behavioural)),
    ("F6", Some(Label::Behavioural)),
    ("F9", Some(Label::Behavioural)),
    ("R4585", Some(Label::Behavioural)),
    ("T1491", Some(Label::Behavioural)),
    // T74, T76, O9A.3-5: abuse, confirmed and suspected; Y07: who did it; Z69: counselling about it.
    ("O9A3", Some(Label::Violence)),
    ("O9A4", Some(Label::Violence)),
    ("O9A5", Some(Label::Violence)),
    ("T74", Some(Label::Violence)),
    ("T76", Some(Label::Violence)),
    ("Y07", Some(Label::Violence)),
    ("Z69", Some(Label::Violence)),
    ("Z9141", Some(Label::Violence)),
    // A50-A64 infections with a predominantly sexual mode of transmission; Z30, Z33.2, O04, Z72.5.
    ("A5", Some(Label::SexualHealth)),
    ("A60", Some(Label::SexualHealth)),
    ("A63", Some(Label::SexualHealth)),
    ("A64", Some(Label::SexualHealth)),
    ("O04", Some(Label::SexualHealth)),
    ("Z30", Some(Label::SexualHealth)),
    ("Z332", Some(Label::SexualHealth)),
    ("Z725", Some(Label::SexualHealth)),
];

const SNOMED_CODES: [(&str, Label); 36] = [
    ("7200002", Label::SubstanceUse),   // Alcoholism
    ("15167005", Label::SubstanceUse),  // Alcohol abuse
    ("66590003", Label::SubstanceUse),  // Alcohol dependence
    ("5602001", Label::SubstanceUse),   // Opioid abuse
    ("75544000", Label::SubstanceUse),  // Opioid dependence
    ("191816009", Label::SubstanceUse), // Drug dependence
    ("26416006", Label::SubstanceUse),  // Drug abuse
    ("6525002", Label::SubstanceUse),   // Dependent drug abuse
    ("55680006", Label::SubstanceUse),  // Drug overdose
    ("361055000", Label::SubstanceUse), // Misuses drugs
    ("266707007", Label::SubstanceUse), // Drug addiction therapy
    ("86406008", Label::Hiv),           // Human immunodeficiency virus infection
    ("62479008", Label::Hiv),           // AIDS
    ("165816005", Label::Hiv),          // HIV detected
    ("171121004", Label::Hiv),          // HIV screening
    ("35489007", Label::Behavioural),   // Depressive disorder
    ("370143000", Label::Behavioural),  // Major depressive disorder
    ("36923009", Label::Behavioural),   // Major depression, single episode
    ("66344007", Label::Behavioural),   // Recurrent major depression
    ("13746004", Label::Behavioural),   // Bipolar disorder
    ("58214004", Label::Behavioural),   // Schizophrenia
    ("47505003", Label::Behavioural),   // Posttraumatic stress disorder
    ("197480006", Label::Behavioural),  // Anxiety disorder
    ("80583007", Label::Behavioural),   // Severe anxiety (panic)
    ("371631005", Label::Behavioural),  // Panic disorder
    ("72366004", Label::Behavioural),   // Eating disorder
    ("192127007", Label::Behavioural),  // Child attention deficit disorder
    ("6471006", Label::Behavioural),    // Suicidal thoughts
    ("82313006", Label::Behavioural),   // Suicide attempt
    ("706893006", Label::Violence),     // Victim of intimate partner abuse
    ("8098009", Label::SexualHealth),   // Sexually transmitted infectious disease
    ("15628003", Label::SexualHealth),  // Gonorrhea
    ("76272004", Label::SexualHealth),  // Syphilis
    ("105629000", Label::SexualHealth), // Chlamydial infection
    ("386639001", Label::SexualHealth), // Termination of pregnancy
    ("169553002", Label::SexualHealth), // Insertion of subcutaneous contraceptive
];

const LOINC_CODES: [(&str, Label); 20] = [
    ("75626-2", Label::SubstanceUse), // AUDIT-C total score
    ("82667-7", Label::SubstanceUse), // DAST-10 total score
    ("20447-9", Label::Hiv),          // HIV 1 RNA, copies
    ("25836-8", Label::Hiv),          // HIV 1 RNA
    ("56888-1", Label::Hiv),          // HIV 1+2 antibodies and HIV 1 p24 antigen
    ("75622-1", Label::Hiv),          // HIV 1 and 2 tests, Meaningful Use set
    ("7917-8", Label::Hiv),           // HIV 1 antibodies
    ("29893-5", Label::Hiv),          // HIV 1 antibodies by immunoassay
    ("44249-1", Label::Behavioural),  // PHQ-9 panel
    ("44261-6", Label::Behavioural),  // PHQ-9 total score
    ("55757-9", Label::Behavioural),  // PHQ-2 panel
    ("55758-7", Label::Behavioural),  // PHQ-2 total score
    ("69737-5", Label::Behavioural),  // GAD-7 panel
    ("70274-6", Label::Behavioural),  // GAD-7 total score
    ("34788-0", Label::Behavioural),  // Psychiatry consult note
    ("76499-3", Label::Violence),     // HARK panel
    ("76504-0", Label::Violence),     // HARK total score
    ("21613-5", Label::SexualHealth), // Chlamydia trachomatis DNA
    ("24111-7", Label::SexualHealth), // Neisseria gonorrhoeae DNA
    ("20507-0", Label::SexualHealth), // Reagin antibodies (RPR)
];

/// The labels of a document.
pub(crate) fn labels(kind: &str, document: &Value) -> Labels {
    if !Group::of(kind).is_some_and(Group::is_personal) {
        return Labels::NONE;
    }
    let mut found = Labels::NONE;
    let meta = document.get("meta");
    for coding in meta.map_or(&[][..], |m| m.items_at("security")) {
        found = of_tag(coding).map_or(found, |l| found.with(l));
    }
    let Some(object) = document.as_object() else {
        return found;
    };
    for (name, member) in object.iter() {
        // Narratives and what is said about the document itself are no data of the patient.
        if name != "meta" && name != "text" {
            codings(member, &mut found);
        }
    }
    found
}

/// The label that a coding of `meta.security` stands for. What nobody here knows is restricted: no label ever opens.
fn of_tag(coding: &Value) -> Option<Label> {
    if let Some(label) = coding.str_at("code").and_then(of_security) {
        return Some(label);
    }
    match standing(coding) {
        Standing::Ordinary => None,
        Standing::Sensitive | Standing::NoSuchCode | Standing::Foreign => Some(Label::Restricted),
    }
}

/// The label that a code of `meta.security` stands for.
pub(crate) fn of_security(code: &str) -> Option<Label> {
    SECURITY.iter().find(|(c, _)| *c == code).map(|(_, l)| *l)
}

fn codings(value: &Value, found: &mut Labels) {
    match value {
        Value::Object(object) => {
            if let (Some(system), Some(code)) = (value.str_at("system"), value.str_at("code"))
                && let Some(label) = of_code(system, code)
            {
                *found = found.with(label);
            }
            for (_, member) in object.iter() {
                codings(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| codings(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn of_code(system: &str, code: &str) -> Option<Label> {
    let exactly = |table: &[(&str, Label)]| table.iter().find(|(c, _)| *c == code).map(|(_, l)| *l);
    match system {
        SNOMED => exactly(&SNOMED_CODES),
        LOINC => exactly(&LOINC_CODES),
        ICD10CM => {
            let bare: String = code.chars().filter(|c| *c != '.').collect();
            let fits = ICD_PREFIXES.iter().filter(|(p, _)| bare.starts_with(p));
            fits.max_by_key(|(p, _)| p.len()).and_then(|(_, l)| *l)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn check(text: &str, expected: &[Label]) {
        let document = json::read(text.as_bytes()).unwrap();
        let kind = document.resource_type().unwrap();
        let found: Vec<_> = labels(kind, &document).iter().collect();
        assert_eq!(found, expected, "{text}");
    }

    fn condition(system: &str, code: &str) -> String {
        format!(
            r#"{{"resourceType":"Condition","code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}}}}"#
        )
    }

    #[test]
    fn s1_labels_follow_from_codes() {
        check(&condition(ICD10CM, "F10.20"), &[Label::SubstanceUse]);
        check(&condition(ICD10CM, "F17.210"), &[]);
        check(&condition(ICD10CM, "F84.0"), &[]);
        check(&condition(ICD10CM, "F32.1"), &[Label::Behavioural]);
        check(&condition(ICD10CM, "B20"), &[Label::Hiv]);
        check(&condition(ICD10CM, "T74.11XA"), &[Label::Violence]);
        check(&condition(ICD10CM, "A54.01"), &[Label::SexualHealth]);
        check(&condition(SNOMED, "86406008"), &[Label::Hiv]);
        check(&condition(SNOMED, "38341003"), &[]);
        check(&condition("http://other", "86406008"), &[]);
    }

    #[test]
    fn s1_labels_are_found_deep_inside_and_in_the_security_tags() {
        check(
            r#"{"resourceType":"Claim","diagnosis":[{"sequence":1,"diagnosisCodeableConcept":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"Z21"}]}}]}"#,
            &[Label::Hiv],
        );
        check(
            r#"{"resourceType":"Patient","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"CEL"}]}}"#,
            &[Label::Vip],
        );
        check(
            r#"{"resourceType":"DocumentReference","meta":{"security":[{"code":"PSYTHPN"},{"code":"ETH"}]}}"#,
            &[Label::SubstanceUse, Label::Note],
        );
    }

    #[test]
    fn s1_every_label_is_looked_for_in_the_rows() {
        let text = crate::statements::LABEL_OF;
        let list = text.split(['(', ')']).nth(1).unwrap();
        let listed: Vec<&str> = list.split(", ").collect();
        let numbers = Label::ALL.map(|label| label.number().to_string());
        assert_eq!(listed, numbers);
    }

    #[test]
    fn s1_a_label_that_nobody_knows_restricts() {
        let tagged = |system: &str, code: &str| {
            format!(
                r#"{{"resourceType":"Observation","meta":{{"security":[{{"system":"{system}","code":"{code}"}}]}}}}"#
            )
        };
        let v3 = |name: &str| ["http://terminology.hl7.org/CodeSystem/v3-", name].concat();
        check(&tagged(&v3("Confidentiality"), "N"), &[]);
        check(&tagged(&v3("ActReason"), "HTEST"), &[]);
        check(&tagged(&v3("Confidentiality"), "R"), &[Label::Restricted]);
        check(&tagged(&v3("ActCode"), "GDIS"), &[Label::Restricted]);
        check(&tagged(&v3("ActCode"), "HVI"), &[Label::Restricted]);
        check(&tagged("urn:elsewhere", "secret"), &[Label::Restricted]);
        check(
            r#"{"resourceType":"Observation","meta":{"security":[{"display":"keep out"}]}}"#,
            &[Label::Restricted],
        );
    }

    #[test]
    fn a_definition_has_no_label_for_the_codes_it_lists() {
        check(
            r#"{"resourceType":"ValueSet","compose":{"include":[{"system":"http://snomed.info/sct","concept":[{"code":"86406008"}]}]}}"#,
            &[],
        );
    }
}

//! Security labels (`meta.security`): what a coding says as far as its code system tells. R4 names four systems for them
//! (value set `security-labels`), all built in.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::Value;
use crate::terminology::Source;

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// The systems that R4 takes security labels from.
const SYSTEMS: [&str; 4] = [
    ACT_CODE,
    CONFIDENTIALITY,
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
];
/// Confidentiality that is no more than that of any record.
const ORDINARY: [&str; 4] = ["U", "L", "M", "N"];
/// In v3 ActCode, above every kind of sensitive information.
const SENSITIVE: &str = "_InformationSensitivityPolicy";

/// What a coding in `meta.security` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A code of its system that asks for no protection beyond that of any record: a purpose, a law, how whole the text is.
    Ordinary,
    /// The information is sensitive, restricted or very restricted.
    Sensitive,
    /// Its system, which is known, has no such code.
    NoSuchCode,
    /// Nobody here knows what it says: no system, a system that is not known, or no code.
    Foreign,
}

/// What a coding says.
pub fn standing(coding: &Value) -> Standing {
    let (Some(system), Some(code)) = (coding.str_at("system"), coding.str_at("code")) else {
        return Standing::Foreign;
    };
    let Some(known) = KNOWN.iter().find(|known| known.system == system) else {
        return Standing::Foreign;
    };
    if !known.codes.contains(code) {
        Standing::NoSuchCode
    } else if known.sensitive.contains(code) {
        Standing::Sensitive
    } else {
        Standing::Ordinary
    }
}

/// The codes of one of the systems.
struct Known {
    system: &'static str,
    codes: FxHashSet<String>,
    sensitive: FxHashSet<String>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let source = Source::default();
    SYSTEMS.iter().filter_map(|s| known(&source, s)).collect()
});

fn known(source: &Source, system: &'static str) -> Option<Known> {
    let found = source.system(system)?;
    let all = || found.concepts.iter().map(|c| c.code.to_string());
    let sensitive = match system {
        ACT_CODE => found
            .descendants(SENSITIVE)
            .iter()
            .map(|c| c.to_string())
            .collect(),
        CONFIDENTIALITY => all().filter(|c| !ORDINARY.contains(&c.as_str())).collect(),
        _ => FxHashSet::default(),
    };
    Some(Known {
        system,
        codes: all().collect(),
        sensitive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(system: Option<&str>, code: &str, expected: Standing) {
        let mut coding = Value::from([("code", Value::from(code))]);
        if let (Some(system), Some(object)) = (system, coding.as_object_mut()) {
            object.set("system", system);
        }
        assert_eq!(standing(&coding), expected, "{system:?} {code}");
    }

    #[test]
    fn s1_a_label_is_what_its_code_system_says() {
        check(Some(ACT_CODE), "HIV", Standing::Sensitive);
        check(Some(ACT_CODE), "OPIOIDUD", Standing::Sensitive);
        check(Some(ACT_CODE), "GDIS", Standing::Sensitive);
        check(Some(ACT_CODE), "CEL", Standing::Sensitive);
        check(Some(ACT_CODE), "NORDSCLCD", Standing::Ordinary);
        check(Some(ACT_CODE), "HVI", Standing::NoSuchCode);
        check(Some(CONFIDENTIALITY), "N", Standing::Ordinary);
        check(Some(CONFIDENTIALITY), "R", Standing::Sensitive);
        check(Some(CONFIDENTIALITY), "V", Standing::Sensitive);
        check(Some(CONFIDENTIALITY), "X", Standing::NoSuchCode);
        check(Some(SYSTEMS[2]), "HTEST", Standing::Ordinary);
        check(Some(SYSTEMS[3]), "REDACTED", Standing::Ordinary);
        check(Some("urn:elsewhere"), "HIV", Standing::Foreign);
        check(None, "HIV", Standing::Foreign);
    }
}

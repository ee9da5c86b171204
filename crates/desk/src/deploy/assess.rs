//! What the advisories say of each component of an installation, with what a person needs to decide: the matching's findings,
//! how soon, and what can be done.

use serde::{Deserialize, Serialize};

use super::urgency::{Exploited, Urgency, urgency};
use crate::When;
use crate::advisory::{Advisory, NoteKind, RemedyKind, ThreatKind, Vulnerability};
use crate::matching::{Facts, Finding, Matcher, Sbom};

/// A finding with what its advisory says to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Which component, how it stands, and why.
    pub finding: Finding,
    /// The advisory's title.
    pub title: String,
    /// How grave the makers say it is.
    pub severity: Option<String>,
    /// When the advisory's current version is of.
    pub current: When,
    /// Whether it is exploited, what it does.
    pub threats: Vec<String>,
    /// What it means for patients' safety and their data.
    pub patients: Vec<String>,
    /// The exact steps of the fix.
    pub fixes: Vec<String>,
    /// Ways around it, with what they cost.
    pub workarounds: Vec<String>,
    /// How to see whether it was used here.
    pub detection: Vec<String>,
    /// How soon to act.
    pub urgency: Urgency,
}

/// What a finding is kept under: a decision is about one vulnerability in one component, and holds for no other.
pub fn key_of(finding: &Finding) -> [&str; 3] {
    [
        &finding.advisory,
        &finding.vulnerability,
        &finding.component,
    ]
}

/// Every component that an advisory speaks of, affected ones first.
pub fn assess(
    advisories: &[Advisory],
    bill: &Sbom,
    facts: &Facts,
    exploited: &Exploited,
) -> Vec<Match> {
    let findings = Matcher::new(advisories).find(bill, facts).into_iter();
    findings
        .filter_map(|finding| {
            let advisory = advisories.iter().find(|a| a.id == finding.advisory)?;
            let mut of = advisory.vulnerabilities.iter();
            let named =
                |v: &&Vulnerability| v.name().unwrap_or(&advisory.id) == finding.vulnerability;
            let vulnerability = of.find(named)?;
            let soon = urgency(advisory, vulnerability, facts, exploited);
            Some(of_finding(finding, advisory, vulnerability, soon))
        })
        .collect()
}

fn of_finding(
    finding: Finding,
    advisory: &Advisory,
    vulnerability: &Vulnerability,
    urgency: Urgency,
) -> Match {
    let remedies = |kinds: &[RemedyKind]| -> Vec<String> {
        let all = vulnerability.remedies.iter();
        let ours = all.filter(|r| kinds.contains(&r.kind) && finding.remedies.contains(&r.details));
        ours.map(|r| r.details.clone()).collect()
    };
    let threats = [ThreatKind::ExploitStatus, ThreatKind::Impact];
    let threats = threats.into_iter().flat_map(|kind| {
        let all = vulnerability.threats.iter();
        let of_kind = all.filter(move |t| t.kind == kind);
        of_kind.map(|t| t.details.clone())
    });
    let notes = vulnerability.notes.iter().chain(&advisory.notes);
    let detects = |title: &Option<String>| {
        let title = title.as_deref().unwrap_or_default();
        title.to_lowercase().contains("detect")
    };
    let detection = notes.filter(|n| n.kind == NoteKind::Details && detects(&n.title));
    let severity = advisory.severity.as_ref();
    let patients = severity
        .into_iter()
        .flat_map(|s| [&s.patient_safety, &s.patient_data]);
    Match {
        title: advisory.title.clone(),
        severity: severity.map(|s| s.level.name().to_owned()),
        current: advisory.current,
        threats: threats.collect(),
        patients: patients.filter(|t| !t.is_empty()).cloned().collect(),
        fixes: remedies(&[RemedyKind::VendorFix, RemedyKind::NoFixPlanned]),
        workarounds: remedies(&[
            RemedyKind::Workaround,
            RemedyKind::Mitigation,
            RemedyKind::NoneAvailable,
        ]),
        detection: detection.map(|n| n.text.clone()).collect(),
        urgency,
        finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::State;

    fn bill(version: &str) -> Sbom {
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {{"type":"application","name":"aceso","version":"{version}","purl":"pkg:cargo/aceso@{version}"}}]}}"#
        );
        Sbom::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_match_says_why_how_soon_and_what_to_do() {
        let text = include_str!("../../tests/data/ACESO-2026-0001.json");
        let advisory: Advisory = serde_json::from_str(text).unwrap();
        let mut facts = Facts::default();
        facts.add("exposed", "internet");
        facts.add("module", "portal");
        let found = assess(&[advisory], &bill("0.9.1"), &facts, &Exploited::default());
        let [one] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(one.finding.state, State::Affected);
        assert!(one.finding.because.iter().any(|why| why.contains("0.9.1")));
        assert_eq!(one.severity.as_deref(), Some("High"));
        assert!(one.fixes[0].contains("aceso update"), "{:?}", one.fixes);
        assert!(one.workarounds[0].contains("portal.documents = false"));
        assert!(one.detection[0].contains("aceso audit report"));
        assert!(one.threats[0].contains("Not seen in the wild"));
        assert_eq!(one.urgency.decision, "scheduled");
        let kept = serde_json::to_string(one).unwrap();
        assert_eq!(&serde_json::from_str::<Match>(&kept).unwrap(), one);
    }
}

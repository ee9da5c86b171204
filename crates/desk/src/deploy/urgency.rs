//! How soon an installation should act: CERT/CC's deployer tree over what is true here. Whether it is exploited and whether a
//! machine can do it come from the advisory (and the list of known exploited vulnerabilities), how exposed the system is from
//! the configuration, and what it means for people from the severity that the makers gave it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::advisory::{Advisory, Vulnerability};
use crate::cvss::{Rating, Vector};
use crate::matching::Facts;
use crate::severity::Severity;
use crate::ssvc::Tree;

/// The catalogue of vulnerabilities that are known to be exploited, as CISA publishes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exploited(BTreeSet<String>);

/// Not such a catalogue.
#[derive(Debug, thiserror::Error)]
pub enum ExploitedError {
    /// Another form.
    #[error("this is not the catalogue of known exploited vulnerabilities in JSON")]
    Json(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct Catalogue {
    vulnerabilities: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "cveID")]
    cve: String,
}

impl Exploited {
    /// Reads `known_exploited_vulnerabilities.json`.
    pub fn read(bytes: &[u8]) -> Result<Self, ExploitedError> {
        let read: Catalogue = serde_json::from_slice(bytes)?;
        let all = read.vulnerabilities.into_iter();
        Ok(Self(all.map(|one| one.cve.trim().to_uppercase()).collect()))
    }

    fn has(&self, vulnerability: &Vulnerability) -> bool {
        let mut names = vulnerability.names();
        names.any(|name| self.0.contains(&name.to_uppercase()))
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How soon, with what led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgency {
    /// The tree's decision: `defer`, `scheduled`, `out-of-cycle` or `immediate`.
    pub decision: String,
    /// Within so many days of the day on which it was found here.
    pub days: u16,
    /// The days that its severity allows at most, where the tree alone would give more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u16>,
    /// The points of the tree with the values that led to it.
    pub inputs: Vec<(String, String)>,
}

impl Urgency {
    /// The days that each decision gives; the tree itself names none. They are those of the fast policy of a desk, but
    /// `immediate`, which does not wait for a quiet window.
    fn days_of(decision: &str) -> u16 {
        match decision {
            "immediate" => 2,
            "out-of-cycle" => 14,
            "scheduled" => 30,
            _ => 90,
        }
    }

    /// As the tree decided, and not later than the impact allows.
    fn of(decision: String, impact: &str, inputs: Vec<(String, String)>) -> Self {
        let days = Self::days_of(&decision);
        let most = most(impact).filter(|most| *most < days);
        Self {
            decision,
            days: most.unwrap_or(days),
            most,
            inputs,
        }
    }
}

/// Critical patches are in within 15 days, high ones within 30: 45 CFR 164.308(a)(4)(ii)(B) as proposed (90 FR 898).
fn most(impact: &str) -> Option<u16> {
    match impact {
        "very high" => Some(15),
        "high" => Some(30),
        _ => None,
    }
}

/// Asks the tree.
pub fn urgency(
    advisory: &Advisory,
    vulnerability: &Vulnerability,
    facts: &Facts,
    exploited: &Exploited,
) -> Urgency {
    let vectors = || vulnerability.scores.iter().map(|scored| &scored.vector);
    let exploitation = match exploited.has(vulnerability) {
        true => "active",
        false => vectors()
            .map(maturity)
            .max()
            .unwrap_or(Maturity::None)
            .key(),
    };
    let exposure = match facts.names("exposed") {
        Some(names) if names.contains("loopback") => "small",
        Some(names) if names.contains("lan") => "controlled",
        // What is not known is taken for the worst.
        Some(_) | None => "open",
    };
    let automatable = match vectors().any(is_automatable) {
        true => "yes",
        false => "no",
    };
    let impact = impact(advisory, vulnerability);
    let asked = [
        ("Exploitation", exploitation),
        ("System Exposure", exposure),
        ("Automatable", automatable),
        ("Human Impact", impact),
    ];
    match Tree::Deployer.decide(&asked) {
        Ok(outcome) => Urgency::of(outcome.decision, impact, outcome.inputs),
        // The tree has every row for these values; without one, somebody looks at once.
        Err(_) => Urgency::of("immediate".to_owned(), impact, Vec::new()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Maturity {
    None,
    Proof,
    Active,
}

impl Maturity {
    const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Proof => "public poc",
            Self::Active => "active",
        }
    }
}

/// What a vector says of exploits: `E` of CVSS 4.0 (A attacked, P proof), and of 3.x (H and F work, P proof).
fn maturity(vector: &Vector) -> Maturity {
    match vector.value("E") {
        "A" | "H" => Maturity::Active,
        "P" | "F" => Maturity::Proof,
        _ => Maturity::None,
    }
}

/// From the network, without an account and without anybody's help: a machine does it all.
fn is_automatable(vector: &Vector) -> bool {
    ["AV", "PR", "UI"].map(|metric| vector.value(metric)) == ["N", "N", "N"]
}

fn impact(advisory: &Advisory, vulnerability: &Vulnerability) -> &'static str {
    use crate::advisory::Level;
    let said = advisory.severity.as_ref().map(|s| &s.level);
    let ours = said.and_then(|level| match level {
        Level::Ours(severity) => Some(*severity),
        Level::Said(text) => {
            let mut all = Severity::ALL.into_iter();
            all.find(|one| one.name().eq_ignore_ascii_case(text))
        }
    });
    match ours {
        Some(Severity::Critical) => "very high",
        Some(Severity::High) => "high",
        Some(Severity::Medium) => "medium",
        Some(Severity::Low) => "low",
        None => scored(vulnerability),
    }
}

/// As the gravest score says it; what nobody scored is taken for high.
fn scored(vulnerability: &Vulnerability) -> &'static str {
    let ratings = vulnerability.scores.iter().map(|s| s.vector.score());
    let gravest = ratings.max_by_key(|score| score.tenths());
    match gravest.map(|score| score.rating()) {
        Some(Rating::Critical) => "very high",
        Some(Rating::High) | None => "high",
        Some(Rating::Medium) => "medium",
        Some(Rating::Low | Rating::None) => "low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory() -> Advisory {
        serde_json::from_str(include_str!("../../tests/data/ACESO-2026-0001.json")).unwrap()
    }

    fn check(vector: &str, listed: bool, exposed: &str, decision: &str, days: u16) {
        let mut advisory = advisory();
        let vulnerability = &mut advisory.vulnerabilities[0];
        vulnerability.scores[0].vector = vector.parse().unwrap();
        vulnerability.scores.truncate(1);
        vulnerability.cve = Some("CVE-2026-1".into());
        let catalogue = match listed {
            true => br#"{"vulnerabilities":[{"cveID":"CVE-2026-1"}]}"#.as_slice(),
            false => br#"{"vulnerabilities":[]}"#.as_slice(),
        };
        let mut facts = Facts::default();
        facts.add("exposed", exposed);
        let exploited = Exploited::read(catalogue).unwrap();
        let vulnerability = advisory.vulnerabilities[0].clone();
        let found = urgency(&advisory, &vulnerability, &facts, &exploited);
        assert_eq!(
            (found.decision.as_str(), found.days),
            (decision, days),
            "{:?}",
            found.inputs
        );
    }

    #[test]
    fn how_soon_follows_from_exploits_exposure_automation_and_impact() {
        const OPEN: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        const ACCOUNT: &str = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N";
        check(OPEN, true, "internet", "immediate", 2);
        check(OPEN, true, "loopback", "out-of-cycle", 14);
        check(ACCOUNT, false, "internet", "scheduled", 30);
        check(ACCOUNT, false, "loopback", "scheduled", 30);
    }

    #[test]
    fn hn9_a_critical_patch_has_15_days_at_most_and_a_high_one_30_whatever_the_tree_says() {
        use crate::advisory::Level;
        let mut advisory = advisory();
        let mut facts = Facts::default();
        facts.add("exposed", "loopback");
        let vulnerability = &mut advisory.vulnerabilities[0];
        let quiet = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N";
        vulnerability.scores[0].vector = quiet.parse().unwrap();
        vulnerability.scores.truncate(1);
        for (severity, longest) in [
            (Severity::Critical, 15),
            (Severity::High, 30),
            (Severity::Medium, 90),
            (Severity::Low, 90),
        ] {
            advisory.severity.as_mut().unwrap().level = Level::Ours(severity);
            let vulnerability = advisory.vulnerabilities[0].clone();
            let found = urgency(&advisory, &vulnerability, &facts, &Exploited::default());
            assert!(found.days <= longest, "{severity:?} {found:?}");
            let tree = Urgency::days_of(&found.decision);
            assert_eq!(found.most.is_some(), tree > longest, "{found:?}");
            assert_eq!(found.days, tree.min(longest));
        }
    }

    #[test]
    fn what_is_no_catalogue_is_refused() {
        assert!(Exploited::read(b"[]").is_err());
        assert!(Exploited::read(br#"{"vulnerabilities":[{"cve":"x"}]}"#).is_err());
    }
}

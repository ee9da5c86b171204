//! The metrics of each version, with their values.

use super::{VectorError, Version};

/// What a metric is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The vulnerability itself.
    Base,
    /// What is known of exploits and fixes: temporal in version 3.
    Threat,
    /// Where it is.
    Environmental,
    /// Said besides, without a part in the score.
    Supplemental,
}

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// As vectors write it: `AV`.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is part of.
    pub group: Group,
    /// Its values: the code and what it says.
    pub values: &'static [(&'static str, &'static str)],
}

impl Metric {
    /// Its values as a sentence lists them.
    pub fn allowed(&self) -> String {
        let each = self
            .values
            .iter()
            .map(|(code, says)| format!("{code} ({says})"));
        each.collect::<Vec<_>>().join(", ")
    }

    /// What a value's code says.
    pub fn says(&self, code: &str) -> &'static str {
        let mut found = self.values.iter().filter(|(c, _)| *c == code);
        found.next().map_or("", |(_, says)| says)
    }
}

/// Reads one `METRIC:VALUE`: the metric's place in the table, the metric, its value.
pub(super) fn read(
    version: Version,
    part: &str,
) -> Result<(usize, &'static Metric, &'static str), VectorError> {
    let (key, value) = part
        .split_once(':')
        .ok_or_else(|| VectorError::Pair(part.to_owned()))?;
    let metrics = version.metrics();
    let found = metrics.iter().enumerate().find(|(_, m)| m.key == key);
    let (at, metric) = found.ok_or_else(|| {
        let base = metrics
            .iter()
            .filter(|m| m.group == Group::Base)
            .map(|m| m.key);
        VectorError::Metric {
            version: version.text(),
            key: key.to_owned(),
            base: base.collect::<Vec<_>>().join(", "),
        }
    })?;
    let known = metric.values.iter().find(|(code, _)| *code == value);
    let (code, _) = known.ok_or_else(|| VectorError::Value {
        key: metric.key,
        name: metric.name,
        value: value.to_owned(),
        allowed: metric.allowed(),
    })?;
    Ok((at, metric, code))
}

type Values = &'static [(&'static str, &'static str)];

const fn metric(key: &'static str, name: &'static str, group: Group, values: Values) -> Metric {
    Metric {
        key,
        name,
        group,
        values,
    }
}

const X: (&str, &str) = ("X", "Not Defined");
const VECTOR: Values = &[
    ("N", "Network"),
    ("A", "Adjacent"),
    ("L", "Local"),
    ("P", "Physical"),
];
const LOW_HIGH: Values = &[("L", "Low"), ("H", "High")];
const PRIVILEGES: Values = &[("N", "None"), ("L", "Low"), ("H", "High")];
const REQUIRED: Values = &[("N", "None"), ("R", "Required")];
const SCOPE: Values = &[("U", "Unchanged"), ("C", "Changed")];
const IMPACT: Values = &[("H", "High"), ("L", "Low"), ("N", "None")];
const REQUIREMENT: Values = &[X, ("H", "High"), ("M", "Medium"), ("L", "Low")];
const X_VECTOR: Values = &[
    X,
    ("N", "Network"),
    ("A", "Adjacent"),
    ("L", "Local"),
    ("P", "Physical"),
];
const X_LOW_HIGH: Values = &[X, ("L", "Low"), ("H", "High")];
const X_PRIVILEGES: Values = &[X, ("N", "None"), ("L", "Low"), ("H", "High")];
const X_IMPACT: Values = &[X, ("H", "High"), ("L", "Low"), ("N", "None")];
const X_SAFETY: Values = &[
    X,
    ("S", "Safety"),
    ("H", "High"),
    ("L", "Low"),
    ("N", "Negligible"),
];
const PRESENT: Values = &[("N", "None"), ("P", "Present")];
const X_PRESENT: Values = &[X, ("N", "None"), ("P", "Present")];
const INTERACTION: Values = &[("N", "None"), ("P", "Passive"), ("A", "Active")];
const X_INTERACTION: Values = &[X, ("N", "None"), ("P", "Passive"), ("A", "Active")];

use Group::{Base, Environmental, Supplemental, Threat};

/// Version 3.0 and 3.1.
pub(super) const V3: &[Metric] = &[
    metric("AV", "Attack Vector", Base, VECTOR),
    metric("AC", "Attack Complexity", Base, LOW_HIGH),
    metric("PR", "Privileges Required", Base, PRIVILEGES),
    metric("UI", "User Interaction", Base, REQUIRED),
    metric("S", "Scope", Base, SCOPE),
    metric("C", "Confidentiality", Base, IMPACT),
    metric("I", "Integrity", Base, IMPACT),
    metric("A", "Availability", Base, IMPACT),
    metric(
        "E",
        "Exploit Code Maturity",
        Threat,
        &[
            X,
            ("H", "High"),
            ("F", "Functional"),
            ("P", "Proof-of-Concept"),
            ("U", "Unproven"),
        ],
    ),
    metric(
        "RL",
        "Remediation Level",
        Threat,
        &[
            X,
            ("U", "Unavailable"),
            ("W", "Workaround"),
            ("T", "Temporary Fix"),
            ("O", "Official Fix"),
        ],
    ),
    metric(
        "RC",
        "Report Confidence",
        Threat,
        &[X, ("C", "Confirmed"), ("R", "Reasonable"), ("U", "Unknown")],
    ),
    metric(
        "CR",
        "Confidentiality Requirement",
        Environmental,
        REQUIREMENT,
    ),
    metric("IR", "Integrity Requirement", Environmental, REQUIREMENT),
    metric("AR", "Availability Requirement", Environmental, REQUIREMENT),
    metric("MAV", "Modified Attack Vector", Environmental, X_VECTOR),
    metric(
        "MAC",
        "Modified Attack Complexity",
        Environmental,
        X_LOW_HIGH,
    ),
    metric(
        "MPR",
        "Modified Privileges Required",
        Environmental,
        X_PRIVILEGES,
    ),
    metric(
        "MUI",
        "Modified User Interaction",
        Environmental,
        &[X, ("N", "None"), ("R", "Required")],
    ),
    metric(
        "MS",
        "Modified Scope",
        Environmental,
        &[X, ("U", "Unchanged"), ("C", "Changed")],
    ),
    metric("MC", "Modified Confidentiality", Environmental, X_IMPACT),
    metric("MI", "Modified Integrity", Environmental, X_IMPACT),
    metric("MA", "Modified Availability", Environmental, X_IMPACT),
];

/// Version 4.0.
pub(super) const V4: &[Metric] = &[
    metric("AV", "Attack Vector", Base, VECTOR),
    metric("AC", "Attack Complexity", Base, LOW_HIGH),
    metric("AT", "Attack Requirements", Base, PRESENT),
    metric("PR", "Privileges Required", Base, PRIVILEGES),
    metric("UI", "User Interaction", Base, INTERACTION),
    metric(
        "VC",
        "Vulnerable System Confidentiality Impact",
        Base,
        IMPACT,
    ),
    metric("VI", "Vulnerable System Integrity Impact", Base, IMPACT),
    metric("VA", "Vulnerable System Availability Impact", Base, IMPACT),
    metric(
        "SC",
        "Subsequent System Confidentiality Impact",
        Base,
        IMPACT,
    ),
    metric("SI", "Subsequent System Integrity Impact", Base, IMPACT),
    metric("SA", "Subsequent System Availability Impact", Base, IMPACT),
    metric(
        "E",
        "Exploit Maturity",
        Threat,
        &[
            X,
            ("A", "Attacked"),
            ("P", "Proof-of-Concept"),
            ("U", "Unreported"),
        ],
    ),
    metric(
        "CR",
        "Confidentiality Requirement",
        Environmental,
        REQUIREMENT,
    ),
    metric("IR", "Integrity Requirement", Environmental, REQUIREMENT),
    metric("AR", "Availability Requirement", Environmental, REQUIREMENT),
    metric("MAV", "Modified Attack Vector", Environmental, X_VECTOR),
    metric(
        "MAC",
        "Modified Attack Complexity",
        Environmental,
        X_LOW_HIGH,
    ),
    metric(
        "MAT",
        "Modified Attack Requirements",
        Environmental,
        X_PRESENT,
    ),
    metric(
        "MPR",
        "Modified Privileges Required",
        Environmental,
        X_PRIVILEGES,
    ),
    metric(
        "MUI",
        "Modified User Interaction",
        Environmental,
        X_INTERACTION,
    ),
    metric(
        "MVC",
        "Modified Vulnerable System Confidentiality",
        Environmental,
        X_IMPACT,
    ),
    metric(
        "MVI",
        "Modified Vulnerable System Integrity",
        Environmental,
        X_IMPACT,
    ),
    metric(
        "MVA",
        "Modified Vulnerable System Availability",
        Environmental,
        X_IMPACT,
    ),
    metric(
        "MSC",
        "Modified Subsequent System Confidentiality",
        Environmental,
        X_IMPACT,
    ),
    metric(
        "MSI",
        "Modified Subsequent System Integrity",
        Environmental,
        X_SAFETY,
    ),
    metric(
        "MSA",
        "Modified Subsequent System Availability",
        Environmental,
        X_SAFETY,
    ),
    metric(
        "S",
        "Safety",
        Supplemental,
        &[X, ("N", "Negligible"), ("P", "Present")],
    ),
    metric(
        "AU",
        "Automatable",
        Supplemental,
        &[X, ("N", "No"), ("Y", "Yes")],
    ),
    metric(
        "R",
        "Recovery",
        Supplemental,
        &[X, ("A", "Automatic"), ("U", "User"), ("I", "Irrecoverable")],
    ),
    metric(
        "V",
        "Value Density",
        Supplemental,
        &[X, ("D", "Diffuse"), ("C", "Concentrated")],
    ),
    metric(
        "RE",
        "Vulnerability Response Effort",
        Supplemental,
        &[X, ("L", "Low"), ("M", "Moderate"), ("H", "High")],
    ),
    metric(
        "U",
        "Provider Urgency",
        Supplemental,
        &[
            X,
            ("Clear", "Clear"),
            ("Green", "Green"),
            ("Amber", "Amber"),
            ("Red", "Red"),
        ],
    ),
];

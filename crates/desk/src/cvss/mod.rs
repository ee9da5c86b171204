//! CVSS 3.0, 3.1 and 4.0: vectors as FIRST specifies them, their scores and severities.
//!
//! <https://www.first.org/cvss/v3-1/specification-document>, <https://www.first.org/cvss/v4-0/specification-document>.

mod metric;
mod v3;
mod v4;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use metric::{Group, Metric};

/// A version of CVSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 3.0 (2015).
    V30,
    /// 3.1 (2019).
    V31,
    /// 4.0 (2023).
    V40,
}

impl Version {
    /// As the vector says it: `3.1`.
    pub const fn text(self) -> &'static str {
        match self {
            Self::V30 => "3.0",
            Self::V31 => "3.1",
            Self::V40 => "4.0",
        }
    }

    /// Its metrics, in the order of the canonical vector.
    pub fn metrics(self) -> &'static [Metric] {
        match self {
            Self::V30 | Self::V31 => metric::v3(),
            Self::V40 => metric::v4(),
        }
    }
}

/// A score in tenths: 0.0 to 10.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

impl Score {
    /// From tenths; more than 100 is 100.
    pub const fn from_tenths(tenths: u8) -> Self {
        Self(if tenths > 100 { 100 } else { tenths })
    }

    /// In tenths: 98 for 9.8.
    pub const fn tenths(self) -> u8 {
        self.0
    }

    /// As a number.
    pub fn number(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// The qualitative rating, the same scale in all versions.
    pub const fn rating(self) -> Rating {
        match self.0 {
            0 => Rating::None,
            1..=39 => Rating::Low,
            40..=69 => Rating::Medium,
            70..=89 => Rating::High,
            _ => Rating::Critical,
        }
    }

    /// The greatest score that is not above a number of tenths.
    fn floor(tenths: f64) -> Self {
        let found = (0..=100_u8).rev().find(|t| f64::from(*t) <= tenths);
        Self(found.unwrap_or(0))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// What a score is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rating {
    /// 0.0.
    None,
    /// 0.1 to 3.9.
    Low,
    /// 4.0 to 6.9.
    Medium,
    /// 7.0 to 8.9.
    High,
    /// 9.0 to 10.0.
    Critical,
}

impl Rating {
    /// As CVSS's JSON writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// What is wrong with a vector: each names the metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// Neither 3.0, 3.1 nor 4.0.
    #[error(
        "the vector begins with {0:?}; write CVSS:3.1/ or CVSS:4.0/ first (3.0 is read too, 2.0 is not)"
    )]
    Version(String),
    /// A part without a colon.
    #[error("{0:?} is not METRIC:VALUE; parts are separated by single slashes")]
    Pair(String),
    /// No such metric.
    #[error("CVSS {version} has no metric {key}; its base metrics are {base}")]
    Metric {
        /// The version.
        version: &'static str,
        /// What was written.
        key: String,
        /// The base metrics of that version.
        base: String,
    },
    /// No such value.
    #[error("{key} ({name}) cannot be {value:?}; write one of {allowed}")]
    Value {
        /// The metric.
        key: &'static str,
        /// Its name.
        name: &'static str,
        /// What was written.
        value: String,
        /// What may be.
        allowed: String,
    },
    /// A metric stands twice.
    #[error("{key} ({name}) stands twice; leave one")]
    Twice {
        /// The metric.
        key: &'static str,
        /// Its name.
        name: &'static str,
    },
    /// A base metric is missing.
    #[error("{key} ({name}) is missing; add one of {allowed}")]
    Missing {
        /// The metric.
        key: &'static str,
        /// Its name.
        name: &'static str,
        /// What may be.
        allowed: String,
    },
    /// Version 4.0 keeps its metrics in order.
    #[error("{key} ({name}) stands too late: CVSS 4.0 keeps its order; write {canonical}")]
    Order {
        /// The metric.
        key: &'static str,
        /// Its name.
        name: &'static str,
        /// The same vector in order.
        canonical: String,
    },
}

/// A vector whose metrics and values all exist, with every base metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vector {
    version: Version,
    /// One for each metric of the version; none where it is not defined.
    chosen: Vec<Option<&'static str>>,
}

impl Vector {
    /// Its version.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The metrics that are defined, with their values' codes, in canonical order.
    pub fn metrics(&self) -> impl Iterator<Item = (&'static Metric, &'static str)> {
        let all = self.version.metrics().iter().zip(&self.chosen);
        all.filter_map(|(metric, value)| value.map(|v| (metric, v)))
    }

    /// The code of a metric's value; `X` where it is not defined.
    pub fn value(&self, key: &str) -> &'static str {
        let mut found = self.metrics().filter(|(metric, _)| metric.key == key);
        found.next().map_or("X", |(_, value)| value)
    }

    /// A metric's value after its modified form, which goes first where it is defined.
    fn modified(&self, key: &str) -> &'static str {
        match self.value(&format!("M{key}")) {
            "X" => self.value(key),
            value => value,
        }
    }

    /// Whether any metric of this group is defined.
    pub fn has(&self, group: Group) -> bool {
        self.metrics()
            .any(|(metric, value)| metric.group == group && value != "X")
    }

    /// The score of the base metrics alone.
    pub fn base_score(&self) -> Score {
        match self.version {
            Version::V30 | Version::V31 => v3::base(self),
            Version::V40 => v4::score(&self.only_base()),
        }
    }

    /// The score with what is known of exploits: the temporal score of version 3, CVSS-BT of version 4.
    pub fn threat_score(&self) -> Score {
        match self.version {
            Version::V30 | Version::V31 => v3::temporal(self),
            Version::V40 => {
                let mut part = self.only_base();
                part.keep(self, Group::Threat);
                v4::score(&part)
            }
        }
    }

    /// The environmental score of version 3, also where no environmental metric is defined (3.1's equation then differs from
    /// the base score's); in version 4 the score.
    pub fn environmental_score(&self) -> Score {
        match self.version {
            Version::V30 | Version::V31 => v3::environmental(self),
            Version::V40 => v4::score(self),
        }
    }

    /// The score with everything that the vector says.
    pub fn score(&self) -> Score {
        match self.version {
            Version::V30 | Version::V31 if self.has(Group::Environmental) => {
                v3::environmental(self)
            }
            Version::V30 | Version::V31 => v3::temporal(self),
            Version::V40 => v4::score(self),
        }
    }

    /// What the score is called in version 4 (`CVSS-BTE`); in version 3 which of the three scores it is.
    pub fn nomenclature(&self) -> &'static str {
        let (threat, environment) = (self.has(Group::Threat), self.has(Group::Environmental));
        match (self.version, threat, environment) {
            (Version::V40, false, false) => "CVSS-B",
            (Version::V40, true, false) => "CVSS-BT",
            (Version::V40, false, true) => "CVSS-BE",
            (Version::V40, true, true) => "CVSS-BTE",
            (Version::V30 | Version::V31, _, true) => "environmental score",
            (Version::V30 | Version::V31, true, false) => "temporal score",
            (Version::V30 | Version::V31, false, false) => "base score",
        }
    }

    fn only_base(&self) -> Self {
        let mut part = Self {
            version: self.version,
            chosen: vec![None; self.chosen.len()],
        };
        part.keep(self, Group::Base);
        part
    }

    fn keep(&mut self, of: &Self, group: Group) {
        let theirs = of.chosen.iter().zip(of.version.metrics());
        for (mine, (value, metric)) in self.chosen.iter_mut().zip(theirs) {
            if metric.group == group {
                *mine = *value;
            }
        }
    }
}

/// Canonical: metrics in the order of the specification, without those that are not defined.
impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CVSS:{}", self.version.text())?;
        for (metric, value) in self.metrics().filter(|(_, value)| *value != "X") {
            write!(f, "/{}:{value}", metric.key)?;
        }
        Ok(())
    }
}

impl FromStr for Vector {
    type Err = VectorError;

    fn from_str(text: &str) -> Result<Self, VectorError> {
        let text = text.trim();
        let (head, rest) = text.split_once('/').unwrap_or((text, ""));
        let version = match head {
            "CVSS:3.0" => Version::V30,
            "CVSS:3.1" => Version::V31,
            "CVSS:4.0" => Version::V40,
            other => return Err(VectorError::Version(other.chars().take(20).collect())),
        };
        let metrics = version.metrics();
        let mut chosen = vec![None; metrics.len()];
        let mut late = None;
        let mut last = 0;
        for part in rest.split('/') {
            let (at, metric, value) = metric::read(version, part)?;
            let place = chosen.get_mut(at).filter(|place| place.is_none());
            let place = place.ok_or(VectorError::Twice {
                key: metric.key,
                name: metric.name,
            })?;
            *place = Some(value);
            if at < last && late.is_none() {
                late = Some(metric);
            }
            last = last.max(at);
        }
        let mut missing = metrics
            .iter()
            .zip(&chosen)
            .filter(|(metric, value)| metric.group == Group::Base && value.is_none());
        if let Some((metric, _)) = missing.next() {
            let (key, name, allowed) = (metric.key, metric.name, metric.allowed());
            return Err(VectorError::Missing { key, name, allowed });
        }
        let vector = Self { version, chosen };
        match late {
            Some(metric) if version == Version::V40 => Err(VectorError::Order {
                key: metric.key,
                name: metric.name,
                canonical: vector.to_string(),
            }),
            Some(_) | None => Ok(vector),
        }
    }
}

impl TryFrom<String> for Vector {
    type Error = VectorError;

    fn try_from(text: String) -> Result<Self, VectorError> {
        text.parse()
    }
}

impl From<Vector> for String {
    fn from(vector: Vector) -> Self {
        vector.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(text: &str, part: &str) {
        let error = text.parse::<Vector>().unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }

    #[test]
    fn a_wrong_vector_is_refused_with_the_metric_and_what_may_be() {
        check_refused("AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:3.1/");
        check_refused(
            "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "AV (Attack Vector)",
        );
        check_refused(
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
            "A (Availability) is missing",
        );
        check_refused("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "twice");
        check_refused(
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/",
            "METRIC:VALUE",
        );
        check_refused(
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/S:C/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            "S (Safety)",
        );
        check_refused(
            "CVSS:3.1/AV:N/AC:L/AT:N/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "no metric AT",
        );
        check_refused(
            "CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            "write CVSS:4.0/AV:N/AC:L",
        );
    }

    #[test]
    fn what_is_not_defined_is_left_out_of_the_canonical_vector() {
        let text = "CVSS:3.1/S:U/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:X/RL:O";
        let vector: Vector = text.parse().unwrap();
        assert_eq!(
            vector.to_string(),
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/RL:O"
        );
        assert_eq!(
            (vector.base_score(), vector.score()),
            (Score(98), Score(94))
        );
        assert_eq!(vector.score().rating(), Rating::Critical);
    }
}

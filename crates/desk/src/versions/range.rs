//! Ranges: intervals of versions in one scheme.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Scheme;

/// Whether a bound itself is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edge {
    /// It is.
    Within,
    /// It is not.
    Outside,
}

/// An end of an interval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bound {
    /// The version.
    pub version: String,
    /// Whether it is within.
    pub edge: Edge,
}

/// Versions from one to another; an end that is absent is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub from: Option<Bound>,
    /// Its upper end.
    pub to: Option<Bound>,
}

impl Interval {
    /// One version.
    pub fn exact(version: &str) -> Self {
        let bound = Bound {
            version: version.to_owned(),
            edge: Edge::Within,
        };
        Self {
            from: Some(bound.clone()),
            to: Some(bound),
        }
    }

    /// The one version that it is, if it is one.
    pub fn single(&self) -> Option<&str> {
        let (from, to) = (self.from.as_ref()?, self.to.as_ref()?);
        (from == to && from.edge == Edge::Within).then_some(from.version.as_str())
    }

    fn contains(&self, scheme: Scheme, version: &str) -> bool {
        let above =
            self.from
                .as_ref()
                .is_none_or(|from| match scheme.compare(version, &from.version) {
                    Ordering::Greater => true,
                    Ordering::Equal => from.edge == Edge::Within,
                    Ordering::Less => false,
                });
        let below = self
            .to
            .as_ref()
            .is_none_or(|to| match scheme.compare(version, &to.version) {
                Ordering::Less => true,
                Ordering::Equal => to.edge == Edge::Within,
                Ordering::Greater => false,
            });
        above && below
    }

    /// Whether its ends are the wrong way round, so that nothing is within.
    fn is_empty(&self, scheme: Scheme) -> bool {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => match scheme.compare(&from.version, &to.version) {
                Ordering::Less => false,
                Ordering::Equal => from.edge == Edge::Outside || to.edge == Edge::Outside,
                Ordering::Greater => true,
            },
            (None, _) | (_, None) => false,
        }
    }
}

/// Any of some intervals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// How versions are ordered.
    pub scheme: Scheme,
    /// The intervals; a version within one of them is within.
    pub intervals: Vec<Interval>,
}

impl Range {
    /// Every version.
    pub fn all(scheme: Scheme) -> Self {
        Self {
            scheme,
            intervals: vec![Interval::default()],
        }
    }

    /// The interval that a version is within.
    pub fn find(&self, version: &str) -> Option<&Interval> {
        self.intervals
            .iter()
            .find(|i| i.contains(self.scheme, version))
    }

    /// The intervals whose ends are the wrong way round.
    pub fn backwards(&self) -> impl Iterator<Item = &Interval> {
        self.intervals.iter().filter(|i| i.is_empty(self.scheme))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(version) = self.single() {
            return f.write_str(version);
        }
        let from = self.from.as_ref().map(|b| match b.edge {
            Edge::Within => format!(">= {}", b.version),
            Edge::Outside => format!("> {}", b.version),
        });
        let to = self.to.as_ref().map(|b| match b.edge {
            Edge::Within => format!("<= {}", b.version),
            Edge::Outside => format!("< {}", b.version),
        });
        match (from, to) {
            (None, None) => f.write_str("*"),
            (Some(one), None) | (None, Some(one)) => f.write_str(&one),
            (Some(from), Some(to)) => write!(f, "{from}, {to}"),
        }
    }
}

/// `>= 2.7.0, < 2.7.9 || >= 2.8.0, < 2.8.6`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.intervals.iter().map(ToString::to_string).collect();
        f.write_str(&each.join(" || "))
    }
}

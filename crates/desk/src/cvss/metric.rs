//! The metrics of each version, with their values.

use std::sync::LazyLock;

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
    pub values: Vec<(&'static str, &'static str)>,
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

/// The table of both versions (FIRST's specifications, section "Metrics" of each), in the order of vectors.
const TABLE: &str = include_str!("../../data/cvss-metrics.tsv");

/// Versions 3.0 and 3.1.
pub(super) fn v3() -> &'static [Metric] {
    static V3: LazyLock<Vec<Metric>> = LazyLock::new(|| of_version("3"));
    &V3
}

/// Version 4.0.
pub(super) fn v4() -> &'static [Metric] {
    static V4: LazyLock<Vec<Metric>> = LazyLock::new(|| of_version("4"));
    &V4
}

fn of_version(version: &str) -> Vec<Metric> {
    let rows = TABLE.lines().skip(1).map(|line| line.split('\t'));
    rows.filter_map(|mut row| {
        let known = row.next()?.split(',').any(|v| v == version);
        known.then(|| metric(row)).flatten()
    })
    .collect()
}

/// A metric of the table: its key, what it is part of, its name, its values.
fn metric(mut row: impl Iterator<Item = &'static str>) -> Option<Metric> {
    let (key, part, name) = (row.next()?, row.next()?, row.next()?);
    let group = match part {
        "base" => Group::Base,
        "threat" => Group::Threat,
        "environmental" => Group::Environmental,
        "supplemental" => Group::Supplemental,
        _ => return None,
    };
    let values = row.next()?.split(", ").map(|value| value.split_once('='));
    Some(Metric {
        key,
        name,
        group,
        values: values.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_metric() {
        let rows = TABLE.lines().skip(1);
        let (both, one): (Vec<&str>, Vec<&str>) = rows.partition(|row| row.starts_with("3,4"));
        assert_eq!(v3().len() + v4().len(), 2 * both.len() + one.len());
        assert_eq!((v3().len(), v4().len()), (22, 32));
    }
}

//! Stakeholder-Specific Vulnerability Categorization: the decision tables of CERT/CC and CISA, as data.

use serde::{Deserialize, Serialize};

/// A decision table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tree {
    /// How soon the supplier works on a patch.
    Supplier,
    /// How soon an installation applies it.
    Deployer,
    /// Whether a coordinator takes a report on.
    Triage,
    /// Whether a coordinator publishes.
    Publish,
    /// CISA's coordinator tree.
    Cisa,
    /// CISA's Binding Operational Directive 26-04: days to remediate.
    Bod2604,
    /// Utility to an attacker, from automatable and value density.
    Utility,
    /// Human impact, from safety and mission impact.
    HumanImpact,
    /// Public safety impact, from safety impact.
    PublicSafety,
}

/// A decision point: its name and the values that it may have, from harmless to grave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// What a table says, with what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The table.
    pub tree: Tree,
    /// The decision.
    pub decision: String,
    /// The points with the values that led to it.
    pub inputs: Vec<(String, String)>,
}

/// A question that a table cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SsvcError {
    /// A point has no value.
    #[error("{name} is missing; it is one of: {allowed}")]
    Missing {
        /// The point.
        name: String,
        /// What it may be.
        allowed: String,
    },
    /// A value that the point does not have.
    #[error("{name} cannot be {value:?}; it is one of: {allowed}")]
    Value {
        /// The point.
        name: String,
        /// What was said.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// No such point.
    #[error("the {tree} table has no point {name:?}; it has: {points}")]
    Point {
        /// The table.
        tree: &'static str,
        /// What was said.
        name: String,
        /// What it has.
        points: String,
    },
}

impl Tree {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Supplier,
        Self::Deployer,
        Self::Triage,
        Self::Publish,
        Self::Cisa,
        Self::Bod2604,
        Self::Utility,
        Self::HumanImpact,
        Self::PublicSafety,
    ];

    /// What commands and pages call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supplier => "supplier",
            Self::Deployer => "deployer",
            Self::Triage => "triage",
            Self::Publish => "publish",
            Self::Cisa => "cisa",
            Self::Bod2604 => "bod-26-04",
            Self::Utility => "utility",
            Self::HumanImpact => "human-impact",
            Self::PublicSafety => "public-safety",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Supplier => include_str!("../data/ssvc/supplier_patch_development_priority.csv"),
            Self::Deployer => include_str!("../data/ssvc/deployer_patch_application_priority.csv"),
            Self::Triage => include_str!("../data/ssvc/coordinator_triage.csv"),
            Self::Publish => include_str!("../data/ssvc/coordinator_publish_decision_table.csv"),
            Self::Cisa => include_str!("../data/ssvc/cisa_coordinator.csv"),
            Self::Bod2604 => include_str!("../data/ssvc/cisa_bod_26_04.csv"),
            Self::Utility => include_str!("../data/ssvc/utility.csv"),
            Self::HumanImpact => include_str!("../data/ssvc/human_impact.csv"),
            Self::PublicSafety => include_str!("../data/ssvc/public_safety_impact.csv"),
        }
    }

    /// Its decision points; the values of each in the order in which the table first has them.
    pub fn points(self) -> Vec<Point> {
        let (mut names, rows) = self.table();
        names.pop();
        let column = |at: usize| {
            let mut values: Vec<String> = Vec::new();
            for cell in rows.iter().filter_map(|row| row.get(at)) {
                if !values.contains(cell) {
                    values.push(cell.clone());
                }
            }
            values
        };
        let points = names.into_iter().enumerate();
        points
            .map(|(at, name)| Point {
                name,
                values: column(at),
            })
            .collect()
    }

    /// The decision for these points (names and values in any case).
    pub fn decide(self, asked: &[(&str, &str)]) -> Result<Outcome, SsvcError> {
        let points = self.points();
        let known = |name: &str| points.iter().any(|p| p.name.eq_ignore_ascii_case(name));
        if let Some((name, _)) = asked.iter().find(|(name, _)| !known(name)) {
            return Err(SsvcError::Point {
                tree: self.name(),
                name: (*name).to_owned(),
                points: points
                    .iter()
                    .map(|p| p.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        let inputs = points.iter().map(|point| chosen(point, asked));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        let (_, rows) = self.table();
        let fits = |row: &&Vec<String>| {
            row.iter()
                .zip(&inputs)
                .all(|(cell, (_, value))| cell == value)
        };
        let decision = rows.iter().find(fits).and_then(|row| row.last());
        Ok(Outcome {
            tree: self,
            decision: decision.cloned().unwrap_or_default(),
            inputs,
        })
    }

    /// The columns' names without their versions, and the rows without their numbers.
    fn table(self) -> (Vec<String>, Vec<Vec<String>>) {
        let mut lines = self
            .text()
            .lines()
            .filter(|line| !line.is_empty())
            .map(cells);
        let names = lines.next().unwrap_or_default();
        let plain = |name: &String| {
            let end = name.rfind(" v").unwrap_or(name.len());
            name.get(..end).unwrap_or(name).to_owned()
        };
        (names.iter().map(plain).collect(), lines.collect())
    }
}

fn chosen(point: &Point, asked: &[(&str, &str)]) -> Result<(String, String), SsvcError> {
    let allowed = || point.values.join(", ");
    let mut said = asked
        .iter()
        .filter(|(name, _)| point.name.eq_ignore_ascii_case(name));
    let (_, value) = said.next().ok_or_else(|| SsvcError::Missing {
        name: point.name.clone(),
        allowed: allowed(),
    })?;
    let known = point.values.iter().find(|v| v.eq_ignore_ascii_case(value));
    let known = known.ok_or_else(|| SsvcError::Value {
        name: point.name.clone(),
        value: (*value).to_owned(),
        allowed: allowed(),
    })?;
    Ok((point.name.clone(), known.clone()))
}

/// The cells of a line but the first, which numbers it; a cell in quotes may have commas.
fn cells(line: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, quoted) {
            ('"', _) => quoted = !quoted,
            (',', false) => found.push(String::new()),
            _ => {
                if let Some(last) = found.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    found.split_off(1.min(found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tree: Tree, asked: &[(&str, &str)], decision: &str) {
        assert_eq!(tree.decide(asked).unwrap().decision, decision);
    }

    #[test]
    fn a_table_answers_every_question_that_it_can_be_asked() {
        for tree in Tree::ALL {
            let points = tree.points();
            let questions: usize = points.iter().map(|p| p.values.len()).product();
            let (_, rows) = tree.table();
            assert_eq!(rows.len(), questions, "{tree:?} {points:?}");
            for row in &rows {
                let asked = points.iter().zip(row);
                let asked: Vec<_> = asked.map(|(p, v)| (p.name.as_str(), v.as_str())).collect();
                assert_eq!(Some(&tree.decide(&asked).unwrap().decision), row.last());
            }
        }
    }

    #[test]
    fn the_tables_say_what_their_authors_published() {
        check(
            Tree::Bod2604,
            &[
                ("in kev", "yes"),
                ("Publicly Exposed", "yes"),
                ("Automatable", "no"),
                ("Technical Impact", "total"),
            ],
            "3 days & forensic investigation",
        );
        check(
            Tree::Deployer,
            &[
                ("Exploitation", "none"),
                ("System Exposure", "small"),
                ("Automatable", "no"),
                ("Human Impact", "high"),
            ],
            "scheduled",
        );
    }

    #[test]
    fn a_point_that_is_missing_or_wrong_is_named_with_what_it_may_be() {
        let missing = Tree::Utility
            .decide(&[("Automatable", "no")])
            .unwrap_err()
            .to_string();
        assert_eq!(
            missing,
            "Value Density is missing; it is one of: diffuse, concentrated"
        );
        let wrong =
            Tree::Utility.decide(&[("Automatable", "perhaps"), ("Value Density", "diffuse")]);
        assert!(wrong.unwrap_err().to_string().contains("no, yes"));
        let unknown = Tree::Utility
            .decide(&[("Autmatable", "no")])
            .unwrap_err()
            .to_string();
        assert!(unknown.contains("Automatable, Value Density"), "{unknown}");
    }
}

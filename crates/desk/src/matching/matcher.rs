//! Advisories against a bill of materials: each component that an advisory speaks of gets a finding with its reasons.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::predicate::{Facts, Predicate, Truth};
use super::sbom::{Component, Sbom};
use crate::advisory::{Advisory, Justification, Product, Standing, Vulnerability};
use crate::versions::Range;

/// How a component stands to a vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is affected.
    Affected,
    /// Somebody must look.
    UnderInvestigation,
    /// The fix is in.
    Fixed,
    /// It is not affected.
    NotAffected,
}

/// A component that an advisory speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The advisory.
    pub advisory: String,
    /// The vulnerability, by its first name.
    pub vulnerability: String,
    /// The component, as the bill calls it, else its package URL, else its name.
    pub component: String,
    /// As a person reads it.
    pub said: String,
    /// How it stands.
    pub state: State,
    /// Why it is not affected, where a statement says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<Justification>,
    /// The reasons, in order.
    pub because: Vec<String>,
    /// What to do, as the advisory says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<String>,
}

/// What an advisory says of a product, ready to be compared.
struct Rule<'a> {
    advisory: &'a Advisory,
    vulnerability: &'a Vulnerability,
    product: &'a Product,
    standing: Standing,
    range: Option<Range>,
    doubts: Vec<String>,
    vendor: Option<String>,
}

/// Advisories, indexed by the packages and products that they speak of.
pub struct Matcher<'a> {
    rules: Vec<Rule<'a>>,
    packages: HashMap<String, Vec<usize>>,
    names: HashMap<String, Vec<usize>>,
}

impl<'a> Matcher<'a> {
    /// Reads every range once.
    pub fn new(advisories: &'a [Advisory]) -> Self {
        let mut found = Self {
            rules: Vec::new(),
            packages: HashMap::new(),
            names: HashMap::new(),
        };
        for advisory in advisories {
            let products: HashMap<&str, &Product> = advisory
                .products
                .iter()
                .map(|p| (p.id.as_str(), p))
                .collect();
            for vulnerability in &advisory.vulnerabilities {
                for status in &vulnerability.statuses {
                    let those = status
                        .products
                        .iter()
                        .filter_map(|id| products.get(id.as_str()));
                    for product in those {
                        found.add(advisory, vulnerability, product, status.standing);
                    }
                }
            }
        }
        found
    }

    fn add(
        &mut self,
        advisory: &'a Advisory,
        vulnerability: &'a Vulnerability,
        product: &'a Product,
        standing: Standing,
    ) {
        let read = product.range();
        let at = self.rules.len();
        match product.package() {
            Some(package) => self.packages.entry(package.package()).or_default().push(at),
            None => self
                .names
                .entry(plain(product.product()))
                .or_default()
                .push(at),
        }
        self.rules.push(Rule {
            advisory,
            vulnerability,
            product,
            standing,
            range: read.range,
            doubts: read.doubts.iter().map(ToString::to_string).collect(),
            vendor: product.vendor().map(plain),
        });
    }

    /// Every component that an advisory speaks of, with how it stands: one finding for each advisory, vulnerability and
    /// component, affected ones first.
    pub fn find(&self, sbom: &Sbom, facts: &Facts) -> Vec<Finding> {
        let mut findings = Vec::new();
        for component in &sbom.components {
            let mut about: BTreeMap<(&str, &str), Vec<Said>> = BTreeMap::new();
            for rule in self.rules_for(component) {
                let key = (
                    rule.advisory.id.as_str(),
                    name(rule.advisory, rule.vulnerability),
                );
                about
                    .entry(key)
                    .or_default()
                    .push(say(rule, component, facts));
            }
            for ((advisory, vulnerability), said) in about {
                findings.push(conclude(advisory, vulnerability, component, said));
            }
        }
        findings.sort_by(|a, b| {
            (a.state, &a.advisory, &a.component).cmp(&(b.state, &b.advisory, &b.component))
        });
        findings
    }

    fn rules_for(&self, component: &Component) -> impl Iterator<Item = &Rule<'a>> {
        let package = component.purl.as_ref().map(super::Purl::package);
        let by_package = package.and_then(|p| self.packages.get(&p));
        let vendor = component.vendor.as_deref().map(plain);
        let by_name = self.names.get(&plain(&component.name));
        let fits = move |rule: &&Rule<'_>| match (&rule.vendor, &vendor) {
            (Some(theirs), Some(ours)) => theirs == ours,
            (Some(_), None) | (None, _) => true,
        };
        let packages = by_package
            .into_iter()
            .flatten()
            .filter_map(|at| self.rules.get(*at));
        let names = by_name
            .into_iter()
            .flatten()
            .filter_map(|at| self.rules.get(*at));
        packages.chain(names.filter(fits))
    }
}

/// What one rule says of one component.
struct Said {
    state: State,
    /// Whether the component's version is within the rule's.
    within: bool,
    justification: Option<Justification>,
    because: Vec<String>,
    remedies: Vec<String>,
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

fn name<'a>(advisory: &'a Advisory, vulnerability: &'a Vulnerability) -> &'a str {
    vulnerability.name().unwrap_or(&advisory.id)
}

fn say(rule: &Rule<'_>, component: &Component, facts: &Facts) -> Said {
    let mut because = Vec::new();
    let product = rule.product;
    if rule.vendor.is_some() && component.vendor.is_none() && component.purl.is_none() {
        because.push(format!(
            "found by its name alone: the bill does not say that {} made it",
            product.vendor().unwrap_or("?")
        ));
    }
    let (state, within) = match (&rule.range, &component.version) {
        (None, _) => {
            because.extend(rule.doubts.iter().cloned());
            (State::UnderInvestigation, true)
        }
        (Some(_), None) => {
            because.push(format!("the bill gives no version of {}", component.name));
            (State::UnderInvestigation, true)
        }
        (Some(range), Some(version)) => match range.find(version) {
            Some(interval) => {
                because.push(format!(
                    "{} {version} is within {} ({})",
                    component.name,
                    interval,
                    rule.standing.key()
                ));
                because.extend(rule.doubts.iter().cloned());
                (standing_state(rule.standing), true)
            }
            None => {
                because.push(format!(
                    "{} {version} is not within {range} ({})",
                    component.name,
                    rule.standing.key()
                ));
                // Part of the text could not be read: what it meant may be this version.
                let unsure = rule.standing.is_affected()
                    && !rule.doubts.is_empty()
                    && has_unread(range, product);
                because.extend(rule.doubts.iter().filter(|_| unsure).cloned());
                (
                    if unsure {
                        State::UnderInvestigation
                    } else {
                        State::NotAffected
                    },
                    unsure,
                )
            }
        },
    };
    let mut said = Said {
        state,
        within,
        justification: None,
        because,
        remedies: Vec::new(),
    };
    if said.state == State::Affected {
        configure(&mut said, product, facts);
    }
    if within && rule.standing == Standing::KnownNotAffected {
        let flags = rule.vulnerability.flags.iter();
        let flag = flags.into_iter().find(|f| f.products.contains(&product.id));
        said.justification = flag.map(|f| f.justification);
    }
    if matches!(said.state, State::Affected | State::UnderInvestigation) {
        let remedies = rule.vulnerability.remedies.iter();
        let ours = remedies.filter(|r| r.products.is_empty() || r.products.contains(&product.id));
        said.remedies = ours.map(|r| r.details.clone()).collect();
    }
    said
}

/// Whether fewer alternatives were read than the text has.
fn has_unread(range: &Range, product: &Product) -> bool {
    let text = product.versions().unwrap_or_default();
    let alternatives = text.split('|').filter(|p| !p.trim().is_empty()).count();
    !text.starts_with("vers:") && range.intervals.len() < alternatives
}

const fn standing_state(standing: Standing) -> State {
    match standing {
        Standing::FirstAffected | Standing::KnownAffected | Standing::LastAffected => {
            State::Affected
        }
        Standing::FirstFixed | Standing::Fixed | Standing::Recommended => State::Fixed,
        Standing::KnownNotAffected => State::NotAffected,
        Standing::UnderInvestigation => State::UnderInvestigation,
    }
}

/// Judges the product's condition by what is known of the installation.
fn configure(said: &mut Said, product: &Product, facts: &Facts) {
    let Some(text) = product.when.as_deref() else {
        return;
    };
    match Predicate::read(text).map(|p| p.judge(facts)) {
        Ok(Truth::Yes) => said
            .because
            .push(format!("the configuration is that of the advisory: {text}")),
        Ok(Truth::No) => {
            said.state = State::NotAffected;
            said.justification = Some(Justification::VulnerableCodeNotInExecutePath);
            said.because.push(format!(
                "the configuration is not that of the advisory: {text}"
            ));
        }
        Ok(Truth::Unknown(kinds)) => {
            let kinds: Vec<String> = kinds.into_iter().collect();
            said.because.push(format!(
                "affected only if {text}; not known here: {}; taken for affected until somebody says",
                kinds.join(", ")
            ));
        }
        Err(error) => said.because.push(format!("{error}; taken for affected")),
    }
}

/// One finding of what all rules say: within an affected range counts more than within a fixed or a not affected one, unless
/// a statement of the maker excepts exactly this version.
fn conclude(
    advisory: &str,
    vulnerability: &str,
    component: &Component,
    said: Vec<Said>,
) -> Finding {
    let excepted = said
        .iter()
        .position(|s| s.within && s.justification.is_some());
    let graver = |s: &(usize, &Said)| (!s.1.within, s.1.state, s.0);
    let first = said.iter().enumerate().min_by_key(graver).map(|(at, _)| at);
    let chosen = excepted.or(first);
    let mut because = Vec::new();
    let mut result = (State::NotAffected, None, Vec::new());
    for (at, one) in said.into_iter().enumerate() {
        if Some(at) == chosen {
            because.splice(0..0, one.because);
            result = (one.state, one.justification, one.remedies);
        } else if one.within || result.0 != State::Affected {
            because.extend(one.because);
        }
    }
    let (state, justification, remedies) = result;
    let purl = component.purl.as_ref().map(ToString::to_string);
    Finding {
        advisory: advisory.to_owned(),
        vulnerability: vulnerability.to_owned(),
        component: component
            .reference
            .clone()
            .or(purl)
            .unwrap_or_else(|| component.name.clone()),
        said: component.said(),
        state,
        justification,
        because,
        remedies,
    }
}

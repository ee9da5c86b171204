//! Which crate may know which: `cargo metadata` against `rooms.toml`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::run;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rules {
    arrows: BTreeMap<String, BTreeSet<String>>,
    test_arrows: BTreeMap<String, BTreeSet<String>>,
    homes: BTreeMap<String, BTreeSet<String>>,
    refused_features: BTreeMap<String, BTreeSet<String>>,
    feature_homes: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    features: Vec<String>,
}

/// Names every arrow that the rules do not allow, then fails if there was one.
pub(crate) fn run() -> Result<()> {
    let text =
        std::fs::read_to_string(run::root().join("rooms.toml")).context("read rooms.toml")?;
    let rules: Rules = toml::from_str(&text).context("rooms.toml")?;
    let metadata = run::output(run::cargo().args([
        "metadata",
        "--no-deps",
        "--format-version=1",
        "--offline",
    ]))?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("cargo metadata")?;
    let wrong = rules.broken(&metadata.packages);
    for line in &wrong {
        println!("{line}");
    }
    if !wrong.is_empty() {
        bail!("{} arrows that rooms.toml does not allow", wrong.len());
    }
    println!("{} rooms, every arrow allowed", metadata.packages.len());
    Ok(())
}

impl Rules {
    fn broken(&self, packages: &[Package]) -> Vec<String> {
        let rooms: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
        let mut wrong = Vec::new();
        for package in packages {
            if !self.arrows.contains_key(&package.name) {
                wrong.push(format!("{} has no line under [arrows]", package.name));
            }
            for dependency in &package.dependencies {
                let inside = rooms.contains(dependency.name.as_str());
                wrong.extend(if inside {
                    self.arrow(&package.name, dependency)
                } else {
                    self.home(&package.name, dependency)
                });
            }
        }
        wrong
    }

    fn arrow(&self, from: &str, to: &Dependency) -> Option<String> {
        let listed = |table: &BTreeMap<String, BTreeSet<String>>, key: &str| {
            table.get(key).is_some_and(|to_| to_.contains(&to.name))
        };
        let in_tests = to.kind.as_deref() == Some("dev")
            && (listed(&self.test_arrows, "every-room") || listed(&self.test_arrows, from));
        (!listed(&self.arrows, from) && !in_tests)
            .then(|| format!("{from} may not know {}", to.name))
    }

    fn home(&self, from: &str, to: &Dependency) -> Option<String> {
        if let Some(homes) = self.homes.get(&to.name)
            && !homes.contains(from)
        {
            return Some(format!("{from} may not use {}: see [homes]", to.name));
        }
        let refused = self.refused_features.get(&to.name)?;
        let at_home = |feature: &str| {
            let homes = self.feature_homes.get(&format!("{}/{feature}", to.name));
            homes.is_some_and(|homes| homes.contains(from))
        };
        let wrong = |f: &&String| refused.contains(*f) && !at_home(f);
        let feature = to.features.iter().find(wrong)?;
        Some(format!("{from} may not use {} with {feature}", to.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        toml::from_str(
            "[arrows]\na = []\nb = ['a']\n[test-arrows]\nevery-room = ['kit']\n[homes]\nsql = ['b']\n\
             [refused-features]\nhyper = ['client']\n[feature-homes]\n'hyper/client' = ['b']\n",
        )
        .unwrap()
    }

    fn package(name: &str, dependencies: &[(&str, Option<&str>, &str)]) -> Package {
        let dependency = |&(name, kind, feature): &(&str, Option<&str>, &str)| Dependency {
            name: name.into(),
            kind: kind.map(str::to_owned),
            features: vec![feature.into()],
        };
        Package {
            name: name.into(),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    fn check(from: &str, to: (&str, Option<&str>, &str), expected: Option<&str>) {
        let packages = [package(from, &[to]), package(to.0, &[])];
        let outside = ["sql", "hyper"].contains(&to.0);
        let packages = if outside { &packages[..1] } else { &packages };
        let mut rules = rules();
        rules.arrows.entry("kit".into()).or_default();
        let wrong = rules.broken(packages);
        assert_eq!(wrong.first().map(String::as_str), expected, "{from} {to:?}");
    }

    #[test]
    fn an_arrow_must_be_listed() {
        check("b", ("a", None, ""), None);
        check("a", ("b", None, ""), Some("a may not know b"));
    }

    #[test]
    fn what_only_tests_may_know_is_refused_to_the_program() {
        check("a", ("kit", Some("dev"), ""), None);
        check("a", ("kit", None, ""), Some("a may not know kit"));
    }

    #[test]
    fn an_outside_crate_stays_in_its_home() {
        check("b", ("sql", None, ""), None);
        check(
            "a",
            ("sql", Some("dev"), ""),
            Some("a may not use sql: see [homes]"),
        );
        check(
            "a",
            ("hyper", None, "client"),
            Some("a may not use hyper with client"),
        );
        check("b", ("hyper", None, "client"), None);
        check("a", ("hyper", None, "server"), None);
    }
}

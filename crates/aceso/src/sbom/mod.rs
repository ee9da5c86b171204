//! `aceso sbom`: what the program is made of, as CycloneDX 1.6 JSON. The same program always says the same.

mod parts;

use std::process::ExitCode;

use aceso_vault::sha256;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::say::say;
use parts::{Bundled, Component, DATA, Data, Parts};

/// Prints it.
pub(crate) fn run() -> Result<ExitCode> {
    say(&serde_json::to_string_pretty(&whole()?)?);
    Ok(ExitCode::SUCCESS)
}

/// How many parts the program is made of.
pub(crate) fn count() -> Result<usize> {
    let parts = Parts::read()?;
    Ok(parts.components.len() + parts.bundled.len() + DATA.len())
}

/// The whole document.
pub(crate) fn whole() -> Result<Value> {
    let parts = Parts::read()?;
    let root = parts.components.iter().find(|one| one.name == "aceso");
    let root = root.context("the list does not have the program itself")?;
    let others = parts.components.iter().filter(|one| one.name != root.name);
    let components: Vec<Value> = others
        .map(Component::to_json)
        .chain(parts.bundled.iter().map(Bundled::to_json))
        .chain(DATA.iter().map(Data::to_json))
        .collect();
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": root.to_json(),
            "properties": [
                {"name": "aceso:target", "value": parts.target},
                {"name": "aceso:rustc", "value": parts.rustc},
            ],
        },
        "components": components,
        "dependencies": dependencies(&parts),
    });
    let serial = serial(&document);
    if let Some(place) = document.get_mut("serialNumber") {
        *place = serial.into();
    }
    Ok(document)
}

/// What each component is built on; C libraries belong to the crate that brings them, data to the program.
fn dependencies(parts: &Parts) -> Vec<Value> {
    let data = || DATA.iter().map(Data::reference);
    let line = |one: &Component| {
        let carried = parts.bundled.iter().filter(|c| c.by == one.reference);
        let own = data().filter(|_| one.name == "aceso");
        let on: Vec<String> = (one.on.iter().cloned())
            .chain(carried.map(Bundled::reference))
            .chain(own)
            .collect();
        json!({"ref": one.reference, "dependsOn": on})
    };
    let leaves = parts.bundled.iter().map(Bundled::reference).chain(data());
    (parts.components.iter().map(line))
        .chain(leaves.map(|leaf| json!({"ref": leaf, "dependsOn": []})))
        .collect()
}

/// A UUID (RFC 9562, version 8) drawn from what the document says.
fn serial(document: &Value) -> String {
    let digest = sha256(document.to_string().as_bytes());
    let mut hex: Vec<char> = digest
        .iter()
        .take(16)
        .flat_map(|b| [b >> 4, b & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect();
    for (place, digit) in [(12, '8'), (16, 'a')] {
        if let Some(at) = hex.get_mut(place) {
            *at = digit;
        }
    }
    let mut uuid = String::from("urn:uuid:");
    for (place, digit) in hex.into_iter().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn references(document: &Value) -> BTreeSet<&str> {
        let listed = document["components"].as_array().unwrap();
        (listed.iter().chain([&document["metadata"]["component"]]))
            .map(|one| one["bom-ref"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn hn7_the_bill_of_materials_names_every_crate_once_and_what_it_is_built_on() {
        let document = whole().unwrap();
        let all = references(&document);
        assert_eq!(
            all.len(),
            document["components"].as_array().unwrap().len() + 1
        );
        for line in document["dependencies"].as_array().unwrap() {
            assert!(all.contains(line["ref"].as_str().unwrap()), "{line}");
            for on in line["dependsOn"].as_array().unwrap() {
                assert!(all.contains(on.as_str().unwrap()), "{on}");
            }
        }
        for name in [
            "aceso-store@",
            "rusqlite@",
            "SQLCipher@",
            "OpenSSL@",
            "AWS-LC@",
            "hl7.fhir.r4.core@",
        ] {
            assert!(all.iter().any(|r| r.starts_with(name)), "{name}");
        }
        // What tests and builds alone need is no part of the program.
        for name in ["proptest@", "aceso-testkit@", "serde_derive@", "cc@"] {
            assert!(!all.iter().any(|r| r.starts_with(name)), "{name}");
        }
    }

    #[test]
    fn every_part_has_a_version_a_licence_and_a_package_url() {
        let document = whole().unwrap();
        for one in document["components"].as_array().unwrap() {
            assert!(!one["version"].as_str().unwrap().is_empty(), "{one}");
            assert!(one["purl"].as_str().unwrap().starts_with("pkg:"), "{one}");
            let licence = &one["licenses"][0];
            let said = licence["expression"]
                .as_str()
                .or(licence["license"]["name"].as_str());
            assert!(
                said.is_some_and(|l| !l.is_empty() && !l.contains('/')),
                "{one}"
            );
        }
    }

    #[test]
    fn it_says_the_same_every_time() {
        assert_eq!(whole().unwrap(), whole().unwrap());
        let serial = whole().unwrap()["serialNumber"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(serial.len(), "urn:uuid:".len() + 36);
    }
}

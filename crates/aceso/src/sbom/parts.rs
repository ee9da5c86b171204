//! The parts: crates and C libraries as the build listed them (`build.rs`), and the data that is compiled in.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const LIST: &str = include_str!(concat!(env!("OUT_DIR"), "/components.json"));

/// What the build listed.
#[derive(Debug, Deserialize)]
pub(super) struct Parts {
    pub(super) target: String,
    pub(super) rustc: String,
    pub(super) components: Vec<Component>,
    pub(super) bundled: Vec<Bundled>,
}

/// A crate that is linked into the program.
#[derive(Debug, Deserialize)]
pub(super) struct Component {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) name: String,
    version: String,
    licence: Option<String>,
    repository: Option<String>,
    /// The digest of its archive in the registry.
    sha256: Option<String>,
    ours: bool,
    /// What it is built on.
    pub(super) on: Vec<String>,
}

/// A C library.
#[derive(Debug, Deserialize)]
pub(super) struct Bundled {
    name: String,
    version: String,
    licence: String,
    /// The crate that brings it.
    pub(super) by: String,
    linking: String,
}

/// Data that is compiled in.
#[derive(Debug)]
pub(super) struct Data {
    name: &'static str,
    version: &'static str,
    /// An SPDX expression, or the words of whoever published it.
    licence: Licence,
    about: &'static str,
}

#[derive(Debug)]
enum Licence {
    Spdx(&'static str),
    Words(&'static str),
}

/// As NOTICE says.
pub(super) const DATA: &[Data] = &[
    data(
        "hl7.fhir.r4.core",
        "4.0.1",
        Licence::Spdx("CC0-1.0"),
        "definitions of FHIR R4, compiled into tables",
    ),
    data(
        "hl7.fhir.us.core",
        "6.1.0",
        Licence::Spdx("CC0-1.0"),
        "profiles of US Core, compiled into tables",
    ),
    data(
        "hl7.fhir.us.core",
        "7.0.0",
        Licence::Spdx("CC0-1.0"),
        "profiles of US Core, compiled into tables",
    ),
    data(
        "who-child-growth-standards",
        "2006",
        Licence::Words("World Health Organization, reproduced with attribution"),
        "LMS values, birth to 24 months",
    ),
    data(
        "cdc-growth-charts",
        "2000",
        Licence::Words("public domain (U.S. government)"),
        "LMS values, 2 to 20 years",
    ),
    data(
        "common-passwords",
        "2015",
        Licence::Words("public domain (Mark Burnett); ordering by SecLists, MIT"),
        "a filter of passwords that are refused",
    ),
    data(
        "cvss-v4-macro-vectors",
        "4.0",
        Licence::Spdx("BSD-2-Clause"),
        "the scores of CVSS 4.0, by FIRST",
    ),
    data(
        "ssvc-decision-tables",
        "2026",
        Licence::Words("MIT (SEI)-style, Carnegie Mellon University"),
        "decision tables for response to vulnerabilities",
    ),
    data(
        "synthea-sample-data",
        "2019",
        Licence::Spdx("Apache-2.0"),
        "the demonstration's synthetic patients, and the dictionary for compression",
    ),
];

const fn data(
    name: &'static str,
    version: &'static str,
    licence: Licence,
    about: &'static str,
) -> Data {
    Data {
        name,
        version,
        licence,
        about,
    }
}

impl Parts {
    pub(super) fn read() -> Result<Self> {
        serde_json::from_str(LIST).context("the build's list of components")
    }
}

impl Component {
    pub(super) fn to_json(&self) -> Value {
        let kind = if self.name == "aceso" {
            "application"
        } else {
            "library"
        };
        // What is in no registry must not be taken for what has its name there.
        let purl = if self.ours { "generic" } else { "cargo" };
        let mut one = json!({
            "type": kind,
            "bom-ref": self.reference,
            "name": self.name,
            "version": self.version,
            "licenses": [{"expression": expression(self.licence.as_deref())}],
            "purl": purl_of(purl, &self.name, &self.version),
        });
        if let Some(fields) = one.as_object_mut() {
            if let Some(sum) = &self.sha256 {
                fields.insert(
                    "hashes".to_owned(),
                    json!([{"alg": "SHA-256", "content": sum}]),
                );
            }
            if let Some(url) = &self.repository {
                let place = json!([{"type": "vcs", "url": url}]);
                fields.insert("externalReferences".to_owned(), place);
            }
        }
        one
    }
}

impl Bundled {
    pub(super) fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    pub(super) fn to_json(&self) -> Value {
        let small = self.name.to_ascii_lowercase();
        let mut one = json!({
            "type": "library",
            "bom-ref": self.reference(),
            "name": self.name,
            "version": self.version,
            "licenses": [{"expression": self.licence}],
            "purl": purl_of("generic", &small, &self.version),
            "properties": [
                {"name": "aceso:language", "value": "C"},
                {"name": "aceso:linking", "value": self.linking},
                {"name": "aceso:brought-by", "value": self.by},
            ],
        });
        if let (Some(fields), Some(owner)) = (one.as_object_mut(), self.owner()) {
            let cpe = format!("cpe:2.3:a:{owner}:{}:*:*:*:*:*:*:*", self.version);
            fields.insert("cpe".to_owned(), cpe.into());
        }
        one
    }

    /// Vendor and product, as NVD's dictionary names them.
    fn owner(&self) -> Option<&'static str> {
        match self.name.as_str() {
            "OpenSSL" => Some("openssl:openssl"),
            "SQLite" => Some("sqlite:sqlite"),
            "SQLCipher" => Some("zetetic:sqlcipher"),
            "Zstandard" => Some("facebook:zstandard"),
            _ => None,
        }
    }
}

impl Data {
    pub(super) fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    pub(super) fn to_json(&self) -> Value {
        let licence = match self.licence {
            Licence::Spdx(expression) => json!({"expression": expression}),
            Licence::Words(words) => json!({"license": {"name": words}}),
        };
        json!({
            "type": "data",
            "bom-ref": self.reference(),
            "name": self.name,
            "version": self.version,
            "description": self.about,
            "licenses": [licence],
            "purl": purl_of("generic", self.name, self.version),
        })
    }
}

/// A package URL; `+` is no letter of it.
fn purl_of(kind: &str, name: &str, version: &str) -> String {
    format!("pkg:{kind}/{name}@{}", version.replace('+', "%2B"))
}

/// An SPDX expression; older manifests write `/` for `OR`.
fn expression(licence: Option<&str>) -> String {
    match licence {
        Some(licence) => licence.replace('/', " OR "),
        None => "LicenseRef-unstated".to_owned(),
    }
}

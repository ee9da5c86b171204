//! Cargo's lock file as a bill of materials.

use serde::Deserialize;

use super::purl::Purl;
use super::sbom::{Component, Sbom};

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: Option<String>,
}

/// The crates of a lock file that come from the registry: those of the workspace itself are in no database.
pub fn read_lockfile(text: &str) -> Result<Sbom, toml::de::Error> {
    let lock: Lock = toml::from_str(text)?;
    let listed = lock.package.into_iter().filter(|p| {
        p.source
            .as_deref()
            .is_some_and(|s| s.starts_with("registry+"))
    });
    let component = |p: Package| Component {
        reference: Some(format!("{}@{}", p.name, p.version)),
        vendor: None,
        purl: Some(Purl {
            kind: "cargo".to_owned(),
            namespace: None,
            name: p.name.clone(),
            version: Some(p.version.clone()),
        }),
        name: p.name,
        version: Some(p.version),
        cpe: None,
    };
    Ok(Sbom {
        components: listed.map(component).collect(),
        ..Sbom::default()
    })
}

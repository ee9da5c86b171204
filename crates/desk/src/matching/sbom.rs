//! The components of a bill of materials in CycloneDX's JSON.

use serde_json::Value;

use super::purl::Purl;

/// A component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// What the bill calls it, if it does.
    pub reference: Option<String>,
    /// Its group or vendor.
    pub vendor: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<Purl>,
    /// Its CPE.
    pub cpe: Option<String>,
}

/// A bill of materials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// Its serial number with its version: what a BOM-Link begins with.
    pub serial: Option<String>,
    /// The components, also those within others, and the product itself.
    pub components: Vec<Component>,
    /// What could not be used, and why.
    pub doubts: Vec<String>,
}

/// Not a bill of materials.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// Not JSON.
    #[error("the bill of materials is not JSON")]
    Json(#[from] serde_json::Error),
    /// Something else.
    #[error(
        "this is not CycloneDX: bomFormat is {0}, not \"CycloneDX\"; make one with `aceso sbom` or cargo-cyclonedx"
    )]
    Format(String),
}

impl Component {
    /// As a person reads it: `rustls 0.23.1`.
    pub fn said(&self) -> String {
        let version = self.version.as_deref().unwrap_or("(no version)");
        format!("{} {version}", self.name)
    }
}

impl Sbom {
    /// Reads CycloneDX JSON of any version.
    pub fn read(bytes: &[u8]) -> Result<Self, SbomError> {
        let value: Value = serde_json::from_slice(bytes)?;
        let format = value.get("bomFormat");
        if format.and_then(Value::as_str) != Some("CycloneDX") {
            return Err(SbomError::Format(
                format.map_or("absent".to_owned(), Value::to_string),
            ));
        }
        let mut sbom = Self::default();
        let serial = value.get("serialNumber").and_then(Value::as_str);
        let version = value.get("version").and_then(Value::as_u64).unwrap_or(1);
        sbom.serial = serial.map(|s| format!("{}/{version}", s.trim_start_matches("urn:uuid:")));
        let product = value.pointer("/metadata/component");
        let listed = value.get("components").and_then(Value::as_array);
        let mut left: Vec<&Value> = product
            .into_iter()
            .chain(listed.into_iter().flatten())
            .collect();
        left.reverse();
        while let Some(one) = left.pop() {
            sbom.take(one);
            let within = one.get("components").and_then(Value::as_array);
            left.extend(within.into_iter().flatten().rev());
        }
        Ok(sbom)
    }

    fn take(&mut self, value: &Value) {
        let text = |key: &str| {
            let found = value.get(key).and_then(Value::as_str).map(str::trim);
            found.filter(|t| !t.is_empty()).map(str::to_owned)
        };
        let Some(name) = text("name") else {
            self.doubts.push(format!(
                "component {} has no name",
                self.components.len() + 1
            ));
            return;
        };
        let purl = text("purl").and_then(|p| match p.parse::<Purl>() {
            Ok(purl) => Some(purl),
            Err(error) => {
                self.doubts.push(format!("component {name}: {error}"));
                None
            }
        });
        let supplier = value
            .pointer("/supplier/name")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let version = text("version").or_else(|| purl.as_ref().and_then(|p| p.version.clone()));
        self.components.push(Component {
            reference: text("bom-ref"),
            vendor: text("group").or(supplier).or_else(|| text("publisher")),
            name,
            version,
            purl,
            cpe: text("cpe"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_within_components_count_and_what_has_no_name_is_said() {
        let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":2,
            "serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "metadata":{"component":{"type":"application","name":"aceso","version":"0.1.0"}},
            "components":[{"type":"library","name":"rustls","version":"0.23.1","purl":"pkg:cargo/rustls@0.23.1","bom-ref":"a",
              "components":[{"type":"library","name":"ring"}]},{"type":"library"},{"type":"library","name":"x","purl":"nonsense"}]}"#;
        let sbom = Sbom::read(text.as_bytes()).unwrap();
        let names: Vec<_> = sbom.components.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["aceso", "rustls", "ring", "x"]);
        assert_eq!(
            sbom.serial.as_deref(),
            Some("3e671687-395b-41f5-a30f-a58921a69b79/2")
        );
        assert_eq!(sbom.doubts.len(), 2, "{:?}", sbom.doubts);
    }

    #[test]
    fn what_is_no_bill_of_materials_is_refused() {
        assert!(
            Sbom::read(b"{\"spdxVersion\":\"SPDX-2.3\"}")
                .unwrap_err()
                .to_string()
                .contains("bomFormat is absent")
        );
        assert!(Sbom::read(b"<bom/>").is_err());
    }
}

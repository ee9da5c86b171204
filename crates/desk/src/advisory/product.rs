//! What a product's place in the tree says.

use super::record::{Branch, Product, Support};
use crate::matching::Purl;
use crate::versions::{Interval, Range, ReadRange, Scheme, read};

impl Product {
    /// Some versions of a vendor's product, in words (`>= 2.8.0, < 2.8.6`).
    pub fn of_range(id: &str, vendor: &str, product: &str, versions: &str) -> Self {
        Self::of(id, vendor, product, "product_version_range", versions)
    }

    /// One version of a vendor's product.
    pub fn of_version(id: &str, vendor: &str, product: &str, version: &str) -> Self {
        Self::of(id, vendor, product, "product_version", version)
    }

    fn of(id: &str, vendor: &str, product: &str, category: &str, versions: &str) -> Self {
        let branch = |category: &str, name: &str| Branch {
            category: category.to_owned(),
            name: name.to_owned(),
        };
        Self {
            id: id.to_owned(),
            name: format!("{vendor} {product} {versions}"),
            branches: vec![
                branch("vendor", vendor),
                branch("product_name", product),
                branch(category, versions),
            ],
            purl: None,
            cpe: None,
            support: Support::Supported,
            when: None,
        }
    }

    /// The vendor, if the tree names one.
    pub fn vendor(&self) -> Option<&str> {
        self.branch(&["vendor"])
    }

    /// The product's name without versions.
    pub fn product(&self) -> &str {
        self.branch(&["product_name", "product_family"])
            .unwrap_or(&self.name)
    }

    /// The versions as they are written; none when the whole product is meant.
    pub fn versions(&self) -> Option<&str> {
        self.branch(&[
            "product_version",
            "product_version_range",
            "service_pack",
            "patch_level",
        ])
    }

    /// Whether it is written as one version.
    pub fn is_one_version(&self) -> bool {
        self.exact().is_some()
    }

    /// The one version that it is, if it is one.
    pub fn exact(&self) -> Option<String> {
        let range = self.range().range?;
        match range.intervals.as_slice() {
            [one] => one.single().map(str::to_owned),
            _ => None,
        }
    }

    /// The package that it is.
    pub fn package(&self) -> Option<Purl> {
        self.purl.as_deref().and_then(|purl| purl.parse().ok())
    }

    /// How its versions are ordered.
    pub fn scheme(&self) -> Scheme {
        self.package()
            .map_or(Scheme::Natural, |purl| Scheme::of_purl(&purl.kind))
    }

    /// The versions as a range.
    pub fn range(&self) -> ReadRange {
        let scheme = self.scheme();
        let clear = |range| ReadRange {
            range: Some(range),
            doubts: Vec::new(),
        };
        match (self.versions(), self.package().and_then(|p| p.version)) {
            (Some(text), _) => read(text, scheme),
            (None, Some(version)) => clear(Range {
                scheme,
                intervals: vec![Interval::exact(&version)],
            }),
            (None, None) => clear(Range::all(scheme)),
        }
    }

    fn branch(&self, categories: &[&str]) -> Option<&str> {
        let mut found = self
            .branches
            .iter()
            .rev()
            .filter(|b| categories.contains(&b.category.as_str()));
        found.next().map(|b| b.name.as_str())
    }
}

//! Parts of a record that are lists, as lines of text: `one | two | three`.

use aceso_desk::advisory::{
    Consent, Credit, CreditKind, Product, ProductStatus, Reference, ReferenceKind, Standing,
    Support, Vulnerability, Weakness,
};

use maud::say;

use crate::inside::words::{key, of_key};

/// Which products.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that are affected.
    Affected,
    /// Those that have the fix.
    Fixed,
}

fn cells(line: &str) -> Vec<&str> {
    line.split('|').map(str::trim).collect()
}

/// The lines that say something, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let said = text.lines().filter(|line| !line.trim().is_empty());
    (1..).zip(said.map(cells))
}

/// The products of a standing, one a line.
pub(super) fn products(all: &[Product], of: &Vulnerability, which: Which) -> String {
    let wanted = |s: &&ProductStatus| {
        if which == Which::Fixed {
            matches!(s.standing, Standing::Fixed | Standing::FirstFixed)
        } else {
            s.standing.is_affected()
        }
    };
    let ids = of.statuses.iter().filter(wanted).flat_map(|s| &s.products);
    let found = ids.filter_map(|id| all.iter().find(|p| p.id == *id));
    let mut out: Vec<String> = Vec::new();
    for product in found {
        let mut cells = vec![
            product.vendor().unwrap_or_default(),
            product.product(),
            product.versions().unwrap_or_default(),
            product.purl.as_deref().unwrap_or_default(),
            match product.support {
                Support::Supported => "",
                Support::EndOfLife => "eol",
            },
            product.when.as_deref().unwrap_or_default(),
        ];
        while cells.last().is_some_and(|cell| cell.is_empty()) {
            cells.pop();
        }
        let line = cells.join(" | ");
        if !out.contains(&line) {
            out.push(line);
        }
    }
    out.join("\n")
}

/// The products that lines describe; says of the first line that does not.
pub(super) fn read_products(
    text: &str,
    first: usize,
    which: Which,
) -> Result<Vec<Product>, String> {
    let one = |(number, cells): (usize, Vec<&str>)| {
        let get = |at: usize| cells.get(at).copied().unwrap_or_default();
        let (vendor, name, versions) = (get(0), get(1), get(2));
        if vendor.is_empty() || name.is_empty() || versions.is_empty() {
            return Err(say(
                "Line {0}: write vendor | product | versions",
                &[&number],
            ));
        }
        let id = format!("CSAFPID-{:04}", first + number - 1);
        let mut product = if which == Which::Fixed {
            Product::of_version(&id, vendor, name, versions)
        } else {
            Product::of_range(&id, vendor, name, versions)
        };
        let some = |at: usize| Some(get(at).to_owned()).filter(|t| !t.is_empty());
        product.purl = some(3);
        product.when = some(5);
        product.support = match get(4) {
            "" => Support::Supported,
            "eol" => Support::EndOfLife,
            other => {
                return Err(say(
                    "Line {0}: “{1}” is neither empty nor eol",
                    &[&number, &other],
                ));
            }
        };
        Ok(product)
    };
    lines(text).map(one).collect()
}

/// The weaknesses, one a line.
pub(super) fn weaknesses(of: &Vulnerability) -> String {
    let all: Vec<String> = of
        .weaknesses
        .iter()
        .map(|w| format!("{} {}", w.id, w.name))
        .collect();
    all.join("\n")
}

pub(super) fn read_weaknesses(text: &str) -> Vec<Weakness> {
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty());
    said.map(|line| {
        let (id, name) = line.split_once(' ').unwrap_or((line, line));
        Weakness {
            id: id.to_owned(),
            name: name.trim().to_owned(),
        }
    })
    .collect()
}

/// Who is thanked, one a line.
pub(super) fn credits(all: &[Credit]) -> String {
    let line = |credit: &Credit| {
        let consent = match credit.consent {
            Consent::Given | Consent::Published => "given",
            Consent::Refused => "refused",
            Consent::Unknown => "not asked",
        };
        format!("{} | {} | {consent}", credit.who(), key(&credit.kind))
    };
    let all: Vec<String> = all.iter().map(line).collect();
    all.join("\n")
}

pub(super) fn read_credits(text: &str) -> Result<Vec<Credit>, String> {
    let one = |(number, cells): (usize, Vec<&str>)| {
        let get = |at: usize| cells.get(at).copied().unwrap_or_default();
        let kind = match get(1) {
            "" => CreditKind::Finder,
            said => of_key(said).ok_or_else(|| {
                say(
                    "Line {0}: “{1}” is no kind; the usual one is finder",
                    &[&number, &said],
                )
            })?,
        };
        let consent = match get(2) {
            "given" => Consent::Given,
            "refused" => Consent::Refused,
            "" | "not asked" => Consent::Unknown,
            other => {
                return Err(say(
                    "Line {0}: “{1}” is neither given nor refused",
                    &[&number, &other],
                ));
            }
        };
        Ok(Credit {
            names: vec![get(0).to_owned()],
            organization: None,
            kind,
            summary: None,
            urls: Vec::new(),
            consent,
        })
    };
    lines(text).map(one).collect()
}

/// Where to read on, one a line.
pub(super) fn references(all: &[Reference]) -> String {
    let all: Vec<String> = all
        .iter()
        .map(|r| format!("{} | {}", r.summary, r.url))
        .collect();
    all.join("\n")
}

pub(super) fn read_references(text: &str) -> Result<Vec<Reference>, String> {
    let one = |(number, cells): (usize, Vec<&str>)| match cells.as_slice() {
        [summary, url] if !summary.is_empty() && url.contains("://") => Ok(Reference {
            summary: (*summary).to_owned(),
            url: (*url).to_owned(),
            category: ReferenceKind::External,
            tags: Vec::new(),
        }),
        _ => Err(say(
            "Line {0}: write what is found there | https://address",
            &[&number],
        )),
    };
    lines(text).map(one).collect()
}

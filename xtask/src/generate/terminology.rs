//! `terminology.zst`: the code systems, value sets and concept maps of the packages, one a line:
//! `type TAB url TAB version TAB json`, without narrative, contacts and extensions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Root members that no operation answers with.
const DROP: &[&str] = &[
    "text",
    "meta",
    "contact",
    "extension",
    "jurisdiction",
    "useContext",
    "publisher",
    "copyright",
    "purpose",
    "contained",
    "identifier",
    "modifierExtension",
];

/// ISO 4217's alphabetic codes: a value set is bound to them, and no package has the list.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD \
    CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
    GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD \
    KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR \
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN \
    SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST XAF \
    XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL";

const NULL_FLAVOR: &str = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";
const RACE: &str = "urn:oid:2.16.840.1.113883.6.238";

/// The small VSAC value sets that US Core's own ones import, as US Core 6.1 prints them; by the tail of their URLs.
const VSAC: &[(&str, &str, &[&str])] = &[
    (
        "2.16.840.1.113762.1.4.1",
        "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender",
        &["F", "M"],
    ),
    (
        "2.16.840.1.113762.1.4.1021.103",
        NULL_FLAVOR,
        &["ASKU", "OTH", "UNK"],
    ),
    (
        "2.16.840.1.113762.1.4.1021.102",
        NULL_FLAVOR,
        &["ASKU", "UNK"],
    ),
    (
        "2.16.840.1.114222.4.11.836",
        RACE,
        &["1002-5", "2028-9", "2054-5", "2076-8", "2106-3"],
    ),
    ("2.16.840.1.114222.4.11.837", RACE, &["2135-2", "2186-5"]),
];

/// What no package has.
pub(crate) fn extra() -> Vec<Value> {
    let concepts: Vec<Value> = CURRENCIES
        .split_whitespace()
        .map(|code| json!({"code": code}))
        .collect();
    let mut found = vec![json!({
        "resourceType": "CodeSystem", "url": "urn:iso:std:iso:4217", "name": "ISO4217", "status": "active",
        "content": "complete", "caseSensitive": true, "concept": concepts,
    })];
    for (oid, system, codes) in VSAC {
        let concepts: Vec<Value> = codes.iter().map(|c| json!({"code": c})).collect();
        found.push(json!({
            "resourceType": "ValueSet", "url": format!("http://cts.nlm.nih.gov/fhir/ValueSet/{oid}"), "status": "active",
            "compose": {"include": [{"system": system, "concept": concepts}]},
        }));
    }
    found
}

/// The lines; of resources with the same URL the later package's wins.
pub(crate) fn lines(packages: &[&[Value]]) -> String {
    let mut all: BTreeMap<(String, String), String> = BTreeMap::new();
    for resource in packages.iter().copied().flatten() {
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        if !matches!(kind, "CodeSystem" | "ValueSet" | "ConceptMap") {
            continue;
        }
        let Some(url) = resource["url"].as_str() else {
            continue;
        };
        let version = resource["version"].as_str().unwrap_or_default();
        let mut slim = resource.clone();
        if let Some(object) = slim.as_object_mut() {
            object.retain(|name, _| !DROP.contains(&name.as_str()));
        }
        without_extensions(&mut slim);
        all.insert(
            (kind.to_owned(), url.to_owned()),
            format!("{kind}\t{url}\t{version}\t{slim}\n"),
        );
    }
    all.into_values().collect()
}

fn without_extensions(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| name != "extension" && !name.starts_with('_'));
            object.values_mut().for_each(without_extensions);
        }
        Value::Array(items) => items.iter_mut().for_each(without_extensions),
        _ => {}
    }
}

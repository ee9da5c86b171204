//! Published resources.

use aceso_fhir::validate::{self, Options};
use aceso_fhir::{Value, json};
use aceso_testkit::shared;

/// Published examples that break the specification they come with.
const BROKEN: &[(&str, &str)] = &[
    (
        "ActivityDefinition-blood-tubes-supply",
        "txt-2: a narrative without text",
    ),
    (
        "ActivityDefinition-heart-valve-replacement",
        "txt-2: a narrative without text",
    ),
    (
        "DeviceMetric-example",
        "parent refers to a DeviceDefinition",
    ),
    (
        "DeviceUseStatement-example",
        "reasonReference refers to a Procedure",
    ),
    ("EventDefinition-example", "txt-2: a narrative without text"),
    (
        "ImplementationGuide-fhir",
        "no name, no status; an id of more than 64 characters",
    ),
    (
        "MedicationRequest-medrx0301",
        "dispenseRequest.performer refers to a Practitioner",
    ),
    (
        "Observation-clinical-gender",
        "performer refers to an Encounter",
    ),
    ("Questionnaire-qs1", "items without linkId"),
    (
        "Questionnaire-zika-virus-exposure-assessment",
        "txt-2: a narrative without text",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-author",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-effective",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-end",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-keyword",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-workflow",
        "no base",
    ),
    (
        "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject",
        "an id of more than 64 characters",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-author",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-effective",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-end",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-keyword",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-workflow",
        "no base",
    ),
    (
        "StructureDefinition-Definition",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "StructureDefinition-Event",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "StructureDefinition-FiveWs",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "StructureDefinition-Request",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "ig-r4",
        "no name, no status; an id of more than 64 characters",
    ),
];

#[test]
fn the_examples_of_the_specification_are_valid_but_for_those_listed() {
    let Some(files) = shared::archive("fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz")
    else {
        return;
    };
    let mut refused = Vec::new();
    let mut count = 0;
    for (path, bytes) in &files {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        if value.resource_type().is_none() {
            continue;
        }
        count += 1;
        let name = path
            .rsplit('/')
            .next()
            .unwrap_or(path)
            .trim_end_matches(".json");
        if !validate::resource(&value, &Options::WRITE).is_empty() {
            refused.push(name.to_owned());
        }
    }
    refused.sort();
    let listed: Vec<&str> = BROKEN.iter().map(|(name, _)| *name).collect();
    assert!(count > 12_000, "{count}");
    assert_eq!(refused, listed);
}

#[test]
fn the_examples_of_us_core_are_valid() {
    let Some(files) = shared::archive("fhir-definitions/us_core_610.tgz") else {
        return;
    };
    let mut count = 0;
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| p.starts_with("package/example/"))
    {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        if value.resource_type().is_some() {
            count += 1;
            assert_eq!(validate::resource(&value, &Options::WRITE), [], "{path}");
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn patients_from_other_systems_can_be_loaded() {
    let Some(files) = shared::archive("synthea-misc-transactions.tar.xz") else {
        return;
    };
    let mut count = 0;
    for (path, bytes) in &files {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        if value.resource_type() == Some("Bundle") {
            count += value.items_at("entry").len();
            assert_eq!(validate::resource(&value, &Options::LOAD), [], "{path}");
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn the_examples_of_us_core_7_keep_to_its_profiles() {
    let Some(files) = shared::archive("fhir-definitions/us_core_700.tgz") else {
        return;
    };
    let mut count = 0;
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| p.starts_with("package/example/"))
    {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        let Some(meta) = value.get("meta") else {
            continue;
        };
        for claim in meta.items_at("profile").iter().filter_map(Value::as_str) {
            let url = format!("{}|7.0.0", claim.split('|').next().unwrap());
            if aceso_fhir::definitions::profile(&url).is_some() {
                count += 1;
                let mut plain = value.clone();
                plain.as_object_mut().unwrap().remove("meta");
                assert_eq!(
                    validate::against_profile(&plain, &url, &Options::WRITE),
                    [],
                    "{path} {url}"
                );
            }
        }
    }
    assert!(count > 100, "{count}");
}

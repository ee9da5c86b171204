//! How long reading and writing take: `cargo run --release -p aceso-fhir --example readspeed`.
#![allow(clippy::print_stdout, reason = "what an example that measures is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aceso_fhir::{Value, json, xml};
use aceso_testkit::shared;

/// An Observation as Synthea writes it, indented as most clients send it: 1.7 kB.
const OBSERVATION: &str = r#"{
  "resourceType": "Observation",
  "id": "b1d5a6a2-6d5b-4d2c-9f5e-0d6a6f1c2e77",
  "meta": {
    "versionId": "1",
    "lastUpdated": "2019-08-14T07:33:12.482+00:00",
    "profile": [ "http://hl7.org/fhir/StructureDefinition/vitalsigns" ]
  },
  "status": "final",
  "category": [ {
    "coding": [ {
      "system": "http://terminology.hl7.org/CodeSystem/observation-category",
      "code": "vital-signs",
      "display": "vital-signs"
    } ]
  } ],
  "code": {
    "coding": [ {
      "system": "http://loinc.org",
      "code": "55284-4",
      "display": "Blood Pressure"
    } ],
    "text": "Blood Pressure"
  },
  "subject": { "reference": "urn:uuid:8da884f0-080a-4417-ba44-24fb6bde0851" },
  "encounter": { "reference": "urn:uuid:f1dc4192-b4ea-4024-9664-a1edcdde8187" },
  "effectiveDateTime": "2012-03-18T02:31:44-04:00",
  "issued": "2012-03-18T02:31:44.123-04:00",
  "component": [ {
    "code": {
      "coding": [ {
        "system": "http://loinc.org",
        "code": "8462-4",
        "display": "Diastolic Blood Pressure"
      } ],
      "text": "Diastolic Blood Pressure"
    },
    "valueQuantity": {
      "value": 86.48073256389014,
      "unit": "mm[Hg]",
      "system": "http://unitsofmeasure.org",
      "code": "mm[Hg]"
    }
  }, {
    "code": {
      "coding": [ {
        "system": "http://loinc.org",
        "code": "8480-6",
        "display": "Systolic Blood Pressure"
      } ],
      "text": "Systolic Blood Pressure"
    },
    "valueQuantity": {
      "value": 119.75014112023945,
      "unit": "mm[Hg]",
      "system": "http://unitsofmeasure.org",
      "code": "mm[Hg]"
    }
  } ]
}
"#;

fn main() {
    measure("Observation", OBSERVATION.as_bytes());
    let compact = json::read(OBSERVATION.as_bytes()).map(|value| json::to_string(&value));
    if let Ok(compact) = compact {
        measure("Observation, compact", compact.as_bytes());
    }
    let bundles = shared::archive("synthea-100-patients.tar.xz").unwrap_or_default();
    if let Some((name, bytes)) = bundles.iter().max_by_key(|(_, bytes)| bytes.len()) {
        measure(name, bytes);
    }
}

fn measure(name: &str, bytes: &[u8]) {
    let value = match json::read(bytes) {
        Ok(value) => value,
        Err(e) => return println!("{name}: {e}"),
    };
    println!("{name}, {} bytes", bytes.len());
    report("read JSON", bytes.len(), || {
        black_box(json::read(black_box(bytes)).is_ok());
    });
    let mut out = Vec::new();
    write_all(&mut out, &value, json::write, "write JSON");
    write_all(&mut out, &value, xml::write, "write XML");
    let written = out.clone();
    report("read XML", written.len(), || {
        black_box(xml::read(black_box(&written)).is_ok());
    });
    report("clone", bytes.len(), || {
        black_box(black_box(&value).clone());
    });
}

fn write_all(out: &mut Vec<u8>, value: &Value, write: fn(&Value, &mut Vec<u8>), name: &str) {
    out.clear();
    write(value, out);
    let size = out.len();
    report(name, size, || {
        out.clear();
        write(black_box(value), out);
    });
}

/// The best of ten rounds of a tenth of a second each: the least disturbed by others.
fn report(name: &str, bytes: usize, mut act: impl FnMut()) {
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        let mut runs = 0_u32;
        while start.elapsed() < Duration::from_millis(100) {
            act();
            runs += 1;
        }
        best = best.min(start.elapsed() / runs);
    }
    let rate = u128::try_from(bytes).unwrap_or_default() * 1_000 / best.as_nanos().max(1);
    println!("  {name:12} {:>12} ns  {rate:>6} MB/s", best.as_nanos());
}

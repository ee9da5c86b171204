//! How fast the store creates and reads, without HTTP: `cargo run --release -p aceso-store --example storespeed [creates]`.
#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a measurement"
)]

use std::sync::Arc;
use std::time::Instant;

use aceso_base::SystemClock;
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Purpose};
use aceso_store::{Settings, Store};
use aceso_vault::RootKey;

const CONNECTIONS: usize = 16;

fn patient(n: usize) -> Value {
    let text = format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"http://example.org/mrn","value":"MRN{n:08}"}}],"name":[{{"family":"Family{}","given":["Given{}"]}}],"gender":"female","birthDate":"19{:02}-03-04"}}"#,
        n % 997,
        n % 331,
        n % 99
    );
    json::read(text.as_bytes()).unwrap()
}

fn observation(patient: &str, n: usize) -> Value {
    let text = format!(
        r#"{{"resourceType":"Observation","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{}-{}","display":"Heart rate"}}],"text":"Heart rate"}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"2026-11-{:02}T{:02}:{:02}:{:02}Z","issued":"2026-11-20T08:00:00.000Z","valueQuantity":{{"value":{}.{},"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min"}}}}"#,
        8000 + n % 5,
        n % 5,
        1 + n / 86400 % 28,
        n / 3600 % 24,
        n / 60 % 60,
        n % 60,
        50 + n % 60,
        n % 10
    );
    json::read(text.as_bytes()).unwrap()
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn main() {
    let creates: usize = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(20_000);
    let dir = std::env::temp_dir().join(format!("aceso-storespeed-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let root = RootKey::create_file(&dir.join("key")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let store = Store::open(
        Settings::new(dir.join("data")),
        &root,
        Arc::new(SystemClock),
    )
    .unwrap();
    runtime.block_on(async {
        let mut patients = Vec::new();
        for chunk in 0..20 {
            let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
            for n in 0..100 {
                let id = store.new_id();
                tx.create(&id, patient(chunk * 100 + n)).unwrap();
                patients.push(id);
            }
            tx.commit().await.unwrap();
        }
        let patients = Arc::new(patients);
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|task| {
                let (store, patients) = (store.clone(), Arc::clone(&patients));
                tokio::spawn(async move {
                    let mut made = Vec::new();
                    for n in 0..creates / CONNECTIONS {
                        let subject = &patients[(n / 40 * CONNECTIONS + task) % patients.len()];
                        let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
                        let id = store.new_id();
                        tx.create(&id, observation(subject, n * CONNECTIONS + task))
                            .unwrap();
                        tx.commit().await.unwrap();
                        made.push(id);
                    }
                    made
                })
            })
            .collect();
        let mut made = Vec::new();
        for task in tasks {
            made.extend(task.await.unwrap());
        }
        report("create", made.len(), start, cpu);
        let made = Arc::new(made);
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|task| {
                let (store, made) = (store.clone(), Arc::clone(&made));
                tokio::spawn(async move {
                    for n in 0..creates / CONNECTIONS {
                        let id = &made[(n * 7919 + task * 104_729) % made.len()];
                        store
                            .read(&Caller::operator(), Purpose::Treatment)
                            .fetch("Observation", id)
                            .await
                            .unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        report("read", creates, start, cpu);
    });
    drop(store);
    let size: u64 = std::fs::read_dir(dir.join("data"))
        .unwrap()
        .map(|f| f.unwrap().metadata().unwrap().len())
        .sum();
    println!("{} bytes on disk per resource", size / creates as u64);
    std::fs::remove_dir_all(&dir).unwrap();
}

fn report(what: &str, count: usize, start: Instant, cpu: f64) {
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!(
        "{what}: {:.0}/s, {:.3} ms CPU each",
        count as f64 / wall,
        cpu * 1000.0 / count as f64
    );
}

//! What a read costs: CPU and time, without HTTP, as 16 clients that read at once see it. Built with the feature
//! `bench-unlogged` it leaves out the write of the audit entry: the difference is what the log costs.
//! `cargo run --release -p aceso-store --example readcost [reads [rate]]`; `cargo xtask bench --audit` runs both. With a rate
//! the clients together begin so many reads a second; without, each begins its next one when it has its answer.
#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aceso_base::SystemClock;
use aceso_fhir::json;
use aceso_policy::{ApiClient, Caller, Origin, Purpose, Scopes};
use aceso_store::{Settings, Store};
use aceso_vault::RootKey;

const CLIENTS: usize = 16;
const RESOURCES: usize = 4_000;

/// CPU seconds of all threads so far.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |task: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        stat.split_whitespace()
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap()
            / 1e9
    };
    tasks.map(of).sum()
}

async fn fill(store: &Store) -> Vec<String> {
    let mut ids = Vec::with_capacity(RESOURCES);
    for group in 0..RESOURCES / 200 {
        let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
        let patient = store.new_id();
        let document = format!(
            r#"{{"resourceType":"Patient","name":[{{"family":"Family{group}"}}],"gender":"female","birthDate":"1971-03-04"}}"#
        );
        tx.create(&patient, json::read(document.as_bytes()).unwrap())
            .unwrap();
        for n in 0..200 {
            let id = store.new_id();
            let document = format!(
                r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}}],"text":"Heart rate"}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"2026-11-20T08:00:00Z","valueQuantity":{{"value":{n},"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min"}}}}"#
            );
            tx.create(&id, json::read(document.as_bytes()).unwrap())
                .unwrap();
            ids.push(id);
        }
        tx.commit().await.unwrap();
    }
    ids
}

/// Reads so many, each client its share, at this rate in all when there is one; milliseconds that each took.
async fn read(store: &Store, ids: &Arc<Vec<String>>, reads: usize, rate: Option<f64>) -> Vec<f64> {
    let client = ApiClient {
        id: "bench".into(),
        scopes: Scopes::parse("system/*.rs").unwrap(),
        patient: None,
        person: None,
    };
    let caller = Caller::client(Arc::new(client), Origin::default());
    let mut tasks = Vec::new();
    for number in 0..CLIENTS {
        let (store, caller, ids) = (store.clone(), caller.clone(), Arc::clone(ids));
        tasks.push(tokio::spawn(async move {
            let mut took = Vec::with_capacity(reads / CLIENTS);
            let start = tokio::time::Instant::now();
            for n in 0..reads / CLIENTS {
                let id = &ids[(n * 7919 + number * 104_729) % ids.len()];
                if let Some(rate) = rate {
                    let due = (n * CLIENTS + number) as f64 / rate;
                    tokio::time::sleep_until(start + Duration::from_secs_f64(due)).await;
                }
                let begin = Instant::now();
                let reading = store.read(&caller, Purpose::Treatment);
                reading.fetch("Observation", id).await.unwrap();
                took.push(begin.elapsed().as_secs_f64() * 1e3);
            }
            took
        }));
    }
    let mut all = Vec::with_capacity(reads);
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

fn main() {
    let given = |n| std::env::args().nth(n).and_then(|a| a.parse::<f64>().ok());
    let reads = given(1).map_or(200_000, |n| n as usize);
    let rate = given(2);
    let dir = std::env::temp_dir().join(format!("aceso-readcost-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let root = RootKey::create_file(&dir.join("key")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let settings = Settings::new(dir.join("data"));
    let store = Store::open(settings, &root, Arc::new(SystemClock)).unwrap();
    runtime.block_on(async {
        let ids = Arc::new(fill(&store).await);
        read(&store, &ids, reads / 10, rate).await;
        let (begin, cpu) = (Instant::now(), cpu_seconds());
        let mut took = read(&store, &ids, reads, rate).await;
        let (wall, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        took.sort_by(f64::total_cmp);
        let count = took.len() as f64;
        println!("cpu_us {:.2}", cpu * 1e6 / count);
        println!("p50_ms {:.4}", took[took.len() / 2]);
        println!("p99_ms {:.4}", took[took.len() * 99 / 100]);
        println!("per_second {:.0}", count / wall);
    });
    drop(store);
    std::fs::remove_dir_all(&dir).unwrap();
}

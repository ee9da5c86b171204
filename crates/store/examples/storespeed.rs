//! How fast the store creates and reads, without HTTP, for the operator, for a physician who treats every other patient, and
//! for one who treats one in fifty: `cargo run --release -p aceso-store --example storespeed [creates] [rounds]`.
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
use aceso_fhir::search::{Options, Query, parse};
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, FhirUser, Origin, Person, Purpose, Role, Session, Strength};
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

/// CPU seconds of all threads so far.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |task: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        let nanos = stat.split_whitespace().next().unwrap();
        nanos.parse::<f64>().unwrap() / 1e9
    };
    tasks.map(of).sum()
}

fn clinician(user: &str) -> Caller {
    let person = Person {
        account: "speed".into(),
        name: "speed".into(),
        roles: vec![Role::CLINICIAN],
        user: FhirUser::parse(user),
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Treatment),
    };
    Caller::person(Arc::new(person), Origin::default())
}

fn main() {
    let creates: usize = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(20_000);
    let rounds: usize = std::env::args()
        .nth(2)
        .and_then(|a| a.parse().ok())
        .unwrap_or(9);
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
        let patients = Arc::new(patients(&store).await);
        let callers = [
            ("operator", Caller::operator()),
            ("clinician", clinician("Practitioner/doctor")),
        ];
        let few = ("clinician of few", clinician("Practitioner/few"));
        let mut report = Report::default();
        let mut made = Vec::new();
        for _ in 0..rounds {
            for (name, caller) in &callers {
                let done = create(&store, caller, &patients, creates / rounds);
                made.extend(report.measure(&format!("create, {name}"), done).await);
            }
        }
        let made = Arc::new(made);
        for _ in 0..rounds {
            for (name, caller) in &callers {
                let done = read(&store, caller, &made, creates / rounds);
                report.measure(&format!("read, {name}"), done).await;
            }
            for (name, caller) in &callers {
                let of_one = |n: usize| {
                    let patient = &patients[n * 2 % patients.len()];
                    format!("patient={patient}&code=8000-0&_count=10")
                };
                let done = search(&store, caller, creates / rounds / 2, &of_one);
                let what = format!("search, one patient, one code, {name}");
                report.measure(&what, done).await;
            }
            for (name, caller) in callers.iter().chain([&few]) {
                let listing =
                    |n: usize| format!("code=800{}-{}&_count=20&_total=none", n % 5, n % 5);
                let done = search(&store, caller, creates / rounds / 4, &listing);
                let what = format!("search, a code, newest 20, {name}");
                report.measure(&what, done).await;
            }
        }
        report.print();
    });
    drop(store);
    let size: u64 = std::fs::read_dir(dir.join("data"))
        .unwrap()
        .map(|f| f.unwrap().metadata().unwrap().len())
        .sum();
    println!("{} bytes on disk per resource", size / (2 * creates) as u64);
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Two thousand patients; every other one has a care team with the physician in it, one in fifty one with the other.
async fn patients(store: &Store) -> Vec<String> {
    let operator = Caller::operator();
    let mut tx = store.write(&operator, Purpose::Treatment);
    for id in ["doctor", "few"] {
        let doctor = format!(r#"{{"resourceType":"Practitioner","id":"{id}"}}"#);
        let doctor = json::read(doctor.as_bytes()).unwrap();
        tx.update(id, doctor, None).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut patients = Vec::new();
    for chunk in 0..20 {
        let mut tx = store.write(&operator, Purpose::Treatment);
        for n in 0..100 {
            let id = store.new_id();
            tx.create(&id, patient(chunk * 100 + n)).unwrap();
            for (doctor, every) in [("doctor", 2), ("few", 50)] {
                if n % every != 0 {
                    continue;
                }
                let team = format!(
                    r#"{{"resourceType":"CareTeam","status":"active","subject":{{"reference":"Patient/{id}"}},"participant":[{{"member":{{"reference":"Practitioner/{doctor}"}}}}]}}"#
                );
                let team = json::read(team.as_bytes()).unwrap();
                tx.create(&store.new_id(), team).unwrap();
            }
            patients.push(id);
        }
        tx.commit().await.unwrap();
    }
    patients
}

/// Creates observations of those patients whom the physician treats.
async fn create(
    store: &Store,
    caller: &Caller,
    patients: &Arc<Vec<String>>,
    creates: usize,
) -> Vec<String> {
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|task| {
            let (store, patients) = (store.clone(), Arc::clone(patients));
            let caller = caller.clone();
            tokio::spawn(async move {
                let mut made = Vec::new();
                for n in 0..creates / CONNECTIONS {
                    let place = (n / 40 * CONNECTIONS + task) * 2;
                    let subject = &patients[place % patients.len()];
                    let mut tx = store.write(&caller, Purpose::Treatment);
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
    made
}

async fn read(store: &Store, caller: &Caller, made: &Arc<Vec<String>>, reads: usize) -> Vec<()> {
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|task| {
            let (store, made, caller) = (store.clone(), Arc::clone(made), caller.clone());
            tokio::spawn(async move {
                for n in 0..reads / CONNECTIONS {
                    let id = &made[(n * 7919 + task * 104_729) % made.len()];
                    let reading = store.read(&caller, Purpose::Treatment);
                    reading.fetch("Observation", id).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    vec![(); reads]
}

async fn search(
    store: &Store,
    caller: &Caller,
    searches: usize,
    text: &dyn Fn(usize) -> String,
) -> Vec<()> {
    let queries: Vec<Query> = (0..searches)
        .map(|n| parse(Some("Observation"), &text(n), &Options::default()).unwrap())
        .collect();
    let queries = Arc::new(queries);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|task| {
            let (store, queries, caller) = (store.clone(), Arc::clone(&queries), caller.clone());
            tokio::spawn(async move {
                for query in queries.iter().skip(task).step_by(CONNECTIONS) {
                    let reading = store.read(&caller, Purpose::Treatment);
                    reading.search(query.clone()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    vec![(); searches]
}

/// Rates and CPU times of each act, round by round.
#[derive(Default)]
struct Report(Vec<(String, Vec<(f64, f64)>)>);

impl Report {
    async fn measure<T>(&mut self, what: &str, work: impl Future<Output = Vec<T>>) -> Vec<T> {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let done = work.await;
        let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let count = done.len() as f64;
        let one = (count / wall, cpu * 1e6 / count);
        match self.0.iter_mut().find(|(name, _)| name == what) {
            Some((_, all)) => all.push(one),
            None => self.0.push((what.to_owned(), vec![one])),
        }
        done
    }

    fn print(&self) {
        let median = |mut all: Vec<f64>| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        println!("medians of {} rounds", self.0[0].1.len());
        for (what, all) in &self.0 {
            let rate = median(all.iter().map(|(rate, _)| *rate).collect());
            let cpu = median(all.iter().map(|(_, cpu)| *cpu).collect());
            println!("{what}: {rate:.0}/s, {cpu:.1} us CPU each");
        }
    }
}

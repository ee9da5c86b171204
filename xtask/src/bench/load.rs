//! Load on a server: each connection sends its next request when it has its answer, or some time after its last one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::{Answer, Connection};
use super::server::Server;

/// What a load measured.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Server CPU per request.
    pub(crate) cpu_ms: f64,
}

/// A load on a server.
pub(crate) struct Load<'a> {
    server: &'a Server,
    connections: usize,
    /// A connection's requests are so far apart at least.
    apart: Duration,
}

type Request = (&'static str, String, Option<Vec<u8>>);

/// Creates patients and gives their ids.
pub(crate) fn patients(server: &Server, count: usize) -> Result<Vec<String>> {
    let mut connection = server.connect()?;
    (0..count)
        .map(|n| {
            let body = format!(
                r#"{{"resourceType":"Patient","identifier":[{{"system":"http://example.org/mrn","value":"MRN{n:08}"}}],"name":[{{"family":"Family{}","given":["Given{}"]}}],"gender":"female","birthDate":"19{:02}-03-04"}}"#,
                n % 97, n % 31, n % 99
            );
            id_of(&connection.ask("POST", "/fhir/Patient", Some(body.as_bytes()))?)
        })
        .collect()
}

fn id_of(answer: &Answer) -> Result<String> {
    let location = answer.location.as_deref().with_context(|| {
        format!(
            "no Location in an answer {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        )
    })?;
    let path = location.split("/_history").next().unwrap_or(location);
    Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
}

pub(crate) fn observation(patient: &str, n: usize, codes: usize) -> String {
    let code = n % codes;
    format!(
        r#"{{"resourceType":"Observation","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{}-{code}","display":"Heart rate"}}],"text":"Heart rate"}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"2026-11-{:02}T{:02}:{:02}:{:02}Z","issued":"2026-11-20T08:00:00.000Z","valueQuantity":{{"value":{}.{},"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min"}}}}"#,
        8000 + code,
        1 + n / 86400 % 28,
        n / 3600 % 24,
        n / 60 % 60,
        n % 60,
        50 + n % 60,
        n % 10
    )
}

impl<'a> Load<'a> {
    /// So many connections that ask without a pause.
    pub(crate) const fn new(server: &'a Server, connections: usize) -> Self {
        Self {
            server,
            connections,
            apart: Duration::ZERO,
        }
    }

    /// With requests that are so far apart on each connection, as long as they are answered that fast.
    pub(crate) const fn apart(self, apart: Duration) -> Self {
        Self { apart, ..self }
    }

    /// Creates: forty for one patient, then the next, as a clinic does.
    pub(crate) fn create(
        &self,
        count: usize,
        patients: &[String],
        codes: usize,
    ) -> Result<(Measured, Vec<String>)> {
        let connections = self.connections;
        let (measured, answers) = self.run(count, 201, &|task, n| {
            let patient = &patients[(n / 40 * connections + task) % patients.len()];
            let body = observation(patient, n * connections + task, codes);
            (
                "POST",
                "/fhir/Observation".to_owned(),
                Some(body.into_bytes()),
            )
        })?;
        Ok((measured, answers))
    }

    pub(crate) fn read(&self, count: usize, ids: &[String]) -> Result<(Measured, Vec<String>)> {
        self.run(count, 200, &|task, n| {
            let id = &ids[(n * 7919 + task * 104_729) % ids.len()];
            ("GET", format!("/fhir/Observation/{id}"), None)
        })
    }

    pub(crate) fn search(
        &self,
        count: usize,
        patients: &[String],
        codes: usize,
    ) -> Result<(Measured, Vec<String>)> {
        self.run(count, 200, &|task, n| {
            let patient = &patients[(n * 31 + task * 17) % patients.len()];
            let code = (n + task) % codes;
            let path = format!(
                "/fhir/Observation?patient={patient}&code=http://loinc.org%7C{}-{code}&_sort=-date&_count=20",
                8000 + code
            );
            ("GET", path, None)
        })
    }

    fn run(
        &self,
        count: usize,
        wanted: u16,
        request: &(dyn Fn(usize, usize) -> Request + Sync),
    ) -> Result<(Measured, Vec<String>)> {
        let each = count / self.connections;
        let connections: Result<Vec<Connection>> = (0..self.connections)
            .map(|_| self.server.connect())
            .collect();
        let (cpu, start) = (self.server.cpu()?, Instant::now());
        let results: Vec<Result<(Vec<f64>, Vec<String>)>> = std::thread::scope(|scope| {
            let tasks: Vec<_> = connections?
                .into_iter()
                .enumerate()
                .map(|(task, connection)| {
                    scope.spawn(move || one(connection, (task, each, self.apart), wanted, request))
                })
                .collect();
            Ok::<_, anyhow::Error>(
                tasks
                    .into_iter()
                    .map(|t| t.join().expect("a load thread"))
                    .collect(),
            )
        })?;
        let (wall, cpu) = (start.elapsed().as_secs_f64(), self.server.cpu()? - cpu);
        let (mut times, mut ids) = (Vec::new(), Vec::new());
        for result in results {
            let (t, i) = result?;
            times.extend(t);
            ids.extend(i);
        }
        times.sort_by(f64::total_cmp);
        let done = times.len();
        let measured = Measured {
            per_second: done as f64 / wall,
            p50_ms: times[done / 2] * 1000.0,
            p99_ms: times[done * 99 / 100] * 1000.0,
            cpu_ms: cpu * 1000.0 / done as f64,
        };
        Ok((measured, ids))
    }
}

fn one(
    mut connection: Connection,
    (task, count, apart): (usize, usize, Duration),
    wanted: u16,
    request: &(dyn Fn(usize, usize) -> Request + Sync),
) -> Result<(Vec<f64>, Vec<String>)> {
    let (mut times, mut ids) = (Vec::with_capacity(count), Vec::new());
    let mut turn = Instant::now();
    for n in 0..count {
        let (method, path, body) = request(task, n);
        std::thread::sleep(turn.saturating_duration_since(Instant::now()));
        turn = (turn + apart).max(Instant::now());
        let start = Instant::now();
        let answer = connection.ask(method, &path, body.as_deref())?;
        times.push(start.elapsed().as_secs_f64());
        if answer.status != wanted {
            bail!(
                "{method} {path}: {} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
        }
        if answer.location.is_some() {
            ids.push(id_of(&answer)?);
        }
    }
    Ok((times, ids))
}

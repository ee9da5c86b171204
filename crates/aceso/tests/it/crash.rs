//! Killed without warning in the middle of mixed writes, again and again: what was acknowledged is there, with its
//! version; what was not is there whole or not at all; the record checks out. [`Rounds`] is what other faults are tried with, too.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{Server, Stage, send};
use crate::wire::{Reply, Wire};

const WRITERS: u32 = 4;

/// What is known of a resource: its version, and its mark unless it is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    version: u64,
    mark: Option<String>,
}

/// Whether the server may answer that it could not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// It has no reason to.
    Wrong,
    /// It has: what it refused is as it was, or, as it could not know, as it was to be.
    Expected,
}

/// One writer's own resources, so that nobody else changes them, and what it was doing when the server was gone.
#[derive(Default)]
struct Ledger {
    known: HashMap<String, State>,
    under_way: Vec<(String, State)>,
    acknowledged: u64,
    refused: u64,
    /// `(version, mark)` of the resource that all writers share.
    shared: Vec<(u64, String)>,
}

/// What type the resource of an id has: those of patients bring a data key with them.
fn kind(id: &str) -> &'static str {
    match id.ends_with("-p") {
        true => "Patient",
        false => "Basic",
    }
}

fn resource(id: &str, mark: &str) -> Value {
    match kind(id) {
        "Patient" => json!({"resourceType": "Patient", "id": id, "name": [{"text": mark}]}),
        basic => json!({"resourceType": basic, "id": id, "code": {"text": mark}}),
    }
}

fn mark(body: &Value) -> Option<String> {
    let text = body["code"]["text"].as_str();
    text.or(body["name"][0]["text"].as_str()).map(str::to_owned)
}

fn version(reply: &Reply) -> u64 {
    let tag = reply.header("etag");
    let digits: String = tag.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{reply:?}"))
}

struct Writer {
    number: u32,
    round: u32,
    step: u32,
    refusals: Refusals,
    ledger: Ledger,
}

impl Writer {
    fn next(&self, id: &str, mark: Option<&str>) -> (String, State) {
        let version = self.ledger.known.get(id).map_or(0, |s| s.version) + 1;
        let mark = mark.map(str::to_owned);
        (id.to_owned(), State { version, mark })
    }

    /// One write; `false` when the server is gone.
    fn act(&mut self, wire: &mut Wire) -> bool {
        self.step += 1;
        let (n, r, s) = (self.number, self.round, self.step);
        let mark = format!("w{n}r{r}s{s}");
        let fresh = format!("w{n}-{r}-{s}");
        let (old, older) = (format!("w{n}-{r}-{}", s / 2), format!("w{n}-{r}-{}", s / 3));
        let put = |id: &str| json!({"resource": resource(id, &mark), "request": {"method": "PUT", "url": format!("{}/{id}", kind(id))}});
        let (method, path, body, changes) = match s % 8 {
            3 | 6 if self.alive(&old) => {
                let change = self.next(&old, Some(&mark));
                (
                    "PUT",
                    format!("/fhir/Basic/{old}"),
                    resource(&old, &mark),
                    vec![change],
                )
            }
            4 if self.alive(&old) => {
                let change = self.next(&old, None);
                (
                    "DELETE",
                    format!("/fhir/Basic/{old}"),
                    Value::Null,
                    vec![change],
                )
            }
            5 if old != older => {
                let extra = format!("{fresh}-b");
                let ids = [&fresh, &extra, &old];
                let bundle = json!({"resourceType": "Bundle", "type": "transaction",
                    "entry": ids.map(|id| put(id))});
                let changes = ids.map(|id| self.next(id, Some(&mark)));
                ("POST", "/fhir".to_owned(), bundle, changes.to_vec())
            }
            7 => return self.shared(wire, &mark),
            rest => {
                let fresh = match rest {
                    1 => format!("{fresh}-p"),
                    _ => fresh,
                };
                let change = self.next(&fresh, Some(&mark));
                (
                    "PUT",
                    format!("/fhir/{}/{fresh}", kind(&fresh)),
                    resource(&fresh, &mark),
                    vec![change],
                )
            }
        };
        let bytes = if body.is_null() {
            Vec::new()
        } else {
            serde_json::to_vec(&body).unwrap()
        };
        let Ok(reply) = wire.ask(method, &path, &[], &bytes) else {
            self.ledger.under_way = changes;
            return false;
        };
        if !self.is_done(&reply, &path) {
            self.ledger.under_way = changes;
            return false;
        }
        if let [(_, state)] = changes.as_slice() {
            assert_eq!(version(&reply), state.version, "{method} {path}");
        }
        self.ledger.known.extend(changes);
        self.ledger.acknowledged += 1;
        true
    }

    /// Whether a write was acknowledged; else it was refused, where that may be.
    fn is_done(&mut self, reply: &Reply, path: &str) -> bool {
        if (200..300).contains(&reply.status) {
            return true;
        }
        assert!(
            self.refusals == Refusals::Expected && (500..600).contains(&reply.status),
            "{path}: {} {}",
            reply.status,
            reply.text()
        );
        self.ledger.refused += 1;
        false
    }

    fn alive(&self, id: &str) -> bool {
        self.ledger.known.get(id).is_some_and(|s| s.mark.is_some())
    }

    /// Writes what all writers write.
    fn shared(&mut self, wire: &mut Wire, mark: &str) -> bool {
        let body = serde_json::to_vec(&resource("shared", mark)).unwrap();
        let path = "/fhir/Basic/shared";
        let Ok(reply) = wire.ask("PUT", path, &[], &body) else {
            return false;
        };
        if !self.is_done(&reply, path) {
            return false;
        }
        self.ledger.shared.push((version(&reply), mark.to_owned()));
        self.ledger.acknowledged += 1;
        true
    }
}

fn look(wire: &mut Wire, id: &str) -> Option<State> {
    let reply = wire
        .ask("GET", &format!("/fhir/{}/{id}", kind(id)), &[], &[])
        .unwrap();
    match reply.status {
        200 => {
            let body: Value = serde_json::from_slice(&reply.body).unwrap();
            Some(State {
                version: version(&reply),
                mark: mark(&body),
            })
        }
        410 => Some(State {
            version: version(&reply),
            mark: None,
        }),
        404 => None,
        other => panic!("{id}: {other} {}", reply.text()),
    }
}

/// Compares what is there with what one writer knows.
fn check(wire: &mut Wire, ledger: &mut Ledger) {
    let under_way = std::mem::take(&mut ledger.under_way);
    let mut happened = Vec::new();
    for (id, new) in &under_way {
        let there = look(wire, id);
        if there.as_ref() == Some(new) {
            happened.push(true);
            ledger.known.insert(id.clone(), new.clone());
        } else {
            assert_eq!(
                there.as_ref(),
                ledger.known.get(id),
                "{id}: neither before nor after"
            );
            happened.push(false);
        }
    }
    assert!(
        happened.iter().all(|h| *h == happened[0]),
        "a transaction was applied in part: {under_way:?}"
    );
    for (id, state) in &ledger.known {
        assert_eq!(
            look(wire, id).as_ref(),
            Some(state),
            "{id} was acknowledged"
        );
    }
    shared(wire, &ledger.shared);
}

/// Looks at versions of what all write.
fn shared(wire: &mut Wire, versions: &[(u64, String)]) {
    for (version, mark) in versions {
        let path = format!("/fhir/Basic/shared/_history/{version}");
        let reply = wire.ask("GET", &path, &[], &[]).unwrap();
        assert_eq!(reply.status, 200, "version {version} of what all write");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(
            body["code"]["text"], *mark,
            "version {version} of what all write"
        );
    }
}

pub(crate) fn verify(stage: &Stage) -> Value {
    let report = stage.json(&["verify"], 0);
    assert_eq!(report["findings"], json!([]));
    report
}

/// How many rounds: this many, or as many as this variable says.
pub(crate) fn rounds(variable: &str, few: u32) -> u32 {
    let wish = std::env::var(variable).ok();
    wish.map_or(few, |text| text.parse().unwrap())
}

/// Rounds of writes that end without warning, on one data directory, and all that was acknowledged in them.
pub(crate) struct Rounds<'a> {
    stage: &'a Stage,
    token: String,
    refusals: Refusals,
    number: u32,
    last: Vec<Ledger>,
    known: HashMap<String, State>,
    shared: Vec<(u64, String)>,
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    pub(crate) interrupted: usize,
    pub(crate) slowest: Duration,
}

impl<'a> Rounds<'a> {
    pub(crate) fn new(stage: &'a Stage, refusals: Refusals) -> Self {
        Self {
            stage,
            token: stage.token("writer", "system/*.cruds"),
            refusals,
            number: 0,
            last: Vec::new(),
            known: HashMap::new(),
            shared: Vec::new(),
            acknowledged: 0,
            refused: 0,
            interrupted: 0,
            slowest: Duration::ZERO,
        }
    }

    /// Starts a server, looks whether all of the last round is there, writes as long as `during` takes, and kills it.
    pub(crate) fn round(&mut self, serve: impl FnOnce() -> Server, during: impl FnOnce(&Server)) {
        let started = Instant::now();
        let mut server = serve();
        self.slowest = self.slowest.max(started.elapsed());
        let mut wire = Wire::open(&server.address, &self.token).unwrap();
        self.check_last(&mut wire);
        drop(wire);
        let dead = AtomicBool::new(false);
        let (round, refusals) = (self.number, self.refusals);
        self.last = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|number| {
                    let (address, token, dead) = (&server.address, &self.token, &dead);
                    scope.spawn(move || {
                        let mut writer = Writer {
                            number,
                            round,
                            step: 0,
                            refusals,
                            ledger: Ledger::default(),
                        };
                        let Ok(mut wire) = Wire::open(address, token) else {
                            return writer.ledger;
                        };
                        while !dead.load(Ordering::Relaxed) && writer.act(&mut wire) {}
                        writer.ledger
                    })
                })
                .collect();
            during(&server);
            // It may have ended of itself.
            let _ = server.child.kill();
            server.child.wait().unwrap();
            dead.store(true, Ordering::Relaxed);
            writers.into_iter().map(|w| w.join().unwrap()).collect()
        });
        self.number += 1;
        self.acknowledged += self.last.iter().map(|l| l.acknowledged).sum::<u64>();
        self.refused += self.last.iter().map(|l| l.refused).sum::<u64>();
        self.interrupted += self.last.iter().filter(|l| !l.under_way.is_empty()).count();
    }

    fn check_last(&mut self, wire: &mut Wire) {
        for mut ledger in std::mem::take(&mut self.last) {
            check(wire, &mut ledger);
            self.known.extend(ledger.known);
            self.shared.extend(ledger.shared);
        }
    }

    /// Starts a last time, looks whether all of all rounds is there, ends in order, and verifies; answers what that counted.
    pub(crate) fn finish(&mut self, serve: impl FnOnce() -> Server) -> Value {
        let server = serve();
        let mut wire = Wire::open(&server.address, &self.token).unwrap();
        self.check_last(&mut wire);
        for (id, state) in &self.known {
            let there = look(&mut wire, id);
            assert_eq!(there.as_ref(), Some(state), "{id} was acknowledged");
        }
        shared(&mut wire, &self.shared);
        drop(wire);
        assert_eq!(server.stop("-TERM"), Some(0));
        verify(self.stage)
    }
}

#[test]
fn r1_every_acknowledged_write_survives_a_kill() {
    let stage = Stage::new();
    let (count, start) = (rounds("ACESO_CRASH_ROUNDS", 15), Instant::now());
    let mut rounds = Rounds::new(&stage, Refusals::Wrong);
    for round in 0..count {
        // Now and then right after the start, else after a while that is different each time.
        let pause = if round % 9 == 8 {
            0
        } else {
            5 + u64::from(round) * 37 % 90
        };
        rounds.round(
            || stage.serve(),
            |server| {
                thread::sleep(Duration::from_millis(pause));
                send("-KILL", &server.child);
            },
        );
        if round % 25 == 24 {
            verify(&stage);
        }
    }
    let report = rounds.finish(|| stage.serve());
    eprintln!(
        "figure: {count} kills in {:.0} s: {} acknowledged writes all present, {} writers interrupted in a write, slowest start {} ms; \
         {} resources, {} older versions, {} audit entries, nothing wrong",
        start.elapsed().as_secs_f32(),
        rounds.acknowledged,
        rounds.interrupted,
        rounds.slowest.as_millis(),
        report["resources"],
        report["versions"],
        report["auditEntries"]
    );
    assert!(
        rounds.acknowledged > u64::from(count),
        "the rounds wrote something"
    );
}

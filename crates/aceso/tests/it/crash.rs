//! Killed without warning in the middle of mixed writes, again and again: what was acknowledged is there, with its
//! version; what was not is there whole or not at all; the record checks out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{Stage, send};
use crate::wire::{Reply, Wire};

const WRITERS: u32 = 4;

/// What is known of a resource: its version, and its mark unless it is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    version: u64,
    mark: Option<String>,
}

/// One writer's own resources, so that nobody else changes them, and what it was doing when the server was gone.
#[derive(Default)]
struct Ledger {
    known: HashMap<String, State>,
    under_way: Vec<(String, State)>,
    acknowledged: u64,
    /// `(version, mark)` of the resource that all writers share.
    shared: Vec<(u64, String)>,
}

fn basic(id: &str, mark: &str) -> Value {
    json!({"resourceType": "Basic", "id": id, "code": {"text": mark}})
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
        let put = |id: &str| json!({"resource": basic(id, &mark), "request": {"method": "PUT", "url": format!("Basic/{id}")}});
        let (method, path, body, changes) = match s % 8 {
            3 | 6 if self.alive(&old) => {
                let change = self.next(&old, Some(&mark));
                (
                    "PUT",
                    format!("/fhir/Basic/{old}"),
                    basic(&old, &mark),
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
            _ => {
                let change = self.next(&fresh, Some(&mark));
                (
                    "PUT",
                    format!("/fhir/Basic/{fresh}"),
                    basic(&fresh, &mark),
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
        assert!(
            (200..300).contains(&reply.status),
            "{method} {path}: {} {}",
            reply.status,
            reply.text()
        );
        if let [(_, state)] = changes.as_slice() {
            assert_eq!(version(&reply), state.version, "{method} {path}");
        }
        self.ledger.known.extend(changes);
        self.ledger.acknowledged += 1;
        true
    }

    fn alive(&self, id: &str) -> bool {
        self.ledger.known.get(id).is_some_and(|s| s.mark.is_some())
    }

    /// Writes what all writers write.
    fn shared(&mut self, wire: &mut Wire, mark: &str) -> bool {
        let body = serde_json::to_vec(&basic("shared", mark)).unwrap();
        let Ok(reply) = wire.ask("PUT", "/fhir/Basic/shared", &[], &body) else {
            return false;
        };
        assert!(
            (200..300).contains(&reply.status),
            "{} {}",
            reply.status,
            reply.text()
        );
        self.ledger.shared.push((version(&reply), mark.to_owned()));
        self.ledger.acknowledged += 1;
        true
    }
}

fn look(wire: &mut Wire, id: &str) -> Option<State> {
    let reply = wire
        .ask("GET", &format!("/fhir/Basic/{id}"), &[], &[])
        .unwrap();
    match reply.status {
        200 => {
            let body: Value = serde_json::from_slice(&reply.body).unwrap();
            let mark = body["code"]["text"].as_str().map(str::to_owned);
            Some(State {
                version: version(&reply),
                mark,
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
    for (version, mark) in ledger.shared.drain(..) {
        let path = format!("/fhir/Basic/shared/_history/{version}");
        let reply = wire.ask("GET", &path, &[], &[]).unwrap();
        assert_eq!(reply.status, 200, "version {version} of what all write");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(
            body["code"]["text"], mark,
            "version {version} of what all write"
        );
    }
}

fn verify(stage: &Stage) -> Value {
    let report = stage.json(&["verify"], 0);
    assert_eq!(report["findings"], json!([]));
    report
}

/// How many rounds; `ACESO_CRASH_ROUNDS` asks for more.
fn rounds() -> u32 {
    let wish = std::env::var("ACESO_CRASH_ROUNDS").ok();
    wish.map_or(15, |text| text.parse().unwrap())
}

#[test]
fn every_acknowledged_write_survives_a_kill() {
    let stage = Stage::new();
    let token = stage.token("writer", "system/*.cruds");
    let (rounds, start) = (rounds(), Instant::now());
    let (mut acknowledged, mut interrupted, mut slowest) = (0, 0, Duration::ZERO);
    let mut last: Vec<Ledger> = Vec::new();
    for round in 0..rounds {
        let started = Instant::now();
        let mut server = stage.serve();
        slowest = slowest.max(started.elapsed());
        let mut wire = Wire::open(&server.address, &token).unwrap();
        for ledger in &mut last {
            check(&mut wire, ledger);
        }
        drop(wire);
        let dead = AtomicBool::new(false);
        // Now and then right after the start, else after a while that is different each time.
        let pause = if round % 9 == 8 {
            0
        } else {
            5 + u64::from(round) * 37 % 90
        };
        last = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|number| {
                    let (address, token, dead) = (&server.address, &token, &dead);
                    scope.spawn(move || {
                        let ledger = Ledger::default();
                        let mut writer = Writer {
                            number,
                            round,
                            step: 0,
                            ledger,
                        };
                        let Ok(mut wire) = Wire::open(address, token) else {
                            return writer.ledger;
                        };
                        while !dead.load(Ordering::Relaxed) && writer.act(&mut wire) {}
                        writer.ledger
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(pause));
            send("-KILL", &server.child);
            server.child.wait().unwrap();
            dead.store(true, Ordering::Relaxed);
            writers.into_iter().map(|w| w.join().unwrap()).collect()
        });
        acknowledged += last.iter().map(|l| l.acknowledged).sum::<u64>();
        interrupted += last.iter().filter(|l| !l.under_way.is_empty()).count();
        if round % 25 == 24 {
            verify(&stage);
        }
    }
    let server = stage.serve();
    let mut wire = Wire::open(&server.address, &token).unwrap();
    for ledger in &mut last {
        check(&mut wire, ledger);
    }
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    let report = verify(&stage);
    eprintln!(
        "{rounds} kills in {:.0} s: {acknowledged} acknowledged writes all present, {interrupted} writers interrupted in a \
         write, slowest start {} ms; {} resources, {} older versions, {} audit entries, nothing wrong",
        start.elapsed().as_secs_f32(),
        slowest.as_millis(),
        report["resources"],
        report["versions"],
        report["auditEntries"]
    );
    assert!(
        acknowledged > u64::from(rounds),
        "the rounds wrote something"
    );
}

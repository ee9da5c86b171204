//! The machine gives the program no more memory: it refuses, or it ends; what was acknowledged is there.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::crash::{Refusals, Rounds, rounds};
use crate::stage::{Server, Stage};
use crate::wire::Wire;

/// So much more than it has the program may ask for.
const MORE: u64 = 4 << 20;

/// A server that asks the system for memory when it needs it, and for no more.
fn serve(stage: &Stage) -> Server {
    let mut command = stage.command(&["serve", "--listen", "http://127.0.0.1:0"]);
    command.env("MIMALLOC_DISALLOW_ARENA_ALLOC", "1");
    Server::start(command.stderr(Stdio::null()))
}

/// Bounds the address space of a running program; false where that cannot be done here.
fn bound(server: &Server) -> bool {
    let pid = server.child.id();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib: u64 = line
        .and_then(|l| l.split_whitespace().next()?.parse().ok())
        .unwrap();
    let most = kib * 1024 + MORE;
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &pid.to_string(), &format!("--as={most}")]);
    prlimit.status().is_ok_and(|status| status.success())
}

/// Asks for more than there is, until the program refuses or is gone.
fn press(server: &Server, token: &str) {
    let text = "much ".repeat(200_000);
    let entry = |n: u32| {
        json!({"resource": {"resourceType": "Basic", "id": format!("big{n}"), "code": {"text": text}},
        "request": {"method": "PUT", "url": format!("Basic/big{n}")}})
    };
    let entries: Vec<_> = (0..8).map(entry).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let bundle = serde_json::to_vec(&bundle).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                if let Ok(mut wire) = Wire::open(&server.address, token) {
                    let _ = wire.ask("POST", "/fhir", &[], &bundle);
                }
            });
        }
    });
}

#[test]
fn r4_every_acknowledged_write_survives_a_program_without_memory() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        aceso_testkit::absent("prlimit (package util-linux)");
        return;
    }
    let stage = Stage::new();
    let (count, start) = (rounds("ACESO_MEMORY_ROUNDS", 2), Instant::now());
    let mut rounds = Rounds::new(&stage, Refusals::Expected);
    let token = stage.token("presser", "system/*.cruds");
    let mut ended = 0;
    for _ in 0..count {
        rounds.round(
            || serve(&stage),
            |server| {
                thread::sleep(Duration::from_millis(60));
                assert!(bound(server), "prlimit bounds a program");
                press(server, &token);
                if server.ask_status("GET", "/health/live").is_none() {
                    ended += 1;
                }
            },
        );
    }
    let report = rounds.finish(|| stage.serve());
    eprintln!(
        "figure: {count} times without memory in {:.0} s: {ended} times the program ended; {} acknowledged writes all present, {} refused; \
         {} resources, nothing wrong",
        start.elapsed().as_secs_f32(),
        rounds.acknowledged,
        rounds.refused,
        report["resources"]
    );
    assert!(ended > 0 || rounds.refused > 0, "there was not enough");
    assert!(rounds.acknowledged > 0);
}

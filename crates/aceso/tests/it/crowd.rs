//! Many clients at once, and others that are slow on purpose: whoever asks is answered in time, and memory stays within bounds.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::stage::{Server, Stage};
use crate::wire::Wire;

const CLIENTS: usize = 16;
const ASKS: usize = 60;
const SLOW_EACH: usize = 60;
/// Of an unoptimised program, on a machine that builds beside it.
const LONGEST: Duration = Duration::from_secs(3);
const MOST_KIB: u64 = 96 * 1024;

fn resident_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.unwrap().parse().unwrap()
}

/// A client that says so much, and then neither says nor reads anything.
fn slow(server: &Server, says: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(says.as_bytes()).unwrap();
    stream
}

/// All clients ask and write in turn; how long each answer took, the longest last.
fn crowd(server: &Server, token: &str) -> Vec<Duration> {
    let one = |number: usize| {
        let mut wire = Wire::open(&server.address, token).unwrap();
        let mut times = Vec::new();
        for round in 0..ASKS {
            let start = Instant::now();
            let reply = if round % 10 == 0 {
                let path = format!("/fhir/Basic/crowd-{number}");
                let body = format!(
                    r#"{{"resourceType":"Basic","id":"crowd-{number}","code":{{"text":"{round}"}}}}"#
                );
                wire.ask("PUT", &path, &[], body.as_bytes()).unwrap()
            } else {
                wire.ask("GET", "/fhir/Basic/many?_count=5", &[], &[])
                    .unwrap()
            };
            assert!((200..300).contains(&reply.status), "{}", reply.text());
            times.push(start.elapsed());
        }
        times
    };
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let all: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        all.into_iter().flat_map(|c| c.join().unwrap()).collect()
    });
    times.sort_unstable();
    times
}

#[test]
fn r12_a_crowd_is_answered_in_time_and_within_bounded_memory_beside_slow_clients() {
    let stage = Stage::new();
    let token = stage.token("crowd", "system/*.cruds");
    let server = stage.serve();
    let many = "x".repeat(200_000);
    let body = format!(r#"{{"resourceType":"Basic","id":"many","code":{{"text":"{many}"}}}}"#);
    let (status, _, said) = server.ask("PUT", "/fhir/Basic/many", &token, &body);
    assert_eq!(status, 201, "{said}");
    // What it needs anyway, it has after this.
    crowd(&server, &token);
    let before = resident_kib(&server);
    let head = format!(
        "Host: {}\r\nAuthorization: Bearer {token}\r\n",
        server.address
    );
    let half = format!("GET /fhir/Basic/many HTTP/1.1\r\n{head}X-Sl");
    let body = format!(
        "PUT /fhir/Basic/slow HTTP/1.1\r\n{head}Content-Type: application/fhir+json\r\nContent-Length: 1000000\r\n\r\n{{"
    );
    let unread = format!("GET /fhir/Basic/many HTTP/1.1\r\n{head}\r\n").repeat(20);
    let mut held = Vec::new();
    for says in [&half, &body, &unread] {
        held.extend((0..SLOW_EACH).map(|_| slow(&server, says)));
    }
    let times = crowd(&server, &token);
    let (count, grown) = (times.len(), resident_kib(&server).saturating_sub(before));
    let (middle, late) = (times[count / 2], times[count * 99 / 100]);
    eprintln!(
        "figure: {CLIENTS} clients beside {} slow ones: {count} answers, half within {middle:?}, 99 of 100 within {late:?}; {} MiB more",
        held.len(),
        grown / 1024
    );
    assert!(late < LONGEST, "{late:?}");
    assert!(grown < MOST_KIB, "{grown} KiB more");
    drop(held);
    assert_eq!(server.stop("-TERM"), Some(0));
    stage.expect(&["verify"], 0);
}

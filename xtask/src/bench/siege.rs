//! Reads of well-behaved clients while others are slow on purpose and others attack.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::load::Load;
use super::server::Server;

/// Connections that send a byte of a request's head each second.
const SLOW: usize = 500;
/// Attackers send at this rate, all together.
const ATTACKS: u32 = 2_000;
const ATTACKERS: u32 = 64;
/// They come from so many addresses.
const ADDRESSES: u32 = 5_000;
/// Well-behaved clients ask at this rate, all together, and wait for each answer.
const READS: u32 = 200;
const READERS: u32 = 8;
const SECONDS: u32 = 20;

/// What attacks look like: all of them are refused.
const PAYLOADS: [&str; 8] = [
    "/fhir/Patient?name=%27%20or%201%3D1--",
    "/.env",
    "/wp-login.php",
    "/interface/login/login.php",
    "/patients/..%2f..%2f..%2fetc%2fpasswd",
    "/?x=%3Cscript%3Ealert(1)%3C/script%3E",
    "/fhir/Observation/1%20union%20select%20password%20from%20account",
    "/cgi-bin/;cat%20/etc/passwd",
];

/// What became of the attacks.
#[derive(Default)]
struct Tally {
    sent: AtomicU32,
    refused: AtomicU32,
    other: AtomicU32,
    cut: AtomicU32,
}

/// Measures reads by themselves, and under the siege.
pub(crate) fn run(binary: PathBuf) -> Result<()> {
    let server = Server::start_with(binary, "[listen]\ntrust_forwarded = true\n")?;
    let patients = super::load::patients(&server, 100)?;
    let load = Load::new(&server, 8);
    let (_, ids) = load.create(8_000, &patients, 5)?;
    println!("| {READS} reads/s, each awaited | p50 ms | p99 ms | slowest ms |");
    println!("|---|---|---|---|");
    row("alone", &mut read(&server, &ids)?);
    let (stop, tally) = (AtomicBool::new(false), Tally::default());
    let start = Instant::now();
    let measured = std::thread::scope(|scope| {
        let (server, stop, tally) = (&server, &stop, &tally);
        scope.spawn(move || slow(server, stop));
        for number in 0..ATTACKERS {
            scope.spawn(move || attack(server, number, start, stop, tally));
        }
        // Until all are at it.
        std::thread::sleep(Duration::from_secs(3));
        let measured = read(server, &ids);
        stop.store(true, Ordering::Relaxed);
        measured
    });
    let seconds = start.elapsed().as_secs_f64();
    row("under the siege", &mut measured?);
    let count = |of: &AtomicU32| f64::from(of.load(Ordering::Relaxed)) / seconds;
    println!(
        "\n{SLOW} slow connections; attacks: {:.0}/s sent, {:.0}/s refused, {:.0}/s answered otherwise, {:.0}/s connections cut",
        count(&tally.sent),
        count(&tally.refused),
        count(&tally.other),
        count(&tally.cut)
    );
    server.stop()
}

fn row(name: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)] * 1000.0;
    println!(
        "| {name} | {:.2} | {:.2} | {:.2} |",
        at(50),
        at(99),
        at(100)
    );
}

/// How long reads take, in seconds, each counted from when it was due.
fn read(server: &Server, ids: &[String]) -> Result<Vec<f64>> {
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|number| {
                scope.spawn(move || -> Result<Vec<f64>> {
                    let mut connection = server.connect()?;
                    let gap = Duration::from_secs(1) * READERS / READS;
                    let start = Instant::now() + gap * number / READERS;
                    (0..SECONDS * READS / READERS)
                        .map(|turn| {
                            let due = start + gap * turn;
                            std::thread::sleep(due.saturating_duration_since(Instant::now()));
                            let id = &ids[(turn * 7919 + number * 131) as usize % ids.len()];
                            let path = format!("/fhir/Observation/{id}");
                            let answer = connection.ask("GET", &path, None)?;
                            anyhow::ensure!(answer.status == 200, "{path}: {}", answer.status);
                            Ok(due.elapsed().as_secs_f64())
                        })
                        .collect()
                })
            })
            .collect();
        let mut all = Vec::new();
        for reader in readers {
            all.extend(reader.join().expect("a reader's thread")?);
        }
        Ok(all)
    })
}

/// Holds connections open with requests that never end; who is cut comes again.
fn slow(server: &Server, stop: &AtomicBool) {
    let open = || TcpStream::connect(&server.address).ok();
    let mut all: Vec<Option<TcpStream>> = (0..SLOW).map(|_| open()).collect();
    let begin = b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ";
    for stream in all.iter_mut().flatten() {
        let _ = stream.write_all(begin);
    }
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_secs(1));
        for place in &mut all {
            let goes_on = place.as_mut().is_some_and(|s| s.write_all(b"a").is_ok());
            if !goes_on {
                *place = open();
                if let Some(stream) = place {
                    let _ = stream.write_all(begin);
                }
            }
        }
    }
}

/// One attacker: its share of the rate, each request from another address than the one before.
fn attack(server: &Server, number: u32, start: Instant, stop: &AtomicBool, tally: &Tally) {
    let gap = Duration::from_secs(1) * ATTACKERS / ATTACKS;
    let mut due = start + gap * number / ATTACKERS;
    let (mut turn, mut stream) = (number, None);
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += gap;
        turn = turn.wrapping_add(ATTACKERS);
        let from = turn % ADDRESSES;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 198.51.{}.{}\r\n\r\n",
            PAYLOADS[turn as usize / 7 % PAYLOADS.len()],
            server.address,
            from / 250,
            from % 250
        );
        tally.sent.fetch_add(1, Ordering::Relaxed);
        let answered = ask(server, &mut stream, request.as_bytes());
        let of = match answered {
            Some(status) if (400..500).contains(&status) => &tally.refused,
            Some(_) => &tally.other,
            None => {
                stream = None;
                &tally.cut
            }
        };
        of.fetch_add(1, Ordering::Relaxed);
    }
}

/// The status of the answer; none when the connection was cut.
fn ask(server: &Server, stream: &mut Option<TcpStream>, request: &[u8]) -> Option<u16> {
    if stream.is_none() {
        let new = TcpStream::connect(&server.address).ok()?;
        new.set_nodelay(true).ok()?;
        *stream = Some(new);
    }
    let open = stream.as_mut()?;
    open.write_all(request).ok()?;
    let (mut said, mut piece) = (Vec::new(), [0_u8; 1 << 14]);
    loop {
        let count = open.read(&mut piece).ok().filter(|count| *count > 0)?;
        said.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&said);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |wanted: &str| {
            head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted)
                    .then(|| value.trim().to_owned())
            })
        };
        let length = header("content-length").and_then(|value| value.parse().ok());
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        if header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            *stream = None;
        }
        return status;
    }
}

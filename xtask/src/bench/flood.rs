//! Reads while somebody floods the sign-in: wrong passwords for names that nobody has, each from another address, so that
//! no lock answers and every one of them wants its Argon2id.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::load::{Load, Measured};
use super::server::Server;

const ROUNDS: usize = 5;
const READS: usize = 60_000;
const CONNECTIONS: usize = 16;
/// Sign-ins wait for each other here, not in the generator: as many connections as may be under way at once.
const FLOODERS: u32 = 256;

/// What became of the flood.
#[derive(Default)]
struct Tally {
    sent: AtomicU32,
    wrong: AtomicU32,
    busy: AtomicU32,
    other: AtomicU32,
}

/// Measures reads by themselves and under `rate` bad sign-ins a second, by turns.
pub(crate) fn run(binary: PathBuf, rate: u32) -> Result<()> {
    let server = Server::start_with(binary, "[listen]\ntrust_forwarded = true\n")?;
    let patients = super::load::patients(&server, 100)?;
    let load = Load::new(&server, CONNECTIONS);
    let (_, ids) = load.create(8_000, &patients, 5)?;
    load.read(READS, &ids)?;
    println!(
        "| reads | per second | p50 ms | p99 ms | sign-ins sent/s | wrong | asked to come again | other |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut kept = Vec::new();
    for _ in 0..ROUNDS {
        let (alone, _) = load.read(READS, &ids)?;
        row("alone", &alone, "– | – | – | –");
        let (stop, tally) = (AtomicBool::new(false), Tally::default());
        let start = Instant::now();
        let under = std::thread::scope(|scope| {
            for number in 0..FLOODERS {
                let (server, stop, tally) = (&server, &stop, &tally);
                scope.spawn(move || {
                    if let Err(error) = flood(server, number, rate, start, stop, tally) {
                        eprintln!("flood {number}: {error:#}");
                    }
                });
            }
            // Until the flood's own queue is full.
            std::thread::sleep(Duration::from_secs(1));
            let measured = load.read(READS, &ids);
            stop.store(true, Ordering::Relaxed);
            measured
        });
        let seconds = start.elapsed().as_secs_f64();
        let (under, _) = under?;
        let count = |of: &AtomicU32| f64::from(of.load(Ordering::Relaxed)) / seconds;
        let said = format!(
            "{:.0} | {:.0}/s | {:.0}/s | {:.0}/s",
            count(&tally.sent),
            count(&tally.wrong),
            count(&tally.busy),
            count(&tally.other)
        );
        row("under flood", &under, &said);
        kept.push(under.per_second / alone.per_second);
    }
    kept.sort_by(f64::total_cmp);
    println!(
        "\nreads keep {:.0} % of their rate (median of {ROUNDS}; lowest {:.0} %)",
        kept[ROUNDS / 2] * 100.0,
        kept[0] * 100.0
    );
    server.stop()
}

fn row(name: &str, m: &Measured, flood: &str) {
    println!(
        "| {name} | {:.0} | {:.2} | {:.2} | {flood} |",
        m.per_second, m.p50_ms, m.p99_ms
    );
}

/// One of the flooders: its share of the rate, each attempt with another name from another address.
fn flood(
    server: &Server,
    number: u32,
    rate: u32,
    start: Instant,
    stop: &AtomicBool,
    tally: &Tally,
) -> Result<()> {
    let mut stream = connect(server)?;
    let page = ask(&mut stream, server, "GET", "", "", number)?;
    let cookie = page
        .lines()
        .find(|l| l.to_ascii_lowercase().starts_with("set-cookie:"))
        .and_then(|l| l.split_once(':')?.1.split(';').next())
        .context("no cookie of a visit")?
        .trim()
        .to_owned();
    let csrf = page
        .split_once("name=\"csrf\" value=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .context("no token in the form")?
        .to_owned();
    let gap = Duration::from_secs(1) * FLOODERS / rate;
    let mut due = start + gap * number / FLOODERS;
    let mut turn = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += gap;
        turn += 1;
        let body =
            format!("csrf={csrf}&user=nobody{number}x{turn}&password=wrong+password+{turn}&to=%2F");
        tally.sent.fetch_add(1, Ordering::Relaxed);
        let answer = ask(
            &mut stream,
            server,
            "POST",
            &cookie,
            &body,
            number * 65_536 + turn,
        )?;
        let of = match answer.split(' ').nth(1).unwrap_or_default() {
            "503" | "429" => &tally.busy,
            _ if answer.contains("do not belong together") => &tally.wrong,
            _ => &tally.other,
        };
        of.fetch_add(1, Ordering::Relaxed);
        if answer
            .to_ascii_lowercase()
            .contains("\r\nconnection: close")
        {
            stream = connect(server)?;
        }
    }
    Ok(())
}

fn connect(server: &Server) -> Result<TcpStream> {
    let stream = TcpStream::connect(&server.address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One request of a browser; head and body of the answer.
fn ask(
    stream: &mut TcpStream,
    server: &Server,
    method: &str,
    cookie: &str,
    body: &str,
    from: u32,
) -> Result<String> {
    let [a, b, c, d] = from.to_be_bytes();
    let request = format!(
        "{method} /sign-in HTTP/1.1\r\nHost: {}\r\nUser-Agent: flood\r\nAccept: text/html\r\n\
         X-Forwarded-For: {}.{b}.{c}.{d}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        100 + a % 100,
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut chunk = [0_u8; 1 << 14];
    loop {
        let n = stream.read(&mut chunk)?;
        if n == 0 {
            bail!("the server closed the connection");
        }
        answer.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, rest)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if rest.len() >= length.unwrap_or(0) {
            return Ok(text.into_owned());
        }
    }
}

//! Who is kept out, as clients, the log, the packet filter and fail2ban meet it; and clients that are slow.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::stage::{Server, Stage, name, text};

/// A request of this address, as a proxy on the loopback passes it on; its status.
fn ask(server: &Server, path: &str, from: &str) -> u16 {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: {from}\r\nConnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    text(&answer)[9..12].parse().unwrap()
}

#[test]
fn a_scanner_is_kept_out_told_of_and_given_to_the_packet_filter() {
    let stage = Stage::new();
    let script = stage.dir.join("jail.nft");
    let config = format!(
        "[listen]\ntrust_forwarded = true\n[shield]\nnftables = '{}'\n",
        script.display()
    );
    let config = stage.file("shield.toml", config);
    let log = stage.dir.join("log");
    let mut command = stage.command(&[
        "serve",
        "--listen",
        "http://127.0.0.1:0",
        "--config",
        name(&config),
    ]);
    let file = std::fs::File::create(&log).unwrap();
    let server = Server::start(command.stderr(file));
    assert_eq!(ask(&server, "/wp-login.php", "203.0.113.9"), 404);
    assert_eq!(ask(&server, "/health/live", "203.0.113.9"), 429);
    assert_eq!(ask(&server, "/health/live", "198.51.100.1"), 200);
    let begin = Instant::now();
    let has = |what: &str| std::fs::read_to_string(&script).is_ok_and(|text| text.contains(what));
    while !has("203.0.113.9 timeout") {
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
    let (status, _, metrics) = server.ask("GET", "/metrics", "", "");
    assert!(
        status == 200 && metrics.contains("aceso_shield_out 1\n"),
        "{metrics}"
    );
    assert_eq!(server.stop("-TERM"), Some(0));
    // Debian's own programs, where they are.
    if let Ok(out) = Command::new("/usr/sbin/nft")
        .args(["--check", "--file", name(&script)])
        .output()
    {
        let said = text(&out.stderr);
        assert!(
            out.status.success() || said.contains("not permitted"),
            "{said}"
        );
    }
    let filter = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../contrib/fail2ban/filter.d/aceso.conf"
    );
    if let Ok(out) = Command::new("fail2ban-regex")
        .args([name(&log), filter])
        .output()
    {
        assert!(
            text(&out.stdout).contains(" 1 matched"),
            "{}",
            text(&out.stdout)
        );
    }
    let lines = std::fs::read_to_string(&log).unwrap();
    assert!(
        lines.contains("shield: jailed address=203.0.113.9 deed=\"honey-path\" seconds=900"),
        "{lines}"
    );
}

#[test]
fn p4_five_hundred_clients_that_never_end_their_request_hurt_nobody() {
    let stage = Stage::new();
    let server = stage.serve();
    let slow: Vec<TcpStream> = (0..500)
        .map(|number| {
            let mut stream = TcpStream::connect(&server.address).unwrap();
            let start = match number % 2 {
                0 => "GET /fhir/metadata HTTP/1.1\r\nHos".to_owned(),
                _ => format!(
                    "POST /sign-in HTTP/1.1\r\nHost: {}\r\nContent-Length: 900\r\n\r\nuser=",
                    server.address
                ),
            };
            stream.write_all(start.as_bytes()).unwrap();
            stream
        })
        .collect();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let begin = Instant::now();
            let (status, ..) = server.ask("GET", "/health/ready", "", "");
            assert_eq!(status, 200);
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    eprintln!(
        "beside {} slow clients: median {:?}, 99th of 100 {:?}",
        slow.len(),
        times[100],
        times[198]
    );
    assert!(times[198] < Duration::from_secs(1), "{:?}", times[198]);
    drop(slow);
    assert_eq!(server.stop("-TERM"), Some(0));
}

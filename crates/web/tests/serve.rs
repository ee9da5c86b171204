//! Listening for real, on the loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: helpers fail where they stand"
)]

use std::net::SocketAddr;
use std::time::Duration;

use aceso_web::{Address, Floor, Identity, Listener, Settings, Tls, health};
use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    at: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(settings: Settings, tls: Option<Tls>) -> Running {
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "slow"
    };
    let router: Router = health(|| true).route("/slow", get(slow));
    let address = if tls.is_some() {
        "https://127.0.0.1:0"
    } else {
        "http://127.0.0.1:0"
    };
    let listener = Listener::bind(Address::parse(address).unwrap(), tls)
        .await
        .unwrap();
    let at = listener.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let floor = Floor::new(router, settings);
    let task = tokio::spawn(listener.serve(floor, async {
        let _ = stopped.await;
    }));
    Running { at, stop, task }
}

async fn say(at: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is cut off may end in a reset.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_request_is_answered_without_the_server_naming_itself() {
    let running = start(Settings::default(), None).await;
    let answer = say(running.at, LIVE).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.to_lowercase().contains("\r\nserver:"));
    assert!(answer.contains("x-content-type-options: nosniff"));
    let none = say(
        running.at,
        "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(none.starts_with("HTTP/1.1 404"), "{none}");
    let hostless = say(
        running.at,
        "GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(hostless.starts_with("HTTP/1.1 400"), "{hostless}");
}

#[tokio::test]
async fn r12_slow_clients_are_cut_off() {
    let settings = Settings {
        head_time: Duration::from_millis(200),
        ..Settings::default()
    };
    let running = start(settings, None).await;
    for start in [
        "",
        "P",
        "PR",
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: a\r\nX: ",
    ] {
        let cut = tokio::time::timeout(Duration::from_secs(5), say(running.at, start)).await;
        let answer = cut.expect("the server lets go");
        assert!(!answer.contains(" 200 "), "{start}: {answer}");
    }
}

#[tokio::test]
async fn r12_connections_beyond_the_cap_wait_for_a_place() {
    let settings = Settings {
        connections: 1,
        head_time: Duration::from_millis(300),
        ..Settings::default()
    };
    let running = start(settings, None).await;
    let held = TcpStream::connect(running.at).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), say(running.at, LIVE))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(held);
}

#[tokio::test]
async fn a_request_under_way_is_finished_at_a_shutdown() {
    let running = start(Settings::default(), None).await;
    let at = running.at;
    let asked = tokio::spawn(async move { say(at, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.send(()).unwrap();
    assert!(asked.await.unwrap().ends_with("slow"));
    running.task.await.unwrap();
    assert!(TcpStream::connect(at).await.is_err());
}

#[tokio::test]
async fn plain_text_on_a_tls_port_gets_no_page() {
    let identity = Identity::self_signed(vec!["localhost".into()]).unwrap();
    let running = start(Settings::default(), Some(Tls::new(&identity).unwrap())).await;
    assert!(!say(running.at, LIVE).await.contains("200 OK"));
}

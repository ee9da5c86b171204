//! The client over real sockets: what it sends, what it refuses to follow, and where it stops listening.
#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aceso_egress::{Answer, Client, Limits, Request, SendError, StatusCode, Trust};
use aceso_policy::Endpoints;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

struct Peer {
    base: String,
    listener: TcpListener,
}

impl Peer {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        Self { base, listener }
    }

    /// Hears one request and says this.
    fn say(self, answer: impl Into<Vec<u8>>) -> JoinHandle<String> {
        let answer = answer.into();
        tokio::spawn(async move {
            let (stream, _) = self.listener.accept().await.unwrap();
            serve(stream, &answer).await
        })
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) -> String {
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part).await.unwrap();
        heard.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&heard);
        let length = text.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1);
        let length = length.and_then(|l| l.split("\r\n").next()?.parse().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if count == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
            break;
        }
    }
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
    String::from_utf8(heard).unwrap()
}

fn client(base: &str) -> Client {
    Client::new(
        Endpoints::new(&[base]).unwrap(),
        &Trust::Machine,
        Limits::default(),
    )
    .unwrap()
}

async fn get(client: &Client, url: &str) -> Result<Answer, SendError> {
    client.send(Request::get(client.target(url)?)).await
}

#[tokio::test]
async fn a_request_goes_out_whole_and_the_answer_comes_back_whole() {
    let peer = Peer::new().await;
    let client = client(&peer.base);
    let target = client.target(&format!("{}/in?x=1", peer.base)).unwrap();
    let host = target.authority();
    let heard = peer.say("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n");
    let request = Request::put(target, "{}").content_type("application/fhir+json");
    let request = request
        .line("X-Key: one")
        .unwrap()
        .bearer("secret")
        .unwrap();
    assert!(!format!("{request:?}").contains("secret"));
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.json().unwrap()["a"], 1);
    let heard = heard.await.unwrap().to_ascii_lowercase();
    assert!(heard.starts_with("put /in?x=1 http/1.1\r\n"), "{heard}");
    for line in [
        &format!("host: {host}"),
        "connection: close",
        "content-length: 2",
        "x-key: one",
        "authorization: bearer secret",
        "content-type: application/fhir+json",
    ] {
        assert!(
            heard.contains(&format!("\r\n{line}\r\n")),
            "{line} in {heard}"
        );
    }
    assert!(heard.ends_with("\r\n\r\n{}"));
}

#[tokio::test]
async fn asvs_13_2_4_an_address_off_the_list_is_not_called() {
    let (listed, other) = (Peer::new().await, Peer::new().await);
    let refused = get(&client(&listed.base), &other.base).await;
    assert!(matches!(refused, Err(SendError::NotAllowed)));
    let none = Client::new(Endpoints::default(), &Trust::Machine, Limits::default()).unwrap();
    assert!(matches!(
        get(&none, &listed.base).await,
        Err(SendError::NotAllowed)
    ));
}

#[tokio::test]
async fn asvs_1_3_6_a_redirection_is_an_answer_and_not_followed() {
    let (first, second) = (Peer::new().await, Peer::new().await);
    let base = first.base.clone();
    let client = Client::new(
        Endpoints::new(&[&base, &second.base]).unwrap(),
        &Trust::Machine,
        Limits::default(),
    );
    first.say(format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        second.base
    ));
    let answer = get(&client.unwrap(), &base).await.unwrap();
    assert_eq!(answer.status, StatusCode::FOUND);
    tokio::task::yield_now().await;
    let called = tokio::time::timeout(Duration::ZERO, second.listener.accept()).await;
    assert!(called.is_err(), "the redirection was followed");
}

async fn check_fails(answer: impl Into<Vec<u8>>, expected: fn(&SendError) -> bool) {
    let peer = Peer::new().await;
    let base = peer.base.clone();
    peer.say(answer);
    let error = get(&client(&base), &base).await.unwrap_err();
    assert!(expected(&error), "{error:?}");
}

#[tokio::test]
async fn what_is_too_large_or_not_http_is_given_up() {
    let large = "x".repeat(1_100_000);
    let with_length = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{large}",
        large.len()
    );
    check_fails(with_length, |e| matches!(e, SendError::TooLarge)).await;
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{large}");
    check_fails(endless, |e| matches!(e, SendError::TooLarge)).await;
    let head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    check_fails(head, |e| matches!(e, SendError::Http(_))).await;
    check_fails("SSH-2.0-x\r\n", |e| matches!(e, SendError::Http(_))).await;
    check_fails("", |e| matches!(e, SendError::Http(_))).await;
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    check_fails(cut, |e| matches!(e, SendError::Http(_))).await;
}

#[tokio::test(start_paused = true)]
async fn who_never_answers_is_not_waited_for() {
    let peer = Peer::new().await;
    let late = get(&client(&peer.base), &peer.base).await;
    assert!(matches!(late, Err(SendError::Late)), "{late:?}");
}

/// A certificate for `localhost` in a file of its own, and a peer that shows it.
async fn tls_peer(name: &str) -> (Peer, TlsAcceptor, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let path = std::env::temp_dir().join(format!("aceso-egress-{}-{name}.pem", std::process::id()));
    std::fs::write(&path, made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let peer = Peer::new().await;
    (peer, TlsAcceptor::from(Arc::new(config)), path)
}

async fn over_tls(
    name: &str,
    trust: fn(PathBuf) -> Trust,
    host: &str,
) -> Result<Answer, SendError> {
    let (peer, acceptor, path) = tls_peer(name).await;
    let port = peer.listener.local_addr().unwrap().port();
    let url = format!("https://{host}:{port}/");
    let at = if host == "localhost" {
        ""
    } else {
        " at 127.0.0.1"
    };
    let endpoints = Endpoints::new(&[format!("{url}{at}")]).unwrap();
    let client = Client::new(endpoints, &trust(path.clone()), Limits::default()).unwrap();
    tokio::spawn(async move {
        let (stream, _) = peer.listener.accept().await.unwrap();
        if let Ok(stream) = acceptor.accept(stream).await {
            serve(stream, b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    });
    let answer = get(&client, &url).await;
    std::fs::remove_file(path).unwrap();
    answer
}

#[tokio::test]
async fn tls_is_believed_for_the_right_name_and_the_right_authority_only() {
    let answer = over_tls("own", Trust::Only, "localhost").await.unwrap();
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let answer = over_tls("and", Trust::MachineAnd, "localhost")
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let stranger = over_tls("stranger", |_| Trust::Machine, "localhost").await;
    assert!(matches!(stranger, Err(SendError::Io(_))), "{stranger:?}");
    let other = over_tls("name", Trust::Only, "other.example").await;
    assert!(matches!(other, Err(SendError::Io(_))), "{other:?}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let missing = Client::new(
        Endpoints::default(),
        &Trust::Only(PathBuf::from("/nonexistent.pem")),
        Limits::default(),
    );
    assert!(missing.is_err());
}

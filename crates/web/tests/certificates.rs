//! Client certificates, on the loopback: who shows one is told from who does not, and a stranger's ends the handshake.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: helpers fail where they stand"
)]

use std::sync::Arc;

use aceso_web::{
    Address, Certificate, Entrance, Floor, Gate, Identity, Listener, Settings, Tls, Visit,
};
use axum::routing::get;
use axum::{Extension, Router};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate that the authority issued, with its key.
fn issued(by: &CertifiedIssuer<'static, KeyPair>) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["desk.example".to_owned()]).unwrap();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, by).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// What the server answers a client that trusts it and shows this certificate, if any; nothing when it hangs up.
async fn ask(at: std::net::SocketAddr, trust: &str, own: Option<&(String, String)>) -> String {
    let mut roots = RootCertStore::empty();
    let trusted = CertificateDer::from_pem_slice(trust.as_bytes()).unwrap();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let Ok(mut stream) = connected.await else {
        return String::new();
    };
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = Vec::new();
    // A refused certificate shows at the first write or read (TLS 1.3).
    if stream.write_all(request.as_bytes()).await.is_ok() {
        let _ = stream.read_to_end(&mut answer).await;
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_client_certificate_is_seen_when_good_not_needed_elsewhere_and_fatal_when_foreign() {
    let ours = authority();
    let server = Identity::self_signed(vec!["localhost".into()]).unwrap();
    let tls = Tls::with_clients(&server, &ours.pem()).unwrap();
    let seen = async |Extension(visit): Extension<Visit>| match visit.administration {
        Entrance::Shut => "shut",
        Entrance::Open => "open",
    };
    let address = Address::parse("https://127.0.0.1:0").unwrap();
    let listener = Listener::bind(address, Some(tls)).await.unwrap();
    let at = listener.address().unwrap();
    let settings = Settings {
        gate: Gate {
            certificate: Certificate::Shown,
            ..Gate::default()
        },
        ..Settings::default()
    };
    let floor = Floor::new(Router::new().route("/", get(seen)), settings);
    let task = tokio::spawn(listener.serve(floor, std::future::pending()));
    let none = ask(at, &server.chain, None).await;
    assert!(none.ends_with("shut"), "{none}");
    let good = ask(at, &server.chain, Some(&issued(&ours))).await;
    assert!(good.ends_with("open"), "{good}");
    let foreign = ask(at, &server.chain, Some(&issued(&authority()))).await;
    assert_eq!(foreign, "");
    task.abort();
}

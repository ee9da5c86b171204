//! Certificates, and the message that tests send.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_mail::{Address, Line, Mailer, Message, Server};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, RootCertStore};

/// A certificate for `localhost`, its key, and a configuration that believes it.
pub(crate) struct Believed {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) tls: Arc<ClientConfig>,
}

impl Believed {
    pub(crate) fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        Self {
            certificate: cert.pem(),
            key: signing_key.serialize_pem(),
            tls: trusting(roots),
        }
    }
}

/// A configuration that believes these.
pub(crate) fn trusting(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

pub(crate) fn mailer(server: &str, tls: Arc<ClientConfig>) -> Mailer {
    let from = Address::parse("aceso@clinic.example").unwrap();
    let name = Line::parse("Riverside Clinic").unwrap();
    Mailer::new(Server::parse(server).unwrap(), tls, from, name)
}

pub(crate) fn message(to: &str, text: &str) -> Message {
    Message {
        id: "0Ab1-7".into(),
        to: Address::parse(to).unwrap(),
        subject: Line::parse("A sign-in from a browser not seen before").unwrap(),
        text: text.into(),
        at: Instant::from_millis(1_795_360_046_000),
    }
}

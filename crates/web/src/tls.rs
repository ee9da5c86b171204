//! TLS: 1.3 and 1.2, keys by aws-lc-rs, HTTP/2 and 1.1.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// A certificate chain and its private key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The chain, the server's own certificate first.
    pub chain: String,
    /// The private key (PKCS#8, PKCS#1 or SEC 1).
    pub key: aceso_base::Secret<String>,
}

/// A TLS configuration that is ready to serve; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tls(pub(crate) Arc<ServerConfig>);

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The chain holds no certificate, or is not PEM.
    #[error("the certificate file holds no readable PEM certificate")]
    Chain,
    /// The key is not readable.
    #[error("the key file holds no readable PEM private key")]
    Key,
    /// The authorities for client certificates are not readable, or none of them can be one.
    #[error("the file of authorities for client certificates holds no readable PEM authority")]
    Authorities,
    /// They do not fit together, or are of a kind that is not supported.
    #[error("the certificate and key cannot be used")]
    Unfit(#[from] rustls::Error),
    /// A certificate of our own could not be made.
    #[error("could not make a certificate")]
    Making(#[from] rcgen::Error),
}

impl Identity {
    /// A new self-signed certificate for these names and addresses (P-256).
    pub fn self_signed(names: Vec<String>) -> Result<Self, TlsError> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut params = rcgen::CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Aceso");
        params
            .extended_key_usages
            .push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            chain: certificate.pem(),
            key: aceso_base::Secret::new(key.serialize_pem()),
        })
    }
}

impl Tls {
    /// From a certificate and key. Clients are not asked for certificates.
    pub fn new(identity: &Identity) -> Result<Self, TlsError> {
        Self::make(identity, None)
    }

    /// The same, and a client may show a certificate that one of these authorities (PEM) issued. Without one it is served
    /// too: what needs one asks [`crate::Gate`]. A certificate of anybody else ends the handshake.
    pub fn with_clients(identity: &Identity, authorities: &str) -> Result<Self, TlsError> {
        Self::make(identity, Some(authorities))
    }

    fn make(identity: &Identity, authorities: Option<&str>) -> Result<Self, TlsError> {
        let chain = certificates(&identity.chain).ok_or(TlsError::Chain)?;
        let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes())
            .map_err(|_| TlsError::Key)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match authorities {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(roots(pem)?, provider)
                    .allow_unauthenticated()
                    .build()
                    .map_err(|_| TlsError::Authorities)?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

/// At least one certificate, all readable.
fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .ok()?;
    (!all.is_empty()).then_some(all)
}

fn roots(pem: &str) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem).ok_or(TlsError::Authorities)? {
        roots.add(certificate).map_err(|_| TlsError::Authorities)?;
    }
    Ok(Arc::new(roots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_our_own_can_be_served_and_a_foreign_key_cannot() {
        let own = Identity::self_signed(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
        Tls::new(&own).unwrap();
        let other = Identity::self_signed(vec!["localhost".into()]).unwrap();
        let mixed = Identity {
            chain: own.chain.clone(),
            key: other.key,
        };
        assert!(matches!(Tls::new(&mixed), Err(TlsError::Unfit(_))));
        let none = Identity {
            chain: String::new(),
            key: own.key,
        };
        assert!(matches!(Tls::new(&none), Err(TlsError::Chain)));
    }

    #[test]
    fn authorities_that_cannot_be_read_are_refused() {
        let own = Identity::self_signed(vec!["localhost".into()]).unwrap();
        Tls::with_clients(&own, &own.chain).unwrap();
        let none = Tls::with_clients(&own, "no certificate");
        assert!(matches!(none, Err(TlsError::Authorities)));
    }
}

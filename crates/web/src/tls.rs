//! TLS: 1.3 and 1.2, keys by aws-lc-rs, HTTP/2 and 1.1.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

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
    /// From a certificate and key.
    pub fn new(identity: &Identity) -> Result<Self, TlsError> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(identity.chain.as_bytes())
                .collect::<Result<_, _>>()
                .map_err(|_| TlsError::Chain)?;
        if chain.is_empty() {
            return Err(TlsError::Chain);
        }
        let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes())
            .map_err(|_| TlsError::Key)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
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
}

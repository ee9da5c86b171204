//! Whose certificates are believed.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use crate::OwnCertificate;

/// Whose certificates are believed.
#[derive(Clone, Debug)]
pub enum Trust {
    /// The authorities that the machine trusts.
    Machine,
    /// These too: a file of certificates in PEM (a clinic's own authority).
    MachineAnd(PathBuf),
    /// Only those in this file of certificates in PEM.
    Only(PathBuf),
}

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read as certificates.
    #[error("{path} holds no certificates in PEM that can be read: {why}")]
    File {
        /// Its path.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// The TLS library refuses.
    #[error("TLS cannot be used")]
    Tls(#[from] rustls::Error),
}

impl Trust {
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        let mut config = self.begun()?.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// What mail to a server trusts: no protocol is named within TLS.
    pub fn for_mail(&self) -> Result<Arc<ClientConfig>, TrustError> {
        Ok(Arc::new(self.begun()?.with_no_client_auth()))
    }

    /// With a certificate of one's own for those that ask for one.
    pub(crate) fn config_as(&self, own: &OwnCertificate) -> Result<ClientConfig, TrustError> {
        let (chain, key) = own.read()?;
        Ok(self.begun()?.with_client_auth_cert(chain, key)?)
    }

    fn begun(&self) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TrustError> {
        let mut roots = RootCertStore::empty();
        let machine = || rustls_native_certs::load_native_certs().certs;
        match self {
            Self::Machine => {
                roots.add_parsable_certificates(machine());
            }
            Self::MachineAnd(file) => {
                roots.add_parsable_certificates(machine());
                add(&mut roots, file)?;
            }
            Self::Only(file) => add(&mut roots, file)?,
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots))
    }
}

fn add(roots: &mut RootCertStore, file: &PathBuf) -> Result<(), TrustError> {
    let wrong = |why: String| TrustError::File {
        path: file.display().to_string(),
        why,
    };
    let found = CertificateDer::pem_file_iter(file).map_err(|e| wrong(e.to_string()))?;
    for certificate in found {
        roots.add(certificate.map_err(|e| wrong(e.to_string()))?)?;
    }
    if roots.is_empty() {
        return Err(wrong("there are none".to_owned()));
    }
    Ok(())
}

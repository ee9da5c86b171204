//! A connection that is only written to: to what gathers logs.
//!
//! Where it leads stands in the installation's own configuration, with the authorities that the receiver is believed
//! by, so a name may lead inside; in plain text it leads to the loopback alone.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::{Trust, TrustError};

/// How long a connection, or a write that makes no progress, is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom the receiver is shown, when it asks: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCertificate {
    /// The chain, one's own certificate first.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What a wire can be opened to.
#[derive(Clone)]
pub struct Receiver {
    host: String,
    port: u16,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

/// Why a receiver cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// The name cannot be checked against a certificate.
    #[error("\"{0}\" is no name that a certificate can bear")]
    Name(String, #[source] InvalidDnsNameError),
    /// The authorities or the own certificate cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Plain text would leave the machine.
    #[error("plain text goes to the loopback alone (127.0.0.1 or ::1), not to \"{0}\"")]
    Plain(String),
}

/// An open connection.
pub struct Wire {
    stream: Box<dyn Stream>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Receiver {
    /// A receiver whose certificate must bear `host` and come from `trust`.
    pub fn tls(
        host: &str,
        port: u16,
        trust: &Trust,
        own: Option<&OwnCertificate>,
    ) -> Result<Self, ReceiverError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|e| ReceiverError::Name(host.to_owned(), e))?;
        let mut config = match own {
            None => ClientConfig::clone(&*trust.config()?),
            Some(own) => trust.config_as(own)?,
        };
        config.alpn_protocols.clear();
        Ok(Self {
            host: host.to_owned(),
            port,
            tls: Some((Arc::new(config), name)),
        })
    }

    /// A receiver on this machine, in plain text.
    pub fn plain(host: &str, port: u16) -> Result<Self, ReceiverError> {
        let loopback = host.parse::<IpAddr>().is_ok_and(|a| a.is_loopback());
        if !loopback {
            return Err(ReceiverError::Plain(host.to_owned()));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            tls: None,
        })
    }

    /// Connects, and checks who is there.
    pub async fn open(&self) -> io::Result<Wire> {
        let host = self.host.trim_matches(['[', ']']);
        let stream = patiently(TcpStream::connect((host, self.port))).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                Box::new(patiently(connector.connect(name.clone(), stream)).await?)
            }
        };
        Ok(Wire { stream })
    }
}

impl Wire {
    /// Writes all of it, into the hands of the operating system; nothing says that the receiver kept it.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        patiently(self.stream.write_all(bytes)).await?;
        patiently(self.stream.flush()).await
    }

    /// Waits until the receiver ends the connection, or says something (receivers of logs say nothing: what they say is
    /// not looked at).
    pub async fn ended(&mut self) -> io::Error {
        let mut said = [0; 512];
        loop {
            match self.stream.read(&mut said).await {
                Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    /// Says goodbye.
    pub async fn close(mut self) -> io::Result<()> {
        patiently(self.stream.shutdown()).await
    }
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    timeout(PATIENCE, work).await.map_err(late)?
}

impl OwnCertificate {
    pub(crate) fn read(
        &self,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TrustError> {
        let wrong = |path: &PathBuf, why: rustls::pki_types::pem::Error| TrustError::File {
            path: path.display().to_string(),
            why: why.to_string(),
        };
        let chain = CertificateDer::pem_file_iter(&self.chain).and_then(Iterator::collect);
        let chain = chain.map_err(|e| wrong(&self.chain, e))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|e| wrong(&self.key, e))?;
        Ok((chain, key))
    }
}

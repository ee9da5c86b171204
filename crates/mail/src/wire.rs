//! The way to a server: a socket, TLS around it, and patience that ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::Server;
use crate::server::Guard;

/// How long a connection, or an answer, is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Server {
    /// A connection; within TLS, where the server speaks it from the first byte.
    pub(crate) async fn connect(&self, tls: &Arc<ClientConfig>) -> io::Result<Box<dyn Stream>> {
        let socket = patiently(TcpStream::connect((self.host.as_str(), self.port))).await?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = Box::new(socket);
        match self.guard {
            Guard::Tls => self.secured(tls, stream).await,
            Guard::StartTls | Guard::Loopback => Ok(stream),
        }
    }

    /// The same connection within TLS, if the server proves to be who it is.
    pub(crate) async fn secured(
        &self,
        tls: &Arc<ClientConfig>,
        stream: Box<dyn Stream>,
    ) -> io::Result<Box<dyn Stream>> {
        let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::clone(tls));
        Ok(Box::new(patiently(connector.connect(name, stream)).await?))
    }
}

pub(crate) async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    timeout(PATIENCE, work).await.map_err(late)?
}

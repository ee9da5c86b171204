//! Sending and hearing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aceso_policy::{Endpoints, Scheme, Target};
use bytes::Bytes;
use http::header::{CONNECTION, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::connect::connect;
use crate::{Request, Resolver, SystemResolver, Trust, TrustError};

/// How long and how large an exchange may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Resolving, connecting and the TLS handshake together.
    pub connect: Duration,
    /// The whole exchange.
    pub whole: Duration,
    /// The answer's head, in bytes; at least 8192.
    pub head: usize,
    /// The answer's body, in bytes.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(15),
            head: 16 * 1024,
            body: 1024 * 1024,
        }
    }
}

/// Why there is no answer. The text holds nothing of what was to be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The installation does not allow the address.
    #[error("the configuration does not allow this address")]
    NotAllowed,
    /// The name leads into a network that is not public, and the configuration does not say where it is.
    #[error("the name leads to an address that is not public")]
    Inside,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The host cannot be named in TLS.
    #[error("the host has no name that a certificate could be for")]
    Name,
    /// It took too long.
    #[error("no answer in time")]
    Late,
    /// The answer's body is too large.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer is not HTTP, or broke off.
    #[error("the answer is not HTTP: {0}")]
    Http(#[from] hyper::Error),
}

/// An answer, whatever its status; a redirection is one too.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    endpoints: Arc<Endpoints>,
    tls: Arc<ClientConfig>,
    resolver: Arc<dyn Resolver>,
    limits: Limits,
}

impl Client {
    /// A client that may call these addresses.
    pub fn new(endpoints: Endpoints, trust: &Trust, limits: Limits) -> Result<Self, TrustError> {
        Ok(Self {
            endpoints: Arc::new(endpoints),
            tls: trust.config()?,
            resolver: Arc::new(SystemResolver),
            limits,
        })
    }

    /// The same with other answers for names.
    #[must_use]
    pub fn with_resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver, ..self }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The address, when it may be called.
    pub fn target(&self, url: &str) -> Result<Target, SendError> {
        self.endpoints.target(url).ok_or(SendError::NotAllowed)
    }

    /// The addresses that may be called.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Sends a request once and waits for the whole answer.
    pub async fn send(&self, request: Request) -> Result<Answer, SendError> {
        let answered = timeout(self.limits.whole, self.exchange(request)).await;
        answered.map_err(|_| SendError::Late)?
    }

    async fn exchange(&self, request: Request) -> Result<Answer, SendError> {
        let late = |_| SendError::Late;
        let target = &request.target;
        let connected = async {
            let stream = connect(target, self.resolver.as_ref()).await?;
            match target.scheme() {
                Scheme::Http => Ok(Connected::Plain(stream)),
                Scheme::Https => {
                    let name = ServerName::try_from(target.host().to_owned());
                    let name = name.map_err(|_| SendError::Name)?;
                    let connector = TlsConnector::from(Arc::clone(&self.tls));
                    let stream = connector.connect(name, stream).await?;
                    Ok::<_, SendError>(Connected::Tls(Box::new(stream)))
                }
            }
        };
        match timeout(self.limits.connect, connected)
            .await
            .map_err(late)??
        {
            Connected::Plain(stream) => self.talk(stream, request).await,
            Connected::Tls(stream) => self.talk(*stream, request).await,
        }
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request,
    ) -> Result<Answer, SendError> {
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(self.limits.head.max(8192))
            .handshake(TokioIo::new(stream))
            .await?;
        let body_limit = self.limits.body;
        let talk = async move {
            let answer = sender.send_request(ready(request)?).await?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, body_limit).collect().await;
            let body = body.map_err(too_large)?.to_bytes();
            Ok(Answer {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        };
        tokio::pin!(talk, connection);
        let mut open = true;
        loop {
            tokio::select! {
                answer = &mut talk => return answer,
                _ = &mut connection, if open => open = false,
            }
        }
    }
}

enum Connected {
    Plain(tokio::net::TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>),
}

fn ready(request: Request) -> Result<http::Request<Full<Bytes>>, SendError> {
    let host = HeaderValue::from_str(&request.target.authority()).map_err(|_| SendError::Name)?;
    let path = request.target.path().parse::<http::Uri>();
    let mut out = http::Request::new(Full::new(request.body));
    *out.method_mut() = request.method;
    *out.uri_mut() = path.map_err(|_| SendError::NotAllowed)?;
    *out.version_mut() = Version::HTTP_11;
    *out.headers_mut() = request.headers;
    let headers = out.headers_mut();
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static("aceso"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(out)
}

fn too_large(error: Box<dyn std::error::Error + Send + Sync>) -> SendError {
    match error.downcast::<hyper::Error>() {
        Ok(error) => SendError::Http(*error),
        Err(error) if error.is::<LengthLimitError>() => SendError::TooLarge,
        Err(error) => SendError::Io(io::Error::other(error)),
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

impl std::fmt::Debug for Answer {
    /// Without the body: it may hold secrets and patients.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

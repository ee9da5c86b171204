//! Files of a repository, from a directory or over the network.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use tough::{
    Bytes, FilesystemTransport, Transport, TransportError, TransportErrorKind, TransportStream,
    async_trait,
};
use url::Url;

/// Why a file cannot be had over the network.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is not there: the answer's status says so.
    #[error("it is not there")]
    Absent,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// A whole file, or why there is none.
pub type Fetched = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchError>> + Send>>;

/// Asks for the file at an address; it must stop at a length of its own.
#[derive(Clone)]
pub struct Fetch(Arc<dyn Fn(String) -> Fetched + Send + Sync>);

impl Fetch {
    /// By this function.
    pub fn new(ask: impl Fn(String) -> Fetched + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetch")
    }
}

/// How a repository's files are had.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Directory(FilesystemTransport),
    Network(Fetch),
}

#[async_trait]
impl Transport for Way {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        match self {
            Self::Directory(files) => files.fetch(url).await,
            Self::Network(fetch) => {
                let bytes = (fetch.0)(url.to_string()).await.map_err(|error| {
                    let kind = match error {
                        FetchError::Absent => TransportErrorKind::FileNotFound,
                        FetchError::Failed(_) => TransportErrorKind::Other,
                    };
                    TransportError::new_with_cause(kind, url.as_str(), error)
                })?;
                Ok(Box::pin(Once(Some(Bytes::from(bytes)))))
            }
        }
    }
}

/// All of a file at once.
struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

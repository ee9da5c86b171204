//! Listening.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::floor::Connection;
use crate::io::Timed;
use crate::shield::Crowd;
use crate::{Address, Certificate, Floor, Settings, Tls};

/// A bound socket.
pub struct Listener {
    socket: TcpListener,
    acceptor: Option<TlsAcceptor>,
}

/// Why a listener cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {0}")]
    Bind(SocketAddr, #[source] io::Error),
    /// An `https` address without a TLS configuration.
    #[error("an https address needs a certificate")]
    NoCertificate,
}

/// The protocol of a connection, known before its first request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

impl Listener {
    /// Binds the address; `tls` is needed for `https` and not used for `http`.
    pub async fn bind(address: Address, tls: Option<Tls>) -> Result<Self, ServeError> {
        let acceptor = match (address, tls) {
            (Address::Plain(_), _) => None,
            (Address::Tls(_), Some(tls)) => Some(TlsAcceptor::from(tls.0)),
            (Address::Tls(_), None) => return Err(ServeError::NoCertificate),
        };
        let at = address.socket();
        let socket = TcpListener::bind(at)
            .await
            .map_err(|e| ServeError::Bind(at, e))?;
        Ok(Self { socket, acceptor })
    }

    /// Where it listens (the port chosen when port 0 was asked for).
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `shutdown` is ready, then lets requests under way end.
    pub async fn serve(self, floor: Floor, shutdown: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(usize::from(floor.settings.connections)));
        let crowd = Crowd::new(floor.settings.connections_each);
        let graceful = GracefulShutdown::new();
        let builder = Arc::new(builder(&floor.settings));
        let drain = floor.settings.drain_time;
        tokio::pin!(shutdown);
        loop {
            let accept = async {
                // Never closed, so a place always comes.
                let place = Arc::clone(&places).acquire_owned().await.ok();
                (place, self.socket.accept().await)
            };
            let (place, accepted) = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = accept => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, or the client is gone already: go on, but not in a spin.
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            // Closed at once: whoever has so many open knows why.
            let Some(own) = crowd.enter(peer.ip()) else {
                continue;
            };
            let (floor, acceptor) = (floor.clone(), self.acceptor.clone());
            let (builder, watcher) = (Arc::clone(&builder), graceful.watcher());
            tokio::spawn(async move {
                connection(floor, acceptor, &builder, watcher, stream, peer).await;
                drop((place, own));
            });
        }
        drop(self.socket);
        if timeout(drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still under way at the end of the drain time");
        }
    }
}

fn builder(settings: &Settings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_time)
        .max_headers(64)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(16 * 1024)
        .max_send_buf_size(256 * 1024)
        .keep_alive_interval(settings.head_time)
        .keep_alive_timeout(settings.head_time);
    builder
}

async fn connection(
    floor: Floor,
    acceptor: Option<TlsAcceptor>,
    builder: &Builder<TokioExecutor>,
    watcher: Watcher,
    stream: TcpStream,
    peer: SocketAddr,
) {
    let _ = stream.set_nodelay(true);
    let settings = Arc::clone(&floor.settings);
    let from = Connection {
        peer: Some(peer.ip()),
        secure: acceptor.is_some(),
        certificate: Certificate::Absent,
    };
    let Some(acceptor) = acceptor else {
        let Ok(Some(protocol)) = timeout(settings.head_time, plain_protocol(&stream)).await else {
            return;
        };
        run(
            floor,
            from,
            protocol,
            builder,
            watcher,
            Timed::new(stream, settings.write_time),
        )
        .await;
        return;
    };
    let timed = Timed::new(stream, settings.write_time);
    // A failed or slow handshake is the client's affair.
    let Ok(Ok(stream)) = timeout(settings.head_time, acceptor.accept(timed)).await else {
        return;
    };
    let session = stream.get_ref().1;
    // The handshake has checked it against the configured authorities.
    let certificate = match session.peer_certificates() {
        Some([_, ..]) => Certificate::Shown,
        Some([]) | None => Certificate::Absent,
    };
    let from = Connection {
        certificate,
        ..from
    };
    let protocol = match session.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        Some(_) | None => Protocol::Http1,
    };
    run(floor, from, protocol, builder, watcher, stream).await;
}

/// HTTP/2 with prior knowledge begins with `PRI * HTTP/2.0` (RFC 9113, section 3.4); no HTTP/1 method begins with `PRI`.
async fn plain_protocol(stream: &TcpStream) -> Option<Protocol> {
    let mut start = [0_u8; 3];
    loop {
        match stream.peek(&mut start).await {
            Ok(0) | Err(_) => return None,
            Ok(3) if &start == b"PRI" => return Some(Protocol::Http2),
            Ok(n) if n < 3 && b"PRI".starts_with(start.get(..n).unwrap_or_default()) => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(_) => return Some(Protocol::Http1),
        }
    }
}

async fn run<S>(
    floor: Floor,
    from: Connection,
    protocol: Protocol,
    builder: &Builder<TokioExecutor>,
    watcher: Watcher,
    stream: S,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let floor = floor.clone();
        async move { Ok::<_, std::convert::Infallible>(floor.handle(from, request).await) }
    });
    let builder = match protocol {
        Protocol::Http1 => builder.clone().http1_only(),
        Protocol::Http2 => builder.clone().http2_only(),
    };
    let served = watcher.watch(
        builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned(),
    );
    if let Err(error) = served.await {
        tracing::debug!(%error, "connection ended");
    }
}

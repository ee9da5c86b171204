//! Server-sent events (HTML Living Standard, section 9.2): that something changed, and nothing else.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::Frame;
use tokio::sync::mpsc;

/// So many events wait for a browser that reads slowly; then who tells waits.
const WAITING: usize = 4;

/// Where events are told; the browser hears them until it goes.
#[derive(Debug)]
pub struct Events(mpsc::Sender<Bytes>);

struct Heard(mpsc::Receiver<Bytes>);

impl http_body::Body for Heard {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(context)
            .map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Events {
    /// A stream, and the answer that carries it. A browser that loses it comes again after some seconds.
    pub fn begin() -> (Self, Response) {
        let (events, heard) = mpsc::channel(WAITING);
        // The channel is new, and has room.
        let _ = events.try_send(Bytes::from_static(b"retry: 3000\n\n"));
        let mut response = Response::new(Body::new(Heard(heard)));
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        );
        (Self(events), response)
    }

    /// Tells that something changed; whether anybody still listens.
    pub async fn changed(&self) -> bool {
        let text = Bytes::from_static(b"data: changed\n\n");
        self.0.send(text).await.is_ok()
    }

    /// Keeps the connection awake; whether anybody still listens.
    pub async fn still_there(&self) -> bool {
        self.0.send(Bytes::from_static(b":\n\n")).await.is_ok()
    }

    /// Waits until nobody listens any more.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

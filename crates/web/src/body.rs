//! Request bodies: bounded in size and in time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Sleep, sleep};

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Longer than allowed.
    #[error("the body is longer than the {0} bytes that are allowed")]
    TooLarge(u64),
    /// It did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The connection broke, or the framing was wrong.
    #[error("the body broke off")]
    Broken,
}

/// A body that ends with [`BodyError`] at its limit of bytes or of time.
pub(crate) struct Guarded<B> {
    inner: B,
    limit: u64,
    left: u64,
    time: Duration,
    /// Made only when the body has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B> Guarded<B> {
    pub(crate) const fn new(inner: B, limit: u64, time: Duration) -> Self {
        Self {
            inner,
            limit,
            left: limit,
            time,
            timer: None,
        }
    }
}

impl<B> http_body::Body for Guarded<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame
                    .data_ref()
                    .map_or(0, |d| u64::try_from(d.len()).unwrap_or(u64::MAX));
                match this.left.checked_sub(size) {
                    Some(left) => this.left = left,
                    None => return Poll::Ready(Some(Err(BodyError::TooLarge(this.limit)))),
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(BodyError::Broken))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.time)));
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Some(Err(BodyError::TooSlow)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The whole body, at most `limit` bytes.
pub async fn collect(mut body: Body, limit: u64) -> Result<Bytes, BodyError> {
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    let mut length = 0_u64;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| cause(&error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length = length.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if length > limit {
            return Err(BodyError::TooLarge(limit));
        }
        match first.take() {
            None if whole.is_empty() => first = Some(data),
            None => whole.extend_from_slice(&data),
            Some(start) => {
                whole.reserve(start.len().saturating_add(data.len()));
                whole.extend_from_slice(&start);
                whole.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

fn cause(error: &axum::Error) -> BodyError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(problem) = error.downcast_ref::<BodyError>() {
            return *problem;
        }
        next = error.source();
    }
    BodyError::Broken
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    #[tokio::test]
    async fn asvs_5_2_1_a_body_over_its_limit_is_refused() {
        let full = || {
            Body::new(Guarded::new(
                Full::new(Bytes::from_static(b"12345678")),
                8,
                Duration::from_secs(1),
            ))
        };
        assert_eq!(collect(full(), 8).await.unwrap(), "12345678");
        assert_eq!(collect(full(), 7).await, Err(BodyError::TooLarge(7)));
        let tight = Body::new(Guarded::new(
            Full::new(Bytes::from_static(b"123456789")),
            8,
            Duration::from_secs(1),
        ));
        assert_eq!(collect(tight, 100).await, Err(BodyError::TooLarge(8)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        struct Never;
        impl http_body::Body for Never {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
                Poll::Pending
            }
        }
        let body = Body::new(Guarded::new(Never, 8, Duration::from_secs(5)));
        assert_eq!(collect(body, 8).await, Err(BodyError::TooSlow));
    }

    #[tokio::test]
    async fn parts_are_put_together_in_order() {
        struct Parts(Vec<&'static str>);
        impl http_body::Body for Parts {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
                Poll::Ready(
                    self.0
                        .pop()
                        .map(|p| Ok(Frame::data(Bytes::from_static(p.as_bytes())))),
                )
            }
        }
        let body = Body::new(Parts(vec!["c", "b", "a"]));
        assert_eq!(collect(body, 10).await.unwrap(), "abc");
    }
}

//! What was asked and how long it took, for whoever measures: by the row of a table that answered, never by address, query or
//! content.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aceso_base::{Clock, Instant};
use http::{HeaderMap, Method, StatusCode};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Upper ends of a histogram's parts, in milliseconds.
const PARTS: [u64; 9] = [5, 10, 25, 50, 100, 250, 500, 1000, 5000];
/// So many spans wait for who fetches them; more are counted and let go.
const WAITING: usize = 4096;
/// What is in no table.
const NOWHERE: Row = Row {
    base: "",
    path: "none",
};

/// The row that answered, as the tables write it (`/patients/{patient}`): handlers leave it on their answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// What stands before it: `/fhir`.
    pub base: &'static str,
    /// The row's own path.
    pub path: &'static str,
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.base)?;
        f.write_str(self.path)
    }
}

/// A request that was answered, as traces tell it (W3C Trace Context, OpenTelemetry).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The trace that it belongs to.
    pub trace: [u8; 16],
    /// Its own id.
    pub id: [u8; 8],
    /// The span that asked, if it said so.
    pub parent: Option<[u8; 8]>,
    /// The HTTP method.
    pub method: &'static str,
    /// The row that answered.
    pub row: Row,
    /// The answer's status.
    pub status: u16,
    /// When the answer was there.
    pub end: Instant,
    /// How long it took.
    pub took: Duration,
}

/// Counts requests; cheap to clone.
#[derive(Clone, Default)]
pub struct Traffic(Arc<Counts>);

#[derive(Default)]
struct Counts {
    series: Mutex<BTreeMap<Series, Sum>>,
    spans: Option<(Sender<Span>, Arc<dyn Clock>)>,
    lost: AtomicU64,
}

/// Requests that are counted together: row, method, hundred of the status.
type Series = (Row, &'static str, u16);

#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    micros: u128,
    parts: [u64; PARTS.len()],
}

/// A request under way.
pub(crate) struct Asked {
    method: &'static str,
    trace: Option<([u8; 16], [u8; 8])>,
    begin: tokio::time::Instant,
}

impl Traffic {
    /// That also tells of each request, to be fetched from the other end.
    pub fn with_spans(clock: Arc<dyn Clock>) -> (Self, Receiver<Span>) {
        let (tell, told) = channel(WAITING);
        let counts = Counts {
            spans: Some((tell, clock)),
            ..Counts::default()
        };
        (Self(Arc::new(counts)), told)
    }

    pub(crate) fn begin(&self, method: &Method, headers: &HeaderMap) -> Asked {
        Asked {
            method: known(method),
            trace: self.0.spans.as_ref().and_then(|_| traceparent(headers)),
            begin: tokio::time::Instant::now(),
        }
    }

    pub(crate) fn end(&self, asked: &Asked, row: Option<&Row>, status: StatusCode) {
        let row = row.copied().unwrap_or(NOWHERE);
        let took = asked.begin.elapsed();
        let series = (row, asked.method, status.as_u16() / 100);
        let mut all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(series).or_default().add(took);
        drop(all);
        let Some((tell, clock)) = &self.0.spans else {
            return;
        };
        let span = (aceso_vault::random::<16>().ok())
            .zip(aceso_vault::random::<8>().ok())
            .map(|(new, id)| Span {
                trace: asked.trace.map_or(new, |(trace, _)| trace),
                id,
                parent: asked.trace.map(|(_, parent)| parent),
                method: asked.method,
                row,
                status: status.as_u16(),
                end: clock.now(),
                took,
            });
        let sent = span.is_some_and(|span| tell.try_send(span).is_ok());
        if !sent {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts in Prometheus' text form.
    pub fn text(&self) -> String {
        let all = self.0.series.lock();
        let all = all.unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = String::from(
            "# HELP aceso_request_seconds How long requests took, by the row that answered.\n# TYPE aceso_request_seconds histogram\n",
        );
        for ((row, method, hundred), sum) in all {
            sum.write(
                &mut text,
                &format!("row=\"{row}\",method=\"{method}\",status=\"{hundred}xx\""),
            );
        }
        let lost = self.0.lost.load(Ordering::Relaxed);
        let _ = write!(
            text,
            "# HELP aceso_spans_lost Requests of which no trace was told since the start: too many came at once.\n\
             # TYPE aceso_spans_lost counter\naceso_spans_lost {lost}\n"
        );
        text
    }
}

impl Sum {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.micros += took.as_micros();
        let millis = took.as_micros().div_ceil(1000);
        for (part, end) in self.parts.iter_mut().zip(PARTS) {
            *part += u64::from(millis <= u128::from(end));
        }
    }

    fn write(&self, text: &mut String, labels: &str) {
        let name = "aceso_request_seconds";
        for (part, end) in self.parts.iter().zip(PARTS) {
            let (whole, rest) = (end / 1000, end % 1000);
            let _ = writeln!(
                text,
                "{name}_bucket{{{labels},le=\"{whole}.{rest:03}\"}} {part}"
            );
        }
        let (count, whole, rest) = (self.count, self.micros / 1_000_000, self.micros % 1_000_000);
        let _ = write!(
            text,
            "{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n{name}_sum{{{labels}}} {whole}.{rest:06}\n{name}_count{{{labels}}} {count}\n"
        );
    }
}

/// Its name; anybody can make up others, which are one.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The trace and the span of who asks (W3C Trace Context, `traceparent`).
fn traceparent(headers: &HeaderMap) -> Option<([u8; 16], [u8; 8])> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let plain = version == "00" && flags.len() == 2 && parts.next().is_none();
    let (trace, parent) = (bytes::<16>(trace)?, bytes::<8>(parent)?);
    (plain && trace != [0; 16] && parent != [0; 8]).then_some((trace, parent))
}

/// So many bytes of small hexadecimal letters.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let fine = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 2 * N || !text.bytes().all(fine) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

impl std::fmt::Debug for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Traffic")
    }
}

#[cfg(test)]
mod tests {
    use aceso_base::ManualClock;

    use super::*;

    const CHART: Row = Row {
        base: "",
        path: "/patients/{patient}",
    };

    fn headers(traceparent: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        headers
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_counted_by_row_and_never_by_address() {
        let traffic = Traffic::default();
        for (millis, status) in [
            (4, StatusCode::OK),
            (30, StatusCode::OK),
            (1, StatusCode::NOT_FOUND),
        ] {
            let asked = traffic.begin(&Method::GET, &HeaderMap::new());
            tokio::time::advance(Duration::from_millis(millis)).await;
            traffic.end(&asked, Some(&CHART), status);
        }
        let odd = Method::from_bytes(b"BREW").unwrap();
        traffic.end(
            &traffic.begin(&odd, &HeaderMap::new()),
            None,
            StatusCode::NOT_FOUND,
        );
        let text = traffic.text();
        let of = "row=\"/patients/{patient}\",method=\"GET\",status=\"2xx\"";
        for line in [
            format!("aceso_request_seconds_bucket{{{of},le=\"0.005\"}} 1\n"),
            format!("aceso_request_seconds_bucket{{{of},le=\"0.050\"}} 2\n"),
            format!("aceso_request_seconds_bucket{{{of},le=\"+Inf\"}} 2\n"),
            format!("aceso_request_seconds_sum{{{of}}} 0.034000\n"),
            "row=\"none\",method=\"other\",status=\"4xx\"".to_owned(),
        ] {
            assert!(text.contains(&line), "{line}: {text}");
        }
    }

    #[tokio::test]
    async fn a_span_goes_on_from_who_asked_and_made_up_ones_are_not_believed() {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_000)));
        let (traffic, mut told) = Traffic::with_spans(clock);
        let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        for (header, goes_on) in [
            (format!("00-{trace}-{parent}-01"), true),
            (format!("00-{trace}-{parent}"), false),
            (format!("00-{trace}-{parent}-01-02"), false),
            (format!("00-{}-{parent}-01", "0".repeat(32)), false),
            (format!("00-{}-{parent}-01", trace.to_uppercase()), false),
        ] {
            let asked = traffic.begin(&Method::GET, &headers(&header));
            traffic.end(&asked, Some(&CHART), StatusCode::OK);
            let span = told.recv().await.unwrap();
            assert_eq!(span.parent.is_some(), goes_on, "{header}");
            assert_eq!(
                span.trace == bytes::<16>(trace).unwrap(),
                goes_on,
                "{header}"
            );
            assert_eq!(span.end.millis(), 1_000);
        }
    }

    #[tokio::test]
    async fn what_nobody_fetches_is_counted_and_waits_for_nobody() {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(0)));
        let (traffic, _told) = Traffic::with_spans(clock);
        for _ in 0..=WAITING {
            let asked = traffic.begin(&Method::GET, &HeaderMap::new());
            traffic.end(&asked, None, StatusCode::OK);
        }
        assert!(traffic.text().contains("aceso_spans_lost 1\n"));
    }
}

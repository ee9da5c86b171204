//! Traces for who gathers them: each request as a span of OpenTelemetry (OTLP over HTTP, in JSON), with method, row and status,
//! and nothing of who asked or about whom.

use std::time::Duration;

use aceso_base::hex;
use aceso_egress::{Client, Request};
use aceso_web::{Span, Traffic};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use crate::clock::clock;
use crate::config::Config;
use crate::delivery::egress;

/// So many spans are sent at once, at most so much later than they ended.
const MOST: usize = 512;
const LATEST: Duration = Duration::from_secs(2);
/// Where OTLP has its traces (OpenTelemetry Protocol 1.5, "OTLP/HTTP Request").
const PATH: &str = "/v1/traces";
/// SPAN_KIND_SERVER, STATUS_CODE_ERROR.
const SERVER: u8 = 2;
const ERROR: u8 = 2;

/// Sends spans out.
pub(crate) struct Tracer {
    client: Client,
    address: String,
    told: Receiver<Span>,
}

/// What counts requests; and what sends them out, where the configuration says whereto.
pub(crate) fn traffic(config: &Config) -> Result<(Traffic, Option<Tracer>)> {
    let base = config.telemetry.traces.trim_end_matches('/');
    if base.is_empty() {
        return Ok((Traffic::default(), None));
    }
    let address = [base, PATH].concat();
    let client = egress(config)?;
    client.target(&address).context("telemetry.traces")?;
    let (traffic, told) = Traffic::with_spans(clock());
    let tracer = Tracer {
        client,
        address,
        told,
    };
    Ok((traffic, Some(tracer)))
}

impl Tracer {
    /// Sends until nobody counts any more. What cannot be sent is let go: traces are no record.
    pub(crate) async fn run(mut self) {
        let mut spans = Vec::with_capacity(MOST);
        loop {
            let Some(first) = self.told.recv().await else {
                return;
            };
            spans.push(first);
            let more = async {
                while spans.len() < MOST
                    && let Some(span) = self.told.recv().await
                {
                    spans.push(span);
                }
            };
            // Whether there are enough, or it is time: they go out.
            let _ = tokio::time::timeout(LATEST, more).await;
            if let Err(error) = self.send(&spans).await {
                tracing::warn!(error = format!("{error:#}"), spans = spans.len(), "traces");
            }
            spans.clear();
        }
    }

    async fn send(&self, spans: &[Span]) -> Result<()> {
        let target = self.client.target(&self.address)?;
        let body = request(spans);
        let answer = self.client.send(Request::post_json(target, &body)).await?;
        if !answer.status.is_success() {
            bail!("{} answered {}", self.address, answer.status);
        }
        Ok(())
    }
}

/// An ExportTraceServiceRequest in the JSON form of protocol buffers: ids are hexadecimal, long numbers are texts.
fn request(spans: &[Span]) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let told = |span: &Span| {
        let end = i128::from(span.end.millis()) * 1_000_000;
        let begin = end - i128::try_from(span.took.as_nanos()).unwrap_or(0);
        let status = match span.status {
            500.. => json!({"code": ERROR}),
            _ => json!({}),
        };
        let mut told = json!({
            "traceId": hex(&span.trace), "spanId": hex(&span.id), "name": format!("{} {}", span.method, span.row), "kind": SERVER,
            "startTimeUnixNano": begin.to_string(), "endTimeUnixNano": end.to_string(), "status": status,
            "attributes": [
                text("http.request.method", span.method), text("http.route", &span.row.to_string()),
                {"key": "http.response.status_code", "value": {"intValue": span.status.to_string()}},
            ],
        });
        if let (Some(parent), Some(object)) = (&span.parent, told.as_object_mut()) {
            object.insert("parentSpanId".to_owned(), hex(parent).into());
        }
        told
    };
    let spans: Vec<Value> = spans.iter().map(told).collect();
    let version = env!("CARGO_PKG_VERSION");
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "aceso"), text("service.version", version)]},
        "scopeSpans": [{"scope": {"name": "aceso", "version": version}, "spans": spans}],
    }]})
}

#[cfg(test)]
mod tests {
    use aceso_base::Instant;
    use aceso_web::Row;

    use super::*;

    #[test]
    fn a_span_is_written_as_the_protocol_says() {
        let span = Span {
            trace: [0xab; 16],
            id: [1; 8],
            parent: Some([2; 8]),
            method: "GET",
            row: Row {
                base: "/fhir",
                path: "/{type}/{id}",
            },
            status: 503,
            end: Instant::from_millis(1_795_000_000_000),
            took: Duration::from_micros(1_500),
        };
        let body = request(&[span]);
        let told = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(told["traceId"], "ab".repeat(16));
        assert_eq!(told["parentSpanId"], "02".repeat(8));
        assert_eq!(told["name"], "GET /fhir/{type}/{id}");
        assert_eq!(told["startTimeUnixNano"], "1794999999998500000");
        assert_eq!(told["endTimeUnixNano"], "1795000000000000000");
        assert_eq!(told["status"]["code"], ERROR);
    }
}

//! What an act answers, before it is put into the form the client asked for.

use aceso_base::Instant;
use aceso_fhir::outcome::{Issue, Outcome};
use aceso_fhir::{Value, json, xml};
use aceso_store::{Change, Stored};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};

use crate::negotiate::{Format, Return, Show};
use crate::problem::{Answered, Problem};

/// A status, headers and one resource.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Where the resource that was written is, below the base: `Patient/1/_history/2`.
    pub(crate) location: Option<String>,
    /// Its version.
    pub(crate) version: Option<u64>,
    /// When it was last changed.
    pub(crate) updated: Option<Instant>,
    pub(crate) content: Content,
}

/// The resource in an answer.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// None.
    None,
    /// As compact JSON.
    Json(Bytes),
    /// Something that is no resource, with its media type.
    Other(&'static str, Bytes),
}

impl Content {
    /// A resource made for this answer.
    pub(crate) fn value(value: &Value) -> Self {
        let mut out = Vec::with_capacity(1024);
        json::write(value, &mut out);
        Self::Json(out.into())
    }
}

/// A version as an entity tag.
pub(crate) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

impl Answer {
    pub(crate) const fn new(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            headers: Vec::new(),
            location: None,
            version: None,
            updated: None,
            content,
        }
    }

    /// 200 with a resource made for this answer.
    pub(crate) fn ok(value: &Value) -> Self {
        Self::new(StatusCode::OK, Content::value(value))
    }

    /// 200 with a stored version.
    pub(crate) fn stored(stored: Stored) -> Self {
        Self {
            version: Some(stored.version),
            updated: Some(stored.updated),
            ..Self::new(StatusCode::OK, Content::Json(stored.body))
        }
    }

    /// What a write answers, as `Prefer: return=…` asks.
    pub(crate) fn written(status: StatusCode, stored: Stored, wish: Option<Return>) -> Self {
        let location = format!("{}/{}/_history/{}", stored.kind, stored.id, stored.version);
        let deleted = stored.change == Change::Deleted;
        let content = match wish.unwrap_or(Return::Representation) {
            Return::Minimal => Content::None,
            Return::Representation if deleted => Content::None,
            Return::Representation => Content::Json(stored.body),
            Return::Outcome => Content::outcome(&Outcome::of(Issue::information(format!(
                "{} is at version {}",
                [stored.kind, "/", &stored.id].concat(),
                stored.version
            )))),
        };
        let status = if deleted && matches!(content, Content::Json(_)) {
            StatusCode::OK
        } else {
            status
        };
        Self {
            location: Some(location).filter(|_| !deleted),
            version: Some(stored.version),
            updated: Some(stored.updated),
            ..Self::new(status, content)
        }
    }

    /// In the form that the client asked for. `base` is where the server is for this client.
    pub(crate) fn respond(self, base: &str, show: &Show) -> Answered<Response> {
        let mut response = Response::default();
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(location) = &self.location {
            put(headers, header::LOCATION, &[base, "/", location].concat());
        }
        if let Some(version) = self.version {
            put(headers, header::ETAG, &etag(version));
        }
        if let Some(updated) = self.updated {
            put(headers, header::LAST_MODIFIED, &updated.to_http_date());
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        match self.content {
            Content::None => {}
            Content::Json(bytes) => {
                let kind = HeaderValue::from_static(show.format.media_type());
                headers.insert(header::CONTENT_TYPE, kind);
                *response.body_mut() = Body::from(render(bytes, show)?);
            }
            Content::Other(kind, bytes) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
                *response.body_mut() = Body::from(bytes);
            }
        }
        Ok(response)
    }
}

fn put(headers: &mut http::HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Compact JSON in the form asked for; as it is when that is compact JSON.
fn render(bytes: Bytes, show: &Show) -> Answered<Bytes> {
    let (format, pretty) = (show.format, show.pretty);
    if format == Format::Json && !pretty {
        return Ok(bytes);
    }
    let value = own(&bytes)?;
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(2));
    match format {
        Format::Json => json::write_pretty(&value, &mut out),
        Format::Xml => xml::write(&value, &mut out),
    }
    Ok(out.into())
}

/// Reads JSON that we wrote ourselves.
pub(crate) fn own(bytes: &[u8]) -> Answered<Value> {
    json::read(bytes).map_err(|error| Problem::Hidden(Box::new(error)))
}

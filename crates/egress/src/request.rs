//! What is sent.

use aceso_policy::{Target, header_line};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A request to an allowed address.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A header that cannot be sent. Its value may be a secret and is not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a header is 'Name: value' in ASCII, at most 8 kB, and none that belongs to the connection"
)]
pub struct HeaderError;

impl Request {
    /// `GET`
    pub fn get(target: Target) -> Self {
        Self::new(Method::GET, target, Bytes::new())
    }

    /// `POST` with a body; say its type with [`Request::content_type`].
    pub fn post(target: Target, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, target, body.into())
    }

    /// `PUT` with a body.
    pub fn put(target: Target, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PUT, target, body.into())
    }

    /// `PATCH` with a body.
    pub fn patch(target: Target, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PATCH, target, body.into())
    }

    /// `DELETE`
    pub fn delete(target: Target) -> Self {
        Self::new(Method::DELETE, target, Bytes::new())
    }

    /// `POST` of JSON.
    pub fn post_json(target: Target, body: &serde_json::Value) -> Self {
        Self::post(target, body.to_string()).content_type("application/json")
    }

    /// `POST` of an encoded form.
    pub fn post_form(target: Target, body: impl Into<Bytes>) -> Self {
        Self::post(target, body).content_type("application/x-www-form-urlencoded")
    }

    fn new(method: Method, target: Target, body: Bytes) -> Self {
        Self {
            method,
            target,
            headers: HeaderMap::new(),
            body,
        }
    }

    /// Sets the body's media type.
    #[must_use]
    pub fn content_type(self, kind: &'static str) -> Self {
        self.with(CONTENT_TYPE, HeaderValue::from_static(kind))
    }

    /// Asks for this media type.
    #[must_use]
    pub fn accept(self, kind: &'static str) -> Self {
        self.with(ACCEPT, HeaderValue::from_static(kind))
    }

    /// Sends `Authorization: Bearer TOKEN`.
    pub fn bearer(self, token: &str) -> Result<Self, HeaderError> {
        let mut value =
            HeaderValue::from_str(&["Bearer ", token].concat()).map_err(|_| HeaderError)?;
        value.set_sensitive(true);
        Ok(self.with(AUTHORIZATION, value))
    }

    /// Sends `Authorization: Basic …`, of credentials that are encoded already.
    pub fn basic(self, encoded: &str) -> Result<Self, HeaderError> {
        let mut value =
            HeaderValue::from_str(&["Basic ", encoded].concat()).map_err(|_| HeaderError)?;
        value.set_sensitive(true);
        Ok(self.with(AUTHORIZATION, value))
    }

    /// Adds a line `Name: value` as people write it, once [`Request::header_line`] has let it pass.
    pub fn line(self, line: &str) -> Result<Self, HeaderError> {
        let (name, value) = Self::header_line(line)?;
        let mut request = self;
        request.headers.append(name, value);
        Ok(request)
    }

    /// Reads a line `Name: value` (RFC 9110, section 5); its value is treated as a secret.
    pub fn header_line(line: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
        let (name, value) = header_line(line).ok_or(HeaderError)?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| HeaderError)?;
        value.set_sensitive(true);
        Ok((name, value))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl std::fmt::Debug for Request {
    /// Without headers and body: they may hold secrets and patients.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} ({} bytes)",
            self.method,
            self.target.authority(),
            self.body.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: bool) {
        assert_eq!(Request::header_line(line).is_ok(), expected, "{line:?}");
    }

    #[test]
    fn a_header_line_can_neither_end_itself_nor_speak_for_the_connection() {
        check("Authorization: Bearer x", true);
        check("X-Empty:", true);
        for bad in [
            "no colon",
            ": x",
            "A B: c",
            "A: b\r\nC: d",
            "A: b\0",
            "A: \u{e9}",
            "Host: x",
            "content-length: 3",
            "Transfer-Encoding: chunked",
            "Connection: upgrade",
        ] {
            check(bad, false);
        }
        check(&format!("A: {}", "x".repeat(9000)), false);
    }
}

//! Bundles, written around resources that are JSON bytes already.

use aceso_base::Instant;
use aceso_fhir::{Object, Value, json};

/// A Bundle being written.
#[derive(Debug)]
pub(crate) struct Bundle {
    out: Vec<u8>,
    entries: usize,
}

/// What goes into an entry besides its resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) full_url: Option<&'a str>,
    /// `search.mode`
    pub(crate) mode: Option<&'static str>,
    /// `request.method` and `request.url`
    pub(crate) request: Option<(&'static str, &'a str)>,
    pub(crate) response: Option<Response<'a>>,
}

/// `entry.response`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response<'a> {
    /// `201 Created`
    pub(crate) status: &'a str,
    pub(crate) location: Option<&'a str>,
    pub(crate) etag: Option<&'a str>,
    pub(crate) updated: Option<Instant>,
    /// An OperationOutcome as JSON.
    pub(crate) outcome: Option<&'a [u8]>,
}

impl Bundle {
    /// Begins a Bundle of this type.
    pub(crate) fn new(kind: &str, size: usize) -> Self {
        let mut out = Vec::with_capacity(size.saturating_add(512));
        out.extend_from_slice(b"{\"resourceType\":\"Bundle\",\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.push(b'"');
        Self { out, entries: 0 }
    }

    /// Adds `id`, `meta.lastUpdated`; before any entry.
    pub(crate) fn head(&mut self, id: &str, now: Instant) -> &mut Self {
        self.head_with(id, now, None)
    }

    /// As [`Self::head`], with more in `meta`.
    pub(crate) fn head_with(&mut self, id: &str, now: Instant, more: Option<Object>) -> &mut Self {
        let mut meta = more.unwrap_or_default();
        meta.insert_at(0, "lastUpdated", now.to_fhir());
        self.text(",\"id\":", id);
        self.out.extend_from_slice(b",\"meta\":");
        json::write(&Value::from(meta), &mut self.out);
        self
    }

    /// Adds `total`; before any entry.
    pub(crate) fn total(&mut self, total: Option<u64>) -> &mut Self {
        if let Some(total) = total {
            self.out.extend_from_slice(b",\"total\":");
            self.out.extend_from_slice(total.to_string().as_bytes());
        }
        self
    }

    /// Adds the links; before any entry.
    pub(crate) fn links(&mut self, links: &[(&str, String)]) -> &mut Self {
        for (index, (relation, url)) in links.iter().enumerate() {
            self.out
                .extend_from_slice(if index == 0 { b",\"link\":[" } else { b"," });
            self.text("{\"relation\":", relation);
            self.text(",\"url\":", url);
            self.out.push(b'}');
        }
        if !links.is_empty() {
            self.out.push(b']');
        }
        self
    }

    /// Adds an entry.
    pub(crate) fn entry(&mut self, resource: &[u8], parts: &Parts<'_>) {
        self.out.extend_from_slice(if self.entries == 0 {
            b",\"entry\":[{"
        } else {
            b",{"
        });
        self.entries += 1;
        let start = self.out.len();
        if let Some(url) = parts.full_url {
            self.member(start);
            self.text("\"fullUrl\":", url);
        }
        if !resource.is_empty() {
            self.member(start);
            self.out.extend_from_slice(b"\"resource\":");
            self.out.extend_from_slice(resource);
        }
        if let Some(mode) = parts.mode {
            self.member(start);
            self.text("\"search\":{\"mode\":", mode);
            self.out.push(b'}');
        }
        if let Some((method, url)) = parts.request {
            self.member(start);
            self.text("\"request\":{\"method\":", method);
            self.text(",\"url\":", url);
            self.out.push(b'}');
        }
        if let Some(response) = &parts.response {
            self.member(start);
            self.response(response);
        }
        self.out.push(b'}');
    }

    fn response(&mut self, response: &Response<'_>) {
        self.text("\"response\":{\"status\":", response.status);
        if let Some(location) = response.location {
            self.text(",\"location\":", location);
        }
        if let Some(etag) = response.etag {
            self.text(",\"etag\":", etag);
        }
        if let Some(updated) = response.updated {
            self.text(",\"lastModified\":", &updated.to_fhir());
        }
        if let Some(outcome) = response.outcome {
            self.out.extend_from_slice(b",\"outcome\":");
            self.out.extend_from_slice(outcome);
        }
        self.out.push(b'}');
    }

    /// The Bundle.
    pub(crate) fn end(mut self) -> bytes::Bytes {
        if self.entries > 0 {
            self.out.push(b']');
        }
        self.out.push(b'}');
        self.out.into()
    }

    fn member(&mut self, start: usize) {
        if self.out.len() > start {
            self.out.push(b',');
        }
    }

    fn text(&mut self, before: &str, text: &str) {
        self.out.extend_from_slice(before.as_bytes());
        json::write(&Value::from(text), &mut self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_bundle_is_json_with_everything_in_it() {
        let mut bundle = Bundle::new("searchset", 0);
        bundle.total(Some(2)).links(&[
            ("self", "http://a/\"b\"".to_owned()),
            ("next", "http://n".to_owned()),
        ]);
        let mode = Parts {
            full_url: Some("http://a/1"),
            mode: Some("match"),
            ..Parts::default()
        };
        bundle.entry(b"{\"resourceType\":\"Patient\"}", &mode);
        let response = Response {
            status: "204 No Content",
            etag: Some("W/\"2\""),
            ..Response::default()
        };
        bundle.entry(
            b"",
            &Parts {
                response: Some(response),
                ..Parts::default()
            },
        );
        let value = json::read(&bundle.end()).unwrap();
        assert_eq!(
            value.items_at("link")[0].str_at("url"),
            Some("http://a/\"b\"")
        );
        let entries = value.items_at("entry");
        assert_eq!(
            entries[0].get("resource").and_then(Value::resource_type),
            Some("Patient")
        );
        assert_eq!(
            entries[1].get("response").and_then(|r| r.str_at("etag")),
            Some("W/\"2\"")
        );
        let empty = json::read(&Bundle::new("history", 0).end()).unwrap();
        assert!(empty.get("entry").is_none());
    }
}

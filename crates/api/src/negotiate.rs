//! What form the client wants, and what form it sends.

use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::subset::{Elements, Subset, Summary};
use http::{HeaderMap, StatusCode, header};

use crate::problem::{Answered, Problem, short};

/// A representation of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

/// How to show the answer.
#[derive(Clone, Debug)]
pub(crate) struct Show {
    pub(crate) format: Format,
    pub(crate) pretty: bool,
    /// The part of each resource to send; none for all of it.
    pub(crate) part: Option<Subset>,
    /// `_summary=count`: no resources.
    pub(crate) count_only: bool,
    /// `Prefer: return=…`, when given.
    pub(crate) wish: Option<Return>,
    pub(crate) handling: Handling,
}

/// `Prefer: return=…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    Minimal,
    Representation,
    Outcome,
}

/// `Prefer: handling=…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handling {
    Strict,
    Lenient,
}

/// What a request body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A resource, in a FHIR media type.
    Resource(Format),
    /// `application/json`: a resource, or in a PATCH a JSON Patch or Merge Patch.
    PlainJson,
    /// `application/json-patch+json`.
    JsonPatch,
    /// `application/merge-patch+json`.
    MergePatch,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl Format {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/fhir+json; charset=utf-8",
            Self::Xml => "application/fhir+xml; charset=utf-8",
        }
    }
}

impl Default for Show {
    fn default() -> Self {
        Self {
            format: Format::Json,
            pretty: false,
            part: None,
            count_only: false,
            wish: None,
            handling: Handling::Strict,
        }
    }
}

impl Show {
    /// From the headers and query of a request.
    pub(crate) fn of(headers: &HeaderMap, query: &str) -> Answered<Self> {
        let mut show = Self::default();
        let accept = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|v| v.to_str().ok());
        let mut asked = None;
        for text in accept {
            asked = Some(asked.unwrap_or(false) || show.accept(text));
        }
        show.prefer(headers);
        let mut formatted = false;
        if !query.is_empty() && query.contains('_') {
            for (name, value) in crate::query::pairs(query) {
                match name.as_str() {
                    "_format" => {
                        show.format = format_of(&value).ok_or_else(|| unacceptable(&value))?;
                        formatted = true;
                    }
                    "_pretty" => show.pretty = value == "true",
                    "_summary" => show.summarise(&value)?,
                    "_elements" if !value.is_empty() => {
                        show.part = Some(Subset::Elements(Elements::parse(&value)))
                    }
                    _ => {}
                }
            }
        }
        if !formatted && asked == Some(false) {
            let text = headers
                .get(header::ACCEPT)
                .and_then(|v| v.to_str().ok())
                .unwrap_or_default();
            return Err(unacceptable(text));
        }
        Ok(show)
    }

    /// Takes the most wanted form that we have; `false` when there is none.
    fn accept(&mut self, text: &str) -> bool {
        let mut best = 0.0_f32;
        for part in text.split(',') {
            let weight = part
                .split(';')
                .skip(1)
                .find_map(|p| p.trim().strip_prefix("q="));
            let weight = weight.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            if let Some(format) = format_of(part)
                && weight > best
            {
                best = weight;
                self.format = format;
            }
        }
        best > 0.0
    }

    fn summarise(&mut self, value: &str) -> Answered<()> {
        let summary = Summary::parse(value).ok_or_else(|| {
            let issue = Issue::error(
                Code::Value,
                format!("'{}' is not a kind of summary", short(value)),
            );
            Problem::of(
                StatusCode::BAD_REQUEST,
                issue.fix("Use _summary=true, false, text, data or count."),
            )
        })?;
        self.count_only = summary == Summary::Count;
        if self.part.is_none() {
            self.part = summary.subset();
        }
        Ok(())
    }

    fn prefer(&mut self, headers: &HeaderMap) {
        for text in headers
            .get_all("prefer")
            .iter()
            .filter_map(|v| v.to_str().ok())
        {
            for part in text.split([',', ';']) {
                match part.trim() {
                    "return=minimal" => self.wish = Some(Return::Minimal),
                    "return=representation" => self.wish = Some(Return::Representation),
                    "return=OperationOutcome" => self.wish = Some(Return::Outcome),
                    "handling=lenient" => self.handling = Handling::Lenient,
                    "handling=strict" => self.handling = Handling::Strict,
                    _ => {}
                }
            }
        }
    }
}

fn unacceptable(asked: &str) -> Problem {
    let issue = Issue::error(
        Code::NotSupported,
        format!("There is no form '{}' to be had", short(asked)),
    )
    .fix("Ask for application/fhir+json or application/fhir+xml, FHIR version 4.0.");
    Problem::of(StatusCode::NOT_ACCEPTABLE, issue)
}

/// The form that a media type or `_format` value names.
fn format_of(text: &str) -> Option<Format> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let version_fits = parts
        .filter_map(|p| p.strip_prefix("fhirVersion="))
        .all(|v| matches!(v, "4.0" | "4.0.1"));
    if !version_fits {
        return None;
    }
    // In a query `+` may have become a blank.
    match name {
        "application/fhir+json"
        | "application/json"
        | "json"
        | "text/json"
        | "application/fhir json"
        | "*/*"
        | "application/*"
        | "text/*"
        | "text/html"
        | "html"
        | "application/json+fhir"
        | "" => Some(Format::Json),
        "application/fhir+xml"
        | "application/xml"
        | "xml"
        | "text/xml"
        | "application/fhir xml"
        | "application/xml+fhir" => Some(Format::Xml),
        other if other.bytes().any(|b| b.is_ascii_uppercase()) => format_of(
            &text
                .to_ascii_lowercase()
                .replace("fhirversion", "fhirVersion"),
        ),
        _ => None,
    }
}

/// What a `Content-Type` says about a body.
pub(crate) fn sent(headers: &HeaderMap) -> Answered<Sent> {
    let value = headers
        .get(header::CONTENT_TYPE)
        .map(|v| v.to_str().unwrap_or("?"));
    let text = value.unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim_matches('"');
        let fine = match key.to_ascii_lowercase().as_str() {
            "charset" => {
                value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("us-ascii")
            }
            "fhirversion" => matches!(value, "4.0" | "4.0.1"),
            _ => true,
        };
        if !fine {
            return Err(unsupported(text));
        }
    }
    match name.as_str() {
        "application/fhir+json" | "application/json+fhir" => Ok(Sent::Resource(Format::Json)),
        "application/json" | "text/json" => Ok(Sent::PlainJson),
        "application/fhir+xml" | "application/xml" | "text/xml" | "application/xml+fhir" => {
            Ok(Sent::Resource(Format::Xml))
        }
        "application/json-patch+json" => Ok(Sent::JsonPatch),
        "application/merge-patch+json" => Ok(Sent::MergePatch),
        "application/x-www-form-urlencoded" => Ok(Sent::Form),
        _ => Err(unsupported(text)),
    }
}

/// 415 with the reason.
pub(crate) fn unsupported(given: &str) -> Problem {
    let text = if given.is_empty() {
        "The request has a body but no Content-Type".to_owned()
    } else {
        format!("A body of type '{}' is not understood here", short(given))
    };
    let issue = Issue::error(Code::NotSupported, text)
        .fix("Send application/fhir+json or application/fhir+xml in UTF-8, FHIR version 4.0; for a PATCH also application/json-patch+json or application/merge-patch+json.");
    Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, issue)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(accept: Option<&'static str>, query: &str, expected: Option<Format>) {
        let mut headers = HeaderMap::new();
        if let Some(text) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(text));
        }
        let got = Show::of(&headers, query).ok().map(|s| s.format);
        assert_eq!(got, expected, "{accept:?} {query}");
    }

    #[test]
    fn asvs_4_1_1_the_form_asked_for_is_given_or_refused() {
        let (json, xml) = (Some(Format::Json), Some(Format::Xml));
        check(None, "", json);
        check(Some("*/*"), "", json);
        check(Some("application/fhir+xml"), "", xml);
        check(
            Some("application/fhir+xml;q=0.4, application/json"),
            "",
            json,
        );
        check(
            Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            "",
            json,
        );
        check(Some("Application/FHIR+XML; fhirVersion=4.0"), "", xml);
        check(Some("application/fhir+json; fhirVersion=3.0"), "", None);
        check(Some("text/turtle"), "", None);
        check(Some("text/turtle"), "_format=json", json);
        check(
            Some("application/json"),
            "_format=application/fhir%2Bxml",
            xml,
        );
        check(None, "_format=application/fhir+xml", xml);
        check(None, "_format=ttl", None);
    }

    #[test]
    fn a_body_in_another_charset_or_version_is_refused() {
        for (text, fine) in [
            ("application/fhir+json; charset=UTF-8", true),
            ("application/json", true),
            ("application/fhir+json; charset=latin1", false),
            ("application/fhir+json; fhirVersion=5.0", false),
            ("text/plain", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(text));
            assert_eq!(sent(&headers).is_ok(), fine, "{text}");
        }
    }
}

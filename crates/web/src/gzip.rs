//! Compression of large FHIR answers for clients that ask for it. Only FHIR media types: pages that carry secrets beside
//! what a visitor typed are never compressed (BREACH).

use std::io::Write;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, header};
use http_body::Body as _;
use http_body_util::BodyExt;

/// Below this, compressing costs more than it saves.
const WORTHWHILE: u64 = 4096;
/// Above this, compressing moves to a thread of its own.
const LONG: u64 = 256 * 1024;

/// Whether the client takes gzip.
pub(crate) fn asked(headers: &HeaderMap) -> bool {
    let Some(text) = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
    else {
        return false;
    };
    text.split(',').any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn suits(response: &Response) -> Option<u64> {
    let kind = response.headers().get(header::CONTENT_TYPE)?.as_bytes();
    let size = response.body().size_hint().exact()?;
    let fits = kind.starts_with(b"application/fhir+")
        && size >= WORTHWHILE
        && !response.headers().contains_key(header::CONTENT_ENCODING);
    fits.then_some(size)
}

/// Compresses the answer when that is worth while.
pub(crate) async fn compress(response: Response) -> Response {
    let Some(size) = suits(&response) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
    else {
        return Response::from_parts(parts, Body::empty());
    };
    let packed = if size < LONG {
        pack(&whole)
    } else {
        let whole = whole.clone();
        tokio::task::spawn_blocking(move || pack(&whole))
            .await
            .ok()
            .flatten()
    };
    let body = match packed {
        Some(packed) => {
            parts
                .headers
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts
                .headers
                .append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
            parts.headers.remove(header::CONTENT_LENGTH);
            // Another encoding is another representation (RFC 9110, section 8.8.3): keep the tag weak, as FHIR's are.
            packed
        }
        None => whole,
    };
    Response::from_parts(parts, Body::from(body))
}

fn pack(whole: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(whole.len() / 4), Compression::fast());
    encoder.write_all(whole).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn a_long_fhir_answer_is_compressed_and_comes_back_equal() {
        let text = "{\"resourceType\":\"Patient\"}".repeat(1000);
        let answer = |kind: &'static str| {
            let mut r = Response::new(Body::from(text.clone()));
            r.headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            r
        };
        let packed = compress(answer("application/fhir+json")).await;
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        let bytes = packed.into_body().collect().await.unwrap().to_bytes();
        let mut back = String::new();
        flate2::read::GzDecoder::new(&bytes[..])
            .read_to_string(&mut back)
            .unwrap();
        assert_eq!(back, text);
        let page = compress(answer("text/html")).await;
        assert!(!page.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[test]
    fn gzip_is_used_only_when_asked_for() {
        for (text, expected) in [
            ("gzip", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("br", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            assert_eq!(asked(&headers), expected, "{text}");
        }
    }
}

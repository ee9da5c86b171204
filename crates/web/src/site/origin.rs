//! Where a request that changes something comes from (Fetch Metadata, ASVS 3.5.8).

use http::{HeaderMap, HeaderName, header};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a state-changing request was sent by a page of ours, as far as the browser tells: `Sec-Fetch-Site`, else
/// `Origin` compared with the address that the client used. A client that tells nothing is left to the form's token.
pub(super) fn ours(headers: &HeaderMap, base: &str) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => origin.as_bytes() == base.as_bytes(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn asvs_3_5_8_another_site_cannot_send_a_form() {
        let check = |site: Option<&'static str>, origin: Option<&'static str>, expected: bool| {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert(FETCH_SITE, HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(
                ours(&headers, "https://clinic.example"),
                expected,
                "{site:?} {origin:?}"
            );
        };
        check(Some("same-origin"), None, true);
        check(Some("none"), None, true);
        check(Some("same-site"), None, false);
        check(Some("cross-site"), Some("https://clinic.example"), false);
        check(None, Some("https://clinic.example"), true);
        check(None, Some("https://evil.example"), false);
        check(None, Some("null"), false);
        check(None, None, true);
    }
}

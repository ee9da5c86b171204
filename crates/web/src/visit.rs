//! One request's own facts: its id, where it came from, and the address the client used.

use std::error::Error;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, Uri, header};

use crate::Entrance;

/// What the floor knows about a request; handlers find it in the request's extensions.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The request's id: 16 hexadecimal digits, also in `X-Request-Id`, the log and the audit log.
    pub id: String,
    /// The client's address.
    pub peer: Option<IpAddr>,
    /// Scheme and authority as the client used them, without a path: `https://clinic.example:8443`.
    pub base: String,
    /// Whether this visit may come to the administration area at all.
    pub administration: Entrance,
}

impl Visit {
    /// Logs a failure that the caller must not see, with its whole chain, once; the answer is the reference number to
    /// show instead.
    pub fn hide(&self, error: &dyn Error) -> String {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(chain, ": {cause}");
            source = cause.source();
        }
        tracing::error!(reference = %self.id, error = %chain, "request failed");
        self.id.clone()
    }
}

/// A fresh request id. Unique within the process, different from process to process.
pub(crate) fn fresh_id() -> String {
    static SEED: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let seed = *SEED.get_or_init(|| RandomState::new().hash_one(0_u64));
    let mut z = seed.wrapping_add(
        NEXT.fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    // splitmix64's finish: a bijection, so ids do not repeat.
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", z ^ (z >> 31))
}

/// The authority that the client used: `X-Forwarded-Host` when that is trusted, else the request target's or `Host`.
/// `None`: malformed, given twice, or missing.
pub(crate) fn authority<'a>(
    uri: &'a Uri,
    headers: &'a HeaderMap,
    forwarded: Option<&'a str>,
) -> Option<&'a str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match hosts.next() {
        Some(value) => Some(value.to_str().ok()?),
        None => None,
    };
    if hosts.next().is_some() {
        return None;
    }
    forwarded
        .or_else(|| uri.authority().map(http::uri::Authority::as_str))
        .or(host)
        .filter(|text| well_formed(text))
}

/// `host`, `host:port`, `1.2.3.4:port`, `[v6]:port`; no user, no path, nothing that could leave a quoted context.
fn well_formed(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) => {
                let v6 = !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
                if !v6 {
                    return false;
                }
                ("v6", port)
            }
            None => return false,
        },
        None => authority
            .find(':')
            .map_or((authority, ""), |at| authority.split_at(at)),
    };
    let port_fine = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok() && digits.bytes().all(|b| b.is_ascii_digit()),
        None => port.is_empty(),
    };
    port_fine
        && !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_host_is_refused() {
        for good in [
            "localhost",
            "127.0.0.1:8080",
            "clinic.example",
            "[::1]:80",
            "a-b.c:65535",
        ] {
            assert!(well_formed(good), "{good}");
        }
        for bad in [
            "", ":80", "a b", "a/b", "a@b", "a:", "a:b", "a:99999", "a:+80", "[::1", "[]:1",
            "[x]:1", "a\"b", "a<b", "a:80:80", "[::1]x",
        ] {
            assert!(!well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn request_ids_do_not_repeat() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(|_| fresh_id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 16));
    }
}

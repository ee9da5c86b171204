//! What is known of a provider: its metadata (OpenID Connect Discovery 1.0) and its keys, fetched when they are needed and
//! believed for an hour.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_egress::{Client, Request, StatusCode};
use aceso_vault::jwt::KeySet;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{OutsideError, Provider};

const BELIEVED_MILLIS: i64 = 3_600_000;
/// New keys are asked for at most this often, whatever a token names.
const KEYS_MILLIS: i64 = 60_000;
/// A provider that did not answer is left alone so long: strangers press the button, too.
const REST_MILLIS: i64 = 10_000;

/// A provider with what was fetched of it.
pub(crate) struct Known {
    pub(crate) provider: Provider,
    pub(super) way_out: Client,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    metadata: Option<(Arc<Metadata>, Instant)>,
    keys: Option<(Arc<KeySet>, Instant)>,
    failed: Option<Instant>,
}

/// The provider's addresses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Where browsers are sent.
    pub(crate) authorization: String,
    pub(super) token: String,
    keys: String,
    /// Whether it says in its answers who it is (RFC 9207).
    pub(crate) names_itself: bool,
}

impl Known {
    pub(super) fn new(provider: Provider, way_out: Client) -> Self {
        Self {
            provider,
            way_out,
            seen: Mutex::default(),
        }
    }

    /// The provider's metadata, at most an hour old.
    pub(crate) async fn metadata(&self, now: Instant) -> Result<Arc<Metadata>, OutsideError> {
        let mut seen = self.seen.lock().await;
        match &seen.metadata {
            Some((metadata, at)) if younger(*at, now, BELIEVED_MILLIS) => {
                return Ok(Arc::clone(metadata));
            }
            Some(_) | None => {}
        }
        if seen.failed.is_some_and(|at| younger(at, now, REST_MILLIS)) {
            return Err(OutsideError::Resting);
        }
        let issuer = &self.provider.issuer;
        let address = [
            issuer.trim_end_matches('/'),
            "/.well-known/openid-configuration",
        ]
        .concat();
        let read = self.fetch(&address).await;
        match read.and_then(|body| Metadata::read(&body, issuer)) {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                seen.metadata = Some((Arc::clone(&metadata), now));
                seen.failed = None;
                Ok(metadata)
            }
            Err(error) => {
                seen.failed = Some(now);
                Err(error)
            }
        }
    }

    /// The provider's keys; asked for anew when they are older than this many milliseconds.
    pub(super) async fn keys(
        &self,
        metadata: &Metadata,
        now: Instant,
        older: Age,
    ) -> Result<Arc<KeySet>, OutsideError> {
        let mut seen = self.seen.lock().await;
        let believed = match older {
            Age::Usual => BELIEVED_MILLIS,
            Age::Fresh => KEYS_MILLIS,
        };
        match &seen.keys {
            Some((keys, at)) if younger(*at, now, believed) => return Ok(Arc::clone(keys)),
            Some(_) | None => {}
        }
        let body = self.fetch(&metadata.keys).await?;
        let keys = KeySet::of_provider(&body.to_string()).map_err(|_| OutsideError::Keys)?;
        let keys = Arc::new(keys);
        seen.keys = Some((Arc::clone(&keys), now));
        Ok(keys)
    }

    async fn fetch(&self, address: &str) -> Result<Value, OutsideError> {
        let request = Request::get(self.way_out.target(address)?).accept("application/json");
        let answer = self.way_out.send(request).await?;
        if answer.status != StatusCode::OK {
            return Err(OutsideError::Refused(answer.status.as_u16()));
        }
        let body = answer.json();
        body.map_err(|_| OutsideError::Metadata("the answer is not JSON"))
    }
}

/// How old keys may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// As old as is believed.
    Usual,
    /// A token names a key that is not among them.
    Fresh,
}

impl Metadata {
    /// Reads a provider's metadata; its issuer must be the configured one, letter by letter (OpenID Connect Discovery 1.0,
    /// section 4.3).
    fn read(body: &Value, issuer: &str) -> Result<Self, OutsideError> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        if text("issuer") != Some(issuer) {
            return Err(OutsideError::Metadata("they are another issuer's"));
        }
        let need = |name, why| {
            let found = text(name).filter(|address| is_safe(address));
            found.map(str::to_owned).ok_or(OutsideError::Metadata(why))
        };
        let challenges = body.get("code_challenge_methods_supported");
        let challenges = challenges.and_then(Value::as_array);
        if challenges.is_some_and(|all| all.iter().all(|m| m != "S256")) {
            return Err(OutsideError::Metadata("it does not know PKCE with S256"));
        }
        let says = body.get("authorization_response_iss_parameter_supported");
        Ok(Self {
            authorization: need("authorization_endpoint", "no authorization_endpoint")?,
            token: need("token_endpoint", "no token_endpoint")?,
            keys: need("jwks_uri", "no jwks_uri")?,
            names_itself: says.is_some_and(|v| v == true),
        })
    }
}

/// Over TLS, or on this machine; and nothing that could end a header or an attribute.
fn is_safe(address: &str) -> bool {
    let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    let plain = address
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b));
    plain && (address.starts_with("https://") || local.iter().any(|l| address.starts_with(l)))
}

fn younger(at: Instant, now: Instant, than: i64) -> bool {
    now.millis().saturating_sub(at.millis()) < than
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(change: impl FnOnce(&mut Value), right: bool) {
        let mut body = json!({
            "issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/a",
            "token_endpoint": "https://idp.example/t", "jwks_uri": "https://keys.example/k",
            "code_challenge_methods_supported": ["plain", "S256"]
        });
        change(&mut body);
        let read = Metadata::read(&body, "https://idp.example");
        assert_eq!(read.is_ok(), right, "{body}");
    }

    #[test]
    fn metadata_are_the_issuers_own_and_lead_to_safe_addresses() {
        check(|_| {}, true);
        check(
            |b| b["code_challenge_methods_supported"] = Value::Null,
            true,
        );
        for (name, value) in [
            ("issuer", json!("https://idp.example/")),
            ("issuer", json!("https://evil.example")),
            ("authorization_endpoint", json!("http://idp.example/a")),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("authorization_endpoint", json!("https://idp.example/\"a")),
            ("token_endpoint", json!(null)),
            ("jwks_uri", json!("file:///etc/keys")),
            ("code_challenge_methods_supported", json!(["plain"])),
        ] {
            check(|b| b[name] = value.clone(), false);
        }
    }
}

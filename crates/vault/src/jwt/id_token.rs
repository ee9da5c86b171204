//! ID tokens of an outside OpenID provider (OpenID Connect Core 1.0, section 3.1.3.7).

use aceso_base::Instant;
use serde_json::{Map, Value};

use super::{JwtError, KeySet, Unverified};

/// How far the provider's clock may be off.
const SKEW_SECONDS: i64 = 60;

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Our client id there.
    pub client: &'a str,
    /// What we sent along when the sign-in began.
    pub nonce: &'a str,
    /// The time.
    pub now: Instant,
    /// Seconds since the person proved who they are, at most; none: any.
    pub max_age: Option<i64>,
}

/// Why an ID token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Not signed by the provider.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// Another provider's.
    #[error("the ID token is from another issuer")]
    Issuer,
    /// Made out to somebody else.
    #[error("the ID token is made out to another client")]
    Audience,
    /// Expired, or from the future.
    #[error("the ID token has expired, or is not valid yet")]
    Time,
    /// An answer to another request.
    #[error("the ID token answers another request")]
    Nonce,
    /// The person signed in there too long ago.
    #[error("the sign-in at the provider is too old")]
    Age,
    /// No subject.
    #[error("the ID token names nobody")]
    Subject,
}

impl Wanted<'_> {
    /// The claims of an ID token that is as wanted; `sub` is there.
    pub fn check(&self, token: &str, keys: &KeySet) -> Result<Map<String, Value>, IdTokenError> {
        let claims = Unverified::parse(token)?.verify(keys)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let time = |name: &str| claims.get(name).and_then(Value::as_i64);
        let now = self.now.seconds();
        if text("iss") != Some(self.issuer) {
            return Err(IdTokenError::Issuer);
        }
        let (ours, alone) = match claims.get("aud") {
            Some(Value::Array(list)) => (list.iter().any(|a| a == self.client), list.len() == 1),
            Some(Value::String(one)) => (one == self.client, true),
            _ => (false, true),
        };
        let party = text("azp").map_or(alone, |azp| azp == self.client);
        if !ours || !party {
            return Err(IdTokenError::Audience);
        }
        let live = time("exp").is_some_and(|t| now < t.saturating_add(SKEW_SECONDS));
        let begun = time("iat").is_some_and(|t| t <= now.saturating_add(SKEW_SECONDS));
        if !live || !begun || time("nbf").is_some_and(|t| t > now.saturating_add(SKEW_SECONDS)) {
            return Err(IdTokenError::Time);
        }
        if text("nonce") != Some(self.nonce) {
            return Err(IdTokenError::Nonce);
        }
        if let Some(most) = self.max_age {
            let since = time("auth_time").map(|t| now.saturating_sub(t));
            if since.is_none_or(|s| s > most.saturating_add(SKEW_SECONDS)) {
                return Err(IdTokenError::Age);
            }
        }
        if text("sub").is_none_or(str::is_empty) {
            return Err(IdTokenError::Subject);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jwt::SigningKey;

    const NOW: i64 = 1_800_000_000;

    fn outcome(change: impl FnOnce(&mut Value)) -> Result<(), IdTokenError> {
        let key = SigningKey::generate_es256("k1").unwrap();
        // As providers publish them: with a key for encryption, and one of a kind we do not know.
        let set = json!({"keys": [
            {"kty": "RSA", "use": "enc", "kid": "e", "n": "AQAB", "e": "AQAB"},
            {"kty": "OKP", "crv": "X25519", "kid": "x", "x": "AAAA"},
            key.public_jwk()
        ]});
        let keys = KeySet::of_provider(&set.to_string()).unwrap();
        let mut claims = json!({
            "iss": "https://idp.example", "sub": "u1", "aud": "aceso", "exp": NOW + 300, "iat": NOW, "nonce": "n",
            "auth_time": NOW - 60
        });
        change(&mut claims);
        let wanted = Wanted {
            issuer: "https://idp.example",
            client: "aceso",
            nonce: "n",
            now: Instant::from_millis(NOW * 1000),
            max_age: Some(600),
        };
        let token = key.sign(&claims).unwrap();
        wanted.check(&token, &keys).map(|_| ())
    }

    #[test]
    fn asvs_9_2_an_id_token_is_ours_fresh_and_for_this_request() {
        assert_eq!(outcome(|_| {}), Ok(()));
        assert_eq!(outcome(|c| c["aud"] = json!(["aceso"])), Ok(()));
        let two = json!(["aceso", "other"]);
        assert_eq!(
            outcome(|c| c["aud"] = two.clone()),
            Err(IdTokenError::Audience)
        );
        let party = |c: &mut Value| {
            c["aud"] = two;
            c["azp"] = json!("aceso");
        };
        assert_eq!(outcome(party), Ok(()));
        for (name, value, error) in [
            ("iss", json!("https://idp.example/"), IdTokenError::Issuer),
            ("aud", json!("other"), IdTokenError::Audience),
            ("azp", json!("other"), IdTokenError::Audience),
            ("exp", json!(NOW - 60), IdTokenError::Time),
            ("exp", json!(null), IdTokenError::Time),
            ("iat", json!(NOW + 61), IdTokenError::Time),
            ("nbf", json!(NOW + 61), IdTokenError::Time),
            ("nonce", json!("m"), IdTokenError::Nonce),
            ("nonce", json!(null), IdTokenError::Nonce),
            ("auth_time", json!(NOW - 700), IdTokenError::Age),
            ("auth_time", json!(null), IdTokenError::Age),
            ("sub", json!(""), IdTokenError::Subject),
        ] {
            assert_eq!(
                outcome(|c| c[name] = value.clone()),
                Err(error),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn asvs_9_1_a_provider_without_a_usable_key_is_refused() {
        let set = json!({"keys": [{"kty": "oct", "kid": "s", "k": "AAAA"}]});
        assert!(KeySet::of_provider(&set.to_string()).is_err());
        assert!(KeySet::of_provider("{}").is_err());
    }
}

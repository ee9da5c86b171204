//! Bearer tokens (RFC 6750).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use aceso_policy::{ApiClient, Caller, Origin};
use http::{HeaderMap, header};

use crate::Visit;

/// What a token check answers with: the client that the token was issued to; none for a token that is not valid (any more).
pub type Lookup = Pin<Box<dyn Future<Output = Option<Arc<ApiClient>>> + Send>>;

/// The function that knows the tokens; `login` has it, the binary hands it over.
#[derive(Clone)]
pub struct Tokens(Arc<dyn Fn(&str) -> Lookup + Send + Sync>);

/// Why there is no caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// No `Authorization` header.
    #[error("this needs an access token: send it as \"Authorization: Bearer TOKEN\"")]
    Missing,
    /// A header that is not of the form `Bearer TOKEN`.
    #[error("the Authorization header is not of the form \"Bearer TOKEN\"")]
    Malformed,
    /// Unknown, expired or revoked.
    #[error("the access token is unknown, expired or revoked: get a new one")]
    Invalid,
}

impl TokenProblem {
    /// The `WWW-Authenticate` value (RFC 6750, section 3).
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::Missing => "Bearer realm=\"aceso\"",
            Self::Malformed => "Bearer realm=\"aceso\", error=\"invalid_request\"",
            Self::Invalid => "Bearer realm=\"aceso\", error=\"invalid_token\"",
        }
    }

    /// The status: 400 for a malformed header, else 401 (RFC 6750, section 3.1).
    pub const fn status(self) -> http::StatusCode {
        match self {
            Self::Malformed => http::StatusCode::BAD_REQUEST,
            Self::Missing | Self::Invalid => http::StatusCode::UNAUTHORIZED,
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// From the function that looks a token up.
    pub fn new(look_up: impl Fn(&str) -> Lookup + Send + Sync + 'static) -> Self {
        Self(Arc::new(look_up))
    }

    /// The caller that a request's token stands for.
    pub async fn caller(&self, headers: &HeaderMap, visit: &Visit) -> Result<Caller, TokenProblem> {
        let client = (self.0)(token(headers)?)
            .await
            .ok_or(TokenProblem::Invalid)?;
        let origin = Origin {
            address: visit.peer,
            request: visit.id.clone(),
        };
        Ok(Caller::client(client, origin))
    }
}

fn token(headers: &HeaderMap) -> Result<&str, TokenProblem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(TokenProblem::Missing)?;
    if values.next().is_some() {
        return Err(TokenProblem::Malformed);
    }
    let text = value.to_str().map_err(|_| TokenProblem::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(TokenProblem::Malformed)?;
    let token = token.trim();
    let well_formed = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && token.len() <= 8192
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    if well_formed {
        Ok(token)
    } else {
        Err(TokenProblem::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(header: Option<&'static str>, expected: Result<&str, TokenProblem>) {
        let mut headers = HeaderMap::new();
        if let Some(text) = header {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
        }
        assert_eq!(token(&headers), expected, "{header:?}");
    }

    #[test]
    fn a_bearer_token_is_read_as_rfc_6750_writes_it() {
        check(
            Some("Bearer abc.DEF-1_2~3+4/5=="),
            Ok("abc.DEF-1_2~3+4/5=="),
        );
        check(Some("bearer abc"), Ok("abc"));
        check(None, Err(TokenProblem::Missing));
        for bad in [
            "Bearer",
            "Bearer ",
            "Basic abc",
            "Bearer a b",
            "Bearer a\"b",
            "abc",
        ] {
            check(Some(bad), Err(TokenProblem::Malformed));
        }
    }
}

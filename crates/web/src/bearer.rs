//! Access tokens: bearer (RFC 6750), and bound to a key of their sender (DPoP, RFC 9449).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use aceso_policy::{ApiClient, Caller, Origin};
use http::{HeaderMap, HeaderName, Method, header};

use crate::Visit;

/// What a token check answers with: the client that the token was issued to; none for a token that is not valid (any more).
pub type Lookup = Pin<Box<dyn Future<Output = Option<Arc<ApiClient>>> + Send>>;

/// How a request shows its token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Presented<'a> {
    /// The token.
    pub token: &'a str,
    /// The proof that came with it; none for a bearer token.
    pub proof: Option<&'a str>,
    /// The request's method.
    pub method: &'a str,
    /// The request's path.
    pub path: &'a str,
    /// The origin of the script that sent it, where it is another one than this server's.
    pub origin: Option<&'a str>,
}

type Check = dyn Fn(Presented<'_>) -> Lookup + Send + Sync;

/// The function that knows the tokens; `login` has it, the binary hands it over.
#[derive(Clone)]
pub struct Tokens(Arc<Check>);

/// Why there is no caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// No `Authorization` header.
    #[error("this needs an access token: send it as \"Authorization: Bearer TOKEN\"")]
    Missing,
    /// A header that is not of the form `Bearer TOKEN` or `DPoP TOKEN` with one proof.
    #[error(
        "the Authorization header is not of the form \"Bearer TOKEN\" (or \"DPoP TOKEN\" with one DPoP header)"
    )]
    Malformed,
    /// Unknown, expired or revoked.
    #[error("the access token is unknown, expired or revoked: get a new one")]
    Invalid,
    /// The same, for a token that came with a proof; or the proof is not good.
    #[error(
        "the access token is unknown, expired or revoked, or its DPoP proof is not good for this request"
    )]
    Unproven,
}

impl TokenProblem {
    /// The `WWW-Authenticate` value (RFC 6750, section 3).
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::Missing => "Bearer realm=\"aceso\"",
            Self::Malformed => "Bearer realm=\"aceso\", error=\"invalid_request\"",
            Self::Invalid => "Bearer realm=\"aceso\", error=\"invalid_token\"",
            Self::Unproven => "DPoP algs=\"ES256 ES384 RS256 RS384\", error=\"invalid_dpop_proof\"",
        }
    }

    /// The status: 400 for a malformed header, else 401 (RFC 6750, section 3.1).
    pub const fn status(self) -> http::StatusCode {
        match self {
            Self::Malformed => http::StatusCode::BAD_REQUEST,
            Self::Missing | Self::Invalid | Self::Unproven => http::StatusCode::UNAUTHORIZED,
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// From the function that looks a bearer token up.
    pub fn new(look_up: impl Fn(&str) -> Lookup + Send + Sync + 'static) -> Self {
        Self::checking(move |presented| match presented.proof {
            None => look_up(presented.token),
            Some(_) => Box::pin(std::future::ready(None)),
        })
    }

    /// From the function that looks a token up and checks its proof. It refuses a bound token without a proof, and a
    /// proof with a token that is not bound.
    pub fn checking(check: impl Fn(Presented<'_>) -> Lookup + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// The caller that a request's token stands for.
    pub async fn caller(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        visit: &Visit,
    ) -> Result<Caller, TokenProblem> {
        let (token, proof) = presented(headers)?;
        let presented = Presented {
            token,
            proof,
            method: method.as_str(),
            path,
            origin: foreign(headers, visit),
        };
        let wrong = match proof {
            None => TokenProblem::Invalid,
            Some(_) => TokenProblem::Unproven,
        };
        let client = (self.0)(presented).await.ok_or(wrong)?;
        let origin = Origin {
            address: visit.peer,
            request: visit.id.clone(),
        };
        Ok(Caller::client(client, origin))
    }
}

/// The origin that a browser names, unless it is our own.
pub fn foreign<'a>(headers: &'a HeaderMap, visit: &Visit) -> Option<&'a str> {
    let named = headers.get(header::ORIGIN)?;
    // What cannot be read is nobody's.
    let named = named.to_str().unwrap_or("null");
    (named != visit.base).then_some(named)
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented({} {})", self.method, self.path)
    }
}

const PROOF: HeaderName = HeaderName::from_static("dpop");

/// The token, and the proof where the scheme is DPoP.
fn presented(headers: &HeaderMap) -> Result<(&str, Option<&str>), TokenProblem> {
    let value = only(headers, &header::AUTHORIZATION)?.ok_or(TokenProblem::Missing)?;
    let (scheme, token) = value.split_once(' ').ok_or(TokenProblem::Malformed)?;
    let token = token.trim();
    let well_formed = !token.is_empty()
        && token.len() <= 8192
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    if !well_formed {
        return Err(TokenProblem::Malformed);
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok((token, None));
    }
    let proof = only(headers, &PROOF)?;
    match proof {
        Some(proof) if scheme.eq_ignore_ascii_case("dpop") => Ok((token, Some(proof))),
        Some(_) | None => Err(TokenProblem::Malformed),
    }
}

/// A header that may come once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, TokenProblem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(TokenProblem::Malformed);
    }
    value
        .to_str()
        .map(Some)
        .map_err(|_| TokenProblem::Malformed)
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
        let got = presented(&headers).map(|(token, _)| token);
        assert_eq!(got, expected, "{header:?}");
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
            "DPoP abc",
        ] {
            check(Some(bad), Err(TokenProblem::Malformed));
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("DPoP abc"));
        headers.append(PROOF, HeaderValue::from_static("proof"));
        assert_eq!(presented(&headers), Ok(("abc", Some("proof"))));
        headers.append(PROOF, HeaderValue::from_static("another"));
        assert_eq!(presented(&headers), Err(TokenProblem::Malformed));
    }
}

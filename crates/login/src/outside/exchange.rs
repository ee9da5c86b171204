//! From the code that a browser brought back to what the provider says of the person.

use aceso_base::Instant;
use aceso_egress::{Request, StatusCode};
use aceso_policy::Strength;
use aceso_store::Outside;
use aceso_vault::jwt::{IdTokenError, JwtError, Wanted};
use aceso_vault::random;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::provider::{Age, Known, Metadata};
use super::{ClientProof, OutsideError};
use crate::form::encoded;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good.
const ASSERTION_SECONDS: i64 = 60;

/// What was sent along, and what came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Return<'a> {
    pub(crate) code: &'a str,
    pub(crate) verifier: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) redirect: &'a str,
    pub(crate) now: Instant,
    /// Seconds since the person proved there who they are, at most.
    pub(crate) max_age: Option<i64>,
}

/// What a provider's ID token says, once it is checked.
pub(crate) struct Told {
    claims: Map<String, Value>,
}

impl Known {
    /// Takes a code for an ID token and checks it.
    pub(crate) async fn redeem(
        &self,
        metadata: &Metadata,
        back: Return<'_>,
    ) -> Result<Told, OutsideError> {
        let token = self.id_token(metadata, back).await?;
        let wanted = Wanted {
            issuer: &self.provider.issuer,
            client: &self.provider.client,
            nonce: back.nonce,
            now: back.now,
            max_age: back.max_age,
        };
        let keys = self.keys(metadata, back.now, Age::Usual).await?;
        let checked = match wanted.check(&token, &keys) {
            // The provider has new keys.
            Err(IdTokenError::Jwt(JwtError::UnknownKey)) => {
                let keys = self.keys(metadata, back.now, Age::Fresh).await?;
                wanted.check(&token, &keys)
            }
            other => other,
        };
        Ok(Told { claims: checked? })
    }

    async fn id_token(
        &self,
        metadata: &Metadata,
        back: Return<'_>,
    ) -> Result<String, OutsideError> {
        let client = self.provider.client.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", back.code.to_owned()),
            ("redirect_uri", back.redirect.to_owned()),
            ("code_verifier", back.verifier.to_owned()),
        ];
        let target = self.way_out.target(&metadata.token)?;
        let request = match &self.provider.proof {
            ClientProof::Secret(secret) => {
                let pair = format!("{}:{}", encoded(client), encoded(secret.expose()));
                let request = Request::post_form(target, form(&fields));
                request
                    .basic(&STANDARD.encode(pair))
                    .map_err(|_| OutsideError::Metadata("the client id or secret"))?
            }
            ClientProof::Key(key) => {
                let now = back.now.seconds();
                let assertion = key.sign(&json!({
                    "iss": client, "sub": client, "aud": metadata.token, "iat": now,
                    "exp": now + ASSERTION_SECONDS, "jti": URL_SAFE_NO_PAD.encode(random::<16>()?)
                }))?;
                fields.push(("client_id", client.to_owned()));
                fields.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                fields.push(("client_assertion", assertion));
                Request::post_form(target, form(&fields))
            }
        };
        let answer = self
            .way_out
            .send(request.accept("application/json"))
            .await?;
        if answer.status != StatusCode::OK {
            return Err(OutsideError::Refused(answer.status.as_u16()));
        }
        let body = answer.json().map_err(|_| OutsideError::NoToken)?;
        let token = body.get("id_token").and_then(Value::as_str);
        token.map(str::to_owned).ok_or(OutsideError::NoToken)
    }
}

impl Told {
    /// How well the person proved there who they are: with two factors where it says so, otherwise with one.
    pub(crate) fn strength(&self, known: &Known) -> Strength {
        let wanted = &known.provider.two_factors;
        let among = |all: &[String], one: &str| all.iter().any(|w| w == one);
        let methods = self.claims.get("amr").and_then(Value::as_array);
        let mut methods = methods.into_iter().flatten().filter_map(Value::as_str);
        let two = methods.any(|method| among(&wanted.amr, method))
            || self.text("acr").is_some_and(|c| among(&wanted.acr, c));
        match two {
            true => Strength::Two,
            false => Strength::One,
        }
    }

    /// Who it is, for the store; it makes no account yet.
    pub(crate) fn outside(&self, known: &Known) -> Outside {
        Outside {
            issuer: known.provider.issuer.clone(),
            subject: self.text("sub").unwrap_or_default().to_owned(),
            expected: self.text(&known.provider.claim).map(str::to_owned),
            unknown: None,
        }
    }

    /// A claim that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }
}

fn form(fields: &[(&str, String)]) -> String {
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

//! A client proves who it is with a signed assertion (`private_key_jwt`; RFC 7523; SMART App Launch 2.2, "Client
//! Authentication: Asymmetric").

use aceso_base::Instant;
use aceso_policy::Scopes;
use aceso_vault::jwt::{KeySet, Unverified};
use aceso_web::Visit;
use serde_json::{Map, Value};

use crate::Login;
use crate::form::Parameters;
use crate::problem::Problem;
use crate::scopes::clinical;
use crate::verifier::server;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Assertions live for five minutes at most (SMART App Launch 2.2).
const LONGEST_SECONDS: i64 = 300;
/// How far a client's clock may be off.
const SKEW_SECONDS: i64 = 10;
/// One text for every reason before the signature is known to be good, so that nobody learns which clients exist.
const UNPROVEN: &str =
    "the client is not known here, or its assertion is not signed with a key registered for it";

/// A client that proved who it is.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) id: String,
    pub(crate) scopes: Scopes,
}

/// The client whose assertion these parameters carry. Each assertion counts once.
pub(crate) async fn client(
    login: &Login,
    visit: &Visit,
    parameters: &Parameters,
) -> Result<Proven, Problem> {
    let parts = &login.0;
    let kind = parameters.find("client_assertion_type");
    let assertion = parameters.find("client_assertion");
    let (Some(ASSERTION_TYPE), Some(assertion)) = (kind, assertion) else {
        let text = format!(
            "the client must authenticate with private_key_jwt: client_assertion_type={ASSERTION_TYPE} and client_assertion"
        );
        return Err(Problem::InvalidClient(text));
    };
    let unproven = |why: &str| {
        tracing::info!(request = %visit.id, why, "client authentication refused");
        Problem::InvalidClient(UNPROVEN.to_owned())
    };
    let hidden = |e: aceso_store::StoreError| Problem::hidden(visit, &e);
    let token = Unverified::parse(assertion).map_err(|e| unproven(&e.to_string()))?;
    let id = token
        .claimed_issuer()
        .ok_or_else(|| unproven("no iss"))?
        .to_owned();
    let known = parts.store.client(&server(), &id).await;
    let known = known.map_err(|e| Problem::hidden(visit, &e))?;
    let record = known
        .filter(|c| c.disabled.is_none())
        .ok_or_else(|| unproven("unknown or disabled client"))?;
    let jwks = record.jwks.ok_or_else(|| unproven("no keys registered"))?;
    let keys = KeySet::parse(&jwks).map_err(|e| Problem::hidden(visit, &e))?;
    let claims = token.verify(&keys).map_err(|e| unproven(&e.to_string()))?;
    let now = parts.clock.now();
    let (jti, expires) = check(&claims, &parts.settings.base, now)?;
    if parameters
        .find("client_id")
        .is_some_and(|given| given != id)
    {
        return refused("client_id is not the assertion's client");
    }
    let fresh = parts.store.use_assertion(&id, jti, expires).await;
    if !fresh.map_err(hidden)? {
        return refused(
            "this assertion was used before: sign a new one, with a new jti, for each request",
        );
    }
    let scopes = clinical(&record.scopes);
    Ok(Proven { id, scopes })
}

/// The claims of an assertion whose signature is good; gives its `jti` and the time after which it is void anyway.
fn check<'a>(
    claims: &'a Map<String, Value>,
    base: &str,
    now: Instant,
) -> Result<(&'a str, Instant), Problem> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = now.seconds();
    if text("sub").is_none() || text("sub") != text("iss") {
        return refused("the assertion's iss and sub must both be the client's id");
    }
    if !addressed_to(claims.get("aud"), base) {
        return refused(&format!("the assertion's aud must be {base}/oauth/token"));
    }
    let Some(expires) = time("exp") else {
        return refused("the assertion has no exp, or one that is not a whole number");
    };
    if expires.saturating_add(SKEW_SECONDS) <= now {
        return refused("the assertion has expired");
    }
    if expires > now.saturating_add(LONGEST_SECONDS + SKEW_SECONDS) {
        return refused("the assertion's exp is more than five minutes away");
    }
    if time("nbf").is_some_and(|t| t > now.saturating_add(SKEW_SECONDS)) {
        return refused("the assertion's nbf has not come yet");
    }
    let Some(jti) = text("jti").filter(|j| (1..=256).contains(&j.len())) else {
        return refused("the assertion needs a jti of 1 to 256 characters");
    };
    let void = expires.saturating_add(SKEW_SECONDS).saturating_mul(1000);
    Ok((jti, Instant::from_millis(void)))
}

/// `aud` is the token endpoint's address (SMART), or the issuer (draft-ietf-oauth-rfc7523bis), and nothing besides.
fn addressed_to(audience: Option<&Value>, base: &str) -> bool {
    let only = match audience {
        Some(Value::Array(list)) => match list.as_slice() {
            [one] => one.as_str(),
            _ => None,
        },
        other => other.and_then(Value::as_str),
    };
    only.is_some_and(|a| a == base || a.strip_prefix(base) == Some("/oauth/token"))
}

fn refused<T>(why: &str) -> Result<T, Problem> {
    Err(Problem::InvalidClient(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BASE: &str = "https://clinic.example";

    fn outcome(change: impl FnOnce(&mut Value)) -> Result<(), Problem> {
        let mut claims = json!({
            "iss": "lab", "sub": "lab", "aud": "https://clinic.example/oauth/token", "exp": 1_000_300, "jti": "1"
        });
        change(&mut claims);
        let claims = claims.as_object().unwrap();
        check(claims, BASE, Instant::from_millis(1_000_000_000)).map(|_| ())
    }

    fn check_refused(name: &str, value: Value, why: &str) {
        match outcome(|c| c[name] = value) {
            Err(Problem::InvalidClient(text)) => assert!(text.contains(why), "{name}: {text}"),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn an_assertion_is_for_this_server_only() {
        assert_eq!(outcome(|_| {}), Ok(()));
        assert_eq!(outcome(|c| c["aud"] = json!(BASE)), Ok(()));
        assert_eq!(outcome(|c| c["aud"] = json!([BASE])), Ok(()));
        for other in [
            json!("https://clinic.example/oauth/token/"),
            json!("https://clinic.example.evil.example/oauth/token"),
            json!("https://clinic.example/"),
            json!([BASE, "https://other.example"]),
            json!([]),
            json!(null),
            json!(7),
        ] {
            check_refused("aud", other, "aud must be");
        }
    }

    #[test]
    fn an_assertion_lives_five_minutes_at_most() {
        check_refused("exp", json!(1_000_311), "five minutes");
        check_refused("exp", json!(i64::MAX), "five minutes");
        check_refused("exp", json!(999_990), "has expired");
        check_refused("exp", json!(i64::MIN), "has expired");
        check_refused("exp", json!("soon"), "no exp");
        check_refused("nbf", json!(1_000_011), "not come");
        assert_eq!(outcome(|c| c["exp"] = json!(999_991)), Ok(()));
    }

    #[test]
    fn an_assertion_names_its_client_twice_and_itself_once() {
        check_refused("sub", json!("other"), "iss and sub");
        check_refused("sub", json!(null), "iss and sub");
        check_refused("jti", json!(""), "jti");
        check_refused("jti", json!("j".repeat(257)), "jti");
        check_refused("jti", json!(1), "jti");
    }
}

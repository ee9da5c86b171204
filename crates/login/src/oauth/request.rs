//! An app's request, read and judged (RFC 6749, section 4.1.1; RFC 7636; SMART App Launch 2.2, "Request authorization
//! code"). On its way through sign-in and consent it is carried by the browser, sealed.

use aceso_base::Instant;
use aceso_policy::Context;
use aceso_store::{ClientRecord, States};
use aceso_vault::Sealer;
use aceso_web::site::Ask;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::redirect::is_registered;
use crate::form::encoded;
use crate::grant::granted;
use crate::issue::digest;
use crate::scopes::{Special, clinical};

/// The seal that requests travel under.
pub(crate) const USE: &str = "app request";
const PLACE: &str = "request";
/// How long the person may take.
const LIFE_MILLIS: i64 = 30 * 60_000;

/// A request that is right.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The app's client id.
    pub(crate) client: String,
    /// Where the answer goes.
    pub(crate) redirect: String,
    /// What goes back with it.
    pub(crate) state: String,
    /// What may be granted at most.
    pub(crate) scopes: String,
    pub(crate) nonce: Option<String>,
    /// PKCE, S256.
    pub(crate) challenge: String,
    /// SHA-256 of the launch handle.
    pub(crate) launch: Option<[u8; 32]>,
    pub(crate) prompt: Prompt,
    /// Seconds since the sign-in, at most.
    pub(crate) max_age: Option<i64>,
    /// The thumbprint that the code is bound to.
    pub(crate) key: Option<String>,
    /// When it was made, in milliseconds.
    pub(crate) made: i64,
    /// The session that was there then, and until when it was stepped up: a fresh proof differs in one of them.
    pub(crate) before: Option<(String, Option<i64>)>,
}

/// What the app asks the person to do, whatever is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Prompt {
    /// What is needed.
    Usual,
    /// Nothing: answer at once, or not at all.
    None,
    /// Prove again who they are.
    Login,
    /// Say yes again.
    Consent,
}

/// Why a request cannot be answered to the app: it is not known who it is from, or where the answer would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAddress {
    /// No such app.
    Client,
    /// An address that the app did not register.
    Redirect,
    /// Something is there twice.
    Twice,
    /// The request took too long, or its seal is broken.
    Over,
}

/// A refusal that goes to the app (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) why: &'static str,
}

impl Refusal {
    pub(crate) const fn new(code: &'static str, why: &'static str) -> Self {
        Self { code, why }
    }
}

/// Where the answer to a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Back {
    pub(crate) redirect: String,
    pub(crate) state: Option<String>,
}

impl Back {
    /// Where the answer goes, once it is sure that the app registered the address.
    pub(crate) fn of(ask: &Ask, app: &ClientRecord) -> Result<Self, NoAddress> {
        let redirect = ask.query("redirect_uri").ok_or(NoAddress::Redirect)?;
        let registered = app.app.as_ref().is_some_and(|a| is_registered(a, redirect));
        if !registered {
            return Err(NoAddress::Redirect);
        }
        Ok(Self {
            redirect: redirect.to_owned(),
            state: ask.query("state").map(str::to_owned),
        })
    }

    /// The address with an answer; it always says who answers (RFC 9207).
    pub(crate) fn with(&self, issuer: &str, fields: &[(&str, &str)]) -> String {
        let mut address = self.redirect.clone();
        let mut mark = if address.contains('?') { '&' } else { '?' };
        let state = self.state.as_deref().map(|s| ("state", s));
        for (name, value) in fields.iter().copied().chain(state).chain([("iss", issuer)]) {
            address.push(mark);
            address.push_str(name);
            address.push('=');
            address.push_str(&encoded(value));
            mark = '&';
        }
        address
    }

    /// The address with a refusal.
    pub(crate) fn refused(&self, issuer: &str, refusal: Refusal) -> String {
        self.with(
            issuer,
            &[("error", refusal.code), ("error_description", refusal.why)],
        )
    }
}

impl Request {
    /// Reads the query of `/oauth/authorize`, of which app and address are known already.
    pub(crate) fn read(
        ask: &Ask,
        app: &ClientRecord,
        base: &str,
        now: Instant,
    ) -> Result<Self, Refusal> {
        let bad = |why| Refusal::new("invalid_request", why);
        let need = |name, why| ask.query(name).filter(|v| !v.is_empty()).ok_or(bad(why));
        if ask.query("request").is_some() || ask.query("request_uri").is_some() {
            return Err(Refusal::new(
                "request_not_supported",
                "send the parameters themselves",
            ));
        }
        if need("response_type", "response_type=code is missing")? != "code" {
            return Err(Refusal::new(
                "unsupported_response_type",
                "response_type must be code",
            ));
        }
        if ask.query("response_mode").is_some_and(|m| m != "query") {
            return Err(bad("response_mode must be query"));
        }
        let state = need("state", "state is missing")?;
        let least = match app.app.as_ref().map_or(States::Full, |a| a.states) {
            States::Full => 122,
            States::Short => 90,
        };
        if bits(state) < least || state.len() > 1024 {
            return Err(bad(
                "state must be random, with 122 bits or more: a random UUID will do",
            ));
        }
        let method = need(
            "code_challenge_method",
            "PKCE is needed: code_challenge_method=S256",
        )?;
        let challenge = need("code_challenge", "PKCE is needed: code_challenge")?;
        let digest_like = challenge.len() == 43 && URL_SAFE_NO_PAD.decode(challenge).is_ok();
        if method != "S256" || !digest_like {
            return Err(bad(
                "PKCE is needed with code_challenge_method=S256 and its code_challenge of 43 characters",
            ));
        }
        let scopes = possible(need("scope", "scope is missing")?, &app.scopes);
        if scopes.is_empty() {
            return Err(Refusal::new(
                "invalid_scope",
                "none of these scopes is registered for this app",
            ));
        }
        // Who only asks who the person is (OpenID Connect) has no business with the record's address.
        let record = !clinical(&scopes).is_empty() || Special::Launch.is_in(&scopes);
        match ask.query("aud").filter(|aud| !aud.is_empty()) {
            Some(aud) if aud != format!("{base}/fhir") => {
                return Err(bad("aud is not this server's FHIR base address"));
            }
            None if record => return Err(bad("aud is missing: the FHIR base address")),
            Some(_) | None => {}
        }
        let launch = ask.query("launch").filter(|l| !l.is_empty());
        if launch.is_none() && Special::Launch.is_in(&scopes) {
            return Err(bad(
                "the scope launch needs the launch parameter that the app was opened with",
            ));
        }
        let nonce = ask.query("nonce").map(str::to_owned);
        let key = ask.query("dpop_jkt").map(str::to_owned);
        if nonce.as_ref().is_some_and(|n| n.len() > 512)
            || key.as_ref().is_some_and(|k| k.len() != 43)
        {
            return Err(bad("nonce or dpop_jkt is not of its form"));
        }
        Ok(Self {
            client: app.id.clone(),
            redirect: need("redirect_uri", "redirect_uri is missing")?.to_owned(),
            state: state.to_owned(),
            scopes,
            nonce,
            challenge: challenge.to_owned(),
            launch: launch.map(digest),
            prompt: prompt(ask.query("prompt"))?,
            max_age: max_age(ask.query("max_age"))?,
            key,
            made: now.millis(),
            before: None,
        })
    }

    /// Where its answer goes.
    pub(crate) fn back(&self) -> Back {
        Back {
            redirect: self.redirect.clone(),
            state: Some(self.state.clone()),
        }
    }

    /// As the browser carries it.
    pub(crate) fn sealed(&self, sealer: &Sealer) -> Option<String> {
        let text = serde_json::to_vec(self).ok()?;
        let sealed = sealer.seal(PLACE, &text).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// From what the browser brought.
    pub(crate) fn open(sealer: &Sealer, text: &str, now: Instant) -> Result<Self, NoAddress> {
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoAddress::Over)?;
        let plain = sealer.open(PLACE, &sealed).map_err(|_| NoAddress::Over)?;
        let request: Self = serde_json::from_slice(&plain).map_err(|_| NoAddress::Over)?;
        let age = now.millis().saturating_sub(request.made);
        match age {
            0..LIFE_MILLIS => Ok(request),
            _ => Err(NoAddress::Over),
        }
    }
}

/// What of the wished scopes the app is registered for: never `system/`, which is not a person's to give.
pub(crate) fn possible(wished: &str, registered: &str) -> String {
    let special = Special::ALL
        .iter()
        .filter(|s| s.is_in(wished) && s.is_in(registered));
    let mut all: Vec<String> = special.map(|s| s.name().to_owned()).collect();
    let shared = granted(wished, &clinical(registered));
    for scope in clinical(&shared).iter() {
        match scope.context {
            Context::Patient | Context::User => all.push(crate::grant::text(scope)),
            Context::System => {}
        }
    }
    all.join(" ")
}

fn prompt(text: Option<&str>) -> Result<Prompt, Refusal> {
    match text {
        None => Ok(Prompt::Usual),
        Some("none") => Ok(Prompt::None),
        Some("login" | "select_account") => Ok(Prompt::Login),
        Some("consent") => Ok(Prompt::Consent),
        Some("login consent" | "consent login") => Ok(Prompt::Login),
        Some(_) => Err(Refusal::new(
            "invalid_request",
            "prompt must be none, login or consent",
        )),
    }
}

fn max_age(text: Option<&str>) -> Result<Option<i64>, Refusal> {
    let read = |t: &str| t.parse::<i64>().ok().filter(|n| *n >= 0);
    match text {
        None => Ok(None),
        Some(text) => match read(text) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(Refusal::new(
                "invalid_request",
                "max_age must be a number of seconds",
            )),
        },
    }
}

/// How many bits a random text of this length and these kinds of characters can hold; a text that repeats itself holds
/// none of them.
fn bits(text: &str) -> usize {
    let mut different: Vec<u8> = text.bytes().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 6 {
        return 0;
    }
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let counted = text
        .bytes()
        .filter(|b| b.is_ascii_alphanumeric() || b"-_.~+/=".contains(b))
        .count();
    match hex {
        // A random UUID has 32 digits, of which six bits are fixed.
        true => {
            text.bytes().filter(u8::is_ascii_hexdigit).count() * 4
                - text.matches('-').count().min(4) * 3 / 2
        }
        false => counted * 595 / 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t11_a_state_holds_122_bits() {
        for good in [
            "7f9c24e8-3b12-4fd1-9c5e-0a1b2c3d4e5f",
            "QmFzZTY0dXJsLXN0YXRlLTEyMw",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(bits(good) >= 122, "{good} {}", bits(good));
        }
        for bad in [
            "",
            "abc",
            "x8Kq2LmZp0Vt4RwY",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123456789abcdef",
        ] {
            assert!(bits(bad) < 122, "{bad} {}", bits(bad));
        }
        assert!(
            bits("x8Kq2LmZp0Vt4RwY") >= 90,
            "what short states are allowed for"
        );
    }

    #[test]
    fn t13_an_app_can_be_given_what_it_asks_for_and_is_registered_for() {
        let registered = "openid fhirUser launch/patient patient/*.rs user/Practitioner.r";
        let got = possible(
            "openid offline_access patient/Observation.rs?category=laboratory system/*.rs",
            registered,
        );
        assert_eq!(got, "openid patient/Observation.rs?category=laboratory");
        assert_eq!(possible("patient/*.*", registered), "patient/*.rs");
        assert_eq!(possible("system/*.rs", "system/*.rs"), "");
    }

    #[test]
    fn t3_an_answer_says_who_answers_and_keeps_what_the_address_had() {
        let back = Back {
            redirect: "https://app.example/cb?tenant=1".into(),
            state: Some("a b&c".into()),
        };
        assert_eq!(
            back.with("https://clinic.example", &[("code", "x")]),
            "https://app.example/cb?tenant=1&code=x&state=a%20b%26c&iss=https%3A%2F%2Fclinic.example"
        );
    }
}

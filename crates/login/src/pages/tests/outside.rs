//! Sign-in through an outside provider: a second Aceso that listens on the loopback, and one that lies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aceso_base::{Clock, Instant, ManualClock, Secret};
use aceso_egress::{Client, Limits, Trust};
use aceso_policy::{Caller, Endpoints, Role};
use aceso_store::{AccessQuery, App, AppKind, Audience, NewClient, NewIdentity, States};
use aceso_vault::jwt::SigningKey;
use aceso_vault::{TotpSecret, sha256};
use aceso_web::{Address, Floor, Listener};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::kit::{Answer, Browser, CHEAP, Clinic, Plan};
use crate::outside::{ClientProof, Provider, Providers, TwoFactors, Unknown};
use crate::pages::Installation;

const SECRET: &str = "the secret of this clinic at the hospital";
const BACK: &str = "https://clinic.example/sign-in/with/hospital/back";

async fn listener() -> (Listener, String) {
    let address = Address::parse("http://127.0.0.1:0").unwrap();
    let listener = Listener::bind(address, None).await.unwrap();
    let base = format!("http://{}", listener.address().unwrap());
    (listener, base)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)))
}

fn provider(issuer: &str, change: impl FnOnce(&mut Provider)) -> Providers {
    let mut provider = Provider {
        id: "hospital".into(),
        name: "Hospital".into(),
        issuer: issuer.into(),
        client: "clinic".into(),
        proof: ClientProof::Secret(Secret::new(SECRET.into())),
        scopes: "openid profile".into(),
        claim: "preferred_username".into(),
        two_factors: TwoFactors {
            amr: vec!["mfa".into()],
            acr: Vec::new(),
        },
        max_age: None,
        unknown: Unknown::Refused,
    };
    change(&mut provider);
    let endpoints = Endpoints::new(&[issuer]).unwrap();
    let client = Client::new(endpoints, &Trust::Machine, Limits::default()).unwrap();
    Providers::new(vec![provider], &client)
}

/// A clinic at this address, whose people may sign in at these, too.
pub(super) fn plan(base: &str, providers: Providers) -> Plan {
    Plan {
        base: base.into(),
        cost: CHEAP,
        installation: Installation::Clinic,
        providers,
        devices: None,
    }
}

/// The hospital: an Aceso with a person in it who signs in with two factors, and this clinic as its client.
struct Hospital {
    clinic: Clinic,
    base: String,
    app: TotpSecret,
}

impl Hospital {
    async fn new(clock: Arc<ManualClock>, proof: Proof) -> Self {
        let (listener, base) = listener().await;
        let clinic = Clinic::of(plan(&base, Providers::default()), clock);
        tokio::spawn(listener.serve(clinic.floor.clone(), std::future::pending()));
        let app = TotpSecret::generate().unwrap();
        clinic.person("pia", Role::NURSE, Some(&app)).await;
        let client = NewClient {
            id: "clinic".into(),
            name: "Riverside Clinic".into(),
            scopes: "openid profile".into(),
            jwks: match &proof {
                Proof::Secret => None,
                Proof::Key(key) => Some(json!({"keys": [key.public_jwk()]}).to_string()),
            },
        };
        let registered = App {
            kind: AppKind::Server,
            redirects: vec![BACK.into()],
            launch: None,
            contact: "Riverside".into(),
            secret: match proof {
                Proof::Secret => Some(sha256(SECRET.as_bytes())),
                Proof::Key(_) => None,
            },
            audience: Audience::Staff,
            states: States::Full,
            origins: Vec::new(),
        };
        let operator = Caller::operator();
        let added = clinic.store.add_app(&operator, client, registered).await;
        added.unwrap();
        Self { clinic, base, app }
    }

    /// What the person's browser does there; gives the address that leads back.
    async fn allows(&self, address: &str) -> String {
        let mut browser = self.clinic.browser();
        browser.sign_in(&self.clinic, "pia", &self.app).await;
        let path = address.strip_prefix(&self.base).unwrap();
        let consent = browser.get(path).await.to().to_owned();
        assert!(consent.starts_with("/oauth/consent?"), "{consent}");
        let page = browser.get(&consent).await;
        let request = page.hidden("request");
        let fields = [
            ("request", request.as_str()),
            ("chosen", ""),
            ("life", "once"),
            ("answer", "allow"),
        ];
        let done = browser.post("/oauth/consent", &fields).await;
        done.onward().to_owned()
    }
}

enum Proof {
    Secret,
    Key(SigningKey),
}

/// Presses the button; gives the address at the provider.
async fn leave(browser: &mut Browser) -> String {
    let page = browser.get("/sign-in").await;
    assert!(page.text.contains("Go on with Hospital"), "{}", page.text);
    let left = browser
        .post("/sign-in/with/hospital", &[("to", "/account")])
        .await;
    assert_eq!(left.status, StatusCode::OK, "{}", left.text);
    left.onward().to_owned()
}

async fn come_back(browser: &mut Browser, address: &str) -> Answer {
    let path = address.strip_prefix("https://clinic.example").unwrap();
    browser.get(path).await
}

async fn link(clinic: &Clinic, account: &str, issuer: &str, expected: &str) {
    let new = NewIdentity {
        issuer: issuer.into(),
        expected: expected.into(),
    };
    let operator = Caller::operator();
    let linked = clinic.store.link_identity(&operator, account, new).await;
    linked.unwrap();
}

async fn check_hospital(proof: Proof, ours: ClientProof) {
    let clock = clock();
    let hospital = Hospital::new(clock.clone(), proof).await;
    let providers = provider(&hospital.base, |p| p.proof = ours);
    let clinic = Clinic::of(plan("https://clinic.example", providers), clock);
    let ann = clinic.person("ann", Role::NURSE, None).await;
    let mut browser = clinic.browser();
    let back = hospital.allows(&leave(&mut browser).await).await;
    let stranger = come_back(&mut browser, &back).await;
    assert_eq!(stranger.to(), "/sign-in?after=unlinked");
    assert_eq!(browser.session(), "", "nobody is let in who is not linked");
    link(&clinic, &ann, &hospital.base, "pia").await;
    let back = hospital.allows(&leave(&mut browser).await).await;
    let entered = come_back(&mut browser, &back).await;
    assert_eq!(entered.to(), "/account", "{}", entered.text);
    // Two factors were proved there: none is asked for here, and the account shows where it came from.
    let account = browser.get("/account").await;
    assert!(account.text.contains("Other sign-ins"), "{}", account.text);
    assert!(account.text.contains("Unlink"));
    let again = come_back(&mut clinic.browser(), &back).await;
    assert_eq!(again.to(), "/sign-in?after=failed", "an answer counts once");
}

#[tokio::test]
async fn a_linked_person_signs_in_through_another_aceso_with_a_secret() {
    let ours = ClientProof::Secret(Secret::new(SECRET.into()));
    check_hospital(Proof::Secret, ours).await;
}

#[tokio::test]
async fn a_linked_person_signs_in_through_another_aceso_with_a_signed_assertion() {
    let key = SigningKey::generate("clinic-1").unwrap();
    let same = SigningKey::from_private_jwk(&key.private_jwk().unwrap()).unwrap();
    check_hospital(Proof::Key(key), ClientProof::Key(Box::new(same))).await;
}

/// A provider that says what it is told to say.
struct Liar {
    base: String,
    key: SigningKey,
    says: Arc<Mutex<BTreeMap<&'static str, Value>>>,
    clinic: Clinic,
    ann: String,
}

type Says = Arc<Mutex<BTreeMap<&'static str, Value>>>;

fn said(says: &Says, name: &str) -> Value {
    says.lock().unwrap().get(name).cloned().unwrap_or_default()
}

impl Liar {
    async fn new(change: impl FnOnce(&mut Provider)) -> Self {
        let (listener, base) = listener().await;
        let says = Says::default();
        let key = SigningKey::generate_es256("k1").unwrap();
        let metadata = json!({
            "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
            "authorization_response_iss_parameter_supported": true
        });
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(|State(s): State<Says>| async move { said(&s, "metadata").to_string() }),
            )
            .route(
                "/keys",
                get(|State(s): State<Says>| async move { said(&s, "keys").to_string() }),
            )
            .route(
                "/token",
                post(|State(s): State<Says>| async move {
                    json!({"id_token": said(&s, "token"), "token_type": "Bearer"}).to_string()
                }),
            )
            .with_state(Arc::clone(&says));
        let floor = Floor::new(router, aceso_web::Settings::default());
        tokio::spawn(listener.serve(floor, std::future::pending()));
        let keys = json!({"keys": [key.public_jwk()]});
        says.lock().unwrap().insert("metadata", metadata);
        says.lock().unwrap().insert("keys", keys);
        let providers = provider(&base, change);
        let clinic = Clinic::of(plan("https://clinic.example", providers), clock());
        let ann = clinic.person("ann", Role::NURSE, None).await;
        link(&clinic, &ann, &base, "pia").await;
        Self {
            base,
            key,
            says,
            clinic,
            ann,
        }
    }

    /// Claims as they should be, for a request.
    fn claims(&self, address: &str) -> Value {
        let now = self.clinic.clock.now().seconds();
        json!({
            "iss": self.base, "sub": "s-1", "aud": "clinic", "iat": now, "exp": now + 300,
            "nonce": parameter(address, "nonce"), "preferred_username": "pia", "amr": ["pwd", "mfa"]
        })
    }

    fn say(&self, token: String) {
        self.says.lock().unwrap().insert("token", token.into());
    }

    fn back(&self, address: &str) -> String {
        let state = parameter(address, "state");
        format!(
            "{BACK}?code=c&state={state}&iss={}",
            self.base.replace(':', "%3A").replace('/', "%2F")
        )
    }

    /// Signs in with a token made of changed claims; answers where it led.
    async fn with(&self, token: impl FnOnce(&Self, Value) -> String) -> String {
        let mut browser = self.clinic.browser();
        let address = leave(&mut browser).await;
        self.say(token(self, self.claims(&address)));
        let answer = come_back(&mut browser, &self.back(&address)).await;
        let signed_in = !browser.session().is_empty();
        assert_eq!(signed_in, answer.to() == "/account", "{}", answer.to());
        answer.to().to_owned()
    }
}

fn parameter(address: &str, name: &str) -> String {
    let mark = format!("{name}=");
    let mut parts = address.split(['?', '&']);
    let found = parts.find_map(|p| p.strip_prefix(&mark));
    found.unwrap_or_default().to_owned()
}

fn signed(liar: &Liar, claims: &Value) -> String {
    liar.key.sign(claims).unwrap()
}

#[tokio::test]
async fn asvs_10_5_an_id_token_that_is_not_the_providers_for_us_now_signs_nobody_in() {
    let liar = Liar::new(|_| {}).await;
    let now = liar.clinic.clock.now().seconds();
    assert_eq!(liar.with(|l, c| signed(l, &c)).await, "/account");
    for (name, value) in [
        ("iss", json!("https://other.example")),
        ("aud", json!("another")),
        ("aud", json!(["clinic", "another"])),
        ("azp", json!("another")),
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("exp", json!(now - 3600)),
        ("iat", json!(now + 3600)),
        ("sub", json!("")),
    ] {
        let led = liar.with(|l, mut c| {
            c[name] = value.clone();
            signed(l, &c)
        });
        assert_eq!(led.await, "/sign-in?after=failed", "{name} {value}");
    }
    let other = SigningKey::generate_es256("k1").unwrap();
    let led = liar.with(|_, c| other.sign(&c).unwrap()).await;
    assert_eq!(
        led, "/sign-in?after=failed",
        "signed by another key of that name"
    );
    let unknown = SigningKey::generate_es256("k2").unwrap();
    let led = liar.with(|_, c| unknown.sign(&c).unwrap()).await;
    assert_eq!(led, "/sign-in?after=failed", "no such key");
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "none", "kid": "k1"}),
        json!({"alg": "HS256", "kid": "k1"}),
    ] {
        let led = liar.with(|_, c| {
            let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
            format!("{}.{}.", part(&header), part(&c))
        });
        assert_eq!(led.await, "/sign-in?after=failed", "{header}");
    }
    let led = liar.with(|_, _| "not a token".to_owned()).await;
    assert_eq!(led, "/sign-in?after=failed");
    let query = AccessQuery {
        count: 200,
        ..AccessQuery::default()
    };
    let operator = Caller::operator();
    let entries = liar.clinic.store.accesses(&operator, query).await;
    let entries = entries.unwrap().entries;
    let refused = entries
        .iter()
        .filter(|e| e.act == "identity use" && e.outcome.is_some());
    assert_eq!(refused.count(), 15, "each refusal leaves its entry");
}

#[tokio::test]
async fn new_keys_of_a_provider_are_fetched_when_a_token_names_one_but_not_more_than_once_a_minute()
{
    let liar = Liar::new(|_| {}).await;
    assert_eq!(liar.with(|l, c| signed(l, &c)).await, "/account");
    let next = SigningKey::generate_es256("k2").unwrap();
    let keys = json!({"keys": [next.public_jwk()]});
    liar.says.lock().unwrap().insert("keys", keys);
    let led = liar.with(|_, c| next.sign(&c).unwrap()).await;
    assert_eq!(led, "/sign-in?after=failed", "asked for a moment ago");
    liar.clinic.minutes(2);
    assert_eq!(liar.with(|_, c| next.sign(&c).unwrap()).await, "/account");
    assert_eq!(
        liar.with(|l, c| signed(l, &c)).await,
        "/sign-in?after=failed",
        "the old key is gone"
    );
}

#[tokio::test]
async fn rfc_9207_an_answer_names_its_issuer_and_is_the_browsers_that_asked_once_in_time() {
    let liar = Liar::new(|_| {}).await;
    let failed = "/sign-in?after=failed";
    let mut browser = liar.clinic.browser();
    let address = leave(&mut browser).await;
    liar.say(signed(&liar, &liar.claims(&address)));
    let right = liar.back(&address);
    let mut other = liar.clinic.browser();
    leave(&mut other).await;
    assert_eq!(
        come_back(&mut other, &right).await.to(),
        failed,
        "another browser"
    );
    let nobody = come_back(&mut liar.clinic.browser(), &right).await;
    assert_eq!(nobody.to(), failed, "a browser that never went");
    let forged = right.replace("state=", "state=A");
    assert_eq!(come_back(&mut browser, &forged).await.to(), failed);
    let led = come_back(&mut browser.clone(), &right).await;
    assert_eq!(led.to(), "/account");
    let again = come_back(&mut browser, &right).await;
    assert_eq!(again.to(), failed, "twice");
    for change in ["", "&iss=https%3A%2F%2Fother.example"] {
        let mut browser = liar.clinic.browser();
        let address = leave(&mut browser).await;
        liar.say(signed(&liar, &liar.claims(&address)));
        let back = format!(
            "{BACK}?code=c&state={}{change}",
            parameter(&address, "state")
        );
        assert_eq!(
            come_back(&mut browser, &back).await.to(),
            failed,
            "{change}"
        );
    }
    let mut late = liar.clinic.browser();
    let address = leave(&mut late).await;
    liar.clinic.minutes(16);
    liar.say(signed(&liar, &liar.claims(&address)));
    assert_eq!(
        come_back(&mut late, &liar.back(&address)).await.to(),
        failed
    );
    let mut no = liar.clinic.browser();
    let address = leave(&mut no).await;
    let back = liar.back(&address).replace("code=c", "error=access_denied");
    assert_eq!(come_back(&mut no, &back).await.to(), failed);
}

#[tokio::test]
async fn one_factor_there_is_followed_by_our_second_one() {
    let liar = Liar::new(|_| {}).await;
    let weak = |l: &Liar, mut c: Value| {
        c["amr"] = json!(["pwd"]);
        signed(l, &c)
    };
    let mut browser = liar.clinic.browser();
    let address = leave(&mut browser).await;
    liar.say(weak(&liar, liar.claims(&address)));
    let led = come_back(&mut browser, &liar.back(&address)).await;
    assert_eq!(led.to(), "/account/enrol", "a nurse needs two");
    assert_eq!(browser.get("/account").await.to(), "/account/enrol");
    let app = TotpSecret::generate().unwrap();
    let bea = liar.clinic.person("bea", Role::NURSE, Some(&app)).await;
    link(&liar.clinic, &bea, &liar.base, "bea").await;
    let mut browser = liar.clinic.browser();
    let address = leave(&mut browser).await;
    let mut claims = liar.claims(&address);
    claims["sub"] = json!("s-2");
    claims["preferred_username"] = json!("bea");
    liar.say(weak(&liar, claims));
    let led = come_back(&mut browser, &liar.back(&address)).await;
    assert_eq!(led.to(), "/sign-in/second?to=%2Faccount");
}

#[tokio::test]
async fn a_disabled_person_does_not_come_in_through_a_provider() {
    let liar = Liar::new(|_| {}).await;
    assert_eq!(liar.with(|l, c| signed(l, &c)).await, "/account");
    let operator = Caller::operator();
    liar.clinic
        .store
        .disable_account(&operator, &liar.ann)
        .await
        .unwrap();
    assert_eq!(
        liar.with(|l, c| signed(l, &c)).await,
        "/sign-in?after=unlinked"
    );
}

#[tokio::test]
async fn a_stranger_gets_an_account_only_where_the_installation_says_so_and_never_anothers() {
    let liar = Liar::new(|p| p.unknown = Unknown::Made(vec![Role::PATIENT])).await;
    let of = |name: &'static str, subject: &'static str| {
        move |l: &Liar, mut c: Value| {
            c["sub"] = json!(subject);
            c["preferred_username"] = json!(name);
            c["name"] = json!("Zoe Example");
            signed(l, &c)
        }
    };
    assert_eq!(liar.with(of("zoe", "s-9")).await, "/account");
    assert_eq!(
        liar.with(of("zoe", "s-9")).await,
        "/account",
        "again the same"
    );
    // The name of an account here opens nothing.
    assert_eq!(liar.with(of("ann", "s-8")).await, "/sign-in?after=unlinked");
}

#[tokio::test]
async fn a_fresh_proof_may_come_from_the_provider_and_what_was_typed_waits() {
    let liar = Liar::new(|_| {}).await;
    let mut browser = liar.clinic.browser();
    let address = leave(&mut browser).await;
    liar.say(signed(&liar, &liar.claims(&address)));
    come_back(&mut browser, &liar.back(&address)).await;
    browser.get("/account").await;
    let locked = browser.post("/lock", &[("to", "/account")]).await;
    assert!(locked.to().starts_with("/lock"));
    let page = browser.get("/lock").await;
    assert!(page.text.contains("Go on with Hospital"), "{}", page.text);
    let left = browser
        .post("/unlock/with/hospital", &[("to", "/account")])
        .await;
    let address = left.onward().to_owned();
    assert!(
        address.contains("prompt=login") && address.contains("max_age="),
        "{address}"
    );
    // An old sign-in there is no fresh proof.
    let mut claims = liar.claims(&address);
    claims["auth_time"] = json!(liar.clinic.clock.now().seconds() - 3600);
    liar.say(signed(&liar, &claims));
    let led = come_back(&mut browser, &liar.back(&address)).await;
    assert_eq!(led.to(), "/lock?after=failed");
    browser.get("/lock").await;
    let left = browser
        .post("/unlock/with/hospital", &[("to", "/account")])
        .await;
    let address = left.onward().to_owned();
    let mut claims = liar.claims(&address);
    claims["auth_time"] = json!(liar.clinic.clock.now().seconds() - 5);
    liar.say(signed(&liar, &claims));
    let led = come_back(&mut browser, &liar.back(&address)).await;
    assert_eq!(led.to(), "/account");
    // A form that needs a fresh proof is sent when it is there.
    let asked = browser.post("/account/recovery-codes", &[]).await;
    assert!(
        asked.text.contains("What you typed is kept"),
        "{}",
        asked.text
    );
    let kept = [("to", asked.hidden("to")), ("kept", asked.hidden("kept"))];
    let fields: Vec<(&str, &str)> = kept.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let left = browser.post("/step-up/with/hospital", &fields).await;
    let address = left.onward().to_owned();
    let mut claims = liar.claims(&address);
    claims["auth_time"] = json!(liar.clinic.clock.now().seconds());
    liar.say(signed(&liar, &claims));
    let done = come_back(&mut browser, &liar.back(&address)).await;
    assert!(
        done.text.contains("Your recovery codes"),
        "{} {}",
        done.to(),
        done.text
    );
}

#[tokio::test]
async fn a_provider_that_does_not_answer_or_is_another_signs_nobody_in() {
    let liar = Liar::new(|_| {}).await;
    let metadata = json!({"issuer": "https://other.example"});
    liar.says.lock().unwrap().insert("metadata", metadata);
    let mut browser = liar.clinic.browser();
    browser.get("/sign-in").await;
    let away = browser.post("/sign-in/with/hospital", &[("to", "/")]).await;
    assert_eq!(away.to(), "/sign-in?after=away");
    assert!(
        browser
            .get(away.to())
            .await
            .text
            .contains("does not answer")
    );
    let none = browser.post("/sign-in/with/nobody", &[("to", "/")]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

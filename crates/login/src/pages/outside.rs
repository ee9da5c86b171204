//! `/sign-in/with/{provider}`: sign-in, unlocking and a fresh proof through an outside provider. What must be kept until the
//! browser comes back travels sealed as `state`, and holds for the browser that has the cookie beside it.

use aceso_policy::Strength;
use aceso_store::{Account, NewAccount, PeopleError, Proof, SessionState, UserName};
use aceso_vault::sha256;
use aceso_web::page::{Csrf, Layout, Link, Page, View, say};
use aceso_web::site::{Ask, Cookie, Life, Local, Outcome, PageFault, Reply, Take};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::html;
use serde::{Deserialize, Serialize};

use super::Pages;
use super::ceremony::Ceremonies;
use super::device::fresh;
use super::fault::fault;
use super::lock::found;
use super::sign_in::after_first;
use crate::form::encoded;
use crate::outside::{Known, OutsideError, Return, Told, Unknown};

/// The cookie that ties the way back to the browser that went.
const COOKIE: &str = "__Host-aceso-outside";
/// How long the person may take there.
pub(super) const LIFE_MILLIS: i64 = 15 * 60_000;
const LIFE_SECONDS: u32 = 15 * 60;
/// A fresh proof was made at most so many seconds before the person came back.
const FRESH_SECONDS: i64 = 300;
const LONGEST_PLACE: usize = 200;

/// What the person goes there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Aim {
    SignIn,
    Unlock,
    StepUp,
}

/// What must be kept until the browser comes back.
#[derive(Serialize, Deserialize)]
struct Journey {
    aim: Aim,
    nonce: String,
    verifier: String,
    browser: [u8; 32],
    to: String,
    /// Whether a form waits that was sent already.
    waits: bool,
}

/// On the way to a provider.
pub(super) struct Leaving {
    name: String,
    address: String,
}

impl View for Leaving {
    fn page(&self, _: &Csrf) -> Page {
        let body =
            html! { (Link::primary(say("Go to {0}", &[&self.name]), self.address.as_str())) };
        Page::new(say("Going to {0}", &[&self.name]), body)
            .layout(Layout::Alone)
            .lead("If nothing happens, use the button.")
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            name: "Riverside Hospital".into(),
            address: "https://idp.example/authorize?client_id=aceso".into(),
        }]
    }
}

/// `POST /sign-in/with/{provider}`
pub(super) async fn sign_in(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[Take::One("to")])?;
    begin(&pages, &ask, Aim::SignIn, Kept::No).await
}

/// `POST /unlock/with/{provider}`
pub(super) async fn unlock(pages: Pages, ask: Ask) -> Outcome {
    let kept = keep(&pages, &ask).await?;
    begin(&pages, &ask, Aim::Unlock, kept).await
}

/// `POST /step-up/with/{provider}`
pub(super) async fn step_up(pages: Pages, ask: Ask) -> Outcome {
    let kept = keep(&pages, &ask).await?;
    begin(&pages, &ask, Aim::StepUp, kept).await
}

/// Whether a form waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
}

/// A form that waits stays here, with the session.
async fn keep(pages: &Pages, ask: &Ask) -> Result<Kept, PageFault> {
    let fields = ask.fields(&super::challenge::FIELDS)?;
    let waiting = super::challenge::onward(ask, &fields).kept;
    let found = found(pages, ask).await?;
    match waiting {
        Some(kept) => {
            pages.keep_draft(ask, &found, &kept).await?;
            Ok(Kept::Yes)
        }
        None => Ok(Kept::No),
    }
}

async fn begin(pages: &Pages, ask: &Ask, aim: Aim, kept: Kept) -> Outcome {
    let known = pages.0.settings.providers.find(ask.param("provider"));
    let known = known.ok_or(PageFault::Missing)?;
    let metadata = match known.metadata(pages.now()).await {
        Ok(metadata) => metadata,
        Err(error) => {
            tracing::warn!(request = %ask.visit.id, issuer = known.provider.issuer, %error, "provider");
            return Ok(lost(aim, "away"));
        }
    };
    let (token, browser) = fresh()?;
    let (nonce, (verifier, _)) = (fresh()?.0, fresh()?);
    let to = ask.onward();
    let journey = Journey {
        aim,
        nonce: nonce.clone(),
        verifier: verifier.clone(),
        browser,
        waits: kept == Kept::Yes,
        to: match to.as_str().len() {
            0..=LONGEST_PLACE => to.as_str().to_owned(),
            _ => "/".to_owned(),
        },
    };
    let text = serde_json::to_string(&journey).map_err(PageFault::hidden)?;
    let state = journeys(pages).seal(pages.now(), &known.provider.id, text)?;
    let address = address(
        pages,
        known,
        &metadata.authorization,
        aim,
        &[
            ("state", &state),
            ("nonce", &nonce),
            (
                "code_challenge",
                &URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())),
            ),
        ],
    );
    let leaving = Leaving {
        name: known.provider.name.clone(),
        address: address.clone(),
    };
    let cookie = Cookie::new(COOKIE, token, Life::Seconds(LIFE_SECONDS));
    Ok(Reply::leaving(ask, &leaving, address).cookie(cookie))
}

/// The provider's address with our request (OpenID Connect Core 1.0, section 3.1.2.1).
fn address(
    pages: &Pages,
    known: &Known,
    authorization: &str,
    aim: Aim,
    secrets: &[(&str, &str)],
) -> String {
    let provider = &known.provider;
    let redirect = redirect(pages, known);
    let acr = provider.two_factors.acr.join(" ");
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", provider.client.as_str()),
        ("redirect_uri", redirect.as_str()),
        ("scope", provider.scopes.as_str()),
        ("code_challenge_method", "S256"),
    ];
    fields.extend_from_slice(secrets);
    if !acr.is_empty() {
        fields.push(("acr_values", &acr));
    }
    let age = max_age(known, aim).map(|seconds| seconds.to_string());
    if let Some(age) = &age {
        fields.push(("max_age", age));
    }
    if aim != Aim::SignIn {
        fields.push(("prompt", "login"));
    }
    let mut out = authorization.to_owned();
    let mut mark = if out.contains('?') { '&' } else { '?' };
    for (name, value) in fields {
        out.push(mark);
        out.push_str(name);
        out.push('=');
        out.push_str(&encoded(value));
        mark = '&';
    }
    out
}

fn redirect(pages: &Pages, known: &Known) -> String {
    let base = pages.0.settings.base.as_str();
    format!("{base}/sign-in/with/{}/back", known.provider.id)
}

fn max_age(known: &Known, aim: Aim) -> Option<i64> {
    match aim {
        Aim::SignIn => known.provider.max_age.map(i64::from),
        Aim::Unlock | Aim::StepUp => Some(FRESH_SECONDS),
    }
}

fn journeys(pages: &Pages) -> &Ceremonies {
    &pages.0.journeys
}

/// Back to where it began, with a word on what happened.
fn lost(aim: Aim, why: &'static str) -> Reply {
    let place = match aim {
        Aim::SignIn => "/sign-in",
        Aim::Unlock => "/lock",
        Aim::StepUp => "/step-up",
    };
    Reply::to(Local::with(place, &[("after", why)]))
}

/// `GET /sign-in/with/{provider}/back`
pub(super) async fn back(pages: Pages, ask: Ask) -> Outcome {
    let known = pages.0.settings.providers.find(ask.param("provider"));
    let known = known.ok_or(PageFault::Missing)?;
    let Some(journey) = journey(&pages, &ask, known) else {
        return refuse(&pages, &ask, known, Aim::SignIn, "no such request").await;
    };
    let ended = end(&pages, &ask, known, journey).await;
    ended.map(|reply| reply.cookie(Cookie::gone(COOKIE)))
}

/// The way back of the browser that went.
async fn end(pages: &Pages, ask: &Ask, known: &Known, journey: Journey) -> Outcome {
    let aim = journey.aim;
    if let Some(error) = ask.query("error") {
        let why = match error {
            "access_denied" => "stopped there by the person",
            _ => "refused there",
        };
        return refuse(pages, ask, known, aim, why).await;
    }
    let told = match told(pages, ask, known, &journey).await {
        Ok(told) => told,
        Err(error) => {
            tracing::warn!(request = %ask.visit.id, issuer = known.provider.issuer, %error, "provider");
            return refuse(pages, ask, known, aim, "the answer is not good").await;
        }
    };
    let Some(account) = account(pages, ask, known, &told).await? else {
        return Ok(lost(aim, "unlinked"));
    };
    let on = Local::parse(&journey.to).unwrap_or_else(Local::home);
    let strength = told.strength(known);
    let done = match aim {
        Aim::SignIn => enter(pages, ask, &account, strength, on).await,
        Aim::Unlock | Aim::StepUp => prove(pages, ask, &account, &journey, strength, on).await,
    };
    match done {
        // A disabled account answers like one that nobody linked.
        Err(PageFault::Refused(_) | PageFault::Missing) => Ok(lost(aim, "unlinked")),
        other => other,
    }
}

/// What was kept, when the browser is the one that went, within its time, for the first time.
fn journey(pages: &Pages, ask: &Ask, known: &Known) -> Option<Journey> {
    let state = ask.query("state").filter(|_| !ask.repeats())?;
    let text = journeys(pages).open(pages.now(), &known.provider.id, state)?;
    let journey: Journey = serde_json::from_str(&text).ok()?;
    let browser = crate::issue::digest(&ask.cookie(COOKIE)?);
    let right = aceso_vault::equal(&browser, &journey.browser);
    (right && journeys(pages).spend(pages.now(), state)).then_some(journey)
}

/// Checks who answers, and takes the code for an ID token.
async fn told(
    pages: &Pages,
    ask: &Ask,
    known: &Known,
    journey: &Journey,
) -> Result<Told, OutsideError> {
    let metadata = known.metadata(pages.now()).await?;
    let named = ask.query("iss");
    let itself = named.map_or(!metadata.names_itself, |iss| iss == known.provider.issuer);
    if !itself {
        return Err(OutsideError::Metadata("another provider answers"));
    }
    let code = ask.query("code").unwrap_or_default();
    let back = Return {
        code,
        verifier: &journey.verifier,
        nonce: &journey.nonce,
        redirect: &redirect(pages, known),
        now: pages.now(),
        max_age: max_age(known, journey.aim),
    };
    known.redeem(&metadata, back).await
}

/// Nobody is signed in: the log says why, the person only that it did not work.
async fn refuse(pages: &Pages, ask: &Ask, known: &Known, aim: Aim, why: &'static str) -> Outcome {
    let (caller, issuer) = (Pages::caller(ask), &known.provider.issuer);
    let noted = pages.0.store.outside_refused(&caller, issuer, why).await;
    noted.map_err(fault)?;
    Ok(lost(aim, "failed"))
}

/// Whose account it is; none when nobody linked the person.
async fn account(
    pages: &Pages,
    ask: &Ask,
    known: &Known,
    told: &Told,
) -> Result<Option<Account>, PageFault> {
    let mut outside = told.outside(known);
    if let Unknown::Made(roles) = &known.provider.unknown {
        let user_name = told.text("preferred_username").unwrap_or_default();
        outside.unknown = UserName::parse(user_name).ok().map(|user_name| NewAccount {
            display: told.text("name").unwrap_or(user_name.as_str()).to_owned(),
            user_name,
            email: None,
            fhir_user: None,
            roles: roles.clone(),
            facilities: Vec::new(),
            patients: Vec::new(),
            not_after: None,
            enrol: aceso_store::Enrol::No,
        });
    }
    let caller = Pages::caller(ask);
    match pages.0.store.take_identity(&caller, outside).await {
        Ok(account) => Ok(Some(account)),
        Err(PeopleError::Unknown | PeopleError::Refused(_)) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// Two factors there are two factors here; otherwise our own second one is asked for, as after a password.
async fn enter(
    pages: &Pages,
    ask: &Ask,
    account: &Account,
    strength: Strength,
    on: Local,
) -> Outcome {
    if strength > Strength::One {
        let state = SessionState::Full;
        return pages.enter(ask, &account.id, state, strength, on).await;
    }
    let credentials = pages.credentials(ask, &account.id).await?;
    let (state, on) = after_first(pages, ask, account, &credentials, on).await?;
    pages
        .enter(ask, &account.id, state, Strength::One, on)
        .await
}

/// The person of the session proves again who they are.
async fn prove(
    pages: &Pages,
    ask: &Ask,
    account: &Account,
    journey: &Journey,
    strength: Strength,
    on: Local,
) -> Outcome {
    let (found, aim) = (found(pages, ask).await?, journey.aim);
    if found.account.id != account.id {
        return Ok(lost(aim, "other"));
    }
    let proof = match aim {
        Aim::Unlock => Proof::Unlock,
        Aim::SignIn | Aim::StepUp => {
            let two = pages.0.store.wants_second_factor(account);
            if two && strength == Strength::One {
                return Ok(lost(aim, "weak"));
            }
            let until = pages.now().plus_millis(super::step_up::HOLDS_MILLIS);
            Proof::StepUp { until, strength }
        }
    };
    let waiting = match journey.waits {
        true => pages.take_draft(ask, &found).await?,
        false => None,
    };
    let reply = match waiting {
        Some(kept) => Reply::go_on(kept),
        None => pages.back_to(&found, Reply::to(on)).await?,
    };
    pages.prove(ask, &account.id, proof, reply).await
}

/// What a page says after the way to a provider led nowhere.
pub(super) fn said(after: &str) -> Option<(&'static str, &'static str)> {
    match after {
        "away" => Some((
            "The other sign-in does not answer",
            "Please try again in a minute, or use another way to sign in.",
        )),
        "failed" => Some((
            "The other sign-in did not work",
            "Please try again, or use another way to sign in.",
        )),
        "unlinked" => Some((
            "You are not known here by that sign-in",
            "Ask an administrator to link it to your account.",
        )),
        "other" => Some((
            "That sign-in is somebody else's",
            "Use your own, or switch person.",
        )),
        "weak" => Some((
            "That proof is not strong enough here",
            "Your role needs two factors: use a passkey, or your password with a code.",
        )),
        _ => None,
    }
}

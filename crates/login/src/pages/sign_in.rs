//! `/sign-in`: a passkey, or a user name and a password. Whatever is wrong, the answer is the same, and takes as long.

use aceso_policy::Strength;
use aceso_store::{Account, CredentialKind, OpenCredential, Right, SessionState};
use aceso_web::page::{
    Banner, Button, Csrf, Errors, Field, Form, Layout, Page, Passkey, Tone, View, say,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::Pages;
use super::ceremony::Offer;
use super::enter::Look;
use super::fault::fault;
use super::outside::said;
use super::parts::{Other, others, passkey_form};
use super::switch::{Waits, list, waiting};

/// The page.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub(super) offer: Option<Offer>,
    pub(super) others: Vec<Other>,
    pub(super) waiting: Vec<Waits>,
    pub(super) user: String,
    pub(super) to: Local,
    pub(super) errors: Errors,
    pub(super) notice: Option<Banner>,
}

impl View for SignIn {
    fn page(&self, csrf: &Csrf) -> Page {
        let typed = html! {
            (Field::text("user", "User name").value(self.user.as_str()).autocomplete("username webauthn").errors(&self.errors))
            (Field::password("password", "Password").autocomplete("current-password").errors(&self.errors))
            (Button::secondary("Sign in with password").whole())
        };
        let body = html! {
            (self.errors)
            (list(csrf, &self.waiting))
            @if let Some(offer) = &self.offer {
                (passkey_form(csrf, "/sign-in/passkey", Passkey::UseFromField, offer, "Sign in with a passkey").keep("to", self.to.as_str()))
                p.or data-with-passkey hidden { "or" }
            }
            (Form::post(csrf, "/sign-in", typed).keep("to", self.to.as_str()))
            @if !self.others.is_empty() {
                p.or { "or" }
                @for other in &self.others {
                    (other.form(csrf, "/sign-in").keep("to", self.to.as_str()))
                }
            }
            p { a href="/forgot" { "Cannot sign in?" } }
        };
        let page = Page::new("Sign in", body).layout(Layout::Alone);
        match &self.notice {
            Some(notice) => page.notice(notice.clone()),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let first = Self {
            offer: Some(Offer::sample()),
            others: vec![Other::sample()],
            waiting: vec![Waits::sample()],
            user: String::new(),
            to: Local::home(),
            errors: Errors::none(),
            notice: None,
        };
        let wrong = Self {
            offer: None,
            others: Vec::new(),
            waiting: Vec::new(),
            user: "ann".into(),
            errors: Errors::one("user", REFUSED),
            ..first.clone()
        };
        let after = Self {
            notice: signed_out("done"),
            ..first.clone()
        };
        vec![first, wrong, after]
    }
}

/// How long the pause is.
pub(super) const TOO_MANY: &str = "Too many wrong attempts. Please try again in {0} seconds.";

/// One text for all that can be wrong (ASVS 6.3.8).
pub(super) const REFUSED: &str = "The user name and the password do not belong together";

fn signed_out(after: &str) -> Option<Banner> {
    match after {
        "done" => Some(Banner::new(Tone::Good, "You are signed out")),
        "reset" => {
            Some(Banner::new(Tone::Good, "Your new password is set").text("Sign in with it now."))
        }
        "gone" => Some(
            Banner::new(Tone::Info, "Please sign in again")
                .text("The sign-in took too long, or has ended."),
        ),
        other => said(other).map(|(title, text)| Banner::new(Tone::Warning, title).text(text)),
    }
}

/// `GET /sign-in`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    if ask.who.is_some() {
        return Ok(Reply::to(ask.onward()));
    }
    let view = SignIn {
        offer: pages.ask_anybody()?,
        others: others(&pages),
        waiting: waiting(&pages, &ask).await?,
        user: String::new(),
        to: ask.onward(),
        errors: Errors::none(),
        notice: ask.query("after").and_then(signed_out),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /sign-in`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("user"), Take::One("password"), Take::One("to")])?;
    let (user, password) = (fields.trimmed("user"), fields.one("password"));
    let mut errors = Errors::none();
    if user.is_empty() {
        errors.add("user", "Enter your user name");
    }
    if password.is_empty() {
        errors.add("password", "Enter your password");
    }
    if errors.is_empty() {
        match pages.look(&ask, user, password).await? {
            Look::Right(account, credentials, attempt) => {
                let (state, on) =
                    after_first(&pages, &ask, &account, &credentials, ask.onward()).await?;
                let right = match state {
                    SessionState::SecondFactor => Right::More,
                    SessionState::Enrol | SessionState::Full | SessionState::Locked => Right::Done,
                };
                let caller = Pages::caller(&ask);
                let forgiven = pages.0.store.attempt_right(&caller, attempt, right);
                forgiven.await.map_err(fault)?;
                return pages
                    .enter(&ask, &account.id, state, Strength::One, on)
                    .await;
            }
            Look::Wrong => errors.add("user", REFUSED),
            Look::Wait(seconds) => errors.add("user", say(TOO_MANY, &[&seconds])),
        }
    }
    let view = SignIn {
        offer: pages.ask_anybody()?,
        others: others(&pages),
        waiting: waiting(&pages, &ask).await?,
        user: user.to_owned(),
        to: ask.onward(),
        errors,
        notice: None,
    };
    Ok(Reply::wrong(&ask, &view))
}

/// What follows one factor that was right: the second one, where there is one or the role asks for one.
pub(super) async fn after_first(
    pages: &Pages,
    ask: &Ask,
    account: &Account,
    credentials: &[OpenCredential],
    to: Local,
) -> Result<(SessionState, Local), PageFault> {
    if has_second(pages, ask, &account.id, credentials).await? {
        let on = Local::with("/sign-in/second", &[("to", to.as_str())]);
        return Ok((SessionState::SecondFactor, on));
    }
    if pages.0.store.wants_second_factor(account) {
        return Ok((SessionState::Enrol, Local::with("/account/enrol", &[])));
    }
    Ok((SessionState::Full, to))
}

/// Whether the account has something to show besides its password.
async fn has_second(
    pages: &Pages,
    ask: &Ask,
    account: &str,
    credentials: &[OpenCredential],
) -> Result<bool, PageFault> {
    let factor = |c: &OpenCredential| match c.credential.kind {
        CredentialKind::Passkey | CredentialKind::Totp => true,
        CredentialKind::Password => false,
    };
    if credentials.iter().any(factor) {
        return Ok(true);
    }
    let left = pages
        .0
        .store
        .recovery_codes_left(&Pages::caller(ask), account)
        .await
        .map_err(fault)?;
    Ok(left > 0)
}

/// `POST /sign-in/passkey`
pub(super) async fn passkey(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("state"), Take::One("credential"), Take::One("to")])?;
    let found = pages
        .answered_by(&ask, fields.one("state"), fields.one("credential"))
        .await?;
    if let Some(account) = found {
        let strength = Strength::PhishingResistant;
        let entered = pages
            .enter(&ask, &account, SessionState::Full, strength, ask.onward())
            .await;
        match entered {
            // A disabled account answers like a passkey that nobody has.
            Err(PageFault::Refused(_) | PageFault::Missing) => {}
            other => return other,
        }
    }
    let view = SignIn {
        offer: pages.ask_anybody()?,
        others: others(&pages),
        waiting: waiting(&pages, &ask).await?,
        user: String::new(),
        to: ask.onward(),
        errors: Errors::one(
            "user",
            "That passkey is not known here, or took too long. Please try again.",
        ),
        notice: None,
    };
    Ok(Reply::wrong(&ask, &view))
}

//! `/invitation/{token}`: a new person takes up the account: a passkey first, or a password.

use aceso_policy::Strength;
use aceso_store::{Account, CredentialSecret, LinkKind, NewCredential, Redeem, SessionState};
use aceso_vault::password::Use;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Page, Passkey, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::Pages;
use super::ceremony::Offer;
use super::fault::fault;
use super::parts::{browser, passkey_form};
use super::password::{Words, field};
use crate::issue::digest;

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Invitation {
    token: String,
    display: String,
    user: String,
    clinic: String,
    used: Use,
    offer: Option<Offer>,
    errors: Errors,
}

impl View for Invitation {
    fn page(&self, csrf: &Csrf) -> Page {
        let action = ["/invitation/", &self.token].concat();
        let typed = html! {
            (Field::text("user", "User name").value(self.user.as_str()).autocomplete("username").hint("This is how you sign in. It was chosen for you.").fixed())
            (field(self.used, &self.errors))
            (Button::secondary("Go on with a password").whole())
        };
        let body = html! {
            (self.errors)
            p { "You have been invited to " strong { (self.clinic) } " as " strong { (self.display) } ". Choose how you want to sign in." }
            @if let Some(offer) = &self.offer {
                (passkey_form(csrf, &[action.as_str(), "/passkey"].concat(), Passkey::Make, offer, "Create a passkey"))
                p.soft.small data-with-passkey hidden { "Your device asks for your finger, face or PIN. There is no password to forget, and nobody can trick you into giving it away." }
                p.or data-with-passkey hidden { "or" }
            }
            (Form::post(csrf, action, typed))
        };
        Page::new("Welcome", body).layout(Layout::Alone)
    }

    fn samples() -> Vec<Self> {
        let view = |offer, errors| Self {
            token: "sample".into(),
            display: "Ann Example".into(),
            user: "ann".into(),
            clinic: "Riverside Clinic".into(),
            used: Use::WithSecondFactor,
            offer,
            errors,
        };
        vec![
            view(Some(Offer::sample()), Errors::none()),
            view(
                None,
                Errors::one("password", "this repeats the same few characters"),
            ),
        ]
    }
}

/// The account that a link is for; a link that cannot be used is no page.
pub(super) async fn invited(
    pages: &Pages,
    ask: &Ask,
    kind: LinkKind,
) -> Result<Account, PageFault> {
    invited_by(pages, ask, &[kind]).await
}

/// The same, for a link of one of several kinds.
pub(super) async fn invited_by(
    pages: &Pages,
    ask: &Ask,
    kinds: &[LinkKind],
) -> Result<Account, PageFault> {
    let hash = digest(ask.param("token"));
    let link = pages.0.store.link(&hash).await.map_err(PageFault::hidden)?;
    let link = link.filter(|l| kinds.contains(&l.kind));
    let link = link.ok_or(PageFault::Missing)?;
    pages
        .0
        .store
        .account(&Pages::caller(ask), &link.account)
        .await
        .map_err(fault)
}

fn view(
    pages: &Pages,
    ask: &Ask,
    account: &Account,
    errors: Errors,
) -> Result<Invitation, PageFault> {
    Ok(Invitation {
        token: ask.param("token").to_owned(),
        display: account.display.clone(),
        user: account.user_name.to_string(),
        clinic: pages.0.settings.clinic.clone(),
        used: pages.password_use(account),
        offer: pages.ask_new(account, &[])?,
        errors,
    })
}

/// `GET /invitation/{token}`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let account = invited(&pages, &ask, LinkKind::Invitation).await?;
    Ok(Reply::page(
        &ask,
        &view(&pages, &ask, &account, Errors::none())?,
    ))
}

/// `POST /invitation/{token}`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("user"), Take::One("password")])?;
    let account = invited(&pages, &ask, LinkKind::Invitation).await?;
    let errors = pages.flaws(
        pages.password_use(&account),
        &Words::of(&account),
        fields.one("password"),
    );
    if !errors.is_empty() {
        return Ok(Reply::wrong(&ask, &view(&pages, &ask, &account, errors)?));
    }
    let new = pages.as_credential(fields.one("password")).await?;
    let hash = digest(ask.param("token"));
    let redeemed = pages
        .0
        .store
        .redeem(&Pages::caller(&ask), hash, Redeem::TakeUp(new))
        .await;
    redeemed.map_err(fault)?;
    let (state, on) = match pages.0.store.wants_second_factor(&account) {
        true => (SessionState::Enrol, "/account/enrol"),
        false => (SessionState::Full, "/"),
    };
    pages
        .enter(
            &ask,
            &account.id,
            state,
            Strength::One,
            Local::with(on, &[]),
        )
        .await
}

/// `POST /invitation/{token}/passkey`
pub(super) async fn passkey(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("state"), Take::One("credential")])?;
    let account = invited(&pages, &ask, LinkKind::Invitation).await?;
    let Some(key) = pages.made(&account, fields.one("state"), fields.one("credential")) else {
        let why = "The passkey was not made. Please try again, or use a password.";
        let errors = Errors::one("password", pages.not_made(&account, why));
        return Ok(Reply::wrong(&ask, &view(&pages, &ask, &account, errors)?));
    };
    let new = NewCredential {
        label: browser(&ask.agent),
        secret: CredentialSecret::Passkey {
            key_id: key.id().to_vec(),
            text: aceso_base::Secret::new(key.to_text().map_err(PageFault::hidden)?),
        },
    };
    let hash = digest(ask.param("token"));
    let redeemed = pages
        .0
        .store
        .redeem(&Pages::caller(&ask), hash, Redeem::TakeUp(new))
        .await;
    redeemed.map_err(fault)?;
    pages
        .enter(
            &ask,
            &account.id,
            SessionState::Full,
            Strength::PhishingResistant,
            Local::home(),
        )
        .await
}

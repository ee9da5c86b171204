//! `/account/passkeys`: one more passkey.

use aceso_policy::Strength;
use aceso_store::{CredentialSecret, NewCredential, PeopleError, SessionState};
use aceso_vault::passkey::Passkey as Key;
use aceso_web::page::{
    Button, Crumb, Csrf, Errors, Field, Form, Icon, Layout, Link, Page, Passkey, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, State, Take};
use maud::html;

use super::Pages;
use super::account::fresh;
use super::ceremony::Offer;
use super::fault::fault;
use super::lock::found;
use super::parts::browser;
use super::{enrol, enrol::choose};

/// The page.
#[derive(Clone, Debug)]
pub(super) struct AddPasskey {
    offer: Option<Offer>,
    label: String,
    errors: Errors,
}

impl View for AddPasskey {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            (self.errors)
            @match &self.offer {
                Some(offer) => {
                    (Form::post(csrf, "/account/passkeys", html! {
                        (Field::text("label", "Name").value(self.label.as_str()).hint("So that you can tell your passkeys apart").longest(80))
                        div.buttons { (Button::primary("Create the passkey").icon(Icon::Key)) (Link::quiet("Cancel", "/account")) }
                    }).passkey(Passkey::Make, offer.options.as_str()).keep("state", offer.state.as_str()))
                    noscript { p { "A passkey needs script, which your browser has turned off for this page." } }
                }
                None => {
                    p { "Browsers bind passkeys to a name, and this installation is reached by a number only. Whoever looks after it can give it a name." }
                    div.buttons { (Link::secondary("Back", "/account")) }
                }
            }
        };
        Page::new("Add a passkey", body)
            .layout(Layout::Column)
            .here("/account")
            .crumbs(vec![Crumb::new("Your account", "/account")])
            .lead("Your device, or a security key, confirms that it is you.")
    }

    fn samples() -> Vec<Self> {
        let view = |offer, errors| Self {
            offer,
            label: "Chrome on Linux".into(),
            errors,
        };
        vec![
            view(Some(Offer::sample()), Errors::none()),
            view(None, Errors::none()),
            view(
                Some(Offer::sample()),
                Errors::one("label", "The passkey was not made. Please try again."),
            ),
        ]
    }
}

/// `GET /account/passkeys/new`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    fresh(&pages, &ask)?;
    Ok(Reply::page(
        &ask,
        &page(&pages, &ask, Errors::none()).await?,
    ))
}

async fn page(pages: &Pages, ask: &Ask, errors: Errors) -> Result<AddPasskey, PageFault> {
    let found = found(pages, ask).await?;
    let account = &found.account;
    let credentials = pages
        .0
        .store
        .open_credentials(&Pages::caller(ask), &account.id)
        .await
        .map_err(fault)?;
    Ok(AddPasskey {
        offer: pages.ask_new(account, &credentials)?,
        label: browser(&ask.agent),
        errors,
    })
}

/// A new passkey as a credential.
fn credential(key: &Key, label: &str) -> Result<NewCredential, PageFault> {
    Ok(NewCredential {
        label: label.to_owned(),
        secret: CredentialSecret::Passkey {
            key_id: key.id().to_vec(),
            text: aceso_base::Secret::new(key.to_text().map_err(PageFault::hidden)?),
        },
    })
}

/// `POST /account/passkeys`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[
        Take::One("state"),
        Take::One("credential"),
        Take::One("label"),
    ])?;
    let who = ask.person()?;
    if who.state == State::Open {
        fresh(&pages, &ask)?;
    }
    let found = found(&pages, &ask).await?;
    let account = &found.account;
    let enrolling = found.session.state == SessionState::Enrol;
    let label = match fields.trimmed("label") {
        "" => browser(&ask.agent),
        label => label.to_owned(),
    };
    let problem = match pages.made(account, fields.one("state"), fields.one("credential")) {
        None => pages.not_made(account, "The passkey was not made. Please try again."),
        Some(key) => {
            let added = pages
                .0
                .store
                .add_credential(&who.caller, &account.id, credential(&key, &label)?)
                .await;
            match added {
                Ok(_) if enrolling => {
                    return enrol::complete(&pages, &ask, &found, Strength::PhishingResistant)
                        .await;
                }
                Ok(_) => return Ok(Reply::to(Local::with("/account", &[("done", "passkey")]))),
                Err(PeopleError::Refused(refusal)) => refusal.to_string(),
                Err(error) => return Err(fault(error)),
            }
        }
    };
    let errors = Errors::one("label", problem);
    if enrolling {
        return Ok(Reply::wrong(&ask, &choose(&pages, &found, errors)?));
    }
    Ok(Reply::wrong(&ask, &page(&pages, &ask, errors).await?))
}

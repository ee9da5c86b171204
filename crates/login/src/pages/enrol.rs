//! `/account/enrol`: a person whose role asks for a second factor chooses one before anything else.

use aceso_policy::{Role, Strength};
use aceso_store::{FoundSession, Proof, SessionState};
use aceso_vault::recovery::RecoveryCode;
use aceso_web::page::{Csrf, Errors, Layout, Link, Page, Passkey, Steps, View};
use aceso_web::site::{Ask, Cookie, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::Pages;
use super::ceremony::Offer;
use super::device::{fresh, session};
use super::fault::fault;
use super::lock::found;
use super::parts::passkey_form;
use super::recovery::Sheet;
use super::set_up::STEPS;
use super::step_up::HOLDS_MILLIS;

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Choose {
    pub(super) offer: Option<Offer>,
    pub(super) first: First,
    pub(super) errors: Errors,
}

/// Whether this is part of setting up the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// It is the first administrator.
    Administrator,
    /// It is not.
    Person,
}

impl First {
    /// The steps of setting up, where this belongs to it.
    pub(super) fn steps(self, now: usize) -> Markup {
        match self {
            Self::Administrator => html! { (Steps::new(STEPS, now)) },
            Self::Person => Markup::default(),
        }
    }
}

impl View for Choose {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            (self.first.steps(1))
            (self.errors)
            @if let Some(offer) = &self.offer {
                section.stack.tight {
                    h2 { "Passkey" }
                    p { "Your device, or a security key, confirms that it is you with a finger, a face or a PIN. No false page can steal it." }
                    (passkey_form(csrf, "/account/passkeys", Passkey::Make, offer, "Create a passkey"))
                    noscript { p.soft { "A passkey needs script, which your browser has turned off for this page." } }
                }
                p.or { "or" }
            }
            section.stack.tight {
                h2 { "Authenticator app" }
                p { "An app on your phone shows a new code of six digits every 30 seconds." }
                (Link::secondary("Use an app", "/account/app"))
            }
        };
        Page::new("Add a second factor", body)
            .layout(Layout::AloneBroad)
            .lead("Your work here needs one: a password alone can be guessed or stolen.")
    }

    fn samples() -> Vec<Self> {
        let view = |offer, first, errors| Self {
            offer,
            first,
            errors,
        };
        vec![
            view(Some(Offer::sample()), First::Administrator, Errors::none()),
            view(None, First::Person, Errors::none()),
        ]
    }
}

/// `GET /account/enrol`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    if found.session.state != SessionState::Enrol {
        return Ok(Reply::to_path("/account"));
    }
    Ok(Reply::page(&ask, &choose(&pages, &found, Errors::none())?))
}

/// The page for this session.
pub(super) fn choose(
    pages: &Pages,
    found: &FoundSession,
    errors: Errors,
) -> Result<Choose, PageFault> {
    let account = &found.account;
    let offer = pages.ask_new(account, &[])?;
    Ok(Choose {
        offer,
        first: first(found),
        errors,
    })
}

/// Whether the person administers the installation: then the key's shares come next.
pub(super) fn first(found: &FoundSession) -> First {
    match found.account.has_role(&Role::ADMINISTRATOR) {
        true => First::Administrator,
        false => First::Person,
    }
}

/// After the factor is enrolled: the session is complete, its proof is fresh, and the recovery codes are shown once.
pub(super) async fn complete(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    strength: Strength,
) -> Outcome {
    let (caller, store, account) = (Pages::caller(ask), &pages.0.store, &found.account);
    let sheet = RecoveryCode::sheet().map_err(PageFault::hidden)?;
    let digests = sheet.iter().map(RecoveryCode::digest).collect();
    store
        .set_recovery_codes(&caller, &account.id, digests)
        .await
        .map_err(fault)?;
    let (_, between) = fresh()?;
    let proof = Proof::Complete { strength };
    store
        .prove_session(&caller, &session(ask)?, between, proof)
        .await
        .map_err(fault)?;
    let (token, hash) = fresh()?;
    let until = pages.now().plus_millis(HOLDS_MILLIS);
    let proof = Proof::StepUp { until, strength };
    store
        .prove_session(&caller, &between, hash, proof)
        .await
        .map_err(fault)?;
    let view = Sheet {
        first: first(found),
        enrolled: true,
        codes: sheet.iter().map(|c| c.to_printed().to_string()).collect(),
        user: account.user_name.to_string(),
        clinic: pages.0.settings.clinic.clone(),
    };
    Ok(Reply::page(ask, &view).cookie(Cookie::session(token)))
}

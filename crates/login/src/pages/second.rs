//! `/sign-in/second`, `/sign-in/recovery`: the second factor of a sign-in that began with a password.

use aceso_policy::Strength;
use aceso_store::{FoundSession, Proof, SessionState};
use aceso_vault::recovery::RecoveryCode;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::Pages;
use super::challenge::{self, Aim, go, wrong};
use super::device::session;
use super::enter::Tried;
use super::fault::fault;
use super::met::{Met, by_passkey, by_typing};
use super::parts::Onward;

/// The sign-in that waits for its second factor.
pub(super) async fn waiting(pages: &Pages, ask: &Ask) -> Result<Option<FoundSession>, PageFault> {
    let Ok(hash) = session(ask) else {
        return Ok(None);
    };
    let found = pages
        .0
        .store
        .session(&hash)
        .await
        .map_err(PageFault::hidden)?;
    Ok(found.filter(|f| f.session.state == SessionState::SecondFactor))
}

pub(super) fn begin_again() -> Outcome {
    Ok(Reply::to(Local::with("/sign-in", &[("after", "gone")])))
}

/// `GET /sign-in/second`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let Some(found) = waiting(&pages, &ask).await? else {
        return begin_again();
    };
    let to = Onward {
        to: ask.onward().as_str().to_owned(),
        kept: None,
    };
    challenge::page(&pages, &ask, &found, Aim::Second, to, Errors::none()).await
}

/// `POST /sign-in/second`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let Some(found) = waiting(&pages, &ask).await? else {
        return begin_again();
    };
    let met = by_typing(&pages, &ask, &found, Aim::Second).await?;
    complete(&pages, &ask, &found, met).await
}

/// `POST /sign-in/second/passkey`
pub(super) async fn passkey(pages: Pages, ask: Ask) -> Outcome {
    let Some(found) = waiting(&pages, &ask).await? else {
        return begin_again();
    };
    let met = by_passkey(&pages, &ask, &found, Aim::Second).await?;
    complete(&pages, &ask, &found, met).await
}

async fn complete(pages: &Pages, ask: &Ask, found: &FoundSession, met: Met) -> Outcome {
    match met {
        Met::Proven(strength, onward) => {
            let (id, proof) = (&found.account.id, Proof::Complete { strength });
            pages.prove(ask, id, proof, go(onward)).await
        }
        Met::Not(page) => Ok(page),
    }
}

/// The page for a recovery code.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    to: String,
    errors: Errors,
}

impl View for Recovery {
    fn page(&self, csrf: &Csrf) -> Page {
        let code = Field::text("code", "Recovery code")
            .hint("One of the ten on the sheet you printed; six groups of four. Each works once.")
            .autocomplete("off")
            .errors(&self.errors)
            .first();
        let form = Form::post(
            csrf,
            "/sign-in/recovery",
            html! { (code) (Button::primary("Go on").whole()) },
        );
        let body = html! { (self.errors) (form.keep("to", self.to.as_str())) p { a href="/sign-in/second" { "Use another way" } } };
        Page::new("Recovery code", body).layout(Layout::Alone)
    }

    fn samples() -> Vec<Self> {
        let to = "/".to_owned();
        vec![
            Self {
                to: to.clone(),
                errors: Errors::none(),
            },
            Self {
                to,
                errors: Errors::one("code", "That is not right. Please try again."),
            },
        ]
    }
}

/// `GET /sign-in/recovery`
pub(super) async fn show_recovery(pages: Pages, ask: Ask) -> Outcome {
    if waiting(&pages, &ask).await?.is_none() {
        return begin_again();
    }
    let view = Recovery {
        to: ask.onward().as_str().to_owned(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /sign-in/recovery`
pub(super) async fn post_recovery(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("code"), Take::One("to")])?;
    let Some(found) = waiting(&pages, &ask).await? else {
        return begin_again();
    };
    let account = &found.account;
    let caller = Pages::caller(&ask);
    let code = RecoveryCode::parse(fields.one("code"));
    let proof = async {
        match code {
            Some(code) => {
                let taken = pages
                    .0
                    .store
                    .take_recovery_code(&caller, &account.id, code.digest());
                taken.await.map_err(fault)
            }
            None => Ok(false),
        }
    };
    match pages
        .try_proof(&ask, account, "recovery code", proof)
        .await?
    {
        Tried::Right => {
            let strength = Strength::Two;
            pages
                .prove(
                    &ask,
                    &account.id,
                    Proof::Complete { strength },
                    Reply::to(ask.onward()),
                )
                .await
        }
        tried => {
            let view = Recovery {
                to: ask.onward().as_str().to_owned(),
                errors: wrong("code", &tried),
            };
            Ok(Reply::wrong(&ask, &view))
        }
    }
}

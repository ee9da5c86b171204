//! What the form of a challenge proves: what was typed, or a passkey's answer.

use aceso_policy::Strength;
use aceso_store::FoundSession;
use aceso_web::site::{Ask, Fields, PageFault, Reply};

use super::Pages;
use super::challenge::{self, Aim, FIELDS, onward, wrong};
use super::enter::Tried;
use super::parts::Onward;

/// How a challenge was met.
pub(super) enum Met {
    /// It is proven who they are.
    Proven(Strength, Onward),
    /// It is not: the page again, with what is wrong.
    Not(Reply),
}

/// Weighs what was typed.
pub(super) async fn by_typing(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    aim: Aim,
) -> Result<Met, PageFault> {
    let fields = ask.fields(&FIELDS)?;
    let account = &found.account;
    let credentials = pages.credentials(ask, &account.id).await?;
    let proof = pages.typed_proof(ask, aim, account, &credentials, &fields);
    match proof.await? {
        (Tried::Right, strength) => Ok(Met::Proven(strength, onward(ask, &fields))),
        (tried, _) => again(pages, ask, found, aim, (&fields, &tried)).await,
    }
}

/// Weighs a passkey's answer.
pub(super) async fn by_passkey(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    aim: Aim,
) -> Result<Met, PageFault> {
    let fields = ask.fields(&FIELDS)?;
    let account = &found.account.id;
    let credentials = pages.credentials(ask, account).await?;
    let (state, answer) = (fields.one("state"), fields.one("credential"));
    let answered = pages.account_answered(ask, account, &credentials, state, answer);
    if answered.await? {
        let strength = Strength::PhishingResistant;
        return Ok(Met::Proven(strength, onward(ask, &fields)));
    }
    again(pages, ask, found, aim, (&fields, &Tried::Wrong)).await
}

async fn again(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    aim: Aim,
    (fields, tried): (&Fields, &Tried),
) -> Result<Met, PageFault> {
    let field = match aim {
        Aim::Second => "code",
        Aim::Unlock | Aim::StepUp => "password",
    };
    let (onward, errors) = (onward(ask, fields), wrong(field, tried));
    let page = challenge::page(pages, ask, found, aim, onward, errors);
    Ok(Met::Not(page.await?))
}

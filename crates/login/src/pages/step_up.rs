//! `/step-up`: a fresh proof before what matters; it holds for ten minutes (ASVS 7.5.1, 7.5.3).

use aceso_store::{FoundSession, Proof};
use aceso_web::page::Errors;
use aceso_web::site::{Ask, Outcome};

use super::Pages;
use super::challenge::{self, Aim, go};
use super::lock::found;
use super::met::{Met, by_passkey, by_typing};
use super::parts::Onward;

/// How long a fresh proof holds.
pub(super) const HOLDS_MILLIS: i64 = 10 * 60_000;

/// `GET /step-up`; also the answer to a form that needs a fresh proof first.
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    let on = Onward {
        to: ask.onward().as_str().to_owned(),
        kept: ask.kept.clone(),
    };
    challenge::page(&pages, &ask, &found, Aim::StepUp, on, Errors::none()).await
}

/// `POST /step-up`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    let met = by_typing(&pages, &ask, &found, Aim::StepUp).await?;
    step_up(&pages, &ask, &found, met).await
}

/// `POST /step-up/passkey`
pub(super) async fn passkey(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    let met = by_passkey(&pages, &ask, &found, Aim::StepUp).await?;
    step_up(&pages, &ask, &found, met).await
}

async fn step_up(pages: &Pages, ask: &Ask, found: &FoundSession, met: Met) -> Outcome {
    match met {
        Met::Proven(strength, onward) => {
            let until = pages.now().plus_millis(HOLDS_MILLIS);
            let proof = Proof::StepUp { until, strength };
            pages.prove(ask, &found.account.id, proof, go(onward)).await
        }
        Met::Not(page) => Ok(page),
    }
}

//! `/step-up`: a fresh proof before what matters; it holds for ten minutes (ASVS 7.5.1, 7.5.3).

use aceso_policy::Strength;
use aceso_store::{FoundSession, Proof};
use aceso_web::page::Errors;
use aceso_web::site::{Ask, Outcome};

use super::Pages;
use super::challenge::{self, Aim, FIELDS, go, onward, wrong};
use super::enter::Tried;
use super::lock::found;
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
    let fields = ask.fields(&FIELDS)?;
    let found = found(&pages, &ask).await?;
    let account = &found.account;
    let credentials = pages.credentials(&ask, &account.id).await?;
    let proof = pages
        .typed_proof(&ask, Aim::StepUp, account, &credentials, &fields)
        .await?;
    match proof {
        (Tried::Right, strength) => {
            step_up(&pages, &ask, &found, strength, onward(&ask, &fields)).await
        }
        (tried, _) => {
            challenge::page(
                &pages,
                &ask,
                &found,
                Aim::StepUp,
                onward(&ask, &fields),
                wrong("password", &tried),
            )
            .await
        }
    }
}

/// `POST /step-up/passkey`
pub(super) async fn passkey(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&FIELDS)?;
    let found = found(&pages, &ask).await?;
    let account = &found.account;
    let credentials = pages.credentials(&ask, &account.id).await?;
    let (state, answer) = (fields.one("state"), fields.one("credential"));
    if pages
        .account_answered(&ask, &account.id, &credentials, state, answer)
        .await?
    {
        return step_up(
            &pages,
            &ask,
            &found,
            Strength::PhishingResistant,
            onward(&ask, &fields),
        )
        .await;
    }
    challenge::page(
        &pages,
        &ask,
        &found,
        Aim::StepUp,
        onward(&ask, &fields),
        wrong("password", &Tried::Wrong),
    )
    .await
}

async fn step_up(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    strength: Strength,
    onward: Onward,
) -> Outcome {
    let until = pages.now().plus_millis(HOLDS_MILLIS);
    let proof = Proof::StepUp { until, strength };
    pages.prove(ask, &found.account.id, proof, go(onward)).await
}

//! `/lock`, `/unlock`: a session that stood idle or was locked is opened by one factor (NIST SP 800-63B-4; row N9). The page
//! and what was typed on it wait.

use aceso_store::{FoundSession, Proof, SessionState};
use aceso_web::page::Errors;
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, State};

use super::Pages;
use super::challenge::{self, Aim, go};
use super::device::session;
use super::draft::LEAVING;
use super::fault::fault;
use super::met::{Met, by_passkey, by_typing};
use super::parts::Onward;

/// The session of the browser.
pub(super) async fn found(pages: &Pages, ask: &Ask) -> Result<FoundSession, PageFault> {
    let hash = session(ask)?;
    let found = pages
        .0
        .store
        .session(&hash)
        .await
        .map_err(PageFault::hidden)?;
    found.ok_or(PageFault::SignIn)
}

/// `POST /lock`
pub(super) async fn lock(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&LEAVING)?;
    lock_now(&pages, &ask, &fields).await?;
    Ok(Reply::to(Local::with(
        "/lock",
        &[("to", ask.onward().as_str())],
    )))
}

/// Locks the session; what was typed waits with it.
pub(super) async fn lock_now(pages: &Pages, ask: &Ask, fields: &Fields) -> Result<(), PageFault> {
    let who = ask.person()?;
    if who.state == State::Open {
        let found = found(pages, ask).await?;
        pages.keep_left(ask, &found, fields).await?;
        let hash = session(ask)?;
        let locked = pages.0.store.lock_session(&who.caller, &hash).await;
        locked.map_err(fault)?;
    }
    Ok(())
}

/// `GET /lock`; also the answer to a form that was sent from a locked session.
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    if found.session.state != SessionState::Locked {
        return Ok(Reply::to(ask.onward()));
    }
    let on = Onward {
        to: ask.onward().as_str().to_owned(),
        kept: ask.kept.clone(),
    };
    challenge::page(&pages, &ask, &found, Aim::Unlock, on, Errors::none()).await
}

/// `POST /unlock`
pub(super) async fn unlock(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    match by_typing(&pages, &ask, &found, Aim::Unlock).await? {
        Met::Proven(_, onward) => open(&pages, &ask, &found, Proof::Unlock, onward).await,
        Met::Not(page) => Ok(page),
    }
}

/// `POST /unlock/passkey`
pub(super) async fn passkey(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    match by_passkey(&pages, &ask, &found, Aim::Unlock).await? {
        // A passkey is proof enough for what needs a fresh one, too.
        Met::Proven(strength, onward) => {
            let until = pages.now().plus_millis(super::step_up::HOLDS_MILLIS);
            let proof = Proof::StepUp { until, strength };
            open(&pages, &ask, &found, proof, onward).await
        }
        Met::Not(page) => Ok(page),
    }
}

async fn open(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    proof: Proof,
    onward: Onward,
) -> Outcome {
    let reply = match onward.kept {
        Some(_) => go(onward),
        None => pages.back_to(found, go(onward)).await?,
    };
    match pages.prove(ask, &found.account.id, proof, reply).await {
        // It was locked before its second factor was enrolled: the sign-in begins again.
        Err(PageFault::Missing) => Ok(Reply::to(Local::with("/sign-in", &[("after", "gone")]))
            .cookie(aceso_web::site::Cookie::gone(
                aceso_web::site::Cookie::SESSION,
            ))),
        other => other,
    }
}

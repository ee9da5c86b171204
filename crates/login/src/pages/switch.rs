//! `/switch`: another person comes to a shared workstation. The session before is locked, not ended: it waits at this browser
//! for its person, with what they had typed.

use aceso_web::page::{Banner, Button, Csrf, Errors, Form, Icon, Tone, say};
use aceso_web::site::{Ask, Cookie, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::Pages;
use super::device;
use super::draft::LEAVING;
use super::fault::fault;
use super::lock::lock_now;
use super::parts::others;
use super::sign_in::SignIn;

/// A locked session that waits here, as a button.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    id: String,
    name: String,
}

impl Waits {
    /// For samples.
    pub(super) fn sample() -> Self {
        Self {
            id: "1".into(),
            name: "Bea Example".into(),
        }
    }
}

/// The people whose sessions wait at this browser.
pub(super) async fn waiting(pages: &Pages, ask: &Ask) -> Result<Vec<Waits>, PageFault> {
    let Some(device) = device::known(ask) else {
        return Ok(Vec::new());
    };
    let caller = Pages::caller(ask);
    let found = pages.0.store.parked_sessions(&caller, &device).await;
    let here = ask.who.as_ref().map(|who| who.session.as_str());
    let others = found
        .map_err(fault)?
        .into_iter()
        .filter(|one| Some(one.id.as_str()) != here)
        .map(|one| Waits {
            id: one.id,
            name: one.display,
        });
    Ok(others.collect())
}

/// The part of the sign-in page.
pub(super) fn list(csrf: &Csrf, all: &[Waits]) -> Markup {
    html! {
        @if !all.is_empty() {
            p.label { "Locked here" }
            @for one in all {
                @let button = Button::secondary(&one.name).icon(Icon::Lock).whole();
                (Form::post(csrf, format!("/switch/{}", one.id), html! { (button) }))
            }
            p.or { "or" }
        }
    }
}

/// `GET /switch`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let name = ask.person()?.badge.name.clone();
    let view = SignIn {
        offer: pages.ask_anybody()?,
        others: others(&pages),
        waiting: waiting(&pages, &ask).await?,
        user: String::new(),
        to: Local::home(),
        errors: Errors::none(),
        notice: Some(
            Banner::new(Tone::Info, say("{0} is locked here", &[&name]))
                .text("That session waits, with what was typed, until its person comes back."),
        ),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /switch`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&LEAVING)?;
    lock_now(&pages, &ask, &fields).await?;
    Ok(Reply::to_path("/switch"))
}

/// `POST /switch/{session}`
pub(super) async fn resume(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[])?;
    let device = device::known(&ask).ok_or(PageFault::Missing)?;
    // Who is here now waits, too.
    if ask.who.is_some() {
        lock_now(&pages, &ask, &fields).await?;
    }
    let (token, hash) = device::fresh()?;
    let caller = Pages::caller(&ask);
    let resumed = pages
        .0
        .store
        .resume_session(&caller, ask.param("session"), &device, hash);
    resumed.await.map_err(fault)?;
    Ok(Reply::to_path("/lock").cookie(Cookie::session(token)))
}

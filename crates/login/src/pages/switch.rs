//! `/switch`: another person comes to a shared workstation. Their sign-in takes the place of the session before, which ends.

use aceso_web::page::{Banner, Errors, Tone};
use aceso_web::site::{Ask, Local, Outcome, Reply};

use super::Pages;
use super::parts::others;
use super::sign_in::SignIn;

/// `GET /switch`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let name = ask.person()?.badge.name.clone();
    let view = SignIn {
        offer: pages.ask_anybody()?,
        others: others(&pages),
        user: String::new(),
        to: Local::home(),
        errors: Errors::none(),
        notice: Some(
            Banner::new(Tone::Info, format!("{name} is signed in here"))
                .text("That session ends when somebody else signs in."),
        ),
    };
    Ok(Reply::page(&ask, &view))
}

//! `/still`: what the script asks before it sends what somebody typed: whose session it is now, and the token of its forms.
//! Where nobody is signed in the answer is empty, and what was typed stays on the page until somebody is.

use aceso_web::site::{Ask, Outcome, Reply, State};
use axum::response::IntoResponse;

use super::Pages;

/// `GET /still`: the account's id and the token, a line each; `locked` where somebody has to unlock first.
pub(super) async fn show(_: Pages, ask: Ask) -> Outcome {
    let said = match &ask.who {
        // A form that is sent from a locked session waits behind the lock.
        Some(who) if who.state == State::Locked => "locked".to_owned(),
        Some(who) => who.caller.as_person().map_or_else(String::new, |person| {
            [person.account.as_str(), "\n", ask.csrf.token()].concat()
        }),
        None => String::new(),
    };
    Ok(Reply::other(said.into_response()))
}

//! `/still`: what the script asks before it sends what somebody typed: whose session it is now, and the token of its forms.
//! Where nobody is signed in the answer is empty, and what was typed stays on the page until somebody is.

use aceso_web::site::{Ask, Outcome, Reply};
use axum::response::IntoResponse;

use super::Pages;

/// `GET /still`: the account's id and the token, a line each.
pub(super) async fn show(_: Pages, ask: Ask) -> Outcome {
    let who = ask.who.as_ref();
    let account = who.and_then(|who| Some(who.caller.as_person()?.account.as_str()));
    let said = account.map_or_else(String::new, |account| {
        [account, "\n", ask.csrf.token()].concat()
    });
    Ok(Reply::other(said.into_response()))
}

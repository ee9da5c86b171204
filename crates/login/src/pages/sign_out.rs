//! `/sign-out`: the session ends here and in the store; the browser forgets all it holds of us.

use aceso_web::site::{Ask, Cookie, Local, Outcome, Reply};

use super::Pages;
use super::device::session;
use super::fault::fault;

/// `POST /sign-out`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let hash = session(&ask)?;
    pages
        .0
        .store
        .sign_out(&Pages::caller(&ask), &hash)
        .await
        .map_err(fault)?;
    let on = Local::with("/sign-in", &[("after", "done")]);
    Ok(Reply::to(on)
        .cookie(Cookie::gone(Cookie::SESSION))
        .forget_all())
}

//! `GET /oauth/authorize`: an app asks to act for a person. What is wrong with the request is told to the app, but only at
//! an address that the app registered; everything else becomes a page. Nobody needs to be signed in yet.

use aceso_policy::Who;
use aceso_store::ClientRecord;
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, SignedIn, State};
use axum::response::IntoResponse;
use http::{HeaderValue, StatusCode, header};

use super::consent;
use super::page::NoWay;
use super::request::{Back, NoAddress, Prompt, Refusal, Request, USE};
use crate::Login;
use crate::verifier::server;

/// The handler.
pub(crate) async fn show(login: Login, ask: Ask) -> Outcome {
    if ask.repeats() {
        return Ok(Reply::wrong(&ask, &NoWay(NoAddress::Twice)));
    }
    let Some(app) = app(&login, ask.query("client_id").unwrap_or_default()).await? else {
        return Ok(Reply::wrong(&ask, &NoWay(NoAddress::Client)));
    };
    let back = match Back::of(&ask, &app) {
        Ok(back) => back,
        Err(why) => return Ok(Reply::wrong(&ask, &NoWay(why))),
    };
    let settings = &login.0.settings;
    let mut request = match Request::read(&ask, &app, &settings.base, login.0.clock.now()) {
        Ok(request) => request,
        Err(refusal) => return Ok(to(&back.refused(&settings.base, refusal))),
    };
    request.before = ask.who.as_ref().map(proof_of);
    if request.prompt == Prompt::None {
        return silent(&login, &ask, &app, request).await;
    }
    let sealed = request.sealed(&login.0.store.sealer(USE));
    let sealed = sealed.ok_or_else(|| PageFault::hidden(aceso_vault::RandomError))?;
    Ok(Reply::to(Local::with(
        "/oauth/consent",
        &[("request", &sealed)],
    )))
}

/// A registered app that is not disabled.
pub(crate) async fn app(login: &Login, id: &str) -> Result<Option<ClientRecord>, PageFault> {
    let found = login
        .0
        .store
        .client(&server(), id)
        .await
        .map_err(PageFault::hidden)?;
    Ok(found.filter(|c| c.disabled.is_none() && c.app.is_some()))
}

/// The session, and until when it is stepped up.
pub(crate) fn proof_of(who: &SignedIn) -> (String, Option<i64>) {
    let until = match &who.caller.who {
        Who::Person(person) => person
            .session
            .stepped_up_until
            .map(aceso_base::Instant::millis),
        Who::Client(_) | Who::Operator | Who::Job(_) => None,
    };
    (who.session.clone(), until)
}

/// Answers without asking anybody anything.
async fn silent(login: &Login, ask: &Ask, app: &ClientRecord, request: Request) -> Outcome {
    let base = &login.0.settings.base;
    let back = request.back();
    let refuse = |code, why| Ok(to(&back.refused(base, Refusal::new(code, why))));
    match &ask.who {
        Some(who) if who.state == State::Open => {
            match consent::silently(login, who, app, &request).await? {
                Some(address) => Ok(to(&address)),
                None => refuse("interaction_required", "the person must be asked"),
            }
        }
        Some(_) | None => refuse("login_required", "nobody is signed in"),
    }
}

/// A redirect to an app.
pub(crate) fn to(address: &str) -> Reply {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(value) = HeaderValue::try_from(address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Reply::other(response)
}

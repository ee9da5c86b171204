//! `/account/apps`: the apps that act for a person, and how to stop them. `/apps`: apps to open from within the clinic.

use aceso_policy::{Person, Who};
use aceso_store::{NewLaunch, PeopleError};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};

use super::authorize::app;
use super::consent::{hide, is_for};
use super::page::{AppsPage, Leaving, OpenPage};
use crate::Login;
use crate::issue::{Fresh, fresh};
use crate::verifier::server;

/// `GET /account/apps`
pub(crate) async fn show(login: Login, ask: Ask) -> Outcome {
    let caller = ask.caller()?;
    let account = person(&ask)?.account.clone();
    let apps = login
        .0
        .store
        .apps_of(caller, &account)
        .await
        .map_err(hide)?;
    Ok(Reply::page(&ask, &AppsPage { apps }))
}

/// `POST /account/apps/revoke`: all the app's tokens end at once.
pub(crate) async fn revoke(login: Login, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("client")])?;
    let account = person(&ask)?.account.clone();
    let done = login
        .0
        .store
        .revoke_app(ask.caller()?, &account, fields.one("client"))
        .await;
    login.0.verifier.forget_all();
    match done {
        // Taken back already, in another tab.
        Ok(()) | Err(PeopleError::Unknown) => Ok(Reply::to_path("/account/apps")),
        Err(error) => Err(hide(error)),
    }
}

/// `GET /apps`: the apps that can be opened from here, for the patient that the address names.
pub(crate) async fn open(login: Login, ask: Ask) -> Outcome {
    let person = person(&ask)?;
    let clients = login.0.store.clients(&server()).await.map_err(hide)?;
    let fits = |c: &aceso_store::ClientRecord| {
        c.disabled.is_none()
            && is_for(c, person)
            && c.app.as_ref().is_some_and(|a| a.launch.is_some())
    };
    let apps = clients
        .into_iter()
        .filter(fits)
        .map(|c| (c.id, c.name))
        .collect();
    let patient = ask.query("patient").map(str::to_owned);
    Ok(Reply::page(&ask, &OpenPage { apps, patient }))
}

/// `POST /apps/open`: opens one, with a handle that says who, which patient and which encounter.
pub(crate) async fn launch(login: Login, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("client"), Take::One("of"), Take::One("encounter")])?;
    let person = person(&ask)?;
    let app = app(&login, fields.one("client"))
        .await?
        .filter(|a| is_for(a, person));
    let app = app.ok_or(PageFault::Missing)?;
    let url = app
        .app
        .as_ref()
        .and_then(|a| a.launch.clone())
        .ok_or(PageFault::Missing)?;
    let given = |name| {
        Some(fields.one(name))
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    };
    let Fresh { token, hash } = fresh().map_err(PageFault::hidden)?;
    let new = NewLaunch {
        hash,
        account: person.account.clone(),
        client: app.id.clone(),
        patient: given("of"),
        encounter: given("encounter"),
    };
    login
        .0
        .store
        .add_launch(ask.caller()?, new)
        .await
        .map_err(hide)?;
    let mark = if url.contains('?') { '&' } else { '?' };
    let iss = format!("{}/fhir", login.0.settings.base)
        .replace(':', "%3A")
        .replace('/', "%2F");
    let address = format!("{url}{mark}iss={iss}&launch={token}");
    let page = Leaving {
        app: app.name,
        address: address.clone(),
    };
    Ok(Reply::leaving(&ask, &page, address))
}

fn person(ask: &Ask) -> Result<&Person, PageFault> {
    match &ask.caller()?.who {
        Who::Person(person) => Ok(person),
        Who::Client(_) | Who::Operator | Who::Job(_) => Err(PageFault::Missing),
    }
}

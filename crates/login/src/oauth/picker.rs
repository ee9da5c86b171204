//! `GET` and `POST /oauth/patient`: which patient an app that is opened by itself is about.

use aceso_policy::Who;
use aceso_store::{PatientLine, ReadError};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};

use super::consent::{opened, purpose};
use super::page::{NoWay, PickerPage};
use crate::Login;

/// `GET`: a patient's or proxy's own patients; staff look for one first.
pub(crate) async fn show(login: Login, ask: Ask) -> Outcome {
    let sealed = ask.query("request").unwrap_or_default().to_owned();
    answer(&login, &ask, &sealed, "").await
}

/// `POST`: looks for a name. Names do not belong into addresses (ASVS 14.2.1).
pub(crate) async fn post(login: Login, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("request"), Take::One("name")])?;
    let (sealed, name) = (
        fields.one("request").to_owned(),
        fields.trimmed("name").to_owned(),
    );
    answer(&login, &ask, &sealed, &name).await
}

async fn answer(login: &Login, ask: &Ask, sealed: &str, name: &str) -> Outcome {
    let app = match opened(login, sealed).await? {
        Ok((_, app)) => app,
        Err(why) => return Ok(Reply::wrong(ask, &NoWay(why))),
    };
    let caller = ask.caller()?;
    let Who::Person(person) = &caller.who else {
        return Err(PageFault::Missing);
    };
    let store = &login.0.store;
    let mut found: Vec<PatientLine> = Vec::new();
    if !name.is_empty() {
        match store.patients_named(caller, purpose(person), name).await {
            Ok(lines) => found = lines,
            Err(ReadError::Store(error)) => return Err(PageFault::hidden(error)),
            Err(
                ReadError::Unknown
                | ReadError::Gone { .. }
                | ReadError::Forbidden
                | ReadError::BadQuery(_),
            ) => {}
        }
    } else {
        for id in person.patients.iter().take(20) {
            match store.patient_line(caller, purpose(person), id).await {
                Ok(line) => found.push(line),
                Err(ReadError::Store(error)) => return Err(PageFault::hidden(error)),
                Err(
                    ReadError::Unknown
                    | ReadError::Gone { .. }
                    | ReadError::Forbidden
                    | ReadError::BadQuery(_),
                ) => {}
            }
        }
    }
    Ok(Reply::page(
        ask,
        &PickerPage {
            app: app.name,
            request: sealed.to_owned(),
            name: name.to_owned(),
            found,
        },
    ))
}

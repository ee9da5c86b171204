//! What is told back to the desk: nothing, counters without a name, or the standing under the installation's name and
//! signature. It goes to the desk that is configured and to no other address.

use aceso_base::{Instant, hex};
use aceso_desk::deploy::{Anonymous, Counters, Level, Statement};
use aceso_egress::{Client, Request, SendError, StatusCode};
use aceso_policy::{Caller, Job};
use aceso_store::{PeopleError, Store};
use aceso_vault::sha256;
use serde_json::Value;

use super::error::PullError;
use super::turn::{Own, Settings};

/// Where counters go, below the desk's address.
pub const COUNTERS: &str = "/api/counters";
/// Where signed statements go.
pub const STATEMENTS: &str = "/api/statements";
/// The same is told again after a day: who is silent is seen.
const AGAIN_MILLIS: i64 = 86_400_000;

/// What the clinic chose to tell, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What leaves.
    pub level: Level,
    /// The name that the clinic chose for the installation.
    pub name: String,
    /// Whom to call.
    pub contact: String,
}

/// What came of telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The desk took it.
    Taken,
    /// It did not: what it said.
    Refused(String),
}

/// What was told, and what to remember of it.
pub(super) struct Telling {
    pub(super) told: Option<Told>,
    pub(super) remembered: Option<(String, Instant)>,
}

/// What is to be told.
enum Words {
    Counters(Counters),
    Named(Box<Statement>),
}

/// Tells what was chosen, when it is something else than the last time or a day has gone.
pub(super) async fn tell(
    store: &Store,
    client: &Client,
    settings: &Settings,
    own: &Own,
    last: Option<(String, Instant)>,
) -> Result<Telling, PullError> {
    let (caller, now) = (Caller::job(Job::Verify), store.now());
    let nothing = |remembered| Telling {
        told: None,
        remembered,
    };
    let words = match settings.identity.level {
        Level::Nothing => return Ok(nothing(last)),
        Level::Counters => Words::Counters(counters(store, &caller, own).await?),
        Level::Named => {
            let statement = statement(store, &caller, &settings.identity, own).await?;
            Words::Named(Box::new(statement))
        }
    };
    let digest = words.digest();
    let lately =
        |(before, at): &(String, Instant)| *before == digest && now < at.plus_millis(AGAIN_MILLIS);
    if last.as_ref().is_some_and(lately) {
        return Ok(nothing(last));
    }
    let (path, body) = match words {
        Words::Counters(counters) => (COUNTERS, serde_json::to_value(counters)),
        Words::Named(statement) => {
            let signed = store.sign_statement(&caller, &statement).await?;
            (STATEMENTS, serde_json::to_value(signed))
        }
    };
    let told = match body {
        Ok(body) => send(client, &settings.desk, path, &body).await,
        Err(error) => Err(error.to_string()),
    };
    Ok(match told {
        Ok(()) => Telling {
            told: Some(Told::Taken),
            remembered: Some((digest, now)),
        },
        Err(why) => Telling {
            told: Some(Told::Refused(why)),
            remembered: last,
        },
    })
}

impl Words {
    /// What they say, but for when they were made.
    fn digest(&self) -> String {
        let text = match self {
            Self::Counters(counters) => serde_json::to_string(counters),
            Self::Named(statement) => serde_json::to_string(&Statement {
                at: aceso_desk::When::from_millis(0),
                ..(**statement).clone()
            }),
        };
        hex(&sha256(text.unwrap_or_default().as_bytes()))
    }
}

async fn send(client: &Client, desk: &str, path: &str, body: &Value) -> Result<(), String> {
    let url = [desk.trim_end_matches('/'), path].concat();
    let said = |error: SendError| error.to_string();
    let target = client.target(&url).map_err(said)?;
    let answer = client.send(Request::post_json(target, body)).await;
    let answer = answer.map_err(said)?;
    match answer.status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED => Ok(()),
        other => Err(format!("the desk answered {other}")),
    }
}

async fn counters(store: &Store, caller: &Caller, own: &Own) -> Result<Counters, PeopleError> {
    let standings = store.standings(caller).await?.into_iter();
    let one = |said: aceso_desk::deploy::StandingSaid| Anonymous {
        token: store.counter_token(&said.advisory),
        advisory: said.advisory,
        standing: said.standing,
        version: own.version.clone(),
    };
    Ok(Counters {
        standings: standings.map(one).collect(),
    })
}

async fn statement(
    store: &Store,
    caller: &Caller,
    identity: &Identity,
    own: &Own,
) -> Result<Statement, PeopleError> {
    let last = store.checks(caller).await?.update;
    let tried = last.and_then(|update| failed(&update.detail, &own.version));
    let receipt = store.receipts(caller).await?.into_iter().next();
    Ok(Statement {
        name: identity.name.clone(),
        contact: identity.contact.clone(),
        at: store.now().into(),
        version: own.version.clone(),
        sbom: hex(&sha256(&own.bill)),
        standings: store.standings(caller).await?,
        failed: tried.into_iter().collect(),
        receipt: receipt.map(|kept| kept.signed),
    })
}

/// The release that was put in place last and does not run: `0.9.1 -> 0.9.4` while 0.9.1 runs.
fn failed(update: &str, version: &str) -> Option<String> {
    let (before, after) = update.split_once(" -> ")?;
    (before == version && after != version).then(|| after.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_that_was_put_in_place_and_does_not_run_failed() {
        assert_eq!(failed("0.9.1 -> 0.9.4", "0.9.1").as_deref(), Some("0.9.4"));
        assert_eq!(failed("0.9.1 -> 0.9.4", "0.9.4"), None);
        assert_eq!(failed("looked", "0.9.4"), None);
    }
}

//! `PUT /fhir/{type}/{id}` and `PUT /fhir/{type}?criteria`.
//!
//! Every accepted update makes a version, also one that changes nothing: a client that holds a version can rely on
//! its own write being the next one.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::Query;
use aceso_store::{Change, Stored, Tx};
use http::StatusCode;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::create::located;
use crate::criteria;
use crate::problem::{Answered, Problem, short};
use crate::routes::is_id;
use crate::tries::Tries;

/// What an update demands of the present state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// The version that must be current.
    pub(crate) version: Option<u64>,
    /// Whether the resource must not exist yet (`If-None-Match: *`).
    pub(crate) only_new: bool,
}

/// Updates, or creates at this id.
pub(crate) async fn put(ask: Ask) -> Answered {
    let kind = ask.kind()?;
    let id = ask.new_id()?;
    let demand = demand(&ask)?;
    let document = ask.document(kind).await?;
    own_id(&document, id)?;
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = at(&mut tx, kind, id, &document, demand).await;
        if let Some((status, stored)) = settle(&mut tries, tx, done).await? {
            return Ok(Answer::written(status, stored, ask.show.wish));
        }
    }
}

/// Updates what the criteria find, or creates.
pub(crate) async fn put_by(ask: Ask) -> Answered {
    let kind = ask.kind()?;
    let condition = criteria::condition(&ask, kind, &ask.query)?;
    let demand = demand(&ask)?;
    let document = ask.document(kind).await?;
    let fresh = ask.api.0.store.new_id();
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = by(&mut tx, &condition, &fresh, &document, demand).await;
        if let Some((status, stored)) = settle(&mut tries, tx, done).await? {
            return Ok(Answer::written(status, stored, ask.show.wish));
        }
    }
}

pub(crate) fn demand(ask: &Ask) -> Answered<Demand> {
    Ok(Demand {
        version: ask.if_match()?,
        only_new: ask.only_new(),
    })
}

/// As [`Tries::settle`]; what is wrong is told with its place in the body.
async fn settle(
    tries: &mut Tries,
    tx: Tx,
    done: Answered<(StatusCode, Stored)>,
) -> Answered<Option<(StatusCode, Stored)>> {
    let body = match &done {
        Ok((_, stored)) => stored.body.clone(),
        Err(_) => Default::default(),
    };
    let settled = tries.settle(tx, done).await;
    settled.map_err(|problem| located(problem, &body))
}

/// Updates or creates at an id within a transaction.
pub(crate) async fn at(
    tx: &mut Tx,
    kind: &'static str,
    id: &str,
    document: &Value,
    demand: Demand,
) -> Answered<(StatusCode, Stored)> {
    if demand.only_new
        && tx
            .current(kind, id)
            .await?
            .is_some_and(|s| s.change != Change::Deleted)
    {
        return Err(Problem::precondition(
            Code::Duplicate,
            format!("{kind}/{id} exists already"),
        ));
    }
    let stored = tx.update(id, document.clone(), demand.version).await?;
    let created = stored.version == 1;
    Ok((
        if created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        },
        stored,
    ))
}

/// Updates what a condition finds, or creates, within a transaction (R4, section 3.1.0.4.3).
pub(crate) async fn by(
    tx: &mut Tx,
    condition: &Query,
    fresh: &str,
    document: &Value,
    demand: Demand,
) -> Answered<(StatusCode, Stored)> {
    let kind = condition.kind.ok_or_else(Problem::not_found)?;
    let mut matches = tx.matches(condition).await?.into_iter();
    match (matches.next(), matches.next(), document.id()) {
        (Some(_), Some(_), _) => Err(Problem::several(&condition.self_link)),
        (Some(there), None, None) => at(tx, kind, &there.id, document, demand).await,
        (Some(there), None, Some(id)) if id == there.id => at(tx, kind, id, document, demand).await,
        (Some(there), None, Some(id)) => {
            let text = format!(
                "The body's id is {}, but the criteria find {}",
                short(id),
                there.id
            );
            Err(Problem::of(
                StatusCode::BAD_REQUEST,
                Issue::error(Code::Invalid, text).at([kind, ".id"].concat()),
            ))
        }
        (None, _, Some(id)) if is_id(id) => at(tx, kind, id, document, demand).await,
        (None, _, _) if demand.version.is_some() => Err(Problem::precondition(
            Code::Conflict,
            "If-Match names a version, but the criteria find nothing",
        )),
        (None, _, _) => Ok((StatusCode::CREATED, tx.create(fresh, document.clone())?)),
    }
}

/// The body's id must be the address's (R4, section 3.1.0.4).
pub(crate) fn own_id(document: &Value, id: &str) -> Answered<()> {
    let kind = document.resource_type().unwrap_or_default();
    let issue = match document.id() {
        Some(own) if own == id => return Ok(()),
        Some(own) => Issue::error(
            Code::Invalid,
            format!("The body's id is {}, the address's is {id}", short(own)),
        ),
        None => Issue::error(Code::Required, "The body has no id"),
    };
    let issue = issue
        .at([kind, ".id"].concat())
        .fix(format!("Send \"id\": \"{id}\" in the body."));
    Err(Problem::of(StatusCode::BAD_REQUEST, issue))
}

//! `POST /fhir/{type}`: create, perhaps conditionally.

use aceso_fhir::Value;
use aceso_fhir::search::Query;
use aceso_store::{Stored, Tx};
use http::StatusCode;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::booked;
use crate::form;
use crate::problem::{Answered, Problem, place};
use crate::tries::Tries;

/// Answers 201 with the new resource, or with `If-None-Exist` 200 with the one that is there.
pub(crate) async fn post(ask: Ask) -> Answered {
    let kind = ask.kind()?;
    let condition = ask.if_none_exist(kind)?;
    let document = ask.document(kind).await?;
    let id = ask.api.0.store.new_id();
    let wish = ask.show.wish;
    if kind == booked::APPOINTMENT && condition.is_none() {
        return book(ask, &id, &document).await;
    }
    let Some(condition) = condition else {
        // Nothing is read, so nothing can overtake it.
        let mut tx = ask.tx();
        let stored = tx.create(&id, document)?;
        let body = stored.body.clone();
        tx.commit()
            .await
            .map_err(|error| located(error.into(), &body))?;
        return Ok(Answer::written(StatusCode::CREATED, stored, wish));
    };
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = unless_exists(&mut tx, &condition, &id, &document).await;
        if let Some((status, stored)) = tries.settle(tx, done).await? {
            return Ok(Answer::written(status, stored, wish));
        }
    }
}

/// Creates an Appointment, if its time is free.
async fn book(ask: Ask, id: &str, document: &Value) -> Answered {
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let stored = tx.create(id, document.clone())?;
        let body = stored.body.clone();
        let settled = tries.settle(tx, Ok(stored)).await;
        if let Some(stored) = settled.map_err(|problem| located(problem, &body))? {
            return Ok(Answer::written(StatusCode::CREATED, stored, ask.show.wish));
        }
    }
}

/// Creates unless the condition finds a resource, which is then the answer.
pub(crate) async fn unless_exists(
    tx: &mut Tx,
    condition: &Query,
    id: &str,
    document: &Value,
) -> Answered<(StatusCode, Stored)> {
    let mut matches = tx.matches(condition).await?.into_iter();
    match (matches.next(), matches.next()) {
        (None, _) => Ok((StatusCode::CREATED, tx.create(id, document.clone())?)),
        (Some(there), None) => Ok((StatusCode::OK, there)),
        (Some(_), Some(_)) => Err(Problem::several(&condition.self_link)),
    }
}

/// The problem with dangling references at their elements.
pub(crate) fn located(problem: Problem, body: &[u8]) -> Problem {
    place(problem, |reference| {
        let value = crate::answer::own(body).ok()?;
        form::place_of(&value, reference)
    })
}

//! `DELETE /fhir/{type}/{id}` and `DELETE /fhir/{type}?criteria`.

use aceso_fhir::outcome::{Issue, Outcome};
use aceso_fhir::search::Query;
use aceso_store::{Stored, Tx};
use http::StatusCode;

use crate::answer::{Answer, Content};
use crate::ask::Ask;
use crate::criteria;
use crate::negotiate::Return;
use crate::problem::{Answered, Problem};
use crate::tries::Tries;

/// Deletes; 204 also when it was not there (any more).
pub(crate) async fn delete(ask: Ask) -> Answered {
    let (kind, id) = (ask.kind()?, ask.id()?);
    let if_match = ask.if_match()?;
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = tx.delete(kind, id, if_match).await.map_err(Problem::from);
        if let Some(stored) = tries.settle(tx, done).await? {
            return Ok(answer(&ask, stored));
        }
    }
}

/// Deletes what the criteria find: one, or where that is configured all.
pub(crate) async fn delete_by(ask: Ask) -> Answered {
    let condition = criteria::condition(&ask, ask.kind()?, &ask.query)?;
    if ask.api.0.settings.multiple_delete {
        return all(&ask, &condition).await;
    }
    let if_match = ask.if_match()?;
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = by(&mut tx, &condition, if_match).await;
        if let Some(stored) = tries.settle(tx, done).await? {
            return Ok(answer(&ask, stored));
        }
    }
}

/// Deletes the one that a condition finds, within a transaction.
pub(crate) async fn by(
    tx: &mut Tx,
    condition: &Query,
    if_match: Option<u64>,
) -> Answered<Option<Stored>> {
    let mut matches = tx.matches(condition).await?.into_iter();
    match (matches.next(), matches.next()) {
        (None, _) => Ok(None),
        (Some(there), None) => Ok(tx.delete(there.kind, &there.id, if_match).await?),
        (Some(_), Some(_)) => Err(Problem::several(&condition.self_link)),
    }
}

/// Deletes all that the criteria find, a page at a time; each page is one transaction.
async fn all(ask: &Ask, condition: &Query) -> Answered {
    let mut query = condition.clone();
    query.count = Some(500);
    let mut last = None;
    loop {
        let page = ask.reading().search(query.clone()).await?;
        if page.matches.is_empty() {
            return Ok(answer(ask, last));
        }
        let mut tx = ask.tx();
        let mut any = false;
        for stored in &page.matches {
            let gone = tx.delete(stored.kind, &stored.id, None).await?;
            any |= gone.is_some();
            last = gone.or(last);
        }
        // What may be found but not deleted would be found for ever.
        if !any {
            return Ok(answer(ask, last));
        }
        let mut tries = Tries::default();
        // Overtaken: the next round looks again.
        tries.settle(tx, Ok(())).await?;
    }
}

fn answer(ask: &Ask, stored: Option<Stored>) -> Answer {
    match stored {
        Some(stored) => Answer::written(StatusCode::NO_CONTENT, stored, ask.show.wish),
        None if ask.show.wish == Some(Return::Outcome) => {
            let outcome = Outcome::of(Issue::information("There was nothing to delete"));
            Answer::new(StatusCode::OK, Content::outcome(&outcome))
        }
        None => Answer::new(StatusCode::NO_CONTENT, Content::None),
    }
}

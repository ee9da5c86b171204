//! Push approval with number matching (ASVS 6.6.4): a sign-in shows a number, and a browser where the person is signed in
//! already is asked for it.

use std::net::IpAddr;

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension, Row};

use super::door::{Act, Need, PeopleError, Refusal};
use super::session_life::printable;
use crate::statements as sql;
use crate::{Store, StoreError};

/// A request waits this long.
const LIFE_MILLIS: i64 = 2 * 60_000;
/// At most so many requests for an account within [`WINDOW_MILLIS`]: more would be a way to tire the person.
const MOST: i64 = 3;
const WINDOW_MILLIS: i64 = 10 * 60_000;

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nobody has answered yet.
    Waiting,
    /// Approved; the sign-in can be completed once.
    Approved,
    /// Refused, answered with a wrong number, or too late.
    Refused,
    /// Approved, and the sign-in was completed.
    Taken,
}

/// A sign-in to be approved.
#[derive(Clone, Debug)]
pub struct NewApproval {
    /// Whose.
    pub account: String,
    /// The session that awaits its second factor, by its hash.
    pub session: [u8; 32],
    /// The number that the sign-in page shows: 10 to 99.
    pub number: u8,
    /// Where the sign-in comes from.
    pub address: Option<IpAddr>,
    /// What that browser calls itself.
    pub agent: String,
}

/// A sign-in that waits for approval. It does not say the number: the person must read it off the sign-in page.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// Whose.
    pub account: String,
    /// Where the sign-in comes from.
    pub address: Option<IpAddr>,
    /// What that browser calls itself.
    pub agent: String,
    /// When it was asked.
    pub made: Instant,
    /// When it is too late.
    pub ends: Instant,
}

struct Kept {
    approval: Approval,
    session: [u8; 32],
    number: u8,
    decision: i64,
}

const WAITING: i64 = 0;
const APPROVED: i64 = 1;
const REFUSED: i64 = 2;
const TAKEN: i64 = 3;

impl Store {
    /// Asks for approval; answers the request's id. Refused when too many were asked lately.
    pub async fn ask_approval(
        &self,
        caller: &Caller,
        new: NewApproval,
    ) -> Result<String, PeopleError> {
        let (id, now) = (self.new_id(), self.now());
        let act = Act::on_account("approval ask", &new.account);
        self.act(caller, Need::SignIn, act, move |tx| {
            let since = now.plus_millis(-WINDOW_MILLIS).millis();
            tx.prepare_cached(sql::APPROVAL_PRUNE)?.execute([since])?;
            let recent: i64 = tx
                .prepare_cached(sql::APPROVAL_RECENT)?
                .query_row((&new.account, since), |row| row.get(0))?;
            if recent >= MOST {
                return Err(Refusal::Approvals.into());
            }
            tx.prepare_cached(sql::APPROVAL_ADD)?.execute((
                &id,
                &new.account,
                new.session.as_slice(),
                new.number,
                new.address.map(|a| a.to_string()),
                printable(&new.agent),
                now.millis(),
                now.plus_millis(LIFE_MILLIS).millis(),
            ))?;
            Ok(id)
        })
        .await
    }

    /// The sign-ins that wait for this person's approval.
    pub async fn approvals(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<Approval>, PeopleError> {
        let (id, now) = (account.to_owned(), self.now());
        let act = Act::on_account("approval list", account);
        self.look(caller, Need::Own(account), act, move |c| {
            let mut statement = c.prepare_cached(sql::APPROVAL_WAITING)?;
            let rows = statement.query_map((id, now.millis()), from_row)?;
            let rows: Vec<Kept> = rows.collect::<Result<_, _>>()?;
            Ok(rows.into_iter().map(|kept| kept.approval).collect())
        })
        .await
    }

    /// Answers a request with the number that the person typed; none: it was not they. One try: a wrong number refuses.
    pub async fn answer_approval(
        &self,
        caller: &Caller,
        account: &str,
        id: &str,
        number: Option<u8>,
    ) -> Result<ApprovalState, PeopleError> {
        let (own, id, now) = (account.to_owned(), id.to_owned(), self.now());
        let act = Act::on_account("approval answer", account);
        self.act(caller, Need::Own(account), act, move |tx| {
            let kept = one(tx, &id)?.filter(|k| k.approval.account == own);
            let kept = kept.ok_or(PeopleError::Unknown)?;
            if now >= kept.approval.ends {
                return Ok(ApprovalState::Refused);
            }
            let right = number == Some(kept.number);
            let decision = if right { APPROVED } else { REFUSED };
            if !decide(tx, &id, WAITING, decision, now)? {
                return Err(Refusal::Decided.into());
            }
            Ok(state(decision))
        })
        .await
    }

    /// How the request of a waiting session stands. An approved one is taken by this, once: whoever gets
    /// [`ApprovalState::Approved`] completes the sign-in.
    pub async fn take_approval(
        &self,
        caller: &Caller,
        id: &str,
        session: &[u8; 32],
    ) -> Result<ApprovalState, PeopleError> {
        let (id, session, now) = (id.to_owned(), *session, self.now());
        self.permit(caller, Need::SignIn, &Act::plain("approval take"))
            .await?;
        self.act_quietly(move |tx| {
            let kept = one(tx, &id)?.filter(|k| k.session == session);
            let kept = kept.ok_or(PeopleError::Unknown)?;
            if now >= kept.approval.ends {
                return Ok(ApprovalState::Refused);
            }
            if kept.decision == APPROVED && !decide(tx, &id, APPROVED, TAKEN, now)? {
                return Ok(ApprovalState::Taken);
            }
            Ok(state(kept.decision))
        })
        .await
    }
}

const fn state(decision: i64) -> ApprovalState {
    match decision {
        WAITING => ApprovalState::Waiting,
        APPROVED => ApprovalState::Approved,
        TAKEN => ApprovalState::Taken,
        _ => ApprovalState::Refused,
    }
}

fn decide(tx: &Connection, id: &str, from: i64, to: i64, now: Instant) -> Result<bool, StoreError> {
    let count = tx
        .prepare_cached(sql::APPROVAL_DECIDE)?
        .execute((to, now.millis(), id, from))?;
    Ok(count == 1)
}

fn one(connection: &Connection, id: &str) -> Result<Option<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(sql::APPROVAL_ONE)?;
    Ok(statement.query_row([id], from_row).optional()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let address: Option<String> = row.get(4)?;
    Ok(Kept {
        approval: Approval {
            id: row.get(0)?,
            account: row.get(1)?,
            address: address.and_then(|a| a.parse().ok()),
            agent: row.get(5)?,
            made: Instant::from_millis(row.get(6)?),
            ends: Instant::from_millis(row.get(7)?),
        },
        session: row.get(2)?,
        number: row.get(3)?,
        decision: row.get(8)?,
    })
}

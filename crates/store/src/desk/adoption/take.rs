//! What comes in: bounded, checked against its key, and only about what this desk published and whose rollout is not over.

use aceso_base::hex;
use aceso_desk::When;
use aceso_desk::deploy::{Counters, Receipt, Signed, Standing, Statement};
use aceso_policy::{Caller, Job};
use aceso_vault::{PublicKey, Sealer, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension};

use super::heard::{ANONYMOUS, Kept, NAMED, SEAL, installation, place, place_of, sealed, standing};
use super::{case_of, kept};
use crate::desk::{Desk, DeskError};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// Keys that wait to be vetted; strangers cannot make more rows than this.
const MOST_WAITING: i64 = 2_000;
/// Anonymous answers about one advisory.
const MOST_ANONYMOUS: i64 = 50_000;
/// A statement's clock may be ahead of the desk's by so much.
const AHEAD_MILLIS: i64 = 600_000;

/// Whose statement it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// An installation that somebody of the group vetted.
    Vetted,
    /// One that waits for that; it counts for nothing until then.
    Waiting,
}

impl Desk {
    /// Takes counters without a name. Answers how many of them are about something that is under way here.
    pub async fn take_counters(&self, counters: Counters) -> Result<usize, DeskError> {
        let (now, seal) = (self.now(), self.store.sealer(SEAL));
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk counters");
        let taken = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let mut taken = 0;
            for one in counters.standings {
                let who = URL_SAFE_NO_PAD.decode(&one.token).ok();
                let Some(who) = who.filter(|bytes| bytes.len() == 32) else {
                    let wrong = "a token is 32 bytes in base64url";
                    return Err(Refusal::Field(wrong).into());
                };
                let said = Said {
                    advisory: &one.advisory,
                    who: sha256(&who),
                    level: ANONYMOUS,
                    kept: Kept {
                        standing: one.standing,
                        version: one.version,
                        last: now,
                    },
                };
                taken += usize::from(said.keep(tx, &seal, now)?);
            }
            Ok(taken)
        });
        Ok(taken.await?)
    }

    /// Takes a signed statement: the signature holds for the key that is in it, its receipt is of the same key, and it is newer than
    /// the one before.
    pub async fn take_statement(&self, signed: Signed) -> Result<Known, DeskError> {
        let (now, seal) = (self.now(), self.store.sealer(SEAL));
        let (id, statement) = checked(&signed, now)?;
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk statement").with(hex(&id));
        let taken = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let known = put(tx, &seal, &id, &signed, &statement, now)?;
            for one in &statement.standings {
                let said = Said {
                    advisory: &one.advisory,
                    who: id,
                    level: NAMED,
                    kept: Kept {
                        standing: one.standing,
                        version: statement.version.clone(),
                        last: now,
                    },
                };
                said.keep(tx, &seal, now)?;
            }
            Ok(known)
        });
        Ok(taken.await?)
    }
}

/// Who signed it, and what it says; refused unless all of it holds.
fn checked(signed: &Signed, now: When) -> Result<([u8; 32], Statement), DeskError> {
    let key = URL_SAFE_NO_PAD.decode(&signed.key).unwrap_or_default();
    let public = PublicKey::from_bytes(&key);
    let public = public.map_err(|_| DeskError::Rule("key is an Ed25519 key in base64url"))?;
    if !public.verifies(&signed.signature, signed.text.as_bytes()) {
        return Err(DeskError::Rule("the signature does not hold for this key"));
    }
    let statement = Statement::read(&signed.text)
        .map_err(|_| DeskError::Rule("the statement cannot be read, or has too much in it"))?;
    if statement.at > now.plus_millis(AHEAD_MILLIS) {
        return Err(DeskError::Rule(
            "the statement is of a time that lies ahead",
        ));
    }
    if let Some(receipt) = &statement.receipt {
        let own = receipt.key == signed.key
            && public.verifies(&receipt.signature, receipt.text.as_bytes());
        let read = Receipt::read(&receipt.text);
        if !own || read.is_err() {
            return Err(DeskError::Rule("the receipt is not signed by the same key"));
        }
    }
    Ok((sha256(&key), statement))
}

fn put(
    tx: &Connection,
    seal: &Sealer,
    id: &[u8; 32],
    signed: &Signed,
    statement: &Statement,
    now: When,
) -> Result<Known, PeopleError> {
    let mut one = tx.prepare_cached(sql::DESK_INSTALLATION_ONE)?;
    let mut rows = one.query([id.as_slice()])?;
    let before = match rows.next()? {
        Some(row) => Some(installation(row, seal)?),
        None => None,
    };
    match &before {
        Some(before) if before.statement.at >= statement.at => {
            let wrong = "the statement is not newer than the one before";
            return Err(Refusal::Field(wrong).into());
        }
        Some(_) => {}
        None => {
            let mut waiting = tx.prepare_cached(sql::DESK_INSTALLATION_WAITING)?;
            let waiting: i64 = waiting.query_row([], |row| row.get(0))?;
            if waiting >= MOST_WAITING {
                let wrong = "too many installations wait to be vetted: write to the desk";
                return Err(Refusal::Field(wrong).into());
            }
        }
    }
    let body = sealed(seal, &place(id), signed)?;
    tx.prepare_cached(sql::DESK_INSTALLATION_PUT)?.execute((
        id.as_slice(),
        now.millis(),
        now.millis(),
        body,
    ))?;
    Ok(match before.and_then(|b| b.vetted_by) {
        Some(_) => Known::Vetted,
        None => Known::Waiting,
    })
}

/// What somebody said of an advisory.
struct Said<'a> {
    advisory: &'a str,
    who: [u8; 32],
    level: i64,
    kept: Kept,
}

impl Said<'_> {
    /// Keeps it, when the advisory is of this desk and its rollout is under way; answers whether it is.
    fn keep(&self, tx: &Connection, seal: &Sealer, now: When) -> Result<bool, PeopleError> {
        let advisory = self.advisory;
        if case_of(tx, advisory)?.is_none() || kept(tx, advisory)?.is_some() {
            return Ok(false);
        }
        let before = self.before(tx, seal)?;
        if before.is_none() && self.level == ANONYMOUS {
            let mut count = tx.prepare_cached(sql::DESK_STANDING_COUNT)?;
            let count: i64 = count.query_row((advisory, ANONYMOUS), |row| row.get(0))?;
            if count >= MOST_ANONYMOUS {
                return Ok(false);
            }
        }
        let done = |standing: Standing| standing.is_done();
        let since = match before {
            // The curve counts when it was done first.
            Some((since, standing)) if done(standing) == done(self.kept.standing) => since,
            Some(_) | None => now,
        };
        let body = sealed(seal, &place_of(advisory, &self.who), &self.kept)?;
        tx.prepare_cached(sql::DESK_STANDING_PUT)?.execute((
            advisory,
            self.who.as_slice(),
            self.level,
            since.millis(),
            body,
        ))?;
        Ok(true)
    }

    fn before(
        &self,
        tx: &Connection,
        seal: &Sealer,
    ) -> Result<Option<(When, Standing)>, StoreError> {
        let mut one = tx.prepare_cached(sql::DESK_STANDING_ONE)?;
        let read = |row: &rusqlite::Row<'_>| Ok(standing(row, seal, self.advisory));
        let found = one
            .query_row((self.advisory, self.who.as_slice()), read)
            .optional()?;
        let found = found.transpose()?;
        Ok(found.map(|(_, since, kept)| (since, kept.standing)))
    }
}

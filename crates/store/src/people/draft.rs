//! What was typed on a page when its session was locked or left: kept sealed, with the session, for its person alone.

use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use super::door::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::{Store, StoreError};

/// The longest draft, in bytes.
const LONGEST: usize = 512 * 1024;
const USE: &str = "draft";

/// A form that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The address it belongs to.
    pub place: String,
    /// Its fields.
    pub body: String,
}

impl std::fmt::Debug for Waiting {
    /// Without what was typed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting({} bytes)", self.body.len())
    }
}

impl Store {
    /// Keeps a draft with a session, in place of the one before; one that is too long is not kept. It ends with the
    /// longest life of a session.
    pub async fn keep_draft(
        &self,
        caller: &Caller,
        account: &str,
        session: &str,
        draft: Waiting,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("draft keep", account);
        let now = self.now();
        let dead = now.plus_millis(-self.people_rule().sessions.absolute_millis);
        let sealed = self.sealer(USE).seal(session, draft.body.as_bytes());
        let sealed = sealed.map_err(|e| StoreError(e.to_string()))?;
        let (session, fits) = (session.to_owned(), draft.body.len() <= LONGEST);
        self.act(caller, Need::SignIn, act, move |tx| {
            tx.prepare_cached(sql::DRAFT_PRUNE)?
                .execute([dead.millis()])?;
            if fits {
                tx.prepare_cached(sql::DRAFT_SET)?.execute((
                    session,
                    draft.place,
                    sealed,
                    now.millis(),
                ))?;
            }
            Ok(())
        })
        .await
    }

    /// Takes the draft of a session; it is gone then.
    pub async fn take_draft(
        &self,
        caller: &Caller,
        account: &str,
        session: &str,
    ) -> Result<Option<Waiting>, PeopleError> {
        let act = Act::on_account("draft take", account);
        let (id, sealer) = (session.to_owned(), self.sealer(USE));
        if !self.has_draft(session).await? {
            return Ok(None);
        }
        let found = self
            .act(caller, Need::SignIn, act, move |tx| {
                let found = one(tx, &id)?;
                tx.prepare_cached(sql::DRAFT_DROP)?.execute([&id])?;
                Ok(found.map(|found| (id, found)))
            })
            .await?;
        let Some((id, (place, sealed))) = found else {
            return Ok(None);
        };
        // A seal that does not open is a draft that is lost, and no reason to keep the person out.
        let plain = sealer.open(&id, &sealed).ok();
        let body = plain.and_then(|bytes| std::str::from_utf8(&bytes).map(str::to_owned).ok());
        Ok(body.map(|body| Waiting { place, body }))
    }

    /// The draft of a session; it stays.
    pub async fn see_draft(
        &self,
        caller: &Caller,
        account: &str,
        session: &str,
    ) -> Result<Option<Waiting>, PeopleError> {
        let act = Act::on_account("draft read", account);
        let (id, sealer) = (session.to_owned(), self.sealer(USE));
        let found = self
            .look(caller, Need::SignIn, act, move |c| Ok(one(c, &id)?))
            .await?;
        Ok(found.and_then(|(place, sealed)| {
            let plain = sealer.open(session, &sealed).ok()?;
            let body = std::str::from_utf8(&plain).ok()?.to_owned();
            Some(Waiting { place, body })
        }))
    }

    /// Whether a session has a draft.
    pub async fn has_draft(&self, session: &str) -> Result<bool, StoreError> {
        let id = session.to_owned();
        let found = self.0.readers.quiet(move |c| one(c, &id)).await??;
        Ok(found.is_some())
    }
}

fn one(connection: &Connection, session: &str) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let mut statement = connection.prepare_cached(sql::DRAFT_ONE)?;
    let found = statement.query_row([session], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

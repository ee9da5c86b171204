//! The keys that ID tokens are signed with, sealed.

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::Connection;

use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// A key of our own.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// Its id (`kid`).
    pub id: String,
    /// The private key under the seal `signing key` for the place that is its id.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub made: Instant,
    /// When another took its place; it signs nothing any more, and is shown until what it signed has expired.
    pub retired: Option<Instant>,
}

/// A retired key is shown so long: longer than any ID token lives.
const SHOWN_MILLIS: i64 = 3_600_000;

impl Store {
    /// The keys in use and those retired lately, the newest first.
    pub async fn signing_keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        let since = self.now().plus_millis(-SHOWN_MILLIS);
        let look = move |c: &mut Connection| {
            c.prepare_cached(sql::SIGNING_KEY_ALL)?
                .query_map([since.millis()], |row| {
                    Ok(SealedKey {
                        id: row.get(0)?,
                        sealed: row.get(1)?,
                        made: Instant::from_millis(row.get(2)?),
                        retired: row.get::<_, Option<i64>>(3)?.map(Instant::from_millis),
                    })
                })?
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// Keeps a new key and retires those before: for those who manage keys.
    pub async fn rotate_signing_key(
        &self,
        caller: &Caller,
        id: &str,
        sealed: Vec<u8>,
    ) -> Result<(), PeopleError> {
        let (id, now) = (id.to_owned(), self.now());
        let act = Act::plain("signing key rotate").with(id.as_str());
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::SIGNING_KEY_RETIRE)?
                .execute((now.millis(), &id))?;
            tx.prepare_cached(sql::SIGNING_KEY_ADD)?
                .execute((&id, sealed, now.millis()))?;
            Ok(())
        };
        self.act(caller, Need::May(Task::ManageKeys), act, work)
            .await
    }

    /// Keeps a first key.
    pub async fn add_signing_key(
        &self,
        caller: &Caller,
        id: &str,
        sealed: Vec<u8>,
    ) -> Result<(), PeopleError> {
        let (id, now) = (id.to_owned(), self.now());
        let act = Act::plain("signing key add").with(id.as_str());
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::SIGNING_KEY_ADD)?
                .execute((id, sealed, now.millis()))?;
            Ok(())
        };
        self.act(caller, Need::SignIn, act, work).await
    }
}

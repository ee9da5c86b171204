//! Browsers that a person signed in from before, known by a cookie of which only the SHA-256 is kept.

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use super::door::{Act, Need, PeopleError};
use super::notice::{NoticeKind, notify};
use super::session_life::printable;
use crate::statements as sql;
use crate::{Store, StoreError};

/// Most devices of an account; the one not seen for longest is forgotten.
const MOST: u32 = 50;

/// A known browser.
#[derive(Clone, Debug)]
pub struct Device {
    /// SHA-256 of the device cookie.
    pub hash: [u8; 32],
    /// What the browser called itself.
    pub label: String,
    /// First sign-in.
    pub first: Instant,
    /// Last sign-in.
    pub last: Instant,
}

/// Whether a browser was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It was.
    Before,
    /// It is the account's first.
    First,
    /// It was not: the person has a notice.
    New,
}

impl Store {
    /// Notes a sign-in that was complete from a browser; a new one leaves a notice to the person.
    pub async fn know_device(
        &self,
        caller: &Caller,
        account: &str,
        hash: [u8; 32],
        label: &str,
    ) -> Result<Known, PeopleError> {
        let (now, notice, id) = (self.now(), self.new_id(), account.to_owned());
        let label = printable(label);
        let act = Act::on_account("device seen", account);
        self.act(caller, Need::SignIn, act, move |tx| {
            if is_known(tx, &id, &hash)? {
                tx.prepare_cached(sql::DEVICE_SEEN)?.execute((
                    now.millis(),
                    &id,
                    hash.as_slice(),
                ))?;
                return Ok(Known::Before);
            }
            let any = oldest(tx, &id, 0)?.is_some();
            while let Some(hash) = oldest(tx, &id, MOST - 1)? {
                tx.prepare_cached(sql::DEVICE_REMOVE)?
                    .execute((&id, hash.as_slice()))?;
            }
            tx.prepare_cached(sql::DEVICE_ADD)?.execute((
                &id,
                hash.as_slice(),
                &label,
                now.millis(),
            ))?;
            if !any {
                return Ok(Known::First);
            }
            notify(tx, &notice, &id, NoticeKind::NewDevice, now, &label)?;
            Ok(Known::New)
        })
        .await
    }

    /// The browsers known of an account, the last used first: one's own, or for those who manage accounts.
    pub async fn devices(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<Device>, PeopleError> {
        let (id, act) = (account.to_owned(), Act::on_account("device list", account));
        self.look(caller, Need::SeeAccount(account), act, move |c| {
            let mut statement = c.prepare_cached(sql::DEVICE_OF)?;
            let all = statement.query_map([id], |row| {
                Ok(Device {
                    hash: row.get(0)?,
                    label: row.get(1)?,
                    first: Instant::from_millis(row.get(2)?),
                    last: Instant::from_millis(row.get(3)?),
                })
            })?;
            Ok(all.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Forgets a browser: the next sign-in from it counts as new.
    pub async fn forget_device(
        &self,
        caller: &Caller,
        account: &str,
        hash: [u8; 32],
    ) -> Result<(), PeopleError> {
        let (id, act) = (
            account.to_owned(),
            Act::on_account("device forget", account),
        );
        self.act(caller, Need::OwnOrUsers(account), act, move |tx| {
            let count = tx
                .prepare_cached(sql::DEVICE_REMOVE)?
                .execute((id, hash.as_slice()))?;
            if count == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        })
        .await
    }
}

/// Whether the account signed in from this browser before.
pub(super) fn is_known(
    connection: &Connection,
    account: &str,
    hash: &[u8; 32],
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql::DEVICE_ONE)?;
    let found: Option<i64> = statement
        .query_row((account, hash.as_slice()), |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

fn oldest(
    connection: &Connection,
    account: &str,
    after: u32,
) -> Result<Option<[u8; 32]>, StoreError> {
    let mut statement = connection.prepare_cached(sql::DEVICE_OLDEST)?;
    Ok(statement
        .query_row((account, after), |row| row.get(0))
        .optional()?)
}

//! How far a mailbox elsewhere was read. It moves on after what became of a mail is committed: killed in between, the program looks
//! at the mail again, and knows by its digest that it is done.

use aceso_policy::{Caller, Job};
use rusqlite::OptionalExtension;

use super::{Desk, DeskError};
use crate::StoreError;
use crate::people::{Act, Need};
use crate::statements as sql;

/// A place in a mailbox (RFC 9051, 2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxPlace {
    /// The box's validity: with another one, its numbers mean other mails.
    pub validity: u32,
    /// The last number whose mail is in the desk.
    pub last: u32,
}

impl Desk {
    /// Up to where a mailbox was read; none when it never was.
    pub async fn mailbox_place(&self, name: &str) -> Result<Option<BoxPlace>, DeskError> {
        let name = name.to_owned();
        let look = self.store.0.readers.quiet(move |c| {
            let mut statement = c.prepare_cached(sql::DESK_BOX_ONE)?;
            let row = statement.query_row([&name], |row| {
                Ok(BoxPlace {
                    validity: row.get(0)?,
                    last: row.get(1)?,
                })
            });
            Ok::<_, StoreError>(row.optional()?)
        });
        Ok(look.await??)
    }

    /// Notes up to where it was read.
    pub async fn note_mailbox_place(&self, name: &str, place: BoxPlace) -> Result<(), DeskError> {
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk mailbox");
        self.store.permit(&caller, Need::Clerk, &act).await?;
        let name = name.to_owned();
        let noted = self.store.act_quietly(move |tx| {
            let values = (name, place.validity, place.last);
            tx.prepare_cached(sql::DESK_BOX_PUT)?.execute(values)?;
            Ok(())
        });
        Ok(noted.await?)
    }
}

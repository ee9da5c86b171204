//! A link to a new password that whoever cannot sign in asks for themselves (ASVS 6.4.2 to 6.4.4, NIST 800-63B-4 on recovery).

use aceso_base::Secret;
use aceso_policy::Caller;
use rusqlite::Connection;

use super::credential::sealing;
use super::door::{Act, Need, PeopleError};
use super::link::LinkKind;
use super::mail::{MailKind, NewMail, mail_sealer};
use crate::statements as sql;
use crate::{Store, StoreError};

/// A link that was mailed works so long.
pub const MAILED_LINK_MILLIS: i64 = 15 * 60_000;
/// So many are mailed to an account in an hour; a stranger fills no mailbox.
const MOST_AN_HOUR: i64 = 3;
const HOUR_MILLIS: i64 = 3_600_000;

/// A link to be mailed.
pub struct MailedLink {
    /// SHA-256 of what is in the address.
    pub hash: [u8; 32],
    /// The whole address.
    pub address: Secret<String>,
}

impl MailedLink {
    /// Its address, sealed for the mail of this id.
    pub(super) fn sealed(&self, store: &Store, id: &str) -> Result<Vec<u8>, PeopleError> {
        let secret = self.address.expose().as_bytes();
        mail_sealer(store).seal(id, secret).map_err(sealing)
    }
}

impl Store {
    /// Mails a link to choose a new password to the account that goes by this user name or mail address, when there is exactly one
    /// that can sign in, has an address, and was not sent too many. Nobody is told which: who asks learns nothing. The
    /// entry in the log names the account, if there is one, and never what was typed.
    pub async fn mail_reset(
        &self,
        caller: &Caller,
        typed: &str,
        link: MailedLink,
    ) -> Result<(), PeopleError> {
        let now = self.now();
        self.permit(caller, Need::SignIn, &Act::plain("reset ask"))
            .await?;
        let (name, address) = (typed.trim().to_owned(), typed.trim().to_lowercase());
        let find = move |c: &mut Connection| mailable(c, &name, &address, now.millis());
        let found = self.0.readers.quiet(find).await??;
        let act = match &found {
            Some((account, _)) => Act::on_account("reset ask", account),
            None => Act::plain("reset ask").with("no such account"),
        };
        let id = self.new_id();
        let secret = link.sealed(self, &id)?;
        let work = move |tx: &Connection| {
            let Some((account, address)) = found else {
                return Ok(());
            };
            let since = now.plus_millis(-HOUR_MILLIS).millis();
            let recent: i64 = tx
                .prepare_cached(sql::MAIL_RECENT)?
                .query_row((&account, MailKind::Reset.code(), since), |row| row.get(0))?;
            if recent >= MOST_AN_HOUR {
                return Ok(());
            }
            let ends = now.plus_millis(MAILED_LINK_MILLIS);
            let mail = NewMail {
                id: &id,
                kind: MailKind::Reset,
                account: &account,
                address: &address,
                detail: "",
                secret: Some(secret),
                until: ends,
            };
            if mail.keep(tx, now)? {
                tx.prepare_cached(sql::LINK_ADD)?.execute((
                    link.hash.as_slice(),
                    LinkKind::Mailed.code(),
                    &account,
                    now.millis(),
                    ends.millis(),
                ))?;
            }
            Ok(())
        };
        self.act(caller, Need::SignIn, act, work).await
    }
}

/// The account that goes by a user name, or alone by a mail address, and its address.
fn mailable(
    c: &Connection,
    name: &str,
    address: &str,
    now: i64,
) -> Result<Option<(String, String)>, StoreError> {
    let folded = super::UserName::parse(name).map_or_else(|_| String::new(), |n| n.to_string());
    let mut found = c.prepare_cached(sql::ACCOUNT_MAILABLE)?;
    let rows = found.query_map((&folded, address, now), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? != 0))
    })?;
    let all: Vec<(String, String, bool)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(match all.as_slice() {
        [(account, address, _)] | [(account, address, true), _] => {
            Some((account.clone(), address.clone()))
        }
        [] | [..] => None,
    })
}

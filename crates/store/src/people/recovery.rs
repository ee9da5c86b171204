//! Recovery codes: each good for one sign-in (NIST SP 800-63B-4, section 3.1.2). Only digests are kept.

use aceso_policy::{Caller, Task};

use super::door::{Act, Need, PeopleError};
use super::notice::{NoticeKind, notify};
use crate::Store;
use crate::statements as sql;

impl Store {
    /// Gives an account a fresh sheet of codes; those before are void. The person's own, or while signing in.
    pub async fn set_recovery_codes(
        &self,
        caller: &Caller,
        account: &str,
        digests: Vec<[u8; 32]>,
    ) -> Result<(), PeopleError> {
        let (id, now, notice) = (account.to_owned(), self.now(), self.new_id());
        let act = Act::on_account("credential add", account).with("recovery codes");
        self.act(caller, Need::OwnFresh(account), act, move |tx| {
            super::account::one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            tx.prepare_cached(sql::RECOVERY_DROP)?.execute([&id])?;
            let mut add = tx.prepare_cached(sql::RECOVERY_ADD)?;
            for digest in digests {
                add.execute((&id, digest.as_slice(), now.millis()))?;
            }
            let kind = NoticeKind::CredentialAdded;
            Ok(notify(tx, &notice, &id, kind, now, "recovery codes")?)
        })
        .await
    }

    /// Makes all codes of an account void: for those who manage accounts, when somebody's second factors are lost.
    pub async fn void_recovery_codes(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<(), PeopleError> {
        let (id, now, notice) = (account.to_owned(), self.now(), self.new_id());
        let act = Act::on_account("credential remove", account).with("recovery codes");
        self.act(caller, Need::May(Task::ManageUsers), act, move |tx| {
            let count = tx.prepare_cached(sql::RECOVERY_DROP)?.execute([&id])?;
            if count != 0 {
                let kind = NoticeKind::CredentialRemoved;
                notify(tx, &notice, &id, kind, now, "recovery codes")?;
            }
            Ok(())
        })
        .await
    }

    /// Uses a code: false when there is no such code, or it was used. The person has a notice.
    pub async fn take_recovery_code(
        &self,
        caller: &Caller,
        account: &str,
        digest: [u8; 32],
    ) -> Result<bool, PeopleError> {
        let (id, now, notice) = (account.to_owned(), self.now(), self.new_id());
        let act = Act::on_account("credential use", account).with("recovery code");
        self.act(caller, Need::SignIn, act, move |tx| {
            let count = tx.prepare_cached(sql::RECOVERY_USE)?.execute((
                now.millis(),
                &id,
                digest.as_slice(),
            ))?;
            if count == 1 {
                notify(tx, &notice, &id, NoticeKind::RecoveryUsed, now, "")?;
            }
            Ok(count == 1)
        })
        .await
    }

    /// How many codes are left: the person's own, or for those who manage accounts.
    pub async fn recovery_codes_left(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<u32, PeopleError> {
        let (id, act) = (
            account.to_owned(),
            Act::on_account("credential list", account),
        );
        self.look(caller, Need::SeeAccount(account), act, move |c| {
            let mut statement = c.prepare_cached(sql::RECOVERY_LEFT)?;
            Ok(statement.query_row([id], |row| row.get(0))?)
        })
        .await
    }
}

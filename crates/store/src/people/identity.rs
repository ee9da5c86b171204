//! Who a person is at an outside provider of sign-in. An administrator names them by a claim; from the first sign-in on
//! they are known by the provider's own name for them (`sub`), which is never given to another person (OpenID Connect Core
//! 1.0, section 5.7).

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, OptionalExtension, Row};

use super::account::{Account, AccountState, NewAccount, add as add_account, one as account_one};
use super::door::{Act, Need, PeopleError, Refusal};
use super::notice::{NoticeKind, notify};
use crate::statements as sql;
use crate::{Store, StoreError};

const LONGEST: usize = 255;

/// An outside identity to be linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIdentity {
    /// The provider's issuer identifier.
    pub issuer: String,
    /// The value of the claim that the installation names people of this provider by.
    pub expected: String,
}

/// An outside identity of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// The provider's issuer identifier.
    pub issuer: String,
    /// The claim's value that the administrator named.
    pub expected: String,
    /// Whether the person has signed in with it: from then on only they can.
    pub bound: bool,
    /// When it was linked.
    pub created: Instant,
    /// The last sign-in with it.
    pub used: Option<Instant>,
}

/// What a provider's ID token, checked already, says of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The provider's issuer identifier.
    pub issuer: String,
    /// The provider's own name for the person (`sub`).
    pub subject: String,
    /// The value of the claim that the installation names people by, where the token has it.
    pub expected: Option<String>,
    /// The account to be made where nobody is linked; none where the installation makes none.
    pub unknown: Option<NewAccount>,
}

impl Store {
    /// Links an outside identity to an account: a way in, so it takes the right to give rights, and nobody links their
    /// own. The person has a notice. Answers its id.
    pub async fn link_identity(
        &self,
        caller: &Caller,
        account: &str,
        new: NewIdentity,
    ) -> Result<String, PeopleError> {
        let act = Act::on_account("identity link", account).with(new.issuer.as_str());
        let (id, notice, now) = (self.new_id(), self.new_id(), self.now());
        let (own, account) = (super::door::own(caller, account), account.to_owned());
        let work = move |tx: &Connection| {
            if own {
                return Err(Refusal::OwnRights.into());
            }
            if account_one(tx, &account)?.is_none() {
                return Err(PeopleError::Unknown);
            }
            add(tx, &id, &account, &new, now)?;
            let kind = NoticeKind::CredentialAdded;
            notify(tx, &notice, &account, kind, now, &new.issuer)?;
            Ok(id)
        };
        self.act(caller, Need::May(Task::ManageRoles), act, work)
            .await
    }

    /// The outside identities of an account: one's own, or for those who manage accounts.
    pub async fn identities(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<Identity>, PeopleError> {
        let act = Act::on_account("identity list", account);
        let id = account.to_owned();
        self.look(caller, Need::SeeAccount(account), act, move |c| {
            Ok(of_account(c, &id)?)
        })
        .await
    }

    /// Unlinks an outside identity: one's own after a fresh proof, or for those who manage accounts. The person has a
    /// notice. One's own last way to sign in stays.
    pub async fn unlink_identity(
        &self,
        caller: &Caller,
        account: &str,
        id: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("identity unlink", account).with(id);
        let (own, notice, now) = (super::door::own(caller, account), self.new_id(), self.now());
        let (account_id, id) = (account.to_owned(), id.to_owned());
        let work = move |tx: &Connection| {
            let all = of_account(tx, &account_id)?;
            let one = all.iter().find(|i| i.id == id);
            let issuer = one.map(|i| i.issuer.clone()).ok_or(PeopleError::Unknown)?;
            if own && all.len() == 1 && credentials(tx, &account_id)? == 0 {
                return Err(Refusal::LastCredential.into());
            }
            tx.prepare_cached(sql::IDENTITY_REMOVE)?
                .execute((&id, &account_id))?;
            let kind = NoticeKind::CredentialRemoved;
            Ok(notify(tx, &notice, &account_id, kind, now, &issuer)?)
        };
        self.act(caller, Need::OwnFreshOrUsers(account), act, work)
            .await
    }

    /// Leaves the entry that an answer of an outside provider was refused.
    pub async fn outside_refused(
        &self,
        caller: &Caller,
        issuer: &str,
        why: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("identity use").with(format!("{issuer}: {why}"));
        self.permit(caller, Need::SignIn, &act).await?;
        self.refused(caller, act).await
    }

    /// The account of an outside identity that has just signed in at its provider. The first sign-in binds what the
    /// administrator linked to the provider's own name for the person, and takes up an invitation. [`PeopleError::Unknown`]
    /// when nobody is linked and no account is to be made.
    pub async fn take_identity(
        &self,
        caller: &Caller,
        outside: Outside,
    ) -> Result<Account, PeopleError> {
        let now = self.now();
        let (id, account, notice) = (self.new_id(), self.new_id(), self.new_id());
        let act = Act::plain("identity use").with(outside.issuer.as_str());
        let taking = Taking {
            id,
            account,
            notice,
            now,
        };
        let account = self
            .act(caller, Need::SignIn, act, move |tx| {
                taking.run(tx, &outside)
            })
            .await?;
        self.forget_sessions();
        Ok(account)
    }
}

/// The ids and the time that a sign-in may need.
struct Taking {
    id: String,
    account: String,
    notice: String,
    now: Instant,
}

impl Taking {
    fn run(&self, tx: &Connection, outside: &Outside) -> Result<Account, PeopleError> {
        let found = self.known(tx, outside)?;
        let identity = match (found, &outside.unknown) {
            (Some(identity), _) => identity,
            (None, Some(new)) => self.make(tx, outside, new)?,
            (None, None) => return Err(PeopleError::Unknown),
        };
        let account = account_one(tx, &identity.account)?.ok_or(PeopleError::Unknown)?;
        if account.state == AccountState::Invited {
            tx.prepare_cached(sql::ACCOUNT_STATE)?
                .execute((AccountState::Active.code(), &account.id))?;
            tx.prepare_cached(sql::LINK_END_OF)?
                .execute((self.now.millis(), &account.id))?;
        }
        tx.prepare_cached(sql::IDENTITY_USED)?
            .execute((self.now.millis(), &identity.id))?;
        account_one(tx, &account.id)?.ok_or(PeopleError::Unknown)
    }

    fn known(&self, tx: &Connection, outside: &Outside) -> Result<Option<Identity>, PeopleError> {
        let bound = tx
            .prepare_cached(sql::IDENTITY_BY_SUBJECT)?
            .query_row((&outside.issuer, &outside.subject), from_row)
            .optional()?;
        let (None, Some(expected)) = (&bound, &outside.expected) else {
            return Ok(bound);
        };
        let free = tx
            .prepare_cached(sql::IDENTITY_BY_EXPECTED)?
            .query_row((&outside.issuer, expected), from_row)
            .optional()?;
        if let Some(identity) = &free {
            tx.prepare_cached(sql::IDENTITY_BIND)?
                .execute((&outside.subject, &identity.id))?;
        }
        Ok(free)
    }

    fn make(
        &self,
        tx: &Connection,
        outside: &Outside,
        new: &NewAccount,
    ) -> Result<Identity, PeopleError> {
        add_account(tx, &self.account, AccountState::Active, new, self.now)?;
        let expected = outside.expected.clone();
        let linked = NewIdentity {
            issuer: outside.issuer.clone(),
            expected: expected.unwrap_or_else(|| outside.subject.clone()),
        };
        add(tx, &self.id, &self.account, &linked, self.now)?;
        tx.prepare_cached(sql::IDENTITY_BIND)?
            .execute((&outside.subject, &self.id))?;
        let kind = NoticeKind::CredentialAdded;
        let (notice, account) = (&self.notice, &self.account);
        notify(tx, notice, account, kind, self.now, &linked.issuer)?;
        let all = of_account(tx, &self.account)?;
        all.into_iter().next().ok_or(PeopleError::Unknown)
    }
}

fn add(
    tx: &Connection,
    id: &str,
    account: &str,
    new: &NewIdentity,
    now: Instant,
) -> Result<(), PeopleError> {
    let plain = |text: &str| {
        let length = text.chars().count();
        (1..=LONGEST).contains(&length)
            && text.trim() == text
            && !text.chars().any(char::is_control)
    };
    if !plain(&new.expected) || !plain(&new.issuer) {
        return Err(Refusal::Field("a name at the provider has 1 to 255 characters").into());
    }
    let count = tx.prepare_cached(sql::IDENTITY_ADD)?.execute((
        id,
        account,
        &new.issuer,
        &new.expected,
        now.millis(),
    ))?;
    match count {
        1 => Ok(()),
        _ => Err(Refusal::IdentityTaken.into()),
    }
}

fn of_account(connection: &Connection, account: &str) -> Result<Vec<Identity>, StoreError> {
    let mut statement = connection.prepare_cached(sql::IDENTITY_OF)?;
    let all = statement.query_map([account], from_row)?;
    Ok(all.collect::<Result<_, _>>()?)
}

fn credentials(connection: &Connection, account: &str) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(sql::CREDENTIAL_COUNT)?;
    Ok(statement.query_row([account], |row| row.get(0))?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Identity> {
    Ok(Identity {
        id: row.get(0)?,
        account: row.get(1)?,
        issuer: row.get(2)?,
        expected: row.get(3)?,
        bound: row.get::<_, Option<String>>(4)?.is_some(),
        created: Instant::from_millis(row.get(5)?),
        used: row.get::<_, Option<i64>>(6)?.map(Instant::from_millis),
    })
}

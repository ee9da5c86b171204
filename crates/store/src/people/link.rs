//! One-time links: invitations, resets, the set-up of the first administrator, a demonstration's sign-ins. Only the SHA-256
//! of what is in the address is kept.

use aceso_base::{Instant, Secret};
use aceso_policy::{Caller, Role, Task};
use rusqlite::{Connection, OptionalExtension};

use super::account::{AccountState, NewAccount, add as add_account, one as account_one};
use super::credential::{Adding, CredentialSecret, NewCredential};
use super::door::{Act, Need, PeopleError, Refusal};
use super::forgot::MailedLink;
use super::mail::{MailKind, NewMail};
use crate::statements as sql;
use crate::{Store, StoreError};

/// Links that ended so long ago are removed.
const KEPT_MILLIS: i64 = 30 * 86_400_000;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A new person takes up the account.
    Invitation,
    /// A person sets a new password; every other factor stays as it is.
    Reset,
    /// Whoever installed the program becomes the first administrator.
    SetUp,
    /// A sign-in to a demonstration, usable until it ends.
    Demo,
    /// As [`LinkKind::Reset`], asked for by whoever cannot sign in, and mailed to the person.
    Mailed,
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// SHA-256 of what is in the address.
    pub hash: [u8; 32],
    /// What it is for.
    pub kind: LinkKind,
    /// The account; empty for a set-up.
    pub account: String,
    /// When it ends.
    pub ends: Instant,
}

/// A link that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is for.
    pub kind: LinkKind,
    /// The account; empty for a set-up.
    pub account: String,
    /// When it ends.
    pub ends: Instant,
}

/// What is done with a link, in one step.
#[derive(Clone, Debug)]
pub enum Redeem {
    /// An invitation: the first credential; the account becomes active.
    TakeUp(NewCredential),
    /// A reset: the new password's hash; all sessions end.
    Reset(Secret<String>),
    /// A set-up: the first administrator (the roles given are replaced by that one), with the first credential.
    SetUp(NewAccount, NewCredential),
}

impl Store {
    /// Makes a link; an earlier one of the same kind for the same account is void. Invitations and resets are for those
    /// who manage accounts, the others for the console.
    pub async fn make_link(&self, caller: &Caller, new: NewLink) -> Result<(), PeopleError> {
        let now = self.now();
        let act = Act::on_account("link make", &new.account).with(new.kind.name());
        let need = match new.kind {
            LinkKind::Invitation | LinkKind::Reset => Need::May(Task::ManageUsers),
            LinkKind::SetUp | LinkKind::Demo | LinkKind::Mailed => Need::Console,
        };
        let work = move |tx: &Connection| make(tx, now, &new);
        self.act(caller, need, act, work).await
    }

    /// Makes an invitation and mails it to its account's address; an earlier one is void. Where it cannot be mailed there is no link
    /// either.
    pub async fn mail_invitation(
        &self,
        caller: &Caller,
        account: &str,
        link: MailedLink,
        ends: Instant,
    ) -> Result<(), PeopleError> {
        let (now, id) = (self.now(), self.new_id());
        let kind = LinkKind::Invitation;
        let act = Act::on_account("link mail", account).with(kind.name());
        let secret = link.sealed(self, &id)?;
        let new = NewLink {
            hash: link.hash,
            kind,
            account: account.to_owned(),
            ends,
        };
        let work = move |tx: &Connection| {
            make(tx, now, &new)?;
            let account = account_one(tx, &new.account)?.ok_or(PeopleError::Unknown)?;
            let Some(address) = account.email else {
                return Err(Refusal::Field("the account has no e-mail address").into());
            };
            let mail = NewMail {
                id: &id,
                kind: MailKind::Invitation,
                account: &new.account,
                address: &address,
                detail: "",
                secret: Some(secret),
                until: new.ends,
            };
            match mail.keep(tx, now)? {
                true => Ok(()),
                false => Err(Refusal::Field("no e-mail is sent from here").into()),
            }
        };
        let need = Need::May(Task::ManageUsers);
        self.act(caller, need, act, work).await
    }

    /// The link with this hash, if it can still be used.
    pub async fn link(&self, hash: &[u8; 32]) -> Result<Option<Link>, StoreError> {
        let (now, hash) = (self.now(), *hash);
        self.0.readers.quiet(move |c| one(c, &hash, now)).await?
    }

    /// Uses a link, once: answers the account. Of many who use it at the same time one succeeds.
    pub async fn redeem(
        &self,
        caller: &Caller,
        hash: [u8; 32],
        redeem: Redeem,
    ) -> Result<String, PeopleError> {
        let now = self.now();
        let Some(link) = self.link(&hash).await? else {
            self.permit(caller, Need::SignIn, &Act::plain("link use"))
                .await?;
            return self.unknown(caller, Act::plain("link use")).await;
        };
        let account = match &redeem {
            Redeem::SetUp(..) => self.new_id(),
            Redeem::TakeUp(_) | Redeem::Reset(_) => link.account.clone(),
        };
        let act = Act::on_account("link use", &account).with(link.kind.name());
        let redeeming = Redeeming::new(self, account, redeem);
        let work = move |tx: &Connection| {
            let count = tx
                .prepare_cached(sql::LINK_USE)?
                .execute((now.millis(), hash.as_slice()))?;
            if count != 1 {
                return Err(PeopleError::Unknown);
            }
            redeeming.run(tx, link.kind, now)
        };
        let account = self.act(caller, Need::SignIn, act, work).await?;
        self.forget_sessions();
        Ok(account)
    }

    /// Whether somebody can administer the installation; as long as nobody can, it is set up by a link.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        self.0.readers.quiet(|c| has_administrator(c)).await?
    }
}

/// Keeps a link, in place of an earlier one of its kind.
fn make(tx: &Connection, now: Instant, new: &NewLink) -> Result<(), PeopleError> {
    match new.kind {
        LinkKind::SetUp if has_administrator(tx)? => return Err(Refusal::SetUp.into()),
        LinkKind::SetUp => {}
        LinkKind::Invitation | LinkKind::Reset | LinkKind::Demo | LinkKind::Mailed => {
            let account = account_one(tx, &new.account)?.ok_or(PeopleError::Unknown)?;
            new.kind.fits(account.state)?;
        }
    }
    tx.prepare_cached(sql::LINK_PRUNE)?
        .execute([now.plus_millis(-KEPT_MILLIS).millis()])?;
    tx.prepare_cached(sql::LINK_SUPERSEDE)?.execute((
        now.millis(),
        &new.account,
        new.kind.code(),
    ))?;
    tx.prepare_cached(sql::LINK_ADD)?.execute((
        new.hash.as_slice(),
        new.kind.code(),
        &new.account,
        now.millis(),
        new.ends.millis(),
    ))?;
    Ok(())
}

/// A link's use with all that it needs.
struct Redeeming {
    account: String,
    new_account: Option<NewAccount>,
    adding: Adding,
    kind: LinkKind,
}

impl Redeeming {
    fn new(store: &Store, account: String, redeem: Redeem) -> Self {
        let (kind, new_account, credential) = match redeem {
            Redeem::TakeUp(credential) => (LinkKind::Invitation, None, credential),
            Redeem::Reset(hash) => {
                let credential = NewCredential {
                    label: String::new(),
                    secret: CredentialSecret::Password(hash),
                };
                (LinkKind::Reset, None, credential)
            }
            Redeem::SetUp(new, credential) => (LinkKind::SetUp, Some(new), credential),
        };
        Self {
            adding: Adding::new(store, &account, credential),
            account,
            new_account,
            kind,
        }
    }

    fn run(self, tx: &Connection, kind: LinkKind, now: Instant) -> Result<String, PeopleError> {
        let resets = [LinkKind::Reset, LinkKind::Mailed];
        if kind != self.kind && !(self.kind == LinkKind::Reset && resets.contains(&kind)) {
            return Err(PeopleError::Unknown);
        }
        if let Some(mut new) = self.new_account {
            if has_administrator(tx)? {
                return Err(Refusal::SetUp.into());
            }
            new.roles = vec![Role::ADMINISTRATOR];
            new.not_after = None;
            add_account(tx, &self.account, AccountState::Active, &new, now)?;
        } else {
            let account = account_one(tx, &self.account)?.ok_or(PeopleError::Unknown)?;
            kind.fits(account.state)?;
            tx.prepare_cached(sql::ACCOUNT_STATE)?
                .execute((AccountState::Active.code(), &self.account))?;
            tx.prepare_cached(sql::SESSION_END_OF)?
                .execute((&self.account, [].as_slice()))?;
            // Whoever else holds a link to this account's password holds it for nothing.
            for other in resets {
                tx.prepare_cached(sql::LINK_SUPERSEDE)?.execute((
                    now.millis(),
                    &self.account,
                    other.code(),
                ))?;
            }
        }
        self.adding.write(tx)?;
        Ok(self.account)
    }
}

impl LinkKind {
    /// Whether an account in this state can have such a link.
    fn fits(self, state: AccountState) -> Result<(), PeopleError> {
        match (self, state) {
            (Self::Invitation, AccountState::Invited)
            | (Self::Reset | Self::Mailed | Self::Demo, AccountState::Active)
            | (Self::SetUp, _) => Ok(()),
            (Self::Invitation, AccountState::Active) => {
                Err(Refusal::Field("the account is taken up already: send a reset").into())
            }
            (Self::Reset | Self::Mailed | Self::Demo, AccountState::Invited) => {
                Err(Refusal::Field("the account was never taken up: send an invitation").into())
            }
            (
                Self::Invitation | Self::Reset | Self::Mailed | Self::Demo,
                AccountState::Disabled,
            ) => Err(Refusal::Disabled.into()),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
            Self::SetUp => "set-up",
            Self::Demo => "demo",
            Self::Mailed => "mailed reset",
        }
    }

    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Invitation => 1,
            Self::Reset => 2,
            Self::SetUp => 3,
            Self::Demo => 4,
            Self::Mailed => 5,
        }
    }

    const fn from_code(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Invitation),
            2 => Some(Self::Reset),
            3 => Some(Self::SetUp),
            4 => Some(Self::Demo),
            5 => Some(Self::Mailed),
            _ => None,
        }
    }
}

fn one(connection: &Connection, hash: &[u8; 32], now: Instant) -> Result<Option<Link>, StoreError> {
    let mut statement = connection.prepare_cached(sql::LINK_ONE)?;
    let found = statement.query_row([hash.as_slice()], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, Option<i64>>(3)?,
        ))
    });
    let Some((kind, account, ends, None)) = found.optional()? else {
        return Ok(None);
    };
    let ends = Instant::from_millis(ends);
    Ok(LinkKind::from_code(kind)
        .filter(|_| now < ends)
        .map(|kind| Link {
            kind,
            account,
            ends,
        }))
}

fn has_administrator(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql::ACCOUNT_ADMINISTRATORS)?;
    let count: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(count > 0)
}

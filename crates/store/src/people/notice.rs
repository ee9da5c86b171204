//! Notices to a person inside the program: what happened to their account.

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, Row};

use super::door::{Act, Need, PeopleError};
use super::mail::mail_notice;
use crate::statements as sql;
use crate::{Store, StoreError};

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A sign-in from a browser not seen before.
    NewDevice,
    /// A password, passkey, authenticator app or set of recovery codes was added.
    CredentialAdded,
    /// One was removed.
    CredentialRemoved,
    /// The password was changed or reset.
    PasswordChanged,
    /// A recovery code was used.
    RecoveryUsed,
    /// Somebody opened a record by breaking the glass.
    BreakGlass,
    /// The account's roles were changed.
    Roles,
    /// An administrator lifted a lock.
    Unlocked,
    /// Many wrong attempts to sign in.
    Attempts,
    /// A check of the store found something wrong.
    Integrity,
    /// The review of an emergency access is overdue.
    ReviewOverdue,
    /// A list of who may do what is to be worked through.
    RecheckOpened,
    /// Another administrator asks for agreement, or has answered.
    Proposal,
    /// The review of accesses found some that nothing explains.
    InsiderCases,
    /// Notices go to another mail address from now on.
    AddressChanged,
    /// The rules over the audit log found what cannot wait.
    Alert,
    /// Something that the clinic must have agreed or done holds no more.
    DutyOver,
}

/// A notice.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// When.
    pub at: Instant,
    /// More words: the browser, the credential's label, the roles.
    pub detail: String,
    /// When the person saw it.
    pub seen: Option<Instant>,
}

impl Store {
    /// Leaves a notice to an account.
    pub async fn add_notice(
        &self,
        caller: &Caller,
        account: &str,
        kind: NoticeKind,
        detail: &str,
    ) -> Result<(), PeopleError> {
        let (id, now) = (self.new_id(), self.now());
        let act = Act::on_account("notice add", account);
        let (account, detail) = (account.to_owned(), detail.to_owned());
        self.act(caller, Need::Notify, act, move |tx| {
            Ok(notify(tx, &id, &account, kind, now, &detail)?)
        })
        .await
    }

    /// The last 200 notices to an account, newest first: one's own, or for those who manage accounts.
    pub async fn notices(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<Notice>, PeopleError> {
        let act = Act::on_account("notice list", account);
        let id = account.to_owned();
        self.look(caller, Need::SeeAccount(account), act, move |c| {
            let mut statement = c.prepare_cached(sql::NOTICE_OF)?;
            let all = statement.query_map([id], from_row)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// How many of one's own notices are not seen yet. Leaves no entry: it stands on every page.
    pub async fn unseen_notices(&self, caller: &Caller, account: &str) -> Result<u64, PeopleError> {
        let act = Act::on_account("notice list", account);
        self.permit(caller, Need::SeeAccount(account), &act).await?;
        let id = account.to_owned();
        let count: Result<i64, StoreError> = self
            .0
            .readers
            .quiet(move |c| {
                let mut statement = c.prepare_cached(sql::NOTICE_UNSEEN)?;
                Ok(statement.query_row([id], |row| row.get(0))?)
            })
            .await?;
        Ok(count?.cast_unsigned())
    }

    /// Marks all notices to an account as seen; only the person can.
    pub async fn see_notices(&self, caller: &Caller, account: &str) -> Result<(), PeopleError> {
        let (id, now) = (account.to_owned(), self.now());
        let act = Act::on_account("notice seen", account);
        self.act(caller, Need::Own(account), act, move |tx| {
            tx.prepare_cached(sql::NOTICE_SEEN)?
                .execute((now.millis(), id))?;
            Ok(())
        })
        .await
    }
}

/// Writes a notice, and the mail that tells of it.
pub(crate) fn notify(
    tx: &Connection,
    id: &str,
    account: &str,
    kind: NoticeKind,
    at: Instant,
    detail: &str,
) -> Result<(), StoreError> {
    let detail: String = detail.chars().take(400).collect();
    tx.prepare_cached(sql::NOTICE_ADD)?.execute((
        id,
        account,
        kind.code(),
        at.millis(),
        &detail,
    ))?;
    mail_notice(tx, id, account, kind, at, &detail)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice {
        id: row.get(0)?,
        kind: NoticeKind::from_code(row.get(1)?),
        at: Instant::from_millis(row.get(2)?),
        detail: row.get(3)?,
        seen: row.get::<_, Option<i64>>(4)?.map(Instant::from_millis),
    })
}

/// Kinds with their codes.
const CODES: [(NoticeKind, i64); 17] = [
    (NoticeKind::NewDevice, 1),
    (NoticeKind::CredentialAdded, 2),
    (NoticeKind::CredentialRemoved, 3),
    (NoticeKind::PasswordChanged, 4),
    (NoticeKind::RecoveryUsed, 5),
    (NoticeKind::BreakGlass, 6),
    (NoticeKind::Roles, 7),
    (NoticeKind::Unlocked, 8),
    (NoticeKind::Attempts, 9),
    (NoticeKind::Integrity, 10),
    (NoticeKind::ReviewOverdue, 11),
    (NoticeKind::RecheckOpened, 12),
    (NoticeKind::Proposal, 13),
    (NoticeKind::InsiderCases, 14),
    (NoticeKind::AddressChanged, 15),
    (NoticeKind::Alert, 16),
    (NoticeKind::DutyOver, 20),
];

impl NoticeKind {
    pub(super) fn code(self) -> i64 {
        let found = CODES.iter().find(|(kind, _)| *kind == self);
        found.map_or(0, |(_, code)| *code)
    }

    pub(super) fn from_code(code: i64) -> Self {
        let found = CODES.iter().find(|(_, c)| *c == code);
        found.map_or(Self::Attempts, |(kind, _)| *kind)
    }
}

//! How the installation stands: what checks of the installation, and the case for it, ask the record.

use aceso_base::Instant;
use aceso_policy::{Caller, Role};
use rusqlite::{Connection, OptionalExtension};

use super::kept::Found;
use crate::audit::{CLOCK_ACCEPTED, SpoolStanding, head_signer, latest, latest_since_accepted};
use crate::engine::AUDIT;
use crate::people::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::{Store, StoreError};

const PAGE: i64 = 500;

/// The first line of the note that an assurance case is signed with.
pub const CASE: &str = "aceso assurance case 1";

/// An active account, as far as rules for accounts ask. Its `Debug` form shows no name.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountStanding {
    /// The user name.
    pub user_name: String,
    /// The roles.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created: Instant,
    /// The last sign-in.
    pub signed_in: Option<Instant>,
    /// How many passkeys it has.
    pub passkeys: u64,
    /// How many authenticator apps it has.
    pub apps: u64,
}

impl std::fmt::Debug for AccountStanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountStanding")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// How far the audit log is, and what of it is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStanding {
    /// How many entries there are.
    pub entries: u64,
    /// When the last one was made.
    pub last: Option<Instant>,
    /// How many entries the last signed head covers.
    pub signed: u64,
    /// When it was signed.
    pub signed_at: Option<Instant>,
}

/// How the installation stands.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The active accounts.
    pub accounts: Vec<AccountStanding>,
    /// Emergency accesses whose review is overdue.
    pub breaks_overdue: u64,
    /// Recertifications that are overdue.
    pub rechecks_overdue: u64,
    /// The audit log.
    pub log: LogStanding,
    /// The latest time that the log has an entry of, since somebody last accepted a clock that was behind it.
    pub latest: Option<Instant>,
    /// The emergency spool.
    pub spool: SpoolStanding,
    /// Checks of the store.
    pub checks: Found,
}

impl Store {
    /// How the installation stands: at the console, or for the part of the program that checks.
    pub async fn standing(&self, caller: &Caller) -> Result<Standing, PeopleError> {
        let now = self.now();
        // Before the act's own entry.
        let log = self.log_standing(caller).await?;
        let latest = self.log_latest()?;
        let spool = self.spool_standing(caller).await?;
        let read = move |c: &Connection| {
            let count = |text: &str| -> Result<u64, StoreError> {
                let mut statement = c.prepare_cached(text)?;
                let count: i64 = statement.query_row([now.millis()], |row| row.get(0))?;
                Ok(count.cast_unsigned())
            };
            Ok(Standing {
                accounts: accounts(c)?,
                breaks_overdue: count(sql::BREAK_OVERDUE)?,
                rechecks_overdue: count(sql::RECHECK_OVERDUE)?,
                log,
                latest,
                spool,
                checks: Found::default(),
            })
        };
        let act = Act::plain("installation check");
        let mut standing = self.look(caller, Need::Check, act, read).await?;
        standing.checks = self.checks(caller).await?;
        Ok(standing)
    }

    /// How far the audit log is. Leaves no entry: gauges show it.
    pub async fn log_standing(&self, caller: &Caller) -> Result<LogStanding, PeopleError> {
        let act = Act::plain("installation check");
        self.permit(caller, Need::Check, &act).await?;
        self.0.readers.log().settle()?;
        let log = self.0.files.visit(&AUDIT, 1024)?;
        Ok(end(&log)?)
    }

    /// The latest time that the log has an entry of, since somebody last accepted a clock that was behind it: asked before
    /// anything is done, so that no clock that went back is followed, also when what looks for what is wrong left entries by
    /// it. Says nothing else, and leaves no entry.
    pub fn log_latest(&self) -> Result<Option<Instant>, StoreError> {
        let now = self.now();
        let latest = self.on_log(|log| latest(log))??;
        if latest.is_none_or(|latest| latest <= now) {
            return Ok(latest);
        }
        // The entry by which a clock was accepted is found by an index.
        self.0.readers.log().settle()?;
        self.on_log(|log| latest_since_accepted(log))?
    }

    /// How the emergency spool is, and whether the log can be written. Leaves no entry: gauges and pages show it, also when
    /// none can be left.
    pub async fn spool_standing(&self, caller: &Caller) -> Result<SpoolStanding, PeopleError> {
        self.verdict(caller, Need::SeeChecks)?;
        Ok(self.0.readers.log().spool())
    }

    /// Whether the log's last try to write failed: then nothing is shown but in an emergency. Any page may say so.
    pub fn is_log_down(&self) -> bool {
        self.0.readers.log().emergencies().is_log_down()
    }

    /// Leaves the entry that a clock behind the log is right, in words: from here on what was logged before counts no more.
    pub async fn note_clock(&self, caller: &Caller, text: &str) -> Result<(), PeopleError> {
        let act = Act::plain(CLOCK_ACCEPTED).with(text);
        self.look(caller, Need::Check, act, |_| Ok(())).await
    }

    /// Leaves the entry that a server was started with another configuration, in words.
    pub async fn note_configuration(&self, caller: &Caller, text: &str) -> Result<(), PeopleError> {
        let act = Act::plain("system configuration").with(text);
        self.look(caller, Need::Check, act, |_| Ok(())).await
    }

    /// Signs the digest (SHA-256 in hexadecimal) of an assurance case with the key of the audit log's heads, at the console;
    /// the entry has the digest, too. Answers the signed note, and the key that it is checked with.
    pub async fn sign_case(
        &self,
        caller: &Caller,
        digest: &str,
    ) -> Result<(String, String), PeopleError> {
        let keyring = self.0.keyring.clone();
        let signer = self.on_log(move |log| head_signer(log, &keyring))??;
        let text = format!("{CASE}\n{}\nsha256 {digest}\n", self.now().to_fhir());
        let note = signer.sign_note(&text);
        let note = note.ok_or_else(|| StoreError::text("the digest is no digest"))?;
        let act = Act::plain("assurance case").with(format!("sha256 {digest}"));
        self.look(caller, Need::Console, act, |_| Ok(())).await?;
        Ok((note, signer.key().to_string()))
    }
}

fn accounts(record: &Connection) -> Result<Vec<AccountStanding>, StoreError> {
    let mut all: Vec<AccountStanding> = Vec::new();
    let mut after = String::new();
    loop {
        let mut statement = record.prepare_cached(sql::ACCOUNT_STANDING)?;
        let rows = statement.query_map((&after, PAGE), |row| {
            let roles: String = row.get(2)?;
            let signed_in: Option<i64> = row.get(4)?;
            let standing = AccountStanding {
                user_name: row.get(1)?,
                roles: roles
                    .split(' ')
                    .filter_map(|id| Role::parse(id).ok())
                    .collect(),
                created: Instant::from_millis(row.get(3)?),
                signed_in: signed_in.map(Instant::from_millis),
                passkeys: row.get::<_, i64>(5)?.cast_unsigned(),
                apps: row.get::<_, i64>(6)?.cast_unsigned(),
            };
            Ok((row.get::<_, String>(0)?, standing))
        })?;
        let page = rows.collect::<Result<Vec<_>, _>>()?;
        let Some((last, _)) = page.last() else {
            return Ok(all);
        };
        after.clone_from(last);
        all.extend(page.into_iter().map(|(_, standing)| standing));
    }
}

fn end(log: &Connection) -> rusqlite::Result<LogStanding> {
    let two = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let last = log.query_row(sql::AUDIT_LOG_END, [], two).optional()?;
    let head = log.query_row(sql::AUDIT_HEAD_LAST, [], two).optional()?;
    Ok(LogStanding {
        entries: last.map_or(0, |(seq, _)| seq.cast_unsigned()),
        last: last.map(|(_, at)| Instant::from_millis(at)),
        signed: head.map_or(0, |(size, _)| size.cast_unsigned()),
        signed_at: head.map(|(_, at)| Instant::from_millis(at)),
    })
}

//! What checks found, kept in the record: the last of each kind, and what is wrong now.

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use super::{Finding, Report};
use crate::people::{Act, Need, NoticeKind, PeopleError, notify};
use crate::statements as sql;
use crate::{Store, StoreError};

/// The check that `aceso verify` makes.
const VERIFY: &str = "verify";
/// The last whole round of the scrub.
pub(super) const SCRUB: &str = "scrub";
/// The last backup.
const BACKUP: &str = "backup";
/// The last time that a backup was tried, whether it was made or not.
const ATTEMPT: &str = "backup attempt";
/// Whether what is written reaches the repository between backups.
const SHIPPING: &str = "backup log";
/// The last drill: a restore that was tried out.
const DRILL: &str = "drill";
/// The last look for a newer release of the program; wrong when one waits.
const RELEASE: &str = "release";
/// The last release that was put in place or taken back.
const UPDATE: &str = "update";
/// The recovery shares; wrong when the root key was changed since.
pub(crate) const SHARES: &str = "shares";

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// When it ended.
    pub at: Instant,
    /// How many things it found wrong.
    pub wrong: u64,
    /// What it looked at, in words.
    pub detail: String,
}

/// The checks of the store, and what is wrong as far as they know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The last `aceso verify`.
    pub verify: Option<Checked>,
    /// The last whole round of the scrub.
    pub scrub: Option<Checked>,
    /// The last backup that was made.
    pub backup: Option<Checked>,
    /// The last time that one was to be made.
    pub attempt: Option<Checked>,
    /// How the record's log reaches the repository between backups: kept when that changes.
    pub shipping: Option<Checked>,
    /// The last restore that was tried out.
    pub drill: Option<Checked>,
    /// The last look for a newer release of the program; something is wrong when one waits.
    pub release: Option<Checked>,
    /// The last release that was put in place or taken back.
    pub update: Option<Checked>,
    /// The last test of the recovery shares; something is wrong when they are of another root key than the record's.
    pub shares: Option<Checked>,
    /// What is wrong, oldest first, at most a thousand; when it was found first.
    pub findings: Vec<(Finding, Instant)>,
}

impl Store {
    /// What checks of the store found: for the console, the program itself, and those who manage settings. Leaves no
    /// entry: it stands on the overview.
    pub async fn checks(&self, caller: &Caller) -> Result<Found, PeopleError> {
        self.permit(caller, Need::SeeChecks, &Act::plain("checks"))
            .await?;
        let read = |c: &mut Connection| {
            Ok::<_, StoreError>(Found {
                verify: one(c, VERIFY)?,
                scrub: one(c, SCRUB)?,
                backup: one(c, BACKUP)?,
                attempt: one(c, ATTEMPT)?,
                shipping: one(c, SHIPPING)?,
                drill: one(c, DRILL)?,
                release: one(c, RELEASE)?,
                update: one(c, UPDATE)?,
                shares: one(c, SHARES)?,
                findings: all(c)?,
            })
        };
        Ok(self.0.readers.quiet(read).await??)
    }

    /// Keeps that recovery shares were joined, at the console, and gave the root key of this name.
    pub async fn note_shares_tested(&self, caller: &Caller, root: &str) -> Result<(), PeopleError> {
        let act = Act::plain("key shares tested").with(root);
        let (now, root) = (self.now(), root.to_owned());
        self.act(caller, Need::Console, act, move |tx| {
            Ok(set(
                tx,
                SHARES,
                now,
                0,
                &format!("they give the root key {root}"),
            )?)
        })
        .await
    }

    /// Keeps what a whole check found; the entry names it.
    pub async fn keep_report(&self, caller: &Caller, report: &Report) -> Result<(), PeopleError> {
        let act = Act::plain("verify").with(format!(
            "{}: {} wrong",
            report.summary(),
            report.findings.len()
        ));
        let (now, report) = (self.now(), report.clone());
        self.act(caller, Need::Check, act, move |tx| {
            let wrong = i64::try_from(report.findings.len()).unwrap_or(i64::MAX);
            set(tx, VERIFY, now, wrong, &report.summary())?;
            add(tx, now, &report.findings)?;
            tx.prepare_cached(sql::FOUND_PRUNE)?
                .execute([now.millis()])?;
            Ok(())
        })
        .await
    }
}

/// What was done for the day of need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rehearsal {
    /// A backup was made.
    Backup,
    /// A backup was to be made; what stood against it is what is wrong.
    Attempt,
    /// The record's log reaches the repository between backups, or does not, which is what is wrong.
    Shipping,
    /// A restore was tried out.
    Drill,
    /// It was looked for newer releases of the program; one that waits is what is wrong.
    Release,
    /// A newer release was put in place, or taken back.
    Update,
}

impl Rehearsal {
    const fn name(self) -> &'static str {
        match self {
            Self::Backup => BACKUP,
            Self::Attempt => ATTEMPT,
            Self::Shipping => SHIPPING,
            Self::Drill => DRILL,
            Self::Release => RELEASE,
            Self::Update => UPDATE,
        }
    }
}

impl Store {
    /// Keeps that a backup was made, or a restore tried out: what is wrong with it, and what it was, in words. What is wrong
    /// and was not the time before is told to the administrators.
    pub async fn keep_rehearsal(
        &self,
        caller: &Caller,
        what: Rehearsal,
        wrong: &[Finding],
        detail: &str,
    ) -> Result<(), PeopleError> {
        let text = format!("{detail}: {} wrong", wrong.len());
        let mut act = Act::plain(what.name()).with(text);
        act.on = wrong.iter().map(|f| f.place.clone()).collect();
        let (now, notice) = (self.now(), self.new_id());
        let (wrong, detail) = (wrong.to_vec(), detail.to_owned());
        self.act(caller, Need::Backup, act, move |tx| {
            let before = one(tx, what.name())?;
            if before.is_none_or(|last| last.wrong == 0) {
                tell(tx, &notice, now, &wrong)?;
            }
            let count = i64::try_from(wrong.len()).unwrap_or(i64::MAX);
            let said: Vec<String> = (wrong.iter().map(|f| format!("{}: {}", f.place, f.what)))
                .chain([detail])
                .collect();
            Ok(set(tx, what.name(), now, count, &said.join("; "))?)
        })
        .await
    }
}

impl Report {
    /// What was looked at, in words.
    pub fn summary(&self) -> String {
        format!(
            "{} resources, {} older versions, {} signed notes, {} index rows, {} sealed values, {} audit entries",
            self.resources,
            self.versions,
            self.signed,
            self.index_rows,
            self.sealed,
            self.audit_entries
        )
    }
}

pub(super) fn one(record: &Connection, what: &str) -> Result<Option<Checked>, StoreError> {
    let mut statement = record.prepare_cached(sql::CHECKED_ONE)?;
    let found = statement
        .query_row([what], |row| {
            Ok(Checked {
                at: Instant::from_millis(row.get(0)?),
                wrong: row.get::<_, i64>(1)?.cast_unsigned(),
                detail: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found)
}

pub(crate) fn set(
    tx: &Connection,
    what: &str,
    at: Instant,
    wrong: i64,
    detail: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(sql::CHECKED_SET)?
        .execute((what, at.millis(), wrong, detail))?;
    Ok(())
}

/// Keeps findings; one that is known already keeps the time when it was found first.
pub(super) fn add(tx: &Connection, now: Instant, findings: &[Finding]) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(sql::FOUND_ADD)?;
    for finding in findings {
        statement.execute((&finding.place, &finding.what, &finding.mend, now.millis()))?;
    }
    Ok(())
}

/// A notice to each administrator.
pub(super) fn tell(
    tx: &Connection,
    id: &str,
    now: Instant,
    findings: &[Finding],
) -> Result<(), StoreError> {
    let Some(first) = findings.first() else {
        return Ok(());
    };
    let accounts: Vec<String> = {
        let mut statement = tx.prepare_cached(sql::ACCOUNT_IN_ROLE)?;
        let rows = statement.query_map(["% administrator %"], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    let text = match findings.len() {
        1 => format!("{}: {}", first.place, first.what),
        n => format!("{}: {} (and {} more)", first.place, first.what, n - 1),
    };
    for (number, account) in accounts.iter().enumerate() {
        let id = format!("{id}-{number}");
        notify(tx, &id, account, NoticeKind::Integrity, now, &text)?;
    }
    Ok(())
}

fn all(record: &Connection) -> Result<Vec<(Finding, Instant)>, StoreError> {
    let mut statement = record.prepare_cached(sql::FOUND_ALL)?;
    let rows = statement.query_map([], |row| {
        let finding = Finding {
            place: row.get(0)?,
            what: row.get(1)?,
            mend: row.get(2)?,
        };
        Ok((finding, Instant::from_millis(row.get(3)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps one thing that is wrong: an entry, and a notice to the administrators when it was not known before.
pub(crate) async fn object(
    store: &Store,
    caller: &Caller,
    act: &'static str,
    on: &str,
    finding: Finding,
) -> Result<(), PeopleError> {
    let mut act = Act::plain(act).with(finding.what.as_str());
    act.on = vec![on.to_owned()];
    let (now, notice) = (store.now(), store.new_id());
    store
        .act(caller, Need::Check, act, move |tx| {
            let is_known = all(tx)?.iter().any(|(known, _)| *known == finding);
            let findings = [finding];
            if !is_known {
                tell(tx, &notice, now, &findings)?;
            }
            Ok(add(tx, now, &findings)?)
        })
        .await
}

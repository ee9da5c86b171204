//! The soft lock (NIST SP 800-63B-4, section 3.2.2; after kanidm's): each attempt is counted before it is checked, so that
//! many at once get no more tries than one after the other. A browser that the person used before has a counter of its
//! own: a stranger who guesses cannot keep the person out.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, hex};
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, OptionalExtension};

use super::device::is_known;
use super::door::{Act, Need, PeopleError};
use super::name::UserName;
use super::notice::{NoticeKind, notify};
use super::rule::{BackOff, LockRule};
use crate::statements as sql;
use crate::{Store, StoreError};

const DAY_MILLIS: i64 = 86_400_000;
/// Rows that say nothing any more are removed once in so many new ones.
const PRUNE_EVERY: u32 = 256;
/// A person is told when the count of failures reaches this.
const TELL_AT: u32 = 10;

/// An attempt to sign in, or to prove who one is.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The account; none: there is none of this name.
    pub account: Option<String>,
    /// The name that was typed.
    pub name: UserName,
    /// Where from.
    pub address: Option<IpAddr>,
    /// SHA-256 of the device cookie.
    pub device: Option<[u8; 32]>,
}

/// Whether an attempt may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Yes; it is counted as a failure until it is said to be right.
    Open,
    /// No, before that time.
    Closed {
        /// When the next attempt may come.
        until: Instant,
    },
}

/// How far a right answer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Another factor is to come: the failures before it still count.
    More,
    /// The person is in: the failures before are forgotten.
    Done,
}

/// What keeps an account from signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Consecutive failures.
    pub failures: u32,
    /// No attempt before that time; in the past when there is no lock.
    pub until: Instant,
}

/// Counts new rows, so that old ones are removed now and then.
#[derive(Default)]
pub(crate) struct Failures(AtomicU32);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Account,
    Address,
    Device,
    Nobody,
}

impl Kind {
    const fn code(self) -> i64 {
        match self {
            Self::Account => 1,
            Self::Address => 2,
            Self::Device => 3,
            Self::Nobody => 4,
        }
    }
}

/// A counter as it is kept.
struct Row {
    count: u32,
    last: Instant,
    until: Instant,
}

impl Store {
    /// Asks whether an attempt may be checked, and counts it. To be called before a password, code or key is looked at.
    pub async fn begin_attempt(
        &self,
        caller: &Caller,
        attempt: Attempt,
    ) -> Result<Gate, PeopleError> {
        let act = attempt.act("sign-in attempt");
        self.permit(caller, Need::SignIn, &act).await?;
        let (now, notice) = (self.now(), self.new_id());
        let rule = self.0.settings.people.lock.clone();
        let prune = self
            .0
            .failures
            .0
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(PRUNE_EVERY);
        let gate = self
            .act_quietly(move |tx| {
                if prune {
                    bound(tx, &rule, now)?;
                }
                Ok(begin(tx, &attempt, &rule, &notice, now)?)
            })
            .await?;
        if let Gate::Closed { .. } = gate {
            self.refused(caller, act.with("locked")).await?;
        }
        Ok(gate)
    }

    /// Says that the attempt was wrong: leaves the entry. It was counted when it began.
    pub async fn attempt_failed(
        &self,
        caller: &Caller,
        attempt: &Attempt,
        why: &'static str,
    ) -> Result<(), PeopleError> {
        let act = attempt.act("sign-in attempt").with(why);
        self.permit(caller, Need::SignIn, &act).await?;
        self.refused(caller, act).await
    }

    /// Says that the attempt was right: it no longer counts as a failure.
    pub async fn attempt_right(
        &self,
        caller: &Caller,
        attempt: Attempt,
        right: Right,
    ) -> Result<(), PeopleError> {
        let act = attempt.act("sign-in attempt");
        self.permit(caller, Need::SignIn, &act).await?;
        let now = self.now();
        self.act_quietly(move |tx| Ok(forgive(tx, &attempt, right, now)?))
            .await
    }

    /// What keeps an account from signing in from a browser not known.
    pub async fn lock_of(&self, caller: &Caller, account: &str) -> Result<Lock, PeopleError> {
        let (id, act) = (
            account.to_owned(),
            Act::on_account("account lock read", account),
        );
        self.look(caller, Need::SeeAccount(account), act, move |c| {
            let row = row(c, Kind::Account, &id)?;
            Ok(row.map_or(
                Lock {
                    failures: 0,
                    until: Instant::from_millis(0),
                },
                |row| Lock {
                    failures: row.count,
                    until: row.until,
                },
            ))
        })
        .await
    }

    /// Lifts an account's lock, and its browsers'; the person has a notice.
    pub async fn unlock_account(&self, caller: &Caller, account: &str) -> Result<(), PeopleError> {
        let (id, now, notice) = (account.to_owned(), self.now(), self.new_id());
        let act = Act::on_account("account unlock", account);
        self.act(caller, Need::May(Task::ManageUsers), act, move |tx| {
            super::account::one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            remove(tx, Kind::Account, &id)?;
            tx.prepare_cached(sql::FAILURE_DEVICES)?
                .execute([[&id, ":%"].concat()])?;
            Ok(notify(tx, &notice, &id, NoticeKind::Unlocked, now, "")?)
        })
        .await
    }
}

impl Attempt {
    /// The name that was typed is not in the log: people type passwords there.
    fn act(&self, name: &'static str) -> Act {
        match &self.account {
            Some(account) => Act::on_account(name, account),
            None => Act::plain(name),
        }
    }

    /// The counters that it moves.
    fn counters(&self, connection: &Connection) -> Result<Vec<(Kind, String)>, StoreError> {
        if let (Some(account), Some(device)) = (&self.account, &self.device)
            && is_known(connection, account, device)?
        {
            return Ok(vec![(Kind::Device, [account, ":", &hex(device)].concat())]);
        }
        let mut all = vec![match &self.account {
            Some(account) => (Kind::Account, account.clone()),
            None => (Kind::Nobody, self.name.to_string()),
        }];
        all.extend(self.address.map(|a| (Kind::Address, network(a))));
        Ok(all)
    }
}

fn begin(
    tx: &Connection,
    attempt: &Attempt,
    rule: &LockRule,
    notice: &str,
    now: Instant,
) -> Result<Gate, StoreError> {
    let counters = attempt.counters(tx)?;
    let mut rows = Vec::new();
    for (kind, name) in &counters {
        rows.push(row(tx, *kind, name)?);
    }
    let until = rows.iter().flatten().map(|row| row.until).max();
    if let Some(until) = until.filter(|until| now < *until) {
        return Ok(Gate::Closed { until });
    }
    for ((kind, name), row) in counters.iter().zip(rows) {
        let back_off = rule.of(*kind);
        let before = row.filter(|row| back_off.still_counts(row, now));
        let count = before.map_or(0, |row| row.count).saturating_add(1);
        let until = back_off.until(count, now);
        set(tx, *kind, name, count, now, until)?;
        if let (Kind::Account, TELL_AT) = (kind, count) {
            notify(tx, notice, name, NoticeKind::Attempts, now, "")?;
        }
    }
    Ok(Gate::Open)
}

fn forgive(
    tx: &Connection,
    attempt: &Attempt,
    right: Right,
    now: Instant,
) -> Result<(), StoreError> {
    for (kind, name) in attempt.counters(tx)? {
        // An address is never forgiven more than the attempt itself: somebody could wash it with an account of theirs.
        if right == Right::Done && kind != Kind::Address {
            remove(tx, kind, &name)?;
        } else if let Some(row) = row(tx, kind, &name)? {
            set(tx, kind, &name, row.count.saturating_sub(1), now, now)?;
        }
    }
    Ok(())
}

fn bound(tx: &Connection, rule: &LockRule, now: Instant) -> Result<(), StoreError> {
    let old = now.plus_millis(-2 * DAY_MILLIS);
    tx.prepare_cached(sql::FAILURE_PRUNE)?
        .execute([old.millis()])?;
    for kind in [Kind::Address, Kind::Nobody] {
        tx.prepare_cached(sql::FAILURE_BOUND)?
            .execute((kind.code(), rule.remembered))?;
    }
    Ok(())
}

impl LockRule {
    const fn of(&self, kind: Kind) -> &BackOff {
        match kind {
            Kind::Account | Kind::Device | Kind::Nobody => &self.account,
            Kind::Address => &self.address,
        }
    }
}

impl BackOff {
    /// Whether failures so far count on: not after a day's lock has run out, and not after a long quiet time where the
    /// rule has one.
    fn still_counts(&self, row: &Row, now: Instant) -> bool {
        let quiet = now.millis() - row.last.millis();
        row.count < self.most && self.forget_millis.is_none_or(|after| quiet < after)
    }

    /// When the next attempt may come, after so many failures.
    fn until(&self, count: u32, now: Instant) -> Instant {
        if count >= self.most {
            let day = now.millis().div_euclid(DAY_MILLIS);
            return Instant::from_millis((day + 1).saturating_mul(DAY_MILLIS));
        }
        let step = self.steps.iter().rev().find(|(from, _)| count >= *from);
        now.plus_millis(step.map_or(0, |(_, millis)| *millis))
    }
}

fn row(connection: &Connection, kind: Kind, name: &str) -> Result<Option<Row>, StoreError> {
    let mut statement = connection.prepare_cached(sql::FAILURE_ONE)?;
    let found = statement.query_row((kind.code(), name), |row| {
        Ok(Row {
            count: row.get(0)?,
            last: Instant::from_millis(row.get(1)?),
            until: Instant::from_millis(row.get(2)?),
        })
    });
    Ok(found.optional()?)
}

fn set(
    tx: &Connection,
    kind: Kind,
    name: &str,
    count: u32,
    last: Instant,
    until: Instant,
) -> Result<(), StoreError> {
    tx.prepare_cached(sql::FAILURE_SET)?.execute((
        kind.code(),
        name,
        count,
        last.millis(),
        until.millis(),
    ))?;
    Ok(())
}

fn remove(tx: &Connection, kind: Kind, name: &str) -> Result<(), StoreError> {
    tx.prepare_cached(sql::FAILURE_REMOVE)?
        .execute((kind.code(), name))?;
    Ok(())
}

/// What counts as one address: an IPv4 address, or the /64 that one subscriber gets of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

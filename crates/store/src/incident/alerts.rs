//! Alerts: raised by the rules over the log, decided by people.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aceso_base::Instant;
use aceso_policy::{Caller, Role, Task};
use aceso_shield::alert::{Alert, KEPT_OUT, Kind, Severity};
use rusqlite::{Connection, OptionalExtension, Row};

use super::names::name_of;
use crate::access::tell_role;
use crate::audit::{LoggedEntry, logged_after, logged_count};
use crate::people::{Act, Need, NoticeKind, PeopleError, Refusal};
use crate::{Store, StoreError, statements as sql};

const PAGE: i64 = 500;
const LONGEST_NOTE: usize = 2000;
/// What was decided is not raised again so soon: what goes on for longer is.
const QUIET_MILLIS: i64 = 3_600_000;
/// An entry as the rules are given it.
type Entry = (u64, Instant, Option<LoggedEntry>);

/// An alert as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAlert {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// Whose doing, or what is concerned.
    pub cause: String,
    /// The name of whoever the cause is, when they work here.
    pub name: Option<String>,
    /// What was seen last, in words.
    pub text: String,
    /// When it was first seen.
    pub first: Instant,
    /// When it was last seen.
    pub last: Instant,
    /// The entry of the log that shows it.
    pub seq: u64,
    /// How often it was seen.
    pub count: u64,
    /// What was decided.
    pub decision: Option<AlertDecision>,
}

impl KeptAlert {
    /// Whose doing, or what is concerned, as people call it.
    pub fn whose(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.cause)
    }
}

/// What was decided about an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertDecision {
    /// When.
    pub at: Instant,
    /// Who, as the audit log names them.
    pub by: String,
    /// In words.
    pub note: String,
    /// The incident that it became.
    pub incident: Option<String>,
}

/// Which alerts to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertList {
    /// Those that nobody has decided.
    Open,
    /// All; the last 500.
    All,
}

impl Store {
    /// At most so many entries of the log after this one, for the rules alone; leaves no entry.
    pub async fn entries_to_watch(
        &self,
        caller: &Caller,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, PeopleError> {
        self.permit(caller, Need::Watch, &Act::plain("alert watch"))
            .await?;
        let store = self.clone();
        let read = move || store.on_log(|log| logged_after(log, seq, limit));
        let done = tokio::task::spawn_blocking(read).await;
        Ok(done.map_err(|_| StoreError::closed())???)
    }

    /// How many entries the log has, for the rules alone; leaves no entry.
    pub async fn entries_to_watch_end(&self, caller: &Caller) -> Result<u64, PeopleError> {
        self.permit(caller, Need::Watch, &Act::plain("alert watch"))
            .await?;
        let store = self.clone();
        let read = move || store.on_log(|log| logged_count(log));
        let done = tokio::task::spawn_blocking(read).await;
        Ok(done.map_err(|_| StoreError::closed())???)
    }

    /// Keeps what the rules found, one for a cause as long as nobody decided it; security officers, or else administrators, are
    /// told of new ones that cannot wait. Answers those that are new.
    pub async fn raise_alerts(
        &self,
        caller: &Caller,
        found: Vec<Alert>,
    ) -> Result<Vec<KeptAlert>, PeopleError> {
        self.permit(caller, Need::Watch, &Act::plain("alert raise"))
            .await?;
        let sums = summed(found);
        let sort = move |c: &mut Connection| sorted(c, sums);
        let (new, again) = self.0.readers.quiet(sort).await??;
        if !again.is_empty() {
            let act = Act::plain("alert again").with(named(again.iter().map(|(_, sum)| sum)));
            let add = move |tx: &Connection| {
                let mut statement = tx.prepare_cached(sql::ALERT_AGAIN)?;
                for (id, Sum { alert, count }) in again {
                    let (at, seq) = (alert.at.millis(), alert.seq.cast_signed());
                    statement.execute((alert.text, at, seq, count, id))?;
                }
                Ok(())
            };
            self.act(caller, Need::Watch, act, add).await?;
        }
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let act = Act::plain("alert raise").with(named(new.iter()));
        let (store, now) = (self.clone(), self.now());
        self.act(caller, Need::Watch, act, move |tx| {
            let new = new.into_iter().map(|sum| raise(&store, tx, sum));
            let new: Vec<KeptAlert> = new.collect::<Result<_, _>>()?;
            tell(&store, tx, &new, now)?;
            Ok(new)
        })
        .await
    }

    /// Notes that requests of this address are not answered for a while, and for what.
    pub async fn note_kept_out(
        &self,
        caller: &Caller,
        from: IpAddr,
        why: String,
    ) -> Result<(), PeopleError> {
        let mut caller = caller.clone();
        caller.origin.address = Some(from);
        let act = Act::plain(KEPT_OUT).with(why);
        self.look(&caller, Need::Watch, act, |_| Ok(())).await
    }

    /// Alerts, for those who review them.
    pub async fn alerts(
        &self,
        caller: &Caller,
        list: AlertList,
    ) -> Result<Vec<KeptAlert>, PeopleError> {
        let act = Act::plain("alert list");
        self.look(caller, Need::May(Task::ReviewBreakGlass), act, move |c| {
            let text = match list {
                AlertList::Open => sql::ALERT_OPEN,
                AlertList::All => sql::ALERT_ALL,
            };
            let mut statement = c.prepare_cached(text)?;
            let rows = statement.query_map([PAGE], from_row)?;
            let named = rows.map(|row| with_name(c, row?));
            Ok(named.collect::<Result<_, StoreError>>()?)
        })
        .await
    }

    /// One alert.
    pub async fn alert(&self, caller: &Caller, id: &str) -> Result<KeptAlert, PeopleError> {
        let act = Act::plain("alert read").with(id);
        let id = id.to_owned();
        self.look(caller, Need::May(Task::ReviewBreakGlass), act, move |c| {
            one(c, &id)?.ok_or(PeopleError::Unknown)
        })
        .await
    }

    /// Decides that an alert needs nothing more, once, with a note why.
    pub async fn dismiss_alert(
        &self,
        caller: &Caller,
        id: &str,
        note: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("alert dismiss").with(id);
        let (by, now) = (caller.name(), self.now());
        let (id, note) = (id.to_owned(), note.trim().to_owned());
        self.act(caller, Need::May(Task::ReviewBreakGlass), act, move |tx| {
            if note.is_empty() || note.chars().count() > LONGEST_NOTE {
                return Err(Refusal::Field("say in at most 2000 letters why").into());
            }
            decide(tx, &id, now, &by, &note, None)
        })
        .await
    }
}

/// Notes a decision, once.
pub(super) fn decide(
    tx: &Connection,
    id: &str,
    now: Instant,
    by: &str,
    note: &str,
    incident: Option<&str>,
) -> Result<(), PeopleError> {
    one(tx, id)?.ok_or(PeopleError::Unknown)?;
    let values = (now.millis(), by, note, incident, id);
    if tx.prepare_cached(sql::ALERT_DECIDE)?.execute(values)? == 0 {
        return Err(Refusal::Decided.into());
    }
    Ok(())
}

/// One alert.
pub(super) fn one(c: &Connection, id: &str) -> Result<Option<KeptAlert>, PeopleError> {
    let mut statement = c.prepare_cached(sql::ALERT_ONE)?;
    let found = statement.query_row([id], from_row).optional()?;
    Ok(found.map(|alert| with_name(c, alert)).transpose()?)
}

fn with_name(c: &Connection, mut alert: KeptAlert) -> Result<KeptAlert, StoreError> {
    alert.name = name_of(c, &alert.cause)?;
    Ok(alert)
}

/// Alerts of one kind and cause, as the last of them says, and how many they are.
struct Sum {
    alert: Alert,
    count: i64,
}

fn summed(found: Vec<Alert>) -> Vec<Sum> {
    let mut sums: BTreeMap<(Kind, String), Sum> = BTreeMap::new();
    for alert in found {
        let cause = (alert.kind, alert.cause.clone());
        let count = sums.get(&cause).map_or(0, |sum| sum.count) + 1;
        sums.insert(cause, Sum { alert, count });
    }
    sums.into_values().collect()
}

/// For the log: which alerts, how soon somebody should look, and what caused them.
fn named<'a>(sums: impl Iterator<Item = &'a Sum>) -> String {
    let name = |Sum { alert, .. }: &Sum| {
        let (kind, cause) = (alert.kind, &alert.cause);
        format!("{} {}: {cause}", kind.severity().name(), kind.name())
    };
    sums.map(name).collect::<Vec<_>>().join("; ")
}

/// Which are new, and which belong to an alert that is open, by its id. What was seen before, or was decided just now, is neither.
#[allow(clippy::type_complexity, reason = "two lists, used once")]
fn sorted(c: &Connection, sums: Vec<Sum>) -> Result<(Vec<Sum>, Vec<(String, Sum)>), StoreError> {
    let (mut new, mut again) = (Vec::new(), Vec::new());
    let mut statement = c.prepare_cached(sql::ALERT_LAST)?;
    for sum in sums {
        let of_cause = (sum.alert.kind.name(), &sum.alert.cause);
        let before = statement.query_row(of_cause, from_row).optional()?;
        match before {
            None => new.push(sum),
            Some(before) if before.seq >= sum.alert.seq => {}
            Some(before) => match &before.decision {
                None => again.push((before.id, sum)),
                Some(decided) if sum.alert.at < decided.at.plus_millis(QUIET_MILLIS) => {}
                Some(_) => new.push(sum),
            },
        }
    }
    Ok((new, again))
}

fn raise(store: &Store, tx: &Connection, sum: Sum) -> Result<KeptAlert, PeopleError> {
    let Sum { alert, count } = sum;
    let new = KeptAlert {
        id: store.new_id(),
        kind: alert.kind,
        name: name_of(tx, &alert.cause)?,
        cause: alert.cause,
        text: alert.text,
        first: alert.at,
        last: alert.at,
        seq: alert.seq,
        count: count.cast_unsigned(),
        decision: None,
    };
    tx.prepare_cached(sql::ALERT_ADD)?.execute((
        &new.id,
        new.kind.name(),
        &new.cause,
        &new.text,
        new.first.millis(),
        new.last.millis(),
        new.seq.cast_signed(),
        count,
    ))?;
    Ok(new)
}

/// Tells of what is new and cannot wait.
fn tell(store: &Store, tx: &Connection, new: &[KeptAlert], now: Instant) -> Result<(), StoreError> {
    for alert in new {
        if alert.kind.severity() < Severity::High {
            continue;
        }
        let text = format!("{}: {}", alert.kind.title(), alert.whose());
        let notice = store.new_id();
        for role in [Role::SECURITY_OFFICER, Role::ADMINISTRATOR] {
            if tell_role(tx, &notice, &role, NoticeKind::Alert, now, &text)? > 0 {
                break;
            }
        }
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptAlert> {
    let kind: String = row.get(1)?;
    let kind = Kind::named(&kind).ok_or_else(|| {
        let what = format!("{kind} is no kind of alert").into();
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, what)
    })?;
    let decided: Option<i64> = row.get(8)?;
    let decision = match decided {
        None => None,
        Some(at) => Some(AlertDecision {
            at: Instant::from_millis(at),
            by: row.get(9)?,
            note: row.get(10)?,
            incident: row.get(11)?,
        }),
    };
    Ok(KeptAlert {
        id: row.get(0)?,
        kind,
        cause: row.get(2)?,
        name: None,
        text: row.get(3)?,
        first: Instant::from_millis(row.get(4)?),
        last: Instant::from_millis(row.get(5)?),
        seq: row.get::<_, i64>(6)?.cast_unsigned(),
        count: row.get::<_, i64>(7)?.cast_unsigned(),
        decision,
    })
}

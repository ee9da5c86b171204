//! The log on its way out: its entries in order, and how far each place that they are sent to has come.
//!
//! Reading the log to send it leaves no entry for each piece (that entry would have to be sent too, without end); that
//! sending began, stopped and went on leaves one each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_base::Instant;
use aceso_policy::{Caller, Job, Purpose, Task, Who};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::audit::{LoggedEntry, Outcome, entry, logged_after, logged_count};
use crate::engine::AUDIT;
use crate::files::Link;
use crate::key::Keys;
use crate::people::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::{Store, StoreError};

const CACHE_KIB: u32 = 2048;
/// So many connections to the log stay open while nobody asks it.
const KEPT: usize = 2;

/// The log on its way out; for [`Job::Send`] alone. Cheap to clone.
#[derive(Clone)]
pub struct Trail {
    store: Store,
    log: Arc<Mutex<Link>>,
}

/// An entry of the log, and whose records it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEntry {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What it says; none when it was erased.
    pub said: Option<LoggedEntry>,
    /// The patients (logical ids) whose records it touches, in order, each once; without those erased or unknown.
    pub patients: Vec<String>,
}

/// How far the log was sent to one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendPosition {
    /// The place's name in the configuration.
    pub target: String,
    /// The last entry that is out.
    pub seq: u64,
    /// When sending there began.
    pub began: Instant,
    /// When the position last moved.
    pub sent: Option<Instant>,
    /// Failures since then.
    pub tries: u32,
    /// The last failure since then: when, and what.
    pub failure: Option<(Instant, String)>,
}

/// How far the log was sent, everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendStatus {
    /// How many entries the log has.
    pub entries: u64,
    /// Each place that was ever sent to, by name.
    pub positions: Vec<SendPosition>,
}

impl Store {
    /// The log on its way out, for [`Job::Send`] alone.
    pub fn trail(&self, caller: &Caller) -> Result<Option<Trail>, StoreError> {
        if !matches!(caller.who, Who::Job(Job::Send)) {
            return Ok(None);
        }
        Ok(Some(Trail {
            store: self.clone(),
            log: Arc::new(Mutex::new(self.log_link()?)),
        }))
    }

    /// How far the log was sent: for those who may read it.
    pub async fn send_status(&self, caller: &Caller) -> Result<SendStatus, PeopleError> {
        let store = self.clone();
        let act = Act::plain("audit send status");
        self.look(caller, Need::May(Task::ReadAudit), act, move |_| {
            Ok(store.on_log(|log| send_status(log))??)
        })
        .await
    }

    /// Asks the log, on a connection that is kept for who asks next: opening one takes longer than most questions do.
    pub(crate) fn on_log<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> T,
    ) -> Result<T, StoreError> {
        let kept = || self.0.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let free = kept().pop();
        let mut log = match free {
            Some(log) => log,
            None => self.log_link()?,
        };
        let done = work(log.now()?);
        let mut kept = kept();
        if kept.len() < KEPT {
            kept.push(log);
        }
        Ok(done)
    }

    fn log_link(&self) -> Result<Link, StoreError> {
        Link::open(&self.0.files, &AUDIT, CACHE_KIB)
    }
}

impl Trail {
    /// At most so many entries after this one, in order. What entries of before the log named patients name is of today's
    /// patients: what was deleted since keeps its entry, and may have lost its patient.
    pub async fn after(&self, seq: u64, limit: u32) -> Result<Vec<TrailEntry>, StoreError> {
        let mut entries = self
            .on_log(move |log| logged_after(log, seq, limit))
            .await??;
        let keys = self.store.0.keys.clone();
        let whose = move |record: &mut Connection| -> Result<Vec<TrailEntry>, StoreError> {
            let mut known = BTreeMap::new();
            entries
                .drain(..)
                .map(|(seq, at, said)| {
                    let known_then = said.as_ref().and_then(|s| s.patients.clone());
                    let older = known_then.is_none();
                    let on = said.iter().filter(|_| older).flat_map(|s| &s.on);
                    let mut patients = known_then.unwrap_or_default();
                    for item in on {
                        for id in patients_of(record, &keys, &mut known, item)? {
                            if !patients.contains(&id) {
                                patients.push(id);
                            }
                        }
                    }
                    Ok(TrailEntry {
                        seq,
                        at,
                        said,
                        patients,
                    })
                })
                .collect()
        };
        self.store.0.readers.quiet(whose).await?
    }

    /// How many entries the log has.
    pub async fn count(&self) -> Result<u64, StoreError> {
        self.on_log(logged_count).await?
    }

    /// How far this place has come; one that was never sent to begins before entry 1 or, `Begin::Now`, after the last.
    pub async fn begin(&self, target: &str, begin: Begin) -> Result<SendPosition, StoreError> {
        let (target, now) = (target.to_owned(), self.store.now());
        self.write(move |log| {
            let one = |log: &Connection| -> Result<Option<SendPosition>, StoreError> {
                let mut statement = log.prepare_cached(sql::SEND_ONE)?;
                Ok(statement.query_row([&target], position).optional()?)
            };
            if let Some(found) = one(log)? {
                return Ok(found);
            }
            let seq = match begin {
                Begin::First => 0,
                Begin::Now => logged_count(log)?,
            };
            log.prepare_cached(sql::SEND_BEGIN)?.execute((
                &target,
                seq.cast_signed(),
                now.millis(),
            ))?;
            one(log)?.ok_or_else(|| StoreError::text("the position in the log was not kept"))
        })
        .await
    }

    /// Every entry up to this one is out. A position never goes back.
    pub async fn moved(&self, target: &str, seq: u64) -> Result<(), StoreError> {
        let (target, now) = (target.to_owned(), self.store.now());
        self.write(move |log| {
            let values = (seq.cast_signed(), now.millis(), target);
            log.prepare_cached(sql::SEND_MOVED)?.execute(values)?;
            Ok(())
        })
        .await
    }

    /// Sending failed; the text says how, and holds nothing of the log.
    pub async fn failed(&self, target: &str, error: &str) -> Result<(), StoreError> {
        let (target, error, now) = (target.to_owned(), error.to_owned(), self.store.now());
        self.write(move |log| {
            log.prepare_cached(sql::SEND_FAILED)?
                .execute((now.millis(), error, target))?;
            Ok(())
        })
        .await
    }

    /// Leaves an entry on the sending itself: `on` when it begins or goes on, `off` when it stops.
    pub async fn note(&self, news: SendNews, target: &str) -> Result<(), StoreError> {
        let act = match news {
            SendNews::On => "audit send on",
            SendNews::Off => "audit send off",
        };
        let (caller, purpose) = (Caller::job(Job::Send), Purpose::Administration);
        let mut none = std::iter::empty();
        let at = self.store.now();
        let entry = entry(at, &caller, purpose, act, Outcome::Done, target, &mut none);
        self.store.0.readers.logged(move |_| ((), entry)).await
    }

    async fn on_log<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let log = Arc::clone(&self.log);
        let work = move || {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.now().map(|log| work(log))
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| StoreError::closed())?
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        let work = move || store.0.readers.log().write(work);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| StoreError::closed())?
    }
}

fn send_status(log: &Connection) -> Result<SendStatus, StoreError> {
    let mut statement = log.prepare_cached(sql::SEND_ALL)?;
    let positions = statement.query_map([], position)?;
    Ok(SendStatus {
        entries: logged_count(log)?,
        positions: positions.collect::<rusqlite::Result<_>>()?,
    })
}

/// Where a place that was never sent to begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// With the log's first entry.
    #[default]
    First,
    /// With what comes from now on.
    Now,
}

/// What happened to the sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendNews {
    /// It began, or goes on.
    On,
    /// It stopped.
    Off,
}

/// The patients that an item of an entry (`Observation/1/2`) is about.
pub(crate) fn patients_of(
    record: &Connection,
    keys: &Keys,
    known: &mut BTreeMap<String, Vec<String>>,
    item: &str,
) -> Result<Vec<String>, StoreError> {
    let mut parts = item.split('/');
    let (kind, id) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if kind == "Patient" {
        return Ok(vec![id.to_owned()]);
    }
    let name = [kind, "/", id].concat();
    if let Some(known) = known.get(&name) {
        return Ok(known.clone());
    }
    let mut statement = record.prepare_cached(sql::PART_IDS)?;
    let found = statement.query_map([keys.of(kind, id)], |row| row.get(0))?;
    let found: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
    known.insert(name, found.clone());
    Ok(found)
}

fn position(row: &Row<'_>) -> rusqlite::Result<SendPosition> {
    let failed: Option<i64> = row.get(5)?;
    let error: Option<String> = row.get(6)?;
    Ok(SendPosition {
        target: row.get(0)?,
        seq: row.get::<_, i64>(1)?.cast_unsigned(),
        began: Instant::from_millis(row.get(2)?),
        sent: row.get::<_, Option<i64>>(3)?.map(Instant::from_millis),
        tries: row.get(4)?,
        failure: failed.map(|at| (Instant::from_millis(at), error.unwrap_or_default())),
    })
}

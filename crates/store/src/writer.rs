//! The writer: one thread that commits many callers' work together. All that can be done before is done before: a
//! [`Plan`] brings packed bodies and index rows, and says what must still be true when it is carried out.

use std::sync::Arc;
use std::thread::JoinHandle;

use aceso_base::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::audit::{Entry, Log};
use crate::clients::Mark;
use crate::company::Company;
use crate::engine::RECORD;
use crate::files::{Files, Turn};
use crate::index::Rows;
use crate::keep::{NotRenewed, conclude, renew};
use crate::key::{Keys, kind_name};
use crate::owner::Owner;
use crate::people::Corrected;
use crate::reserve::Reserve;
use crate::rows::{add_rows, remove_rows};
use crate::search::Condition;
use crate::statements as sql;
use crate::subscription::{Post, keep};
use crate::{Change, StoreError, WriteError};

/// At most this many index rows in one group commit.
const GROUP_ROWS: usize = 60_000;
const GROUP_JOBS: usize = 512;
/// Entries that the audit log has taken over are removed from the record after this many commits.
const PRUNE_EVERY: u32 = 4096;

/// A caller's transaction, ready to be carried out.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The version that must be current of each key looked at; none: there must be no such resource.
    pub(crate) versions: Vec<(i64, Option<u64>)>,
    /// What these conditions must still find.
    pub(crate) conditions: Vec<(Arc<Condition>, Vec<i64>)>,
    /// Resources that must exist and not be deleted, with the text of the reference.
    pub(crate) targets: Vec<(i64, String)>,
    /// Resources that nothing may refer to (any more) but the keys written here.
    pub(crate) unreferenced: Vec<i64>,
    /// What to write.
    pub(crate) writes: Vec<Write>,
    /// Whose the Subscriptions written are.
    pub(crate) subscribers: Vec<Subscriber>,
    /// Who is to be told of what.
    pub(crate) posts: Vec<Post>,
    /// A piece of an import that is done with this.
    pub(crate) mark: Option<Mark>,
    /// Whose recipients are to be told of this.
    pub(crate) corrected: Option<Corrected>,
    /// The audit entry.
    pub(crate) audit: Option<Entry>,
}

/// One new version.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) key: i64,
    pub(crate) kind: u8,
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) updated: Instant,
    pub(crate) change: Change,
    pub(crate) ord: i64,
    /// Whose data key seals the body: the patient's key, 0 for nobody's.
    pub(crate) patient: i64,
    /// Packed, not sealed yet.
    pub(crate) body: Vec<u8>,
    pub(crate) remove: Rows,
    pub(crate) add: Rows,
}

/// What is kept beside a Subscription.
#[derive(Debug)]
pub(crate) enum Subscriber {
    /// It is served for this client.
    Put {
        id: String,
        owner: Owner,
        /// Whether no handshake is needed.
        shaken: bool,
        at: Instant,
    },
    /// It is switched off.
    Pause { id: String },
    /// It is gone.
    Remove { id: String },
}

type Statement = Box<dyn FnOnce(&Connection) -> Result<Option<Entry>, StoreError> + Send>;

enum Work {
    Plan(Box<Plan>),
    Statement(Statement),
    /// A statement that must see every index row of the work before it.
    Alone(Statement),
}

enum Asked {
    Work(Work),
    /// The database comes under the next page key.
    Renew(Arc<Turn>),
}

type Reply = oneshot::Sender<Result<(), WriteError>>;

struct Job {
    asked: Asked,
    reply: Reply,
}

/// The writing end of the record.
pub(crate) struct Writer {
    jobs: flume::Sender<Job>,
    reserve: Reserve,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(
        (connection, cache_kib): (Connection, u32),
        files: Arc<Files>,
        keys: Keys,
        log: Arc<Log>,
        reserve: Reserve,
    ) -> Result<Self, StoreError> {
        let (jobs, inbox) = flume::bounded(1024);
        let mut state = State {
            files,
            cache_kib,
            keys,
            log,
            reserve: reserve.clone(),
            company: Company::default(),
            renewal: None,
            pending: Pending::default(),
            next_audit: 0,
            commits: 0,
        };
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || state.run(connection, &inbox))
            .map_err(StoreError::io)?;
        Ok(Self {
            jobs,
            reserve,
            thread: Some(thread),
        })
    }

    /// Carries out a plan: all of it durably, or nothing. On a full disk, what room is left is not for plans.
    pub(crate) async fn commit(&self, plan: Plan) -> Result<(), WriteError> {
        if !self.reserve.admits() {
            return Err(StoreError::full().into());
        }
        self.send(Work::Plan(Box::new(plan))).await
    }

    /// Runs a statement that is no resource (clients, tokens), with its audit entry.
    pub(crate) async fn run(
        &self,
        statement: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
        entry: Option<Entry>,
    ) -> Result<(), StoreError> {
        self.act(move |tx| statement(tx).map(|()| entry)).await
    }

    /// Runs statements that are no resource and that know their audit entry only when they have run.
    pub(crate) async fn act(
        &self,
        statement: impl FnOnce(&Connection) -> Result<Option<Entry>, StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        match self.send(Work::Statement(Box::new(statement))).await {
            Err(WriteError::Store(error)) => Err(error),
            Err(other) => Err(StoreError(other.to_string())),
            Ok(()) => Ok(()),
        }
    }

    /// Runs statements that change index rows themselves, without an entry of their own.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        statement: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (told, answer) = oneshot::channel();
        let work = move |tx: &Connection| {
            let _ = told.send(statement(tx)?);
            Ok(None)
        };
        match self.send(Work::Alone(Box::new(work))).await {
            Err(WriteError::Store(error)) => Err(error),
            Err(other) => Err(StoreError(other.to_string())),
            Ok(()) => answer.await.map_err(|_| StoreError::closed()),
        }
    }

    /// Brings the database under the next page key; others are served meanwhile.
    pub(crate) async fn renew(&self, turn: Arc<Turn>) -> Result<(), StoreError> {
        match self.ask(Asked::Renew(turn)).await {
            Err(WriteError::Store(error)) => Err(error),
            Err(other) => Err(StoreError(other.to_string())),
            Ok(()) => Ok(()),
        }
    }

    async fn send(&self, work: Work) -> Result<(), WriteError> {
        self.ask(Asked::Work(work)).await
    }

    async fn ask(&self, asked: Asked) -> Result<(), WriteError> {
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send_async(Job { asked, reply })
            .await
            .map_err(|_| StoreError::closed())?;
        answer.await.map_err(|_| StoreError::closed())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let (closed, _) = flume::bounded(0);
        drop(std::mem::replace(&mut self.jobs, closed));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct State {
    files: Arc<Files>,
    cache_kib: u32,
    keys: Keys,
    log: Arc<Log>,
    reserve: Reserve,
    company: Company,
    /// Who asked for another page key while others were served.
    renewal: Option<(Arc<Turn>, Reply)>,
    pending: Pending,
    next_audit: i64,
    commits: u32,
}

/// Index rows of the group that are not in the tables yet.
#[derive(Default)]
struct Pending {
    remove: Rows,
    add: Rows,
}

type Answer = (Reply, Result<(), WriteError>);

impl State {
    fn run(&mut self, mut connection: Connection, inbox: &flume::Receiver<Job>) {
        while let Ok(first) = inbox.recv() {
            self.turn(&connection, first, inbox);
            if let Some((turn, reply)) = self.renewal.take() {
                let done = self.renew(&connection, &turn, inbox);
                let tell = |done: Result<(), StoreError>| {
                    let _ = reply.send(done.map_err(WriteError::Store));
                };
                if conclude(done, &mut connection, tell).is_break() {
                    return;
                }
            }
        }
    }

    /// Serves callers while the database is copied.
    fn renew(
        &mut self,
        connection: &Connection,
        turn: &Turn,
        inbox: &flume::Receiver<Job>,
    ) -> Result<Option<Connection>, NotRenewed> {
        let (files, cache_kib) = (Arc::clone(&self.files), self.cache_kib);
        let mut serve = |pause| match inbox.recv_timeout(pause) {
            Ok(first) => {
                self.turn(connection, first, inbox);
                Ok(())
            }
            Err(flume::RecvTimeoutError::Timeout) => Ok(()),
            Err(flume::RecvTimeoutError::Disconnected) => Err(StoreError::closed()),
        };
        renew((&files, turn), (&RECORD, cache_kib), connection, &mut serve)
    }

    /// One group commit, and its answers.
    fn turn(&mut self, connection: &Connection, first: Job, inbox: &flume::Receiver<Job>) {
        let mut answers: Vec<Answer> = Vec::new();
        self.company.wait(|| inbox.len() + 1);
        self.reserve.keep_ahead();
        let done = self.group(connection, first, inbox, &mut answers);
        if let Err(error) = &done {
            if error.is_full() {
                self.reserve.give_up();
            }
            tracing::error!(%error, "a group commit failed; nothing of it was stored");
            self.pending = Pending::default();
        } else {
            self.log.take();
        }
        self.company.seen(answers.len(), inbox.len());
        for (reply, answer) in answers {
            let _ = reply.send(match &done {
                Ok(()) => answer,
                Err(error) => Err(WriteError::Store(error.clone())),
            });
        }
        if done.is_ok() {
            self.prune(connection);
        }
    }

    fn group(
        &mut self,
        connection: &Connection,
        first: Job,
        inbox: &flume::Receiver<Job>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        let Self {
            keys,
            pending,
            next_audit,
            renewal,
            ..
        } = self;
        let mut next = Some(first);
        let tx = match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
            Ok(tx) => tx,
            Err(error) => {
                answers.extend(next.map(|job| (job.reply, Ok(()))));
                return Err(error.into());
            }
        };
        *next_audit = tx
            .prepare_cached(sql::AUDIT_OUT_LAST)?
            .query_row([], |r| r.get(0))
            .optional()?
            .unwrap_or(0)
            + 1;
        // Nothing is sealed by keys that another process has replaced.
        let serial: i64 = tx
            .prepare_cached(sql::PATIENT_KEYS)?
            .query_row([], |r| r.get(0))?;
        keys.bodies().at_least(serial.cast_unsigned())?;
        let mut failed = None;
        while let Some(job) = next {
            match job.asked {
                Asked::Renew(turn) => *renewal = Some((turn, job.reply)),
                Asked::Work(work) => {
                    let answer = carry_out(&tx, keys, pending, next_audit, work);
                    if let Err(WriteError::Store(error)) = &answer {
                        failed = Some(error.clone());
                    }
                    answers.push((job.reply, answer));
                }
            }
            let full =
                answers.len() >= GROUP_JOBS || pending.add.len() >= GROUP_ROWS || failed.is_some();
            next = if full { None } else { inbox.try_recv().ok() };
        }
        if let Some(error) = failed {
            return Err(error);
        }
        pending.flush(&tx)?;
        Ok(tx.commit()?)
    }

    fn prune(&mut self, connection: &Connection) {
        self.commits += 1;
        if self.commits.is_multiple_of(PRUNE_EVERY) {
            let upto = self.next_audit - 20_000;
            let upto = upto.min(self.log.taken());
            let pruned = connection.execute(sql::AUDIT_OUT_PRUNE, [upto]);
            if let Err(error) = pruned {
                tracing::warn!(%error, "old entries for the audit log were not removed");
            }
        }
    }
}

fn carry_out(
    tx: &Connection,
    keys: &Keys,
    pending: &mut Pending,
    next_audit: &mut i64,
    work: Work,
) -> Result<(), WriteError> {
    let audit = match work {
        Work::Plan(mut plan) => {
            check(tx, keys, pending, &plan)?;
            for write in plan.writes.drain(..) {
                apply(tx, keys, pending, write)?;
            }
            keep(tx, &plan.subscribers, &plan.posts)?;
            if let Some(mark) = plan.mark.take() {
                let at = plan.audit.as_ref().map_or(0, |entry| entry.at.millis());
                tx.prepare_cached(sql::IMPORT_ADD)?.execute((
                    mark.digest.as_slice(),
                    mark.source,
                    at,
                ))?;
            }
            if let Some(corrected) = plan.corrected.take() {
                corrected.owe(tx)?;
            }
            plan.audit
        }
        Work::Statement(statement) => statement(tx)?,
        Work::Alone(statement) => {
            pending.flush(tx)?;
            statement(tx)?
        }
    };
    if let Some(entry) = audit {
        tx.prepare_cached(sql::AUDIT_OUT_ADD)?.execute((
            *next_audit,
            entry.at.millis(),
            &entry.body,
        ))?;
        *next_audit += 1;
    }
    Ok(())
}

/// Whether everything that the plan relies on is still true.
fn check(
    tx: &Connection,
    keys: &Keys,
    pending: &mut Pending,
    plan: &Plan,
) -> Result<(), WriteError> {
    let mut brief = tx.prepare_cached(sql::RES_BRIEF)?;
    for (key, expected) in &plan.versions {
        if current(&mut brief, *key)?.map(|(version, _)| version) != *expected {
            return Err(WriteError::Stale);
        }
    }
    for (condition, found) in &plan.conditions {
        pending.flush(tx)?;
        if condition.find(tx, keys)? != *found {
            return Err(WriteError::Stale);
        }
    }
    let mut dangling = Vec::new();
    for (key, text) in &plan.targets {
        if current(&mut brief, *key)?.is_none_or(|(_, change)| change == Change::Deleted.code()) {
            dangling.push(text.clone());
        }
    }
    if !dangling.is_empty() {
        return Err(WriteError::Dangling(dangling));
    }
    if plan.unreferenced.is_empty() {
        return Ok(());
    }
    pending.flush(tx)?;
    unreferenced(tx, plan)
}

fn unreferenced(tx: &Connection, plan: &Plan) -> Result<(), WriteError> {
    let written = i64::try_from(plan.writes.len()).unwrap_or(i64::MAX);
    let mut to = tx.prepare_cached(sql::IREF_TO)?;
    for key in &plan.unreferenced {
        let found = to.query_map((key, written.saturating_mul(4).saturating_add(16)), |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
            ))
        })?;
        let mut from = Vec::new();
        for referrer in found {
            let (referrer, kind, id) = referrer?;
            if referrer != *key && !plan.writes.iter().any(|w| w.key == referrer) {
                from.push(format!("{}/{id}", kind_name(kind).unwrap_or("?")));
            }
        }
        if !from.is_empty() {
            from.dedup();
            return Err(WriteError::Referenced(from));
        }
    }
    Ok(())
}

fn current(brief: &mut CachedStatement<'_>, key: i64) -> Result<Option<(u64, i64)>, StoreError> {
    let row = brief
        .query_row([key], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        .optional()?;
    Ok(row.map(|(version, change): (i64, i64)| (version.cast_unsigned(), change)))
}

fn apply(
    tx: &Connection,
    keys: &Keys,
    pending: &mut Pending,
    write: Write,
) -> Result<(), StoreError> {
    let Write {
        key,
        kind,
        id,
        version,
        updated,
        change,
        ord,
        patient,
        body,
        remove,
        add,
    } = write;
    let (version, updated, change) = (version.cast_signed(), updated.millis(), change.code());
    let body = keys.bodies().seal(patient, (key, version), &body)?;
    if version == 1 {
        tx.prepare_cached(sql::RES_ADD)?
            .execute((key, kind, id, version, updated, change, ord, body))?;
    } else {
        tx.prepare_cached(sql::HIST_MOVE)?.execute([key])?;
        let count = tx.prepare_cached(sql::RES_REPLACE)?.execute((
            version,
            updated,
            change,
            ord,
            body,
            key,
            version - 1,
        ))?;
        if count != 1 {
            return Err(StoreError(format!(
                "key {key}: {count} rows updated where 1 was expected"
            )));
        }
    }
    pending.remove.append(remove);
    pending.add.append(add);
    Ok(())
}

impl Pending {
    fn flush(&mut self, tx: &Connection) -> Result<(), StoreError> {
        if !self.remove.is_empty() {
            remove_rows(tx, std::mem::take(&mut self.remove))?;
        }
        if !self.add.is_empty() {
            add_rows(tx, std::mem::take(&mut self.add))?;
        }
        Ok(())
    }
}

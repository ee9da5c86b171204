//! The thread that appends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use aceso_base::{Clock, Instant};
use aceso_vault::tree::{Edge, HeadSigner};
use aceso_vault::{Keyring, sha256_chain};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::Entry;
use super::fill::fill;
use super::index::IndexRows;
use super::leaf::Leaf;
use super::span;
use super::tree::{self, HEAD_FILE};
use crate::StoreError;
use crate::engine::{AUDIT, RECORD, connect, migrate};
use crate::key::Names;
use crate::statements as sql;

const CACHE_KIB: u32 = 4096;
const GROUP: usize = 512;
const TAKE: i64 = 4096;
/// Entries of writes are in the log this long after their commit at the latest, when all is well.
const TAKE_WITHIN: Duration = Duration::from_millis(100);
/// The log signs its head after so many entries …
const HEAD_EVERY: u64 = 1_000;
/// … or when its last head is this old and there are new entries.
const HEAD_WITHIN_MILLIS: i64 = 60_000;

type Ack = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Job {
    Append(Entry, Ack),
    /// Take over what the record holds, now.
    Settle(Ack),
}

/// The log's writing end.
pub(crate) struct Log {
    jobs: flume::Sender<Job>,
    taken: Arc<AtomicI64>,
    owed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    /// Opens the log, takes over what an earlier run left in the record, and starts its thread.
    pub(crate) fn open(
        dir: &Path,
        keyring: &Keyring,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let mut connection = connect(dir, &AUDIT, keyring, CACHE_KIB)?;
        migrate(&mut connection, &AUDIT)?;
        let record = connect(dir, &RECORD, keyring, 1024)?;
        let taken = Arc::new(AtomicI64::new(0));
        let owed = Arc::new(AtomicBool::new(false));
        let mut end = End {
            connection,
            record,
            taken: Arc::clone(&taken),
            owed: Arc::clone(&owed),
            signer: tree::signer(keyring)?,
            clock,
            dir: dir.to_path_buf(),
            edge: Edge::default(),
            keys: Names::new(keyring.index_hash()),
            written: Instant::from_millis(0),
            headed: (0, 0),
        };
        end.move_chain()?;
        fill(&mut end.connection, &end.record, &end.keys)?;
        end.group(&mut Vec::new(), true)?;
        let (jobs, inbox) = flume::bounded(4096);
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || end.run(&inbox))
            .map_err(StoreError::io)?;
        Ok(Self {
            jobs,
            taken,
            owed,
            thread: Some(thread),
        })
    }

    /// Appends an entry; `ack` is called when it is on disk, or cannot be.
    pub(crate) fn append(&self, entry: Entry, ack: Ack) {
        if let Err(flume::SendError(Job::Append(_, ack) | Job::Settle(ack))) =
            self.jobs.send(Job::Append(entry, ack))
        {
            ack(Err(StoreError::closed()));
        }
    }

    /// Up to which of the record's entries the log has taken over.
    pub(crate) fn taken(&self) -> i64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Says that the record has new entries to take over; they are safe there until that is done.
    pub(crate) fn take(&self) {
        self.owed.store(true, Ordering::Release);
    }

    /// Waits until everything the record holds for the log is in the chain.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        let (told, answer) = flume::bounded(1);
        let ack: Ack = Box::new(move |done| {
            let _ = told.send(done);
        });
        self.jobs
            .send(Job::Settle(ack))
            .map_err(|_| StoreError::closed())?;
        answer.recv().map_err(|_| StoreError::closed())?
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let (closed, _) = flume::bounded(0);
        drop(std::mem::replace(&mut self.jobs, closed));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The log's end.
struct End {
    connection: Connection,
    record: Connection,
    taken: Arc<AtomicI64>,
    owed: Arc<AtomicBool>,
    signer: HeadSigner,
    clock: Arc<dyn Clock>,
    dir: PathBuf,
    edge: Edge,
    keys: Names,
    /// When the head was last written beside the database.
    written: Instant,
    /// The size and time of the last signed head.
    headed: (u64, i64),
}

impl End {
    fn run(mut self, inbox: &flume::Receiver<Job>) {
        let mut entries = Vec::new();
        let mut acks = Vec::new();
        loop {
            let first = inbox.recv_timeout(TAKE_WITHIN);
            let end = matches!(first, Err(flume::RecvTimeoutError::Disconnected));
            let mut next = first.ok();
            while let Some(job) = next {
                match job {
                    Job::Append(entry, ack) => {
                        entries.push(entry);
                        acks.push(ack);
                    }
                    Job::Settle(ack) => {
                        self.owed.store(true, Ordering::Release);
                        acks.push(ack);
                    }
                }
                next = if entries.len() < GROUP {
                    inbox.try_recv().ok()
                } else {
                    None
                };
            }
            let owed = self.owed.swap(false, Ordering::AcqRel);
            if owed || !entries.is_empty() || self.head_is_due() {
                self.settle(&mut entries, &mut acks, owed);
            }
            if end {
                return;
            }
        }
    }

    fn settle(&mut self, entries: &mut Vec<Entry>, acks: &mut Vec<Ack>, owed: bool) {
        let done = self.group(entries, owed);
        if let Err(error) = &done {
            tracing::error!(%error, "the audit log cannot be written");
            self.owed.fetch_or(owed, Ordering::AcqRel);
        }
        for ack in acks.drain(..) {
            ack(done.clone());
        }
    }

    /// Appends these entries, and with `take` what the record holds for the log, in one synced transaction.
    fn group(&mut self, entries: &mut Vec<Entry>, take: bool) -> Result<(), StoreError> {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last = tree::size(&tx)?;
        // Another process may have appended.
        let mut edge = if last == self.edge.size() {
            self.edge.clone()
        } else {
            tree::edge(&tx, last)?
        };
        let end = Appending {
            log: &tx,
            keys: &self.keys,
            edge: &mut edge,
            rows: IndexRows::default(),
        };
        let done = end.all(take.then_some(&self.record), entries);
        entries.clear();
        done?;
        let upto = tx
            .prepare_cached(sql::AUDIT_TAKEN)?
            .query_row([], |row| row.get(0))?;
        let (headed, note) = sign(&tx, &edge, &self.signer, self.clock.now())?;
        tx.commit()?;
        self.edge = edge;
        self.taken.store(upto, Ordering::Relaxed);
        self.headed = headed;
        if let Some(note) = note {
            self.show(&note);
        }
        Ok(())
    }

    /// Whether the last head is old and there are entries that it does not cover.
    fn head_is_due(&self) -> bool {
        let (size, at) = self.headed;
        self.edge.size() > size && self.clock.now().millis() - at >= HEAD_WITHIN_MILLIS
    }

    /// Writes the head beside the database too, at most every ten seconds; the one that counts is in the log.
    fn show(&mut self, note: &str) {
        let now = self.clock.now();
        if now.millis() - self.written.millis() < 10_000 {
            return;
        }
        self.written = now;
        if let Err(error) = tree::write_head(&self.dir, note) {
            tracing::warn!(%error, "the audit log's head could not be written to {HEAD_FILE}");
        }
    }

    /// Takes over the entries of the first schema's chain, if there are any.
    fn move_chain(&mut self) -> Result<(), StoreError> {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut edge = tree::edge(&tx, tree::size(&tx)?)?;
        let (mut link, mut seq) = ([0_u8; 32], 0_i64);
        loop {
            let page = chain_page(&tx, seq)?;
            if page.is_empty() {
                break;
            }
            for (number, at, body, stored) in page {
                link = sha256_chain(&[&link, &number.to_be_bytes(), &at.to_be_bytes(), &body]);
                if number != seq + 1 || link != stored {
                    return Err(StoreError(format!(
                        "audit.db: entry {number} of the older log is not what was appended; restore the file from a backup"
                    )));
                }
                seq = number;
                append(&tx, &mut edge, at, &body)?;
            }
        }
        if seq > 0 {
            tx.execute(sql::AUDIT_CHAIN_CLEAR, [])?;
        }
        tx.commit()?;
        self.edge = edge;
        Ok(())
    }
}

/// An entry of the older chain: number, time, body, link.
type Link = (i64, i64, Vec<u8>, [u8; 32]);

fn chain_page(log: &Connection, after: i64) -> Result<Vec<Link>, StoreError> {
    let mut statement = log.prepare(sql::AUDIT_ALL)?;
    let rows = statement.query_map((after, TAKE), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Signs a head when one is due; answers the size and time of the last one, and the new one if there is.
fn sign(
    log: &Connection,
    edge: &Edge,
    signer: &HeadSigner,
    now: Instant,
) -> Result<((u64, i64), Option<String>), StoreError> {
    let last = log
        .prepare_cached(sql::AUDIT_HEAD_LAST)?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        .optional()?;
    let (size, at) = last.unwrap_or((0, 0));
    let size = size.cast_unsigned();
    let new = edge.size().saturating_sub(size);
    if new == 0 || (new < HEAD_EVERY && now.millis() - at < HEAD_WITHIN_MILLIS) {
        return Ok(((size, at), None));
    }
    let note = signer.sign(edge.size(), edge.root());
    log.prepare_cached(sql::AUDIT_HEAD_ADD)?.execute((
        edge.size().cast_signed(),
        now.millis(),
        &note,
    ))?;
    Ok(((edge.size(), now.millis()), Some(note)))
}

/// A group that is being appended.
struct Appending<'a> {
    log: &'a Connection,
    keys: &'a Names,
    edge: &'a mut Edge,
    rows: IndexRows,
}

impl Appending<'_> {
    fn all(mut self, record: Option<&Connection>, entries: &[Entry]) -> Result<(), StoreError> {
        if let Some(record) = record {
            while self.take(record)? == TAKE {}
        }
        for entry in entries {
            self.one(entry.at.millis(), &entry.body)?;
        }
        self.rows.flush(self.log)?;
        let upto = self.edge.size().cast_signed();
        self.log
            .prepare_cached(sql::AUDIT_INDEXED_SET)?
            .execute([upto])?;
        Ok(())
    }

    /// Takes over at most [`TAKE`] entries that writes left in the record; answers how many.
    fn take(&mut self, record: &Connection) -> Result<i64, StoreError> {
        let taken: i64 = self
            .log
            .prepare_cached(sql::AUDIT_TAKEN)?
            .query_row([], |row| row.get(0))?;
        let mut upto = taken;
        let mut count = 0;
        let mut after = record.prepare_cached(sql::AUDIT_OUT_AFTER)?;
        let mut rows = after.query((taken, TAKE))?;
        while let Some(row) = rows.next()? {
            upto = row.get(0)?;
            count += 1;
            let body = row.get_ref(2)?;
            let body = body.as_blob().map_err(|e| StoreError(e.to_string()))?;
            self.one(row.get(1)?, body)?;
        }
        if upto != taken {
            self.log
                .prepare_cached(sql::AUDIT_TAKEN_SET)?
                .execute([upto])?;
        }
        Ok(count)
    }

    fn one(&mut self, at: i64, body: &[u8]) -> Result<(), StoreError> {
        append(self.log, self.edge, at, body)?;
        self.rows
            .add(self.keys, self.edge.size().cast_signed(), body);
        Ok(())
    }
}

fn append(log: &Connection, edge: &mut Edge, at: i64, body: &[u8]) -> Result<(), StoreError> {
    let seq = edge.size().cast_signed() + 1;
    let leaf = Leaf::new(seq, at, body)?;
    log.prepare_cached(sql::AUDIT_LOG_ADD)?
        .execute((seq, at, &leaf.body, leaf.hash.as_slice()))?;
    tree::push(log, edge, leaf.hash)?;
    if edge.size().is_multiple_of(span::LENGTH) {
        span::keep(log, edge.size() / span::LENGTH - 1)?;
    }
    Ok(())
}

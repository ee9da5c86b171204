//! The audit log: a chain of entries in a file of its own, so that the entries that reads leave do not disturb the
//! record's page caches. Entries of reads are committed before the answer is given; entries of writes are committed with
//! the write in the record (`audit_out`) and taken over into the chain at once after.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use aceso_base::Instant;
use aceso_policy::{Caller, Purpose, Who};
use aceso_vault::{Keyring, sha256_chain};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::StoreError;
use crate::engine::{AUDIT, RECORD, connect, migrate};
use crate::statements::{AUDIT_ADD, AUDIT_LAST, AUDIT_OUT_AFTER, AUDIT_TAKEN, AUDIT_TAKEN_SET};

const CACHE_KIB: u32 = 4096;
const GROUP: usize = 512;
const TAKE: i64 = 4096;
/// Entries of writes are in the chain this long after their commit at the latest, when all is well.
const TAKE_WITHIN: Duration = Duration::from_millis(100);

/// One entry before it is in the chain.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    pub(crate) body: Vec<u8>,
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// There is no such thing.
    Unknown,
    /// It was refused.
    Denied,
}

/// Writes an entry's body: compact JSON with short names, documented in `docs/operate.md`.
pub(crate) fn entry(
    at: Instant,
    caller: &Caller,
    purpose: Purpose,
    act: &str,
    outcome: Outcome,
    detail: &str,
    items: &mut dyn Iterator<Item = String>,
) -> Entry {
    let mut body = Vec::with_capacity(192);
    let mut text = |name: &str, value: &str| {
        body.extend_from_slice(if body.is_empty() { b"{\"" } else { b",\"" });
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        let _ = serde_json::to_writer(&mut body, value);
    };
    text("who", &caller.name());
    text("why", purpose.code());
    if let Some(address) = caller.origin.address {
        text("from", &address.to_string());
    }
    if !caller.origin.request.is_empty() {
        text("req", &caller.origin.request);
    }
    if let Who::Client(client) = &caller.who
        && let Some(patient) = &client.patient
    {
        text("for", patient);
    }
    if let (Who::Client(_), Some(person)) = (&caller.who, caller.as_person()) {
        text("by", &["person/", person.label()].concat());
    }
    text("act", act);
    match outcome {
        Outcome::Done => {}
        Outcome::Unknown => text("out", "unknown"),
        Outcome::Denied => text("out", "denied"),
    }
    if !detail.is_empty() {
        text("q", detail);
    }
    let mut first = true;
    for item in items {
        body.extend_from_slice(if first { b",\"on\":[" } else { b"," });
        first = false;
        let _ = serde_json::to_writer(&mut body, &item);
    }
    body.extend_from_slice(if first { b"}" } else { b"]}" });
    Entry { at, body }
}

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
    pub(crate) fn open(dir: &Path, keyring: &Keyring) -> Result<Self, StoreError> {
        let mut connection = connect(dir, &AUDIT, keyring, CACHE_KIB)?;
        migrate(&mut connection, &AUDIT)?;
        let record = connect(dir, &RECORD, keyring, 1024)?;
        let taken = Arc::new(AtomicI64::new(0));
        let owed = Arc::new(AtomicBool::new(false));
        let mut chain = Chain {
            connection,
            record,
            taken: Arc::clone(&taken),
            owed: Arc::clone(&owed),
        };
        chain.group(&mut Vec::new(), true)?;
        let (jobs, inbox) = flume::bounded(4096);
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || chain.run(&inbox))
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

struct Chain {
    connection: Connection,
    record: Connection,
    taken: Arc<AtomicI64>,
    owed: Arc<AtomicBool>,
}

impl Chain {
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
            if owed || !entries.is_empty() {
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
        let done = append_all(&tx, take.then_some(&self.record), entries);
        entries.clear();
        done?;
        let upto = tx
            .prepare_cached(AUDIT_TAKEN)?
            .query_row([], |row| row.get(0))?;
        tx.commit()?;
        self.taken.store(upto, Ordering::Relaxed);
        Ok(())
    }
}

fn append_all(
    log: &Connection,
    record: Option<&Connection>,
    entries: &[Entry],
) -> Result<(), StoreError> {
    let last = log
        .prepare_cached(AUDIT_LAST)?
        .query_row([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    let (seq, link) = last.unwrap_or((0, [0; 32]));
    let mut end = End { seq, link };
    if let Some(record) = record {
        while take(log, record, &mut end)? == TAKE {}
    }
    for entry in entries {
        end.append(log, entry.at.millis(), &entry.body)?;
    }
    Ok(())
}

/// Takes over at most [`TAKE`] entries that writes left in the record; answers how many.
fn take(log: &Connection, record: &Connection, end: &mut End) -> Result<i64, StoreError> {
    let taken: i64 = log
        .prepare_cached(AUDIT_TAKEN)?
        .query_row([], |row| row.get(0))?;
    let mut upto = taken;
    let mut count = 0;
    let mut after = record.prepare_cached(AUDIT_OUT_AFTER)?;
    let mut rows = after.query((taken, TAKE))?;
    while let Some(row) = rows.next()? {
        upto = row.get(0)?;
        count += 1;
        end.append(
            log,
            row.get(1)?,
            row.get_ref(2)?
                .as_blob()
                .map_err(|e| StoreError(e.to_string()))?,
        )?;
    }
    if upto != taken {
        log.prepare_cached(AUDIT_TAKEN_SET)?.execute([upto])?;
    }
    Ok(count)
}

/// The chain's last entry.
struct End {
    seq: i64,
    link: [u8; 32],
}

impl End {
    fn append(&mut self, log: &Connection, at: i64, body: &[u8]) -> Result<(), StoreError> {
        self.seq += 1;
        self.link = next_link(&self.link, self.seq, at, body);
        log.prepare_cached(AUDIT_ADD)?
            .execute((self.seq, at, body, self.link.as_slice()))?;
        Ok(())
    }
}

/// The link of an entry: SHA-256 of the link before it, its number, its time and its body.
pub(crate) fn next_link(before: &[u8; 32], seq: i64, at: i64, body: &[u8]) -> [u8; 32] {
    sha256_chain(&[before, &seq.to_be_bytes(), &at.to_be_bytes(), body])
}

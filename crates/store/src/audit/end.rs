//! The thread that appends to the log: what the journal holds, what the record holds for the log, and entries themselves while the
//! journal is not written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use aceso_base::{Clock, Instant};
use aceso_policy::{Caller, Job as Part, Purpose};
use aceso_vault::sha256_chain;
use aceso_vault::tree::Edge;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::ahead::{AHEAD_FILE, Ahead, Group, Upto};
use super::append::{Appending, append, is_old, sign};
use super::behind::{Behind, Need};
use super::emergency::Emergencies;
use super::fill::fill;
use super::front::{Between, GROUP};
use super::log::{Ack, Job};
use super::moving::{Moving, Pages};
use super::spool::{Late, Spool, Spooled};
use super::tree::{self, HEAD_FILE};
use super::{Entry, Outcome, entry, form};
use crate::StoreError;
use crate::company::Company;
use crate::engine::{AUDIT, RECORD, migrate};
use crate::files::{Files, Link, Turn};
use crate::keep::{NotRenewed, conclude, renew};
use crate::key::Names;
use crate::reserve::Reserve;
use crate::statements as sql;

const CACHE_KIB: u32 = 4096;
const CHAIN: i64 = 4096;
/// Entries that are in the record or in the journal are in the log this long after at the latest, when all is well.
const TAKE_WITHIN: Duration = Duration::from_millis(100);
/// What the spool holds is tried to be brought into the log so often.
const DRAIN_EVERY_MILLIS: i64 = 1_000;

mod journal;

use journal::{Journalled, opened, step_back};

/// The log's end.
pub(super) struct End {
    files: Arc<Files>,
    record: Link,
    spool: Spool,
    /// Whether the spool may hold something.
    has_spooled: bool,
    /// When it was last tried to bring that into the log.
    drained: Instant,
    emergencies: Arc<Emergencies>,
    taken: Arc<AtomicI64>,
    owed: Arc<AtomicBool>,
    reserve: Reserve,
    clock: Arc<dyn Clock>,
    edge: Edge,
    keys: Names,
    /// When the head was last written beside the database.
    written: Instant,
    /// The size and time of the last signed head.
    headed: (u64, i64),
    waiting: Waiting,
    company: Company,
    behind: Behind,
    pages: Pages,
    moving: Moving,
    journal: Option<Ahead>,
    /// Up to where the log holds the journal that is written in front of this; none when none is, or by another process.
    upto: Option<Upto>,
    between: Arc<Between>,
    /// When it was last tried to have the journal.
    tried: Instant,
    /// What is in the journal and not in the log yet.
    pending: Vec<Group>,
    /// For how long nobody came.
    quiet: Duration,
    /// Who asked for another page key while others were served.
    renewal: Option<(Arc<Turn>, Ack)>,
}

/// Whether more may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callers {
    MayCome,
    AreGone,
}

/// What a group takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    Nothing,
    /// What the record holds for the log.
    Owed,
    /// That, what another process has in the journal, and the indexes' rows: somebody is going to ask.
    All,
}

/// Who waits for the log.
#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    /// One for each entry.
    acks: Vec<Ack>,
    settled: Vec<Ack>,
    /// Those who wait for room in the journal.
    taken: Vec<Ack>,
}

impl End {
    /// Opens the log, and takes over what an earlier run left in the journal, in the record and in the spool.
    pub(super) fn open(
        files: &Arc<Files>,
        clock: Arc<dyn Clock>,
        emergencies: Arc<Emergencies>,
    ) -> Result<(Self, Connection), StoreError> {
        let (dir, keyring) = (&files.dir, &files.keyring);
        let mut connection = files.connect(&AUDIT, CACHE_KIB)?;
        migrate(&mut connection, &AUDIT)?;
        let pages = Pages::default();
        pages.told_by(&mut connection)?;
        let spool = Spool::new(dir, keyring);
        emergencies.spool_is_ready(spool.is_ready());
        let mut end = Self {
            files: Arc::clone(files),
            record: Link::open(files, &RECORD, 1024)?,
            spool,
            has_spooled: true,
            drained: Instant::from_millis(0),
            emergencies,
            reserve: Reserve::of(dir),
            taken: Arc::default(),
            owed: Arc::default(),
            clock,
            edge: Edge::default(),
            keys: Names::new(keyring.index_hash()),
            written: Instant::from_millis(0),
            headed: (0, 0),
            waiting: Waiting::default(),
            company: Company::default(),
            behind: Behind::default(),
            moving: Moving::start(files, pages.clone())?,
            pages,
            journal: opened(dir, keyring),
            upto: None,
            between: Arc::default(),
            tried: Instant::from_millis(0),
            pending: Vec::new(),
            quiet: Duration::ZERO,
            renewal: None,
        };
        end.move_chain(&connection)?;
        end.take_journal(&connection)?;
        fill(&mut connection, end.record.held(), &end.keys)?;
        end.group(&connection, &[], Take::All)?;
        Ok((end, connection))
    }

    /// How far the record's entries are taken over, and whether there are more.
    pub(super) fn shared(&self) -> (Arc<AtomicI64>, Arc<AtomicBool>) {
        (Arc::clone(&self.taken), Arc::clone(&self.owed))
    }

    pub(super) fn run(mut self, mut log: Connection, inbox: &flume::Receiver<Job>) {
        if self.upto.is_some() {
            step_back();
        }
        while self.turn(&log, inbox, TAKE_WITHIN) == Callers::MayCome {
            let Some((turn, ack)) = self.renewal.take() else {
                continue;
            };
            let done = self.renew(&log, &turn, inbox);
            if conclude(done, &mut log, ack).is_break() {
                return;
            }
        }
    }

    /// Serves callers while the log is copied.
    fn renew(
        &mut self,
        log: &Connection,
        turn: &Turn,
        inbox: &flume::Receiver<Job>,
    ) -> Result<Option<Connection>, NotRenewed> {
        let files = Arc::clone(&self.files);
        let mut serve = |pause| match self.turn(log, inbox, pause) {
            Callers::MayCome => Ok(()),
            Callers::AreGone => Err(StoreError::closed()),
        };
        let new = renew((&files, turn), (&AUDIT, CACHE_KIB), log, &mut serve)?;
        let told = |mut new: Connection| -> Result<Connection, StoreError> {
            self.pages.told_by(&mut new)?;
            Ok(new)
        };
        new.map(told).transpose().map_err(NotRenewed::Stuck)
    }

    /// Waits for callers, and serves those who are there.
    fn turn(
        &mut self,
        log: &Connection,
        inbox: &flume::Receiver<Job>,
        patience: Duration,
    ) -> Callers {
        let first = inbox.recv_timeout(patience);
        let callers = match first {
            Err(flume::RecvTimeoutError::Disconnected) => Callers::AreGone,
            Ok(_) | Err(flume::RecvTimeoutError::Timeout) => Callers::MayCome,
        };
        if matches!(first, Err(flume::RecvTimeoutError::Timeout)) {
            self.quiet += patience;
            if self.quiet < TAKE_WITHIN {
                return callers;
            }
        }
        self.quiet = Duration::ZERO;
        if matches!(first, Ok(Job::Append(..))) {
            self.company.wait(|| inbox.len() + 1);
        }
        let mut next = first.ok();
        while let Some(job) = next {
            self.take_in(log, job);
            next = if self.waiting.entries.len() < GROUP {
                inbox.try_recv().ok()
            } else {
                None
            };
        }
        if self.journal_is_due() && self.take_journal(log).is_ok() && self.upto.is_some() {
            step_back();
        }
        let owed = self.owed.swap(false, Ordering::AcqRel);
        let due = self.head_is_due() || self.drain_is_due();
        let group = self.waiting.entries.len();
        self.pending.extend(self.between.take());
        if owed || due || group > 0 || !self.pending.is_empty() || !self.waiting.taken.is_empty() {
            let take = match (self.waiting.settled.is_empty(), owed) {
                (false, _) => Take::All,
                (true, true) => Take::Owed,
                (true, false) => Take::Nothing,
            };
            self.settle(log, take);
        }
        if group > 0 {
            self.company.seen(group, inbox.len());
        }
        callers
    }

    fn take_in(&mut self, log: &Connection, job: Job) {
        match job {
            Job::Append(entry, ack) => {
                self.waiting.entries.push(entry);
                self.waiting.acks.push(ack);
            }
            Job::Settle(ack) => {
                self.owed.store(true, Ordering::Release);
                self.waiting.settled.push(ack);
            }
            Job::Take(ack) => self.waiting.taken.push(ack),
            Job::Keep(late, ack) => ack(self.keep(vec![*late])),
            Job::Do(work) => work(log),
            Job::Renew(turn, ack) => self.renewal = Some((turn, ack)),
        }
    }

    fn settle(&mut self, log: &Connection, take: Take) {
        self.reserve.keep_ahead();
        let Waiting {
            entries,
            acks,
            settled,
            taken,
        } = std::mem::take(&mut self.waiting);
        let mut done = self.group(log, &entries, take);
        let full = |done: &Result<(), StoreError>| done.as_ref().is_err_and(StoreError::is_full);
        if full(&done) && self.reserve.give_up() {
            done = self.group(log, &entries, take);
        }
        self.emergencies.log_is(done.is_err());
        let asked = settled.into_iter().chain(taken);
        asked.for_each(|ack| ack(done.clone()));
        let Err(error) = done else {
            acks.into_iter().for_each(|ack| ack(Ok(())));
            self.moving.go_on(log);
            return;
        };
        tracing::error!(%error, "the audit log cannot be written");
        self.owed.fetch_or(take != Take::Nothing, Ordering::AcqRel);
        for (entry, ack) in entries.into_iter().zip(acks) {
            // What is read in an emergency is noted in the spool; nothing else is shown.
            if self.emergencies.covers(&entry) {
                ack(self.keep(vec![Late::entry(entry)]));
            } else {
                ack(Err(error.clone()));
            }
        }
    }

    /// Keeps these in the spool.
    fn keep(&mut self, late: Vec<Late>) -> Result<(), StoreError> {
        let kept = self.spool.hold().and_then(|held| {
            let mut read = held.read()?;
            for one in late {
                held.append(&mut read, one)?;
            }
            Ok(read)
        });
        match kept {
            Ok(read) => {
                self.has_spooled = true;
                self.emergencies.spool_holds(read.all.len(), read.since());
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the emergency spool cannot be written");
                Err(error)
            }
        }
    }

    /// Whether what the spool holds should be brought into the log now.
    fn drain_is_due(&self) -> bool {
        let passed = self.clock.now().millis() - self.drained.millis();
        self.has_spooled && !(0..DRAIN_EVERY_MILLIS).contains(&passed)
    }

    /// Appends what the spool and the journal hold, these entries, and with `take` what the record holds for the log and the indexes,
    /// in one synced transaction.
    fn group(&mut self, log: &Connection, entries: &[Entry], take: Take) -> Result<(), StoreError> {
        self.record.now()?;
        if !self.has_spooled {
            return self.append(log, None, entries, take);
        }
        self.drained = self.clock.now();
        let spool = self.spool.clone();
        let held = match spool.hold() {
            Ok(held) => held,
            Err(error) => {
                tracing::warn!(%error, "the emergency spool cannot be read");
                return self.append(log, None, entries, take);
            }
        };
        let read = held.read()?;
        if read.all.is_empty() && !read.is_damaged {
            self.has_spooled = false;
            self.emergencies.spool_holds(0, None);
            return self.append(log, None, entries, take);
        }
        if let Err(error) = self.record.write(|record| bring(record, &read)) {
            tracing::error!(%error, "the record cannot be written: the emergency spool waits");
            self.emergencies.spool_holds(read.all.len(), read.since());
            return self.append(log, None, entries, take);
        }
        self.append(log, Some(&read), entries, take)?;
        if read.is_damaged {
            spool.keep_damaged(self.clock.now());
        }
        held.clear(&read)?;
        self.has_spooled = false;
        self.emergencies.spool_holds(0, None);
        tracing::info!(
            entries = read.all.len(),
            "the emergency spool was taken over into the audit log"
        );
        Ok(())
    }

    fn append(
        &mut self,
        log: &Connection,
        spooled: Option<&Spooled>,
        entries: &[Entry],
        take: Take,
    ) -> Result<(), StoreError> {
        let tx = Transaction::new_unchecked(log, TransactionBehavior::Immediate)?;
        let last = tree::size(&tx)?;
        // Another process may have appended.
        let mut edge = if last == self.edge.size() {
            self.edge.clone()
        } else {
            tree::edge(&tx, last)?
        };
        let mut end = Appending {
            log: &tx,
            edge: &mut edge,
        };
        if let Some(read) = spooled {
            end.entries(&late(&tx, read, self.clock.now())?)?;
        }
        let Journalled {
            known,
            read,
            upto: journalled,
        } = self.of_journal(&tx, take)?;
        let groups = self.pending.iter().chain(&read);
        let groups = groups.filter(|group| group.number > known);
        let all = groups.flat_map(|group| &group.entries).chain(entries);
        let record = (take != Take::Nothing).then(|| self.record.held());
        end.together(record, all)?;
        let size = edge.size().cast_signed();
        // A commit that fails leaves nothing here that is ahead of the log.
        let mut behind = std::mem::take(&mut self.behind);
        let need = match take {
            Take::Nothing | Take::Owed => Need::Later(size - last.cast_signed()),
            Take::All => Need::Now,
        };
        behind.follow(&tx, &self.keys, size, need)?;
        let upto = tx
            .prepare_cached(sql::AUDIT_TAKEN)?
            .query_row([], |row| row.get(0))?;
        let (headed, note) = sign(&tx, &edge, &self.files.keyring, self.clock.now())?;
        tx.commit()?;
        self.behind = behind;
        self.edge = edge;
        self.taken.store(upto, Ordering::Relaxed);
        self.headed = headed;
        self.pending.clear();
        match (&mut self.upto, journalled) {
            (Some(ours), Some(now)) => {
                *ours = now;
                self.between.log_holds(now.number);
            }
            (Some(_), None) => {
                tracing::error!(
                    "{AHEAD_FILE} was taken by another process: each entry goes into the log itself"
                );
                self.between.lose();
            }
            (None, _) => {}
        }
        if let Some(note) = note {
            self.show(&note);
        }
        Ok(())
    }

    /// Whether the last head is old and there are entries that it does not cover.
    fn head_is_due(&self) -> bool {
        let (size, at) = self.headed;
        self.edge.size() > size && is_old(at, self.clock.now())
    }

    /// Writes the head beside the database too, at most every ten seconds; the one that counts is in the log.
    fn show(&mut self, note: &str) {
        let now = self.clock.now();
        if now.millis() - self.written.millis() < 10_000 {
            return;
        }
        self.written = now;
        if let Err(error) = tree::write_head(&self.files.dir, note) {
            tracing::warn!(%error, "the audit log's head could not be written to {HEAD_FILE}");
        }
    }

    /// Takes over the entries of the first schema's chain, if there are any.
    fn move_chain(&mut self, log: &Connection) -> Result<(), StoreError> {
        let tx = Transaction::new_unchecked(log, TransactionBehavior::Immediate)?;
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

/// Brings emergency accesses of the spool into the record; those that are there already stay as they are.
fn bring(record: &mut Connection, read: &Spooled) -> Result<(), StoreError> {
    if read.all.iter().all(|late| late.opened.is_none()) {
        return Ok(());
    }
    let tx = record.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for opened in read.all.iter().filter_map(|late| late.opened.as_ref()) {
        opened.keep(&tx)?;
    }
    Ok(tx.commit()?)
}

/// The entries of the spool that are not in the log yet, marked as late, and one that says so.
fn late(log: &Connection, read: &Spooled, now: Instant) -> Result<Vec<Entry>, StoreError> {
    let before = log
        .prepare_cached(sql::AUDIT_SPOOL_ONE)?
        .query_row([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    // Killed between the commit and the clearing of the file.
    let known = before.filter(|(mark, _)| *mark == read.mark);
    let known = known.map_or(0, |(_, count)| usize::try_from(count).unwrap_or(0));
    let new = read.all.iter().skip(known);
    let mut entries: Vec<Entry> = new
        .map(|late| Entry {
            at: Instant::from_millis(late.at),
            body: form::late(late.body.clone()),
        })
        .collect();
    if !entries.is_empty() || read.is_damaged {
        let since = entries.first().map_or(now, |first| first.at);
        let mut told = format!("{} entries since {}", entries.len(), since.to_fhir());
        if read.is_damaged {
            told.push_str("; what follows in the file cannot be read: a copy is kept");
        }
        let (caller, why) = (Caller::job(Part::Verify), Purpose::Administration);
        let act = "audit spool taken over";
        let none = &mut std::iter::empty();
        entries.push(entry(now, &caller, why, act, Outcome::Done, &told, none));
    }
    let count = i64::try_from(read.all.len()).unwrap_or(i64::MAX);
    log.prepare_cached(sql::AUDIT_SPOOL_SET)?
        .execute((read.mark.as_slice(), count))?;
    Ok(entries)
}

/// An entry of the older chain: number, time, body, link.
type ChainLink = (i64, i64, Vec<u8>, [u8; 32]);

fn chain_page(log: &Connection, after: i64) -> Result<Vec<ChainLink>, StoreError> {
    let mut statement = log.prepare(sql::AUDIT_ALL)?;
    let rows = statement.query_map((after, CHAIN), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

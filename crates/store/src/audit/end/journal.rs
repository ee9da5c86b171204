//! The journal at the log's end.

use std::path::Path;
use std::sync::Arc;

use aceso_base::Instant;
use aceso_policy::{Caller, Job as Part, Purpose};
use aceso_vault::Keyring;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;

use super::{End, Take};
use crate::StoreError;
use crate::audit::ahead::{AHEAD_FILE, Ahead, Group, Upto};
use crate::audit::append::Appending;
use crate::audit::front::Between;
use crate::audit::{Entry, Outcome, entry, tree};

/// The journal of another process is tried to be had so often.
const TRY_EVERY_MILLIS: i64 = 1_000;
/// How nice the end is, as `nice` counts.
const BEHIND_OTHERS: i32 = 10;

/// What a group takes of the journal.
pub(super) struct Journalled {
    /// Up to which group the log holds it already.
    pub(super) known: u64,
    /// Groups that another process wrote.
    pub(super) read: Vec<Group>,
    /// Up to where the log holds it then; none when it is not the journal that is written here.
    pub(super) upto: Option<Upto>,
}

impl End {
    /// What stands between the journal and the log.
    pub(in crate::audit) fn between(&self) -> Arc<Between> {
        Arc::clone(&self.between)
    }

    /// Whether it should be tried now to have the journal, which another process had.
    pub(super) fn journal_is_due(&self) -> bool {
        let passed = self.clock.now().millis() - self.tried.millis();
        self.upto.is_none() && self.journal.is_some() && !(0..TRY_EVERY_MILLIS).contains(&passed)
    }

    /// Has the journal written in front of this from now on, when no other process writes it.
    pub(super) fn take_journal(&mut self, log: &Connection) -> Result<(), StoreError> {
        self.tried = self.clock.now();
        let told = |error: &StoreError| {
            tracing::warn!(%error, "{AHEAD_FILE} is not used: each entry goes into the log itself");
        };
        match self.take_left(log).inspect_err(told) {
            Err(error) if error.is_full() => Ok(()),
            done => done,
        }
    }

    /// What the journal holds and the log does not, and that it does from now on.
    pub(super) fn of_journal(
        &self,
        log: &Connection,
        take: Take,
    ) -> Result<Journalled, StoreError> {
        let mut found = Journalled {
            known: 0,
            read: Vec::new(),
            upto: self.upto,
        };
        let is_asked = take == Take::All && self.upto.is_none();
        if self.pending.is_empty() && !is_asked {
            return Ok(found);
        }
        let said = Upto::read(log)?;
        match (self.upto, &self.journal, said) {
            // Another process may have taken some of them, or all.
            (Some(ours), _, said) => found.upto = said.filter(|said| said.mark == ours.mark),
            (None, Some(journal), Some(said)) => {
                found.read = journal.after(said)?.groups;
                found.upto = Some(said);
            }
            (None, _, _) => return Ok(found),
        }
        let Some(before) = found.upto else {
            return Ok(found);
        };
        found.known = before.number;
        let last = self.pending.last().or(found.read.last());
        if let Some(last) = last.filter(|group| group.number > before.number) {
            let upto = before.with(last);
            upto.write(log)?;
            found.upto = Some(upto);
        }
        Ok(found)
    }

    /// Takes over what an earlier run left in the journal, when no other process writes it.
    pub(super) fn take_left(&mut self, log: &Connection) -> Result<(), StoreError> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        if !journal.take_over().map_err(StoreError::io)? {
            return Ok(());
        }
        let tx = Transaction::new_unchecked(log, TransactionBehavior::Immediate)?;
        let before = Upto::read(&tx)?;
        let left = before.map(|upto| journal.after(upto)).transpose()?;
        let left = left.unwrap_or_default();
        let upto = match before {
            Some(upto) if !left.is_damaged => match left.groups.last() {
                Some(last) => upto.with(last),
                None => upto,
            },
            before => Upto::begin(before)?,
        };
        let writer = journal.write_after(upto)?;
        if before == Some(upto) {
            self.upto = before;
            self.between.hand(writer);
            return Ok(());
        }
        let mut edge = tree::edge(&tx, tree::size(&tx)?)?;
        let mut end = Appending {
            log: &tx,
            edge: &mut edge,
        };
        for group in &left.groups {
            end.entries(&group.entries)?;
        }
        let count: usize = left.groups.iter().map(|group| group.entries.len()).sum();
        if left.is_damaged {
            journal.keep_damaged(self.clock.now());
            end.entries(&[damaged(count, self.clock.now())])?;
        }
        upto.write(&tx)?;
        tx.commit()?;
        self.edge = edge;
        self.upto = Some(upto);
        self.between.hand(writer);
        if count > 0 {
            tracing::info!(
                entries = count,
                "the audit log took over what its journal held"
            );
        }
        Ok(())
    }
}

/// Lets others have the processor first: nobody waits for the end while there is room in the journal.
pub(super) fn step_back() {
    let own = Some(gettid());
    let stepped =
        getpriority_process(own).and_then(|now| setpriority_process(own, now.max(BEHIND_OTHERS)));
    if let Err(error) = stepped {
        tracing::debug!(%error, "the log's end runs as others do");
    }
}

/// The journal, where it can be had.
pub(super) fn opened(dir: &Path, keyring: &Keyring) -> Option<Ahead> {
    let opened = Ahead::open(dir, keyring);
    let told = |error: &std::io::Error| {
        tracing::warn!(%error, "there is no {AHEAD_FILE}: each entry goes into the log itself");
    };
    opened.inspect_err(told).ok()
}

/// Says that something of the journal cannot be read.
fn damaged(count: usize, now: Instant) -> Entry {
    let told = format!(
        "{count} entries; others cannot be read, because they were being written when the machine stopped, or were changed: a copy is kept"
    );
    let (caller, why) = (Caller::job(Part::Verify), Purpose::Administration);
    let none = &mut std::iter::empty();
    let act = "audit journal taken over";
    entry(now, &caller, why, act, Outcome::Done, &told, none)
}

//! Questions to the log, asked: for those who may read it. Each is itself logged.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use aceso_policy::{Action, Caller, Decision, Hours, Job, OpeningHours, Reach, Task, Who, decide};
use rusqlite::Connection;

use super::logged::logged_count;
use super::named::Named;
use super::query::{AuditLine, AuditPage, AuditQuery, AuditSort, AuditUse, Disclosures};
use super::walk::{Found, Scope, Walk, Wanted};
use crate::people::{Act, Need};
use crate::{PeopleError, Store, StoreError};

/// So many entries are looked at in one call; then it is to be gone on with.
const LOOKED_AT: u64 = 50_000;
/// So many, the newest, are gone through for an order other than the newest first.
const SORTED: u64 = 2_000_000;
/// So many lines are answered at once at most.
const LINES: u32 = 20_000;

impl Store {
    /// Reads the log: for those who may read it, and for programs whose own scope is `system/AuditEvent.rs`.
    pub async fn audit(
        &self,
        caller: &Caller,
        query: AuditQuery,
        what_for: AuditUse,
    ) -> Result<AuditPage, PeopleError> {
        let act = query.act(what_for.act());
        self.ask_log(caller, act, move |asked| asked.page(&query))
            .await
    }

    /// One entry of the log, by its number.
    pub async fn audit_entry(&self, caller: &Caller, seq: u64) -> Result<AuditLine, PeopleError> {
        let act = Act::plain("audit read").with(seq.to_string());
        let found = move |asked: &mut Asked<'_>| asked.one(seq);
        self.ask_log(caller, act, found)
            .await?
            .ok_or(PeopleError::Unknown)
    }

    /// How many entries the log has, how many of them fit a question, and whether there are more than were counted.
    pub(super) async fn count_audit(
        &self,
        caller: &Caller,
        query: AuditQuery,
    ) -> Result<(u64, u64, bool), PeopleError> {
        let act = query.act("audit read");
        self.ask_log(caller, act, move |asked| asked.count(&query))
            .await
    }

    async fn ask_log<T: Send + 'static>(
        &self,
        caller: &Caller,
        act: Act,
        work: impl FnOnce(&mut Asked<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, PeopleError> {
        let now = self.now();
        let scoped = match &caller.who {
            Who::Client(client) if client.person.is_none() => {
                let policies = self.0.policies.load();
                let purpose = aceso_policy::Purpose::Operations;
                matches!(
                    decide(
                        &policies,
                        caller,
                        Action::Search,
                        "AuditEvent",
                        purpose,
                        now
                    ),
                    Decision::Allow(Reach::All)
                )
            }
            Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_) => false,
        };
        let id = match &caller.who {
            Who::Client(client) if scoped => client.id.clone(),
            Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_) => String::new(),
        };
        let need = match &caller.who {
            _ if scoped => Need::Client(&id),
            Who::Job(Job::Watch) => Need::Watch,
            Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_) => {
                Need::May(Task::ReadAudit)
            }
        };
        let store = self.clone();
        self.log_settled().await?;
        self.look(caller, need, act, move |record| {
            let keys = &store.0.keys;
            let asked = store.on_log(|log| {
                let log = log.transaction()?;
                work(&mut Asked {
                    log: &log,
                    named: Named::new(record, keys),
                    names: keys.names(),
                })
            });
            Ok(asked??)
        })
        .await
    }

    /// Waits until the log holds everything that was answered until now.
    pub(crate) async fn log_settled(&self) -> Result<(), StoreError> {
        let store = self.clone();
        let settled = tokio::task::spawn_blocking(move || store.0.readers.log().settle());
        settled.await.map_err(|_| StoreError::closed())?
    }
}

/// The log, asked for somebody who may.
struct Asked<'a> {
    log: &'a Connection,
    named: Named<'a>,
    names: crate::key::Names,
}

impl Asked<'_> {
    fn one(&mut self, seq: u64) -> Result<Option<AuditLine>, StoreError> {
        let all = Wanted::default();
        let walk = Walk::new(self.log, &self.names, &all, None)?;
        match walk.look(seq.cast_signed())? {
            Some(found) => self.named.line(found).map(Some),
            None => Ok(None),
        }
    }

    fn wanted(&mut self, query: &AuditQuery) -> Result<Wanted, StoreError> {
        let who = match &query.person {
            Some(person) => self.named.all_names(person)?,
            None => Vec::new(),
        };
        Ok(Wanted {
            patient: query.patient.clone(),
            who,
            kinds: query.kinds.clone(),
            outcome: query.outcome,
            scope: match query.disclosures {
                Disclosures::AndAllElse => Scope::All,
                Disclosures::Alone => Scope::Disclosures,
            },
            from: query.from,
            until: query.until,
            upto: query.upto,
        })
    }

    fn count(&mut self, query: &AuditQuery) -> Result<(u64, u64, bool), StoreError> {
        let wanted = self.wanted(query)?;
        let mut walk = Walk::new(self.log, &self.names, &wanted, None)?;
        let mut count = 0;
        while let Some(found) = walk.next(SORTED.saturating_sub(walk.looked_at()))? {
            count += u64::from(self.fits(query, &found)?);
        }
        Ok((logged_count(self.log)?, count, !walk.is_over()?))
    }

    fn page(&mut self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let wanted = self.wanted(query)?;
        let count = usize::try_from(query.count.clamp(1, LINES)).unwrap_or(1000);
        match query.sort {
            AuditSort::Newest => self.newest(query, &wanted, count),
            AuditSort::Oldest
            | AuditSort::Person
            | AuditSort::Patient
            | AuditSort::Act
            | AuditSort::Purpose
            | AuditSort::Outcome
            | AuditSort::Address => self.sorted(query, &wanted, count),
        }
    }

    fn newest(
        &mut self,
        query: &AuditQuery,
        wanted: &Wanted,
        count: usize,
    ) -> Result<AuditPage, StoreError> {
        let mut walk = Walk::new(self.log, &self.names, wanted, query.mark)?;
        let mut page = AuditPage::default();
        while page.lines.len() < count
            && let Some(found) = walk.next(LOOKED_AT.saturating_sub(walk.looked_at()))?
        {
            if self.fits(query, &found)? {
                page.lines.push(self.named.line(found)?);
            }
        }
        page.next = (!walk.is_over()?).then(|| walk.mark());
        Ok(page)
    }

    /// All that fit are gone through; those of the page are kept.
    fn sorted(
        &mut self,
        query: &AuditQuery,
        wanted: &Wanted,
        count: usize,
    ) -> Result<AuditPage, StoreError> {
        let mut walk = Walk::new(self.log, &self.names, wanted, None)?;
        let skip = usize::try_from(query.mark.unwrap_or(0)).unwrap_or(usize::MAX);
        let most = skip.saturating_add(count);
        let mut kept: BinaryHeap<Placed> = BinaryHeap::new();
        let mut total = 0_usize;
        while let Some(found) = walk.next(SORTED.saturating_sub(walk.looked_at()))? {
            if self.fits(query, &found)? {
                total += 1;
                let seq = found.seq;
                let line = self.named.line(found)?;
                kept.push(Placed {
                    key: line.sort_key(query.sort),
                    // The newest first among the same.
                    then: if query.sort == AuditSort::Oldest {
                        seq
                    } else {
                        -seq
                    },
                    line,
                });
                if kept.len() > most {
                    kept.pop();
                }
            }
        }
        let cut = (!walk.is_over()?).then_some(total);
        let shown = kept.into_sorted_vec().into_iter().skip(skip);
        let lines: Vec<AuditLine> = shown.map(|placed| placed.line).collect();
        let end = skip.saturating_add(lines.len());
        Ok(AuditPage {
            next: (end < total).then(|| u64::try_from(end).unwrap_or(u64::MAX)),
            lines,
            cut,
        })
    }

    /// What no index tells.
    fn fits(&mut self, query: &AuditQuery, found: &Found) -> Result<bool, StoreError> {
        let closed = |hours: &OpeningHours| match hours.at(found.at) {
            Hours::Closed => true,
            Hours::Open => false,
        };
        if !query.closed.as_ref().is_none_or(closed) {
            return Ok(false);
        }
        match &query.facility {
            Some(facility) => self.named.is_of(&found.said, facility),
            None => Ok(true),
        }
    }
}

/// An entry at its place in an order.
#[derive(PartialEq, Eq)]
struct Placed {
    key: String,
    then: i64,
    line: AuditLine,
}

impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Placed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then(self.then.cmp(&other.then))
    }
}

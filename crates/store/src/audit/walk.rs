//! Goes through the log from the newest entry to the oldest, by the index that leads to the fewest.

use aceso_base::Instant;
use rusqlite::{Connection, OptionalExtension};

use super::form::{AuditOutcome, Said, read};
use super::index::{ANY_APP, is_in_index, kind_key, patient_key};
use super::kind::AuditKind;
use super::leaf::said;
use super::span;
use crate::StoreError;
use crate::key::Names;
use crate::statements as sql;

/// So many numbers are read from an index at once.
const CHUNK: i64 = 256;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only what is about this patient (logical id).
    pub(crate) patient: Option<String>,
    /// Only what one of these did, or an app for them, or what was done to their account; none: whoever.
    pub(crate) who: Vec<String>,
    /// Only acts of these kinds; none: whichever.
    pub(crate) kinds: Vec<AuditKind>,
    /// All of the log, or disclosures alone.
    pub(crate) scope: Scope,
    /// Only what ended so.
    pub(crate) outcome: Option<AuditOutcome>,
    /// Not before this.
    pub(crate) from: Option<Instant>,
    /// Not after this.
    pub(crate) until: Option<Instant>,
    /// Only of the first so many entries.
    pub(crate) upto: Option<u64>,
}

/// Which part of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of it.
    #[default]
    All,
    /// What left the clinic: exports, prints, what apps were given or brought.
    Disclosures,
}

/// An entry that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) seq: i64,
    pub(crate) at: Instant,
    pub(crate) said: Said,
}

/// What leads to the entries.
enum Driver {
    /// Rows of an index, under these keys.
    Rows(Vec<(&'static str, i64)>),
    /// All entries.
    Log,
}

/// A way through the log.
pub(crate) struct Walk<'a> {
    log: &'a Connection,
    wanted: &'a Wanted,
    driver: Driver,
    above: i64,
    before: i64,
    /// Numbers read from the index and not looked at yet, the greatest last.
    ahead: Vec<i64>,
    looked_at: u64,
}

impl Wanted {
    /// Whether an entry is of this.
    pub(crate) fn fits(&self, at: Instant, said: &Said) -> bool {
        let named = |name: &String| {
            said.who == *name || said.by.as_ref() == Some(name) || said.on.contains(name)
        };
        self.from.is_none_or(|from| from <= at)
            && self.until.is_none_or(|until| at <= until)
            && self.outcome.is_none_or(|outcome| said.outcome == outcome)
            && (self.kinds.is_empty() || self.kinds.contains(&AuditKind::of(&said.act)))
            && (self.who.is_empty() || self.who.iter().any(named))
            && match self.scope {
                Scope::All => true,
                Scope::Disclosures => is_disclosure(said),
            }
    }

    fn driver(&self, names: &Names) -> Driver {
        let rows = |text: &'static str, keys: Vec<i64>| {
            Driver::Rows(keys.into_iter().map(|key| (text, key)).collect())
        };
        if let Some(patient) = &self.patient {
            return rows(sql::AUDIT_PATIENT_BEFORE, vec![patient_key(names, patient)]);
        }
        if !self.who.is_empty() {
            let keys = self.who.iter().map(|name| names.entry(name));
            return rows(sql::AUDIT_WHO_BEFORE, keys.collect());
        }
        let outcomes = || {
            let all = AuditOutcome::ALL.into_iter();
            all.filter(|o| self.outcome.is_none_or(|wanted| wanted == *o))
        };
        let kinds: &[AuditKind] = match (self.scope, self.kinds.as_slice()) {
            (Scope::Disclosures, _) => &[AuditKind::Export, AuditKind::Print],
            (Scope::All, []) => &AuditKind::ALL,
            (Scope::All, some) => some,
        };
        let pairs = || kinds.iter().flat_map(|k| outcomes().map(move |o| (*k, o)));
        let mut keys: Vec<(&str, i64)> = pairs()
            .map(|(kind, outcome)| (sql::AUDIT_KIND_BEFORE, kind_key(kind, outcome)))
            .collect();
        if self.scope == Scope::Disclosures {
            keys.push((sql::AUDIT_WHO_BEFORE, names.entry(ANY_APP)));
        }
        if pairs().all(|(kind, outcome)| is_in_index(kind, outcome)) {
            Driver::Rows(keys)
        } else {
            Driver::Log
        }
    }
}

/// Whether something left the clinic by this: a file, a page on paper, an app's reading.
fn is_disclosure(said: &Said) -> bool {
    let kind = AuditKind::of(&said.act);
    let leaves = matches!(kind, AuditKind::Export | AuditKind::Print);
    let by_app = said.who.starts_with(ANY_APP) && said.outcome == AuditOutcome::Done;
    leaves || kind.asks() && by_app
}

impl<'a> Walk<'a> {
    /// Begins below the entry `before`; none: at the newest.
    pub(crate) fn new(
        log: &'a Connection,
        keys: &Names,
        wanted: &'a Wanted,
        before: Option<u64>,
    ) -> Result<Self, StoreError> {
        let (from, until) = (wanted.from, wanted.until);
        let period = (from.map(Instant::millis), until.map(Instant::millis));
        let (above, below) = span::within(log, period.0, period.1)?;
        let end = |upto: u64| upto.cast_signed().saturating_add(1);
        let below = below.min(wanted.upto.map_or(i64::MAX, end));
        Ok(Self {
            log,
            wanted,
            driver: wanted.driver(keys),
            above,
            before: before.map_or(below, |b| below.min(b.cast_signed())),
            ahead: Vec::new(),
            looked_at: 0,
        })
    }

    /// How many entries were looked at so far.
    pub(crate) const fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Where to go on.
    pub(crate) const fn mark(&self) -> u64 {
        self.before.cast_unsigned()
    }

    /// The next entry that is wanted, when at most `most` more are looked at; none: there is no more, or not yet.
    pub(crate) fn next(&mut self, most: u64) -> Result<Option<Found>, StoreError> {
        let end = self.looked_at + most;
        while self.looked_at < end {
            let Some(seq) = self.step()? else {
                return Ok(None);
            };
            self.looked_at += 1;
            if let Some(found) = self.look(seq)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether there is nothing left to look at.
    pub(crate) fn is_over(&mut self) -> Result<bool, StoreError> {
        if self.ahead.is_empty() {
            self.ahead = self.chunk()?;
        }
        Ok(self.ahead.is_empty())
    }

    /// The number of the next entry that the index leads to, wanted or not.
    pub(crate) fn step(&mut self) -> Result<Option<i64>, StoreError> {
        if self.is_over()? {
            return Ok(None);
        }
        let seq = self.ahead.pop();
        self.before = seq.unwrap_or(self.before);
        Ok(seq)
    }

    /// The entry of this number, when it is wanted.
    pub(crate) fn look(&self, seq: i64) -> Result<Option<Found>, StoreError> {
        let row: Option<(i64, Option<Vec<u8>>)> = self
            .log
            .prepare_cached(sql::AUDIT_LOG_SAID)?
            .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((at, Some(body))) = row else {
            return Ok(None);
        };
        let at = Instant::from_millis(at);
        let said = said(&body).and_then(read);
        Ok(said
            .filter(|said| self.wanted.fits(at, said) && self.is_theirs(said))
            .map(|said| Found { seq, at, said }))
    }

    /// Whether an entry is about the patient that is asked for: the index stands for names with 32 bits. What entries of
    /// before the indexes name is whose the record says.
    fn is_theirs(&self, said: &Said) -> bool {
        let Some(patient) = &self.wanted.patient else {
            return true;
        };
        said.patients.contains(patient) || said.is_old
    }

    /// The next numbers, the greatest last.
    fn chunk(&self) -> Result<Vec<i64>, StoreError> {
        let range = (self.above, self.before);
        let mut found = match &self.driver {
            Driver::Rows(rows) => self.merged(rows, range)?,
            Driver::Log => {
                let mut statement = self.log.prepare_cached(sql::AUDIT_LOG_SEQS)?;
                let rows = statement.query_map((range.0, range.1, CHUNK), |row| row.get(0))?;
                rows.collect::<Result<_, _>>()?
            }
        };
        found.reverse();
        Ok(found)
    }

    fn rows(&self, text: &str, key: i64, range: (i64, i64)) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.log.prepare_cached(text)?;
        let rows = statement.query_map((key, range.0, range.1, CHUNK), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The greatest numbers under any of the keys: they are among the greatest of each.
    fn merged(
        &self,
        under: &[(&'static str, i64)],
        range: (i64, i64),
    ) -> Result<Vec<i64>, StoreError> {
        let mut all = Vec::new();
        for (text, key) in under {
            all.extend(self.rows(text, *key, range)?);
        }
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        all.truncate(usize::try_from(CHUNK).unwrap_or(usize::MAX));
        Ok(all)
    }
}

//! A finding as it is kept.

use aceso_base::Instant;
use aceso_desk::advisory::Justification;
use aceso_desk::deploy::{Match, Standing};
use aceso_desk::matching::State;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::statements as sql;
use crate::{PeopleError, StoreError};

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// Nobody decided.
    Open,
    /// The update is to be put in place in the next quiet hours.
    Queued,
    /// Something was done that stands before it.
    Mitigated,
    /// Two people accepted it, until a day.
    Accepted,
    /// Somebody found that it does not concern this installation.
    NotAffected,
    /// Nothing is to be decided: fixed, not affected, or the component is gone.
    Settled,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Queued,
        Self::Mitigated,
        Self::Accepted,
        Self::NotAffected,
        Self::Settled,
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Queued => "queued",
            Self::Mitigated => "mitigated",
            Self::Accepted => "accepted",
            Self::NotAffected => "not-affected",
            Self::Settled => "settled",
        }
    }

    fn named(name: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| StoreError(format!("a finding's decision {name}")))
    }

    /// Whether somebody still has to do something by its day.
    pub const fn waits(self) -> bool {
        match self {
            Self::Open | Self::Queued => true,
            Self::Mitigated | Self::Accepted | Self::NotAffected | Self::Settled => false,
        }
    }
}

/// What was done about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingNote {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who, as the audit log names them.
    pub by: String,
    /// In words.
    pub text: String,
}

/// A risk that somebody wants to accept; another one has to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who asks, as the audit log names them.
    pub by: String,
    /// Their account.
    pub account: String,
    /// Why.
    pub why: String,
    /// Until when, in milliseconds since 1970.
    pub until: i64,
}

/// A finding with what was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFinding {
    /// Its id.
    pub id: String,
    /// Goes up with each change.
    pub version: u64,
    /// What the advisory says of the component, and why.
    pub about: Match,
    /// Whether the component is no part of the installation any more.
    pub gone: bool,
    /// When it was found to be affected first; none where it never was.
    pub affected: Option<Instant>,
    /// Where it stands.
    pub decision: Decision,
    /// Why it is not affected, where somebody decided so.
    pub justification: Option<Justification>,
    /// When it was found.
    pub first: Instant,
    /// Since when it stands so.
    pub since: Instant,
    /// By when something is to be done.
    pub due: Option<Instant>,
    /// Until when it is accepted.
    pub until: Option<Instant>,
    /// The acceptance that waits for a second person.
    pub asked: Option<Asked>,
    /// What was done, in order.
    pub notes: Vec<FindingNote>,
}

/// What of it stands in one column.
#[derive(Serialize, Deserialize)]
struct Body {
    about: Match,
    gone: bool,
    affected: Option<i64>,
    justification: Option<Justification>,
    asked: Option<Asked>,
    notes: Vec<FindingNote>,
}

impl KeptFinding {
    /// Whether the component is affected, or may be: only then there is something to decide.
    pub fn is_live(&self) -> bool {
        !self.gone && is_live(self.about.finding.state)
    }

    /// Whether its day is over.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.decision.waits() && self.due.is_some_and(|due| due <= now)
    }

    /// How it stands, as the makers' desk may be told.
    pub fn standing(&self) -> Standing {
        let state = self.about.finding.state;
        match self.decision {
            Decision::Mitigated => Standing::Mitigated,
            Decision::Accepted => Standing::Accepted,
            Decision::NotAffected => Standing::NotAffected,
            Decision::Open | Decision::Queued => match state {
                State::UnderInvestigation => Standing::Investigating,
                State::Affected | State::Fixed | State::NotAffected => Standing::Affected,
            },
            Decision::Settled if self.affected.is_some() || state == State::Fixed => {
                Standing::Patched
            }
            Decision::Settled => Standing::NotAffected,
        }
    }

    pub(super) fn note(&mut self, at: Instant, by: &str, text: impl Into<String>) {
        self.notes.push(FindingNote {
            at: at.millis(),
            by: by.to_owned(),
            text: text.into(),
        });
    }

    fn body(&self) -> Result<String, StoreError> {
        let body = Body {
            about: self.about.clone(),
            gone: self.gone,
            affected: self.affected.map(Instant::millis),
            justification: self.justification,
            asked: self.asked.clone(),
            notes: self.notes.clone(),
        };
        serde_json::to_string(&body).map_err(json)
    }

    /// Keeps a new one.
    pub(super) fn add(&self, tx: &Connection) -> Result<(), StoreError> {
        let finding = &self.about.finding;
        tx.prepare_cached(sql::FINDING_ADD)?.execute((
            &self.id,
            &finding.advisory,
            &finding.vulnerability,
            &finding.component,
            self.decision.name(),
            self.first.millis(),
            self.since.millis(),
            self.due.map(Instant::millis),
            self.until.map(Instant::millis),
            self.body()?,
        ))?;
        Ok(())
    }

    /// Keeps a change of one that nobody else changed.
    pub(super) fn set(&self, tx: &Connection) -> Result<(), PeopleError> {
        let values = (
            self.decision.name(),
            self.since.millis(),
            self.due.map(Instant::millis),
            self.until.map(Instant::millis),
            self.body()?,
            &self.id,
            self.version.cast_signed(),
        );
        match tx.prepare_cached(sql::FINDING_SET)?.execute(values)? {
            1 => Ok(()),
            _ => Err(crate::Refusal::Stale.into()),
        }
    }
}

/// Whether somebody has to decide.
pub(super) const fn is_live(state: State) -> bool {
    match state {
        State::Affected | State::UnderInvestigation => true,
        State::Fixed | State::NotAffected => false,
    }
}

/// All findings.
pub(super) fn all(c: &Connection) -> Result<Vec<KeptFinding>, StoreError> {
    let mut statement = c.prepare_cached(sql::FINDING_ALL)?;
    let rows = statement.query_map([], raw)?;
    rows.map(|row| row?.parsed()).collect()
}

/// One of them.
pub(super) fn one(c: &Connection, id: &str) -> Result<KeptFinding, PeopleError> {
    let mut statement = c.prepare_cached(sql::FINDING_ONE)?;
    let found = statement.query_row([id], raw).optional()?;
    Ok(found.ok_or(PeopleError::Unknown)?.parsed()?)
}

struct Raw {
    id: String,
    decision: String,
    times: (i64, i64, Option<i64>, Option<i64>),
    version: i64,
    body: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get(0)?,
        decision: row.get(1)?,
        times: (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?),
        version: row.get(6)?,
        body: row.get(7)?,
    })
}

impl Raw {
    fn parsed(self) -> Result<KeptFinding, StoreError> {
        let body: Body = serde_json::from_str(&self.body).map_err(json)?;
        let (first, since, due, until) = self.times;
        Ok(KeptFinding {
            id: self.id,
            version: self.version.cast_unsigned(),
            about: body.about,
            gone: body.gone,
            affected: body.affected.map(Instant::from_millis),
            decision: Decision::named(&self.decision)?,
            justification: body.justification,
            first: Instant::from_millis(first),
            since: Instant::from_millis(since),
            due: due.map(Instant::from_millis),
            until: until.map(Instant::from_millis),
            asked: body.asked,
            notes: body.notes,
        })
    }
}

pub(super) fn json(error: serde_json::Error) -> StoreError {
    StoreError(format!("a finding: {error}"))
}

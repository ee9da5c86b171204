//! What a clinic must have agreed or had done, and until when that holds: agreements with business associates (45 CFR
//! 164.308(b)), tests for weaknesses every half year and attacks on trial every year, and what is gone over yearly (90 FR
//! 898). The newest entry of its kind and name counts; older ones stay as the record of what was done.

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, Row};

use super::door::{Act, Need, PeopleError, Refusal};
use crate::statements as sql;
use crate::{Store, StoreError};

const DAY_MILLIS: i64 = 86_400_000;
/// Somebody is told of a contract that ends this long before it does.
pub const DUTY_AHEAD_MILLIS: i64 = 30 * DAY_MILLIS;
const LONGEST_NAME: usize = 200;
const LONGEST_DETAIL: usize = 4_000;

/// What kind of duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DutyKind {
    /// An agreement with somebody who works with the data for the clinic.
    BusinessAssociate,
    /// A look for known weaknesses.
    VulnerabilityScan,
    /// An attack on trial.
    PenetrationTest,
    /// A check of how the rules are kept.
    ComplianceAudit,
    /// The written analysis of risks.
    RiskAnalysis,
    /// An exercise of the plan for incidents.
    IncidentExercise,
}

/// Something agreed or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDuty {
    /// Of what kind.
    pub kind: DutyKind,
    /// With whom, by whom or by what means: 1 to 200 characters.
    pub name: String,
    /// What was agreed or found: up to 4,000 characters. Nothing of a patient.
    pub detail: String,
    /// When it was agreed or done.
    pub done: Instant,
    /// Until when it holds; none: as long as its kind holds.
    pub until: Option<Instant>,
    /// SHA-256 of the document that says it.
    pub digest: Option<[u8; 32]>,
}

/// The same, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Its id.
    pub id: String,
    /// Of what kind.
    pub kind: DutyKind,
    /// With whom, by whom or by what means.
    pub name: String,
    /// What was agreed or found.
    pub detail: String,
    /// When it was agreed or done.
    pub done: Instant,
    /// Until when it holds.
    pub until: Instant,
    /// SHA-256 of the document that says it.
    pub digest: Option<[u8; 32]>,
    /// When it was noted.
    pub made: Instant,
    /// Who noted it, as the audit log names them.
    pub who: String,
    /// Since when it counts no more.
    pub ended: Option<Instant>,
    /// Whether administrators were told that it is over.
    pub told: bool,
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutyGap {
    /// Nothing of this kind was ever noted.
    Never(DutyKind),
    /// It does not hold any more, or not for much longer.
    Over(Duty),
}

impl DutyKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::BusinessAssociate,
        Self::VulnerabilityScan,
        Self::PenetrationTest,
        Self::ComplianceAudit,
        Self::RiskAnalysis,
        Self::IncidentExercise,
    ];

    /// One word for it, for commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BusinessAssociate => "business-associate",
            Self::VulnerabilityScan => "vulnerability-scan",
            Self::PenetrationTest => "penetration-test",
            Self::ComplianceAudit => "compliance-audit",
            Self::RiskAnalysis => "risk-analysis",
            Self::IncidentExercise => "incident-exercise",
        }
    }

    /// For how many days it holds; none where an agreement says.
    pub const fn days(self) -> Option<i64> {
        match self {
            Self::BusinessAssociate => None,
            Self::VulnerabilityScan => Some(183),
            Self::PenetrationTest
            | Self::ComplianceAudit
            | Self::RiskAnalysis
            | Self::IncidentExercise => Some(366),
        }
    }

    /// The row of the requirements that asks for it.
    pub const fn row(self) -> &'static str {
        match self {
            Self::BusinessAssociate => "HA9",
            Self::VulnerabilityScan | Self::PenetrationTest => "HN8",
            Self::ComplianceAudit | Self::RiskAnalysis | Self::IncidentExercise => "HN11",
        }
    }

    const fn code(self) -> i64 {
        match self {
            Self::BusinessAssociate => 1,
            Self::VulnerabilityScan => 2,
            Self::PenetrationTest => 3,
            Self::ComplianceAudit => 4,
            Self::RiskAnalysis => 5,
            Self::IncidentExercise => 6,
        }
    }
}

impl NewDuty {
    fn holds_until(&self, now: Instant) -> Result<Instant, Refusal> {
        let name = self.name.trim().chars().count();
        if name == 0 || name > LONGEST_NAME {
            return Err(Refusal::Field(
                "say with whom or by what means, in at most 200 characters",
            ));
        }
        if self.detail.chars().count() > LONGEST_DETAIL {
            return Err(Refusal::Field(
                "what was agreed or found has at most 4,000 characters",
            ));
        }
        if self.done > now {
            return Err(Refusal::Field("what was agreed or done was so before now"));
        }
        let usual = self
            .kind
            .days()
            .map(|days| self.done.plus_millis(days * DAY_MILLIS));
        match (self.until, usual) {
            (None, None) => Err(Refusal::Field(
                "an agreement needs the day on which it ends",
            )),
            (Some(until), _) if until <= self.done => {
                Err(Refusal::Field("it holds until after it was agreed or done"))
            }
            // What is to be done every half year does not hold for longer because somebody says so.
            (Some(until), Some(usual)) => Ok(until.min(usual)),
            (Some(until), None) => Ok(until),
            (None, Some(usual)) => Ok(usual),
        }
    }
}

/// What is missing now: of each kind that recurs, and of each agreement, the newest that was not ended counts.
pub fn duty_gaps(all: &[Duty], now: Instant) -> Vec<DutyGap> {
    let mut gaps = Vec::new();
    for kind in DutyKind::ALL {
        let of_kind = || all.iter().filter(|d| d.kind == kind && d.ended.is_none());
        match kind.days() {
            Some(_) => match of_kind().max_by_key(|d| d.until) {
                None => gaps.push(DutyGap::Never(kind)),
                Some(last) if last.until <= now => gaps.push(DutyGap::Over(last.clone())),
                Some(_) => {}
            },
            None => {
                let soon = now.plus_millis(DUTY_AHEAD_MILLIS);
                let is_last = |d: &&Duty| of_kind().all(|o| o.name != d.name || o.until <= d.until);
                let over = of_kind().filter(is_last).filter(|d| d.until <= soon);
                gaps.extend(over.cloned().map(DutyGap::Over));
            }
        }
    }
    gaps
}

/// With whom an agreement holds now: whoever works with the data for the clinic.
pub(super) fn associates(c: &Connection, now: Instant) -> Result<Vec<String>, StoreError> {
    let holds = |duty: &Duty| {
        duty.kind == DutyKind::BusinessAssociate && duty.ended.is_none() && now < duty.until
    };
    let all = read(c)?.into_iter().filter(holds);
    let mut names: Vec<String> = all.map(|duty| duty.name).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What is over, and nobody was told of.
pub(super) fn untold(c: &Connection, now: Instant) -> Result<Vec<Duty>, StoreError> {
    let gaps = duty_gaps(&read(c)?, now).into_iter();
    let over = gaps.filter_map(|gap| match gap {
        DutyGap::Over(duty) if !duty.told => Some(duty),
        DutyGap::Over(_) | DutyGap::Never(_) => None,
    });
    Ok(over.collect())
}

impl Store {
    /// Notes something that was agreed or done; answers its id.
    pub async fn add_duty(&self, caller: &Caller, new: NewDuty) -> Result<String, PeopleError> {
        let (id, now, who) = (self.new_id(), self.now(), caller.name());
        let act = Act::plain("duty add").with([new.kind.name(), " ", new.name.trim()].concat());
        self.act(caller, Need::May(Task::ManageSettings), act, move |tx| {
            let until = new.holds_until(now)?;
            tx.prepare_cached(sql::DUTY_ADD)?.execute((
                &id,
                new.kind.code(),
                new.name.trim(),
                new.detail.trim(),
                new.done.millis(),
                until.millis(),
                new.digest,
                now.millis(),
                who,
            ))?;
            Ok(id)
        })
        .await
    }

    /// Notes that something counts no more: an agreement that was ended, an entry that was a mistake.
    pub async fn end_duty(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let (now, act) = (self.now(), Act::plain("duty end").with(id));
        let id = id.to_owned();
        self.act(caller, Need::May(Task::ManageSettings), act, move |tx| {
            let count = tx
                .prepare_cached(sql::DUTY_END)?
                .execute((now.millis(), &id))?;
            if count == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        })
        .await
    }

    /// Everything that was noted, also what is over or was ended.
    pub async fn duties(&self, caller: &Caller) -> Result<Vec<Duty>, PeopleError> {
        let act = Act::plain("duty list");
        self.look(caller, Need::SeeChecks, act, |c| Ok(read(c)?))
            .await
    }
}

fn read(c: &Connection) -> Result<Vec<Duty>, StoreError> {
    let mut all = c.prepare_cached(sql::DUTY_ALL)?;
    let mut rows = all.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>) -> Result<Duty, StoreError> {
    let time = |at: i64| Instant::from_millis(at);
    let code: i64 = row.get(1)?;
    let kind = DutyKind::ALL.into_iter().find(|kind| kind.code() == code);
    Ok(Duty {
        id: row.get(0)?,
        kind: kind.ok_or_else(|| StoreError(format!("a duty of kind {code}")))?,
        name: row.get(2)?,
        detail: row.get(3)?,
        done: time(row.get(4)?),
        until: time(row.get(5)?),
        digest: row.get(6)?,
        made: time(row.get(7)?),
        who: row.get(8)?,
        ended: row.get::<_, Option<i64>>(9)?.map(time),
        told: row.get::<_, Option<i64>>(10)?.is_some(),
    })
}

//! Reports that are made by themselves, every day, week, month or quarter. What is kept of one is its question, its period, and how many
//! entries the log had: the log never changes, so the same question gives the same answer.

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, OptionalExtension, Row};

use super::every::ReportEvery;
use super::query::AuditQuery;
use super::report::{AuditReport, AuditSubject};
use crate::people::{Act, Need, Refusal};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// What a report asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportAsked {
    /// Which.
    pub report: AuditReport,
    /// Only about this patient (logical id).
    pub patient: Option<String>,
    /// Only what this person or app did.
    pub person: Option<String>,
    /// Only of this organization (logical id).
    pub facility: Option<String>,
}

/// A report that is made by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPlan {
    /// Its id.
    pub id: String,
    /// What it asks.
    pub asked: ReportAsked,
    /// How often.
    pub every: ReportEvery,
    /// Who wanted it, as the log names them.
    pub by: String,
    /// Since when.
    pub since: Instant,
    /// Up to when it was made.
    pub last: Instant,
}

/// A report that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeReport {
    /// Its id.
    pub id: String,
    /// What it asks.
    pub asked: ReportAsked,
    /// The period's first moment.
    pub from: Instant,
    /// The first moment after it.
    pub until: Instant,
    /// When it was made.
    pub at: Instant,
    /// How many entries the log had then.
    pub size: u64,
    /// How many of them it tells of.
    pub entries: u64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// Who took it along: when, who (as the log names them), and in which form.
    pub taken: Vec<(Instant, String, String)>,
}

impl MadeReport {
    /// The question, as it was asked. `hours` are those of the clinic.
    pub fn query(&self, hours: &aceso_policy::OpeningHours) -> AuditQuery {
        let asked = self.asked.clone();
        AuditQuery {
            patient: asked.patient,
            person: asked.person,
            facility: asked.facility,
            from: Some(self.from),
            until: Some(self.until.plus_millis(-1)),
            upto: Some(self.size),
            ..asked.report.query(hours)
        }
    }
}

impl Store {
    /// Has a report made from now on, for each period that is over; answers its id.
    pub async fn plan_report(
        &self,
        caller: &Caller,
        asked: ReportAsked,
        every: ReportEvery,
    ) -> Result<String, PeopleError> {
        let what = format!("{} every {}", asked.report.name(), every.name());
        let act = Act::plain("audit plan").with(what);
        let (id, now, by) = (self.new_id(), self.now(), caller.name());
        self.act(caller, Need::May(Task::ReadAudit), act, move |tx| {
            let lacks = match asked.report.subject() {
                Some(AuditSubject::Patient) => asked.patient.is_none(),
                Some(AuditSubject::Person) => asked.person.is_none(),
                None => false,
            };
            if lacks {
                return Err(Refusal::Field("say whom this report is to be about").into());
            }
            // The first is that of the period that is running now.
            let (_, last) = every.before(now);
            tx.prepare_cached(sql::REPORT_PLAN_ADD)?.execute((
                &id,
                asked.report.name(),
                asked.patient,
                asked.person,
                asked.facility,
                every.code(),
                by,
                now.millis(),
                last.millis(),
            ))?;
            Ok(id)
        })
        .await
    }

    /// Ends a plan; what was made stays.
    pub async fn end_report_plan(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let act = Act::plain("audit plan end").with(id);
        let (id, now) = (id.to_owned(), self.now());
        self.act(caller, Need::May(Task::ReadAudit), act, move |tx| {
            let mut end = tx.prepare_cached(sql::REPORT_PLAN_END)?;
            if end.execute((now.millis(), id))? == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        })
        .await
    }

    /// What is made by itself, and what was made, the newest first: the last 200.
    pub async fn planned_reports(
        &self,
        caller: &Caller,
    ) -> Result<(Vec<ReportPlan>, Vec<MadeReport>), PeopleError> {
        let act = Act::plain("audit plan list");
        self.look(caller, Need::May(Task::ReadAudit), act, |c| {
            let mut statement = c.prepare_cached(sql::REPORT_MADE_ALL)?;
            let rows = statement.query_map([], made)?;
            let mut all: Vec<MadeReport> = rows.collect::<Result<_, _>>()?;
            for one in &mut all {
                one.taken = taken(c, &one.id)?;
            }
            Ok((plans(c)?, all))
        })
        .await
    }

    /// A report that was made, for somebody who takes it along in this form (`pdf`, `csv`): that is kept with it.
    pub async fn take_report(
        &self,
        caller: &Caller,
        id: &str,
        form: &'static str,
    ) -> Result<MadeReport, PeopleError> {
        let act = Act::plain("audit export").with(format!("{id} as {form}"));
        let (id, now, by) = (id.to_owned(), self.now(), caller.name());
        self.act(caller, Need::May(Task::ReadAudit), act, move |tx| {
            let mut one = tx.prepare_cached(sql::REPORT_MADE_ONE)?;
            let found = one.query_row([&id], made).optional()?;
            let found = found.ok_or(PeopleError::Unknown)?;
            let mut add = tx.prepare_cached(sql::REPORT_TAKEN_ADD)?;
            add.execute((&id, now.millis(), by, form))?;
            Ok(found)
        })
        .await
    }

    /// Makes what is due: for the part of the program that watches. Answers how many were made.
    pub async fn make_due_reports(&self, caller: &Caller) -> Result<usize, PeopleError> {
        let now = self.now();
        let act = Act::plain("audit plan list");
        self.permit(caller, Need::Watch, &act).await?;
        let look = |c: &mut Connection| plans(c);
        let plans: Vec<ReportPlan> = self.0.readers.quiet(look).await??;
        let mut count = 0;
        for plan in plans {
            let (from, until) = plan.every.before(now);
            if plan.last >= until {
                continue;
            }
            self.make_report(caller, plan, (from, until)).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn make_report(
        &self,
        caller: &Caller,
        plan: ReportPlan,
        (from, until): (Instant, Instant),
    ) -> Result<(), PeopleError> {
        let mut made = MadeReport {
            id: self.new_id(),
            asked: plan.asked,
            from,
            until,
            at: self.now(),
            size: 0,
            entries: 0,
            more: false,
            taken: Vec::new(),
        };
        // All that the log says now: how much that is comes with the count.
        let query = AuditQuery {
            upto: None,
            ..made.query(&self.people_rule().hours)
        };
        (made.size, made.entries, made.more) = self.count_audit(caller, query).await?;
        let act = Act::plain("audit plan make").with(made.id.clone());
        self.act(caller, Need::Watch, act, move |tx| {
            let mut moved = tx.prepare_cached(sql::REPORT_PLAN_LAST)?;
            // Another process was faster.
            if moved.execute((until.millis(), &plan.id, until.millis()))? == 0 {
                return Ok(());
            }
            tx.prepare_cached(sql::REPORT_MADE_ADD)?.execute((
                &made.id,
                &plan.id,
                from.millis(),
                until.millis(),
                made.at.millis(),
                made.size.cast_signed(),
                made.entries.cast_signed(),
                made.more,
            ))?;
            Ok(())
        })
        .await
    }
}

fn plans(c: &Connection) -> Result<Vec<ReportPlan>, StoreError> {
    let mut statement = c.prepare_cached(sql::REPORT_PLAN_ALL)?;
    let rows = statement.query_map([], |row| {
        Ok(ReportPlan {
            id: row.get(0)?,
            asked: asked(row, 1)?,
            every: ReportEvery::from_code(row.get(5)?),
            by: row.get(6)?,
            since: Instant::from_millis(row.get(7)?),
            last: Instant::from_millis(row.get(8)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The question, in four columns from this one on.
fn asked(row: &Row<'_>, at: usize) -> rusqlite::Result<ReportAsked> {
    let name: String = row.get(at)?;
    Ok(ReportAsked {
        // A report of another release asks for everything rather than for nothing.
        report: AuditReport::parse(&name).unwrap_or(AuditReport::All),
        patient: row.get(at + 1)?,
        person: row.get(at + 2)?,
        facility: row.get(at + 3)?,
    })
}

fn made(row: &Row<'_>) -> rusqlite::Result<MadeReport> {
    Ok(MadeReport {
        id: row.get(0)?,
        asked: asked(row, 7)?,
        from: Instant::from_millis(row.get(1)?),
        until: Instant::from_millis(row.get(2)?),
        at: Instant::from_millis(row.get(3)?),
        size: row.get::<_, i64>(4)?.cast_unsigned(),
        entries: row.get::<_, i64>(5)?.cast_unsigned(),
        more: row.get(6)?,
        taken: Vec::new(),
    })
}

fn taken(c: &Connection, id: &str) -> Result<Vec<(Instant, String, String)>, StoreError> {
    let mut statement = c.prepare_cached(sql::REPORT_TAKEN_OF)?;
    let rows = statement.query_map([id], |row| {
        Ok((Instant::from_millis(row.get(0)?), row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

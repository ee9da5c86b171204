//! Cases: found by the review, decided by people (45 CFR 164.308(a)(1)(ii)(C) and (D)).

use aceso_base::Instant;
use aceso_policy::{Caller, Job, Role, Task, Who};
use aceso_shield::insider::{Case, Facts, Reason, Share, review};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{InsiderSettings, facts};
use crate::access::tell_role;
use crate::engine::RECORD;
use crate::people::{Act, Need, NoticeKind, PeopleError, Refusal};
use crate::{Store, StoreError, statements as sql};

const CACHE_KIB: u32 = 16 * 1024;
const PAGE: i64 = 500;
const LONGEST_NOTE: usize = 2000;

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct InsiderCase {
    /// Its id; empty while it is not kept.
    pub id: String,
    /// Whose account it is about.
    pub account: String,
    /// The name that they sign in with.
    pub name: String,
    /// The week's first moment.
    pub week: Instant,
    /// How sure the rules are together, of 100.
    pub score: u8,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
    /// When it was last found.
    pub found: Instant,
    /// What was decided.
    pub review: Option<CaseReview>,
}

/// What was decided about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReview {
    /// When.
    pub at: Instant,
    /// Who, as the audit log names them.
    pub by: String,
    /// What.
    pub outcome: CaseOutcome,
    /// In words.
    pub note: String,
}

/// What can be decided about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseOutcome {
    /// There was reason to look.
    Explained,
    /// There was none; the person was spoken to or trained.
    Coached,
    /// There was none; a sanction was applied.
    Sanctioned,
}

/// Which cases to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseList {
    /// Those that are not decided, the surest first.
    Open,
    /// All, the newest week first; the last 500.
    All,
}

/// Whether what a review finds is kept as cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Cases are opened, and those that are still open are brought up to date.
    Yes,
    /// It is only told.
    No,
}

/// What a review found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InsiderReview {
    /// The cases, the surest first.
    pub cases: Vec<InsiderCase>,
    /// How much was looked at and explained.
    pub share: Share,
    /// How many people work here.
    pub people: usize,
}

impl CaseOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Explained, Self::Coached, Self::Sanctioned];

    const fn code(self) -> i64 {
        match self {
            Self::Explained => 1,
            Self::Coached => 2,
            Self::Sanctioned => 3,
        }
    }

    const fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Explained,
            2 => Self::Coached,
            _ => Self::Sanctioned,
        }
    }

    /// Its name in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Coached => "coached",
            Self::Sanctioned => "sanctioned",
        }
    }
}

impl Store {
    /// Reviews the accesses of a time: for those who may read the log, and for the nightly job.
    pub async fn review_insiders(
        &self,
        caller: &Caller,
        from: Instant,
        until: Instant,
        settings: InsiderSettings,
        keep: Keep,
    ) -> Result<InsiderReview, PeopleError> {
        let detail = format!("{} to {}", from.to_fhir(), until.to_fhir());
        let act = || Act::plain("insider review").with(detail.clone());
        let need = match caller.who {
            Who::Job(Job::Watch) => Need::Watch,
            Who::Job(_) | Who::Operator | Who::Person(_) | Who::Client(_) => {
                Need::May(Task::ReadAudit)
            }
        };
        self.look(caller, need, act(), |_| Ok(())).await?;
        let store = self.clone();
        let work = move || store.find_insiders(&settings, from, until);
        let done = tokio::task::spawn_blocking(work).await;
        let mut review = done.map_err(|_| StoreError::closed())??;
        if keep == Keep::Yes {
            let cases = std::mem::take(&mut review.cases);
            let store = self.clone();
            let keep = move |tx: &Connection| keep_all(&store, tx, cases);
            review.cases = self.act(caller, need, act(), keep).await?;
        }
        Ok(review)
    }

    fn find_insiders(
        &self,
        settings: &InsiderSettings,
        from: Instant,
        until: Instant,
    ) -> Result<InsiderReview, StoreError> {
        let inner = &self.0;
        inner.readers.log().settle()?;
        let mut record = inner.files.visit(&RECORD, CACHE_KIB)?;
        let snapshot = record.transaction()?;
        let span = (from, until);
        let facts = self.on_log(|log| facts(&snapshot, log, &inner.keys, settings, span))??;
        let (cases, share) = review(&facts, from, until);
        let now = self.now();
        Ok(InsiderReview {
            cases: cases
                .into_iter()
                .filter_map(|c| told(&facts, c, now))
                .collect(),
            share,
            people: facts.workers.len(),
        })
    }

    /// Cases, for those who review them.
    pub async fn insider_cases(
        &self,
        caller: &Caller,
        list: CaseList,
    ) -> Result<Vec<InsiderCase>, PeopleError> {
        let act = Act::plain("insider list");
        self.look(caller, Need::May(Task::ReviewBreakGlass), act, move |c| {
            let text = match list {
                CaseList::Open => sql::CASE_OPEN,
                CaseList::All => sql::CASE_ALL,
            };
            let mut statement = c.prepare_cached(text)?;
            let rows = statement.query_map([PAGE], from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// One case.
    pub async fn insider_case(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<InsiderCase, PeopleError> {
        let act = Act::plain("insider read").with(id);
        let id = id.to_owned();
        self.look(caller, Need::May(Task::ReviewBreakGlass), act, move |c| {
            one(c, &id)?.ok_or(PeopleError::Unknown)
        })
        .await
    }

    /// Decides a case, once; nobody decides their own.
    pub async fn decide_case(
        &self,
        caller: &Caller,
        id: &str,
        outcome: CaseOutcome,
        note: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("insider decide").with(format!("{id}: {}", outcome.name()));
        let own = caller.as_person().map(|p| p.account.clone());
        let by = caller.name();
        let (id, note, now) = (id.to_owned(), note.trim().to_owned(), self.now());
        self.act(caller, Need::May(Task::ReviewBreakGlass), act, move |tx| {
            if note.is_empty() || note.chars().count() > LONGEST_NOTE {
                return Err(Refusal::Field("say in at most 2000 letters what was found").into());
            }
            let case = one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            if own.as_deref() == Some(case.account.as_str()) {
                return Err(PeopleError::Forbidden);
            }
            let values = (outcome.code(), now.millis(), by, note, id);
            if tx.prepare_cached(sql::CASE_DECIDE)?.execute(values)? == 0 {
                return Err(Refusal::Decided.into());
            }
            Ok(())
        })
        .await
    }
}

fn told(facts: &Facts, case: Case, now: Instant) -> Option<InsiderCase> {
    let worker = facts.workers.get(case.worker)?;
    Some(InsiderCase {
        id: String::new(),
        account: worker.account.clone(),
        name: worker.name.clone(),
        week: case.week,
        score: case.score,
        reasons: case.reasons,
        found: now,
        review: None,
    })
}

/// Opens the cases and tells the security officers, or brings those that are open up to date; what was decided stays as it is.
fn keep_all(
    store: &Store,
    tx: &Connection,
    cases: Vec<InsiderCase>,
) -> Result<Vec<InsiderCase>, PeopleError> {
    let (mut kept, mut opened) = (Vec::new(), 0_usize);
    for mut case in cases {
        let mut there = tx.prepare_cached(sql::CASE_OF_WEEK)?;
        let there = there
            .query_row((&case.account, case.week.millis()), from_row)
            .optional()?;
        let reasons =
            serde_json::to_string(&case.reasons).map_err(|e| StoreError(e.to_string()))?;
        let found = case.found.millis();
        match there {
            Some(old) if old.review.is_some() => case = old,
            Some(old) => {
                let values = (case.score, reasons, found, &old.id);
                tx.prepare_cached(sql::CASE_AGAIN)?.execute(values)?;
                case.id = old.id;
            }
            None => {
                case.id = store.new_id();
                opened += 1;
                tx.prepare_cached(sql::CASE_ADD)?.execute((
                    &case.id,
                    &case.account,
                    &case.name,
                    case.week.millis(),
                    case.score,
                    reasons,
                    found,
                ))?;
            }
        }
        kept.push(case);
    }
    if opened > 0 {
        let (kind, text) = (NoticeKind::InsiderCases, format!("{opened} to be decided"));
        let officer = Role::SECURITY_OFFICER;
        tell_role(tx, &store.new_id(), &officer, kind, store.now(), &text)?;
    }
    Ok(kept)
}

fn one(c: &Connection, id: &str) -> Result<Option<InsiderCase>, PeopleError> {
    let mut statement = c.prepare_cached(sql::CASE_ONE)?;
    Ok(statement.query_row([id], from_row).optional()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<InsiderCase> {
    let reasons: String = row.get(5)?;
    let reasons: Vec<Reason> = serde_json::from_str(&reasons).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(e))
    })?;
    let outcome: Option<i64> = row.get(7)?;
    let review = match outcome {
        None => None,
        Some(outcome) => Some(CaseReview {
            at: Instant::from_millis(row.get(8)?),
            by: row.get(9)?,
            outcome: CaseOutcome::from_code(outcome),
            note: row.get(10)?,
        }),
    };
    Ok(InsiderCase {
        id: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        week: Instant::from_millis(row.get(3)?),
        score: row.get(4)?,
        reasons,
        found: Instant::from_millis(row.get(6)?),
        review,
    })
}

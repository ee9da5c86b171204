//! Break-glass: a named person opens one patient's chart in an emergency, with a reason, for some hours; security
//! officers are told at once and review it within two business days.

use aceso_base::Instant;
use aceso_policy::{Caller, Role, Task, Who};
use rusqlite::{Connection, OptionalExtension, Row};

use super::LateBreak;
use super::guard::account_number;
use crate::audit::Late;
use crate::key::Keys;
use crate::people::{Act, Need, NoticeKind, PeopleError, Refusal, notify};
use crate::statements as sql;
use crate::{Change, Store, StoreError};

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// The longest an emergency access lasts, and how long it lasts when nothing is said (BG2).
const MOST_MINUTES: u32 = 240;
const SHORTEST_TEXT: usize = 10;
const LONGEST_TEXT: usize = 2000;
const PAGE: i64 = 500;

/// Why a chart must be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakReason {
    /// The patient's life or health is in danger.
    Emergency,
    /// Covering for the one who treats the patient.
    Cover,
    /// The patient is here without an appointment.
    WalkIn,
    /// A result, a pharmacy or another clinic must be answered.
    CallBack,
    /// Something else; the text says what.
    Other,
}

/// What a review found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakFinding {
    /// There was reason to open the chart.
    Justified,
    /// There was none: a case for the privacy officer.
    Unjustified,
    /// It cannot be told yet; the note says what is awaited.
    Open,
}

/// An emergency access to be opened.
#[derive(Clone, Debug)]
pub struct NewBreak {
    /// The patient's logical id.
    pub patient: String,
    /// Why.
    pub reason: BreakReason,
    /// Why, in words: at least ten letters.
    pub detail: String,
    /// How long; 4 hours when none, and at most.
    pub minutes: Option<u32>,
}

/// An emergency access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Its id.
    pub id: String,
    /// Whose account opened it.
    pub account: String,
    /// The name they sign in with.
    pub name: String,
    /// The patient's logical id.
    pub patient: String,
    /// Why.
    pub reason: BreakReason,
    /// Why, in words.
    pub detail: String,
    /// When it was opened.
    pub opened: Instant,
    /// When it ends, or was ended.
    pub ends: Instant,
    /// Until when it should be reviewed.
    pub due: Instant,
    /// The review.
    pub review: Option<BreakReview>,
}

/// A review of an emergency access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakReview {
    /// When.
    pub at: Instant,
    /// Who, as the audit log names them.
    pub by: String,
    /// What was found.
    pub finding: BreakFinding,
    /// In words.
    pub note: String,
}

/// Which emergency accesses to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakList {
    /// Those that await review, most urgent first.
    Unreviewed,
    /// All, newest first; the last 500.
    All,
}

impl Break {
    /// Whether it should have been reviewed by now.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.due < now
            && self
                .review
                .as_ref()
                .is_none_or(|r| r.finding == BreakFinding::Open)
    }

    /// Whether it opens the chart now.
    pub fn is_open(&self, now: Instant) -> bool {
        self.opened <= now && now < self.ends
    }
}

impl BreakReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Emergency,
        Self::Cover,
        Self::WalkIn,
        Self::CallBack,
        Self::Other,
    ];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Cover => "cover",
            Self::WalkIn => "walk-in",
            Self::CallBack => "call-back",
            Self::Other => "other",
        }
    }

    /// The reason of this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }
}

impl BreakFinding {
    const fn code(self) -> i64 {
        match self {
            Self::Justified => 1,
            Self::Unjustified => 2,
            Self::Open => 3,
        }
    }

    fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Justified,
            2 => Self::Unjustified,
            _ => Self::Open,
        }
    }
}

impl Store {
    /// Opens a patient's chart in an emergency. The caller is a person, not an app; security officers get a notice.
    pub async fn break_glass(&self, caller: &Caller, new: NewBreak) -> Result<Break, PeopleError> {
        let act = Act {
            name: "break-glass",
            on: vec![["Patient/", &new.patient].concat()],
            detail: format!("{}: {}", new.reason.code(), new.detail.trim()),
        };
        let Who::Person(person) = &caller.who else {
            self.refused(caller, act).await?;
            return Err(PeopleError::Forbidden);
        };
        let (now, keys) = (self.now(), self.0.keys.clone());
        let minutes = i64::from(new.minutes.unwrap_or(MOST_MINUTES).clamp(1, MOST_MINUTES));
        let one = Break {
            id: self.new_id(),
            account: person.account.clone(),
            name: person.label().to_owned(),
            patient: new.patient,
            reason: new.reason,
            detail: new.detail.trim().to_owned(),
            opened: now,
            ends: now.plus_millis(minutes * MINUTE),
            due: business_days_after(now, 2),
            review: None,
        };
        let number = account_number(&keys, &one.account);
        let notice = self.new_id();
        let late = LateBreak::of(&one, &keys, notice.clone());
        let need = Need::May(Task::BreakGlass);
        let work = move |tx: &Connection| {
            check(tx, &keys, &one)?;
            let patient = keys.of("Patient", &one.patient);
            tx.prepare_cached(sql::BREAK_ADD)?.execute((
                &one.id,
                &one.account,
                number,
                &one.name,
                &one.patient,
                patient,
                one.reason.code(),
                &one.detail,
                one.opened.millis(),
                one.ends.millis(),
                one.due.millis(),
            ))?;
            tell_officers(tx, &notice, &one)?;
            Ok(one)
        };
        let opened = match self.act(caller, need, act.clone(), work).await {
            Err(PeopleError::Store(error)) => {
                tracing::error!(%error, "an emergency access cannot be written into the record");
                return self.break_glass_late(caller, act, late).await;
            }
            other => other?,
        };
        self.0.readers.log().emergencies().opened(opened.clone());
        Ok(opened)
    }

    /// The same while the record cannot be written: the emergency spool keeps it.
    async fn break_glass_late(
        &self,
        caller: &Caller,
        act: Act,
        late: LateBreak,
    ) -> Result<Break, PeopleError> {
        let need = Need::May(Task::BreakGlass);
        self.verdict(caller, need)?;
        let (keys, one) = (self.0.keys.clone(), late.told());
        let look = move |c: &mut Connection| check(c, &keys, &one);
        self.0.readers.quiet(look).await??;
        let (one, patient) = (late.told(), self.0.keys.of("Patient", &late.told().patient));
        let entry = act.done(self.now(), caller);
        let log = self.0.readers.log();
        log.keep(Late::opened(entry, late)).await?;
        log.emergencies().opened_late(one.clone(), patient);
        Ok(one)
    }

    /// The caller's own emergency accesses that are open now: for the red banner. Leaves no entry: it stands on
    /// every page.
    pub async fn open_breaks(&self, caller: &Caller) -> Result<Vec<Break>, PeopleError> {
        let act = Act::plain("break-glass own");
        self.permit(caller, Need::May(Task::OwnAccount), &act)
            .await?;
        let Some(person) = caller.as_person() else {
            return Ok(Vec::new());
        };
        let number = account_number(&self.0.keys, &person.account);
        let now = self.now();
        let look = move |c: &mut Connection| -> Result<Vec<Break>, StoreError> {
            many(c, sql::BREAK_OPEN, (number, now.millis()))
        };
        let mut open = self.0.readers.quiet(look).await??;
        let emergencies = self.0.readers.log().emergencies();
        for (late, _) in emergencies.late(&person.account, now) {
            if open.iter().all(|one| one.id != late.id) {
                open.push(late);
            }
        }
        Ok(open)
    }

    /// Ends one's own emergency access before its time.
    pub async fn end_break(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let act = Act::plain("break-glass end").with(id);
        let account = caller.as_person().map(|p| p.account.clone());
        let now = self.now();
        let ended = id.to_owned();
        self.act(caller, Need::May(Task::OwnAccount), act, move |tx| {
            let count = tx.prepare_cached(sql::BREAK_END)?.execute((
                now.millis(),
                ended,
                account.unwrap_or_default(),
                now.millis(),
            ))?;
            if count == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        })
        .await?;
        self.0.readers.log().emergencies().ended(id);
        Ok(())
    }

    /// Emergency accesses, for those who review them.
    pub async fn breaks(
        &self,
        caller: &Caller,
        list: BreakList,
    ) -> Result<Vec<Break>, PeopleError> {
        let act = Act::plain("break-glass list");
        self.look(caller, Need::May(Task::ReviewBreakGlass), act, move |c| {
            Ok(match list {
                BreakList::Unreviewed => many(c, sql::BREAK_UNREVIEWED, [PAGE])?,
                BreakList::All => many(c, sql::BREAK_ALL, [PAGE])?,
            })
        })
        .await
    }

    /// Emergency accesses to a patient's chart, newest first: for the patient's access report, and for reviewers.
    pub async fn breaks_of(
        &self,
        caller: &Caller,
        patient: &str,
    ) -> Result<Vec<Break>, PeopleError> {
        let mut act = Act::plain("break-glass of patient");
        act.on.push(["Patient/", patient].concat());
        let own = match &caller.who {
            Who::Person(person) => person.own_patient() == Some(patient),
            Who::Operator | Who::Job(_) | Who::Client(_) => false,
        };
        let task = if own {
            Task::OwnAccount
        } else {
            Task::ReviewBreakGlass
        };
        let key = self.0.keys.of("Patient", patient);
        self.look(caller, Need::May(task), act, move |c| {
            Ok(many(c, sql::BREAK_OF, (key, PAGE))?)
        })
        .await
    }

    /// Reviews an emergency access; nobody reviews their own. A review that found nothing yet can be made again.
    pub async fn review_break(
        &self,
        caller: &Caller,
        id: &str,
        finding: BreakFinding,
        note: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("break-glass review").with(format!("{id}: {finding:?}"));
        let own = caller.as_person().map(|p| p.account.clone());
        let by = caller.name();
        let (id, note, now) = (id.to_owned(), note.trim().to_owned(), self.now());
        self.act(caller, Need::May(Task::ReviewBreakGlass), act, move |tx| {
            if note.chars().count() > LONGEST_TEXT || note.is_empty() {
                return Err(Refusal::Field("say in at most 2000 letters what was found").into());
            }
            let all: Vec<Break> = many(tx, sql::BREAK_ONE, [&id])?;
            let one = all.into_iter().next().ok_or(PeopleError::Unknown)?;
            if own.as_deref() == Some(one.account.as_str()) {
                return Err(PeopleError::Forbidden);
            }
            let count = tx.prepare_cached(sql::BREAK_REVIEW)?.execute((
                now.millis(),
                by,
                finding.code(),
                note,
                id,
                BreakFinding::Open.code(),
            ))?;
            if count == 0 {
                return Err(Refusal::Decided.into());
            }
            Ok(())
        })
        .await
    }
}

/// A notice to each security officer; to the administrators when there is none.
pub(super) fn tell_officers(tx: &Connection, notice: &str, one: &Break) -> Result<(), StoreError> {
    // The notice names no patient: it is read beside the list of reviews, which does.
    let (name, reason) = (&one.name, one.reason.code());
    let text = format!("{name} opened a chart in an emergency: {reason}");
    for role in [Role::SECURITY_OFFICER, Role::ADMINISTRATOR] {
        let told = tell_role(tx, notice, &role, NoticeKind::BreakGlass, one.opened, &text)?;
        if told > 0 {
            break;
        }
    }
    Ok(())
}

/// A notice to everybody with a role; answers how many they are.
pub(crate) fn tell_role(
    tx: &Connection,
    notice: &str,
    role: &Role,
    kind: NoticeKind,
    at: Instant,
    text: &str,
) -> Result<usize, StoreError> {
    let mut statement = tx.prepare_cached(sql::ACCOUNT_IN_ROLE)?;
    let like = format!("% {role} %");
    let accounts: rusqlite::Result<Vec<String>> =
        statement.query_map([like], |row| row.get(0))?.collect();
    let accounts = accounts?;
    for (number, account) in accounts.iter().enumerate() {
        let id = format!("{notice}-{role}-{number}");
        notify(tx, &id, account, kind, at, text)?;
    }
    Ok(accounts.len())
}

/// The emergency accesses whose review is overdue and that nobody else was told of yet.
pub(crate) fn overdue(c: &Connection, now: Instant) -> Result<Vec<Break>, StoreError> {
    many(c, sql::BREAK_LATE, (now.millis(), PAGE))
}

/// The emergency accesses that are open now.
pub(crate) fn open_now(c: &Connection, now: Instant) -> Result<Vec<Break>, StoreError> {
    many(c, sql::BREAK_OPEN_ALL, [now.millis()])
}

/// Whether an emergency access may be opened: it says why, and there is such a patient.
fn check(c: &Connection, keys: &Keys, one: &Break) -> Result<(), PeopleError> {
    if !(SHORTEST_TEXT..=LONGEST_TEXT).contains(&one.detail.chars().count()) {
        let text = "say in 10 to 2000 letters why the chart must be opened";
        return Err(Refusal::Field(text).into());
    }
    if is_patient(c, keys.of("Patient", &one.patient))? {
        Ok(())
    } else {
        Err(PeopleError::Unknown)
    }
}

fn is_patient(tx: &Connection, key: i64) -> Result<bool, StoreError> {
    let change: Option<i64> = tx
        .prepare_cached(sql::RES_BRIEF)?
        .query_row([key], |row| row.get(1))
        .optional()?;
    Ok(change.is_some_and(|c| c != Change::Deleted.code()))
}

fn many(
    c: &Connection,
    text: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Break>, StoreError> {
    let mut statement = c.prepare_cached(text)?;
    let all = statement.query_map(parameters, from_row)?;
    Ok(all.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Break> {
    let reason: String = row.get(4)?;
    let at: Option<i64> = row.get(9)?;
    let review = match at {
        None => None,
        Some(at) => Some(BreakReview {
            at: Instant::from_millis(at),
            by: row.get(10)?,
            finding: BreakFinding::from_code(row.get(11)?),
            note: row.get(12)?,
        }),
    };
    Ok(Break {
        id: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        patient: row.get(3)?,
        reason: BreakReason::parse(&reason).unwrap_or(BreakReason::Other),
        detail: row.get(5)?,
        opened: Instant::from_millis(row.get(6)?),
        ends: Instant::from_millis(row.get(7)?),
        due: Instant::from_millis(row.get(8)?),
        review,
    })
}

/// The same time of day that many business days later; Saturdays and Sundays (UTC) do not count.
fn business_days_after(at: Instant, days: u32) -> Instant {
    let (mut at, mut left) = (at, days);
    while left > 0 {
        at = at.plus_millis(DAY);
        // 1970-01-01 was a Thursday: day 0; Saturday is day 2 of seven, Sunday day 3.
        let weekend = matches!(at.millis().div_euclid(DAY).rem_euclid(7), 2 | 3);
        left -= u32::from(!weekend);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bg3_a_review_is_due_after_two_business_days() {
        // 2026-11-20 was a Friday.
        let friday = Instant::from_millis(1_795_176_000_000);
        assert_eq!(friday.to_fhir(), "2026-11-20T12:00:00.000Z");
        assert_eq!(
            business_days_after(friday, 2).to_fhir(),
            "2026-11-24T12:00:00.000Z"
        );
        let monday = friday.plus_millis(3 * DAY);
        assert_eq!(
            business_days_after(monday, 2).to_fhir(),
            "2026-11-25T12:00:00.000Z"
        );
    }
}

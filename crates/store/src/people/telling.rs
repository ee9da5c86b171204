//! Whom the clinic must tell of what: whoever works with its data, within a day, when the access of one of its people ends or
//! when its emergency plan is in force (90 FR 898, 45 CFR 164.308 and 164.314 as proposed), and whoever received a patient's data
//! when these were corrected or erased (GDPR, Article 19). Each is a line of its own until somebody says what came of it.

use std::collections::BTreeSet;

use aceso_base::Instant;
use aceso_policy::{Caller, Role, Side, Task};
use rusqlite::{Connection, Row};

use super::account::{Account, one};
use super::door::{Act, Need, PeopleError, Refusal};
use super::duty::associates;
use super::notice::NoticeKind;
use super::remind::OFFICERS;
use crate::access::tell_role;
use crate::audit::{Outcome, Walk, Wanted, WantedScope};
use crate::key::Names;
use crate::statements as sql;
use crate::{Store, StoreError};

const DAY_MILLIS: i64 = 86_400_000;
/// More recipients of one patient's data are not told apart: the accounting of disclosures has them.
const MOST: usize = 200;
/// So many entries of the log are looked at for them.
const LOOKED_AT: u64 = 200_000;
const LONGEST: usize = 2_000;
/// What an account's id is written after.
const ACCOUNT: &str = "account/";

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TellingKind {
    /// The access of one of the clinic's people ended.
    AccessEnded,
    /// The emergency plan is in force.
    EmergencyPlan,
    /// A patient's data were corrected.
    Corrected,
    /// A patient's data were erased.
    Erased,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TellingOutcome {
    /// They were told.
    Told,
    /// There was nothing to tell them, or it was impossible or out of all proportion.
    NotNeeded,
}

/// Whom to tell of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Its id.
    pub id: String,
    /// What there is to tell.
    pub kind: TellingKind,
    /// Whom: an associate's name, `client/lab`, or a file or paper that left the clinic, with its day and who made it.
    pub whom: String,
    /// Of what: `account/a1`, `Patient/p1`, or words. No patient's name.
    pub about: String,
    /// Since when.
    pub since: Instant,
    /// By when.
    pub due: Instant,
    /// What came of it, when, in which words, and who said so; none while it is open.
    pub ended: Option<TellingEnd>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellingEnd {
    /// When.
    pub at: Instant,
    /// What came of it.
    pub outcome: TellingOutcome,
    /// How they were told, or why not.
    pub note: String,
    /// Who said so, as the audit log names them.
    pub who: String,
}

impl TellingKind {
    const ALL: [Self; 4] = [
        Self::AccessEnded,
        Self::EmergencyPlan,
        Self::Corrected,
        Self::Erased,
    ];

    /// Within so many days: a day where a rule says 24 hours, a month where it says without delay (GDPR, Article 12(3)).
    pub const fn days(self) -> i64 {
        match self {
            Self::AccessEnded | Self::EmergencyPlan => 1,
            Self::Corrected | Self::Erased => 30,
        }
    }

    const fn code(self) -> i64 {
        match self {
            Self::AccessEnded => 1,
            Self::EmergencyPlan => 2,
            Self::Corrected => 3,
            Self::Erased => 4,
        }
    }

    /// For notices.
    const fn said(self) -> &'static str {
        match self {
            Self::AccessEnded => "somebody's access ended",
            Self::EmergencyPlan => "the emergency plan is in force",
            Self::Corrected => "a patient's data were corrected",
            Self::Erased => "a patient's data were erased",
        }
    }
}

impl TellingOutcome {
    const fn code(self) -> i64 {
        match self {
            Self::Told => 1,
            Self::NotNeeded => 2,
        }
    }
}

impl Telling {
    /// Whether its time is over and nobody said what came of it.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.ended.is_none() && self.due <= now
    }
}

/// What a transaction opens: of what, to whom.
pub(crate) struct Opening<'a> {
    pub(crate) id: String,
    pub(crate) kind: TellingKind,
    pub(crate) about: &'a str,
    pub(crate) now: Instant,
}

impl Opening<'_> {
    /// One line for each of these, and one notice to those who have to see to it.
    pub(crate) fn to(&self, tx: &Connection, whom: &[String]) -> Result<(), StoreError> {
        let due = self.now.plus_millis(self.kind.days() * DAY_MILLIS);
        let mut add = tx.prepare_cached(sql::TELLING_ADD)?;
        for (number, whom) in whom.iter().enumerate() {
            let id = format!("{}-{number}", self.id);
            let (since, due) = (self.now.millis(), due.millis());
            add.execute((id, self.kind.code(), whom, self.about, since, due))?;
        }
        if whom.is_empty() {
            return Ok(());
        }
        let text = format!(
            "{}: {} to be told until {}",
            self.kind.said(),
            whom.len(),
            due.to_fhir()
        );
        for role in &OFFICERS {
            tell_role(tx, &self.id, role, NoticeKind::DutyOver, self.now, &text)?;
        }
        Ok(())
    }
}

/// When one of the clinic's people loses access: everybody who works with the clinic's data may have given them access, too.
pub(super) fn access_ended(
    tx: &Connection,
    id: String,
    account: &Account,
    now: Instant,
) -> Result<(), StoreError> {
    if !works_here(account) {
        return Ok(());
    }
    let about = [ACCOUNT, &account.id].concat();
    let opening = Opening {
        id,
        kind: TellingKind::AccessEnded,
        about: &about,
        now,
    };
    opening.to(tx, &associates(tx, now)?)
}

/// Whether it is of somebody who works for the clinic.
fn works_here(account: &Account) -> bool {
    let of_staff = |role: &Role| role.built_in().is_none_or(|one| one.side() != Side::Portal);
    account.roles.iter().any(of_staff)
}

/// People of the clinic whose last day is over, and nobody was told.
pub(super) fn left(c: &Connection, now: Instant) -> Result<Vec<Account>, StoreError> {
    if associates(c, now)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut over = c.prepare_cached(sql::TELLING_LEFT)?;
    let ids = over.query_map((now.millis(), ACCOUNT), |row| row.get(0))?;
    let ids = ids.collect::<Result<Vec<String>, _>>()?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(one(c, &id)?.filter(works_here));
    }
    Ok(found)
}

/// A correction whose recipients are not looked up yet.
#[derive(Clone, Debug)]
pub(crate) struct Corrected {
    /// What says so: `Communication/1`.
    pub(crate) about: String,
    /// Whose data were corrected.
    pub(crate) patient: String,
    /// When.
    pub(crate) since: Instant,
}

impl Corrected {
    /// Notes it in the transaction that corrects.
    pub(crate) fn owe(&self, tx: &Connection) -> Result<(), StoreError> {
        tx.prepare_cached(sql::TELLING_OWED_ADD)?.execute((
            &self.about,
            &self.patient,
            self.since.millis(),
        ))?;
        Ok(())
    }
}

/// Corrections whose recipients are not looked up yet, the oldest first.
pub(super) fn owed(c: &Connection) -> Result<Vec<Corrected>, StoreError> {
    let mut statement = c.prepare_cached(sql::TELLING_OWED_ALL)?;
    let rows = statement.query_map([], |row| {
        Ok(Corrected {
            about: row.get(0)?,
            patient: row.get(1)?,
            since: Instant::from_millis(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Who received a patient's data, as the log says: apps, and files and papers of the clinic's people.
pub(crate) fn recipients(
    log: &Connection,
    names: &Names,
    patient: &str,
) -> Result<Vec<String>, StoreError> {
    let wanted = Wanted {
        patient: Some(patient.to_owned()),
        scope: WantedScope::Disclosures,
        outcome: Some(Outcome::Done),
        ..Wanted::default()
    };
    let mut walk = Walk::new(log, names, &wanted, None)?;
    let mut whom = BTreeSet::new();
    while whom.len() < MOST
        && let Some(found) = walk.next(LOOKED_AT)?
    {
        let (said, day) = (found.said, found.at.to_fhir());
        let portal = |role: &String| matches!(role.as_str(), "patient" | "proxy");
        let to_themselves = !said.roles.is_empty() && said.roles.iter().all(portal);
        if said.who.starts_with("client/") {
            whom.insert(said.who);
        } else if !to_themselves {
            let day = day.get(..10).unwrap_or_default();
            whom.insert(format!("{} of {day} by {}", said.act, said.who));
        }
    }
    Ok(whom.into_iter().collect())
}

impl Store {
    /// Opens a line for everybody who received data that were corrected since ([`crate::Tx::corrects`]). Answers of how many
    /// corrections. By the program itself.
    pub async fn tell_of_corrections(&self, caller: &Caller) -> Result<usize, PeopleError> {
        self.permit(caller, Need::Remind, &Act::plain("telling open"))
            .await?;
        let all: Result<Vec<Corrected>, StoreError> = self.0.readers.quiet(|c| owed(c)).await?;
        let all = all?;
        for one in &all {
            self.tell_of(caller, one.clone()).await?;
        }
        Ok(all.len())
    }

    async fn tell_of(&self, caller: &Caller, owed: Corrected) -> Result<(), PeopleError> {
        let act = Act {
            name: "telling open",
            on: vec![["Patient/", &owed.patient].concat()],
            detail: owed.about.clone(),
        };
        let (whom, id) = (self.recipients_of(&owed.patient)?, self.new_id());
        self.act(caller, Need::Remind, act, move |tx| {
            let removed = tx
                .prepare_cached(sql::TELLING_OWED_REMOVE)?
                .execute([&owed.about])?;
            if removed == 0 {
                // Somebody else was at it.
                return Ok(());
            }
            let opening = Opening {
                id,
                kind: TellingKind::Corrected,
                about: &format!("Patient/{}, {}", owed.patient, owed.about),
                now: owed.since,
            };
            Ok(opening.to(tx, &whom)?)
        })
        .await
    }

    /// Who received this patient's data.
    pub(crate) fn recipients_of(&self, patient: &str) -> Result<Vec<String>, StoreError> {
        self.0.readers.log().settle()?;
        let names = Names::new(self.0.keyring.index_hash());
        self.on_log(|log| recipients(log, &names, patient))?
    }

    /// Notes that the emergency plan is in force since now, and why: everybody who works with the clinic's data is to be told.
    pub async fn begin_emergency_plan(
        &self,
        caller: &Caller,
        why: &str,
    ) -> Result<(), PeopleError> {
        let why = words(why)?;
        let (id, now) = (self.new_id(), self.now());
        let act = Act::plain("emergency plan").with(why.as_str());
        self.act(caller, Need::May(Task::ManageSettings), act, move |tx| {
            let mut whom = associates(tx, now)?;
            if whom.is_empty() {
                whom.push("everybody who works with the clinic's data".to_owned());
            }
            let opening = Opening {
                id,
                kind: TellingKind::EmergencyPlan,
                about: &why,
                now,
            };
            Ok(opening.to(tx, &whom)?)
        })
        .await
    }

    /// All of them, open ones first, the soonest due before others.
    pub async fn tellings(&self, caller: &Caller) -> Result<Vec<Telling>, PeopleError> {
        let act = Act::plain("telling list");
        self.look(caller, Need::SeeChecks, act, |c| Ok(read(c)?))
            .await
    }

    /// How many are open, and how many of those overdue. Leaves no entry.
    pub async fn tellings_open(&self, caller: &Caller) -> Result<(u64, u64), PeopleError> {
        self.verdict(caller, Need::SeeChecks)?;
        let now = self.now();
        let count = move |c: &mut Connection| -> Result<(i64, i64), StoreError> {
            let mut statement = c.prepare_cached(sql::TELLING_OVERDUE)?;
            Ok(statement.query_row([now.millis()], |row| Ok((row.get(0)?, row.get(1)?)))?)
        };
        let (open, overdue) = self.0.readers.quiet(count).await??;
        Ok((open.cast_unsigned(), overdue.cast_unsigned()))
    }

    /// Says what came of one that is open, and how or why.
    pub async fn end_telling(
        &self,
        caller: &Caller,
        id: &str,
        outcome: TellingOutcome,
        note: &str,
    ) -> Result<(), PeopleError> {
        let note = words(note)?;
        let (now, who, act) = (
            self.now(),
            caller.name(),
            Act::plain("telling end").with(id),
        );
        let id = id.to_owned();
        self.act(caller, Need::May(Task::ManageSettings), act, move |tx| {
            let count = tx.prepare_cached(sql::TELLING_END)?.execute((
                now.millis(),
                outcome.code(),
                note,
                who,
                &id,
            ))?;
            match count {
                1 => Ok(()),
                _ => Err(PeopleError::Unknown),
            }
        })
        .await
    }
}

/// What somebody must say.
fn words(text: &str) -> Result<String, PeopleError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(Refusal::Field("say how or why, in at most 2,000 characters").into());
    }
    Ok(text.to_owned())
}

fn read(c: &Connection) -> Result<Vec<Telling>, StoreError> {
    let mut all = c.prepare_cached(sql::TELLING_ALL)?;
    let mut rows = all.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>) -> Result<Telling, StoreError> {
    let kind: i64 = row.get(1)?;
    let known = TellingKind::ALL.into_iter().find(|one| one.code() == kind);
    let ended = match row.get::<_, Option<i64>>(6)? {
        None => None,
        Some(at) => Some(TellingEnd {
            at: Instant::from_millis(at),
            outcome: match row.get::<_, Option<i64>>(7)? {
                Some(1) => TellingOutcome::Told,
                Some(_) | None => TellingOutcome::NotNeeded,
            },
            note: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
            who: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        }),
    };
    Ok(Telling {
        id: row.get(0)?,
        kind: known.ok_or_else(|| StoreError(format!("a telling of kind {kind}")))?,
        whom: row.get(2)?,
        about: row.get(3)?,
        since: Instant::from_millis(row.get(4)?),
        due: Instant::from_millis(row.get(5)?),
        ended,
    })
}

//! Reports in their cases, what came with them, what is written back and forth, and what their reporters see.

use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::case::{Case, PartyId, Rules, What};
use aceso_desk::report::{History, Report, answerable};
use aceso_policy::{Caller, Job, Task};
use rusqlite::{Connection, OptionalExtension, Row};

use super::act::{on_case, replayed, sees};
use super::intake::{LEADS, once, sealing};
use super::post::{DeskMail, Post};
use super::{Desk, DeskError, json, party};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// So many messages a reporter may send within a day.
const LETTERS_A_DAY: i64 = 20;
const DAY: i64 = 86_400_000;
/// So many cases, and reports of each, are compared when duplicates are looked for.
const COMPARED: i64 = 200;
const COMPARED_OF_CASE: i64 = 5;
/// Duplicates are looked for this far back, in days.
const BACK_DAYS: i64 = 730;

/// Whether a reporter is to be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credit {
    /// By this name.
    As(String),
    /// No.
    No,
}

impl Credit {
    pub(super) fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::As(name) => ("given", name),
            Self::No => ("refused", ""),
        }
    }

    fn read(said: &str, name: String) -> Self {
        if said == "given" {
            Self::As(name)
        } else {
            Self::No
        }
    }
}

/// A report in its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its number: `R-2026-0001`.
    pub id: String,
    /// Its case's.
    pub case: String,
    /// When it came.
    pub at: When,
    /// Where it stands in the queue: lower first.
    pub rank: u8,
    /// Whether its reporter is to be named.
    pub credit: Credit,
    /// What it says.
    pub report: Report,
}

/// Something that came with a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// With which report.
    pub report: String,
    /// Its number there.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// What it says it is.
    pub kind: String,
    /// In bytes.
    pub size: u64,
}

/// The same, opened for somebody who means to look at it.
#[derive(Clone, Debug)]
pub struct OneFile {
    /// Its name.
    pub name: String,
    /// What it says it is.
    pub kind: String,
    /// Its bytes, as they came.
    pub bytes: Vec<u8>,
}

/// Among whom something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thread {
    /// The team.
    Team,
    /// The reporter of this report, and the team.
    Reporter(String),
}

/// Something that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Among whom.
    pub thread: Thread,
    /// When.
    pub at: When,
    /// Who wrote it; the reporter is nobody.
    pub who: Option<PartyId>,
    /// The text.
    pub text: String,
}

/// What a reporter sees of a report.
#[derive(Clone, Debug)]
pub struct ReportStatus {
    /// The report.
    pub report: ReportFile,
    /// Its case; of it the page shows how far it is, and nothing of other people.
    pub case: Case,
    /// What was written between them and the team.
    pub letters: Vec<Letter>,
}

impl Thread {
    fn column(&self) -> &str {
        match self {
            Self::Team => "team",
            Self::Reporter(report) => report,
        }
    }

    fn read(text: String) -> Self {
        if text == "team" {
            Self::Team
        } else {
            Self::Reporter(text)
        }
    }
}

impl Desk {
    /// What stands behind a secret status link, by the SHA-256 of its secret.
    pub async fn report_status(&self, token: [u8; 32]) -> Result<ReportStatus, DeskError> {
        let rules = Arc::clone(&self.rules);
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk status");
        let found = self.store.look(&caller, Need::Clerk, act, move |c| {
            let report = by_token(c, &token)?;
            let (case, _) = replayed(c, &report.case, &rules)?;
            let mut statement = c.prepare_cached(sql::DESK_LETTER_THREAD)?;
            let rows = statement.query_map([&report.id], letter)?;
            let letters = rows.collect::<rusqlite::Result<_>>()?;
            Ok(ReportStatus {
                report,
                case,
                letters,
            })
        });
        Ok(found.await?)
    }

    /// A reporter sends more.
    pub async fn add_to_report(&self, token: [u8; 32], text: String) -> Result<(), DeskError> {
        let more = self.more(text);
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk report more");
        let added = self.store.act(&caller, Need::Clerk, act, move |tx| {
            more.write(tx, by_token(tx, &token)?)
        });
        Ok(added.await?)
    }

    /// A mail about a report joins what was written, if it says that it comes from the report's sender; else the report is
    /// not known. A sender can be forged: what the mail's signature says stands in its text.
    pub async fn add_mail(
        &self,
        mail: [u8; 32],
        report: &str,
        from: &str,
        text: String,
    ) -> Result<(), DeskError> {
        let more = self.more(text);
        let (report, from) = (report.to_owned(), from.to_owned());
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk report more").with("by mail");
        let added = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let found = tx
                .prepare_cached(sql::DESK_REPORT_ONE)?
                .query_row([&report], raw)
                .optional()?;
            let found = found.ok_or(PeopleError::Unknown)?.parsed()?;
            let sender = found.report.from.as_deref();
            if !sender.is_some_and(|sender| sender.eq_ignore_ascii_case(&from)) {
                return Err(PeopleError::Unknown);
            }
            once(tx, &mail, more.at, &report)?;
            more.write(tx, found)
        });
        Ok(added.await?)
    }

    /// A reporter says anew whether to be named; what is published already is not called back.
    pub async fn set_credit(&self, token: [u8; 32], credit: Credit) -> Result<(), DeskError> {
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk credit");
        let set = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let (said, name) = credit.columns();
            let values = (said, name, token.as_slice());
            match tx
                .prepare_cached(sql::DESK_REPORT_CREDIT)?
                .execute(values)?
            {
                1 => Ok(()),
                _ => Err(PeopleError::Unknown),
            }
        });
        Ok(set.await?)
    }

    /// Somebody of the team writes; to a reporter, it acknowledges the report if nobody has.
    pub async fn write_letter(
        &self,
        caller: &Caller,
        id: &str,
        thread: Thread,
        text: String,
    ) -> Result<(), DeskError> {
        let (me, number, post) = (party(caller), self.store.new_id(), Post::new(self));
        self.change(caller, id, "written".to_owned(), move |open, at, slot| {
            if !sees(&open.case, &me) {
                return Err(PeopleError::Unknown);
            }
            if let Thread::Reporter(report) = &thread {
                let Some(state) = open.case.reports.get(report) else {
                    return Err(PeopleError::Unknown);
                };
                if !state.acknowledged {
                    let report = report.clone();
                    open.act(at, &me, What::Acknowledged { report }, slot)?;
                }
                answer(open.tx, at, report, &text, &post)?;
            }
            write(open.tx, &number, open.id, &thread, at, &me.0, &text)
        })
        .await
    }

    /// The reports of the last two years in other cases that look like this one, as far as this person may be told of them. What
    /// makes reports look alike is in the store: no case is read but those that hold one.
    pub async fn comparable(
        &self,
        caller: &Caller,
        case: &str,
        report: &str,
    ) -> Result<Vec<ReportFile>, DeskError> {
        let (me, rules, now) = (party(caller), Arc::clone(&self.rules), self.now());
        let (case, report) = (case.to_owned(), report.to_owned());
        let need = Need::May(Task::WorkOnCases);
        let act = Act::plain("desk reports");
        let found = self.store.look(caller, need, act, move |c| {
            let (own, _) = replayed(c, &case, &rules)?;
            if !sees(&own, &me) || !own.reports.contains_key(&report) {
                return Err(PeopleError::Unknown);
            }
            let since = now.plus_days(-BACK_DAYS).millis();
            let mut cases = c.prepare_cached(sql::DESK_MARK_CASES)?;
            let values = (&report, &case, since, COMPARED);
            let cases = cases.query_map(values, |row| row.get::<_, String>(0))?;
            let mut all = Vec::new();
            for other in cases.collect::<rusqlite::Result<Vec<_>>>()? {
                if sees(&replayed(c, &other, &rules)?.0, &me) {
                    let mut reports = c.prepare_cached(sql::DESK_MARK_REPORTS)?;
                    let rows = reports.query_map((&other, &report, COMPARED_OF_CASE), raw)?;
                    for row in rows {
                        all.push(row?.parsed()?);
                    }
                }
            }
            Ok(all)
        });
        Ok(found.await?)
    }

    /// What became of a reporter's earlier reports, by the address that they give.
    pub async fn history(&self, address: &str) -> Result<History, DeskError> {
        let address = address.to_ascii_lowercase();
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk history");
        let found = self.store.look(&caller, Need::Clerk, act, move |c| {
            Ok(history_of(c, &address)?)
        });
        Ok(found.await?)
    }

    fn more(&self, text: String) -> More {
        More {
            id: self.store.new_id(),
            at: self.now(),
            text,
            rules: Arc::clone(&self.rules),
            post: Post::new(self),
        }
    }

    /// Opens something that came with a report, for somebody who sees its case.
    pub async fn file(
        &self,
        caller: &Caller,
        id: &str,
        report: &str,
        number: u64,
    ) -> Result<OneFile, DeskError> {
        let (me, rules) = (party(caller), Arc::clone(&self.rules));
        let seal = self.store.sealer("desk attachment");
        let act = on_case("desk file", id).with(format!("{report}/{number}"));
        let (id, report) = (id.to_owned(), report.to_owned());
        let need = Need::May(Task::WorkOnCases);
        let found = self.store.look(caller, need, act, move |c| {
            if !sees(&replayed(c, &id, &rules)?.0, &me) {
                return Err(PeopleError::Unknown);
            }
            let row: Option<(String, String, Vec<u8>)> = c
                .prepare_cached(sql::DESK_FILE_ONE)?
                .query_row((&id, &report, number.cast_signed()), |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let (name, kind, sealed) = row.ok_or(PeopleError::Unknown)?;
            let bytes = seal
                .open(&format!("{report}/{number}"), &sealed)
                .map_err(sealing)?;
            Ok(OneFile {
                name,
                kind,
                bytes: bytes.to_vec(),
            })
        });
        Ok(found.await?)
    }
}

fn by_token(c: &Connection, token: &[u8; 32]) -> Result<ReportFile, PeopleError> {
    let found = c
        .prepare_cached(sql::DESK_REPORT_BY_TOKEN)?
        .query_row([token.as_slice()], raw)
        .optional()?;
    Ok(found.ok_or(PeopleError::Unknown)?.parsed()?)
}

/// A reporter's message on its way in.
struct More {
    id: String,
    at: When,
    text: String,
    rules: Arc<Rules>,
    post: Post,
}

impl More {
    /// Adds it, if there were not too many today, and tells who leads the case.
    fn write(&self, tx: &Connection, report: ReportFile) -> Result<(), PeopleError> {
        let since = self.at.plus_millis(-DAY).millis();
        let sent: i64 = tx
            .prepare_cached(sql::DESK_LETTER_COUNT)?
            .query_row((&report.id, since), |row| row.get(0))?;
        if sent >= LETTERS_A_DAY {
            return Err(PeopleError::Refused(Refusal::Field(
                "you have sent 20 messages today: we read them first, and you can go on tomorrow",
            )));
        }
        let detail = format!("{} {}", report.case, report.id);
        let (case, _) = replayed(tx, &report.case, &self.rules)?;
        let leads = (&case, LEADS);
        self.post
            .to_roles(tx, self.at, DeskMail::More, leads, &detail)?;
        let thread = Thread::Reporter(report.id);
        write(tx, &self.id, &report.case, &thread, self.at, "", &self.text)
    }
}

/// What somebody of the team wrote goes to the reporter, too, where there is an address that may be answered.
fn answer(
    tx: &Connection,
    at: When,
    report: &str,
    text: &str,
    post: &Post,
) -> Result<(), PeopleError> {
    let found = tx
        .prepare_cached(sql::DESK_REPORT_ONE)?
        .query_row([report], raw)?
        .parsed()?;
    if let Some(address) = answerable(&found.report) {
        post.to_stranger(tx, at, DeskMail::Answer, address, (report, text))?;
    }
    Ok(())
}

fn write(
    tx: &Connection,
    id: &str,
    case: &str,
    thread: &Thread,
    at: When,
    who: &str,
    text: &str,
) -> Result<(), PeopleError> {
    let values = (id, case, thread.column(), at.millis(), who, text);
    tx.prepare_cached(sql::DESK_LETTER_ADD)?.execute(values)?;
    Ok(())
}

/// A report's row before its body is read.
struct Raw {
    file: (String, String, i64, u8, String, String),
    body: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        file: (
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
        ),
        body: row.get(6)?,
    })
}

impl Raw {
    fn parsed(self) -> Result<ReportFile, StoreError> {
        let (id, case, at, rank, said, name) = self.file;
        Ok(ReportFile {
            id,
            case,
            at: When::from_millis(at),
            rank,
            credit: Credit::read(&said, name),
            report: serde_json::from_str(&self.body).map_err(json)?,
        })
    }
}

pub(super) fn reports_of(c: &Connection, case: &str) -> Result<Vec<ReportFile>, PeopleError> {
    let mut statement = c.prepare_cached(sql::DESK_REPORT_OF)?;
    let rows = statement.query_map([case], raw)?;
    rows.map(|row| Ok(row?.parsed()?)).collect()
}

/// What became of the reports of an address.
pub(super) fn history_of(c: &Connection, sender: &str) -> Result<History, StoreError> {
    if sender.is_empty() {
        return Ok(History::default());
    }
    let mut statement = c.prepare_cached(sql::DESK_REPORT_HISTORY)?;
    Ok(statement.query_row([sender], |row| {
        Ok(History {
            valid: row.get(0)?,
            invalid: row.get(1)?,
            duplicates: row.get(2)?,
        })
    })?)
}

pub(super) fn files_of(c: &Connection, case: &str) -> Result<Vec<FileLine>, PeopleError> {
    let mut statement = c.prepare_cached(sql::DESK_FILE_OF)?;
    let rows = statement.query_map([case], |row| {
        Ok(FileLine {
            report: row.get(0)?,
            number: row.get::<_, i64>(1)?.cast_unsigned(),
            name: row.get(2)?,
            kind: row.get(3)?,
            size: row.get::<_, i64>(4)?.cast_unsigned(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn letters_of(c: &Connection, case: &str) -> Result<Vec<Letter>, PeopleError> {
    let mut statement = c.prepare_cached(sql::DESK_LETTER_OF)?;
    let rows = statement.query_map([case], letter)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let who: String = row.get(3)?;
    Ok(Letter {
        thread: Thread::read(row.get(1)?),
        at: When::from_millis(row.get(2)?),
        who: (!who.is_empty()).then_some(PartyId(who)),
        text: row.get(4)?,
    })
}

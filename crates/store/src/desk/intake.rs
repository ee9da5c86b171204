//! Reports come in: a case is opened at once, or the report joins the case of one with the same words.

use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::case::{Case, PartyId, Proof, Role, Rules, What};
use aceso_desk::report::{Report, marks};
use aceso_policy::{Caller, Job};
use rusqlite::{Connection, OptionalExtension};

use super::act::{Open, Slot, replayed};
use super::post::{DeskMail, Post};
use super::report::Credit;
use super::{CLERK, Desk, DeskError, find, json};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// The most characters of a case's title.
const TITLE: usize = 120;
/// Who hears at once what a reporter sends to a case.
pub(super) const LEADS: &[Role] = &[Role::Manager, Role::Owner, Role::Coordinator];

/// A report on its way in.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// What it says.
    pub report: Report,
    /// The SHA-256 of the secret that opens its status page.
    pub token: [u8; 32],
    /// A digest of its words, the same for the same words.
    pub print: [u8; 32],
    /// Whether it has a proof of concept.
    pub proof: Proof,
    /// Where it stands in the queue: lower first.
    pub rank: u8,
    /// Whether the reporter is to be named.
    pub credit: Credit,
    /// The digest of the mail that it was: the same mail is taken in once.
    pub mail: Option<[u8; 32]>,
    /// What came with it: name, kind, bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// What its reporter is written at once; none, where nobody is to be answered.
    pub receipt: Option<ToReporter>,
}

/// The receipt of a report.
#[derive(Clone, Debug)]
pub struct ToReporter {
    /// Where it goes.
    pub address: String,
    /// The secret of the status page.
    pub token: String,
    /// What the report still lacks, as questions.
    pub questions: Vec<&'static str>,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The case's number.
    pub case: String,
    /// The report's own.
    pub report: String,
}

impl Desk {
    /// Takes a report in: its case, its clocks and its entry are in one transaction. The desk's clerk takes it; the console may.
    pub async fn take_in(&self, new: NewReport) -> Result<Received, DeskError> {
        let (at, rules) = (self.now(), Arc::clone(&self.rules));
        let (seal, post) = (self.store.sealer("desk attachment"), Post::new(self));
        let caller = Caller::job(Job::Desk);
        let slot = Slot::default();
        let inner = slot.clone();
        let act = Act::plain("desk report");
        let taken = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let report = numbered(tx, "R", at)?;
            if let Some(mail) = &new.mail {
                once(tx, mail, at, &report)?;
            }
            let same: Option<(String, String)> = tx
                .prepare_cached(sql::DESK_REPORT_BY_PRINT)?
                .query_row([new.print.as_slice()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let clerk = PartyId(CLERK.to_owned());
            let case = match same {
                Some((_, case)) => {
                    let mut open = Open::read(tx, &case, &rules)?;
                    let what = What::ReportAdded {
                        report: report.clone(),
                        proof: new.proof,
                    };
                    open.act(at, &clerk, what, &inner)?;
                    case
                }
                None => {
                    let case = numbered(tx, "C", at)?;
                    let first = Case::open(at, &clerk, &report, new.proof);
                    let title: String = new.report.subject.chars().take(TITLE).collect();
                    Open::begin(tx, &case, &first, &title, &rules)?;
                    case
                }
            };
            add(tx, &report, &case, at, &new)?;
            for (number, (name, kind, bytes)) in (1_u64..).zip(&new.files) {
                let place = format!("{report}/{number}");
                let sealed = seal.seal(&place, bytes).map_err(sealing)?;
                let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                tx.prepare_cached(sql::DESK_FILE_ADD)?
                    .execute((&report, name, kind, size, sealed))?;
            }
            tell(tx, at, &new, (&case, &report), &rules, &post)?;
            Ok(Received { case, report })
        });
        taken.await.map_err(|error| slot.told(error))
    }
}

/// By which a reporter's reports are found.
pub(super) fn sender(report: &Report) -> String {
    report
        .from
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// Notes that a mail is done; one that is already is refused.
pub(super) fn once(
    tx: &Connection,
    mail: &[u8; 32],
    at: When,
    said: &str,
) -> Result<(), PeopleError> {
    let values = (mail.as_slice(), at.millis(), said);
    match tx.prepare_cached(sql::DESK_MAIL_ADD)?.execute(values)? {
        1 => Ok(()),
        _ => Err(PeopleError::Refused(Refusal::Decided)),
    }
}

/// The receipt, and a word to who reads it next: who leads its case, or the group.
fn tell(
    tx: &Connection,
    at: When,
    new: &NewReport,
    (case, report): (&str, &str),
    rules: &Rules,
    post: &Post,
) -> Result<(), PeopleError> {
    let detail = format!("{case} {report}");
    if let Some(to) = &new.receipt {
        let secret = [[to.token.as_str()].as_slice(), &to.questions].concat();
        let words = (detail.as_str(), secret.join("\n"));
        let words = (words.0, words.1.as_str());
        post.to_stranger(tx, at, DeskMail::Receipt, &to.address, words)?;
    }
    let (open, _) = replayed(tx, case, rules)?;
    post.to_roles(tx, at, DeskMail::NewReport, (&open, LEADS), &detail)?;
    Ok(())
}

fn add(
    tx: &Connection,
    id: &str,
    case: &str,
    at: When,
    new: &NewReport,
) -> Result<(), PeopleError> {
    let (credit, name) = new.credit.columns();
    tx.prepare_cached(sql::DESK_REPORT_ADD)?.execute((
        id,
        case,
        at.millis(),
        new.token.as_slice(),
        new.print.as_slice(),
        i64::from(new.rank),
        credit,
        name,
        serde_json::to_string(&new.report).map_err(json)?,
        sender(&new.report),
        &new.report.subject,
        find::joined(&find::spoken(&new.report, &[case, id])),
    ))?;
    find::add_words(tx, case, &find::spoken(&new.report, &[case, id]))?;
    let mut mark = tx.prepare_cached(sql::DESK_MARK_ADD)?;
    for number in marks(&new.report) {
        mark.execute((number.cast_signed(), id))?;
    }
    Ok(())
}

/// The next number of a kind in the year of a time: `C-2026-0001`.
pub(super) fn numbered(tx: &Connection, kind: &str, at: When) -> Result<String, PeopleError> {
    let year: String = at.date().chars().take(4).collect();
    let series = format!("{kind}-{year}");
    let last: i64 = tx
        .prepare_cached(sql::DESK_NUMBER)?
        .query_row([&series], |row| row.get(0))?;
    Ok(format!("{series}-{last:04}"))
}

pub(super) fn sealing(error: aceso_vault::SealError) -> StoreError {
    StoreError(format!("an attachment: {error}"))
}

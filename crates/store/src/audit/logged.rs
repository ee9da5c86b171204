//! Entries as they are read back.

use aceso_base::Instant;
use rusqlite::{Connection, OptionalExtension};

use super::form::{AuditOutcome, Said, read};
use super::leaf::Row;
use super::tree;
use crate::StoreError;
use crate::statements as sql;

/// What an entry of the log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedEntry {
    /// Who, as the log names them: `person/ann`, `client/app`, `operator`, `job/verify`.
    pub who: String,
    /// The purpose of use (HL7 v3 code).
    pub purpose: String,
    /// Where the request came from; none: the console, or the program itself.
    pub from: Option<String>,
    /// The request's id.
    pub request: Option<String>,
    /// The patient that an app's token is limited to.
    pub limited_to: Option<String>,
    /// The person that an app acted for.
    pub by: Option<String>,
    /// The roles of that person, or of who did it, then.
    pub roles: Vec<String>,
    /// What was done: `read`, `search`, `session new`.
    pub act: String,
    /// `unknown` or `denied`; none: it was done.
    pub outcome: Option<String>,
    /// More words: the search, the reason given.
    pub detail: Option<String>,
    /// What it was done to: `Observation/1/2`, `account/a1`.
    pub on: Vec<String>,
    /// The patients that this is about (logical ids); none: it is of before entries said so.
    pub patients: Option<Vec<String>>,
}

/// An entry's number and time, and what it says unless it was erased.
pub(crate) type Logged = (u64, Instant, Option<LoggedEntry>);

/// At most so many entries after this one, in order.
pub(crate) fn logged_after(
    log: &Connection,
    seq: u64,
    limit: u32,
) -> Result<Vec<Logged>, StoreError> {
    let mut statement = log.prepare_cached(sql::AUDIT_LOG_AFTER)?;
    let rows = statement.query_map((seq.cast_signed(), limit), Row::read)?;
    rows.map(|row| Ok(of_row(&row?))).collect()
}

/// The entry of this number.
pub(crate) fn logged(log: &Connection, seq: i64) -> Result<Option<Logged>, StoreError> {
    let mut statement = log.prepare_cached(sql::AUDIT_LOG_ONE)?;
    let row = statement.query_row([seq], Row::read).optional()?;
    Ok(row.map(|row| of_row(&row)))
}

fn of_row(row: &Row) -> Logged {
    let said = row.said().and_then(read).map(told);
    (row.seq.cast_unsigned(), Instant::from_millis(row.at), said)
}

/// How many entries there are.
pub(crate) fn logged_count(log: &Connection) -> Result<u64, StoreError> {
    tree::size(log)
}

fn told(said: Said) -> LoggedEntry {
    let some = |text: String| (!text.is_empty()).then_some(text);
    LoggedEntry {
        who: said.who,
        purpose: said.purpose,
        from: said.address.map(|a| a.to_string()),
        request: some(said.request),
        limited_to: said.context,
        by: said.by,
        roles: said.roles,
        act: said.act,
        outcome: (said.outcome != AuditOutcome::Done).then(|| said.outcome.name().to_owned()),
        detail: some(said.detail),
        on: said.on,
        patients: (!said.is_old).then_some(said.patients),
    }
}

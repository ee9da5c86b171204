//! Finding cases and reports: by words, by how they stand, in an order that stays as it is from one page to the next.

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::report::Report;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, Row};

use super::case::line;
use super::intake::sender;
use super::{CaseLine, Desk, DeskError, json, party};
use crate::StoreError;
use crate::people::{Act, Need};
use crate::statements as sql;

/// So many rows are on a page.
const PAGE: u32 = 50;
/// So many words of a question are looked for.
const WORDS: usize = 4;
/// So long the words of a case may become: the same report 500 times adds nothing.
const LONGEST: usize = 8_000;
/// What is due within this time is due soon.
const SOON_HOURS: i64 = 48;

/// A closed set of answers with their names in addresses; the first is what holds when nothing is asked.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { #[default] $($(#[$one])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in addresses.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one of this name.
            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

choices! {
    /// Whose cases.
    Whose {
        /// Those that one may see.
        Any = "any",
        /// Those that one is in.
        Mine = "mine",
        /// Those that nobody leads yet.
        New = "new",
    }
}

choices! {
    /// How far cases are.
    StageIs {
        /// Not over.
        Open = "open",
        /// Whatever.
        Any = "any",
        /// A report came in.
        Intake = "intake",
        /// How grave is it?
        Triage = "triage",
        /// Who does it?
        Team = "team",
        /// What is to be done?
        Plan = "plan",
        /// Being fixed.
        Fix = "fix",
        /// Is it fixed?
        Verify = "verify",
        /// Being released.
        Release = "release",
        /// Implementers are told.
        Notice = "prenotice",
        /// The public is told.
        Publish = "publish",
        /// Installations are patched.
        Rollout = "rollout",
        /// What was learned?
        Review = "review",
        /// Over.
        Closed = "closed",
        /// Not a vulnerability.
        Rejected = "rejected",
        /// Part of another case.
        Merged = "merged",
        /// Somebody else's.
        Transferred = "transferred",
    }
}

choices! {
    /// How grave cases are.
    SeverityIs {
        /// Whatever.
        Any = "any",
        /// Critical.
        Critical = "Critical",
        /// High.
        High = "High",
        /// Medium.
        Medium = "Medium",
        /// Low.
        Low = "Low",
        /// Not assessed yet.
        None = "none",
    }
}

choices! {
    /// How the next of a case's clocks stands.
    ClockIs {
        /// Whatever.
        Any = "any",
        /// It ran out.
        Over = "over",
        /// It runs out within 48 hours.
        Soon = "soon",
        /// None runs.
        None = "none",
    }
}

choices! {
    /// In which order cases are listed.
    CaseSort {
        /// What changed last comes first.
        Changed = "changed",
        /// What is due first comes first.
        Due = "due",
        /// The gravest come first.
        Severity = "severity",
        /// What was opened last comes first.
        Opened = "opened",
        /// What nobody touched for longest comes first: the backlog.
        Idle = "idle",
    }
}

choices! {
    /// What was made of reports.
    VerdictIs {
        /// Whatever.
        Any = "any",
        /// Nothing yet.
        Open = "open",
        /// They are vulnerabilities.
        Valid = "valid",
        /// They are none.
        Invalid = "invalid",
        /// They are in other cases.
        Duplicate = "duplicate",
    }
}

/// Where a page ends, and the next begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPlace {
    place: i64,
    id: String,
}

impl ListPlace {
    /// Before everything.
    const fn start() -> Self {
        Self {
            place: i64::MIN,
            id: String::new(),
        }
    }

    /// As it was written; none where it was not.
    pub fn read(text: &str) -> Option<Self> {
        let (place, id) = text.split_once('~')?;
        Some(Self {
            place: place.parse().ok()?,
            id: id.to_owned(),
        })
    }
}

impl std::fmt::Display for ListPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}", self.place, self.id)
    }
}

/// Which cases are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseQuestion {
    /// Words that all stand in their numbers, titles, products, reporters, or ids elsewhere; the first four count.
    pub words: String,
    /// Whose.
    pub whose: Whose,
    /// How far.
    pub stage: StageIs,
    /// How grave.
    pub severity: SeverityIs,
    /// How their next clock stands.
    pub clock: ClockIs,
    /// In which order.
    pub sort: CaseSort,
    /// From where on.
    pub after: Option<ListPlace>,
}

/// Which reports are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportQuestion {
    /// Words that all stand in their numbers, subjects, products or reporters; the first four count.
    pub words: String,
    /// What was made of them.
    pub verdict: VerdictIs,
    /// From where on.
    pub after: Option<ListPlace>,
}

/// A page of what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// At most 50.
    pub rows: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins, if there is one.
    pub next: Option<ListPlace>,
}

/// A report in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// Its number.
    pub id: String,
    /// Its case's.
    pub case: String,
    /// When it came.
    pub at: When,
    /// In a line.
    pub subject: String,
    /// The reporter's address, in small letters; empty when none was given.
    pub sender: String,
    /// What was made of it, as [`VerdictIs`] names it.
    pub verdict: VerdictIs,
}

impl Desk {
    /// The cases that this person may see (those that they are in, and those that nobody leads), as far as they fit the question.
    pub async fn cases(
        &self,
        caller: &Caller,
        question: CaseQuestion,
    ) -> Result<Listed<CaseLine>, DeskError> {
        let (me, now) = (party(caller), self.now());
        let need = Need::May(Task::WorkOnCases);
        let found = self
            .store
            .look(caller, need, Act::plain("desk cases"), move |c| {
                let [a, b, d, e] = patterns(&question.words);
                let after = question.after.unwrap_or(ListPlace::start());
                let mut statement = c.prepare_cached(sql::DESK_CASE_FOUND)?;
                let rows = statement.query_map(
                    (
                        question.sort.name(),
                        question.whose.name(),
                        &me.0,
                        question.stage.name(),
                        question.severity.name(),
                        question.clock.name(),
                        now.millis(),
                        now.plus_hours(SOON_HOURS).millis(),
                        a,
                        b,
                        d,
                        e,
                        after.place,
                        after.id,
                        PAGE + 1,
                    ),
                    |row| Ok((line(row)?, row.get(8)?, row.get(9)?)),
                )?;
                Ok(page(rows.collect::<rusqlite::Result<_>>()?, |c| &c.id))
            });
        Ok(found.await?)
    }

    /// The reports of the cases that this person may see, the latest first.
    pub async fn reports(
        &self,
        caller: &Caller,
        question: ReportQuestion,
    ) -> Result<Listed<ReportLine>, DeskError> {
        let me = party(caller);
        let need = Need::May(Task::WorkOnCases);
        let found = self
            .store
            .look(caller, need, Act::plain("desk reports"), move |c| {
                let [a, b, d, e] = patterns(&question.words);
                let after = question.after.unwrap_or(ListPlace::start());
                let mut statement = c.prepare_cached(sql::DESK_REPORT_FOUND)?;
                let rows = statement.query_map(
                    (
                        &me.0,
                        question.verdict.name(),
                        a,
                        b,
                        d,
                        e,
                        after.place,
                        after.id,
                        PAGE + 1,
                    ),
                    |row| Ok((report(row)?, row.get(6)?, row.get(7)?)),
                )?;
                Ok(page(rows.collect::<rusqlite::Result<_>>()?, |r| &r.id))
            });
        Ok(found.await?)
    }
}

fn report(row: &Row<'_>) -> rusqlite::Result<ReportLine> {
    let verdict: String = row.get(5)?;
    Ok(ReportLine {
        id: row.get(0)?,
        case: row.get(1)?,
        at: When::from_millis(row.get(2)?),
        subject: row.get(3)?,
        sender: row.get(4)?,
        verdict: VerdictIs::of_name(&verdict).unwrap_or(VerdictIs::Open),
    })
}

/// The rows of a page with their places and the count of all; one row more than a page has says that there is a next one.
fn page<T>(found: Vec<(T, i64, i64)>, id: impl Fn(&T) -> &str) -> Listed<T> {
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let total = found
        .first()
        .map_or(0, |(_, _, total)| total.cast_unsigned());
    let more = found.len() > most;
    let last = found.get(most.saturating_sub(1)).filter(|_| more);
    let next = last.map(|(row, place, _)| ListPlace {
        place: *place,
        id: id(row).to_owned(),
    });
    let rows = found.into_iter().take(most).map(|(row, _, _)| row);
    Listed {
        rows: rows.collect(),
        total,
        next,
    }
}

/// A pattern for each word that is asked for; the others let everything pass.
fn patterns(text: &str) -> [String; WORDS] {
    let small = text.to_lowercase();
    let mut words = small.split_whitespace();
    std::array::from_fn(|_| {
        let mut pattern = String::from("%");
        for c in words.next().unwrap_or_default().chars().take(60) {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    })
}

/// What a report is found by.
pub(super) fn spoken(report: &Report, numbers: &[&str]) -> Vec<String> {
    let name = report.name.as_deref().unwrap_or_default();
    let own = [
        report.subject.as_str(),
        report.answers.product.as_str(),
        name,
    ];
    let said = numbers.iter().copied().chain(own).map(str::to_lowercase);
    said.chain([sender(report)]).collect()
}

/// What an advisory is found by.
pub(super) fn named(advisory: &Advisory) -> Vec<String> {
    let names = advisory.vulnerabilities.iter().flat_map(|v| v.names());
    let own = [advisory.id.as_str(), advisory.title.as_str()];
    own.into_iter()
        .chain(names)
        .map(str::to_lowercase)
        .collect()
}

/// Texts as one, each word once.
pub(super) fn joined(texts: &[String]) -> String {
    let mut all = String::new();
    add(&mut all, texts);
    all
}

fn add(all: &mut String, texts: &[String]) {
    for word in texts.iter().flat_map(|text| text.split_whitespace()) {
        let there = all.split(' ').any(|known| known == word);
        if !there && all.len() + word.len() < LONGEST {
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(word);
        }
    }
}

/// The case is found by these, too.
pub(super) fn add_words(tx: &Connection, case: &str, texts: &[String]) -> Result<(), StoreError> {
    let mut words: String = tx
        .prepare_cached(sql::DESK_CASE_WORDS)?
        .query_row([case], |row| row.get(0))?;
    add(&mut words, texts);
    tx.prepare_cached(sql::DESK_CASE_WORD)?
        .execute((words, case))?;
    Ok(())
}

/// What was there before cases and reports were found by words.
pub(super) fn fill(tx: &Connection) -> Result<(), StoreError> {
    let mut cases = tx.prepare(sql::DESK_CASE_TITLES)?;
    let rows = cases.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let all: rusqlite::Result<Vec<(String, String)>> = rows.collect();
    for (id, title) in all? {
        add_words(tx, &id, &[id.to_lowercase(), title.to_lowercase()])?;
    }
    let mut reports = tx.prepare(sql::DESK_REPORT_BODIES)?;
    let rows = reports.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let all: rusqlite::Result<Vec<(String, String, String)>> = rows.collect();
    for (id, case, body) in all? {
        let report: Report = serde_json::from_str(&body).map_err(json)?;
        let spoken = spoken(&report, &[&case, &id]);
        tx.prepare_cached(sql::DESK_REPORT_WORDS)?.execute((
            &report.subject,
            joined(&spoken),
            &id,
        ))?;
        add_words(tx, &case, &spoken)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_looked_for_as_it_is_written() {
        let [a, b, c, d] = patterns(" 100%_ SURE! ");
        assert_eq!((a.as_str(), b.as_str()), ("%100!%!_%", "%sure!!%"));
        assert_eq!((c.as_str(), d.as_str()), ("%%", "%%"));
    }

    #[test]
    fn a_case_that_is_reported_500_times_is_found_by_each_word_once() {
        let mut all = String::new();
        for _ in 0..500 {
            add(
                &mut all,
                &["stored script".into(), "fin@finder.example".into()],
            );
        }
        assert_eq!(all, "stored script fin@finder.example");
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mark = ListPlace {
            place: -5,
            id: "C-2026-0001".into(),
        };
        assert_eq!(ListPlace::read(&mark.to_string()), Some(mark));
        assert_eq!(ListPlace::read("x~y"), None);
    }
}

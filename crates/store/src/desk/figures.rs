//! Figures of all cases, for everybody of the group: times and counts, and no word of any case.

use aceso_desk::When;
use aceso_desk::case::Marks;
use aceso_desk::figures::Counted;
use aceso_desk::severity::Severity;
use aceso_policy::{Caller, Task};
use rusqlite::Row;

use super::{Desk, DeskError};
use crate::people::{Act, Need};
use crate::statements as sql;

/// A case in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFigures {
    /// What is counted of it.
    pub counted: Counted,
    /// How far it is, as its JSON says it.
    pub stage: String,
    /// When the next of its clocks runs out.
    pub due: Option<When>,
}

/// What was made of the reports of a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportFigures {
    /// They are vulnerabilities.
    pub valid: u64,
    /// They are none.
    pub invalid: u64,
    /// They are in other cases.
    pub duplicates: u64,
    /// Nothing yet.
    pub open: u64,
}

impl Desk {
    /// All cases, the oldest first.
    pub async fn figures(&self, caller: &Caller) -> Result<Vec<CaseFigures>, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let act = Act::plain("desk figures");
        let found = self.store.look(caller, need, act, |c| {
            let mut statement = c.prepare_cached(sql::DESK_FIGURES)?;
            let rows = statement.query_map([], figures)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        Ok(found.await?)
    }

    /// What was made of the reports that came between two times.
    pub async fn report_figures(
        &self,
        caller: &Caller,
        (from, to): (When, When),
    ) -> Result<ReportFigures, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let act = Act::plain("desk figures");
        let found = self.store.look(caller, need, act, move |c| {
            let mut statement = c.prepare_cached(sql::DESK_FIGURES_REPORTS)?;
            let values = (from.millis(), to.millis());
            let rows = statement.query_map(values, |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, i64>(1)?.cast_unsigned(),
                ))
            })?;
            let mut all = ReportFigures::default();
            for row in rows {
                let (verdict, count) = row?;
                let place = match verdict.as_str() {
                    "valid" => &mut all.valid,
                    "invalid" => &mut all.invalid,
                    "duplicate" => &mut all.duplicates,
                    _ => &mut all.open,
                };
                *place = count;
            }
            Ok(all)
        });
        Ok(found.await?)
    }
}

fn figures(row: &Row<'_>) -> rusqlite::Result<CaseFigures> {
    let time = |at: usize| -> rusqlite::Result<Option<When>> {
        Ok(row.get::<_, Option<i64>>(at)?.map(When::from_millis))
    };
    let said: Option<String> = row.get(1)?;
    let severity = said.and_then(|name| Severity::ALL.into_iter().find(|s| s.name() == name));
    Ok(CaseFigures {
        counted: Counted {
            opened: When::from_millis(row.get(0)?),
            severity,
            marks: Marks {
                acknowledged: time(4)?,
                fixed: time(5)?,
                published: time(6)?,
                patched: time(7)?,
            },
        },
        stage: row.get(2)?,
        due: time(3)?,
    })
}

//! Bills of materials that the desk looks after: compared with advisories every night, and what was found the last time.

use aceso_desk::When;
use aceso_desk::case::PartyId;
use aceso_policy::{Caller, Job, Task, Who};
use serde_json::Value;

use super::duty::{bill_is_out, found_in};
use super::{Desk, DeskError, json, party};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

const DAY: i64 = 86_400_000;
/// So long a name is at most, and a bill in bytes.
const NAME: usize = 120;
const LARGEST: usize = 20 << 20;

/// A bill of materials with what was found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct SbomLine {
    /// What it is called: its newest version counts.
    pub name: String,
    /// When that came.
    pub at: When,
    /// Who gave it.
    pub who: PartyId,
    /// When it was compared last.
    pub scanned: Option<When>,
    /// What somebody has to look at, as `aceso desk match --json` writes it.
    pub found: Vec<Value>,
}

impl Desk {
    /// All of them, by name.
    pub async fn sboms(&self, caller: &Caller) -> Result<Vec<SbomLine>, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let act = Act::plain("desk bills");
        let found = self.store.look(caller, need, act, |c| {
            let mut statement = c.prepare_cached(sql::DESK_SBOM_ALL)?;
            let rows = statement.query_map([], |row| {
                let scanned: Option<i64> = row.get(3)?;
                let line = SbomLine {
                    name: row.get(0)?,
                    at: When::from_millis(row.get(1)?),
                    who: PartyId(row.get(2)?),
                    scanned: scanned.map(When::from_millis),
                    found: Vec::new(),
                };
                Ok((line, row.get::<_, String>(4)?))
            })?;
            let mut all = Vec::new();
            for row in rows {
                let (line, found) = row?;
                let found = serde_json::from_str(&found).map_err(json)?;
                all.push(SbomLine { found, ..line });
            }
            Ok(all)
        });
        Ok(found.await?)
    }

    /// What they are made of: name and text, the first hundred.
    pub async fn sbom_texts(&self, caller: &Caller) -> Result<Vec<(String, String)>, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let found = self
            .store
            .look(caller, need, Act::plain("desk bills"), |c| {
                let mut statement = c.prepare_cached(sql::DESK_SBOM_TEXT)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
            });
        Ok(found.await?)
    }

    /// A bill, in place of one of the same name; it is compared with the advisories within minutes. The caller has read it already.
    pub async fn put_sbom(
        &self,
        caller: &Caller,
        name: &str,
        body: String,
    ) -> Result<(), DeskError> {
        let (me, at, owned) = (party(caller), self.now(), name.to_owned());
        let need = match caller.who {
            Who::Job(_) => Need::Clerk,
            Who::Person(_) | Who::Operator | Who::Client(_) => Need::May(Task::WorkOnCases),
        };
        let put = self
            .store
            .act(caller, need, of("desk bill put", name), move |tx| {
                let short = !owned.trim().is_empty() && owned.len() <= NAME;
                if !short || body.len() > LARGEST {
                    return Err(PeopleError::Refused(Refusal::Field(
                        "a name of 120 bytes at most, and a bill of 20 MB at most",
                    )));
                }
                let values = (owned.trim(), at.millis(), &me.0, body);
                tx.prepare_cached(sql::DESK_SBOM_PUT)?.execute(values)?;
                Ok(())
            });
        Ok(put.await?)
    }

    /// It is looked after no more.
    pub async fn end_sbom(&self, caller: &Caller, name: &str) -> Result<(), DeskError> {
        let (at, owned) = (self.now(), name.to_owned());
        let need = Need::May(Task::WorkOnCases);
        let act = of("desk bill end", name);
        let ended = self.store.act(caller, need, act, move |tx| {
            let mut end = tx.prepare_cached(sql::DESK_SBOM_END)?;
            match end.execute([&owned])? {
                1 => bill_is_out(tx, at, &owned),
                _ => Err(PeopleError::Unknown),
            }
        });
        Ok(ended.await?)
    }

    /// The bills that were not compared for a day: name and text.
    pub async fn sboms_to_scan(&self) -> Result<Vec<(String, String)>, DeskError> {
        let before = self.now().plus_millis(-DAY).millis();
        let found = self
            .store
            .0
            .readers
            .quiet(move |c| -> Result<_, StoreError> {
                let mut statement = c.prepare_cached(sql::DESK_SBOM_DUE)?;
                let rows = statement.query_map([before], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
            });
        Ok(found.await??)
    }

    /// What was found in one: kept, and entered as corrective actions.
    pub async fn sbom_scanned(&self, name: &str, found: Vec<Value>) -> Result<(), DeskError> {
        let (at, owned, id) = (self.now(), name.to_owned(), self.store.new_id());
        let caller = Caller::job(Job::Desk);
        let act = of("desk bill scanned", name).with(found.len().to_string());
        let noted = self.store.act(&caller, Need::Clerk, act, move |tx| {
            found_in(tx, at, &owned, &found, &id)?;
            let values = (at.millis(), Value::Array(found).to_string(), owned);
            tx.prepare_cached(sql::DESK_SBOM_SCANNED)?.execute(values)?;
            Ok(())
        });
        Ok(noted.await?)
    }
}

fn of(name: &'static str, bill: &str) -> Act {
    Act {
        name,
        on: vec![["bill/", bill].concat()],
        detail: String::new(),
    }
}

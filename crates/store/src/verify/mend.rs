//! Mending index rows: they are drawn from the resources, so they can be drawn anew. Nothing else can be mended but from
//! a backup.

use aceso_policy::Caller;
use rusqlite::{Connection, params_from_iter};

use super::Report;
use super::cells::TABLES;
use super::resources::wanted;
use crate::access::learned::access_changed;
use crate::key::Keys;
use crate::people::{Act, Need, PeopleError};
use crate::{Store, StoreError};

impl Store {
    /// Writes the index rows anew that a check found missing or too many, as the resources want them now; answers how
    /// many rows were written or removed. At the console only.
    pub async fn mend(&self, caller: &Caller, report: &Report) -> Result<u64, PeopleError> {
        let act = Act::plain("verify mend").with(format!(
            "{} resources without all their rows, {} rows too many",
            report.lacking.len(),
            report.strays.len()
        ));
        let (keys, lacking, strays) = (
            self.0.keys.clone(),
            report.lacking.clone(),
            report.strays.clone(),
        );
        self.act(caller, Need::Console, act, move |tx| {
            let mut mended = 0;
            for key in lacking {
                mended += complete(tx, &keys, key)?;
            }
            for (number, row) in strays {
                let Some(table) = TABLES.get(number) else {
                    continue;
                };
                let rows = match table.owner(&row) {
                    Some(key) => wanted(tx, &keys, key)?,
                    None => Some(Default::default()),
                };
                // A body that does not open may open again from a backup's key: its rows are not touched.
                let Some(rows) = rows else {
                    continue;
                };
                let stays = rows.get(number).is_some_and(|rows| rows.contains(&row));
                if !stays && table.holds(tx, &row)? {
                    let mut remove = tx.prepare_cached(table.remove)?;
                    remove.execute(params_from_iter(&row))?;
                    mended += 1;
                }
            }
            if mended > 0 {
                access_changed(tx)?;
            }
            Ok(mended)
        })
        .await
    }
}

/// Adds the rows of a resource that are not there.
fn complete(tx: &Connection, keys: &Keys, key: i64) -> Result<u64, StoreError> {
    let mut added = 0;
    let wanted = wanted(tx, keys, key)?.unwrap_or_default();
    for (table, rows) in TABLES.iter().zip(wanted) {
        for row in rows {
            if !table.holds(tx, &row)? {
                let mut add = tx.prepare_cached(table.add)?;
                add.execute(params_from_iter(&row))?;
                added += 1;
            }
        }
    }
    Ok(added)
}

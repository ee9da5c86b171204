//! What of people needs somebody's attention, as counts.

use aceso_policy::{Caller, Task};

use super::door::{Act, Need, PeopleError};
use crate::Store;
use crate::statements as sql;

/// Leaving dates this near are counted.
const NEAR_MILLIS: i64 = 30 * 86_400_000;

/// What needs attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// Accounts that are locked now after wrong attempts.
    pub locked: u64,
    /// Active accounts that must enrol a second factor and have not.
    pub without_factor: u64,
    /// Accounts whose invitation is not taken up.
    pub invited: u64,
    /// Active accounts with a leaving date within 30 days.
    pub leaving: u64,
}

impl Store {
    /// Counts, for those who manage accounts.
    pub async fn people_attention(&self, caller: &Caller) -> Result<Attention, PeopleError> {
        let now = self.now();
        let act = Act::plain("account counts");
        self.look(caller, Need::May(Task::ManageUsers), act, move |c| {
            let count = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::cast_unsigned);
            let mut statement = c.prepare_cached(sql::PEOPLE_ATTENTION)?;
            let near = now.plus_millis(NEAR_MILLIS);
            Ok(statement.query_row((now.millis(), near.millis()), |row| {
                Ok(Attention {
                    locked: count(row, 0)?,
                    without_factor: count(row, 1)?,
                    invited: count(row, 2)?,
                    leaving: count(row, 3)?,
                })
            })?)
        })
        .await
    }
}

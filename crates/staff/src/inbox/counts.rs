//! How much waits for somebody, for the first page that they see.

use aceso_web::site::{Ask, PageFault};

use super::tasks::{Whose, open_tasks};
use super::waiting::waiting;
use crate::Staff;

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Results and documents that nobody has looked at.
    pub(crate) results: usize,
    /// Critical ones among them.
    pub(crate) critical: usize,
    /// Critical ones that nobody looked at in time.
    pub(crate) late: usize,
    /// Open tasks of the reader and of their roles.
    pub(crate) tasks: usize,
    /// Those whose day has passed.
    pub(crate) overdue: usize,
    /// Results that were sent on to the reader, because nobody looked at them in time.
    pub(crate) sent_on: usize,
}

/// What waits for the reader; none for roles that have no inbox. At most 200 of each type are counted.
pub(crate) async fn counts(staff: &Staff, ask: &Ask) -> Result<Option<Counts>, PageFault> {
    let Some(waiting) = waiting(staff, ask).await? else {
        return Ok(None);
    };
    let now = staff.store().now();
    let tasks = open_tasks(staff, ask).await?.unwrap_or_default();
    let today = crate::words::field_day(now);
    Ok(Some(Counts {
        results: waiting.len(),
        critical: waiting.iter().filter(|w| w.is_critical()).count(),
        late: waiting
            .iter()
            .filter(|w| w.due().is_some_and(|due| due <= now))
            .count(),
        tasks: tasks.len(),
        sent_on: tasks
            .iter()
            .filter(|t| t.whose == Whose::Own && t.handed_on)
            .count(),
        overdue: tasks.iter().filter(|t| t.is_overdue(&today)).count(),
    }))
}

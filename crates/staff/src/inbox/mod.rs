//! What waits for somebody: results and documents that nobody has looked at, and tasks.

pub(crate) mod counts;
mod covering;
pub(crate) mod escalate;
pub(crate) mod list;
pub(crate) mod review;
pub(crate) mod task_new;
pub(crate) mod task_show;
pub(crate) mod tasks;
mod waiting;

/// What the inbox says to roles that have none.
const NONE: crate::nothing::Nothing = crate::nothing::Nothing::new(
    "Inbox",
    "Results and tasks are for those who treat patients.",
    HERE,
);
/// The inbox's address.
pub(crate) const HERE: &str = "/inbox";
/// The address of the tasks.
pub(crate) const TASKS: &str = "/tasks";

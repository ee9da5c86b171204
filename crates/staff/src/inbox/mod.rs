//! What waits for somebody: results and documents that nobody has looked at, and tasks.

pub(crate) mod counts;
pub(crate) mod list;
mod review;
pub(crate) mod task_new;
pub(crate) mod task_show;
pub(crate) mod tasks;
mod waiting;

/// The inbox's address.
pub(crate) const HERE: &str = "/inbox";
/// The address of the tasks.
pub(crate) const TASKS: &str = "/tasks";

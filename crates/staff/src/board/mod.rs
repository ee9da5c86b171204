//! The visits of today: checking in, rooms, who is with whom, checking out; the board that shows it live.

pub(crate) mod arrive;
pub(crate) mod flow;
pub(crate) mod live;
pub(crate) mod show;
mod visit;

/// The navigation's entry.
pub(crate) const HERE: &str = "/board";
/// The board as a screen that nobody touches asks for it.
const WATCH: &str = "/board/watch";
/// Where the board hears that something changed.
const LIVE: &str = "/board/live";

//! What is published about the program and concerns this installation: the makers' feed as it was checked, a finding for each
//! vulnerability and component with what was decided, and the receipts of updates. A finding is never removed.

mod decide;
mod feed;
mod kept;
mod plan;
mod receipt;

pub use decide::Decide;
pub use feed::{FeedState, Taken};
pub use kept::{Asked, Decision, FindingNote, KeptFinding};
pub use receipt::KeptReceipt;

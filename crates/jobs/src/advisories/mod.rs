//! What the makers' response desk publishes: fetched and checked, matched against what the installation is made of, kept, and
//! told back as far as the clinic chose. The feed and a directory that has what was fetched from it are read alike.

mod error;
mod feed;
mod forward;
mod report;
mod source;
#[cfg(test)]
mod tests;
mod turn;

pub use error::PullError;
pub use feed::Feed;
pub use forward::forward;
pub use report::{COUNTERS, Identity, STATEMENTS, Told};
pub use source::Source;
pub use turn::{Advisories, Own, Settings, Tested, Turned};

//! People: accounts, how they prove who they are, their sessions. Every act decides, does it and leaves its audit entry in
//! one transaction; a refused act leaves an entry too.

mod account;
mod account_change;
mod door;
mod name;
mod notice;
mod rule;
mod session;
mod session_life;

#[cfg(test)]
mod tests;

pub use account::{Account, AccountPage, AccountQuery, AccountState, Enrol, NewAccount};
pub use account_change::AccountChange;
pub use door::{PeopleError, Refusal};
pub use name::{NameError, UserName};
pub use notice::{Notice, NoticeKind};
pub use rule::{PeopleRule, SessionRule};
pub use session::{FoundSession, NewSession, Session, SessionState};
pub use session_life::Proof;

pub(crate) use session::Sessions;

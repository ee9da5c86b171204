//! What decisions need to know of resources beyond their type, kept as rows beside the search index and written with
//! it: whom a resource is about, its labels, who treats whom, what patients deny. And the guards that read them.

mod breaks;
mod care;
pub(crate) mod check;
mod consent;
mod fill;
pub(crate) mod guard;
mod guard_sql;
pub(crate) mod known;
mod label;
mod late;
pub(crate) mod learned;
mod part;
mod relates;
mod release;
mod roles;

pub use breaks::{Break, BreakFinding, BreakList, BreakReason, BreakReview, NewBreak};
pub(crate) use breaks::{open_now, overdue, tell_role};
pub(crate) use care::care;
pub(crate) use consent::{deny, purpose_number};
pub(crate) use fill::fill;
pub(crate) use guard::{Facts, account_number};
pub(crate) use guard_sql::on_row;
pub(crate) use label::labels;
pub(crate) use late::LateBreak;
pub(crate) use part::{may_be_nobodys, part};
pub use relates::Relates;
pub(crate) use release::release;
pub(crate) use roles::policies;
pub use roles::{NewRole, RoleError, RoleForm, RoleRecord, is_role};

/// A row of `care`: (actor, patient, source, since, until).
pub(crate) type Care = [i64; 5];
/// A row of `deny`, in the order of its columns.
pub(crate) type Deny = [i64; 12];

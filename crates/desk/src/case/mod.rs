//! A case: what happened in it is its log, and the case is what the log makes of it.

mod act;
mod embargo;
mod errand;
mod event;
mod fold;
mod guard;
mod people;
mod state;

pub use act::Refused;
pub use embargo::{Embargo, Terms};
pub use errand::{ErrandState, is_as_asked, text_of, unaskable, unsendable};
pub use event::*;
pub use guard::{Unmet, owed, unmet, unpublishable, unpublishable_in_emergency};
pub use people::{Conflict, Need, Participant, PartyId, Role};
pub use state::{
    Case, DraftState, Fix, Marks, PATCHED_PERCENT, Publication, ReportState, Rules, Shown, Way,
};

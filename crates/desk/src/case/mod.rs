//! A case: what happened in it is its log, and the case is what the log makes of it.

mod act;
mod embargo;
mod event;
mod guard;
mod people;
mod state;

pub use act::Refused;
pub use embargo::{Embargo, Terms};
pub use event::*;
pub use guard::{Unmet, unmet, unpublishable, unpublishable_in_emergency};
pub use people::{Conflict, Need, Participant, PartyId, Role};
pub use state::{Case, DraftState, Fix, Publication, ReportState, Rules, Shown};

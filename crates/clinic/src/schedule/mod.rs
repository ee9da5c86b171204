//! Rules of the clinic's day: spans of time, the clinic's own clock, weekly hours, free times, appointments that repeat,
//! the steps of appointments and visits, and how long somebody has waited.

mod free;
mod repeat;
mod span;
mod status;
mod visit;
mod week;

pub use aceso_base::{LocalError, Zone};
pub use free::{Search, free_times};
pub use repeat::{Frequency, MOST_TIMES, Repeat, RepeatError};
pub use span::Span;
pub use status::AppointmentStatus;
pub use visit::{Stage, Wait, WaitBands};
pub use week::{Hours, Week};

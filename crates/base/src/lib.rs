//! What every other room stands on: time and chance as values, faults, and wrappers that keep patient data and
//! secrets out of logs. Pure: no I/O but the two lawful homes of the clock and the random source.
//!
//! Deliberately absent: anything that knows FHIR, SQL or HTTP.

mod clock;
mod fault;
mod fill;
mod phi;
mod spell;
mod zone;

pub use clock::{Clock, Instant, ManualClock, SteadyClock, SystemClock};
pub use fault::{Fault, FaultKind};
pub use fill::fill;
pub use phi::{Phi, Secret};
pub use spell::{hex, percent};
pub use zone::{LocalError, Zone};

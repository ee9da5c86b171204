//! The security response desk: deadlines, severities, advisories and the forms that they travel in, and which components
//! they are about. Pure: no input or output, no clock, no randomness; digests come from the caller.
//!
//! Deliberately absent: storing cases, sending and receiving mail, asking anything over the network.

pub mod advisory;
pub mod calendar;
pub mod case;
pub mod clock;
pub mod cvss;
pub mod deploy;
pub mod duty;
pub mod figures;
pub mod matching;
pub mod port;
pub mod regime;
pub mod report;
mod sentence;
pub mod severity;
pub mod ssvc;
pub mod versions;
mod when;

pub use sentence::{Part, Sentence};
pub use when::{When, WhenError};

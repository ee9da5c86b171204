//! Witnesses (C2SP tlog-witness): another installation remembers the heads of this one's audit log, and cosigns the next one
//! only when the log has only grown. Whoever rewrites the log, with all keys of its machine, is found out by the witness.

mod asked;
mod other;
mod own;

pub use asked::{AddCheckpoint, FormError};
pub use other::WitnessAnswer;
pub use own::{Cosigned, Objection, Witnessed};

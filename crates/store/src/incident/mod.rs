//! What somebody should look at now, and incidents: who decided what, and whom they concern as the audit log says.

mod affected;
mod alerts;
mod infected;
mod names;
mod problem;
mod records;

pub use affected::{Affected, Concerned};
pub use alerts::{AlertDecision, AlertList, KeptAlert};
pub use records::{IncidentChange, KeptIncident, NewIncident};

//! What is true of patients whoever keeps the record: ages, vital signs with their units and ranges, laboratory ranges,
//! growth references, slips of the unit, drugs and what stands against one, how alike two people's particulars are, and the
//! rules of the clinic's day. Pure: no input or output, no clock.
//! Every range names where it comes from.
//!
//! Deliberately absent: FHIR (callers hand over plain values), and deciding what to do about a finding: that is the
//! clinician's.

mod age;
pub mod drug;
mod growth;
mod judge;
mod laboratory;
mod likeness;
pub mod schedule;
mod sentence;
mod slip;
mod vital;

pub use age::{Age, Sex, days_between};
pub use growth::{Centile, Growth, Measure, Standard};
pub use judge::{Judgement, Level, Limits};
pub use laboratory::judge as judge_result;
pub use likeness::{Likeness, Particulars, likeness, sounds_like};
pub use sentence::{Part, Sentence};
pub use slip::{Doubt, doubt};
pub use vital::{Vital, convert};

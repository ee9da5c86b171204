//! Drugs by ingredient and class, and what stands against giving one: an allergy, the same thing twice, another drug.
//!
//! The tables beside this code are a small set, chosen for a general practice: what is not in them cannot be checked, and
//! [`Named::is_known`] says so.

mod catalogue;
mod check;

pub use catalogue::{Class, Drug, Named, Schedule, drug, drug_names, drugs_like};
pub use check::{Concern, Kind, Severity, concerns};

/// The day of the tables: what was known later is not in them.
pub const TABLES_OF: &str = "2026-11-01";

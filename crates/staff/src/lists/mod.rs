//! Lists of patients by what their records hold: questions on coded data, carried out as the reader.

pub(crate) mod criteria;
pub(crate) mod find;
mod kept;
pub(crate) mod list;
mod measure;
pub(crate) mod measures;
pub(crate) mod saved;

pub(crate) use kept::KeptTotals;

/// The navigation's entry.
pub(crate) const HERE: &str = "/lists";

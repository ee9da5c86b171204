//! Reports on the audit log, and its weekly review.

pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod paper;
pub(crate) mod review;
pub(crate) mod scheduled;
pub(crate) mod show;

/// The address of the list.
pub(crate) const HERE: &str = "/admin/reports";
/// The address of the reviews.
pub(crate) const REVIEWS: &str = "/admin/reviews";

//! Orders: written into a basket as drafts, then signed together.

pub(crate) mod basket;
pub(crate) mod drug;
pub(crate) mod service;
pub(crate) mod sets;
pub(crate) mod values;

use super::path;

/// The basket's address.
fn basket(patient: &str) -> String {
    [&path(patient), "/orders"].concat()
}

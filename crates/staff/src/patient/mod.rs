//! Patients: finding one, and the first page of a chart.

pub(crate) mod banner;
pub(crate) mod emergency;
pub(crate) mod search;
pub(crate) mod show;

/// The navigation's entry.
pub(crate) const HERE: &str = "/patients";

/// The address of a patient's page.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

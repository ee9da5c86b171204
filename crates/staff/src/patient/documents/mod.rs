//! Documents of a chart: what came in and what went out, filed, looked at without ever being a page of ours (ASVS 3.2.1),
//! and taken out of use where they were a mistake.

pub(crate) mod content;
pub(crate) mod list;
pub(crate) mod photo;
pub(crate) mod show;
pub(crate) mod upload;

/// Where the chart's page with them is.
pub(crate) const PAGE: &str = "/documents";

/// The address of a document.
pub(crate) fn path(patient: &str, id: &str) -> String {
    [&super::path(patient), PAGE, "/", id].concat()
}

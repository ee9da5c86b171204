//! Patients: finding one, and the first page of a chart.

pub(crate) mod allergy;
pub(crate) mod amend;
pub(crate) mod banner;
mod beside;
mod cards;
pub(crate) mod documents;
pub(crate) mod edit;
pub(crate) mod emergency;
pub(crate) mod entry;
pub(crate) mod growth;
mod kept;
mod listed;
pub(crate) mod looked;
pub(crate) mod measure;
pub(crate) mod medications;
pub(crate) mod merge;
pub(crate) mod note;
pub(crate) mod note_show;
pub(crate) mod orders;
pub(crate) mod particulars;
pub(crate) mod plan;
pub(crate) mod problem;
pub(crate) mod problem_order;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod register;
pub(crate) mod registration;
pub(crate) mod results;
pub(crate) mod safety;
pub(crate) mod save;
pub(crate) mod search;
pub(crate) mod sheet;
pub(crate) mod show;
pub(crate) mod statement;
pub(crate) mod timeline;
pub(crate) mod top;
pub(crate) mod undo;
pub(crate) mod unidentified;
pub(crate) mod vaccine;
pub(crate) mod visit;
pub(crate) mod vitals;

/// The navigation's entry.
pub(crate) const HERE: &str = "/patients";

/// The address of a patient's page.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

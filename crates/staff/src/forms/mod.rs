//! Forms: Questionnaires filled in about a patient, their scores, and what they raise.

pub(crate) mod catalog;
mod complete;
pub(crate) mod draw;
pub(crate) mod fill;
pub(crate) mod list;
pub(crate) mod shipped;
pub(crate) mod show;

/// The address of a patient's forms.
pub(crate) fn path(patient: &str) -> String {
    [&crate::patient::path(patient), "/forms"].concat()
}

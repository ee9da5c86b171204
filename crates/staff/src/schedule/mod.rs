//! The clinic's day: the calendar, booking, moving and cancelling appointments.

pub(crate) mod appointment;
pub(crate) mod away;
pub(crate) mod book;
pub(crate) mod calendar;
pub(crate) mod cancel;
mod claim;
mod grid;
pub(crate) mod hue;
pub(crate) mod off;
pub(crate) mod one;
pub(crate) mod pick;
pub(crate) mod plan;
pub(crate) mod release;
pub(crate) mod setting;
pub(crate) mod shift;
pub(crate) mod show;
pub(crate) mod step;
mod trouble;
pub(crate) mod wish;
pub(crate) mod wish_new;
pub(crate) mod wish_show;
pub(crate) mod wishes;

/// The navigation's entry.
pub(crate) const HERE: &str = "/schedule";

/// The address of an appointment's page.
pub(crate) fn path(patient: &str, appointment: &str) -> String {
    [
        &crate::patient::path(patient),
        "/appointments/",
        appointment,
    ]
    .concat()
}

//! The administration area: people, roles, apps, sessions, emergency access, recertification.

pub(crate) mod advisories;
pub(crate) mod alerts;
pub(crate) mod breaks;
pub(crate) mod calendars;
pub(crate) mod cases;
pub(crate) mod clients;
pub(crate) mod codes;
pub(crate) mod erasure;
pub(crate) mod facility;
pub(crate) mod forms;
pub(crate) mod incidents;
pub(crate) mod integrity;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod proposals;
pub(crate) mod recheck;
pub(crate) mod reports;
pub(crate) mod roles;
pub(crate) mod security;
pub(crate) mod sessions;
mod standing;
pub(crate) mod tellings;
pub(crate) mod templates;
mod timeline;
pub(crate) mod values;

use aceso_web::page::Crumb;

/// The page above the area's lists.
pub(crate) fn crumb() -> Crumb {
    Crumb::new("Administration", "/admin")
}

//! What anybody may see.

pub(crate) mod advisories;
pub(crate) mod home;
pub(crate) mod not_here;
pub(crate) mod notice;
pub(crate) mod report;
pub(crate) mod status;

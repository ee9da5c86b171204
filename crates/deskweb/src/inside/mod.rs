//! What the group sees.

pub(crate) mod act;
pub(crate) mod bills;
pub(crate) mod case;
pub(crate) mod cases;
pub(crate) mod contacts;
pub(crate) mod duties;
pub(crate) mod figures;
pub(crate) mod file;
pub(crate) mod reports;
pub(crate) mod request;
pub(crate) mod samples;
pub(crate) mod text;
pub(crate) mod words;

//! How far a fix has come: what installations tell, and what the group sees of it.

pub(crate) mod installations;
pub(crate) mod list;
pub(crate) mod receive;
pub(crate) mod show;

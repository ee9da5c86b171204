//! Resources as people read them. Nothing here reads the store.

pub(crate) mod person;

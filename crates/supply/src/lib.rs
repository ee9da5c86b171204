//! Where new releases of the program come from, and where they are put: a repository of The Update Framework (TUF 1.0),
//! read and believed only as far as its signatures go, and two directories beside each other of which one is in use.
//!
//! It knows neither the record nor the way out: what is asked over the network is asked by a function that it is given.
//! Deliberately absent: when to update, and what must hold before (`aceso`).

mod canonical;
mod client;
mod error;
mod fetch;
mod publish;
mod release;
mod slots;

pub use client::{Source, Trusted};
pub use error::{SlotError, SupplyError};
pub use fetch::{Fetch, FetchError, Fetched};
pub use publish::{KEY_FILES, Keys, PublishError, Publisher, make_keys};
pub use release::{Release, ReleaseError, Schema, platform};
pub use slots::{PROGRAM, Slot, Slots, Staging, Trial};

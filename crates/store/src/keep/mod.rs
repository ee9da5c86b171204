//! Keeping what is stored under its keys: the keyring and the patients' keys on disk, sealed bodies, rotation, erasure.

#[cfg(test)]
mod bench_test;
mod bodies;
mod erase;
mod files;
mod follow;
#[cfg(test)]
mod follow_test;
mod hold;
mod image;
mod pages;
mod purge;
mod renew;
mod rotate;
mod seen;
#[cfg(test)]
mod seen_test;
mod status;
mod still;
#[cfg(test)]
mod still_test;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use bodies::Bodies;
pub use erase::{Erasure, ErasureState};
pub(crate) use files::{open_keys, private_directory};
pub(crate) use follow::move_away;
pub use follow::{Cut, Following};
pub use hold::Hold;
pub use image::Image;
pub use pages::put_pages;
pub(crate) use purge::catch_up;
pub(crate) use renew::{NotRenewed, conclude, end_exchanges, renew};
pub use rotate::Resealing;
pub use status::{Beside, KeyStatus};
pub(crate) use still::Originals;
pub use still::{Still, StillFile, StillRead};
pub(crate) use watch::Watch;

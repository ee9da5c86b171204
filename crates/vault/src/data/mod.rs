//! Data keys: one for each patient. They are not kept but drawn from a tree of keys, and the tree can forget a single
//! one for good: what is kept after that draws every other patient's key and not this one. So a copy of the record made
//! before opens with today's tree, but for whom was erased since.
//!
//! The tree is that of Goldreich, Goldwasser and Micali ("How to construct random functions", 1986), punctured as Boneh
//! and Waters describe ("Constrained pseudorandom functions", 2013), with HMAC-SHA-256 and four children a node.

mod file;
mod key;
mod keys;
mod tree;

pub use key::DataKey;
pub use keys::{DataKeys, DataKeysError, Erased, KeyGone, KeyVersion, Whose};

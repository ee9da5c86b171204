//! Requests from outside: what attacks look like, whom they come from, and how long those stay out.
//!
//! A label never refuses a request by itself: clinical text is full of words that databases know. It counts when the server
//! refused the request too.

mod export;
mod honey;
mod jail;
mod label;

pub use export::nftables;
pub use honey::{HONEY, is_honey};
pub use jail::{Admission, Deed, Jail, Rule, Sentence};
pub use label::{Label, label};

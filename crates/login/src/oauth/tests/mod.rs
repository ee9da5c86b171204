//! Apps from their first request to their last token, over the routes.

mod authorize;
mod bound;
mod ending;
mod flow;
mod keys;
mod kit;
mod looks;
mod origins;

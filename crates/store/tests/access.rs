//! Who reaches what: what the store shows to people is what a plain judge in memory says of the same documents (P1,
//! S5), by every way in: read, version, history, search, total, include, chain, write.
#![cfg(test)]
#![allow(
    clippy::as_conversions,
    reason = "tests: lengths of short lists as totals"
)]

#[path = "access/breaks.rs"]
mod breaks;
#[path = "access/brute.rs"]
mod brute;
#[path = "access/judge.rs"]
mod judge;
#[path = "access/kit.rs"]
mod kit;
#[path = "access/masks.rs"]
mod masks;
#[path = "access/part2.rs"]
mod part2;
#[path = "access/roles.rs"]
mod roles;
#[path = "access/ways.rs"]
mod ways;
#[path = "access/world.rs"]
mod world;

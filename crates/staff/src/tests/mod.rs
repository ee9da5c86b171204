//! The pages over a real store with a clock that tests move.

mod kit;
mod people;
mod samples;

//! The API over a real store, in process: requests go through the floor as they would from the network.

mod batch;
mod errors;
mod kit;
mod races;
mod rest;
mod synthea;

//! The pages over a real store with a clock that tests move.

mod apps;
mod cases;
mod emergency;
mod forms;
mod inbox;
mod kit;
mod lists;
mod overdue;
mod patients;
mod people;
mod recheck;
mod roles;
mod samples;
mod whose;

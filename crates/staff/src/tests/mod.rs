//! The pages over a real store with a clock that tests move.

mod apps;
mod board;
mod calendars;
mod cases;
mod charting;
mod documents;
mod emergency;
mod entering;
mod forms;
mod home;
mod inbox;
mod kit;
mod letters;
mod lists;
mod notes;
mod orders;
mod overdue;
mod patients;
mod people;
mod plans;
mod recheck;
mod record;
mod roles;
mod samples;
mod schedule;
mod whose;

//! The program as its users meet it: started, spoken to, stopped, killed.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stderr,
    reason = "tests start the program"
)]

mod alerting;
mod attacks;
mod audit;
mod backup;
mod backup_log;
mod backup_place;
mod browser;
mod bulk;
mod classes;
mod client;
mod conformance;
mod crash;
mod crowd;
mod desk;
mod desk_loop;
mod desk_mail;
mod desk_service;
mod disk;
mod downtime;
mod examples;
mod export;
mod faults;
mod guard;
mod hostile;
mod import;
mod keys;
mod load;
mod messages;
mod page_keys;
mod part2;
mod people;
mod place;
mod proof;
mod races;
mod releases;
mod searching;
mod sending;
mod serve;
mod server;
mod shielding;
mod small;
mod softhsm;
mod stage;
mod synthea;
mod unit;
mod update;
mod users;
mod wire;
mod wrong;

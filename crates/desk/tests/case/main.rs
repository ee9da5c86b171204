//! A case from the report to its end, and what no path through a case ever does.
#![cfg(test)]

mod any;
mod kit;
mod real;
mod rules;

//! The desk as its visitors and its group meet it.

mod adoption;
mod duties;
mod elsewhere;
mod emergency;
mod kit;
mod languages;
mod lists;
mod load;
mod machines;
mod mails;
mod pages;
mod path;
mod real;
mod strangers;
mod text;
mod told;
mod waves;

//! Wrong use: what no record, file or server could make right. The exit code is 2 then; 1 is for what was refused or failed.

use std::fmt::Display;
use std::process::ExitCode;

use aceso_base::Instant;
use aceso_fhir::search::date_span;
use anyhow::{Error, Result};

const WRONG_USE: u8 = 2;

/// What is wrong with the command line, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Wrong(String);

/// The command line is wrong, and why.
pub(crate) fn wrong(why: impl Into<String>) -> Error {
    Wrong(why.into()).into()
}

/// What was refused of what the command line says.
pub(crate) trait OrWrong<T> {
    /// The same, as wrong use.
    fn or_wrong(self) -> Result<T>;
}

impl<T, E: Display> OrWrong<T> for Result<T, E> {
    fn or_wrong(self) -> Result<T> {
        self.map_err(|error| wrong(format!("{error:#}")))
    }
}

/// The exit code that an error ends with.
pub(crate) fn code(error: &Error) -> ExitCode {
    if error.is::<Wrong>() {
        ExitCode::from(WRONG_USE)
    } else {
        ExitCode::FAILURE
    }
}

/// The one of these that is called so.
pub(crate) fn one_of<T: Copy>(
    all: &[T],
    name: impl Fn(T) -> &'static str,
    word: &str,
) -> Result<T, String> {
    let found = all.iter().copied().find(|one| name(*one) == word);
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().copied().map(name).collect();
        format!("one of {}", names.join(", "))
    })
}

/// The time that a day, a month, a year or a moment means: its first millisecond, and the first one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When(i64, i64);

impl When {
    /// As the command line says it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let found = date_span(text).map(|(from, end)| Self(from, end));
        found.ok_or_else(|| "a day is written 2026-11-22, a time 2026-11-22T14:00Z".to_owned())
    }

    /// When it begins.
    pub(crate) const fn begins(self) -> Instant {
        Instant::from_millis(self.0)
    }

    /// Its last moment.
    pub(crate) const fn ends(self) -> Instant {
        Instant::from_millis(self.1 - 1)
    }
}

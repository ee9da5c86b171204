//! Tests that passed, with the release they passed on: a list that `cargo xtask test` writes.

use std::path::Path;

use anyhow::{Context, Result};

/// The list that this release was built with.
static BUILT_IN: &str = include_str!("../../data/tests-passed.txt");
/// A list beside the program counts before that.
const BESIDE: &str = "tests-passed.txt";

/// Names of tests that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passed {
    /// On which release.
    pub(super) release: String,
    /// `some::path::p1_a_rule`, sorted.
    pub(super) tests: Vec<String>,
}

impl Passed {
    /// The list that was named, or the one beside the program, or the one it was built with.
    pub(super) fn find(named: Option<&Path>) -> Result<Self> {
        if let Some(path) = named {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            return Ok(Self::parse(&text));
        }
        let beside = std::env::current_exe()
            .ok()
            .and_then(|program| std::fs::read_to_string(program.with_file_name(BESIDE)).ok());
        Ok(Self::parse(beside.as_deref().unwrap_or(BUILT_IN)))
    }

    /// The first line is `release VERSION`; each other one names a test.
    pub(super) fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        Self {
            release: first.strip_prefix("release ").unwrap_or("?").to_owned(),
            tests: lines
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }
}

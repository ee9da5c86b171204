//! The list of tests that passed, which `aceso assure` shows as evidence: `crates/aceso/data/tests-passed.txt`.
//!
//! Only tests whose names begin with rows of the requirements are listed; the list changes when such a test comes or goes,
//! not with each run.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::run;

const LIST: &str = "crates/aceso/data/tests-passed.txt";

/// Tests that passed.
#[derive(Default)]
pub(crate) struct Passed(BTreeSet<String>);

/// Adds what passed in logs of `cargo test` to the list.
pub(crate) fn run(logs: &[String]) -> Result<()> {
    if logs.is_empty() {
        bail!("name the logs: cargo test … | tee LOG; cargo xtask passed LOG");
    }
    let mut passed = Passed::default();
    let path = run::root().join(LIST);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let same = before.lines().next() == Some(release().as_str());
    passed
        .0
        .extend(before.lines().skip(1).filter(|_| same).map(str::to_owned));
    for log in logs {
        let text = std::fs::read_to_string(log).with_context(|| log.clone())?;
        text.lines().for_each(|line| passed.add(line));
    }
    passed.write()
}

fn release() -> String {
    format!("release {}", env!("CARGO_PKG_VERSION"))
}

impl Passed {
    /// Takes a line of the form `test some::path::p1_a_rule ... ok`.
    pub(crate) fn add(&mut self, line: &str) {
        let Some(name) = line
            .strip_prefix("test ")
            .and_then(|l| l.strip_suffix(" ... ok"))
        else {
            return;
        };
        if names_a_row(name) {
            self.0.insert(name.to_owned());
        }
    }

    /// Writes the list.
    pub(crate) fn write(&self) -> Result<()> {
        let mut text = release() + "\n";
        for name in &self.0 {
            text.push_str(name);
            text.push('\n');
        }
        std::fs::write(run::root().join(LIST), text).context(LIST)?;
        println!("{LIST}: {} tests that name rows", self.0.len());
        Ok(())
    }
}

/// Whether the name begins with a row: `asvs_3_4`, `o_d2`, or one or two letters and a number.
fn names_a_row(test: &str) -> bool {
    let name = test.rsplit("::").next().unwrap_or(test);
    let is_row = |word: &str| {
        let letters = word.bytes().take_while(u8::is_ascii_lowercase).count();
        let number = &word[letters..];
        (1..=2).contains(&letters)
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    };
    let mut words = name.split('_');
    match words.next() {
        Some("asvs") => true,
        Some("o") => words.next().is_some_and(is_row),
        Some(word) => is_row(word),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_that_passed_and_name_a_row_are_listed() {
        let mut passed = Passed::default();
        for line in [
            "test a::p1_s5_what_is_shown ... ok",
            "test a::p2_broken ... FAILED",
            "test a::asvs_3_4_headers ... ok",
            "test a::o_d2_nobody ... ok",
            "test a::o_no_row ... ok",
            "test a::sha256_is_right ... ok",
            "test a::a_plain_rule ... ok",
            "test result: ok. 3 passed",
        ] {
            passed.add(line);
        }
        let listed: Vec<&str> = passed.0.iter().map(String::as_str).collect();
        assert_eq!(
            listed,
            [
                "a::asvs_3_4_headers",
                "a::o_d2_nobody",
                "a::p1_s5_what_is_shown"
            ]
        );
    }
}

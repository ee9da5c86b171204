//! `cargo xtask test`: what must hold before anything lands.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::passed::Passed;
use crate::{judges, machine, postgres, rooms, run, tidy};

/// Every step in order; the first that fails ends the run.
pub(crate) fn run(_args: &[String]) -> Result<()> {
    let start = Instant::now();
    step("machine", machine::prepare)?;
    step("rooms", rooms::run)?;
    step("tidy", tidy::run)?;
    step("format", || {
        run::must(run::cargo().args(["fmt", "--all", "--check"]))
    })?;
    step("lints", || {
        let mut clippy = build();
        clippy.args(["clippy", "--quiet", "--workspace", "--all-targets"]);
        run::must(clippy.args(["--", "-D", "warnings"]))
    })?;
    let mut count = Count::default();
    let mut passed = Passed::default();
    step("tests", || tests(&mut count, &mut passed))?;
    passed.write()?;
    step("judges", || judges::run(""))?;
    println!("all steps held in {} s", start.elapsed().as_secs());
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(())
}

fn step(name: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("== {name}");
    let start = Instant::now();
    act()?;
    println!("== {name} held ({:.1} s)", start.elapsed().as_secs_f32());
    Ok(())
}

/// Cargo, linking the system's OpenSSL where there is one.
pub(crate) fn build() -> Command {
    let mut cargo = run::cargo();
    if machine::system_openssl() {
        cargo.env("OPENSSL_NO_VENDOR", "1");
    }
    cargo
}

#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

fn tests(count: &mut Count, passed: &mut Passed) -> Result<()> {
    let server = postgres::Server::start()?;
    let mut cargo = build();
    cargo.args(["test", "--workspace", "--no-fail-fast"]);
    if machine::is_prepared() {
        cargo.env("ACESO_TEST_PREPARED", "1");
    } else {
        println!("something is missing here: tests that need it leave it out");
    }
    match &server {
        Some(server) => {
            cargo.env("ACESO_TEST_POSTGRES", server.url());
        }
        None => println!("no PostgreSQL here: what needs it is left out"),
    }
    let well = run::watched(&mut cargo, |line| {
        count.add(line);
        passed.add(line);
    })?;
    if !well {
        bail!("{} tests failed", count.failed);
    }
    if count.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

impl Count {
    /// Adds up lines of the form `test result: ok. 12 passed; 0 failed; …`.
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let number = words.next().and_then(|n| n.parse::<u64>().ok());
            match (number, words.next()) {
                (Some(n), Some("passed")) => self.passed += n,
                (Some(n), Some("failed")) => self.failed += n,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn results_of_all_test_binaries_add_up() {
        let mut count = Count::default();
        count.add("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count.add("test base::some_rule ... ok");
        assert_eq!((count.passed, count.failed), (15, 2));
    }
}

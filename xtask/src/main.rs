//! The project's chores: `cargo xtask help` lists them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::as_conversions,
    reason = "a developer tool"
)]

mod bench;
mod faults;
mod generate;
mod judges;
mod machine;
mod package;
mod passed;
mod postgres;
mod release;
mod rooms;
mod run;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask test      everything: installs what a Debian machine lacks, then rooms, tidy, format, lints, all tests
                      (with a PostgreSQL of their own), and the outside judges
cargo xtask judges [PART]
                      the outside judges alone, those with PART in their names: unmodified clients, hospital scenarios,
                      attackers and a browser against a running server
cargo xtask ci        the same as test
cargo xtask passed LOG...
                      add the tests that passed in logs of cargo test to the list that aceso assure shows
cargo xtask deb PROGRAM DIR
                      a Debian package of a program that was built
cargo xtask release   make the repository of releases that aceso update reads: keys, root, publish, refresh
cargo xtask rooms     no arrow between crates, and no outside crate, but as rooms.toml allows
cargo xtask tidy      the rules for the tree that no compiler checks
cargo xtask bench     the figures of docs/performance.md: --creates N, --grow RESOURCES, --data DIR; --flood RATE; --audit;
                      --siege; --backups N; --binary FILE measures a program that was built
cargo xtask faults    the long programme of faults, with the figures of docs/reliability.md: --rounds N
cargo xtask gen DIR   compile the FHIR packages found in DIR into the tables under crates/fhir/data
cargo xtask gen-dictionary ARCHIVE
                      train the dictionary of stored bodies on synthetic patients; only before a release
cargo xtask gen-passwords LIST
                      pack the common passwords that nobody may choose (10_million_password_list_top_1M.txt)";

fn main() -> ExitCode {
    match chore() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = args
        .split_first()
        .map_or(("help", &[][..]), |(c, r)| (c.as_str(), r));
    match command {
        "test" | "ci" => test::run(rest),
        "judges" => judges::run(rest.first().map_or("", String::as_str)),
        "passed" => passed::run(rest),
        "deb" => package::run(rest),
        "release" => release::run(rest),
        "rooms" => rooms::run(),
        "tidy" => tidy::run(),
        "bench" => bench::run(rest),
        "faults" => faults::run(rest),
        "gen" => generate::run(rest),
        "gen-dictionary" => generate::dictionary(rest),
        "gen-passwords" => generate::passwords(rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("no chore named {other}; see cargo xtask help"),
    }
}

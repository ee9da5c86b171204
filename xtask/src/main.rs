//! The project's chores: `cargo xtask help` lists them.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a developer tool"
)]

mod generate;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = args
        .split_first()
        .map_or(("help", &[][..]), |(c, r)| (c.as_str(), r));
    match command {
        "gen" => generate::run(rest),
        "help" => {
            println!(
                "cargo xtask gen DIR   compile the FHIR packages found in DIR into the tables under crates/fhir/data"
            );
            Ok(())
        }
        other => bail!("no chore named {other}; see cargo xtask help"),
    }
}

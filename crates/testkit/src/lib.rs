//! What tests share: the shared test data, the rules that every page keeps, servers of mail, a searcher for
//! viruses, statistics of times. Dev only;
//! may read files and start other programs.
//!
//! Deliberately absent: anything the product links.

pub mod clamav;
#[cfg(feature = "device")]
pub mod device;
pub mod dovecot;
pub mod english;
pub mod html;
pub mod postfix;
pub mod shared;
#[cfg(feature = "site")]
pub mod site;
pub mod statistics;

/// Set by `cargo xtask test` on a machine that has all that tests need.
const PREPARED: &str = "ACESO_TEST_PREPARED";

/// Says that a test did nothing, because this is not here.
///
/// # Panics
/// On a machine that was prepared for the tests: there it must be.
#[allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "dev only: a test says why it does nothing"
)]
pub fn absent(what: &str) {
    assert!(
        std::env::var(PREPARED).is_err(),
        "{what} is not here, although {PREPARED} is set"
    );
    eprintln!("SKIPPED: {what} is not here: `cargo xtask test` installs what tests need");
}

//! `common-passwords.bloom`: the common passwords that nobody may choose, as a filter.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

// The product's own code decides which bits an entry has.
#[allow(dead_code, reason = "the chore only marks")]
#[path = "../../../crates/vault/src/password/filter.rs"]
mod filter;

/// So many, in the order of how often they were seen; shorter ones are refused for their length.
const MOST: usize = 150_000;
const LEAST_CHARACTERS: usize = 8;
const BYTES: usize = 375_000;

/// `list`: one password a line, the most frequent first.
pub(crate) fn filter(list: &Path) -> Result<Vec<u8>> {
    let text = std::fs::read(list).with_context(|| list.display().to_string())?;
    let mut seen = HashSet::new();
    let mut out = vec![0_u8; BYTES];
    for line in text.split(|b| *b == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else {
            continue;
        };
        let entry = line.trim_end_matches('\r').to_lowercase();
        if entry.chars().count() < LEAST_CHARACTERS
            || seen.len() == MOST
            || !seen.insert(entry.clone())
        {
            continue;
        }
        for place in filter::places(&entry, BYTES as u64 * 8) {
            out[(place / 8) as usize] |= 1 << (place % 8);
        }
    }
    if seen.len() < MOST {
        bail!(
            "{} holds only {} passwords of {LEAST_CHARACTERS} characters or more",
            list.display(),
            seen.len()
        );
    }
    Ok(out)
}

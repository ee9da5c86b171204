//! What an import came to.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::json;

use crate::say::{complain, say};

/// What was loaded, skipped and refused.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    loaded: BTreeMap<String, u64>,
    /// Files, or pieces of files, that were loaded before.
    pub(crate) skipped: u64,
    pub(crate) refused: Vec<Refused>,
}

/// One thing that was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// `file.json`, `file.ndjson:17`.
    pub(crate) place: String,
    pub(crate) why: String,
}

const MOST_SHOWN: usize = 50;

impl Tally {
    /// These resources are in the record.
    pub(crate) fn load(&mut self, kinds: Vec<String>) {
        for kind in kinds {
            *self.loaded.entry(kind).or_default() += 1;
        }
    }

    /// What a later pass came to: what it could load is no longer refused, what it met again was skipped only once.
    pub(crate) fn join(&mut self, later: Self) {
        for (kind, count) in later.loaded {
            *self.loaded.entry(kind).or_default() += count;
        }
        self.refused.retain(|r| r.place.starts_with('-'));
        self.refused.extend(later.refused);
    }

    /// How many resources were loaded.
    pub(crate) fn count(&self) -> u64 {
        self.loaded.values().sum()
    }

    /// The closing words.
    pub(crate) fn tell(&self, seconds: f64, as_json: bool) -> ExitCode {
        if as_json {
            let refused: Vec<_> = self
                .refused
                .iter()
                .map(|r| json!({"place": r.place, "why": r.why}))
                .collect();
            let whole = json!({
                "loaded": self.count(), "byType": self.loaded, "skipped": self.skipped, "refused": refused
            });
            say(&whole.to_string());
        } else {
            self.tell_plainly(seconds);
        }
        if self.refused.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn tell_plainly(&self, seconds: f64) {
        for refused in self.refused.iter().take(MOST_SHOWN) {
            complain(&format!("refused {}: {}", refused.place, refused.why));
        }
        if self.refused.len() > MOST_SHOWN {
            let more = self.refused.len() - MOST_SHOWN;
            complain(&format!("and {more} more; --json lists all"));
        }
        for (kind, count) in &self.loaded {
            say(&format!("{count:>9} {kind}"));
        }
        say(&format!(
            "{} resources loaded in {seconds:.1} s, {} pieces skipped (loaded before), {} refused",
            self.count(),
            self.skipped,
            self.refused.len()
        ));
    }
}

//! Snapshots as a repository lists them.

use aceso_base::Instant;
use rustic_core::repofile::SnapshotFile;
use serde::{Deserialize, Serialize};

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Databases, keyring and configuration.
    Record,
    /// The patients' keys.
    Keys,
}

/// What is counted of a record when it is backed up; kept with the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Current versions of resources, deletions included.
    pub resources: u64,
    /// Older versions.
    pub versions: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// How many changes the patients' keys had seen.
    pub key_changes: u64,
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its id: 64 hexadecimal digits.
    pub id: String,
    /// The moment that it shows.
    pub at: Instant,
    /// What it is of.
    pub series: Series,
    /// How many files.
    pub files: u64,
    /// Their length.
    pub bytes: u64,
    /// How much of it was not in the repository before, as it is kept there.
    pub added: u64,
    /// What was counted.
    pub figures: Figures,
}

impl Series {
    /// Its tag in the repository.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Keys => "keys",
        }
    }
}

impl Snapshot {
    /// None when somebody else made it, for something else.
    pub(crate) fn read(file: &SnapshotFile) -> Option<Self> {
        let series = [Series::Record, Series::Keys]
            .into_iter()
            .find(|series| file.tags.contains(series.name()))?;
        let figures = file.description.as_deref().unwrap_or_default();
        let figures = serde_json::from_str(figures).unwrap_or_default();
        let summary = file.summary.as_ref();
        Some(Self {
            id: file.id.to_hex().to_string(),
            at: Instant::from_millis(file.time.timestamp().as_millisecond()),
            series,
            files: summary.map_or(0, |s| s.total_files_processed),
            bytes: summary.map_or(0, |s| s.total_bytes_processed),
            added: summary.map_or(0, |s| s.data_added_packed),
            figures,
        })
    }

    /// The beginning of its id, as restic shows it.
    pub fn short(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }
}

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
    /// What was written after a snapshot of the record: pages of both databases.
    Log,
}

/// Where a piece of the log belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The id of the record's snapshot that it goes on from.
    pub base: String,
    /// Which piece it is: 1 is the first. Each is of use only after all before it.
    pub number: u32,
}

/// What a snapshot's description is, beside the figures.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Told {
    link: Option<Link>,
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
    /// Of a piece of the log: where it belongs.
    pub link: Option<Link>,
}

impl Series {
    /// Its tag in the repository.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Keys => "keys",
            Self::Log => "log",
        }
    }
}

impl Snapshot {
    /// None when somebody else made it, for something else.
    pub(crate) fn read(file: &SnapshotFile) -> Option<Self> {
        let series = [Series::Record, Series::Keys, Series::Log]
            .into_iter()
            .find(|series| file.tags.contains(series.name()))?;
        let described = file.description.as_deref().unwrap_or_default();
        let figures = serde_json::from_str(described).unwrap_or_default();
        let told: Told = serde_json::from_str(described).unwrap_or_default();
        let summary = file.summary.as_ref();
        Some(Self {
            id: file.id.to_hex().to_string(),
            at: Instant::from_millis(file.time.timestamp().as_millisecond()),
            series,
            files: summary.map_or(0, |s| s.total_files_processed),
            bytes: summary.map_or(0, |s| s.total_bytes_processed),
            added: summary.map_or(0, |s| s.data_added_packed),
            figures,
            link: told.link,
        })
    }

    /// What [`Snapshot::read`] reads the figures and the link from.
    pub(crate) fn description(
        figures: Figures,
        link: Option<&Link>,
    ) -> Result<String, serde_json::Error> {
        let mut described = serde_json::to_value(figures)?;
        if let (Some(link), Some(fields)) = (link, described.as_object_mut()) {
            fields.insert("link".to_owned(), serde_json::to_value(link)?);
        }
        Ok(described.to_string())
    }

    /// The beginning of its id, as restic shows it.
    pub fn short(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }
}

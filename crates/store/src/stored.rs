//! Stored versions.

use std::sync::Arc;

use aceso_base::Instant;
use bytes::Bytes;
use rusqlite::Row;

use crate::StoreError;
use crate::body::unpack;
use crate::key::{Keys, kind_name};
use crate::leave::Release;

/// One stored version of a resource.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Resource type.
    pub kind: &'static str,
    /// Logical id.
    pub id: String,
    /// Version, from 1.
    pub version: u64,
    /// `meta.lastUpdated`.
    pub updated: Instant,
    /// What made this version.
    pub change: Change,
    /// Compact JSON with `id` and `meta`; empty for a deletion.
    pub body: Bytes,
    /// On what it leaves the clinic, when it is about substance use and does.
    pub release: Option<Arc<Release>>,
}

/// What made a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Created with an id of the server's choice (POST).
    Created,
    /// Created with an id that the client chose, or updated (PUT, PATCH).
    Updated,
    /// Deleted.
    Deleted,
}

impl Change {
    /// The code in the column `change`.
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Created => 0,
            Self::Updated => 1,
            Self::Deleted => 2,
        }
    }

    fn from_code(code: i64) -> Result<Self, StoreError> {
        match code {
            0 => Ok(Self::Created),
            1 => Ok(Self::Updated),
            2 => Ok(Self::Deleted),
            other => Err(StoreError(format!("a change of code {other}"))),
        }
    }
}

/// Reads `key, version, kind, id, updated, change, body`.
pub(crate) fn from_row(keys: &Keys, row: &Row<'_>) -> Result<(i64, Stored), StoreError> {
    let key: i64 = row.get(0)?;
    let kind: i64 = row.get(2)?;
    let body = row
        .get_ref(6)?
        .as_blob()
        .map_err(|e| StoreError(e.to_string()))?;
    let version: i64 = row.get(1)?;
    let stored = Stored {
        kind: kind_name(kind)
            .ok_or_else(|| StoreError(format!("a resource type of code {kind}")))?,
        id: row.get(3)?,
        version: version.cast_unsigned(),
        updated: Instant::from_millis(row.get(4)?),
        change: Change::from_code(row.get(5)?)?,
        body: unpack(&keys.bodies().open((key, version), body)?)?,
        release: None,
    };
    Ok((key, stored))
}

impl Stored {
    /// How the audit log names it: `Patient/123/2`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.kind, self.id, self.version)
    }
}

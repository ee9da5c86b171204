//! The record at rest: all SQL, the engine, caller-bound reading and writing, the search index, the audit log.
//! The only way in is [`Store::read`] and [`Store::write`]: each decides, acts and leaves its audit entry.
//!
//! Deliberately absent: HTTP, FHIR validation (a document arrives validated), sessions.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_policy::{Caller, Purpose};
use bytes::Bytes;

/// A handle on the open record; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<()>);

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
}

/// What made a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Created by the server's choice of id (POST).
    Created,
    /// Created at an id that the client chose, or updated (PUT, PATCH).
    Updated,
    /// Deleted.
    Deleted,
}

/// Why a read was refused. `Unknown` is also the answer to what the caller may not see.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such resource or version, or the caller may not know of it.
    #[error("not known")]
    Unknown,
    /// It was deleted.
    #[error("deleted")]
    Gone {
        /// The version that the deletion made.
        version: u64,
    },
    /// The caller's scopes do not cover this act on this type at all.
    #[error("not allowed")]
    Forbidden,
    /// The query asks for something that cannot be done; the text says what and how to mend it.
    #[error("{0}")]
    BadQuery(String),
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Why a write was refused.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such resource, or the caller may not know of it.
    #[error("not known")]
    Unknown,
    /// The caller's scopes do not cover this act.
    #[error("not allowed")]
    Forbidden,
    /// `If-Match` named another version than the current one.
    #[error("the current version is {current}")]
    VersionMismatch {
        /// The current version.
        current: u64,
    },
    /// References to resources that are not there (nor in the same transaction): `Patient/123`.
    #[error("dangling references")]
    Dangling(Vec<String>),
    /// The resource cannot be deleted: these still refer to it.
    #[error("still referred to")]
    Referenced(Vec<String>),
    /// What this transaction read has changed since: run it again from the start.
    #[error("overtaken by another write")]
    Stale,
    /// The same resource is written twice in one transaction.
    #[error("{0} is written twice in one transaction")]
    Twice(String),
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// The store failed: what the log gets, never the caller.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Resources and what follows them.
#[derive(Debug, Default)]
pub struct SearchPage {
    /// The matches in order.
    pub matches: Vec<Stored>,
    /// What `_include` and `_revinclude` brought.
    pub included: Vec<Stored>,
    /// How many match in all, when asked for or known at no cost.
    pub total: Option<u64>,
    /// Opaque mark of the next page; none at the end.
    pub next: Option<String>,
}

/// Which history.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// Of this type; all types when none.
    pub kind: Option<&'static str>,
    /// Of this resource (needs `kind`).
    pub id: Option<String>,
    /// Only versions made at or after this time.
    pub since: Option<Instant>,
    /// Only versions that were current at some time in this half-open span.
    pub at: Option<(Instant, Instant)>,
    /// At most this many; a page.
    pub count: u32,
    /// Where to go on, from `HistoryPage::next`.
    pub cursor: Option<String>,
}

/// Versions, newest first.
#[derive(Debug, Default)]
pub struct HistoryPage {
    /// The versions.
    pub versions: Vec<Stored>,
    /// How many there are in all.
    pub total: Option<u64>,
    /// Opaque mark of the next page.
    pub next: Option<String>,
}

/// Reading for one caller and purpose. Every answer has its audit entry on disk before it is given.
pub struct Reading;

/// Writing for one caller and purpose: nothing is done before [`Tx::commit`], then all of it or none.
pub struct Tx;

impl Store {
    /// Begins reading for a caller.
    pub fn read(&self, _caller: &Caller, _purpose: Purpose) -> Reading {
        unimplemented!()
    }

    /// Begins writing for a caller.
    pub fn write(&self, _caller: &Caller, _purpose: Purpose) -> Tx {
        unimplemented!()
    }

    /// A fresh logical id: 11 characters, ascending with time.
    pub fn new_id(&self) -> String {
        unimplemented!()
    }
}

impl Reading {
    /// The current version.
    pub async fn fetch(&self, _kind: &'static str, _id: &str) -> Result<Stored, ReadError> {
        unimplemented!()
    }

    /// One version, also an old one.
    pub async fn fetch_version(
        &self,
        _kind: &'static str,
        _id: &str,
        _version: u64,
    ) -> Result<Stored, ReadError> {
        unimplemented!()
    }

    /// Versions, newest first.
    pub async fn history(&self, _query: HistoryQuery) -> Result<HistoryPage, ReadError> {
        unimplemented!()
    }
    // search(&self, query: aceso_fhir::search::Query) -> Result<SearchPage, ReadError>   (when the query types are there)
}

impl Tx {
    /// The current version as this transaction sees it, its own changes included; the read is part of what must
    /// still be true at commit. A deleted resource comes back as `Change::Deleted`.
    pub async fn current(
        &mut self,
        _kind: &'static str,
        _id: &str,
    ) -> Result<Option<Stored>, WriteError> {
        unimplemented!()
    }
    // matches(&mut self, query: &Query) -> Result<Vec<Stored>, WriteError>: at most two matches of a conditional act; part of what must still be true at commit

    /// Creates; `id` from [`Store::new_id`]. `meta.versionId` and `meta.lastUpdated` are set here.
    pub async fn create(&mut self, _id: String, _document: Value) -> Result<Stored, WriteError> {
        unimplemented!()
    }

    /// Creates or replaces at this id. `if_match`: the version that must be current.
    pub async fn update(
        &mut self,
        _id: &str,
        _document: Value,
        _if_match: Option<u64>,
    ) -> Result<Stored, WriteError> {
        unimplemented!()
    }

    /// Deletes. A resource that is not there (any more) is left so: `Ok(None)`.
    pub async fn delete(
        &mut self,
        _kind: &'static str,
        _id: &str,
        _if_match: Option<u64>,
    ) -> Result<Option<Stored>, WriteError> {
        unimplemented!()
    }

    /// All of it durably, or nothing.
    pub async fn commit(self) -> Result<(), WriteError> {
        unimplemented!()
    }
}

//! The audit log: a Merkle tree of entries in a file of its own, so that the entries that reads leave do not disturb the
//! record's page caches. Entries of reads are committed before the answer is given; entries of writes are committed with
//! the write in the record (`audit_out`) and taken over into the log at once after.

mod check;
mod leaf;
mod log;
mod logged;
mod proof;
#[cfg(test)]
mod tests;
mod tree;

use aceso_base::Instant;
use aceso_policy::{Caller, Purpose, Who};

pub(crate) use check::{check, check_some};
pub(crate) use leaf::said;
pub(crate) use log::Log;
pub use logged::LoggedEntry;
pub(crate) use logged::{logged_after, logged_count};
pub use proof::AuditProof;

/// One entry before it is in the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    pub(crate) body: Vec<u8>,
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// There is no such thing.
    Unknown,
    /// It was refused.
    Denied,
}

/// Writes an entry's body: compact JSON with short names, documented in `docs/operate.md`.
pub(crate) fn entry(
    at: Instant,
    caller: &Caller,
    purpose: Purpose,
    act: &str,
    outcome: Outcome,
    detail: &str,
    items: &mut dyn Iterator<Item = String>,
) -> Entry {
    let mut body = Vec::with_capacity(192);
    let mut text = |name: &str, value: &str| {
        body.extend_from_slice(if body.is_empty() { b"{\"" } else { b",\"" });
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        let _ = serde_json::to_writer(&mut body, value);
    };
    text("who", &caller.name());
    text("why", purpose.code());
    if let Some(address) = caller.origin.address {
        text("from", &address.to_string());
    }
    if !caller.origin.request.is_empty() {
        text("req", &caller.origin.request);
    }
    if let Who::Client(client) = &caller.who
        && let Some(patient) = &client.patient
    {
        text("for", patient);
    }
    if let (Who::Client(_), Some(person)) = (&caller.who, caller.as_person()) {
        text("by", &["person/", person.label()].concat());
    }
    text("act", act);
    match outcome {
        Outcome::Done => {}
        Outcome::Unknown => text("out", "unknown"),
        Outcome::Denied => text("out", "denied"),
    }
    if !detail.is_empty() {
        text("q", detail);
    }
    let mut first = true;
    for item in items {
        body.extend_from_slice(if first { b",\"on\":[" } else { b"," });
        first = false;
        let _ = serde_json::to_writer(&mut body, &item);
    }
    body.extend_from_slice(if first { b"}" } else { b"]}" });
    Entry { at, body }
}

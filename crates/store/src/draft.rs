//! New versions, made outside transactions.

use aceso_base::Instant;
use aceso_fhir::definitions::types;
use aceso_fhir::search::extract;
use aceso_fhir::{Object, Value, disclosure, json};
use bytes::Bytes;

use crate::body::pack;
use crate::index::{Rows, rows};
use crate::key::kind_code;
use crate::subscription::SUBSCRIPTION;
use crate::{Change, Store, StoreError, Stored, WriteError};

/// A new version, ready to be put into a transaction: packed, and its index rows computed. Making one needs no
/// transaction, so many can be made side by side.
#[derive(Debug)]
pub struct Draft {
    pub(crate) stored: Stored,
    pub(crate) key: i64,
    pub(crate) kind: u8,
    pub(crate) ord: i64,
    /// Whose data key seals it.
    pub(crate) patient: i64,
    pub(crate) packed: Vec<u8>,
    pub(crate) rows: Rows,
    pub(crate) targets: Vec<(i64, String)>,
}

impl Store {
    /// Prepares the first version of a resource at this id (from [`Store::new_id`]). Sets `id`, `meta.versionId` and
    /// `meta.lastUpdated`.
    pub fn draft(&self, id: &str, document: Value) -> Result<Draft, WriteError> {
        self.draft_version(id, document, 1, Change::Created, self.now())
    }

    pub(crate) fn draft_version(
        &self,
        id: &str,
        mut document: Value,
        version: u64,
        change: Change,
        at: Instant,
    ) -> Result<Draft, WriteError> {
        disclosure::unmark(&mut document);
        if document.resource_type() == Some(SUBSCRIPTION) {
            self.0.subscriptions.settle(&mut document, at)?;
        }
        Ok(self.draft_as_is(id, document, version, change, at)?)
    }

    pub(crate) fn draft_as_is(
        &self,
        id: &str,
        mut document: Value,
        version: u64,
        change: Change,
        at: Instant,
    ) -> Result<Draft, StoreError> {
        let kind = document
            .resource_type()
            .and_then(|name| types().resource(name));
        let kind = kind
            .ok_or_else(|| StoreError::text("a document without a known resourceType"))?
            .name;
        stamp(&mut document, id, version, at);
        let keys = &self.0.keys;
        let key = keys.of(kind, id);
        let found = extract(&document, None);
        let rows = rows(keys, kind, key, &document, &found);
        let ord = found.ord;
        let mut body = Vec::with_capacity(2048);
        json::write(&document, &mut body);
        let mut targets = Vec::new();
        if !self.0.settings.allow_dangling {
            local_references(&document, &mut |reference, kind, id| {
                targets.push((keys.of(kind, id), reference.to_owned()));
            });
            targets.sort_unstable();
            targets.dedup();
        }
        let packed = pack(&body)?;
        let stored = Stored {
            kind,
            id: id.to_owned(),
            version,
            updated: at,
            change,
            body: Bytes::from(body),
            release: None,
        };
        Ok(Draft {
            stored,
            key,
            kind: kind_code(kind).unwrap_or(u8::MAX),
            ord,
            patient: rows.sealed_for(),
            packed,
            rows,
            targets,
        })
    }
}

/// Sets `id`, `meta.versionId` and `meta.lastUpdated`; `resourceType`, `id` and `meta` come first.
fn stamp(document: &mut Value, id: &str, version: u64, at: Instant) {
    let Some(object) = document.as_object_mut() else {
        return;
    };
    let kind = object.remove("resourceType").unwrap_or_default();
    let mut meta = match object.remove("meta") {
        Some(Value::Object(meta)) => meta,
        Some(_) | None => Object::new(),
    };
    meta.remove("_versionId");
    meta.remove("_lastUpdated");
    meta.insert_at(0, "versionId", version.to_string());
    meta.insert_at(1, "lastUpdated", at.to_fhir());
    object.insert_at(0, "resourceType", kind);
    object.insert_at(1, "id", id);
    object.insert_at(2, "meta", meta);
}

/// Calls back for each literal reference to a resource on this server: `Patient/1`, `Patient/1/_history/2`.
fn local_references(value: &Value, found: &mut dyn FnMut(&str, &str, &str)) {
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter() {
                match member.as_str() {
                    Some(text) if name == "reference" => {
                        if let Some((kind, id)) = local_reference(text) {
                            found(text, kind, id);
                        }
                    }
                    Some(_) => {}
                    None => local_references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| local_references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn local_reference(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.split_once('/')?;
    let id = rest.split_once("/_history/").map_or(rest, |(id, _)| id);
    (kind_code(kind).is_some() && !id.is_empty() && !id.contains(['/', '?', '#']))
        .then_some((kind, id))
}

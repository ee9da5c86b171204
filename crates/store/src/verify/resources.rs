//! Resources: the body is of its row, the history is unbroken, the index rows are those of the body.

use aceso_fhir::search::extract;
use aceso_fhir::{Value, json};
use rusqlite::{Connection, OptionalExtension};

use super::cells::{Cells, TABLES, cells};
use super::versions::Versions;
use super::{Check, PAGE, REBUILD, RESTORE};
use crate::index::{Rows, rows};
use crate::key::Keys;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{Change, NoteSignature, StoreError, Stored, signed};

/// A row that could be read, or why not.
type Read = (i64, Result<Stored, StoreError>);

impl Check<'_> {
    /// All of them.
    pub(super) fn resources(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        let mut versions = Versions::after(i64::MIN);
        while let Some(last) = self.some_resources(after, PAGE, &mut versions)? {
            after = last;
            progress(self.report.resources);
        }
        self.left_over(&mut versions, i64::MAX)
    }

    /// At most so many after this key, each with its older versions; answers the last key, or none when there are no
    /// more.
    pub(super) fn some_resources(
        &mut self,
        after: i64,
        count: i64,
        versions: &mut Versions,
    ) -> Result<Option<i64>, StoreError> {
        let page = read(&self.record, &self.keys, after, count)?;
        let Some((last, _)) = page.last() else {
            return Ok(None);
        };
        let last = *last;
        for (key, found) in page {
            self.report.resources += 1;
            // Keys just before this one that have no current version.
            self.left_over(versions, key.saturating_sub(1))?;
            match found {
                Ok(stored) => {
                    self.history(key, &stored, versions)?;
                    self.resource(key, &stored)?;
                }
                Err(error) => {
                    self.find(
                        &format!("table res, key {key}"),
                        &error.to_string(),
                        RESTORE,
                    );
                }
            }
        }
        Ok(Some(last))
    }

    /// Older versions of what has no current one.
    pub(super) fn left_over(
        &mut self,
        versions: &mut Versions,
        upto: i64,
    ) -> Result<(), StoreError> {
        while let Some(older) = versions.next_upto(&self.record, &self.keys, upto)? {
            self.report.versions += 1;
            let place = older
                .found
                .as_ref()
                .map_or_else(|_| format!("table hist, key {}", older.key), Stored::name);
            let what = "an older version of a resource whose current version is missing";
            self.find(&place, what, RESTORE);
        }
        Ok(())
    }

    fn history(
        &mut self,
        key: i64,
        current: &Stored,
        versions: &mut Versions,
    ) -> Result<(), StoreError> {
        let mut expected = 1_i64;
        while let Some(older) = versions.next_upto(&self.record, &self.keys, key)? {
            self.report.versions += 1;
            let place = format!("{}/{}/{}", current.kind, current.id, older.version);
            while expected < older.version {
                self.lost_version(key, current, expected)?;
                expected += 1;
            }
            expected = older.version + 1;
            if older.version.cast_unsigned() >= current.version {
                self.find(
                    &place,
                    "an older version that is newer than the current one",
                    RESTORE,
                );
            }
            match older.found {
                Ok(stored) if stored.kind != current.kind || stored.id != current.id => {
                    self.find(
                        &place,
                        "an older version under the key of another resource",
                        RESTORE,
                    );
                }
                Ok(stored) => {
                    self.document(&stored);
                }
                Err(error) => self.find(&place, &error.to_string(), RESTORE),
            }
        }
        while expected.cast_unsigned() < current.version {
            self.lost_version(key, current, expected)?;
            expected += 1;
        }
        Ok(())
    }

    /// A version that is not there: lost, unless it was an erased patient's.
    fn lost_version(&mut self, key: i64, current: &Stored, version: i64) -> Result<(), StoreError> {
        let erased = {
            let mut one = self.record.prepare_cached(sql::ERASED_VERSION_ONE)?;
            one.query_row((key, version), |row| row.get::<_, i64>(0))
                .optional()?
        };
        if erased.is_some() {
            return Ok(());
        }
        let place = format!("{}/{}/{version}", current.kind, current.id);
        self.find(&place, "this version is missing from the history", RESTORE);
        Ok(())
    }

    fn resource(&mut self, key: i64, stored: &Stored) -> Result<(), StoreError> {
        if self.keys.of(stored.kind, &stored.id) != key {
            self.find(
                &stored.name(),
                "stands under a key that is not its own",
                RESTORE,
            );
        }
        let Some(document) = self.document(stored) else {
            return Ok(());
        };
        let wanted = expected(&self.keys, stored, key, &document);
        self.report.index_rows += u64::try_from(wanted.len()).unwrap_or(0);
        let mut lost = Vec::new();
        for ((table, rows), present) in TABLES.iter().zip(cells(&wanted)).zip(&mut self.present) {
            for row in rows {
                if table.holds(&self.record, &row)? {
                    *present += 1;
                } else {
                    lost.push(table.describe(&row));
                }
            }
        }
        if let Some(first) = lost.first() {
            let more = match lost.len() {
                1 => String::new(),
                n => format!(", and {} more", n - 1),
            };
            let what = format!("index row missing: {first}{more}");
            self.find(&stored.name(), &what, REBUILD);
            self.report.lacking.push(key);
        }
        Ok(())
    }

    /// The body as a document; findings when it is not one, or not of this version.
    fn document(&mut self, stored: &Stored) -> Option<Value> {
        if stored.change == Change::Deleted {
            if !stored.body.is_empty() {
                self.find(&stored.name(), "a deletion with a body", RESTORE);
            }
            return None;
        }
        match json::read(&stored.body) {
            Ok(document) => {
                if let Some(what) = of_another(stored, &document) {
                    self.find(&stored.name(), &what, RESTORE);
                }
                self.signature(stored, &document);
                Some(document)
            }
            Err(error) => {
                let what = format!("the body is no FHIR document: {error}");
                self.find(&stored.name(), &what, RESTORE);
                None
            }
        }
    }
}

impl Check<'_> {
    /// A signed note is as its author signed it.
    fn signature(&mut self, stored: &Stored, document: &Value) {
        if stored.kind != "Composition" {
            return;
        }
        let found = signed::check(document, |id| signed::kept(&self.record, id));
        let what = match found {
            Ok(NoteSignature::Unsigned) => return,
            Ok(NoteSignature::Valid { .. }) => None,
            Ok(NoteSignature::Broken(why)) => Some(format!("a signed note: {why}")),
            Err(error) => Some(format!("its signature cannot be checked: {error}")),
        };
        self.report.signed += 1;
        if let Some(what) = what {
            self.find(&stored.name(), &what, RESTORE);
        }
    }
}

/// What of the body is not of its row: the columns are named, their content is not shown.
fn of_another(stored: &Stored, document: &Value) -> Option<String> {
    let meta = document.get("meta");
    let at = |name| meta.and_then(|m| m.str_at(name)).unwrap_or_default();
    let version = stored.version.to_string();
    let updated = stored.updated.to_fhir();
    let same = [
        ("type", document.resource_type() == Some(stored.kind)),
        ("id", document.id() == Some(&stored.id)),
        ("meta.versionId", at("versionId") == version),
        ("meta.lastUpdated", at("lastUpdated") == updated),
    ];
    let differ: Vec<&str> = same
        .into_iter()
        .filter_map(|(name, same)| (!same).then_some(name))
        .collect();
    (!differ.is_empty()).then(|| {
        format!(
            "the body is of another resource or version: {} differ(s) from the row",
            differ.join(", ")
        )
    })
}

/// The rows that a resource should have.
pub(super) fn expected(keys: &Keys, stored: &Stored, key: i64, document: &Value) -> Rows {
    rows(keys, stored.kind, key, document, &extract(document, None))
}

/// The rows, by table, of a resource.
pub(super) type Wanted = [Vec<Cells>; super::cells::COUNT];

/// The rows that the resource of this key should have now: none for one that is not there or is deleted. What it should have
/// cannot be told when its body cannot be read: its rows may be all that is left of it.
pub(super) fn wanted(
    record: &Connection,
    keys: &Keys,
    key: i64,
) -> Result<Option<Wanted>, StoreError> {
    let mut statement = record.prepare_cached(sql::RES_ONE)?;
    let found = statement
        .query_row([key], |row| Ok(from_row(keys, row)))
        .optional()?;
    let stored = match found {
        None => return Ok(Some(Wanted::default())),
        Some(Err(_)) => return Ok(None),
        Some(Ok((_, stored))) => stored,
    };
    if stored.change == Change::Deleted {
        return Ok(Some(Wanted::default()));
    }
    let document = json::read(&stored.body).ok();
    Ok(document.map(|document| cells(&expected(keys, &stored, key, &document))))
}

fn read(record: &Connection, keys: &Keys, after: i64, count: i64) -> Result<Vec<Read>, StoreError> {
    let mut statement = record.prepare_cached(sql::RES_AFTER)?;
    let mut rows = statement.query((after, count))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, from_row(keys, row).map(|(_, stored)| stored)));
    }
    Ok(found)
}

//! Bulk exports: asked for by a client, made ready by the program, fetched by the same client. What is kept is a list of
//! versions; a file is read from the record when it is fetched, as the client that fetches it.

use aceso_base::Instant;
use aceso_policy::{Caller, Job, Purpose, Who};
use rusqlite::{Connection, OptionalExtension, Row};
use tokio::sync::Notify;

use crate::audit::{Entry, Outcome, entry};
use crate::key::{kind_code, kind_name};
use crate::owner::Owner;
use crate::statements as sql;
use crate::{Store, StoreError};

/// So many exports of one client can be under way.
const MOST: i64 = 16;
/// An export that is not made ready, and one that is, can be fetched this long.
const LIFE_MILLIS: i64 = 86_400_000;

/// An export to be made.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// The level's name.
    pub level: String,
    /// The query, as it was sent.
    pub query: String,
    /// The whole address that asked.
    pub request: String,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its id: 128 random bits.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The level's name.
    pub level: String,
    /// The query, as it was sent.
    pub query: String,
    /// The whole address that asked.
    pub request: String,
    /// All changes up to then are in it.
    pub at: Instant,
    /// How far it is.
    pub state: ExportState,
    /// When it is forgotten.
    pub expires: Instant,
    /// Its files.
    pub files: Vec<ExportFile>,
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportState {
    /// It is being made.
    Waiting,
    /// It can be fetched.
    Ready,
    /// It cannot be made.
    Failed(String),
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFile {
    /// Its number, from 1.
    pub number: u32,
    /// The type of the resources in it.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// Whether some of them are about substance use.
    pub marking: Marking,
}

/// Whether something bears the marks of what leaves about substance use (42 CFR 2.32).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marking {
    /// Nothing does.
    #[default]
    None,
    /// Something does.
    Some,
}

/// The versions in a file of an export: the type, and each id with its version.
pub type ExportItems = (&'static str, Vec<(String, u64)>);

/// Why an export was refused.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Exports are for clients on their own authority.
    #[error(
        "only a registered client can ask for an export, on its own authority (SMART backend services)"
    )]
    NotAClient,
    /// Too many are under way.
    #[error("too many exports are under way")]
    TooMany,
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// The exports that are to be made; for the part of the program that makes them.
#[derive(Clone)]
pub struct Exports(Store);

/// Wakes who makes exports.
#[derive(Default)]
pub(crate) struct BulkNews(Notify);

impl Store {
    /// Asks for an export; gives its id.
    pub async fn begin_export(
        &self,
        caller: &Caller,
        new: NewExport,
    ) -> Result<String, ExportError> {
        let Some(owner) = Owner::of(caller) else {
            let denied = self.of_export(caller, "export", Outcome::Denied, &new.request);
            self.0.writer.run(|_| Ok(()), Some(denied)).await?;
            return Err(ExportError::NotAClient);
        };
        let client = owner.client.clone();
        let busy = move |connection: &mut Connection| {
            connection
                .prepare_cached(sql::BULK_BUSY)?
                .query_row([client], |row| row.get::<_, i64>(0))
        };
        if self
            .0
            .readers
            .quiet(busy)
            .await?
            .map_err(StoreError::from)?
            >= MOST
        {
            return Err(ExportError::TooMany);
        }
        let id = self.new_uuid()?.replace('-', "");
        let now = self.now();
        let entry = self.of_export(caller, "export", Outcome::Done, &new.request);
        let (
            key,
            NewExport {
                level,
                query,
                request,
            },
        ) = (id.clone(), new);
        let add = move |tx: &Connection| {
            let Owner {
                client,
                scopes,
                patient,
            } = owner;
            let (at, expires) = (now.millis(), now.plus_millis(LIFE_MILLIS).millis());
            let row = (
                key, client, scopes, patient, level, query, request, at, expires,
            );
            tx.prepare_cached(sql::BULK_ADD)?.execute(row)?;
            Ok(())
        };
        self.0.writer.run(add, Some(entry)).await?;
        self.0.bulk_news.0.notify_one();
        Ok(id)
    }

    /// An export of this client; none when it is another's, or over.
    pub async fn export(&self, caller: &Caller, id: &str) -> Result<Option<Export>, StoreError> {
        let Some(owner) = Owner::of(caller) else {
            return Ok(None);
        };
        let found = self.find_export(id).await?;
        let now = self.now();
        Ok(found.filter(|e| e.owner.client == owner.client && now < e.expires))
    }

    /// Forgets an export of this client, also one under way. Answers whether there was one.
    pub async fn end_export(&self, caller: &Caller, id: &str) -> Result<bool, StoreError> {
        if self.export(caller, id).await?.is_none() {
            return Ok(false);
        }
        let entry = self.of_export(caller, "export end", Outcome::Done, id);
        let id = id.to_owned();
        self.0
            .writer
            .run(move |tx| forget(tx, &id), Some(entry))
            .await?;
        Ok(true)
    }

    /// The versions in a file of an export of this client.
    pub async fn export_items(
        &self,
        caller: &Caller,
        id: &str,
        number: u32,
    ) -> Result<Option<ExportItems>, StoreError> {
        let export = self.export(caller, id).await?;
        if export.is_none_or(|e| e.state != ExportState::Ready) {
            return Ok(None);
        }
        let id = id.to_owned();
        let look = move |connection: &mut Connection| {
            let mut one = connection.prepare_cached(sql::BULK_FILE_ONE)?;
            let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
            one.query_row((id, number), row).optional()
        };
        let found = self.0.readers.quiet(look).await??;
        let item = |line: &str| {
            let (id, version) = line.split_once('/')?;
            Some((id.to_owned(), version.parse().ok()?))
        };
        Ok(found.and_then(|(kind, items)| {
            Some((kind_name(kind)?, items.lines().filter_map(item).collect()))
        }))
    }

    /// The exports that are to be made, for [`Job::Deliver`] alone.
    pub fn exports(&self, caller: &Caller) -> Option<Exports> {
        matches!(caller.who, Who::Job(Job::Deliver)).then(|| Exports(self.clone()))
    }

    async fn find_export(&self, id: &str) -> Result<Option<Export>, StoreError> {
        let id = id.to_owned();
        let look = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            find(&snapshot, id)
        };
        self.0.readers.quiet(look).await?
    }

    fn of_export(&self, caller: &Caller, act: &str, outcome: Outcome, detail: &str) -> Entry {
        let none = &mut std::iter::empty();
        entry(
            self.now(),
            caller,
            Purpose::Operations,
            act,
            outcome,
            detail,
            none,
        )
    }
}

impl Exports {
    /// The next export to be made; from now on it counts all changes up to now.
    pub async fn next(&self) -> Result<Option<Export>, StoreError> {
        let look = |connection: &mut Connection| {
            connection
                .prepare_cached(sql::BULK_NEXT)?
                .query_row([], |row| row.get::<_, String>(0))
                .optional()
        };
        let Some(id) = self.0.0.readers.quiet(look).await?? else {
            return Ok(None);
        };
        let (key, now) = (id.clone(), self.0.now().millis());
        let begin = move |tx: &Connection| {
            tx.prepare_cached(sql::BULK_FILE_DROP)?.execute([&key])?;
            tx.prepare_cached(sql::BULK_BEGIN)?.execute((now, key))?;
            Ok(())
        };
        self.0.0.writer.run(begin, None).await?;
        self.0.find_export(&id).await
    }

    /// Adds a file. Answers whether the export is still wanted.
    pub async fn add(
        &self,
        id: &str,
        number: u32,
        kind: &'static str,
        items: &[(String, u64)],
        marking: Marking,
    ) -> Result<bool, StoreError> {
        let lines: Vec<String> = items
            .iter()
            .map(|(id, version)| format!("{id}/{version}"))
            .collect();
        let (count, text) = (
            i64::try_from(items.len()).unwrap_or(i64::MAX),
            lines.join("\n"),
        );
        let (id, code) = (id.to_owned(), kind_code(kind).unwrap_or(u8::MAX));
        let (told, answer) = tokio::sync::oneshot::channel();
        let add = move |tx: &Connection| {
            let marked = i64::from(marking == Marking::Some);
            let row = (number, code, count, text, marked, id);
            let added = tx.prepare_cached(sql::BULK_FILE_ADD)?.execute(row)?;
            let _ = told.send(added == 1);
            Ok(())
        };
        self.0.0.writer.run(add, None).await?;
        answer.await.map_err(|_| StoreError::closed())
    }

    /// It is ready, or it cannot be made.
    pub async fn end(&self, id: &str, failure: Option<String>) -> Result<(), StoreError> {
        let expires = self.0.now().plus_millis(LIFE_MILLIS).millis();
        let (id, state) = (id.to_owned(), if failure.is_none() { 1 } else { 2 });
        let end = move |tx: &Connection| {
            tx.prepare_cached(sql::BULK_END)?
                .execute((state, failure, expires, id))?;
            Ok(())
        };
        self.0.0.writer.run(end, None).await
    }

    /// Forgets those whose time is over.
    pub async fn prune(&self) -> Result<(), StoreError> {
        let now = self.0.now().millis();
        let prune = move |tx: &Connection| {
            let mut expired = tx.prepare_cached(sql::BULK_EXPIRED)?;
            let ids = expired.query_map([now], |row| row.get(0))?;
            let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
            ids.iter().try_for_each(|id| forget(tx, id))
        };
        self.0.0.writer.run(prune, None).await
    }

    /// Ready when another export is asked for; may be ready without.
    pub async fn news(&self) {
        self.0.0.bulk_news.0.notified().await;
    }
}

fn find(connection: &Connection, id: String) -> Result<Option<Export>, StoreError> {
    let mut all = connection.prepare_cached(sql::BULK_FILE_ALL)?;
    let files = all.query_map([&id], |row| {
        Ok(ExportFile {
            number: row.get(0)?,
            kind: kind_name(row.get(1)?).unwrap_or_default(),
            count: row.get::<_, i64>(2)?.cast_unsigned(),
            marking: match row.get::<_, i64>(3)? {
                0 => Marking::None,
                _ => Marking::Some,
            },
        })
    })?;
    let files: Vec<ExportFile> = files.collect::<rusqlite::Result<_>>()?;
    let mut one = connection.prepare_cached(sql::BULK_ONE)?;
    let row = |row: &Row<'_>| {
        let failure: Option<String> = row.get(8)?;
        Ok(Export {
            id: id.clone(),
            owner: Owner {
                client: row.get(0)?,
                scopes: row.get(1)?,
                patient: row.get(2)?,
            },
            level: row.get(3)?,
            query: row.get(4)?,
            request: row.get(5)?,
            at: Instant::from_millis(row.get(6)?),
            state: match (row.get::<_, i64>(7)?, failure) {
                (0, _) => ExportState::Waiting,
                (1, _) => ExportState::Ready,
                (_, failure) => ExportState::Failed(failure.unwrap_or_default()),
            },
            expires: Instant::from_millis(row.get(9)?),
            files: files.clone(),
        })
    };
    Ok(one.query_row([&id], row).optional()?)
}

fn forget(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(sql::BULK_FILE_DROP)?.execute([id])?;
    tx.prepare_cached(sql::BULK_REMOVE)?.execute([id])?;
    Ok(())
}

//! Making bulk exports ready: listing, as the client that asked, the versions that go into each file.
//!
//! Nothing is written but the lists, so a crash costs a listing and no more: it begins again.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use aceso_fhir::bulk::{BulkTerms, Level};
use aceso_fhir::search::Query;
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Job, Purpose};
use aceso_store::{Export, Exports, Marking, ReadError, Store, StoreError, Stored};

/// The most resources in a file.
const FILE: usize = 2_000;
const PAGE: u32 = 1_000;
/// How often to look for exports that were asked for without a word.
const EVERY: Duration = Duration::from_secs(10);

/// Makes a store's exports ready; cheap to clone.
#[derive(Clone)]
pub struct Exporter {
    store: Store,
    exports: Exports,
}

/// Why an export was not made.
enum Failure {
    /// It cannot be: the client is told.
    Never(String),
    /// It is wanted no more.
    Over,
    /// The store failed: it begins again.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => Self::Store(error),
            ReadError::Forbidden => Self::Never("the client may not read what it asks for".into()),
            ReadError::Unknown | ReadError::Gone { .. } => {
                Self::Never("the Group is not known (any more)".into())
            }
            ReadError::BadQuery(text) => Self::Never(text),
        }
    }
}

/// What was found and is not in a file yet.
struct Lists<'a> {
    exports: &'a Exports,
    id: &'a str,
    files: u32,
    open: BTreeMap<&'static str, Open>,
    seen: HashSet<(&'static str, String)>,
}

/// A file that is being listed.
#[derive(Default)]
struct Open {
    items: Vec<(String, u64)>,
    marking: Marking,
}

impl Exporter {
    /// For this store; none when it has no exports for the part of the program that makes them.
    pub fn new(store: Store) -> Option<Self> {
        let exports = store.exports(&Caller::job(Job::Deliver))?;
        Some(Self { store, exports })
    }

    /// Makes exports until it is dropped.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.round().await {
                tracing::error!(%error, "an export could not be made; it begins again");
            }
            let _ = tokio::time::timeout(EVERY, self.exports.news()).await;
        }
    }

    /// Makes all exports that are waiting, and forgets those whose time is over.
    ///
    /// # Errors
    /// When the store fails; the export begins again in the next round.
    pub async fn round(&self) -> Result<(), StoreError> {
        self.exports.prune().await?;
        while let Some(export) = self.exports.next().await? {
            match self.make(&export).await {
                Ok(()) => self.exports.end(&export.id, None).await?,
                Err(Failure::Never(why)) => self.exports.end(&export.id, Some(why)).await?,
                Err(Failure::Over) => {}
                Err(Failure::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }

    async fn make(&self, export: &Export) -> Result<(), Failure> {
        let never = |text: &str| Failure::Never(text.to_owned());
        let pairs: Vec<(String, String)> = json::read(export.query.as_bytes())
            .map(|value| pairs(&value))
            .map_err(|_| never("the query cannot be read"))?;
        let terms = BulkTerms::read(&pairs, export.at);
        let terms = terms.map_err(|(name, why)| Failure::Never(format!("{name}: {why}")))?;
        let level = Level::read(&export.level).ok_or_else(|| never("no such level"))?;
        let callers = self
            .store
            .on_behalf(&export.owner, &["export/", &export.id].concat())
            .await?;
        let callers = callers.ok_or_else(|| never("the client is registered no more"))?;
        let caller = callers
            .first()
            .ok_or_else(|| never("the client may do nothing"))?;
        let mut lists = Lists {
            exports: &self.exports,
            id: &export.id,
            files: 0,
            open: BTreeMap::new(),
            seen: HashSet::new(),
        };
        match level {
            Level::System => self.list(caller, terms.everything(), &mut lists).await?,
            Level::Patient => {
                let mut query = Query {
                    kind: Some("Patient"),
                    count: Some(PAGE),
                    ..Query::default()
                };
                loop {
                    let page = self
                        .store
                        .read(caller, Purpose::Operations)
                        .search(query.clone())
                        .await?;
                    for patient in &page.matches {
                        self.compartment(caller, &terms, &patient.id, &mut lists)
                            .await?;
                    }
                    query.cursor = page.next;
                    if query.cursor.is_none() {
                        break;
                    }
                }
            }
            Level::Group(id) => {
                let group = self
                    .store
                    .read(caller, Purpose::Operations)
                    .fetch("Group", &id)
                    .await?;
                for patient in members(&group) {
                    self.compartment(caller, &terms, &patient, &mut lists)
                        .await?;
                }
            }
        }
        lists.close().await
    }

    async fn compartment(
        &self,
        caller: &Caller,
        terms: &BulkTerms,
        patient: &str,
        lists: &mut Lists<'_>,
    ) -> Result<(), Failure> {
        match terms.compartment(patient) {
            Some(query) => self.list(caller, query, lists).await,
            None => Ok(()),
        }
    }

    async fn list(
        &self,
        caller: &Caller,
        mut query: Query,
        lists: &mut Lists<'_>,
    ) -> Result<(), Failure> {
        query.count = Some(PAGE);
        loop {
            let page = self
                .store
                .read(caller, Purpose::Operations)
                .search(query.clone())
                .await?;
            for stored in page.matches {
                lists.add(stored).await?;
            }
            query.cursor = page.next;
            if query.cursor.is_none() {
                return Ok(());
            }
        }
    }
}

impl Lists<'_> {
    async fn add(&mut self, stored: Stored) -> Result<(), Failure> {
        let Stored {
            kind,
            id,
            version,
            release,
            ..
        } = stored;
        if !self.seen.insert((kind, id.clone())) {
            return Ok(());
        }
        let list = self.open.entry(kind).or_default();
        list.items.push((id, version));
        if release.is_some() {
            list.marking = Marking::Some;
        }
        if list.items.len() < FILE {
            return Ok(());
        }
        let open = std::mem::take(list);
        self.file(kind, open).await
    }

    async fn close(&mut self) -> Result<(), Failure> {
        for (kind, open) in std::mem::take(&mut self.open) {
            if !open.items.is_empty() {
                self.file(kind, open).await?;
            }
        }
        Ok(())
    }

    async fn file(&mut self, kind: &'static str, open: Open) -> Result<(), Failure> {
        self.files += 1;
        let added = self
            .exports
            .add(self.id, self.files, kind, &open.items, open.marking);
        if added.await? {
            Ok(())
        } else {
            Err(Failure::Over)
        }
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let pair = |item: &Value| {
        let [name, value] = item.each() else {
            return None;
        };
        Some((name.as_str()?.to_owned(), value.as_str()?.to_owned()))
    };
    value.each().iter().filter_map(pair).collect()
}

/// The patients in a Group (logical ids), those that left it aside.
fn members(group: &Stored) -> Vec<String> {
    let Ok(document) = json::read(&group.body) else {
        return Vec::new();
    };
    let here = |member: &&Value| member.get("inactive").and_then(Value::as_bool) != Some(true);
    let patient = |member: &Value| {
        let reference = member.get("entity")?.str_at("reference")?;
        let id = reference.strip_prefix("Patient/")?;
        Some(id.split('/').next().unwrap_or(id).to_owned())
    };
    document
        .items_at("member")
        .iter()
        .filter(here)
        .filter_map(patient)
        .collect()
}

//! Reading for one caller and purpose.

mod many;

use aceso_fhir::json;
use aceso_fhir::search::Query;
use aceso_fhir::topic::Event;
use aceso_policy::{Action, Caller, Masks, Purpose};
use rusqlite::{Connection, OptionalExtension};

use crate::audit::{Entry, Outcome, Versions, entry};
use crate::engine::Snapshot;
use crate::history::{self, HistoryPage, HistoryQuery};
use crate::key::Keys;
use crate::leave::{Leaves, Leaving, Release};
use crate::mask;
use crate::reach::{Asking, Limit, Way, limit};
use crate::search::{self, SearchPage};
use crate::statements::{HIST_ONE, RES_ONE};
use crate::stored::from_row;
use crate::subscription::{SUBSCRIPTION, Told, events, told};
use crate::{Change, ReadError, Store, StoreError, Stored};

/// Reading for one caller and purpose. Every answer has its audit entry on disk before it is given.
pub struct Reading {
    store: Store,
    caller: Caller,
    purpose: Purpose,
    way: Way,
}

/// What an audit entry says, apart from the answer.
pub(crate) struct Note {
    act: &'static str,
    detail: String,
}

impl Note {
    /// Of a look at older versions.
    pub(crate) const fn history(detail: String) -> Self {
        Self {
            act: "history",
            detail,
        }
    }
}

impl Reading {
    pub(crate) fn new(store: Store, caller: Caller, purpose: Purpose) -> Self {
        Self {
            store,
            caller,
            purpose,
            way: Way::Within,
        }
    }

    pub(crate) fn to_leave(store: Store, caller: Caller, purpose: Purpose) -> Self {
        Self {
            way: Way::Out,
            ..Self::new(store, caller, purpose)
        }
    }

    /// The current version.
    pub async fn fetch(&self, kind: &'static str, id: &str) -> Result<Stored, ReadError> {
        let limit = self.allowed(Action::Read, kind, "read", id).await?;
        let (keys, id) = (self.store.0.keys.clone(), id.to_owned());
        let note = Note {
            act: "read",
            detail: String::new(),
        };
        self.logged(note, move |connection| {
            let found = current(connection, &keys, kind, &id)?;
            within(found, &limit, connection, &keys, (kind, &id))
        })
        .await
    }

    /// One version, also an old one.
    pub async fn fetch_version(
        &self,
        kind: &'static str,
        id: &str,
        version: u64,
    ) -> Result<Stored, ReadError> {
        let limit = self.allowed(Action::Read, kind, "vread", id).await?;
        let (keys, id) = (self.store.0.keys.clone(), id.to_owned());
        let note = Note {
            act: "vread",
            detail: String::new(),
        };
        self.logged(note, move |connection| {
            let found = current(connection, &keys, kind, &id)?.filter(|s| s.version >= version);
            let found = match found {
                Some(stored) if !limit.covers(connection, &keys, &stored)? => None,
                Some(stored) if stored.version == version => Some(stored),
                Some(_) => old(connection, &keys, keys.of(kind, &id), version)?,
                None => None,
            };
            match found {
                Some(stored) if !limit.covers_version(connection, &keys, &stored)? => {
                    Ok(Found::Unknown([kind, "/", &id].concat()))
                }
                found => within(found, &Limit::None, connection, &keys, (kind, &id)),
            }
        })
        .await
    }

    /// These versions of resources of a type, by id and version; those that the caller may not see, or that are not there,
    /// are left out.
    pub async fn versions(
        &self,
        kind: &'static str,
        items: Vec<(String, u64)>,
    ) -> Result<Vec<Stored>, ReadError> {
        let limit = self.allowed(Action::Read, kind, "vread", "").await?;
        let (keys, masks, leaving) = (self.store.0.keys.clone(), self.masks(), self.leaving());
        let log = self.logger(Note {
            act: "vread",
            detail: String::new(),
        });
        let job = move |connection: &mut Connection| {
            let found = Snapshot::new(connection);
            let found = found.and_then(|snapshot| {
                let mut found = Vec::with_capacity(items.len());
                for (id, version) in &items {
                    found.extend(visible(&snapshot, &keys, &limit, (kind, id), *version)?);
                }
                let rests = leaving.mark(&snapshot, Versions::Any, &mut found.iter_mut())?;
                Ok((found, rests))
            });
            match found {
                Ok((found, rests)) => {
                    let entry = log(Outcome::Done, &mut found.iter().map(Stored::name));
                    let entry = entry.resting(&rests);
                    let shown = &mut found.iter();
                    let (entry, known) = entry.about(connection, &keys, Versions::Any, shown);
                    (known.and_then(|()| mask::all_for(&masks, found)), entry)
                }
                Err(error) => (Err(error), log(Outcome::Unknown, &mut std::iter::empty())),
            }
        };
        Ok(self.store.0.readers.logged(job).await??)
    }

    /// Versions, newest first. A page.
    pub async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, ReadError> {
        let act = if query.id.is_some() {
            Action::Read
        } else {
            Action::Search
        };
        let detail = query.describe();
        let kinds = match query.kind {
            Some(kind) => vec![(kind, self.allowed(act, kind, "history", &detail).await?)],
            None => self.reachable(act, "history", &detail).await?,
        };
        let (keys, masks, leaving) = (self.store.0.keys.clone(), self.masks(), self.leaving());
        let log = self.logger(Note::history(detail));
        self.store
            .0
            .readers
            .logged(move |connection| {
                let answer = history::page(connection, &keys, &query, &kinds);
                let answer = answer.and_then(|mut page| {
                    let shown = &mut page.versions.iter_mut();
                    let rests = leaving.mark(connection, Versions::Any, shown)?;
                    Ok((page, rests))
                });
                match answer {
                    Ok((page, rests)) => {
                        let names = &mut page.versions.iter().map(Stored::name);
                        let entry = log(Outcome::Done, names).resting(&rests);
                        let (entry, known) = entry.about(
                            connection,
                            &keys,
                            Versions::Any,
                            &mut page.versions.iter(),
                        );
                        let shown = known.and_then(|()| {
                            let versions = mask::all_for(&masks, page.versions)?;
                            Ok(HistoryPage { versions, ..page })
                        });
                        (shown.map_err(ReadError::from), entry)
                    }
                    Err(error) => (Err(error), log(Outcome::Unknown, &mut std::iter::empty())),
                }
            })
            .await?
    }

    /// How far a Subscription that the caller was given was told, and what happened after the event of this number.
    pub async fn told(
        &self,
        subscription: &Stored,
        after: u64,
        limit: u32,
    ) -> Result<(Option<Told>, Vec<Event>), ReadError> {
        let id = subscription.id.clone();
        if subscription.kind != SUBSCRIPTION {
            return Err(ReadError::Unknown);
        }
        // Whoever may not read it now learns nothing, however they came by it.
        self.allowed(Action::Read, SUBSCRIPTION, "events", &id)
            .await?;
        let look = move |connection: &mut Connection| {
            let snapshot = Snapshot::new(connection)?;
            Ok::<_, StoreError>((told(&snapshot, &id)?, events(&snapshot, &id, after, limit)?))
        };
        Ok(self.store.0.readers.quiet(look).await??)
    }

    /// A page of matches and what comes along with them.
    pub async fn search(&self, mut query: Query) -> Result<SearchPage, ReadError> {
        let limits = match query.kind {
            Some(kind) => vec![(
                kind,
                self.allowed(Action::Search, kind, "search", &query.self_link)
                    .await?,
            )],
            None => {
                self.reachable(Action::Search, "search", &query.self_link)
                    .await?
            }
        };
        let masks = self.restrain(&mut query).await?;
        search::confine(&mut query.clauses, &|kind| {
            limit(&self.asking(), Action::Search, kind).ok()
        });
        search::restrict(&mut query, &limits);
        let included = search::Reachable::new(self.asking());
        let keys = self.store.0.keys.clone();
        let detail = match query.kind {
            Some(kind) => [kind, "?", &query.self_link].concat(),
            None => ["?", &query.self_link].concat(),
        };
        let log = self.logger(Note {
            act: "search",
            detail,
        });
        let leaving = self.leaving();
        let short = search::is_short(&query);
        let job = move |connection: &mut Connection| {
            let found = Snapshot::new(connection).map_err(ReadError::from);
            let found = found.and_then(|c| {
                let (mut page, about) = search::page(&c, &keys, &query, &included)?;
                let rests = leaving.mark(&c, Versions::Current, &mut page.shown())?;
                Ok((page, about, rests, c))
            });
            match found {
                Ok((page, about, rests, snapshot)) => {
                    let shown = || page.matches.iter().chain(&page.included);
                    let (entry, known) = log(Outcome::Done, &mut shown().map(Stored::name))
                        .resting(&rests)
                        .about(&snapshot, &keys, Versions::Listed(&about), &mut shown());
                    let page = known.and_then(|()| mask::page_for(&masks, page));
                    (page.map_err(ReadError::from), entry)
                }
                Err(error) => (Err(error), log(Outcome::Unknown, &mut std::iter::empty())),
            }
        };
        let readers = &self.store.0.readers;
        if short {
            readers.logged_short(job).await?
        } else {
            readers.logged(job).await?
        }
    }

    fn asking(&self) -> Asking {
        Asking {
            way: self.way,
            ..Asking::new(&self.store, &self.caller, self.purpose)
        }
    }

    /// What is to be marked because it leaves the clinic.
    fn leaving(&self) -> Leaves {
        Leaves::of(&self.asking())
    }

    /// On what something about substance use of a patient (logical id) leaves by this reading; none where nothing of it does, or
    /// where nothing is withheld. Nothing is shown by it, and it leaves no entry.
    pub async fn ground(&self, patient: &str) -> Result<Option<Release>, ReadError> {
        let Some(leaving) = Leaving::of(&self.asking()) else {
            return Ok(None);
        };
        let patient = patient.to_owned();
        let readers = &self.store.0.readers;
        let found = readers.quiet(move |record| leaving.of_patient(record, &patient));
        Ok(found.await??)
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// What is hidden from the caller in what they may read.
    pub(crate) fn masks(&self) -> Masks {
        self.store.policies().masks(&self.caller)
    }

    /// What is hidden from the caller cannot be asked for either; that somebody tried is logged.
    async fn restrain(&self, query: &mut Query) -> Result<Masks, ReadError> {
        let masks = self.masks();
        if let Err(error) = mask::restrain(&masks, query) {
            self.denied("search", &query.self_link).await?;
            return Err(error);
        }
        Ok(masks)
    }

    /// Every resource type the caller may act on in this way, with the limit; refused when there is none.
    pub(crate) async fn reachable(
        &self,
        action: Action,
        act: &'static str,
        detail: &str,
    ) -> Result<Vec<(&'static str, Limit)>, ReadError> {
        let names = aceso_fhir::definitions::types().resource_names();
        let mut kinds = Vec::new();
        for kind in names {
            match limit(&self.asking(), action, kind) {
                Ok(limit) => kinds.push((kind, limit)),
                Err(ReadError::Forbidden) => {}
                Err(other) => return Err(other),
            }
        }
        if kinds.is_empty() {
            self.denied(act, detail).await?;
            return Err(ReadError::Forbidden);
        }
        Ok(kinds)
    }

    pub(crate) async fn allowed(
        &self,
        action: Action,
        kind: &'static str,
        act: &'static str,
        detail: &str,
    ) -> Result<Limit, ReadError> {
        match limit(&self.asking(), action, kind) {
            Err(ReadError::Forbidden) => {
                self.denied(act, &[kind, "/", detail].concat()).await?;
                Err(ReadError::Forbidden)
            }
            other => other,
        }
    }

    async fn denied(&self, act: &'static str, detail: &str) -> Result<(), StoreError> {
        let log = self.logger(Note {
            act,
            detail: detail.to_owned(),
        });
        self.store
            .0
            .readers
            .logged_short(move |_| ((), log(Outcome::Denied, &mut std::iter::empty())))
            .await
    }

    /// Runs a job that finds one version, and logs it.
    async fn logged(
        &self,
        note: Note,
        job: impl FnOnce(&Connection) -> Result<Found, StoreError> + Send + 'static,
    ) -> Result<Stored, ReadError> {
        let versions = match note.act {
            "read" => Versions::Current,
            _ => Versions::Any,
        };
        let log = self.logger(note);
        let (keys, masks, leaving) = (self.store.0.keys.clone(), self.masks(), self.leaving());
        self.store
            .0
            .readers
            .logged_short(move |connection| {
                let found = Snapshot::new(connection).and_then(|c| {
                    let mut found = job(&c)?;
                    let rests = leaving.mark(&c, versions, &mut found.shown())?;
                    Ok((found, rests, c))
                });
                match found {
                    Ok((Found::Here(stored), rests, snapshot)) => {
                        let entry = log(Outcome::Done, &mut std::iter::once(stored.name()));
                        let entry = entry.resting(&rests);
                        let shown = &mut std::iter::once(&stored);
                        let (entry, known) = entry.about(&snapshot, &keys, versions, shown);
                        let shown = known.and_then(|()| mask::one_for(&masks, stored));
                        (shown.map_err(ReadError::from), entry)
                    }
                    Ok((Found::Gone(stored), ..)) => {
                        let entry = log(Outcome::Unknown, &mut std::iter::once(stored.name()));
                        let version = stored.version;
                        (Err(ReadError::Gone { version }), entry)
                    }
                    Ok((Found::Unknown(name), ..)) => {
                        let entry = log(Outcome::Unknown, &mut std::iter::once(name));
                        (Err(ReadError::Unknown), entry)
                    }
                    Err(error) => {
                        let entry = log(Outcome::Unknown, &mut std::iter::empty());
                        (Err(ReadError::Store(error)), entry)
                    }
                }
            })
            .await?
    }

    pub(crate) fn logger(
        &self,
        note: Note,
    ) -> impl FnOnce(Outcome, &mut dyn Iterator<Item = String>) -> Entry + Send + 'static {
        let (caller, purpose, at) = (self.caller.clone(), self.purpose, self.store.now());
        move |outcome, items| entry(at, &caller, purpose, note.act, outcome, &note.detail, items)
    }
}

enum Found {
    Here(Stored),
    Gone(Stored),
    Unknown(String),
}

impl Found {
    /// What is shown.
    fn shown(&mut self) -> impl Iterator<Item = &mut Stored> {
        let shown = match self {
            Self::Here(stored) => Some(stored),
            Self::Gone(_) | Self::Unknown(_) => None,
        };
        shown.into_iter()
    }
}

/// A version as the caller may see it: beyond the limit it does not exist.
fn within(
    found: Option<Stored>,
    limit: &Limit,
    connection: &Connection,
    keys: &Keys,
    name: (&str, &str),
) -> Result<Found, StoreError> {
    let unknown = || Found::Unknown([name.0, "/", name.1].concat());
    let Some(stored) = found else {
        return Ok(unknown());
    };
    if !limit.covers(connection, keys, &stored)? {
        return Ok(unknown());
    }
    Ok(if stored.change == Change::Deleted {
        Found::Gone(stored)
    } else {
        Found::Here(stored)
    })
}

/// A version, when it is there, not a deletion, and within the limit, as the current one is.
fn visible(
    connection: &Connection,
    keys: &Keys,
    limit: &Limit,
    (kind, id): (&'static str, &str),
    version: u64,
) -> Result<Option<Stored>, StoreError> {
    let now = current(connection, keys, kind, id)?;
    let Some(now) = now.filter(|s| s.version >= version && s.change != Change::Deleted) else {
        return Ok(None);
    };
    if !limit.covers(connection, keys, &now)? {
        return Ok(None);
    }
    let found = if now.version == version {
        Some(now)
    } else {
        let found = old(connection, keys, keys.of(kind, id), version)?;
        match found {
            Some(stored) if limit.covers_version(connection, keys, &stored)? => Some(stored),
            Some(_) | None => None,
        }
    };
    Ok(found.filter(|s| s.change != Change::Deleted))
}

/// The document of a stored version.
pub(crate) fn document(stored: &Stored) -> Result<aceso_fhir::Value, StoreError> {
    json::read(&stored.body).map_err(|error| StoreError(format!("{}: {error}", stored.name())))
}

/// The current version, deletions included.
pub(crate) fn current(
    connection: &Connection,
    keys: &Keys,
    kind: &str,
    id: &str,
) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(RES_ONE)?;
    let found = statement
        .query_row([keys.of(kind, id)], |row| Ok(from_row(keys, row)))
        .optional()?
        .transpose()?;
    // The key of an id of foreign form is a hash: the name decides.
    Ok(found
        .map(|(_, stored)| stored)
        .filter(|s| s.kind == kind && s.id == id))
}

/// An old version.
pub(crate) fn old(
    connection: &Connection,
    keys: &Keys,
    key: i64,
    version: u64,
) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(HIST_ONE)?;
    let found = statement
        .query_row((key, version.cast_signed()), |row| Ok(from_row(keys, row)))
        .optional()?
        .transpose()?;
    Ok(found.map(|(_, stored)| stored))
}

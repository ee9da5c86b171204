//! Writing for one caller and purpose.

mod condition;

use aceso_base::Instant;
use aceso_fhir::definitions::types;
use aceso_fhir::search::extract;

use aceso_fhir::Value;
use aceso_policy::{Action, Caller, Masks, Purpose};
use bytes::Bytes;
use rustc_hash::FxHashMap;

use crate::access::Facts;
use crate::access::check::{Check, Checked, all_hold};
use crate::audit::{Outcome, entry, ids};
use crate::clients::Mark;
use crate::draft::Draft;
use crate::engine::Snapshot;
use crate::index::{Rows, rows};
use crate::key::{kind_code, own_id};
use crate::leave::{Leaves, marked};
use crate::mask;
use crate::people::Corrected;
use crate::reach::{Asking, Limit, limit};
use crate::reading::{current, document};
use crate::signed::is_signed;
use crate::statements::PART_OF;
use crate::subscription::{Post, SUBSCRIPTION};
use crate::writer::{Plan, Write};
use crate::{Change, ReadError, Store, StoreError, Stored, WriteError};

/// Why a note is not taken that says that it is signed.
const NOT_SIGNED: &str = "meta.tag: a note becomes a signed one (urn:aceso:note|signed) when its author signs it here, and not by its tag; leave the tag out";

/// Writing for one caller and purpose: nothing is done before [`Tx::commit`], then all of it or none.
pub struct Tx {
    store: Store,
    caller: Caller,
    purpose: Purpose,
    at: Instant,
    plan: Plan,
    /// What this transaction wrote, by key.
    written: FxHashMap<i64, Stored>,
    /// References of what it wrote.
    targets: Vec<(i64, String)>,
    acts: Vec<&'static str>,
    /// What the caller was shown, for the audit entry.
    shown: Vec<(i64, String)>,
    /// The patients that what was written is about, or was.
    patients: Vec<i64>,
    /// What must be decided before the commit.
    checks: Vec<Check>,
    /// The notes that are signed here.
    signing: Vec<String>,
    /// The consents on which an app is given what is there.
    rests: Vec<String>,
}

impl Tx {
    pub(crate) fn new(store: Store, caller: Caller, purpose: Purpose) -> Self {
        let at = store.now();
        Self {
            store,
            caller,
            purpose,
            at,
            plan: Plan::default(),
            written: FxHashMap::default(),
            targets: Vec::new(),
            acts: Vec::new(),
            shown: Vec::new(),
            patients: Vec::new(),
            checks: Vec::new(),
            signing: Vec::new(),
            rests: Vec::new(),
        }
    }

    /// Who writes.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Where to.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// Notes that the note of this id is being signed.
    pub(crate) fn note_signing(&mut self, id: &str) {
        self.signing.push(id.to_owned());
    }

    /// The current version as this transaction sees it, its own changes included; the read is part of what must
    /// still be true at commit. A deleted resource comes back as [`Change::Deleted`].
    pub async fn current(
        &mut self,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<Stored>, WriteError> {
        let limit = self.allowed(Action::Read, kind, "read", id)?;
        let key = self.store.0.keys.of(kind, id);
        if let Some(stored) = self.written.get(&key) {
            return Ok(Some(mask::one_for(&self.masks(), stored.clone())?));
        }
        let (found, hidden) = self.look(kind, id, limit).await?;
        self.plan
            .versions
            .push((key, found.as_ref().map(|s| s.version)));
        match found {
            Some(_) if hidden => Ok(None),
            other => {
                self.rests_on(other.as_ref());
                self.shown.extend(other.as_ref().map(|s| (key, s.name())));
                let masks = self.masks();
                Ok(other.map(|s| mask::one_for(&masks, s)).transpose()?)
            }
        }
    }

    /// What this transaction has written of a type so far, as it will be stored: for rules.
    pub fn written(&self, kind: &'static str) -> impl Iterator<Item = &Stored> {
        let all = self.written.values();
        all.filter(move |s| s.kind == kind && s.change != Change::Deleted)
    }

    /// Creates at an id from [`Store::new_id`]. `meta.versionId` and `meta.lastUpdated` are set here.
    pub fn create(&mut self, id: &str, document: Value) -> Result<Stored, WriteError> {
        let draft = self
            .store
            .draft_version(id, document, 1, Change::Created, self.at)?;
        self.add(draft)
    }

    /// Puts a prepared creation in.
    pub fn add(&mut self, draft: Draft) -> Result<Stored, WriteError> {
        let (kind, id) = (draft.stored.kind, &draft.stored.id);
        let limit = self.allowed(Action::Create, kind, "create", id)?;
        self.plan.versions.push((draft.key, None));
        self.check_later("create", limit, &draft);
        self.put("create", draft, Rows::default())
    }

    /// Creates or replaces at this id. `if_match`: the version that must be current.
    pub async fn update(
        &mut self,
        id: &str,
        document: Value,
        if_match: Option<u64>,
    ) -> Result<Stored, WriteError> {
        let kind = document
            .resource_type()
            .and_then(|name| types().resource(name));
        let kind = kind
            .ok_or_else(|| StoreError::text("a document without a known resourceType"))?
            .name;
        let key = self.store.0.keys.of(kind, id);
        // Who may not update may perhaps create: then what is there decides, and is not told.
        let asked = limit(&self.asking(), Action::Update, kind);
        let (found, hidden) = match asked {
            Ok(limit) => self.look(kind, id, limit).await?,
            Err(ReadError::Forbidden) => (self.look(kind, id, Limit::None).await?.0, false),
            Err(other) => return Err(other.into()),
        };
        let version = found.as_ref().map(|s| s.version);
        let (action, act) = if found.is_some() {
            (Action::Update, "update")
        } else {
            (Action::Create, "create")
        };
        let limit = self.allowed(action, kind, act, id)?;
        match (&found, if_match) {
            (Some(stored), _) if stored.change != Change::Deleted && hidden => {
                return Err(WriteError::Unknown);
            }
            (None, Some(_)) => return Err(WriteError::VersionMismatch { current: 0 }),
            (Some(stored), Some(expected)) if stored.version != expected => {
                return Err(WriteError::VersionMismatch {
                    current: stored.version,
                });
            }
            _ => {}
        }
        self.rests_on(found.as_ref());
        if let Some(stored) = &found
            && is_signed(stored)?
        {
            return Err(self.denied("update", kind, id));
        }
        let masks = self.masks();
        if let Some(stored) = &found
            && self.signing.iter().any(|s| s == id)
            && mask::hides_of(&masks, stored)?
        {
            // What they would sign is not what they see.
            return Err(self.denied("sign", kind, id));
        }
        let document = mask::complete(&masks, document, found.as_ref())?;
        self.plan.versions.push((key, version));
        let change = Change::Updated;
        let draft =
            self.store
                .draft_version(id, document, version.unwrap_or(0) + 1, change, self.at)?;
        self.check_later(act, limit, &draft);
        let old = match &found {
            Some(stored) => self.rows_of(key, stored)?,
            None => Rows::default(),
        };
        let mut stored = self.put(act, draft, old)?;
        if let Some(release) = found.and_then(|f| f.release) {
            marked(&mut stored, &release)?;
        }
        Ok(stored)
    }

    /// Deletes. A resource that is not there (any more) is left so: `Ok(None)`.
    pub async fn delete(
        &mut self,
        kind: &'static str,
        id: &str,
        if_match: Option<u64>,
    ) -> Result<Option<Stored>, WriteError> {
        let limit = self.allowed(Action::Delete, kind, "delete", id)?;
        let key = self.store.0.keys.of(kind, id);
        let (found, hidden) = self.look(kind, id, limit).await?;
        self.plan
            .versions
            .push((key, found.as_ref().map(|s| s.version)));
        let Some(stored) = found.filter(|s| s.change != Change::Deleted) else {
            return if if_match.is_some() {
                Err(WriteError::VersionMismatch { current: 0 })
            } else {
                Ok(None)
            };
        };
        if hidden {
            return Ok(None);
        }
        if let Some(expected) = if_match
            && expected != stored.version
        {
            return Err(WriteError::VersionMismatch {
                current: stored.version,
            });
        }
        if is_signed(&stored)? {
            return Err(self.denied("delete", kind, id));
        }
        let remove = self.rows_of(key, &stored)?;
        let version = stored.version + 1;
        let gone = Stored {
            version,
            updated: self.at,
            change: Change::Deleted,
            body: Bytes::new(),
            ..stored
        };
        if !self.store.0.settings.allow_dangling {
            self.plan.unreferenced.push(key);
        }
        let draft = Draft {
            patient: 0,
            kind: kind_code(kind).unwrap_or(u8::MAX),
            stored: gone,
            key,
            ord: 0,
            packed: Vec::new(),
            rows: Rows::default(),
            targets: Vec::new(),
        };
        self.put("delete", draft, remove).map(Some)
    }

    /// All of it durably, or nothing.
    pub async fn commit(mut self) -> Result<(), WriteError> {
        self.check().await?;
        self.plan.posts = self.posts().await?;
        let mut dangling = Vec::new();
        for (key, text) in self.targets.drain(..) {
            match self.written.get(&key) {
                Some(stored) if stored.change == Change::Deleted => dangling.push(text),
                Some(_) => {}
                None => self.plan.targets.push((key, text)),
            }
        }
        if !dangling.is_empty() {
            return Err(WriteError::Dangling(dangling));
        }
        self.plan.targets.sort_unstable();
        self.plan.targets.dedup();
        let about = self.about().await?;
        let act = match self.acts.as_slice() {
            [one] => one,
            [] => "read",
            _ => "transaction",
        };
        let read = self.shown.into_iter();
        let read =
            read.filter_map(|(key, name)| (!self.written.contains_key(&key)).then_some(name));
        let mut names = self
            .plan
            .writes
            .iter()
            .filter_map(|w| self.written.get(&w.key))
            .map(Stored::name)
            .chain(read);
        let (caller, purpose) = (&self.caller, self.purpose);
        let entry = entry(self.at, caller, purpose, act, Outcome::Done, "", &mut names);
        self.rests.sort_unstable();
        self.rests.dedup();
        let entry = entry.resting(&self.rests);
        self.plan.audit = Some(entry.about_patients(about.iter().map(String::as_str)));
        let limited = self.caller.as_person().is_some();
        let told = !self.plan.posts.is_empty() || !self.plan.subscribers.is_empty();
        let mut written = self.written.values();
        let known = written.any(|s| matches!(s.kind, SUBSCRIPTION | "Basic"));
        let day = self.written.values().any(|s| s.kind == "Appointment");
        match self.store.0.writer.commit(self.plan).await {
            // Who refers to it may be beyond the caller's reach.
            Err(WriteError::Referenced(_)) if limited => {
                return Err(WriteError::Referenced(Vec::new()));
            }
            other => other?,
        }
        if known {
            self.store.refresh_subscriptions().await?;
        }
        if told {
            self.store.0.subscriptions.wake();
        }
        if day {
            self.store.0.day_news.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    /// Notes what must be decided with the access rows, before the commit.
    fn check_later(&mut self, act: &'static str, limit: Limit, draft: &Draft) {
        let clause = match limit {
            Limit::None | Limit::Consent(_) => None,
            Limit::Clause(clause) => Some(clause),
        };
        if clause.is_some() || self.caller.as_person().is_some() {
            self.checks.push(Check {
                act,
                clause,
                stored: draft.stored.clone(),
                facts: Facts::new(draft.stored.kind, draft.key, &draft.rows),
            });
        }
    }

    /// Notes the consents on which an app is given what is there.
    fn rests_on(&mut self, stored: Option<&Stored>) {
        let release = stored.and_then(|s| s.release.as_ref());
        self.rests.extend(release.iter().flat_map(|r| r.consents()));
    }

    /// Decides what was left to be decided.
    async fn check(&mut self) -> Result<(), WriteError> {
        if self.checks.is_empty() {
            return Ok(());
        }
        let asking = self.asking();
        let checks = std::mem::take(&mut self.checks);
        let targets: Vec<(i64, String)> = self
            .targets
            .iter()
            .filter(|(key, _)| !self.written.contains_key(key))
            .cloned()
            .collect();
        let job = move |connection: &mut rusqlite::Connection| {
            let snapshot = Snapshot::new(connection)?;
            all_hold(&snapshot, &asking, &checks, &targets)
        };
        match self.store.0.readers.quiet_short(job).await?? {
            Checked::Fine => Ok(()),
            Checked::Refused { act, kind, id } => Err(self.denied(act, kind, &id)),
            Checked::Dangling(texts) => Err(WriteError::Dangling(texts)),
        }
    }

    /// The patients (logical ids) that this transaction is about, but those that it writes as Patients.
    async fn about(&mut self) -> Result<Vec<String>, StoreError> {
        let mut patients = std::mem::take(&mut self.patients);
        let shown = self.shown.iter().map(|(key, _)| *key);
        let shown: Vec<i64> = shown.filter(|k| !self.written.contains_key(k)).collect();
        patients.sort_unstable();
        patients.dedup();
        patients.retain(|key| !self.written.contains_key(key));
        if shown.is_empty() && patients.iter().all(|key| *key >= 0) {
            return Ok(patients.into_iter().filter_map(own_id).collect());
        }
        let job = move |connection: &mut rusqlite::Connection| {
            let snapshot = connection.transaction()?;
            for key in shown {
                let mut of = snapshot.prepare_cached(PART_OF)?;
                let rows = of.query_map([key], |row| row.get(0))?;
                patients.extend(rows.collect::<Result<Vec<i64>, _>>()?);
            }
            patients.sort_unstable();
            patients.dedup();
            ids(&snapshot, &patients)
        };
        self.store.0.readers.quiet(job).await?
    }

    /// Who is to be told of what this transaction writes.
    async fn posts(&self) -> Result<Vec<Post>, StoreError> {
        let written = |write: &Write| {
            let stored = self.written.get(&write.key)?;
            (stored.change != Change::Deleted).then(|| (write.kind, stored.clone()))
        };
        let written = self.plan.writes.iter().filter_map(written);
        self.store.posts(written.collect(), self.at).await
    }

    /// Puts in a new version of a resource that the program itself changes; that `stored` is current is part of what must
    /// still be true at commit.
    pub(crate) fn restate(&mut self, stored: &Stored, document: Value) -> Result<(), WriteError> {
        let key = self.store.0.keys.of(stored.kind, &stored.id);
        self.allowed(Action::Update, stored.kind, "update", &stored.id)?;
        self.plan.versions.push((key, Some(stored.version)));
        let (version, change) = (stored.version + 1, Change::Updated);
        let draft = self
            .store
            .draft_as_is(&stored.id, document, version, change, self.at)?;
        let old = self.rows_of(key, stored)?;
        self.put("update", draft, old).map(drop)
    }

    /// Notes, with what this transaction writes, that a piece of an import is done.
    pub fn mark(&mut self, mark: Mark) {
        self.plan.mark = Some(mark);
    }

    /// Notes, with what this transaction writes, that it corrects a patient's data (`about`: what says so, as `Communication/1`):
    /// whoever received them is to be told ([`Store::tell_of_corrections`]).
    pub fn corrects(&mut self, patient: &str, about: &str) {
        self.plan.corrected = Some(Corrected {
            patient: patient.to_owned(),
            about: about.to_owned(),
            since: self.at,
        });
    }

    fn asking(&self) -> Asking {
        Asking::new(&self.store, &self.caller, self.purpose)
    }

    /// What is hidden from the caller in what they may read.
    fn masks(&self) -> Masks {
        self.store.policies().masks(&self.caller)
    }

    /// Decides by type; a refusal is logged.
    fn allowed(
        &self,
        action: Action,
        kind: &'static str,
        act: &str,
        id: &str,
    ) -> Result<Limit, WriteError> {
        match limit(&self.asking(), action, kind) {
            Err(ReadError::Forbidden) => Err(self.denied(act, kind, id)),
            Err(other) => Err(other.into()),
            Ok(limit) => Ok(limit),
        }
    }

    /// Logs a refusal. Nothing was done or shown, so nobody waits for the entry.
    pub(crate) fn denied(&self, act: &str, kind: &str, id: &str) -> WriteError {
        let name = [kind, "/", id].concat();
        let items = &mut std::iter::once(name);
        let (caller, purpose) = (&self.caller, self.purpose);
        let entry = entry(self.at, caller, purpose, act, Outcome::Denied, "", items);
        self.store.0.readers.log().append(entry, Box::new(|_| ()));
        WriteError::Forbidden
    }

    /// The current version, and whether it is beyond the limit.
    pub(crate) async fn look(
        &self,
        kind: &'static str,
        id: &str,
        limit: Limit,
    ) -> Result<(Option<Stored>, bool), StoreError> {
        let (keys, id) = (self.store.0.keys.clone(), id.to_owned());
        let leaving = Leaves::of(&self.asking());
        let job = move |connection: &mut rusqlite::Connection| {
            let snapshot = Snapshot::new(connection)?;
            let mut found = current(&snapshot, &keys, kind, &id)?;
            let hidden = match &found {
                Some(stored) => !limit.covers(&snapshot, &keys, stored)?,
                None => false,
            };
            if let Some(stored) = found.as_mut().filter(|_| !hidden && !limit.covers_all()) {
                stored.release = leaving.of_current(&snapshot, stored)?;
            }
            Ok((found, hidden))
        };
        self.store.0.readers.quiet_short(job).await?
    }

    fn rows_of(&self, key: i64, stored: &Stored) -> Result<Rows, StoreError> {
        if stored.change == Change::Deleted {
            return Ok(Rows::default());
        }
        let document = document(stored)?;
        let found = extract(&document, None);
        Ok(rows(
            &self.store.0.keys,
            stored.kind,
            key,
            &document,
            &found,
        ))
    }

    fn put(
        &mut self,
        act: &'static str,
        draft: Draft,
        mut remove: Rows,
    ) -> Result<Stored, WriteError> {
        let Draft {
            stored,
            key,
            kind,
            ord,
            patient,
            packed,
            rows: mut add,
            targets,
        } = draft;
        if self.written.contains_key(&key) {
            return Err(WriteError::Twice([stored.kind, "/", &stored.id].concat()));
        }
        if is_signed(&stored)? && !self.signing.contains(&stored.id) {
            return Err(WriteError::BadQuery(NOT_SIGNED.to_owned()));
        }
        if stored.kind == SUBSCRIPTION {
            let there = stored.change != Change::Deleted;
            let document = there.then(|| document(&stored)).transpose()?;
            let subscriptions = &self.store.0.subscriptions;
            let kept = subscriptions.subscriber(&self.caller, &stored, document.as_ref())?;
            self.plan.subscribers.extend(kept);
        }
        let parts = remove.part.iter().chain(&add.part);
        self.patients.extend(parts.map(|row| row[1]));
        Rows::cancel(&mut remove, &mut add);
        let (id, version, updated, change) = (
            stored.id.clone(),
            stored.version,
            stored.updated,
            stored.change,
        );
        self.plan.writes.push(Write {
            key,
            kind,
            id,
            version,
            updated,
            change,
            ord,
            patient,
            body: packed,
            remove,
            add,
        });
        self.targets.extend(targets);
        self.acts.push(act);
        self.written.insert(key, stored.clone());
        Ok(mask::one_for(&self.masks(), stored)?)
    }
}

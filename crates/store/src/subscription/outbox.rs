//! The outbox: what subscribers are still to be told, kept with the writes it tells of.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::topic::{Event, Terms, TermsError};
use aceso_policy::{Caller, Endpoints, Job, Purpose, Target, Who};
use rusqlite::{Connection, OptionalExtension, Row};

use super::SUBSCRIPTION;
use crate::key::kind_name;
use crate::owner::Owner;
use crate::reach::Limit;
use crate::reading::{current, document};
use crate::statements as sql;
use crate::writer::Subscriber;
use crate::{Change, Store, StoreError, WriteError};

/// What subscribers are still to be told; for the part of the program that tells them.
#[derive(Clone)]
pub struct Outbox(Store);

/// A subscriber, and how far it was told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Whose it is.
    pub owner: Owner,
    /// Events since the subscription began.
    pub events: u64,
    /// The last event that was delivered.
    pub sent: u64,
    /// Whether its endpoint has taken the handshake, or needs none.
    pub shaken: bool,
    /// How often the next delivery was tried in vain.
    pub tries: u32,
}

impl Store {
    /// The outbox, for [`Job::Deliver`] alone.
    pub fn outbox(&self, caller: &Caller) -> Option<Outbox> {
        matches!(caller.who, Who::Job(Job::Deliver)).then(|| Outbox(self.clone()))
    }
}

impl Outbox {
    /// Subscriptions that are to be told something now, at most `limit`.
    pub async fn due(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        let now = self.0.now().millis();
        let look = move |connection: &mut Connection| {
            let mut due = connection.prepare_cached(sql::SUBSCRIBER_DUE)?;
            let ids = due.query_map((now, limit), |row| row.get(0))?;
            ids.collect::<rusqlite::Result<Vec<String>>>()
        };
        Ok(self.0.0.readers.quiet(look).await??)
    }

    /// A subscription as it is now, with how far it was told; none when it is gone.
    pub async fn subscription(&self, id: &str) -> Result<Option<(Value, Told)>, StoreError> {
        let (keys, id) = (self.0.0.keys.clone(), id.to_owned());
        let look = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let Some(told) = told(&snapshot, &id)? else {
                return Ok(None);
            };
            let stored = current(&snapshot, &keys, SUBSCRIPTION, &id)?;
            let stored = stored.filter(|s| s.change != Change::Deleted);
            stored.map(|s| Ok((document(&s)?, told))).transpose()
        };
        self.0.0.readers.quiet(look).await?
    }

    /// Whether these terms can still be served, and where to.
    pub fn judge(&self, document: &Value) -> Result<(Terms, Target), TermsError> {
        let none = Endpoints::default();
        let subscriptions = &self.0.0.subscriptions;
        let endpoints = subscriptions.endpoints.get().unwrap_or(&none);
        let terms = subscriptions.judge(document, endpoints, self.0.now());
        let terms = terms.map_err(|(path, text)| TermsError { path, text })?;
        let target = endpoints.target(&terms.endpoint);
        let target = target.ok_or_else(|| TermsError {
            path: "Subscription.channel.endpoint",
            text: "this server may not call this address".to_owned(),
        })?;
        Ok((terms, target))
    }

    /// What happened after the event of this number, the oldest first.
    pub async fn events(&self, id: &str, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let id = id.to_owned();
        let look = move |connection: &mut Connection| events(connection, &id, after, limit);
        self.0.0.readers.quiet(look).await?
    }

    /// Everything up to this event was delivered; the next sign of life is due then.
    pub async fn sent(&self, id: &str, upto: u64, beat: Option<Instant>) -> Result<(), StoreError> {
        let (now, id, beat) = (
            self.0.now().millis(),
            id.to_owned(),
            beat.map(Instant::millis),
        );
        self.run(move |tx| {
            tx.prepare_cached(sql::SUBSCRIBER_SENT)?
                .execute((upto.cast_signed(), now, beat, id))
        })
        .await
    }

    /// A delivery failed: it is tried again then.
    pub async fn later(&self, id: &str, at: Instant) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |tx| {
            tx.prepare_cached(sql::SUBSCRIBER_LATER)?
                .execute((at.millis(), id))
        })
        .await
    }

    /// Nothing is sent until the subscription is written again.
    pub async fn pause(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |tx| tx.prepare_cached(sql::SUBSCRIBER_PAUSE)?.execute([id]))
            .await
    }

    /// Forgets delivered events of before then.
    pub async fn prune(&self, before: Instant) -> Result<(), StoreError> {
        self.run(move |tx| {
            tx.prepare_cached(sql::EVENT_PRUNE)?
                .execute([before.millis()])
        })
        .await
    }

    /// Ready when something new is to be sent; may be ready without.
    pub async fn news(&self) {
        self.0.0.subscriptions.news.notified().await;
    }

    /// Sets a subscription's status, with the text of an error, unless somebody has changed it from `from` since.
    pub async fn set_status(
        &self,
        id: &str,
        from: &str,
        status: &str,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        for _ in 0..8 {
            match self.try_status(id, from, status, error).await {
                Ok(()) => return self.0.refresh_subscriptions().await,
                Err(WriteError::Stale) => {}
                Err(WriteError::Store(error)) => return Err(error),
                Err(error) => return Err(StoreError(error.to_string())),
            }
        }
        Err(StoreError::text("a subscription's status could not be set"))
    }

    async fn try_status(
        &self,
        id: &str,
        from: &str,
        status: &str,
        error: Option<&str>,
    ) -> Result<(), WriteError> {
        let caller = Caller::job(Job::Deliver);
        let mut tx = self.0.write(&caller, Purpose::Operations);
        let (stored, _) = tx.look(SUBSCRIPTION, id, Limit::None).await?;
        let Some(stored) = stored.filter(|s| s.change != Change::Deleted) else {
            return Ok(());
        };
        let mut changed = document(&stored)?;
        if changed.str_at("status") != Some(from) {
            return Ok(());
        }
        if let Some(object) = changed.as_object_mut() {
            object.set("status", status);
            match error {
                Some(text) => object.set("error", text),
                None => drop(object.remove("error")),
            }
        }
        tx.restate(&stored, changed)?;
        tx.commit().await
    }

    async fn run(
        &self,
        act: impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<(), StoreError> {
        let act = move |tx: &Connection| act(tx).map(|_| ()).map_err(StoreError::from);
        self.0.0.writer.run(act, None).await
    }
}

/// How far a subscriber was told.
pub(crate) fn told(connection: &Connection, id: &str) -> Result<Option<Told>, StoreError> {
    let row = |row: &Row<'_>| {
        Ok(Told {
            owner: Owner {
                client: row.get(0)?,
                scopes: row.get(1)?,
                patient: row.get(2)?,
            },
            events: row.get::<_, i64>(3)?.cast_unsigned(),
            sent: row.get::<_, i64>(4)?.cast_unsigned(),
            shaken: row.get::<_, i64>(5)? != 0,
            tries: row.get(6)?,
        })
    };
    let mut one = connection.prepare_cached(sql::SUBSCRIBER_ONE)?;
    Ok(one.query_row([id], row).optional()?)
}

/// What happened after the event of this number.
pub(crate) fn events(
    connection: &Connection,
    id: &str,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached(sql::EVENT_AFTER)?;
    let rows = statement.query_map((id, after.cast_signed(), limit), |row| {
        Ok(Event {
            number: row.get::<_, i64>(0)?.cast_unsigned(),
            at: Instant::from_millis(row.get(1)?),
            kind: kind_name(row.get(2)?).unwrap_or_default(),
            id: row.get(3)?,
            version: row.get::<_, i64>(4)?.cast_unsigned(),
            resource: None,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Carries out what a transaction left for subscribers.
pub(crate) fn keep(
    tx: &Connection,
    subscribers: &[Subscriber],
    posts: &[super::Post],
) -> Result<(), StoreError> {
    for subscriber in subscribers {
        match subscriber {
            Subscriber::Put {
                id,
                owner,
                shaken,
                at,
            } => {
                let Owner {
                    client,
                    scopes,
                    patient,
                } = owner;
                let row = (id, client, scopes, patient, i64::from(*shaken), at.millis());
                tx.prepare_cached(sql::SUBSCRIBER_PUT)?.execute(row)?;
            }
            Subscriber::Pause { id } => {
                tx.prepare_cached(sql::SUBSCRIBER_PAUSE)?.execute([id])?;
            }
            Subscriber::Remove { id } => {
                tx.prepare_cached(sql::EVENT_DROP)?.execute([id])?;
                tx.prepare_cached(sql::SUBSCRIBER_REMOVE)?.execute([id])?;
            }
        }
    }
    for post in posts {
        let at = post.at.millis();
        let number: Option<i64> = tx
            .prepare_cached(sql::SUBSCRIBER_EVENT)?
            .query_row((at, &post.subscription), |row| row.get(0))
            .optional()?;
        if let Some(number) = number {
            let version = post.version.cast_signed();
            let row = (&post.subscription, number, at, post.kind, &post.id, version);
            tx.prepare_cached(sql::EVENT_ADD)?.execute(row)?;
        }
    }
    Ok(())
}

//! Delivering what is in the outbox.
//!
//! An event counts as delivered after the endpoint took it, so it is sent at least once, and after a crash perhaps twice.
//! Those of one subscription are sent in the order of the writes; one that fails holds its successors back.

use std::time::Duration;

use aceso_base::Instant;
use aceso_egress::{Client, Limits, Request, SendError};
use aceso_fhir::Value;
use aceso_fhir::topic::{Event, NotificationKind, Terms, Wants};
use aceso_policy::{Caller, Job, Purpose, Target};
use aceso_store::{Outbox, ReadError, Store, StoreError, Stored, Told};
use tokio::task::JoinSet;

use crate::message::{Message, notification, plain};

/// Subscriptions looked at in one round.
const ROUND: u32 = 64;
/// Rounds between two looks at what other processes have written.
const REFRESH: u32 = 8;
/// Delivered events are kept for `$events` this long.
const KEPT_MILLIS: i64 = 7 * 86_400_000;
/// The longest that an endpoint may ask to be waited for.
const LONGEST: u32 = 60;

/// How notifications are sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long to wait after each failure; after one more the subscription is in error.
    pub pauses: Vec<Duration>,
    /// How often to look for what is due.
    pub every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pauses: [2, 10, 60, 300, 1800, 7200]
                .map(Duration::from_secs)
                .to_vec(),
            every: Duration::from_secs(2),
        }
    }
}

/// Sends what is in a store's outbox; cheap to clone.
#[derive(Clone)]
pub struct Deliverer {
    store: Store,
    outbox: Outbox,
    client: Client,
    base: String,
    settings: Settings,
}

/// Why a notification was not delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Another time, perhaps.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The endpoint refused it, or redirected it.
    #[error("the answer was status {0}")]
    Status(u16),
    /// Never: the subscription ends in error with this text.
    #[error("{0}")]
    Never(String),
    /// The store failed: nothing is known.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// A subscription about to be told something.
struct Turn {
    id: String,
    status: String,
    terms: Terms,
    target: Target,
    told: Told,
    callers: Vec<Caller>,
}

impl Deliverer {
    /// For this store. `base` is where the API is for the world: `https://clinic.example/fhir`. None when the store has no
    /// outbox for the part of the program that delivers.
    pub fn new(store: Store, client: Client, base: String, settings: Settings) -> Option<Self> {
        let outbox = store.outbox(&Caller::job(Job::Deliver))?;
        Some(Self {
            store,
            outbox,
            client,
            base,
            settings,
        })
    }

    /// Delivers until it is dropped.
    pub async fn run(&self) {
        let mut rounds = 0_u32;
        loop {
            if let Err(error) = self.tidy(rounds).await {
                tracing::error!(%error, "the outbox cannot be looked after");
            }
            if let Err(error) = self.round().await {
                tracing::error!(%error, "notifications cannot be sent");
            }
            rounds = rounds.wrapping_add(1);
            let _ = tokio::time::timeout(self.settings.every, self.outbox.news()).await;
        }
    }

    async fn tidy(&self, rounds: u32) -> Result<(), StoreError> {
        if rounds.is_multiple_of(REFRESH) {
            self.store.refresh_subscriptions().await?;
        }
        if rounds.is_multiple_of(REFRESH * 256) {
            let before = self.store.now().plus_millis(-KEPT_MILLIS);
            self.outbox.prune(before).await?;
        }
        Ok(())
    }

    /// Delivers what is due now, to each subscription at most one notification (with R4's own criteria: all that is due).
    ///
    /// # Errors
    /// When the store fails; what is due stays due.
    pub async fn round(&self) -> Result<(), StoreError> {
        let mut running = JoinSet::new();
        for id in self.outbox.due(ROUND).await? {
            let this = self.clone();
            running.spawn(async move { this.serve(id).await });
        }
        while let Some(done) = running.join_next().await {
            match done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(error),
                Err(error) => tracing::error!(%error, "a delivery ended early"),
            }
        }
        Ok(())
    }

    /// One subscription's turn.
    async fn serve(&self, id: String) -> Result<(), StoreError> {
        let Some((document, told)) = self.outbox.subscription(&id).await? else {
            return self.outbox.pause(&id).await;
        };
        let status = document.str_at("status").unwrap_or_default().to_owned();
        if !matches!(status.as_str(), "active" | "requested") {
            return self.outbox.pause(&id).await;
        }
        let tries = told.tries;
        let done = match self.turn(&id, status.clone(), &document, told).await {
            Ok(turn) => self.tell(&turn).await,
            Err(failure) => Err(failure),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Never(why)) => self.end(&id, &status, &why).await,
            Err(failure @ (Failure::Send(_) | Failure::Status(_))) => {
                self.failed(&id, &status, tries, &failure).await
            }
        }
    }

    async fn turn(
        &self,
        id: &str,
        status: String,
        document: &Value,
        told: Told,
    ) -> Result<Turn, Failure> {
        let judged = self.outbox.judge(document);
        let (terms, target) = judged.map_err(|error| Failure::Never(error.to_string()))?;
        let request = ["subscription/", id].concat();
        let callers = self.store.on_behalf(&told.owner, &request).await?;
        let gone = || Failure::Never("Its client is registered no more".to_owned());
        Ok(Turn {
            id: id.to_owned(),
            status,
            terms,
            target,
            callers: callers.filter(|c| !c.is_empty()).ok_or_else(gone)?,
            told,
        })
    }

    async fn tell(&self, turn: &Turn) -> Result<(), Failure> {
        let (terms, told) = (&turn.terms, &turn.told);
        let topic = match &terms.wants {
            Wants::Search(_) => return self.tell_plainly(turn).await,
            Wants::Topic { url, .. } => url,
        };
        let said = |kind, events: &[Event]| {
            let uuid = self.store.new_uuid()?;
            let now = self.store.now();
            Ok::<_, Failure>(notification(
                terms,
                &aceso_fhir::topic::Notification {
                    kind,
                    base: &self.base,
                    subscription: &turn.id,
                    topic: Some(topic),
                    status: &turn.status,
                    count: told.events,
                    events,
                    content: terms.content,
                },
                &uuid,
                now,
            ))
        };
        if !told.shaken {
            self.send(turn, said(NotificationKind::Handshake, &[])?)
                .await?;
            self.outbox
                .set_status(&turn.id, "requested", "active", None)
                .await?;
            return Ok(self
                .outbox
                .sent(&turn.id, told.sent, self.beat(terms))
                .await?);
        }
        let mut events = self.outbox.events(&turn.id, told.sent, terms.most).await?;
        let upto = events.last().map_or(told.sent, |e| e.number);
        let any = !events.is_empty();
        let mut shown = Vec::with_capacity(events.len());
        for mut event in events.drain(..) {
            if let Some(stored) = self.read(turn, &event).await? {
                event.resource = aceso_fhir::json::read(&stored.body).ok();
                shown.push(event);
            }
        }
        if !shown.is_empty() {
            self.send(turn, said(NotificationKind::Event, &shown)?)
                .await?;
        } else if !any && terms.heartbeat.is_some() {
            self.send(turn, said(NotificationKind::Heartbeat, &[])?)
                .await?;
        }
        Ok(self.outbox.sent(&turn.id, upto, self.beat(terms)).await?)
    }

    /// R4's rest-hook (Subscription, section 2.40.5.1): with a payload the resource is sent as an update; without one an
    /// empty `POST` says that there is something new.
    async fn tell_plainly(&self, turn: &Turn) -> Result<(), Failure> {
        let (id, mut upto) = (&turn.id, turn.told.sent);
        loop {
            let events = self.outbox.events(id, upto, turn.terms.most).await?;
            for event in &events {
                if let Some(stored) = self.read(turn, event).await? {
                    self.send(turn, plain(&turn.terms, event, &stored)).await?;
                }
                upto = event.number;
                self.outbox.sent(id, upto, None).await?;
            }
            if events.is_empty() {
                return Ok(self.outbox.sent(id, upto, None).await?);
            }
        }
    }

    fn beat(&self, terms: &Terms) -> Option<Instant> {
        let seconds = terms.heartbeat?;
        Some(self.store.now().plus_millis(i64::from(seconds) * 1000))
    }

    /// The version that was written, as the subscriber may see it now; none when it may not, or the version is gone.
    async fn read(&self, turn: &Turn, event: &Event) -> Result<Option<Stored>, Failure> {
        let mut found = None;
        for caller in &turn.callers {
            let reading = self.store.read(caller, Purpose::Treatment);
            match reading
                .fetch_version(event.kind, &event.id, event.version)
                .await
            {
                Ok(stored) => found = Some(stored),
                Err(ReadError::Unknown | ReadError::Gone { .. }) => return Ok(None),
                Err(ReadError::Forbidden | ReadError::BadQuery(_)) => {
                    let why = format!("Its client may read no {} any more", event.kind);
                    return Err(Failure::Never(why));
                }
                Err(ReadError::Store(error)) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    async fn send(&self, turn: &Turn, message: Message) -> Result<(), Failure> {
        let target = match &message.below {
            Some((kind, id)) => turn.target.below(&[kind, id]),
            None => turn.target.clone(),
        };
        let mut request = if message.below.is_some() {
            Request::put(target, message.body)
        } else {
            Request::post(target, message.body)
        };
        for line in &turn.terms.headers {
            let wrong = |_| Failure::Never("A header cannot be sent".to_owned());
            request = request.line(line).map_err(wrong)?;
        }
        if let Some(kind) = message.content_type {
            request = request.content_type(kind);
        }
        let client = match turn.terms.timeout {
            Some(seconds) => self.client.clone().with_limits(Limits {
                whole: Duration::from_secs(u64::from(seconds.min(LONGEST))),
                ..Limits::default()
            }),
            None => self.client.clone(),
        };
        let status = client.send(request).await?.status;
        if status.is_success() {
            Ok(())
        } else {
            Err(Failure::Status(status.as_u16()))
        }
    }

    async fn failed(
        &self,
        id: &str,
        status: &str,
        tries: u32,
        failure: &Failure,
    ) -> Result<(), StoreError> {
        tracing::warn!(subscription = id, tries = tries + 1, %failure, "a notification was not delivered");
        let pause = usize::try_from(tries)
            .ok()
            .and_then(|n| self.settings.pauses.get(n));
        let Some(pause) = pause else {
            let why = format!(
                "Delivery failed {} times: {failure}",
                tries.saturating_add(1)
            );
            return self.end(id, status, &why).await;
        };
        let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        self.outbox
            .later(id, self.store.now().plus_millis(pause))
            .await
    }

    /// Puts the subscription into error. What it was not told stays in the outbox, and is sent when its client asks for it
    /// again.
    async fn end(&self, id: &str, status: &str, why: &str) -> Result<(), StoreError> {
        tracing::warn!(subscription = id, why, "a subscription ended in error");
        self.outbox
            .set_status(id, status, "error", Some(why))
            .await?;
        self.outbox.pause(id).await
    }
}

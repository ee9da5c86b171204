//! Subscriptions: which are active, which writes they wait for. A store does nothing about them until
//! [`Store::serve_subscriptions`] says which addresses may be called; until then they are resources like any other.
//!
//! Only what a client wrote over the API is served: whose it is is kept beside it, and what is sent is read as that
//! client. What came by import, or into a store that did not serve subscriptions, waits until a client writes it again.

mod outbox;
mod settle;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::search::{Options, parse};
use aceso_fhir::topic::{Filter, Terms, Topic, Wants, built_in, satisfies};
use aceso_policy::{Action, Caller, Endpoints, Job, Purpose};
use rusqlite::Connection;
use tokio::sync::{Mutex, Notify};

use crate::key::Keys;
use crate::reach::{Asking, Limit, limit};
use crate::reading::{current, document};
use crate::search::{Reachable, page};
use crate::statements::SUBSCRIBER_ALL;
use crate::{Change, Store, StoreError, Stored};

pub use outbox::{Outbox, Told};

pub(crate) use outbox::{events, keep, told};

/// The resource type.
pub(crate) const SUBSCRIPTION: &str = "Subscription";

/// The subscriptions of an open store.
#[derive(Default)]
pub(crate) struct Subscriptions {
    endpoints: OnceLock<Endpoints>,
    known: RwLock<Arc<Known>>,
    /// Held from reading what is known to putting it in place.
    refreshing: Mutex<()>,
    news: Notify,
}

/// Topics and active subscriptions.
#[derive(Default)]
pub(crate) struct Known {
    topics: Vec<Arc<Topic>>,
    active: Vec<Active>,
}

/// An active subscription.
struct Active {
    id: String,
    watch: Watch,
    end: Option<Instant>,
    /// What its client could read when this was loaded; looked at again when it is told.
    limits: Vec<(&'static str, Limit)>,
}

enum Watch {
    Search(Filter),
    Topic(Arc<Topic>, Vec<Filter>),
}

/// A version that a subscription waited for.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) at: Instant,
    pub(crate) subscription: String,
    pub(crate) kind: u8,
    pub(crate) id: String,
    pub(crate) version: u64,
}

impl Store {
    /// From now on serves subscriptions whose endpoints these are; what was decided first stays.
    pub async fn serve_subscriptions(&self, endpoints: Endpoints) -> Result<(), StoreError> {
        self.0.subscriptions.endpoints.get_or_init(|| endpoints);
        self.refresh_subscriptions().await
    }

    /// The canonical URLs of the topics that subscriptions may name, with their titles.
    pub fn topics(&self) -> Vec<(String, String)> {
        let known = self.0.subscriptions.known();
        let all = known.topics.iter();
        all.map(|t| (t.url.clone(), t.title.clone())).collect()
    }

    /// Looks which subscriptions are active, as another process may have written some.
    pub async fn refresh_subscriptions(&self) -> Result<(), StoreError> {
        let subscriptions = &self.0.subscriptions;
        if subscriptions.endpoints.get().is_none() {
            return Ok(());
        }
        let _turn = subscriptions.refreshing.lock().await;
        let keys = self.0.keys.clone();
        let asking = Asking::new(self, &Caller::job(Job::Deliver), Purpose::Operations);
        let load = move |connection: &mut Connection| load(connection, &keys, &asking);
        let known = Arc::new(self.0.readers.quiet(load).await??);
        let mut place = subscriptions.known.write();
        match &mut place {
            Ok(place) => **place = known,
            Err(poisoned) => **poisoned.get_mut() = known,
        }
        Ok(())
    }
}

fn load(connection: &mut Connection, keys: &Keys, asking: &Asking) -> Result<Known, StoreError> {
    let mut known = Known {
        topics: topics(connection, keys, asking.clone())?,
        active: Vec::new(),
    };
    let snapshot = connection.transaction()?;
    let ids: rusqlite::Result<Vec<String>> = snapshot
        .prepare_cached(SUBSCRIBER_ALL)?
        .query_map([], |row| row.get(0))?
        .collect();
    for id in ids? {
        let Some(stored) = current(&snapshot, keys, SUBSCRIPTION, &id)? else {
            continue;
        };
        let told = told(&snapshot, &id)?;
        if let Some(told) = told
            && stored.change != Change::Deleted
        {
            let mut asking = asking.clone();
            asking.caller = told.owner.caller("")?;
            let active = active(&known.topics, id, &document(&stored)?, &asking);
            known.active.extend(active);
        }
    }
    Ok(known)
}

fn active(topics: &[Arc<Topic>], id: String, document: &Value, asking: &Asking) -> Option<Active> {
    if document.str_at("status") != Some("active") {
        return None;
    }
    let terms = Terms::read(document, asking.now).ok()?;
    let watch = match terms.wants {
        Wants::Search(filter) => Watch::Search(filter),
        Wants::Topic { url, filters } => {
            let topic = topics.iter().find(|t| t.url == url)?;
            Watch::Topic(Arc::clone(topic), filters)
        }
    };
    let kinds: Vec<&'static str> = match &watch {
        Watch::Search(filter) => vec![filter.kind],
        Watch::Topic(topic, _) => topic.triggers.iter().map(|t| t.kind).collect(),
    };
    let reach = |kind| {
        limit(asking, Action::Read, kind)
            .ok()
            .map(|limit| (kind, limit))
    };
    Some(Active {
        id,
        watch,
        end: terms.end,
        limits: kinds.into_iter().filter_map(reach).collect(),
    })
}

/// The built-in topics, then those kept as `Basic`; of two with one URL the first counts.
fn topics(
    connection: &mut Connection,
    keys: &Keys,
    asking: Asking,
) -> Result<Vec<Arc<Topic>>, StoreError> {
    const QUERY: &str = "code=http://hl7.org/fhir/fhir-types|SubscriptionTopic&_count=500";
    let mut all = built_in().to_vec();
    let query = parse(Some("Basic"), QUERY, &Options::default());
    let query = query.map_err(|error| StoreError(error.to_string()))?;
    let found = page(connection, keys, &query, &Reachable::new(asking));
    let found = found.map_err(|error| StoreError(error.to_string()))?;
    for stored in found.matches {
        let topic = Topic::from_basic(&document(&stored)?);
        if let Ok(topic) = topic
            && all.iter().all(|t| t.url != topic.url)
        {
            all.push(Arc::new(topic));
        }
    }
    Ok(all)
}

impl Subscriptions {
    pub(crate) fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn wake(&self) {
        self.news.notify_one();
    }
}

impl Known {
    /// Whether somebody waits for this type, and whether they must know the version before.
    pub(crate) fn waits_for(&self, kind: &str) -> Option<Before> {
        let mut found = None;
        for one in &self.active {
            match &one.watch {
                Watch::Search(filter) if filter.kind == kind => {
                    found = found.or(Some(Before::Unneeded));
                }
                Watch::Topic(topic, _) if topic.triggers.iter().any(|t| t.kind == kind) => {
                    return Some(Before::Needed);
                }
                Watch::Search(_) | Watch::Topic(..) => {}
            }
        }
        found
    }

    /// The subscriptions that wait for this version.
    pub(crate) fn matching(
        &self,
        before: Option<&Value>,
        stored: &Stored,
        now: Instant,
    ) -> Result<Vec<String>, StoreError> {
        let after = document(stored)?;
        let waits = |one: &&Active| {
            let sees = one.limits.iter().find(|(kind, _)| *kind == stored.kind);
            one.end.is_none_or(|end| now < end)
                && sees.is_some_and(|(_, limit)| limit.covers(&after))
                && match &one.watch {
                    Watch::Search(filter) => {
                        filter.kind == stored.kind && satisfies(&after, &filter.clauses)
                    }
                    Watch::Topic(topic, filters) => {
                        let own = |f: &&Filter| f.kind == stored.kind;
                        topic.triggers.iter().any(|t| t.fires(before, &after, now))
                            && filters
                                .iter()
                                .filter(own)
                                .all(|f| satisfies(&after, &f.clauses))
                    }
                }
        };
        let found = self.active.iter().filter(waits);
        Ok(found.map(|one| one.id.clone()).collect())
    }
}

/// Whether the version before a write must be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Needed,
    Unneeded,
}

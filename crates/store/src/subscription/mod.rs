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

use crate::engine::Snapshot;
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
    let snapshot = Snapshot::new(connection)?;
    let found = page(&snapshot, keys, &query, &Reachable::new(asking));
    let (found, _) = found.map_err(|error| StoreError(error.to_string()))?;
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

impl Store {
    /// Who is to be told of these versions, none of which is in the record yet.
    pub(crate) async fn posts(
        &self,
        written: Vec<(u8, Stored)>,
        at: Instant,
    ) -> Result<Vec<Post>, StoreError> {
        let known = self.0.subscriptions.known();
        let mut written = written;
        written.retain(|(_, stored)| known.active.iter().any(|a| a.watch.waits_for(stored.kind)));
        if written.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.0.keys.clone();
        let find = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let mut posts = Vec::new();
            for (kind, stored) in &written {
                for subscription in known.matching(&snapshot, &keys, stored, at)? {
                    posts.push(Post {
                        at,
                        subscription,
                        kind: *kind,
                        id: stored.id.clone(),
                        version: stored.version,
                    });
                }
            }
            Ok(posts)
        };
        self.0.readers.quiet(find).await?
    }
}

impl Watch {
    /// Whether versions of this type can be waited for.
    fn waits_for(&self, kind: &str) -> bool {
        match self {
            Self::Search(filter) => filter.kind == kind,
            Self::Topic(topic, _) => topic.triggers.iter().any(|t| t.kind == kind),
        }
    }
}

impl Known {
    /// The subscriptions that wait for this version, and whose clients could read it.
    fn matching(
        &self,
        connection: &Connection,
        keys: &Keys,
        stored: &Stored,
        now: Instant,
    ) -> Result<Vec<String>, StoreError> {
        let after = document(stored)?;
        let topical =
            |a: &Active| matches!(a.watch, Watch::Topic(..)) && a.watch.waits_for(stored.kind);
        let before = if stored.version > 1 && self.active.iter().any(topical) {
            let before = current(connection, keys, stored.kind, &stored.id)?;
            before.filter(|s| s.change != Change::Deleted)
        } else {
            None
        };
        let before = before.as_ref().map(document).transpose()?;
        let mut found = Vec::new();
        for one in &self.active {
            let waits = one.end.is_none_or(|end| now < end)
                && match &one.watch {
                    Watch::Search(filter) => {
                        filter.kind == stored.kind && satisfies(&after, &filter.clauses)
                    }
                    Watch::Topic(topic, filters) => {
                        let own = |f: &&Filter| f.kind == stored.kind;
                        topic
                            .triggers
                            .iter()
                            .any(|t| t.fires(before.as_ref(), &after, now))
                            && filters
                                .iter()
                                .filter(own)
                                .all(|f| satisfies(&after, &f.clauses))
                    }
                };
            let limit = one.limits.iter().find(|(kind, _)| *kind == stored.kind);
            if waits
                && let Some((_, limit)) = limit
                && limit.covers_version(connection, keys, stored)?
            {
                found.push(one.id.clone());
            }
        }
        Ok(found)
    }
}

//! What becomes of a Subscription when it is written.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::topic::{Filter, Terms, Topic, Wants};
use aceso_policy::{Caller, Endpoints, Job, Who, header_line};

use super::Subscriptions;
use crate::owner::Owner;
use crate::writer::Subscriber;
use crate::{Change, Stored, WriteError};

type Wrong = (&'static str, String);

impl Subscriptions {
    /// Makes a requested subscription active when it can be served (R4, Subscription.status). One to a topic stays
    /// requested until its endpoint has taken the handshake.
    pub(crate) fn settle(&self, document: &mut Value, now: Instant) -> Result<(), WriteError> {
        let Some(endpoints) = self.endpoints.get() else {
            return Ok(());
        };
        if !matches!(document.str_at("status"), Some("requested" | "active")) {
            return Ok(());
        }
        let terms = self.judge(document, endpoints, now);
        let terms = terms.map_err(|(path, text)| WriteError::Subscription { path, text })?;
        let status = match terms.wants {
            Wants::Search(_) => "active",
            Wants::Topic { .. } => "requested",
        };
        if let Some(object) = document.as_object_mut() {
            object.set("status", status);
            object.remove("error");
        }
        Ok(())
    }

    /// Whether a subscription can be served, or which element is in the way.
    pub(super) fn judge(
        &self,
        document: &Value,
        endpoints: &Endpoints,
        now: Instant,
    ) -> Result<Terms, Wrong> {
        let terms = Terms::read(document, now).map_err(|error| (error.path, error.text))?;
        if endpoints.target(&terms.endpoint).is_none() {
            let why = "this server may not call this address; its configuration lists those it may (egress.endpoints)";
            return Err(("Subscription.channel.endpoint", why.to_owned()));
        }
        if terms.headers.iter().any(|line| header_line(line).is_none()) {
            let why = "a header is 'Name: value' in ASCII, and none that belongs to the connection";
            return Err(("Subscription.channel.header", why.to_owned()));
        }
        if terms.end.is_some_and(|end| end <= now) {
            return Err(("Subscription.end", "the end is past".to_owned()));
        }
        if let Wants::Topic { url, filters } = &terms.wants {
            let known = self.known();
            let topic = known.topics.iter().find(|t| t.url == *url);
            let topic = topic.ok_or_else(|| {
                let why = "no such topic is known here: Subscription/$topic-list names them";
                ("Subscription.criteria", why.to_owned())
            })?;
            filters.iter().try_for_each(|f| allowed(topic, f))?;
        }
        Ok(terms)
    }

    /// What is to be kept beside a Subscription that was written: whose it is.
    pub(crate) fn subscriber(
        &self,
        caller: &Caller,
        stored: &Stored,
        document: Option<&Value>,
    ) -> Result<Option<Subscriber>, WriteError> {
        if self.endpoints.get().is_none() || matches!(caller.who, Who::Job(Job::Deliver)) {
            return Ok(None);
        }
        let id = stored.id.clone();
        let document = document.filter(|_| stored.change != Change::Deleted);
        let Some(document) = document else {
            return Ok(Some(Subscriber::Remove { id }));
        };
        let shaken = match document.str_at("status") {
            Some("active") => true,
            Some("requested") => false,
            Some(_) | None => return Ok(Some(Subscriber::Pause { id })),
        };
        let Some(owner) = Owner::of(caller) else {
            let text = "only a registered client can subscribe, on its own authority (SMART backend services)";
            return Err(WriteError::Subscription {
                path: "Subscription",
                text: text.to_owned(),
            });
        };
        Ok(Some(Subscriber::Put {
            id,
            owner,
            shaken,
            at: stored.updated,
        }))
    }
}

fn allowed(topic: &Topic, filter: &Filter) -> Result<(), Wrong> {
    const PATH: &str = "Subscription.criteria.extension";
    if topic.triggers.iter().all(|t| t.kind != filter.kind) {
        let why = format!("the topic does not tell of {}", filter.kind);
        return Err((PATH, why));
    }
    let named = |name: &str| {
        topic.filters.is_empty()
            || topic
                .filters
                .iter()
                .any(|(k, n)| *k == filter.kind && n == name)
    };
    match filter.names.iter().find(|name| !named(name)) {
        Some(name) => Err((PATH, format!("the topic cannot be filtered by {name}"))),
        None => Ok(()),
    }
}

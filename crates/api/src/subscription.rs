//! `Subscription/$status`, `$events` and `$topic-list` (Subscriptions R5 Backport 1.1).

use aceso_fhir::search::{Options, parse};
use aceso_fhir::topic::{Content, Notification, NotificationKind, Terms, status_parameters};
use aceso_fhir::{Object, Value, json};
use aceso_store::{ReadError, Stored, Told};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::everything::pairs;
use crate::problem::{Answered, Problem, short};
use aceso_fhir::outcome::Code;

const KIND: &str = "Subscription";
/// The most events in one answer.
const MOST_EVENTS: u32 = 100;

/// The status of one, of those named by `id`, or of all that the caller may see (at most a hundred).
pub(crate) async fn status(ask: Ask) -> Answered<Answer> {
    let given = pairs(&ask)?;
    let ids: Vec<String> = match &ask.place.id {
        Some(_) => vec![ask.id()?.to_owned()],
        None => {
            let named = given.iter().filter(|(name, _)| name == "id");
            named
                .flat_map(|(_, v)| v.split(',').map(str::to_owned))
                .collect()
        }
    };
    let only = ask.place.id.is_some();
    let wanted: Vec<&str> = given
        .iter()
        .filter(|(n, _)| n == "status")
        .map(|(_, v)| v.as_str())
        .collect();
    let mut entries = Vec::new();
    for stored in subscriptions(&ask, ids, only).await? {
        let (told, _) = ask.reading().told(&stored, 0, 0).await?;
        let said = Said::of(&stored, told.as_ref())?;
        if !wanted.is_empty() && !wanted.contains(&said.status.as_str()) {
            continue;
        }
        let base = ask.base();
        let parameters =
            status_parameters(&said.notification(&base, NotificationKind::QueryStatus));
        let uuid = ask.api.0.store.new_uuid().map_err(ReadError::from)?;
        entries.push(Value::from([
            ("fullUrl", ["urn:uuid:", &uuid].concat().into()),
            ("resource", parameters),
            ("search", Value::from([("mode", "match".into())])),
        ]));
    }
    let mut bundle = Object::new();
    bundle.set("resourceType", "Bundle");
    bundle.set("type", "searchset");
    bundle.set("total", i64::try_from(entries.len()).unwrap_or(i64::MAX));
    if !entries.is_empty() {
        bundle.set("entry", entries);
    }
    Ok(Answer::ok(&bundle.into()))
}

async fn subscriptions(ask: &Ask, ids: Vec<String>, only: bool) -> Answered<Vec<Stored>> {
    if ids.is_empty() {
        let query = parse(Some(KIND), "_count=100", &Options::default());
        let query = query.map_err(|error| Problem::bad(Code::Invalid, error.to_string()))?;
        return Ok(ask.reading().search(query).await?.matches);
    }
    let mut found = Vec::new();
    for id in ids {
        match ask.reading().fetch(KIND, &id).await {
            Ok(stored) => found.push(stored),
            Err(ReadError::Unknown | ReadError::Gone { .. }) if !only => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// What happened, as far as the caller may see it: `eventsSinceNumber`, `eventsUntilNumber`, `content`.
pub(crate) async fn events(ask: Ask) -> Answered<Answer> {
    let id = ask.id()?.to_owned();
    let given = pairs(&ask)?;
    let text = |name: &str| {
        given
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    let number = |name: &str, usual: u64| match text(name) {
        None => Ok(usual),
        Some(text) => text.parse::<u64>().map_err(|_| {
            Problem::bad(
                Code::Value,
                format!("{name} is '{}', which is no number", short(text)),
            )
        }),
    };
    let since = number("eventsSinceNumber", 1)?.max(1);
    let until = number("eventsUntilNumber", u64::MAX)?;
    let stored = ask.reading().fetch(KIND, &id).await?;
    let (told, mut found) = ask.reading().told(&stored, since - 1, MOST_EVENTS).await?;
    found.retain(|event| event.number <= until);
    let mut said = Said::of(&stored, told.as_ref())?;
    if let Some(code) = text("content") {
        said.content = Content::read(code).ok_or_else(|| {
            Problem::bad(Code::Value, "content is empty, id-only or full-resource")
        })?;
    }
    let mut shown = Vec::with_capacity(found.len());
    for mut event in found {
        match ask
            .reading()
            .fetch_version(event.kind, &event.id, event.version)
            .await
        {
            Ok(stored) => {
                event.resource = json::read(&stored.body).ok();
                shown.push(event);
            }
            Err(ReadError::Unknown | ReadError::Gone { .. } | ReadError::Forbidden) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (base, store) = (ask.base(), &ask.api.0.store);
    let uuid = store.new_uuid().map_err(ReadError::from)?;
    let mut said = said.notification(&base, NotificationKind::QueryEvent);
    said.events = &shown;
    Ok(Answer::ok(&said.bundle(&uuid, store.now())))
}

/// The topics that can be subscribed to.
pub(crate) async fn topics(ask: Ask) -> Answered<Answer> {
    let topics = ask.api.0.store.topics().into_iter().map(|(url, _)| {
        Value::from([
            ("name", "subscription-topic-canonical".into()),
            ("valueCanonical", url.into()),
        ])
    });
    let topics: Vec<Value> = topics.collect();
    let mut out = Object::new();
    out.set("resourceType", "Parameters");
    if !topics.is_empty() {
        out.set("parameter", topics);
    }
    Ok(Answer::ok(&out.into()))
}

/// What is said of a Subscription.
struct Said {
    id: String,
    status: String,
    topic: Option<String>,
    content: Content,
    count: u64,
}

impl Said {
    fn of(stored: &Stored, told: Option<&Told>) -> Answered<Self> {
        let document = crate::answer::own(&stored.body)?;
        let terms = Terms::read(&document, stored.updated).ok();
        Ok(Self {
            id: stored.id.clone(),
            status: document.str_at("status").unwrap_or_default().to_owned(),
            topic: terms.as_ref().and_then(|t| t.topic().map(str::to_owned)),
            content: terms.map_or(Content::Empty, |t| t.content),
            count: told.map_or(0, |t| t.events),
        })
    }

    fn notification<'a>(&'a self, base: &'a str, kind: NotificationKind) -> Notification<'a> {
        Notification {
            kind,
            base,
            subscription: &self.id,
            topic: self.topic.as_deref(),
            status: &self.status,
            count: self.count,
            events: &[],
            content: self.content,
        }
    }
}

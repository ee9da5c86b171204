//! Notifications as R4 writes them: a Bundle of type `history` whose first entry is the status as Parameters
//! (profiles `backport-subscription-notification-r4` and `backport-subscription-status-r4`).

use aceso_base::Instant;

use crate::disclosure::meta_over;
use crate::{Object, Value};

const PROFILE: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-";

/// How much a notification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// That something happened.
    Empty,
    /// To which resource.
    IdOnly,
    /// The resource too.
    FullResource,
}

impl Content {
    /// From its code.
    pub fn read(code: &str) -> Option<Self> {
        match code {
            "empty" => Some(Self::Empty),
            "id-only" => Some(Self::IdOnly),
            "full-resource" => Some(Self::FullResource),
            _ => None,
        }
    }
}

/// What a notification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationKind {
    /// To see whether the endpoint is there.
    Handshake,
    /// A sign of life.
    Heartbeat,
    /// Something happened.
    Event,
    /// The answer to `$status`.
    QueryStatus,
    /// The answer to `$events`.
    QueryEvent,
}

impl NotificationKind {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Heartbeat => "heartbeat",
            Self::Event => "event-notification",
            Self::QueryStatus => "query-status",
            Self::QueryEvent => "query-event",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number since the subscription began, from 1.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// The resource's type.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its version then.
    pub version: u64,
    /// The resource, where it is sent.
    pub resource: Option<Value>,
}

/// What a notification says.
#[derive(Clone, Copy, Debug)]
pub struct Notification<'a> {
    /// What for.
    pub kind: NotificationKind,
    /// Where the server is: `https://clinic.example/fhir`.
    pub base: &'a str,
    /// The Subscription's id.
    pub subscription: &'a str,
    /// Its topic; none for one with R4 criteria.
    pub topic: Option<&'a str>,
    /// Its status.
    pub status: &'a str,
    /// Events since it began.
    pub count: u64,
    /// What happened.
    pub events: &'a [Event],
    /// How much of that is said.
    pub content: Content,
}

fn parameter(name: &str, kind: &str, value: impl Into<Value>) -> Value {
    let mut object = Object::new();
    object.set("name", name);
    object.set(kind, value);
    object.into()
}

fn reference(text: String) -> Value {
    Value::from([("reference", text.into())])
}

/// The status as Parameters.
pub fn status_parameters(said: &Notification<'_>) -> Value {
    let Notification {
        base, subscription, ..
    } = said;
    let place = format!("{base}/Subscription/{subscription}");
    let mut all = vec![parameter(
        "subscription",
        "valueReference",
        reference(place),
    )];
    all.extend(
        said.topic
            .map(|topic| parameter("topic", "valueCanonical", topic)),
    );
    all.push(parameter("status", "valueCode", said.status));
    all.push(parameter("type", "valueCode", said.kind.code()));
    let count = said.count.to_string();
    all.push(parameter(
        "events-since-subscription-start",
        "valueString",
        count,
    ));
    all.extend(said.events.iter().map(|event| {
        let mut parts = vec![
            parameter("event-number", "valueString", event.number.to_string()),
            parameter("timestamp", "valueInstant", event.at.to_fhir()),
        ];
        if said.content != Content::Empty {
            let focus = format!("{base}/{}/{}", event.kind, event.id);
            parts.push(parameter("focus", "valueReference", reference(focus)));
        }
        parameter("notification-event", "part", parts)
    }));
    let profile = vec![[PROFILE, "status-r4"].concat().into()];
    Value::from([
        ("resourceType", "Parameters".into()),
        ("meta", Value::from([("profile", profile.into())])),
        ("parameter", all.into()),
    ])
}

impl Notification<'_> {
    /// The Bundle; `uuid` names the status within it.
    pub fn bundle(&self, uuid: &str, now: Instant) -> Value {
        let place = format!("{}/Subscription/{}/$status", self.base, self.subscription);
        let mut entries = vec![Value::from([
            ("fullUrl", ["urn:uuid:", uuid].concat().into()),
            ("resource", status_parameters(self)),
            ("request", request("GET", place)),
            ("response", status("200")),
        ])];
        if self.content != Content::Empty {
            entries.extend(self.events.iter().map(|event| self.entry(event)));
        }
        let resources = self.events.iter().filter_map(|e| e.resource.as_ref());
        let full = resources.filter(|_| self.content == Content::FullResource);
        let mut meta = meta_over(full).unwrap_or_default();
        meta.set(
            "profile",
            vec![Value::from([PROFILE, "notification-r4"].concat())],
        );
        Value::from([
            ("resourceType", "Bundle".into()),
            ("meta", meta.into()),
            ("type", "history".into()),
            ("timestamp", now.to_fhir().into()),
            ("entry", entries.into()),
        ])
    }

    fn entry(&self, event: &Event) -> Value {
        let place = format!("{}/{}", event.kind, event.id);
        let mut entry = Object::new();
        entry.set("fullUrl", format!("{}/{place}", self.base));
        if let Some(resource) = event
            .resource
            .as_ref()
            .filter(|_| self.content == Content::FullResource)
        {
            entry.set("resource", resource.clone());
        }
        let (method, url, code) = if event.version == 1 {
            ("POST", event.kind.to_owned(), "201")
        } else {
            ("PUT", place, "200")
        };
        entry.set("request", request(method, url));
        entry.set("response", status(code));
        entry.into()
    }
}

fn request(method: &str, url: String) -> Value {
    Value::from([("method", method.into()), ("url", url.into())])
}

fn status(code: &str) -> Value {
    Value::from([("status", code.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, validate};

    fn check(content: Content, has: &[&str], lacks: &[&str]) {
        let resource =
            json::read(br#"{"resourceType":"Patient","id":"p","birthDate":"1970-01-01"}"#);
        let events = [Event {
            number: 3,
            at: Instant::from_millis(0),
            kind: "Patient",
            id: "p".to_owned(),
            version: 2,
            resource: resource.ok(),
        }];
        let said = Notification {
            kind: NotificationKind::Event,
            base: "https://a.example/fhir",
            subscription: "s",
            topic: Some("http://a.example/t"),
            status: "active",
            count: 3,
            events: &events,
            content,
        };
        let uuid = "0b0a1c6e-0000-4000-8000-000000000000";
        let bundle = said.bundle(uuid, Instant::from_millis(0));
        let issues = validate::resource(&bundle, &validate::Options::WRITE);
        assert!(issues.iter().all(|i| !i.severity.refuses()), "{issues:?}");
        let text = json::to_string(&bundle);
        for part in has {
            assert!(text.contains(part), "{part} in {text}");
        }
        for part in lacks {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_notification_says_as_much_as_was_asked_for() {
        let (focus, birth) = ("https://a.example/fhir/Patient/p", "1970-01-01\"}");
        check(
            Content::Empty,
            &["event-notification", "\"3\""],
            &[focus, birth],
        );
        check(Content::IdOnly, &[focus, "\"PUT\""], &[birth]);
        check(Content::FullResource, &[focus, birth], &[]);
    }
}

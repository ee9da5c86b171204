//! `POST /fhir/$process-message`: what another system says happened (R4, section 2.42).
//!
//! A message is a transaction: its resources are kept whole or not at all. Another system's ids are not ours, so a resource
//! is known by where its system says it is: the entry's `fullUrl` is kept as `meta.source`, and a later message about the
//! same resource updates it. A message that was processed once is acknowledged again and not processed again.

use std::collections::{BTreeSet, HashMap};

use aceso_fhir::definitions::types;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::escape;
use aceso_fhir::{Object, Value};
use aceso_store::ReadError;
use http::StatusCode;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::negotiate::{Return, Show};
use crate::problem::{Answered, Problem, short};
use crate::{batch, criteria, form, query};

const HEADER: &str = "MessageHeader";

/// Answers with the acknowledgement: a message whose header says `response.code` `ok`.
pub(crate) async fn post(ask: Ask) -> Answered<Answer> {
    if query::pairs(&ask.query)
        .iter()
        .any(|(n, v)| n == "async" && v == "true")
    {
        let text = "Messages are answered at once here; async=true is not offered";
        return Err(Problem::bad(Code::NotSupported, text));
    }
    let reader = ask.clone();
    let read = move || Message::read(reader.resource()?);
    let message = form::aside(ask.size(), read).await?;
    if known(&ask, HEADER, &message.source).await?.is_none() {
        let known = message.known(&ask).await?;
        let transaction = message.transaction(&known);
        let mut inner = ask.clone();
        inner.show = Show {
            wish: Some(Return::Minimal),
            ..Show::default()
        };
        batch::apply(inner, transaction).await?;
    }
    Ok(Answer::ok(&message.acknowledgement(&ask)?))
}

/// A message, as far as it was understood.
struct Message {
    header: Value,
    /// Where the header's system says it is.
    url: String,
    /// What the message is known by: its system and its id there.
    source: String,
    entries: Vec<Entry>,
}

struct Entry {
    url: String,
    resource: Value,
}

fn bad(text: &str, at: impl Into<String>) -> Problem {
    let issue = Issue::error(Code::Structure, text).at(at);
    Problem::of(StatusCode::BAD_REQUEST, issue)
}

impl Message {
    fn read(mut bundle: Value) -> Answered<Self> {
        form::expect_kind(&bundle, "Bundle")?;
        if bundle.str_at("type") != Some("message") {
            return Err(bad(
                "A message is a Bundle of type 'message'",
                "Bundle.type",
            ));
        }
        let entries = bundle.as_object_mut().and_then(|b| b.get_mut("entry"));
        let entries = entries.and_then(Value::as_array_mut).map(std::mem::take);
        let mut all = Vec::new();
        for (index, mut entry) in entries.unwrap_or_default().into_iter().enumerate() {
            let at = format!("Bundle.entry[{index}]");
            let resource = entry.as_object_mut().and_then(|e| e.remove("resource"));
            let resource = resource.ok_or_else(|| bad("The entry has no resource", at.clone()))?;
            let url = entry.str_at("fullUrl").filter(|url| url.contains(':'));
            let url = url.ok_or_else(|| {
                bad(
                    "The entry does not say where its resource is",
                    at + ".fullUrl",
                )
            })?;
            all.push(Entry {
                url: url.to_owned(),
                resource,
            });
        }
        let is_header = all
            .first()
            .is_some_and(|e| e.resource.resource_type() == Some(HEADER));
        if !is_header {
            let text = "The first entry of a message is a MessageHeader";
            return Err(bad(text, "Bundle.entry[0]"));
        }
        let Entry {
            url,
            resource: header,
        } = all.remove(0);
        form::check_loaded(&header).map_err(|p| p.within("Bundle.entry[0].resource"))?;
        let endpoint = header.get("source").and_then(|s| s.str_at("endpoint"));
        let source = match (endpoint, header.id()) {
            (Some(endpoint), Some(id)) => [endpoint, "#", id].concat(),
            (_, _) => url.clone(),
        };
        Ok(Self {
            header,
            url,
            source,
            entries: all,
        })
    }

    /// What the message refers to without bringing it, by where it is: what earlier messages brought.
    async fn known(&self, ask: &Ask) -> Answered<HashMap<String, String>> {
        let brought: BTreeSet<&str> = self.entries.iter().map(|e| e.url.as_str()).collect();
        let mut wanted = BTreeSet::new();
        let header = (&self.header, self.url.as_str());
        let entries = self.entries.iter().map(|e| (&e.resource, e.url.as_str()));
        for (resource, url) in entries.chain([header]) {
            references(resource, &mut |text| {
                let place = absolute(text, url);
                wanted.extend(place.filter(|place| !brought.contains(place.as_str())));
            });
        }
        let mut found = HashMap::new();
        for place in wanted {
            let Some(kind) = kind_of(&place) else {
                continue;
            };
            if let Some(id) = known(ask, kind, &place).await? {
                found.insert(place, [kind, "/", &id].concat());
            }
        }
        Ok(found)
    }

    fn transaction(&self, known: &HashMap<String, String>) -> Value {
        let mut entries = Vec::with_capacity(self.entries.len() + 1);
        let mut entry = Object::new();
        entry.set(
            "resource",
            kept(&self.header, &self.url, &self.source, known),
        );
        entry.set(
            "request",
            Value::from([
                ("method", "POST".into()),
                ("url", HEADER.into()),
                ("ifNoneExist", by_source(&self.source).into()),
            ]),
        );
        entries.push(entry.into());
        for Entry { url, resource } in &self.entries {
            let kind = resource.resource_type().unwrap_or_default();
            let mut entry = Object::new();
            entry.set("fullUrl", url.as_str());
            let condition = [kind, "?", &by_source(url)].concat();
            entry.set("resource", kept(resource, url, url, known));
            entry.set(
                "request",
                Value::from([("method", "PUT".into()), ("url", condition.into())]),
            );
            entries.push(entry.into());
        }
        Value::from([
            ("resourceType", "Bundle".into()),
            ("type", "transaction".into()),
            ("entry", entries.into()),
        ])
    }

    fn acknowledgement(&self, ask: &Ask) -> Answered<Value> {
        let store = &ask.api.0.store;
        let hidden = |error| Problem::from(ReadError::Store(error));
        let (id, of_bundle) = (
            store.new_uuid().map_err(hidden)?,
            store.new_uuid().map_err(hidden)?,
        );
        let mut header = Object::new();
        header.set("resourceType", HEADER);
        header.set("id", id.as_str());
        for name in ["eventCoding", "eventUri"] {
            if let Some(event) = self.header.get(name) {
                header.set(name, event.clone());
            }
        }
        let sender = self.header.get("source").and_then(|s| s.str_at("endpoint"));
        let place = Value::from([("endpoint", sender.unwrap_or(&self.source).into())]);
        header.set("destination", vec![place]);
        let own = [ask.base().as_str(), "/$process-message"].concat();
        header.set(
            "source",
            Value::from([("name", "Aceso".into()), ("endpoint", own.into())]),
        );
        let answered = self.header.id().unwrap_or(&self.source);
        header.set(
            "response",
            Value::from([("identifier", answered.into()), ("code", "ok".into())]),
        );
        let entry = Value::from([
            ("fullUrl", ["urn:uuid:", &id].concat().into()),
            ("resource", header.into()),
        ]);
        Ok(Value::from([
            ("resourceType", "Bundle".into()),
            ("id", of_bundle.into()),
            ("type", "message".into()),
            ("timestamp", store.now().to_fhir().into()),
            ("entry", vec![entry].into()),
        ]))
    }
}

fn by_source(url: &str) -> String {
    query::join(&[("_source".to_owned(), escape(url).into_owned())])
}

/// The id of the one resource that came from there and that the caller may see.
async fn known(ask: &Ask, kind: &'static str, url: &str) -> Answered<Option<String>> {
    let mut wanted = criteria::query(ask, Some(kind), &by_source(url))?;
    wanted.count = Some(2);
    match ask.reading().search(wanted).await {
        Ok(page) => match page.matches.as_slice() {
            [one] => Ok(Some(one.id.clone())),
            [] => Ok(None),
            [_, _, ..] => {
                let text = format!("Several resources came from '{}'", short(url));
                Err(Problem::bad(Code::MultipleMatches, text))
            }
        },
        Err(ReadError::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The resource as it is kept: without the other system's id, with where it is there, and references that lead there or,
/// where it is known, to what we have of it.
fn kept(resource: &Value, url: &str, source: &str, known: &HashMap<String, String>) -> Value {
    let mut resource = resource.clone();
    refer(&mut resource, &mut |text| {
        let place = absolute(text, url)?;
        Some(known.get(&place).cloned().unwrap_or(place))
    });
    if let Some(object) = resource.as_object_mut() {
        object.remove("id");
        let mut meta = match object.remove("meta") {
            Some(Value::Object(meta)) => meta,
            Some(_) | None => Object::new(),
        };
        meta.set("source", source);
        object.set("meta", meta);
    }
    resource
}

/// Where a literal reference in a resource that is at `url` leads; none for one within the resource.
fn absolute(text: &str, url: &str) -> Option<String> {
    let text = text
        .split_once("/_history/")
        .map_or(text, |(place, _)| place);
    if text.starts_with('#') || text.contains('?') {
        return None;
    }
    if text.contains(':') {
        return Some(text.to_owned());
    }
    let (rest, _) = url
        .split_once('#')
        .unwrap_or((url, ""))
        .0
        .rsplit_once('/')?;
    let (root, _) = rest.rsplit_once('/')?;
    url.starts_with("http").then(|| [root, "/", text].concat())
}

/// The type of what is at a place: `Patient` of `https://his.example/fhir/Patient/1`.
fn kind_of(place: &str) -> Option<&'static str> {
    let (rest, _) = place.rsplit_once('/')?;
    types().resource(rest.rsplit('/').next()?).map(|t| t.name)
}

fn references(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(object) => object
            .iter()
            .for_each(|(name, member)| match member.as_str() {
                Some(text) if name == "reference" => found(text),
                Some(_) => {}
                None => references(member, found),
            }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn refer(value: &mut Value, new: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::Object(object) => object.iter_mut().for_each(|(name, member)| {
            match member
                .as_str()
                .filter(|_| name == "reference")
                .map(&mut *new)
            {
                Some(Some(text)) => *member = text.into(),
                Some(None) => {}
                None => refer(member, new),
            }
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, new)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, url: &str, expected: Option<&str>) {
        assert_eq!(absolute(text, url).as_deref(), expected, "{text} at {url}");
    }

    #[test]
    fn a_reference_leads_to_where_its_own_system_has_it() {
        let url = "http://his.example/fhir/Encounter/5";
        check("Patient/1", url, Some("http://his.example/fhir/Patient/1"));
        check(
            "Patient/1/_history/3",
            url,
            Some("http://his.example/fhir/Patient/1"),
        );
        check(
            "http://b.example/Patient/1",
            url,
            Some("http://b.example/Patient/1"),
        );
        check("urn:uuid:x", url, Some("urn:uuid:x"));
        check("#p", url, None);
        check("Patient?identifier=x", url, None);
        check("Patient/1", "urn:uuid:x", None);
        assert_eq!(
            kind_of("http://his.example/fhir/Patient/1"),
            Some("Patient")
        );
        assert_eq!(kind_of("urn:uuid:x"), None);
    }
}

//! One JSON object a line, with the field names of the Elastic Common Schema (8.17) and, below `aceso`, our own.

use aceso_store::TrailEntry;
use serde_json::{Map, Value, json};

use super::Origin;
use super::deed::{Deed, Ending};

/// An entry as one line, without its end.
pub(crate) fn line(entry: &TrailEntry, origin: &Origin) -> String {
    let mut all = Map::new();
    all.insert("@timestamp".into(), entry.at.to_fhir().into());
    all.insert("ecs".into(), json!({"version": "8.17.0"}));
    let service = json!({"name": "aceso", "type": "aceso", "version": origin.version});
    all.insert("service".into(), service);
    all.insert("host".into(), json!({"name": origin.host}));
    all.insert("organization".into(), json!({"name": origin.site}));
    let mut event = json!({
        "kind": "event", "dataset": "aceso.audit", "provider": "aceso",
        "sequence": entry.seq, "id": format!("{}-{}", origin.host, entry.seq),
    });
    let Some(said) = &entry.said else {
        put(&mut event, "action", "erased");
        all.insert("event".into(), event);
        return Value::Object(all).to_string();
    };
    let deed = Deed::of(said);
    if deed.is_alert() {
        put(&mut event, "kind", "alert");
    }
    put(&mut event, "action", said.act.as_str());
    put(&mut event, "code", deed.event.code);
    put(&mut event, "category", json!([deed.category]));
    let sort = match Ending::of(said) {
        Ending::Denied => json!([deed.sort, "denied"]),
        Ending::Done | Ending::Unknown => json!([deed.sort]),
    };
    put(&mut event, "type", sort);
    let outcome = match Ending::of(said) {
        Ending::Done => "success",
        Ending::Unknown => "unknown",
        Ending::Denied => "failure",
    };
    put(&mut event, "outcome", outcome);
    if let Some(detail) = &said.detail {
        put(&mut event, "reason", detail.as_str());
    }
    all.insert("event".into(), event);
    let actor = said.by.as_deref().unwrap_or(&said.who);
    let name = actor.strip_prefix("person/").unwrap_or(actor);
    let mut user = json!({"name": name});
    if !said.roles.is_empty() {
        put(&mut user, "roles", said.roles.clone());
    }
    all.insert("user".into(), user);
    if let Some(from) = &said.from {
        all.insert("source".into(), json!({"ip": from, "address": from}));
    }
    if let Some(request) = &said.request {
        all.insert("http".into(), json!({"request": {"id": request}}));
    }
    let mut own = json!({"who": said.who, "purpose": said.purpose, "on": said.on, "patients": entry.patients});
    if let Some(patient) = &said.limited_to {
        put(&mut own, "limited_to", patient.as_str());
    }
    all.insert("aceso".into(), own);
    Value::Object(all).to_string()
}

fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(object) = object {
        object.insert(name.to_owned(), value.into());
    }
}

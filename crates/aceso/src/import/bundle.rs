//! From what files hold to a transaction or batch, so that import goes the way every request goes.

use aceso_fhir::{Object, Value};

/// A Bundle that can be carried out.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) bundle: Value,
    /// The types of its resources, in order.
    pub(crate) kinds: Vec<String>,
    pub(crate) form: Form,
}

/// Whether its entries stand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All of it or nothing.
    Transaction,
    /// Each entry for itself.
    Batch,
}

/// A document as a Bundle that can be carried out: transactions and batches as they are; collections, search results
/// and single resources as a transaction that puts each resource at its id, or creates it when it has none.
pub(crate) fn ready(document: Value) -> Result<Ready, String> {
    match document.resource_type() {
        Some("Bundle") => {}
        Some(_) => return Ok(transaction(vec![(None, document)])),
        None => return Err("not a FHIR resource: there is no resourceType".to_owned()),
    }
    let kind = document.str_at("type").unwrap_or_default().to_owned();
    let form = match kind.as_str() {
        "transaction" => Form::Transaction,
        "batch" => Form::Batch,
        "collection" | "searchset" => return Ok(transaction(resources(document))),
        other => {
            return Err(format!(
                "a Bundle of type '{other}' cannot be imported: transaction, batch, collection and searchset can"
            ));
        }
    };
    Ok(Ready {
        kinds: kinds(&document),
        bundle: document,
        form,
    })
}

/// Single resources as one transaction.
pub(crate) fn of_resources(resources: Vec<Value>) -> Ready {
    transaction(resources.into_iter().map(|r| (None, r)).collect())
}

fn kinds(bundle: &Value) -> Vec<String> {
    let entries = bundle.items_at("entry").iter();
    let resources = entries.filter_map(|e| e.get("resource"));
    resources
        .filter_map(Value::resource_type)
        .map(str::to_owned)
        .collect()
}

fn resources(mut bundle: Value) -> Vec<(Option<Value>, Value)> {
    let entries = bundle.as_object_mut().and_then(|b| b.remove("entry"));
    let mut entries = entries.unwrap_or(Value::Null);
    let mut found = Vec::new();
    for entry in entries.as_array_mut().into_iter().flatten() {
        let outcome = entry.get("search").and_then(|s| s.str_at("mode")) == Some("outcome");
        let Some(members) = entry.as_object_mut().filter(|_| !outcome) else {
            continue;
        };
        let url = members.remove("fullUrl");
        if let Some(resource) = members.remove("resource") {
            found.push((url, resource));
        }
    }
    found
}

fn transaction(resources: Vec<(Option<Value>, Value)>) -> Ready {
    let mut kinds = Vec::with_capacity(resources.len());
    let mut entries = Vec::with_capacity(resources.len());
    for (url, resource) in resources {
        let kind = resource.resource_type().unwrap_or_default().to_owned();
        let (method, place) = match resource.id() {
            Some(id) => ("PUT", format!("{kind}/{id}")),
            None => ("POST", kind.clone()),
        };
        let mut request = Object::default();
        request.set("method", method);
        request.set("url", place.as_str());
        let mut entry = Object::default();
        if let Some(url) = url {
            entry.set("fullUrl", url);
        }
        entry.set("resource", resource);
        entry.set("request", Value::from(request));
        entries.push(Value::from(entry));
        kinds.push(kind);
    }
    let mut bundle = Object::default();
    bundle.set("resourceType", "Bundle");
    bundle.set("type", "transaction");
    if !entries.is_empty() {
        bundle.set("entry", entries);
    }
    Ready {
        bundle: bundle.into(),
        kinds,
        form: Form::Transaction,
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn check(given: &str, expected: &str) {
        let ready = ready(json::read(given.as_bytes()).unwrap()).unwrap();
        assert_eq!(json::to_string(&ready.bundle), expected);
    }

    #[test]
    fn a_single_resource_is_put_at_its_id_or_created() {
        check(
            r#"{"resourceType":"Patient","id":"1"}"#,
            r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","id":"1"},"request":{"method":"PUT","url":"Patient/1"}}]}"#,
        );
        check(
            r#"{"resourceType":"Patient"}"#,
            r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}"#,
        );
    }

    #[test]
    fn a_collection_keeps_its_full_urls_and_loses_search_outcomes() {
        check(
            r#"{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Group"}},{"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}}]}"#,
            r#"{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Group"},"request":{"method":"POST","url":"Group"}}]}"#,
        );
    }

    #[test]
    fn what_asks_for_nothing_is_refused() {
        for bad in [
            r#"{"a":1}"#,
            r#"{"resourceType":"Bundle","type":"history"}"#,
            r#"{"resourceType":"Bundle"}"#,
        ] {
            let document = json::read(bad.as_bytes()).unwrap();
            assert!(ready(document).is_err(), "{bad}");
        }
    }
}

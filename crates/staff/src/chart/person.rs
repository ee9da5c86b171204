//! Who somebody is.

use aceso_fhir::Value;

/// A person's name as people say it: the official or usual one, else the first; `Unnamed` when there is none.
pub(crate) fn name(document: &Value) -> String {
    let names = document.items_at("name");
    let used = |wanted: &str| names.iter().find(|n| n.str_at("use") == Some(wanted));
    let name = used("usual")
        .or_else(|| used("official"))
        .or_else(|| names.first());
    let Some(name) = name else {
        return "Unnamed".to_owned();
    };
    if let Some(text) = name.str_at("text") {
        return text.to_owned();
    }
    let given = name.items_at("given").iter().filter_map(Value::as_str);
    let parts: Vec<&str> = given.chain(name.str_at("family")).collect();
    if parts.is_empty() {
        "Unnamed".to_owned()
    } else {
        parts.join(" ")
    }
}

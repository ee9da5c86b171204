//! References within a transaction: what its entries call each other becomes what they are on this server
//! (R4, section 3.1.0.11.2).

use std::collections::HashMap;

use aceso_fhir::Value;
use aceso_fhir::definitions::{TypeDef, types};
use compact_str::CompactString;

/// What the entries call each other (`urn:uuid:…`, `http://…/Patient/1`, `Practitioner?identifier=…`) → `Patient/2`.
#[derive(Debug, Default)]
pub(crate) struct Names {
    map: HashMap<String, String>,
    /// Where the server is for this client.
    base: String,
}

impl Names {
    pub(crate) fn new(base: String) -> Self {
        Self {
            map: HashMap::new(),
            base,
        }
    }

    /// Adds a name. `false`: it is there already for something else.
    pub(crate) fn add(&mut self, name: &str, local: String) -> bool {
        self.map
            .insert(name.to_owned(), local.clone())
            .is_none_or(|old| old == local)
    }

    /// What has this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.map.get(name).map(String::as_str)
    }

    /// The new form of a literal reference that stands in the entry with this full URL.
    fn reference(&self, text: &str, full_url: Option<&str>) -> Option<String> {
        if let Some(local) = self.map.get(text) {
            return Some(local.clone());
        }
        if let Some(rest) = text
            .strip_prefix(&self.base)
            .and_then(|rest| rest.strip_prefix('/'))
        {
            return Some(
                self.map
                    .get(rest)
                    .cloned()
                    .unwrap_or_else(|| rest.to_owned()),
            );
        }
        // A relative reference is relative to where its own entry says it is (R4, section 2.36.4.1).
        let root = full_url
            .filter(|url| url.starts_with("http"))
            .and_then(root)?;
        self.map.get(&[root, text].concat()).cloned()
    }
}

/// `http://server/base/` of `http://server/base/Patient/1`.
fn root(full_url: &str) -> Option<&str> {
    let (rest, _) = full_url.rsplit_once('/')?;
    let (root, _) = rest.rsplit_once('/')?;
    full_url.get(..root.len() + 1)
}

/// Calls back for each conditional reference (`Practitioner?identifier=…`).
pub(crate) fn conditional<'a>(value: &'a Value, found: &mut dyn FnMut(&'a str)) {
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter() {
                match member.as_str() {
                    Some(text)
                        if name == "reference" && text.contains('?') && !text.contains(':') =>
                    {
                        found(text)
                    }
                    Some(text) if name == "reference" && is_conditional(text) => found(text),
                    Some(_) => {}
                    None => conditional(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| conditional(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_conditional(text: &str) -> bool {
    text.split_once('?')
        .is_some_and(|(kind, _)| types().resource(kind).is_some())
}

/// Rewrites a resource that stands in the entry with this full URL.
pub(crate) fn rewrite(resource: &mut Value, names: &Names, full_url: Option<&str>) {
    let Some(ty) = resource
        .resource_type()
        .and_then(|name| types().resource(name))
    else {
        return;
    };
    walk(resource, ty, names, full_url);
}

fn walk(value: &mut Value, ty: &'static TypeDef, names: &Names, full_url: Option<&str>) {
    match value {
        Value::Object(object) => {
            let is_reference = ty.name == "Reference";
            for (name, member) in object.iter_mut() {
                if is_reference && name == "reference" {
                    if let Value::String(text) = member
                        && let Some(local) = names.reference(text, full_url)
                    {
                        *text = CompactString::from(local);
                    }
                    continue;
                }
                let Some(hit) = ty.member(name) else { continue };
                let mut inner = types().at(hit.ty);
                if inner.name == "Meta" {
                    // Where a resource came from stays what it was.
                    continue;
                }
                if hit.underscored {
                    // The id and extensions of a primitive.
                    let Some(element) = types().by_name("Element") else {
                        continue;
                    };
                    inner = element;
                }
                walk(member, inner, names, full_url);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| walk(item, ty, names, full_url)),
        Value::String(text) => scalar(text, ty, names),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    // What is contained or carried has its own type.
    if let Value::Object(_) = value
        && ty.is_abstract
        && let Some(own) = value
            .resource_type()
            .and_then(|name| types().resource(name))
    {
        walk(value, own, names, full_url);
    }
}

fn scalar(text: &mut CompactString, ty: &TypeDef, names: &Names) {
    match ty.name {
        // An `oid` or `uuid` that was replaced by an address would no longer be one.
        "uri" | "url" | "canonical" => {
            if text.len() > 8
                && let Some(local) = names.map.get(text.as_str())
            {
                *text = CompactString::from([&names.base, "/", local].concat());
            }
        }
        "xhtml" => {
            if let Some(changed) = narrative(text, names) {
                *text = CompactString::from(changed);
            }
        }
        _ => {}
    }
}

/// A narrative with its `href` and `src` rewritten; none when there is nothing to rewrite.
fn narrative(text: &str, names: &Names) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("=\"") {
        let (before, after) = rest.split_at(at + 2);
        out.push_str(before);
        let name = before.trim_end_matches("=\"");
        let end = after.find('"').unwrap_or(after.len());
        let (value, tail) = after.split_at(end);
        let link = name.ends_with("href") || name.ends_with("src");
        match names.map.get(value).filter(|_| link) {
            Some(local) => out.push_str(local),
            None => out.push_str(value),
        }
        rest = tail;
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn names() -> Names {
        let mut names = Names::new("http://here/fhir".to_owned());
        names.add("urn:uuid:aaaa", "Patient/1".to_owned());
        names.add("http://old/Patient/9", "Patient/1".to_owned());
        names.add("Practitioner?identifier=x|y", "Practitioner/2".to_owned());
        names
    }

    fn check(given: &str, full_url: Option<&str>, expected: &str) {
        let mut value = json::read(given.as_bytes()).unwrap();
        rewrite(&mut value, &names(), full_url);
        assert_eq!(json::to_string(&value), expected);
    }

    #[test]
    fn references_become_local_wherever_they_stand() {
        let observation = |reference: &str| {
            format!(
                "{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{reference}\"}},\"performer\":[{{\"reference\":\"{reference}\"}}]}}"
            )
        };
        let old = Some("http://old/Observation/5");
        check(
            &observation("urn:uuid:aaaa"),
            None,
            &observation("Patient/1"),
        );
        check(
            &observation("http://old/Patient/9"),
            None,
            &observation("Patient/1"),
        );
        check(&observation("Patient/9"), old, &observation("Patient/1"));
        check(&observation("Patient/9"), None, &observation("Patient/9"));
        check(
            &observation("Practitioner?identifier=x|y"),
            None,
            &observation("Practitioner/2"),
        );
        check(
            &observation("http://here/fhir/Patient/7"),
            None,
            &observation("Patient/7"),
        );
        check(
            &observation("http://elsewhere/Patient/7"),
            old,
            &observation("http://elsewhere/Patient/7"),
        );
    }

    #[test]
    fn extensions_contained_resources_links_and_narrative_are_rewritten_and_plain_strings_are_not()
    {
        check(
            "{\"resourceType\":\"DocumentReference\",\"contained\":[{\"resourceType\":\"Patient\",\"link\":[{\"other\":{\"reference\":\"urn:uuid:aaaa\"}}]}],\"_status\":{\"extension\":[{\"url\":\"u\",\"valueReference\":{\"reference\":\"urn:uuid:aaaa\"}}]},\"content\":[{\"attachment\":{\"url\":\"urn:uuid:aaaa\"}}],\"identifier\":[{\"value\":\"urn:uuid:aaaa\"}],\"description\":\"urn:uuid:aaaa\"}",
            None,
            "{\"resourceType\":\"DocumentReference\",\"contained\":[{\"resourceType\":\"Patient\",\"link\":[{\"other\":{\"reference\":\"Patient/1\"}}]}],\"_status\":{\"extension\":[{\"url\":\"u\",\"valueReference\":{\"reference\":\"Patient/1\"}}]},\"content\":[{\"attachment\":{\"url\":\"http://here/fhir/Patient/1\"}}],\"identifier\":[{\"value\":\"urn:uuid:aaaa\"}],\"description\":\"urn:uuid:aaaa\"}",
        );
        let div = |url: &str| {
            format!(
                "<div title=\"urn:uuid:aaaa\"><a href=\"{url}\">x</a><img src=\"{url}\"/></div>"
            )
        };
        assert_eq!(
            narrative(&div("urn:uuid:aaaa"), &names()),
            Some(div("Patient/1"))
        );
        assert_eq!(narrative("<div>urn:uuid:aaaa</div>", &names()), None);
    }
}

//! Masks: what a caller's roles hide is left out of whatever they are shown, cannot be asked for, and stays as it is when
//! they write the rest.

mod ask;

use aceso_fhir::definitions::types;
use aceso_fhir::subset::{tagged, untagged};
use aceso_fhir::{Object, Value, json};
use aceso_policy::Masks;
use bytes::Bytes;

use crate::reading::document;
use crate::search::SearchPage;
use crate::{StoreError, Stored, WriteError};

pub(crate) use ask::{clauses, restrain};

/// The element that a resource's own identifiers are in.
const IDENTIFIER: &str = "identifier";

/// A version without what is hidden; tagged as a part if something is.
pub(crate) fn one_for(masks: &Masks, mut stored: Stored) -> Result<Stored, StoreError> {
    hide(masks, &mut stored)?;
    Ok(stored)
}

/// These versions without what is hidden.
pub(crate) fn all_for(masks: &Masks, mut all: Vec<Stored>) -> Result<Vec<Stored>, StoreError> {
    all.iter_mut().try_for_each(|stored| hide(masks, stored))?;
    Ok(all)
}

/// A page, and what came along with it, without what is hidden.
pub(crate) fn page_for(masks: &Masks, page: SearchPage) -> Result<SearchPage, StoreError> {
    Ok(SearchPage {
        matches: all_for(masks, page.matches)?,
        included: all_for(masks, page.included)?,
        ..page
    })
}

fn hide(masks: &Masks, stored: &mut Stored) -> Result<(), StoreError> {
    if masks.is_empty() || stored.body.is_empty() {
        return Ok(());
    }
    let mut whole = document(stored)?;
    if strip(masks, &mut whole)
        && let Value::Object(rest) = whole
    {
        let mut body = Vec::with_capacity(stored.body.len());
        json::write(&Value::from(tagged(rest)), &mut body);
        stored.body = Bytes::from(body);
    }
    Ok(())
}

/// Whether a version says something that is hidden.
pub(crate) fn hides_of(masks: &Masks, stored: &Stored) -> Result<bool, StoreError> {
    Ok(!masks.is_empty() && !stored.body.is_empty() && strip(masks, &mut document(stored)?))
}

/// What somebody wrote who does not see all of what is there, with the rest of what is there. What they do not see they do
/// not write either: to be told that it is right would be to see it.
pub(crate) fn complete(
    masks: &Masks,
    written: Value,
    there: Option<&Stored>,
) -> Result<Value, WriteError> {
    let Some(there) = there.filter(|s| !masks.is_empty() && !s.body.is_empty()) else {
        return Ok(written);
    };
    if strip(masks, &mut written.clone()) {
        return Err(refused(there, masks, "leave that out: what is there stays"));
    }
    let Value::Object(written) = written else {
        return Ok(written);
    };
    let mut written = untagged(written);
    let Value::Object(mut whole) = document(there)? else {
        return Ok(Value::from(written));
    };
    for (name, value) in take_own(masks, there.kind, &mut whole) {
        match (name.as_str(), written.get_mut(&name), value) {
            (IDENTIFIER, Some(Value::Array(new)), Value::Array(own)) => new.extend(own),
            (_, _, value) => written.set(&name, value),
        }
    }
    if strip(masks, &mut Value::from(whole)) {
        let why = "it stands where only somebody who sees it can change what is around it";
        return Err(refused(there, masks, why));
    }
    Ok(Value::from(written))
}

fn refused(there: &Stored, masks: &Masks, why: &str) -> WriteError {
    WriteError::BadQuery(format!(
        "{}: your role does not see some of what this says ({masks}); {why}",
        there.kind
    ))
}

/// Takes out what is hidden among a resource's own members.
fn take_own(masks: &Masks, kind: &str, whole: &mut Object) -> Vec<(String, Value)> {
    let names: Vec<String> = whole.iter().map(|(name, _)| name.to_owned()).collect();
    let hidden = names.into_iter().filter(|n| is_hidden(masks, kind, n));
    let mut taken: Vec<(String, Value)> = hidden
        .filter_map(|name| whole.remove(&name).map(|value| (name, value)))
        .collect();
    if let Some(Value::Array(items)) = whole.get_mut(IDENTIFIER) {
        let (own, rest): (Vec<Value>, Vec<Value>) =
            items.drain(..).partition(|item| is_masked(masks, item));
        *items = rest;
        if !own.is_empty() {
            taken.push((IDENTIFIER.to_owned(), Value::from(own)));
        }
    }
    taken
}

/// Whether a member of a resource is of an element that is hidden.
fn is_hidden(masks: &Masks, kind: &str, member: &str) -> bool {
    let kind = types().resource(kind);
    let element = kind.and_then(|k| Some((k, k.elements.get(k.member(member)?.element)?)));
    element.is_some_and(|(kind, element)| masks.hides(kind.name, element.name))
}

/// Whether this is an identifier, or whatever else names a system, that is hidden.
fn is_masked(masks: &Masks, value: &Value) -> bool {
    let system = value.str_at("system");
    system.is_some_and(|system| masks.systems().any(|hidden| hidden == system))
}

/// Removes what is hidden, at any depth, what is empty then, and the narrative of each resource that it was removed from.
/// Whether there was anything.
fn strip(masks: &Masks, value: &mut Value) -> bool {
    match value {
        Value::Object(object) => strip_object(masks, object),
        Value::Array(items) => {
            let before = items.len();
            items.retain(|item| !is_masked(masks, item));
            let mut found = items.len() < before;
            for item in items.iter_mut() {
                found |= strip(masks, item);
            }
            if found {
                items.retain(|item| !is_bare(item));
            }
            found
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn strip_object(masks: &Masks, object: &mut Object) -> bool {
    let kind = object.get("resourceType").and_then(Value::as_str);
    let kind = kind.map(str::to_owned);
    let before = object.iter().len();
    object.retain(|name, member| {
        let hidden = kind.as_ref().is_some_and(|k| is_hidden(masks, k, name));
        !hidden && !is_masked(masks, member)
    });
    let mut found = object.iter().len() < before;
    for (_, member) in object.iter_mut() {
        found |= strip(masks, member);
    }
    if found {
        object.retain(|_, member| !is_bare(member));
        if kind.is_some() {
            object.remove("text");
        }
    }
    found
}

fn is_bare(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().len() == 0,
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSN: &str = "http://hl7.org/fhir/sid/us-ssn";

    fn masks() -> Masks {
        Masks::parse(&format!("Patient.photo identifier={SSN}")).unwrap()
    }

    fn read(text: &str) -> Value {
        json::read(text.replace("SSN", SSN).as_bytes()).unwrap()
    }

    fn check_stripped(text: &str, expected: &str) {
        let mut value = read(text);
        strip(&masks(), &mut value);
        assert_eq!(value, read(expected));
    }

    #[test]
    fn p3_what_is_hidden_goes_wherever_it_stands() {
        check_stripped(
            r#"{"resourceType":"Patient","text":{"status":"generated","div":"1-1"},"photo":[{"url":"x"}],"identifier":[{"system":"SSN","value":"1-1"},{"system":"mrn","value":"2"}]}"#,
            r#"{"resourceType":"Patient","identifier":[{"system":"mrn","value":"2"}]}"#,
        );
        check_stripped(
            r#"{"resourceType":"Appointment","participant":[{"actor":{"identifier":{"system":"SSN","value":"1"}},"status":"accepted"}]}"#,
            r#"{"resourceType":"Appointment","participant":[{"status":"accepted"}]}"#,
        );
        check_stripped(
            r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","photo":[{"url":"x"}],"gender":"male"}}]}"#,
            r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","gender":"male"}}]}"#,
        );
        let other = r#"{"resourceType":"Person","photo":{"url":"x"}}"#;
        check_stripped(other, other);
    }

    fn stored(body: &str) -> Stored {
        let mut bytes = Vec::new();
        json::write(&read(body), &mut bytes);
        Stored {
            kind: "Patient",
            id: "p".into(),
            version: 1,
            updated: aceso_base::Instant::from_millis(0),
            change: crate::Change::Created,
            body: Bytes::from(bytes),
            release: None,
        }
    }

    #[test]
    fn p3_what_is_hidden_outlives_a_change_by_somebody_who_does_not_see_it() {
        let there = stored(
            r#"{"resourceType":"Patient","photo":[{"url":"x"}],"identifier":[{"system":"SSN","value":"1"}],"gender":"male"}"#,
        );
        let whole = complete(
            &masks(),
            read(
                r#"{"resourceType":"Patient","identifier":[{"system":"mrn","value":"2"}],"gender":"female"}"#,
            ),
            Some(&there),
        );
        let expected = read(
            r#"{"resourceType":"Patient","identifier":[{"system":"mrn","value":"2"},{"system":"SSN","value":"1"}],"gender":"female","photo":[{"url":"x"}]}"#,
        );
        assert_eq!(whole.unwrap(), expected);
    }

    #[test]
    fn p3_what_is_hidden_is_not_written_nor_changed_around() {
        let there = stored(r#"{"resourceType":"Patient","gender":"male"}"#);
        let guess =
            read(r#"{"resourceType":"Patient","identifier":[{"system":"SSN","value":"1"}]}"#);
        assert!(complete(&masks(), guess.clone(), Some(&there)).is_err());
        assert!(complete(&masks(), guess, None).is_ok());
        let deep = stored(
            r#"{"resourceType":"Patient","generalPractitioner":[{"identifier":{"system":"SSN","value":"1"}}]}"#,
        );
        let plain = read(r#"{"resourceType":"Patient","gender":"male"}"#);
        assert!(complete(&masks(), plain, Some(&deep)).is_err());
    }
}

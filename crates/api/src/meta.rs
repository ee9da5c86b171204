//! `$meta`, `$meta-add`, `$meta-delete` of one resource.

use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::{Object, Value};
use aceso_store::{Change, Stored, Tx};
use http::StatusCode;

use crate::answer::{Answer, own};
use crate::ask::Ask;
use crate::problem::{Answered, Problem, gone};
use crate::tries::Tries;
use crate::{form, parameters};

/// The lists that the operations change.
const LISTS: [&str; 3] = ["profile", "security", "tag"];

/// How a list is changed.
#[derive(Clone, Copy)]
enum How {
    Add,
    Delete,
}

/// The resource's meta.
pub(crate) async fn get(ask: Ask) -> Answered {
    let stored = ask.reading().fetch(ask.kind()?, ask.id()?).await?;
    answer(&stored)
}

/// Adds profiles, tags and labels.
pub(crate) async fn add(ask: Ask) -> Answered {
    change(&ask, How::Add).await
}

/// Takes profiles, tags and labels away.
pub(crate) async fn delete(ask: Ask) -> Answered {
    change(&ask, How::Delete).await
}

fn answer(stored: &Stored) -> Answered {
    let meta = own(&stored.body)?
        .get("meta")
        .cloned()
        .unwrap_or_else(|| Object::new().into());
    let list = vec![Value::from([
        ("name", "return".into()),
        ("valueMeta", meta),
    ])];
    Ok(Answer::ok(&parameters::of(list)))
}

async fn change(ask: &Ask, how: How) -> Answered {
    let (kind, id) = (ask.kind()?, ask.id()?);
    let input = parameters::read(ask)?;
    let meta = parameters::find(&input, "meta")
        .and_then(|p| p.get("valueMeta"))
        .cloned();
    let meta = meta.ok_or_else(|| {
        let issue = Issue::error(Code::Required, "The operation needs a parameter 'meta'")
            .fix("Send a Parameters with {\"name\": \"meta\", \"valueMeta\": {…}}.");
        Problem::of(StatusCode::BAD_REQUEST, issue)
    })?;
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = changed(&mut tx, kind, id, &meta, how).await;
        if let Some(stored) = tries.settle(tx, done).await? {
            return answer(&stored);
        }
    }
}

async fn changed(
    tx: &mut Tx,
    kind: &'static str,
    id: &str,
    given: &Value,
    how: How,
) -> Answered<Stored> {
    let stored = match tx.current(kind, id).await? {
        Some(stored) if stored.change == Change::Deleted => return Err(gone(stored.version)),
        Some(stored) => stored,
        None => return Err(Problem::not_found()),
    };
    let mut document = own(&stored.body)?;
    let Some(object) = document.as_object_mut() else {
        return Err(Problem::not_found());
    };
    let mut meta = object
        .remove("meta")
        .unwrap_or_else(|| Object::new().into());
    if let Some(meta) = meta.as_object_mut() {
        for name in LISTS {
            list(meta, name, given.items_at(name), how);
        }
    }
    object.insert_at(2, "meta", meta);
    form::check(&document)?;
    Ok(tx.update(id, document, None).await?)
}

fn list(meta: &mut Object, name: &str, given: &[Value], how: How) {
    let mut items = meta
        .remove(name)
        .and_then(|v| v.as_array().map(<[Value]>::to_vec))
        .unwrap_or_default();
    match how {
        How::Add => {
            for item in given {
                if !items.iter().any(|i| same(i, item)) {
                    items.push(item.clone());
                }
            }
        }
        How::Delete => items.retain(|i| !given.iter().any(|g| same(i, g))),
    }
    if !items.is_empty() {
        meta.set(name, items);
    }
}

/// The same profile, or a coding of the same system and code.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a == b,
        _ => a.str_at("system") == b.str_at("system") && a.str_at("code") == b.str_at("code"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_added_once_and_taken_away_by_system_and_code() {
        let tag = |display: &str| {
            Value::from([
                ("system", "s".into()),
                ("code", "c".into()),
                ("display", display.into()),
            ])
        };
        let mut meta = Object::new();
        list(&mut meta, "tag", &[tag("a")], How::Add);
        list(&mut meta, "tag", &[tag("b")], How::Add);
        assert_eq!(meta.get("tag"), Some(&Value::from(vec![tag("a")])));
        list(&mut meta, "tag", &[tag("")], How::Delete);
        assert_eq!(meta.get("tag"), None);
    }
}

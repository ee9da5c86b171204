//! The items of a Questionnaire as a tree that can be changed. Help texts, which are items too, belong to what they help with.

use aceso_fhir::{Object, Value};

const CONTROL: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl";

/// Where an item is: its place among its siblings, from the outermost on.
pub(crate) type Path = Vec<usize>;

/// Which way an item goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// The paths of all items, parents before their children. An item's number is its place in this list.
pub(crate) fn paths(document: &Value) -> Vec<Path> {
    let mut all = Vec::new();
    walk(document, &mut Vec::new(), &mut all);
    all
}

fn walk(within: &Value, path: &mut Path, all: &mut Vec<Path>) {
    for (at, item) in within.items_at("item").iter().enumerate() {
        if is_help(item) && !path.is_empty() {
            continue;
        }
        path.push(at);
        all.push(path.clone());
        walk(item, path, all);
        path.pop();
    }
}

/// Whether an item is only the help of the item that it is in.
pub(crate) fn is_help(item: &Value) -> bool {
    let all = item.items_at("extension").iter();
    let mut controls = all.filter(|e| e.str_at("url") == Some(CONTROL));
    controls.any(|e| {
        let codes = crate::chart::codes(e.get("valueCodeableConcept"));
        item.str_at("type") == Some("display") && codes.into_iter().any(|c| c == "help")
    })
}

/// A help text as the item that FHIR makes of it.
pub(crate) fn help(link: &str, text: &str) -> Value {
    let coding =
        crate::chart::write::coding("http://hl7.org/fhir/questionnaire-item-control", "help", "");
    let control = Value::from([("coding", Value::from(vec![coding]))]);
    let extension = Value::from([
        ("url", Value::from(CONTROL)),
        ("valueCodeableConcept", control),
    ]);
    Value::from([
        ("extension", Value::from(vec![extension])),
        ("linkId", Value::from([link, "-help"].concat())),
        ("text", Value::from(text)),
        ("type", Value::from("display")),
    ])
}

/// The item there.
pub(crate) fn at<'v>(document: &'v Value, path: &[usize]) -> Option<&'v Value> {
    let mut here = document;
    for at in path {
        here = here.items_at("item").get(*at)?;
    }
    Some(here)
}

fn object<'v>(document: &'v mut Object, path: &[usize]) -> Option<&'v mut Object> {
    let mut here = document;
    for at in path {
        let list = here.get_mut("item")?.as_array_mut()?;
        here = list.get_mut(*at)?.as_object_mut()?;
    }
    Some(here)
}

/// Puts an item in the place of another.
pub(crate) fn replace(document: &mut Object, path: &[usize], item: Value) -> Option<()> {
    let (last, above) = path.split_last()?;
    let list = object(document, above)?.get_mut("item")?.as_array_mut()?;
    *list.get_mut(*last)? = item;
    Some(())
}

/// Takes an item out, with all that is in it.
pub(crate) fn remove(document: &mut Object, path: &[usize]) -> Option<Value> {
    let (last, above) = path.split_last()?;
    let parent = object(document, above)?;
    let list = parent.get_mut("item")?.as_array_mut()?;
    let removed = (*last < list.len()).then(|| list.remove(*last))?;
    if list.is_empty() {
        parent.remove("item");
    }
    Some(removed)
}

/// Puts an item behind the others that are in something; the empty path is the form itself.
pub(crate) fn append(document: &mut Object, within: &[usize], item: Value) -> Option<()> {
    let parent = object(document, within)?;
    match parent.get_mut("item").and_then(Value::as_array_mut) {
        Some(list) => list.push(item),
        None => parent.set("item", vec![item]),
    }
    Some(())
}

/// Changes places with the neighbour; at the end nothing happens.
pub(crate) fn shift(document: &mut Object, path: &[usize], way: Way) -> Option<()> {
    let (last, above) = path.split_last()?;
    let list = object(document, above)?.get_mut("item")?.as_array_mut()?;
    let other = match way {
        Way::Up => last.checked_sub(1)?,
        Way::Down => last + 1,
    };
    if *last < list.len() && other < list.len() && !list.get(other).is_some_and(is_help) {
        list.swap(*last, other);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    fn links(document: &Object) -> String {
        let value = Value::from(document.clone());
        let links = paths(&value);
        let links = links
            .iter()
            .map(|p| at(&value, p).unwrap().str_at("linkId").unwrap().to_owned());
        links.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn items_are_moved_added_and_removed_where_they_are() {
        let text =
            r#"{"item":[{"linkId":"a"},{"linkId":"g","item":[{"linkId":"b"},{"linkId":"c"}]}]}"#;
        let Value::Object(mut document) = json::read(text.as_bytes()).unwrap() else {
            panic!("an object");
        };
        assert_eq!(links(&document), "a g b c");
        shift(&mut document, &[1, 1], Way::Up).unwrap();
        assert_eq!(links(&document), "a g c b");
        shift(&mut document, &[1, 1], Way::Down).unwrap();
        assert_eq!(links(&document), "a g c b", "the last stays last");
        assert!(shift(&mut document, &[0], Way::Up).is_none());
        append(&mut document, &[0], help("a", "Why")).unwrap();
        assert_eq!(links(&document), "a g c b", "help is no item of its own");
        append(
            &mut document,
            &[1],
            Value::from([("linkId", Value::from("d"))]),
        )
        .unwrap();
        let removed = remove(&mut document, &[1, 0]).unwrap();
        assert_eq!(removed.str_at("linkId"), Some("c"));
        replace(
            &mut document,
            &[1, 0],
            Value::from([("linkId", Value::from("e"))]),
        )
        .unwrap();
        assert_eq!(links(&document), "a g e d");
        assert!(remove(&mut document, &[7]).is_none());
    }
}

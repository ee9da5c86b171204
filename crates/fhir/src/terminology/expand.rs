//! `ValueSet/$expand`.

use super::compose::{Contents, Item, Trouble, contents_at, contents_of};
use super::display::{designations, display};
use super::parameters::Input;
use super::source::Source;
use super::system::{Concept, System};
use crate::{Object, Value};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// More codes than this are given out only in pages.
const MAX_UNPAGED: usize = 10_000;

/// Expands the value set that `url` or `valueSet` names. Understands `filter`, `offset`, `count`, `includeDesignations`,
/// `includeDefinition`, `activeOnly`, `excludeNotForUI` and `displayLanguage`. The answer is the `ValueSet` with its `expansion`;
/// `expansion.identifier` and `timestamp` are the caller's to add.
///
/// # Errors
/// When the value set is not known, or its content cannot be worked out, or is too large to be given out in one piece.
pub fn expand(source: &Source, parameters: &Value) -> Result<Value, Trouble> {
    let input = Input::of(parameters);
    let (value_set, contents) = match (input.resource("valueSet"), input.text("url")) {
        (Some(given), _) => {
            let contents = contents_of(source, given, &mut Vec::new())?;
            (Arc::new(given.clone()), contents)
        }
        (None, Some(url)) => {
            let contents = contents_at(source, url, &mut Vec::new())?;
            let value = source
                .value_set(url)
                .ok_or_else(|| Trouble::Unknown(url.to_owned()))?;
            (value, contents)
        }
        (None, None) => return Err(Trouble::Request("$expand needs 'url' or 'valueSet'")),
    };
    if contents.items.is_empty() && !contents.open.is_empty() {
        return Err(Trouble::Unknown(contents.open.join("', '")));
    }
    let found = select(source, &contents, input);
    let offset = input.count("offset").unwrap_or(0);
    let count = input.count("count");
    if count.is_none() && found.len() > MAX_UNPAGED {
        return Err(Trouble::TooMany(MAX_UNPAGED));
    }
    let page: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(count.unwrap_or(usize::MAX))
        .map(|f| f.to_value(input))
        .collect();
    Ok(answer(
        &value_set,
        &contents,
        (found.len(), offset, count),
        page,
    ))
}

/// A code that is given out.
struct Chosen<'c> {
    item: &'c Item,
    system: Option<Arc<System>>,
}

impl Chosen<'_> {
    fn concept(&self) -> Option<&Concept> {
        self.system.as_ref()?.concept(&self.item.code)
    }

    fn to_value(&self, input: Input<'_>) -> Value {
        let mut out = Object::new();
        out.set("system", self.item.system.clone());
        if let Some(version) = self.system.as_ref().and_then(|s| s.version.clone()) {
            out.set("version", version);
        }
        let concept = self.concept();
        if concept.is_some_and(Concept::is_abstract) {
            out.set("abstract", true);
        }
        if concept.is_some_and(Concept::is_inactive) {
            out.set("inactive", true);
        }
        out.set("code", self.item.code.clone());
        if let Some(display) = display(self.item, concept, input.text("displayLanguage")) {
            out.set("display", display);
        }
        if input.flag("includeDesignations") {
            let all = designations(self.item, concept);
            if !all.is_empty() {
                out.set("designation", all);
            }
        }
        out.into()
    }
}

fn select<'c>(source: &Source, contents: &'c Contents, input: Input<'_>) -> Vec<Chosen<'c>> {
    let mut systems: FxHashMap<&str, Option<Arc<System>>> = FxHashMap::default();
    let words: Vec<String> = input
        .text("filter")
        .map(|f| f.split_whitespace().map(str::to_lowercase).collect())
        .unwrap_or_default();
    let mut found = Vec::new();
    for item in &contents.items {
        let system = systems
            .entry(&item.system)
            .or_insert_with(|| source.system(&item.system))
            .clone();
        let chosen = Chosen { item, system };
        let concept = chosen.concept();
        let dropped = (input.flag("activeOnly") && concept.is_some_and(Concept::is_inactive))
            || (input.flag("excludeNotForUI") && concept.is_some_and(Concept::is_abstract));
        let text = || {
            let display = display(item, concept, None).unwrap_or_default();
            format!("{display} {}", item.code).to_lowercase()
        };
        if !dropped && (words.is_empty() || matches(&text(), &words)) {
            found.push(chosen);
        }
    }
    found
}

/// Every word begins a word of the text.
fn matches(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| {
        text.starts_with(word.as_str())
            || text
                .split(|c: char| !c.is_alphanumeric())
                .any(|w| w.starts_with(word.as_str()))
            || text
                .split_whitespace()
                .any(|w| w.starts_with(word.as_str()))
    })
}

fn answer(
    value_set: &Value,
    contents: &Contents,
    (total, offset, count): (usize, usize, Option<usize>),
    page: Vec<Value>,
) -> Value {
    let number = |n: usize| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
    let mut expansion = Object::new();
    expansion.set("total", number(total));
    if count.is_some() || offset > 0 {
        expansion.set("offset", number(offset));
    }
    let mut said = Vec::new();
    for (name, value) in [("offset", (offset > 0).then_some(offset)), ("count", count)] {
        if let Some(value) = value {
            said.push(Value::from([
                ("name", name.into()),
                ("valueInteger", number(value)),
            ]));
        }
    }
    // What is not here is said, so that nobody takes the list for the whole.
    for system in &contents.open {
        said.push(Value::from([
            ("name", "warning-incomplete".into()),
            ("valueUri", system.clone().into()),
        ]));
    }
    if !said.is_empty() {
        expansion.set("parameter", said);
    }
    if !page.is_empty() {
        expansion.set("contains", page);
    }
    let mut out = Object::new();
    if let Some(object) = value_set.as_object() {
        for (name, value) in object.iter() {
            if !matches!(name, "compose" | "expansion" | "text") {
                out.push_unchecked(name.into(), value.clone());
            }
        }
    }
    out.set("expansion", expansion);
    out.into()
}

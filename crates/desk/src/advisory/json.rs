//! Reading JSON of others: every error names the place.

use serde_json::{Map, Value};

use crate::When;

/// Something in a document that cannot be read: where, what, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct ReadError {
    /// The place: `/document/tracking/id`.
    pub path: String,
    /// What is wrong, and what is expected.
    pub what: String,
}

/// A value in a document, with its place.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> ReadError {
        let path = if self.path.is_empty() {
            "/".to_owned()
        } else {
            self.path.clone()
        };
        ReadError {
            path,
            what: what.into(),
        }
    }

    /// A member, if it is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<At<'a>> {
        let value = self.value.get(key).filter(|v| !v.is_null())?;
        Some(At {
            value,
            path: format!("{}/{key}", self.path),
        })
    }

    /// A member that must be there.
    pub(super) fn need(&self, key: &str) -> Result<At<'a>, ReadError> {
        self.get(key)
            .ok_or_else(|| self.wrong(format!("{key} is missing here")))
    }

    /// The items of a member; none when it is absent.
    pub(super) fn list(&self, key: &str) -> Result<Vec<At<'a>>, ReadError> {
        let Some(found) = self.get(key) else {
            return Ok(Vec::new());
        };
        let items = found
            .value
            .as_array()
            .ok_or_else(|| found.wrong("this is not a list"))?;
        let each = items.iter().enumerate();
        Ok(each
            .map(|(at, value)| At {
                value,
                path: format!("{}/{at}", found.path),
            })
            .collect())
    }

    pub(super) fn string(&self) -> Result<String, ReadError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.wrong("this is not a text"))?;
        Ok(text.to_owned())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ReadError> {
        self.get(key).map(|v| v.string()).transpose()
    }

    pub(super) fn need_text(&self, key: &str) -> Result<String, ReadError> {
        self.need(key)?.string()
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, ReadError> {
        self.list(key)?.iter().map(At::string).collect()
    }

    pub(super) fn when(&self, key: &str) -> Result<Option<When>, ReadError> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        let text = found.string()?;
        // Older CVE records leave the zone out: they mean UTC.
        let zoned = text
            .parse::<When>()
            .or_else(|error| format!("{text}Z").parse().map_err(|_| error));
        zoned
            .map(Some)
            .map_err(|error| found.wrong(error.to_string()))
    }

    pub(super) fn need_when(&self, key: &str) -> Result<When, ReadError> {
        self.when(key)?
            .ok_or_else(|| self.wrong(format!("{key} is missing here")))
    }

    /// A member that is one of some words, each with what it means here.
    pub(super) fn word<T: serde::de::DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<T>, ReadError> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        let text = found.string()?;
        let read = serde_json::from_value(Value::String(text.clone()));
        read.map(Some).map_err(|_| {
            found.wrong(format!(
                "{text:?} is not one of the words that may stand here"
            ))
        })
    }

    pub(super) fn need_word<T: serde::de::DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<T, ReadError> {
        self.word(key)?
            .ok_or_else(|| self.wrong(format!("{key} is missing here")))
    }
}

/// An object that leaves out what there is nothing of.
#[derive(Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A member, unless it is null, an empty text, list or object.
    pub(super) fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let nothing = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !nothing {
            self.0.insert(key.to_owned(), value);
        }
        self
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.done()
    }
}

/// A list of what each thing is written as.
pub(super) fn each<T>(things: &[T], write: impl Fn(&T) -> Value) -> Value {
    Value::Array(things.iter().map(write).collect())
}

/// The word that serde writes for a value of one of our enums.
pub(super) fn word<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// The texts of a document that another one, written from what was read, does not have: nothing is lost in silence.
pub fn lost(source: &Value, again: &Value) -> Vec<String> {
    let mut had = Vec::new();
    leaves(source, "", &mut had);
    let mut has = Vec::new();
    leaves(again, "", &mut has);
    let mut left: std::collections::HashMap<&(String, String), usize> =
        std::collections::HashMap::new();
    for leaf in &has {
        *left.entry(leaf).or_default() += 1;
    }
    let mut gone = Vec::new();
    for leaf in &had {
        match left.get_mut(leaf) {
            Some(count) if *count > 0 => *count -= 1,
            Some(_) | None => gone.push(format!("{}: {}", leaf.0, leaf.1)),
        }
    }
    gone
}

/// Every scalar with its place (without positions in lists); times in one form.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                leaves(inner, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for inner in items {
                leaves(inner, path, found);
            }
        }
        Value::String(text) => {
            let text = text
                .parse::<When>()
                .map_or_else(|_| text.clone(), |when| when.to_string());
            found.push((path.to_owned(), text));
        }
        Value::Number(number) => {
            let number = number
                .as_f64()
                .map_or_else(|| number.to_string(), |n| n.to_string());
            found.push((path.to_owned(), number));
        }
        Value::Null | Value::Bool(_) => found.push((path.to_owned(), value.to_string())),
    }
}

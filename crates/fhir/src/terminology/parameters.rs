//! `Parameters`, read and written.

use crate::{Object, Value};

/// The parameters of a request. Values may be of any `value[x]`, so that those of a query string can all be strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'v>(&'v [Value]);

impl<'v> Input<'v> {
    pub(super) fn of(parameters: &'v Value) -> Self {
        Self(parameters.items_at("parameter"))
    }

    fn named(self, name: &'v str) -> impl Iterator<Item = &'v Value> {
        self.0
            .iter()
            .filter(move |p| p.str_at("name") == Some(name))
    }

    /// The value of the first parameter of this name.
    pub(super) fn value(self, name: &'v str) -> Option<&'v Value> {
        self.values(name).next()
    }

    /// The values of all parameters of this name.
    pub(super) fn values(self, name: &'v str) -> impl Iterator<Item = &'v Value> {
        self.named(name).filter_map(|p| {
            p.as_object()?
                .iter()
                .find(|(k, _)| k.starts_with("value"))
                .map(|(_, v)| v)
        })
    }

    /// What is asked about: `code` as it is, `coding`, or the codings of `codeableConcept`.
    pub(super) fn codings<T>(
        self,
        code: impl FnOnce(&'v str) -> T,
        coding: impl Fn(&'v Value) -> Option<T>,
    ) -> Vec<T> {
        match (self.text("code"), self.value("coding")) {
            (Some(found), _) => vec![code(found)],
            (None, Some(found)) => coding(found).into_iter().collect(),
            (None, None) => self
                .value("codeableConcept")
                .map(|c| c.items_at("coding").iter().filter_map(coding).collect())
                .unwrap_or_default(),
        }
    }

    /// The resource of the first parameter of this name.
    pub(super) fn resource(self, name: &'v str) -> Option<&'v Value> {
        self.named(name).find_map(|p| p.get("resource"))
    }

    pub(super) fn text(self, name: &'v str) -> Option<&'v str> {
        self.value(name)
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
    }

    pub(super) fn flag(self, name: &'v str) -> bool {
        self.value(name)
            .is_some_and(|v| v.as_bool() == Some(true) || v.as_str() == Some("true"))
    }

    pub(super) fn count(self, name: &'v str) -> Option<usize> {
        let value = self.value(name)?;
        match value.as_number() {
            Some(n) => n.to_i64().and_then(|n| usize::try_from(n).ok()),
            None => value.as_str()?.parse().ok(),
        }
    }
}

/// A `Parameters` that is being written.
#[derive(Debug, Default)]
pub(super) struct Output(Vec<Value>);

impl Output {
    /// Adds a value: `add("result", "Boolean", true)`.
    pub(super) fn add(&mut self, name: &str, kind: &str, value: impl Into<Value>) {
        self.0.push(part(name, kind, value));
    }

    /// Adds a value where there is one.
    pub(super) fn add_some<T: Into<Value>>(&mut self, name: &str, kind: &str, value: Option<T>) {
        if let Some(value) = value {
            self.add(name, kind, value);
        }
    }

    /// Adds a parameter with parts.
    pub(super) fn add_parts(&mut self, name: &str, parts: Vec<Value>) {
        self.0
            .push(Value::from([("name", name.into()), ("part", parts.into())]));
    }

    pub(super) fn into_value(self) -> Value {
        Value::from([
            ("resourceType", "Parameters".into()),
            ("parameter", self.0.into()),
        ])
    }
}

/// One parameter or part with a value.
pub(super) fn part(name: &str, kind: &str, value: impl Into<Value>) -> Value {
    let mut object = Object::new();
    object.set("name", name);
    object.set(&format!("value{kind}"), value);
    object.into()
}

//! The document model: JSON with the order of members and the text of numbers kept.

use compact_str::CompactString;

/// The text of a JSON number, exactly as it was written (`1.10` is not `1.1`; FHIR R4, section 2.24.0.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(CompactString);

impl Number {
    /// From text that the JSON grammar accepts as a number. The reader guarantees the grammar.
    pub fn from_json_text(text: &str) -> Self {
        Self(CompactString::new(text))
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest double; infinite when the exponent is out of range.
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The value as an integer, when it is written as one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self(CompactString::from(n.to_string()))
    }
}

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`; in FHIR only a place holder in arrays of primitives.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, its text kept.
    Number(Number),
    /// A string.
    String(CompactString),
    /// An array.
    Array(Vec<Value>),
    /// An object, the order of its members kept.
    Object(Object),
}

/// A JSON object: members in the order they were read; names are unique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(Vec<(CompactString, Value)>);

impl Object {
    /// An empty object.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// From members whose names the caller knows to be unique.
    pub const fn from_members(members: Vec<(CompactString, Value)>) -> Self {
        Self(members)
    }

    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The member of this name, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Sets a member: in its place when the name exists, at the end otherwise.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        match self.get_mut(name) {
            Some(old) => *old = value.into(),
            None => self.0.push((CompactString::new(name), value.into())),
        }
    }

    /// Puts a member at a position (clamped to the end); an older member of the same name is removed first.
    pub fn insert_at(&mut self, position: usize, name: &str, value: impl Into<Value>) {
        self.remove(name);
        let position = position.min(self.0.len());
        self.0
            .insert(position, (CompactString::new(name), value.into()));
    }

    /// Appends a member without looking for one of the same name: for readers that checked.
    pub fn push_unchecked(&mut self, name: CompactString, value: Value) {
        self.0.push((name, value));
    }

    /// Removes a member and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// Keeps only the members the test accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Value) -> bool) {
        self.0.retain(|(n, v)| keep(n, v));
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// The members in order, values to change.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Value)> {
        self.0.iter_mut().map(|(n, v)| (n.as_str(), v))
    }

    /// The members, taken out.
    pub fn into_members(self) -> Vec<(CompactString, Value)> {
        self.0
    }

    /// Whether a member of this name exists.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many members there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Value {
    /// The member of this name, when this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }

    /// The string member of this name.
    pub fn str_at(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The items of the array member of this name; empty when there is none.
    pub fn items_at(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).unwrap_or_default()
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) => Some(s),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The truth value, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Null | Self::String(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => {
                None
            }
        }
    }

    /// The number, when this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(n) => Some(n),
            Self::Null | Self::Bool(_) | Self::String(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The items, when this is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Object(_) => {
                None
            }
        }
    }

    /// The items to change, when this is an array.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self {
            Self::Array(items) => Some(items),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Object(_) => {
                None
            }
        }
    }

    /// The object, when this is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(o) => Some(o),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    /// The object to change, when this is one.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(o) => Some(o),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    /// One item per value: the items of an array, or the value itself (`null` is nothing).
    pub fn each(&self) -> &[Value] {
        match self {
            Self::Array(items) => items,
            Self::Null => &[],
            Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Object(_) => {
                std::slice::from_ref(self)
            }
        }
    }

    /// The `resourceType`, when this is a resource.
    pub fn resource_type(&self) -> Option<&str> {
        self.str_at("resourceType")
    }

    /// The logical id, when this has one.
    pub fn id(&self) -> Option<&str> {
        self.str_at("id")
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::String(CompactString::new(s))
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::String(CompactString::from(s))
    }
}

impl From<CompactString> for Value {
    fn from(s: CompactString) -> Self {
        Self::String(s)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Number(Number::from(n))
    }
}

impl From<Number> for Value {
    fn from(n: Number) -> Self {
        Self::Number(n)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Value {
    /// An object literal; names must be unique.
    fn from(members: [(&str, Value); N]) -> Self {
        Self::Object(Object(
            members
                .into_iter()
                .map(|(n, v)| (CompactString::new(n), v))
                .collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_a_member_keeps_its_place_and_a_new_one_goes_last() {
        let mut o = Object::new();
        o.set("a", 1_i64);
        o.set("b", 2_i64);
        o.set("a", 3_i64);
        assert_eq!(o.iter().map(|(n, _)| n).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(o.get("a"), Some(&Value::from(3_i64)));
    }

    #[test]
    fn a_number_keeps_its_text() {
        assert_eq!(Number::from_json_text("1.10").as_str(), "1.10");
    }
}

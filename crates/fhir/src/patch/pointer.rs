//! JSON pointers (RFC 6901).

use super::Problem;
use crate::value::Value;

/// The reference tokens of a pointer.
pub(super) struct Pointer<'t> {
    text: &'t str,
    tokens: Vec<String>,
}

impl<'t> Pointer<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Ok(Self {
                text,
                tokens: Vec::new(),
            });
        }
        let bad = || Problem::Pointer(text.into());
        let rest = text.strip_prefix('/').ok_or_else(bad)?;
        let tokens: Option<Vec<String>> = rest.split('/').map(unescape).collect();
        let tokens = tokens.ok_or_else(bad)?;
        if tokens.len() > crate::MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        Ok(Self { text, tokens })
    }

    pub(super) fn depth(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn text(&self) -> Box<str> {
        self.text.into()
    }

    /// Whether this is a place strictly inside the other.
    pub(super) fn is_inside(&self, other: &Self) -> bool {
        self.tokens.len() > other.tokens.len() && self.tokens.starts_with(&other.tokens)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.tokens == other.tokens
    }

    fn nothing(&self) -> Problem {
        Problem::Nothing(self.text())
    }

    pub(super) fn get<'v>(&self, document: &'v Value) -> Result<&'v Value, Problem> {
        let mut at = document;
        for token in &self.tokens {
            at = match at {
                Value::Object(object) => object.get(token),
                Value::Array(items) => index(token).and_then(|i| items.get(i)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            }
            .ok_or_else(|| self.nothing())?;
        }
        Ok(at)
    }

    /// What holds the place, and the last token; none for the whole document.
    fn parent<'v, 's>(
        &'s self,
        document: &'v mut Value,
    ) -> Result<Option<(&'v mut Value, &'s str)>, Problem> {
        let Some((last, before)) = self.tokens.split_last() else {
            return Ok(None);
        };
        let mut at = document;
        for token in before {
            at = match at {
                Value::Object(object) => object.get_mut(token),
                Value::Array(items) => index(token).and_then(|i| items.get_mut(i)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            }
            .ok_or_else(|| self.nothing())?;
        }
        Ok(Some((at, last)))
    }

    /// Sets a member, or inserts into a list.
    pub(super) fn add(&self, document: &mut Value, value: Value) -> Result<(), Problem> {
        super::same::check_depth(&value, self.depth())?;
        match self.parent(document)? {
            None => *document = value,
            Some((Value::Object(object), name)) => object.set(name, value),
            Some((Value::Array(items), "-")) => items.push(value),
            Some((Value::Array(items), token)) => {
                let at =
                    index(token)
                        .filter(|i| *i <= items.len())
                        .ok_or_else(|| Problem::Place {
                            path: self.text(),
                            place: token.into(),
                        })?;
                items.insert(at, value);
            }
            Some(_) => return Err(self.nothing()),
        }
        Ok(())
    }

    /// Takes the value out.
    pub(super) fn remove(&self, document: &mut Value) -> Result<Value, Problem> {
        let removed = match self.parent(document)? {
            None => return Err(Problem::Whole),
            Some((Value::Object(object), name)) => object.remove(name),
            Some((Value::Array(items), token)) => index(token)
                .filter(|i| *i < items.len())
                .map(|i| items.remove(i)),
            Some(_) => None,
        };
        removed.ok_or_else(|| self.nothing())
    }

    /// Puts a value in the place of another.
    pub(super) fn replace(&self, document: &mut Value, value: Value) -> Result<(), Problem> {
        super::same::check_depth(&value, self.depth())?;
        let place = match self.parent(document)? {
            None => {
                *document = value;
                return Ok(());
            }
            Some((Value::Object(object), name)) => object.get_mut(name),
            Some((Value::Array(items), token)) => index(token).and_then(|i| items.get_mut(i)),
            Some(_) => None,
        };
        *place.ok_or_else(|| self.nothing())? = value;
        Ok(())
    }
}

/// `~1` is `/`, `~0` is `~`; any other `~` is an error.
fn unescape(token: &str) -> Option<String> {
    let mut out = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

/// An array index: digits without leading zeros.
fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || !token.starts_with('0');
    if !plain || !token.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    token.parse().ok()
}

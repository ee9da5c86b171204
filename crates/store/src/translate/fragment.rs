//! Pieces of SQL with their values.

use std::fmt::Write;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// A value bound to a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound {
    Int(i64),
    Real(f64),
    Text(String),
}

impl ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Int(n) => ToSqlOutput::Owned(Value::Integer(*n)),
            Self::Real(x) => ToSqlOutput::Owned(Value::Real(*x)),
            Self::Text(s) => ToSqlOutput::Borrowed(ValueRef::Text(s.as_bytes())),
        })
    }
}

impl From<i64> for Bound {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<f64> for Bound {
    fn from(x: f64) -> Self {
        Self::Real(x)
    }
}

impl From<&str> for Bound {
    fn from(s: &str) -> Self {
        Self::Text(s.to_owned())
    }
}

/// A piece of SQL: each `?` in the text stands for the next of the values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fragment {
    text: String,
    values: Vec<Bound>,
}

impl Fragment {
    /// Text without values.
    pub(crate) fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Text with a value for each `?`.
    pub(crate) fn new<const N: usize>(text: &str, values: [Bound; N]) -> Self {
        Self {
            text: text.to_owned(),
            values: values.into(),
        }
    }

    /// Appends text without values.
    pub(crate) fn say(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends a piece.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.text.push_str(&other.text);
        self.values.extend(other.values);
        self
    }

    /// Pieces with a text between them, in parentheses; `empty` when there are none.
    pub(crate) fn join(pieces: Vec<Self>, between: &str, empty: &str) -> Self {
        if pieces.len() == 1 {
            return pieces.into_iter().next().unwrap_or_default();
        }
        let mut all = Self::default();
        for (i, piece) in pieces.into_iter().enumerate() {
            all = all.say(if i == 0 { "(" } else { between }).then(piece);
        }
        if all.text.is_empty() {
            Self::text(empty)
        } else {
            all.say(")")
        }
    }

    /// With an alias in the place of each `@`.
    pub(crate) fn with_alias(&self, alias: &str) -> Self {
        Self {
            text: self.text.replace('@', alias),
            values: self.values.clone(),
        }
    }

    /// The statement with its parameters numbered in the order they appear, and their values.
    pub(crate) fn finish(&self) -> (String, &[Bound]) {
        let mut sql = String::with_capacity(self.text.len() + 2 * self.values.len());
        let mut number = 0_usize;
        for c in self.text.chars() {
            if c == '?' {
                number += 1;
                let _ = write!(sql, "${number}");
            } else {
                sql.push(c);
            }
        }
        #[cfg(test)]
        record(&sql);
        (sql, &self.values)
    }
}

#[cfg(test)]
thread_local! {
    static RECORDED: std::cell::RefCell<Option<std::collections::BTreeSet<String>>> =
        const { std::cell::RefCell::new(None) };
}

#[cfg(test)]
fn record(sql: &str) {
    RECORDED.with_borrow_mut(|all| {
        if let Some(all) = all {
            all.insert(sql.to_owned());
        }
    });
}

/// The statements that were finished in the course of some work.
#[cfg(test)]
pub(crate) fn recorded(work: impl FnOnce()) -> std::collections::BTreeSet<String> {
    RECORDED.set(Some(std::collections::BTreeSet::new()));
    work();
    RECORDED.take().unwrap_or_default()
}

/// A list of numbers as SQL writes it: `(1,2,3)`; an empty list matches nothing.
pub(crate) fn list(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("(");
    for n in numbers {
        if text.len() > 1 {
            text.push(',');
        }
        let _ = write!(text, "{n}");
    }
    text.push_str(if text.len() > 1 { ")" } else { "null)" });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_in_the_order_they_appear() {
        let inner = Fragment::new("b = ? or c = ?", [2.into(), 3.into()]);
        let all = Fragment::new("select a where a = ? and (", [1.into()])
            .then(inner)
            .say(")");
        let (sql, values) = all.finish();
        assert_eq!(sql, "select a where a = $1 and (b = $2 or c = $3)");
        assert_eq!(values, [Bound::Int(1), Bound::Int(2), Bound::Int(3)]);
    }
}

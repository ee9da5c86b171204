//! Rows of the index tables as lists of cells, so that one piece of code checks them all.

use aceso_fhir::definitions::parameters;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::StoreError;
use crate::index::Rows;
use crate::statements as sql;

/// A row: its columns in the order of the table's key.
pub(super) type Cells = Vec<Value>;

/// How many index tables there are.
pub(super) const COUNT: usize = 10;

/// An index table and its statements.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The columns, and of what kind each is: i(nteger), r(eal), t(ext).
    columns: &'static str,
    /// Which of them is the key of the resource that the row belongs to.
    pub(super) key: usize,
    there: &'static str,
    after: &'static str,
    pub(super) add: &'static str,
    pub(super) remove: &'static str,
}

macro_rules! table {
    ($name:literal, $columns:literal, $key:literal, $there:ident, $after:ident, $add:ident, $remove:ident) => {
        Table {
            name: $name,
            columns: $columns,
            key: $key,
            there: sql::$there,
            after: sql::$after,
            add: sql::$add,
            remove: sql::$remove,
        }
    };
}

#[rustfmt::skip]
pub(super) const TABLES: [Table; COUNT] = [
    table!("itok", "branch:i v:i ord:i key:i sys:i", 3, ITOK_THERE, ITOK_AFTER, ITOK_ADD, ITOK_REMOVE),
    table!("iref", "v:i branch:i ord:i key:i", 3, IREF_THERE, IREF_AFTER, IREF_ADD, IREF_REMOVE),
    table!("ipc", "patient:i branch:i v:i ord:i key:i sys:i", 4, IPC_THERE, IPC_AFTER, IPC_ADD, IPC_REMOVE),
    table!("idat", "branch:i lo:i hi:i key:i", 3, IDAT_THERE, IDAT_AFTER, IDAT_ADD, IDAT_REMOVE),
    table!("istr", "branch:i v:t key:i", 2, ISTR_THERE, ISTR_AFTER, ISTR_ADD, ISTR_REMOVE),
    table!("inum", "branch:i lo:r hi:r unit:i key:i", 4, INUM_THERE, INUM_AFTER, INUM_ADD, INUM_REMOVE),
    table!("part", "key:i patient:i", 0, PART_THERE, PART_AFTER, PART_ADD, PART_REMOVE),
    table!("label", "label:i key:i", 1, LABEL_THERE, LABEL_AFTER, LABEL_ADD, LABEL_REMOVE),
    table!("care", "actor:i patient:i source:i since:i until:i", 2, CARE_THERE, CARE_AFTER, CARE_ADD, CARE_REMOVE),
    table!("deny", "patient:i permit:i source:i rule:i parent:i actor:i kind:i label:i purpose:i item:i since:i until:i", 2,
        DENY_THERE, DENY_AFTER, DENY_ADD, DENY_REMOVE),
];

impl Table {
    fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.columns
            .split(' ')
            .filter_map(|column| column.split_once(':'))
    }

    /// What comes before every row.
    pub(super) fn least(&self) -> Cells {
        let least = |(_, kind): (&str, &str)| match kind {
            "r" => Value::Real(f64::NEG_INFINITY),
            "t" => Value::Text(String::new()),
            _ => Value::Integer(i64::MIN),
        };
        self.columns().map(least).collect()
    }

    /// The key of the resource that a row belongs to.
    pub(super) fn owner(&self, row: &Cells) -> Option<i64> {
        match row.get(self.key) {
            Some(Value::Integer(key)) => Some(*key),
            Some(Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_)) | None => None,
        }
    }

    /// Whether the row is in the table.
    pub(super) fn holds(&self, record: &Connection, row: &Cells) -> Result<bool, StoreError> {
        let mut statement = record.prepare_cached(self.there)?;
        let found = statement
            .query_row(params_from_iter(row), |_| Ok(()))
            .optional()?;
        Ok(found.is_some())
    }

    /// At most so many rows after one, in the order of the table's key.
    pub(super) fn page(
        &self,
        record: &Connection,
        after: &Cells,
        count: i64,
    ) -> Result<Vec<Cells>, StoreError> {
        let width = after.len();
        let limit = Value::Integer(count);
        let mut statement = record.prepare_cached(self.after)?;
        let all = params_from_iter(after.iter().chain([&limit]));
        let rows = statement.query_map(all, |row| (0..width).map(|at| row.get(at)).collect())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The row for people: `itok (Observation, code; v 17, ord 3, sys 0)`. Texts are not shown: they may be names.
    pub(super) fn describe(&self, row: &Cells) -> String {
        let mut parts = Vec::new();
        for ((name, _), cell) in self.columns().zip(row) {
            parts.push(match cell {
                Value::Integer(n) if name == "branch" => branch(*n),
                Value::Integer(n) => format!("{name} {n}"),
                Value::Real(n) => format!("{name} {n}"),
                Value::Text(text) => format!("{name} of {} letters", text.chars().count()),
                Value::Null | Value::Blob(_) => format!("{name} of another kind"),
            });
        }
        format!("{} ({})", self.name, parts.join(", "))
    }
}

/// What a branch is an index of.
fn branch(number: i64) -> String {
    let found = u16::try_from(number & 0xffff)
        .ok()
        .and_then(|id| parameters().branch(id));
    found.map_or_else(
        || format!("branch {number}"),
        |branch| format!("{} {}", branch.resource, branch.path),
    )
}

/// A resource's rows, by table.
pub(super) fn cells(rows: &Rows) -> [Vec<Cells>; COUNT] {
    fn ints<const N: usize>(rows: &[[i64; N]]) -> Vec<Cells> {
        rows.iter()
            .map(|row| row.iter().copied().map(Value::Integer).collect())
            .collect()
    }
    let text = |(branch, v, key): &(i64, Box<str>, i64)| {
        vec![
            Value::Integer(*branch),
            Value::Text(v.to_string()),
            Value::Integer(*key),
        ]
    };
    let number = |n: &crate::index::Number| {
        vec![
            Value::Integer(n.branch),
            Value::Real(n.lo),
            Value::Real(n.hi),
            Value::Integer(n.unit),
            Value::Integer(n.key),
        ]
    };
    [
        ints(&rows.tok),
        ints(&rows.refs),
        ints(&rows.pc),
        ints(&rows.dat),
        rows.text.iter().map(text).collect(),
        rows.num.iter().map(number).collect(),
        ints(&rows.part),
        ints(&rows.label),
        ints(&rows.care),
        ints(&rows.deny),
    ]
}

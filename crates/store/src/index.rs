//! Index rows: what [`aceso_fhir::search::extract`] finds in a resource, as rows of the index tables.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash};
use std::sync::OnceLock;

use aceso_fhir::Value;
use aceso_fhir::definitions::parameters;
use aceso_fhir::search::{Extracted, IndexValue, fold};

use rusqlite::Connection;
use rustc_hash::{FxHashMap, FxHasher};

use crate::StoreError;
use crate::access::{self, Care, Deny};
use crate::key::Keys;
use crate::statements as sql;

/// Strings are indexed by this many bytes at most (cut at a character); longer tests must look at the body.
pub(crate) const STRING_LIMIT: usize = 160;

/// Rows of one branch come in flavours: the column `branch` is the branch's id, plus one of these.
pub(crate) mod flavour {
    /// `istr`: the texts of a token (`:text`).
    pub(crate) const TEXT: i64 = 1 << 16;
    /// `itok`: type and value of an identifier (`:of-type`).
    pub(crate) const OF_TYPE: i64 = 2 << 16;
    /// `itok`: the identifier inside a reference (`:identifier`).
    pub(crate) const IDENTIFIER: i64 = 3 << 16;
    /// `idat`: spans longer than [`super::LONG_SPAN_MILLIS`].
    pub(crate) const LONG: i64 = 4 << 16;
}

/// A span of time longer than this (25 hours) has its row under [`flavour::LONG`].
pub(crate) const LONG_SPAN_MILLIS: i64 = 90_000_000;

/// The rows of one resource, or of several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// (branch, v, ord, key, sys)
    pub(crate) tok: Vec<[i64; 5]>,
    /// (v, branch, ord, key)
    pub(crate) refs: Vec<[i64; 4]>,
    /// (patient, branch, v, ord, key, sys)
    pub(crate) pc: Vec<[i64; 6]>,
    /// (branch, lo, hi, key)
    pub(crate) dat: Vec<[i64; 4]>,
    /// (branch, v, key)
    pub(crate) text: Vec<(i64, Box<str>, i64)>,
    /// (branch, lo, hi, unit, key)
    pub(crate) num: Vec<Number>,
    /// (key, patient)
    pub(crate) part: Vec<[i64; 2]>,
    /// (label, key)
    pub(crate) label: Vec<[i64; 2]>,
    /// (actor, patient, source, since, until)
    pub(crate) care: Vec<Care>,
    /// The columns of `deny`.
    pub(crate) deny: Vec<Deny>,
}

/// A row of `inum`: (branch, lo, hi, unit, key); equal when the bits are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) branch: i64,
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) unit: i64,
    pub(crate) key: i64,
}

impl Number {
    fn bits(&self) -> (i64, u64, u64, i64, i64) {
        (
            self.branch,
            self.lo.to_bits(),
            self.hi.to_bits(),
            self.unit,
            self.key,
        )
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

/// The unit column for a quantity's code; 0 for none.
pub(crate) fn unit_of(keys: &Keys, code: &str) -> i64 {
    if code.is_empty() {
        0
    } else {
        keys.system(Some(code))
    }
}

/// The unit column for a canonical unit: negative, so that searches without a unit pass it over.
pub(crate) fn canonical_unit_of(keys: &Keys, code: &str) -> i64 {
    -keys.system(Some(code))
}

/// A branch as a column value.
pub(crate) fn column(branch: u16) -> i64 {
    i64::from(branch)
}

/// A string as `istr` holds it.
pub(crate) fn indexed_text(text: &str) -> Box<str> {
    let folded = fold(text);
    cut(&folded).into()
}

/// At most [`STRING_LIMIT`] bytes, cut at a character.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(STRING_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The branches that a type's rows in `ipc` join: (patient, code).
pub(crate) fn patient_and_code(kind: &str) -> Option<(u16, u16)> {
    static PAIRS: OnceLock<FxHashMap<&'static str, (u16, u16)>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(|| {
        let one = |kind: &'static str| {
            let branch = |code| Some(parameters().find(kind, code)?.uses.first()?.branch);
            Some((kind, (branch("patient")?, branch("code")?)))
        };
        ["Observation", "Condition"]
            .into_iter()
            .filter_map(one)
            .collect()
    });
    pairs.get(kind).copied()
}

/// The rows of one resource.
pub(crate) fn rows(
    keys: &Keys,
    kind: &str,
    key: i64,
    document: &Value,
    found: &Extracted<'_>,
) -> Rows {
    let mut rows = Rows::default();
    let ord = found.ord;
    for entry in &found.entries {
        one(
            &mut rows,
            keys,
            column(entry.branch),
            &entry.value,
            ord,
            key,
        );
    }
    if let Some((patient, code)) = patient_and_code(kind) {
        let (patient, code) = (column(patient), column(code));
        let patients = rows.refs.iter().filter(|r| r[1] == patient);
        let codes = || rows.tok.iter().filter(|t| t[0] == code);
        rows.pc = patients
            .flat_map(|p| codes().map(|t| [p[0], code, t[1], ord, key, t[4]]))
            .collect();
    }
    let patients = access::part(keys, kind, key, document, &found.entries);
    let labels = access::labels(kind, document);
    rows.label = labels
        .iter()
        .map(|l| [i64::from(l.number()), key])
        .collect();
    rows.care = access::care(keys, kind, key, document, &patients);
    rows.deny = access::deny(keys, kind, key, document, &patients);
    let leave = access::release(keys, kind, key, document, &patients);
    rows.deny.extend(leave);
    rows.part = patients.into_iter().map(|patient| [key, patient]).collect();
    rows.dedup();
    rows
}

/// Writes the rows that decisions need, of a resource that has none yet.
pub(crate) fn insert_access(tx: &Connection, rows: &Rows) -> Result<(), StoreError> {
    for row in &rows.part {
        tx.prepare_cached(sql::PART_ADD)?.execute(*row)?;
    }
    for row in &rows.label {
        tx.prepare_cached(sql::LABEL_ADD)?.execute(*row)?;
    }
    for row in &rows.care {
        tx.prepare_cached(sql::CARE_ADD)?.execute(*row)?;
    }
    for row in &rows.deny {
        tx.prepare_cached(sql::DENY_ADD)?.execute(*row)?;
    }
    Ok(())
}

fn one(rows: &mut Rows, keys: &Keys, branch: i64, value: &IndexValue<'_>, ord: i64, key: i64) {
    match value {
        IndexValue::Token { system, code } => {
            rows.tok
                .push([branch, keys.code(code), ord, key, keys.system(*system)]);
        }
        IndexValue::TokenText(text) => {
            rows.text
                .push((branch + flavour::TEXT, indexed_text(text), key))
        }
        IndexValue::OfType {
            system,
            code,
            value,
        } => {
            let v = keys.code(&[*system, "|", code, "|", value].concat());
            rows.tok.push([branch + flavour::OF_TYPE, v, ord, key, 0]);
        }
        IndexValue::Reference { kind, id, .. } => {
            rows.refs.push([keys.of(kind, id), branch, ord, key])
        }
        IndexValue::ReferenceUrl { url, .. } => rows.refs.push([keys.uri(url), branch, ord, key]),
        IndexValue::ReferenceIdentifier { system, value } => {
            let sys = keys.system(*system);
            rows.tok.push([
                branch + flavour::IDENTIFIER,
                keys.code(value),
                ord,
                key,
                sys,
            ]);
        }
        IndexValue::Str(text) => rows.text.push((branch, indexed_text(text), key)),
        IndexValue::Date { lo, hi } => {
            let long = hi.saturating_sub(*lo) > LONG_SPAN_MILLIS;
            rows.dat
                .push([branch + if long { flavour::LONG } else { 0 }, *lo, *hi, key]);
        }
        IndexValue::Number { lo, hi } => rows.num.push(Number {
            branch,
            lo: *lo,
            hi: *hi,
            unit: 0,
            key,
        }),
        IndexValue::Quantity {
            lo,
            hi,
            code,
            canonical,
            ..
        } => {
            rows.num.push(Number {
                branch,
                lo: *lo,
                hi: *hi,
                unit: unit_of(keys, code),
                key,
            });
            if let Some((factor, unit)) = canonical {
                let unit = canonical_unit_of(keys, unit);
                rows.num.push(Number {
                    branch,
                    lo: lo * factor,
                    hi: hi * factor,
                    unit,
                    key,
                });
            }
        }
        IndexValue::Uri(uri) => rows.tok.push([branch, keys.uri(uri), ord, key, 0]),
    }
}

impl Rows {
    fn dedup(&mut self) {
        self.sort();
        self.tok.dedup();
        self.refs.dedup();
        self.pc.dedup();
        self.dat.dedup();
        self.text.dedup();
        self.num.dedup();
    }

    /// Sorts each table's rows in the order of its primary key.
    pub(crate) fn sort(&mut self) {
        self.tok.sort_unstable();
        self.refs.sort_unstable();
        self.pc.sort_unstable();
        self.dat.sort_unstable();
        self.text.sort_unstable();
        self.part.sort_unstable();
        self.label.sort_unstable();
        self.care.sort_unstable();
        self.deny.sort_unstable();
        self.num.sort_unstable_by(|a, b| {
            (a.branch.cmp(&b.branch))
                .then(a.lo.total_cmp(&b.lo))
                .then(a.hi.total_cmp(&b.hi))
                .then((a.unit, a.key).cmp(&(b.unit, b.key)))
        });
    }

    /// Takes the rows of another resource in.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.tok.append(&mut other.tok);
        self.refs.append(&mut other.refs);
        self.pc.append(&mut other.pc);
        self.dat.append(&mut other.dat);
        self.text.append(&mut other.text);
        self.num.append(&mut other.num);
        self.part.append(&mut other.part);
        self.label.append(&mut other.label);
        self.care.append(&mut other.care);
        self.deny.append(&mut other.deny);
    }

    /// Whose data key seals a resource with these rows: the one patient's that it is about. What is about nobody, about
    /// somebody unknown, or about several is sealed by the clinic's own (0), so that one's erasure takes nothing from others.
    pub(crate) fn sealed_for(&self) -> i64 {
        match self.part.as_slice() {
            [[_, patient]] => *patient,
            _ => 0,
        }
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.tok.is_empty()
            && self.refs.is_empty()
            && self.pc.is_empty()
            && self.dat.is_empty()
            && self.text.is_empty()
            && self.num.is_empty()
            && self.part.is_empty()
            && self.label.is_empty()
            && self.care.is_empty()
            && self.deny.is_empty()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.tok.len()
            + self.refs.len()
            + self.pc.len()
            + self.dat.len()
            + self.text.len()
            + self.num.len()
            + self.part.len()
            + self.label.len()
            + self.care.len()
            + self.deny.len()
    }

    /// Takes out of both what both have: of old and new rows, what is left is to be removed and added.
    pub(crate) fn cancel(old: &mut Self, new: &mut Self) {
        cancel(&mut old.tok, &mut new.tok);
        cancel(&mut old.refs, &mut new.refs);
        cancel(&mut old.pc, &mut new.pc);
        cancel(&mut old.dat, &mut new.dat);
        cancel(&mut old.text, &mut new.text);
        cancel(&mut old.num, &mut new.num);
        cancel(&mut old.part, &mut new.part);
        cancel(&mut old.label, &mut new.label);
        cancel(&mut old.care, &mut new.care);
        cancel(&mut old.deny, &mut new.deny);
    }
}

fn cancel<T: Eq + Hash + Clone>(old: &mut Vec<T>, new: &mut Vec<T>) {
    let before: HashSet<T, BuildHasherDefault<FxHasher>> = old.iter().cloned().collect();
    let after: HashSet<T, BuildHasherDefault<FxHasher>> = new.iter().cloned().collect();
    old.retain(|row| !after.contains(row));
    new.retain(|row| !before.contains(row));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_old_and_new_rows_share_is_neither_removed_nor_added() {
        let mut old = Rows {
            dat: vec![[1, 2, 3, 9], [1, 5, 6, 9]],
            ..Rows::default()
        };
        let mut new = Rows {
            dat: vec![[1, 5, 6, 9], [1, 7, 8, 9]],
            ..Rows::default()
        };
        Rows::cancel(&mut old, &mut new);
        assert_eq!((old.dat, new.dat), (vec![[1, 2, 3, 9]], vec![[1, 7, 8, 9]]));
    }

    #[test]
    fn a_long_string_is_cut_at_a_character() {
        let long = "é".repeat(STRING_LIMIT);
        assert!(cut(&long).len() <= STRING_LIMIT);
    }
}

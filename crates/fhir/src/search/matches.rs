//! Whether a document satisfies a clause: the same rules as the index, on one document in memory.

use super::compare::{passes, used};
use super::composite;
use super::emit::Sink;
use super::entry::{Entry, IndexValue};
use super::extract::extract;
use super::fold::fold;
use super::query::{Clause, DateTest, Prefix, Test, WordScope};
use super::words::words;
use crate::Value;
use crate::definitions::{Param, ParamKind, parameters};
use crate::search::date_span;

/// A document with what it can be found by.
#[derive(Debug)]
pub struct Subject<'a> {
    document: &'a Value,
    kind: &'a str,
    entries: Vec<Entry<'a>>,
    base: Option<&'a str>,
}

/// What [`Subject::satisfies_with`] asks about other documents: [`Clause::Chain`], [`Clause::Has`], matches with
/// [`Test::ReferenceHierarchy`], and [`Clause::Outside`]. None when it does not know.
pub type Lookup<'l> = &'l mut dyn FnMut(&Clause) -> Option<bool>;

/// Whether a document satisfies a clause; none when that cannot be decided from this document alone.
pub fn matches(document: &Value, clause: &Clause) -> Option<bool> {
    Subject::new(document, None).satisfies(clause)
}

impl<'a> Subject<'a> {
    /// `base`: as for [`extract`].
    pub fn new(document: &'a Value, base: Option<&'a str>) -> Self {
        Self {
            document,
            kind: document.resource_type().unwrap_or_default(),
            entries: extract(document, base).entries,
            base,
        }
    }

    /// Whether the clause holds; none when that needs other documents.
    pub fn satisfies(&self, clause: &Clause) -> Option<bool> {
        self.satisfies_with(clause, &mut |_| None)
    }

    /// As [`Subject::satisfies`], with somebody to ask about other documents.
    pub fn satisfies_with(&self, clause: &Clause, lookup: Lookup<'_>) -> Option<bool> {
        match clause {
            Clause::All(all) => {
                let mut result = Some(true);
                for one in all {
                    match self.satisfies_with(one, lookup) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => result = None,
                    }
                }
                result
            }
            Clause::Any(any) => {
                let mut result = Some(false);
                for one in any {
                    match self.satisfies_with(one, lookup) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => result = None,
                    }
                }
                result
            }
            Clause::Not(inner) => self.satisfies_with(inner, lookup).map(|b| !b),
            Clause::Match { param, tests } => self.matches(clause, param, tests, lookup),
            Clause::Missing { param, missing } => Some(self.has_value(param) != *missing),
            Clause::Chain { .. } | Clause::Has { .. } | Clause::Outside(_) => lookup(clause),
            Clause::Id(ids) => Some(
                self.document
                    .id()
                    .is_some_and(|id| ids.iter().any(|i| i == id)),
            ),
            Clause::LastUpdated(test) => Some(self.updated(*test)),
            Clause::Kind(kinds) => Some(kinds.contains(&self.kind)),
            Clause::Compartment { kind, id } => Some(self.in_compartment(kind, id)),
            Clause::Words { scope, words } => Some(self.has_words(*scope, words)),
        }
    }

    fn matches(
        &self,
        clause: &Clause,
        param: &'static Param,
        tests: &[Test],
        lookup: Lookup<'_>,
    ) -> Option<bool> {
        let hit = match param.kind {
            ParamKind::Composite => tests.iter().any(|t| self.composite(param, t)),
            ParamKind::Special => tests.iter().any(|t| self.near(t)),
            ParamKind::Number
            | ParamKind::Date
            | ParamKind::String
            | ParamKind::Token
            | ParamKind::Reference
            | ParamKind::Quantity
            | ParamKind::Uri => {
                let mut entries = self.entries_of(param);
                entries.any(|e| tests.iter().any(|t| passes(t, &e.value)))
            }
        };
        let upward = |t: &Test| matches!(t, Test::ReferenceHierarchy { .. });
        if !hit && tests.iter().any(upward) && self.has_value(param) {
            return lookup(clause);
        }
        Some(hit)
    }

    fn entries_of(&self, param: &'static Param) -> impl Iterator<Item = &Entry<'a>> {
        param.uses.iter().flat_map(move |wanted| {
            let from = self.entries.partition_point(|e| e.branch < wanted.branch);
            self.entries
                .iter()
                .skip(from)
                .take_while(move |e| e.branch == wanted.branch)
                .filter(move |e| used(wanted, &e.value))
        })
    }

    fn has_value(&self, param: &'static Param) -> bool {
        match param.kind {
            ParamKind::Composite => composite::any_value(param, self.document, self.base),
            ParamKind::Special => self.position().is_some(),
            ParamKind::Date if param.base == "Resource" => true,
            ParamKind::Number
            | ParamKind::Date
            | ParamKind::String
            | ParamKind::Token
            | ParamKind::Reference
            | ParamKind::Quantity
            | ParamKind::Uri => self.entries_of(param).next().is_some(),
        }
    }

    fn updated(&self, test: DateTest) -> bool {
        let text = self
            .document
            .get("meta")
            .and_then(|m| m.str_at("lastUpdated"));
        text.and_then(date_span)
            .is_some_and(|(lo, hi)| test.accepts(lo, hi))
    }

    fn in_compartment(&self, kind: &str, id: &str) -> bool {
        if self.kind == kind && self.document.id() == Some(id) {
            return true;
        }
        let codes = parameters()
            .compartment(kind, self.kind)
            .unwrap_or_default();
        codes.iter().any(|code| {
            let param = parameters().find(self.kind, code);
            param.is_some_and(|p| {
                self.entries_of(p).any(|e| {
                    matches!(e.value, IndexValue::Reference { kind: k, id: i, .. } if k == kind && i == id)
                })
            })
        })
    }

    fn composite(&self, param: &'static Param, test: &Test) -> bool {
        match test {
            Test::Composite(tests) => composite::matches(param, tests, self.document, self.base),
            _ => false,
        }
    }

    fn position(&self) -> Option<(f64, f64)> {
        let position = self.document.get("position")?;
        let degrees = |name| {
            position
                .get(name)
                .and_then(Value::as_number)
                .map(crate::Number::to_f64)
        };
        Some((degrees("latitude")?, degrees("longitude")?))
    }

    fn near(&self, test: &Test) -> bool {
        match (test, self.position()) {
            (
                Test::Near {
                    latitude,
                    longitude,
                    distance,
                },
                Some(there),
            ) => kilometres((*latitude, *longitude), there) <= *distance,
            _ => false,
        }
    }

    fn has_words(&self, scope: WordScope, wanted: &[String]) -> bool {
        let mut left: Vec<&str> = wanted.iter().map(String::as_str).collect();
        match scope {
            WordScope::Narrative => {
                let div = self.document.get("text").and_then(|t| t.str_at("div"));
                strike(&mut left, &without_tags(div.unwrap_or_default()));
            }
            WordScope::Content => strike_all(&mut left, self.document),
        }
        left.is_empty()
    }
}

impl DateTest {
    /// Whether a value's span `[lo, hi)` passes (R4, section 3.1.1.4.6).
    pub fn accepts(&self, lo: i64, hi: i64) -> bool {
        match self.prefix {
            Prefix::Eq => self.lo <= lo && hi <= self.hi,
            Prefix::Ne => lo < self.lo || self.hi < hi,
            Prefix::Gt => hi > self.hi,
            Prefix::Lt => lo < self.lo,
            Prefix::Ge => lo >= self.lo || hi > self.hi,
            Prefix::Le => hi <= self.hi || lo < self.lo,
            Prefix::Sa => lo >= self.hi,
            Prefix::Eb => hi <= self.lo,
            Prefix::Ap => lo < self.hi && hi > self.lo,
        }
    }
}

/// Great-circle distance on a sphere of the Earth's mean radius.
fn kilometres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat1, lat2) = (a.0.to_radians(), b.0.to_radians());
    let half = |x: f64| (x / 2.0).sin().powi(2);
    let h = half(lat2 - lat1) + lat1.cos() * lat2.cos() * half((b.1 - a.1).to_radians());
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

/// Takes away the words that begin a word of this text.
fn strike(left: &mut Vec<&str>, text: &str) {
    if left.is_empty() {
        return;
    }
    let folded = fold(text);
    for word in words(&folded) {
        left.retain(|wanted| !word.starts_with(wanted));
    }
}

fn strike_all(left: &mut Vec<&str>, value: &Value) {
    match value {
        Value::String(text) if text.starts_with("<div") => strike(left, &without_tags(text)),
        Value::String(text) => strike(left, text),
        Value::Array(items) => items.iter().for_each(|v| strike_all(left, v)),
        Value::Object(object) => object.iter().for_each(|(_, v)| strike_all(left, v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text of a narrative, a space for each tag.
fn without_tags(xhtml: &str) -> String {
    let mut out = String::with_capacity(xhtml.len());
    let mut inside = false;
    for c in xhtml.chars() {
        match c {
            '<' => {
                inside = true;
                out.push(' ');
            }
            '>' => inside = false,
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// The index entries of one element of a composite.
pub(super) fn entries_under<'a>(
    node: &'static super::program::Node,
    value: &'a Value,
    base: Option<&'a str>,
) -> Vec<Entry<'a>> {
    let mut sink = Sink::new(base);
    if let Some(object) = value.as_object() {
        node.walk(object, &mut sink);
    }
    sink.entries
}

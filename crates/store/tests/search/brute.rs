//! The answers as the documents themselves give them, one by one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use aceso_fhir::Value;
use aceso_fhir::definitions::{Param, parameters};
use aceso_fhir::search::{
    Clause, Direction, Include, IndexValue, Query, SortBy, SortKey, Subject, Test, extract, fold,
};

pub(crate) struct Brute<'a> {
    documents: BTreeMap<(&'a str, &'a str), &'a Value>,
}

/// What a parameter is sorted by.
#[derive(Debug, Clone)]
enum Place {
    Text(String),
    Number(f64),
}

impl Place {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            _ => Ordering::Equal,
        }
    }
}

impl<'a> Brute<'a> {
    pub(crate) fn new(stored: &'a [Value]) -> Self {
        let key = |d: &'a Value| (d.resource_type().unwrap(), d.id().unwrap());
        Self {
            documents: stored.iter().map(|d| (key(d), d)).collect(),
        }
    }

    pub(crate) fn find(&self, query: &Query) -> BTreeSet<String> {
        let all = Clause::All(query.clauses.clone());
        let asked = |kind: &str| match query.kind {
            Some(only) => only == kind,
            None => query.types.is_empty() || query.types.contains(&kind),
        };
        let documents = self.documents.iter();
        documents
            .filter(|((kind, _), d)| asked(kind) && self.holds(d, &all))
            .map(|((kind, id), _)| format!("{kind}/{id}"))
            .collect()
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &'a Value> {
        let kind = kind.to_owned();
        self.documents
            .iter()
            .filter(move |((k, _), _)| *k == kind)
            .map(|(_, d)| *d)
    }

    fn holds(&self, document: &Value, clause: &Clause) -> bool {
        let mut ask = |clause: &Clause| Some(self.elsewhere(document, clause));
        Subject::new(document, None)
            .satisfies_with(clause, &mut ask)
            .unwrap()
    }

    fn elsewhere(&self, document: &Value, clause: &Clause) -> bool {
        match clause {
            Clause::Chain { via, target, inner } => self
                .targets(document, via)
                .into_iter()
                .any(|d| d.resource_type() == Some(target) && self.holds(d, inner)),
            Clause::Has { source, via, inner } => self.of(source).any(|d| {
                self.targets(d, via)
                    .into_iter()
                    .any(|t| std::ptr::eq(t, document) || same(t, document))
                    && self.holds(d, inner)
            }),
            Clause::Match { param, tests } => tests.iter().any(|t| match t {
                Test::ReferenceHierarchy {
                    direction,
                    kind,
                    id,
                } => {
                    let family = self.family(*direction, kind, id);
                    self.targets(document, param).into_iter().any(|d| {
                        family.contains(d.id().unwrap()) && d.resource_type() == Some(kind)
                    })
                }
                _ => false,
            }),
            other => panic!("asked for {other:?}"),
        }
    }

    /// Ids above or below a resource by `partOf`, itself included.
    fn family(&self, direction: Direction, kind: &str, id: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from([id.to_owned()]);
        let part_of = parameters().find(kind, "partof").unwrap();
        loop {
            let mut more = BTreeSet::new();
            for document in self.of(kind) {
                for whole in self.targets(document, part_of) {
                    let (part, whole) = (document.id().unwrap(), whole.id().unwrap());
                    match direction {
                        Direction::Below if found.contains(whole) => more.insert(part.to_owned()),
                        Direction::Above if found.contains(part) => more.insert(whole.to_owned()),
                        Direction::Below | Direction::Above => false,
                    };
                }
            }
            let before = found.len();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    }

    /// What a reference parameter of a document leads to, as far as it is here.
    fn targets(&self, document: &Value, via: &Param) -> Vec<&'a Value> {
        let found = extract(document, None);
        found
            .entries
            .iter()
            .filter_map(|e| match e.value {
                IndexValue::Reference { kind, id, .. } => {
                    let used = via
                        .uses
                        .iter()
                        .any(|u| u.branch == e.branch && u.target.is_none_or(|t| t == kind));
                    used.then(|| self.documents.get(&(kind, id)).copied())
                        .flatten()
                }
                _ => None,
            })
            .collect()
    }

    /// The first pair that stands the wrong way round.
    pub(crate) fn out_of_order(&self, query: &Query, found: &[String]) -> Option<String> {
        let places: Vec<Vec<Option<Place>>> = found
            .iter()
            .map(|name| {
                let document = self.documents[&name.split_once('/').unwrap()];
                query.sort.iter().map(|key| place(document, key)).collect()
            })
            .collect();
        for (pair, names) in places.windows(2).zip(found.windows(2)) {
            for (key, (a, b)) in query.sort.iter().zip(pair[0].iter().zip(&pair[1])) {
                let order = match (a, b) {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(_), None) => Ordering::Less,
                    (Some(a), Some(b)) if key.descending => b.compare(a),
                    (Some(a), Some(b)) => a.compare(b),
                };
                match order {
                    Ordering::Greater => return Some(format!("{names:?} {pair:?}")),
                    Ordering::Less => break,
                    Ordering::Equal => {}
                }
            }
        }
        None
    }

    /// What `_include` and `_revinclude` must bring, one step after another for those that iterate.
    pub(crate) fn included(&self, query: &Query) -> BTreeSet<String> {
        let matches = self.find(query);
        let mut all: BTreeSet<String> = matches.clone();
        let mut step: Vec<String> = matches.iter().cloned().collect();
        let mut first = true;
        while !step.is_empty() {
            let mut more = BTreeSet::new();
            for name in &step {
                let Some(document) = self.documents.get(&name.split_once('/').unwrap()) else {
                    continue;
                };
                for include in query.include.iter().filter(|i| first || i.iterate) {
                    more.extend(self.one_include(document, include));
                }
            }
            first = false;
            step = more.into_iter().filter(|n| all.insert(n.clone())).collect();
        }
        all.difference(&matches).cloned().collect()
    }

    fn one_include(&self, document: &Value, include: &Include) -> Vec<String> {
        let name = |d: &Value| format!("{}/{}", d.resource_type().unwrap(), d.id().unwrap());
        let fits = |source: &Value, target: &Value| {
            include
                .source
                .is_none_or(|s| source.resource_type() == Some(s))
                && include
                    .target
                    .is_none_or(|t| target.resource_type() == Some(t))
                && self.refers(source, target, include.param)
        };
        let others = self.documents.values();
        if include.reverse {
            others
                .filter(|d| fits(d, document))
                .map(|d| name(d))
                .collect()
        } else {
            others
                .filter(|d| fits(document, d))
                .map(|d| name(d))
                .collect()
        }
    }

    fn refers(&self, source: &Value, target: &Value, param: Option<&'static Param>) -> bool {
        let kind = source.resource_type().unwrap();
        parameters()
            .of(kind)
            .filter(|p| param.is_none_or(|wanted| wanted.code == p.code))
            .any(|p| self.targets(source, p).into_iter().any(|t| same(t, target)))
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a.resource_type() == b.resource_type() && a.id() == b.id()
}

fn place(document: &Value, key: &SortKey) -> Option<Place> {
    match key.by {
        SortBy::Id => document.id().map(|id| Place::Text(id.to_owned())),
        SortBy::LastUpdated => {
            let text = document.get("meta")?.str_at("lastUpdated")?;
            Some(Place::Text(text.to_owned()))
        }
        SortBy::Param(param) => {
            let found = extract(document, None);
            let date = parameters().clinical_date(document.resource_type()?);
            if matches!(param.uses.as_slice(), [one] if Some(one.branch) == date) {
                return format!("{}", found.ord).parse().ok().map(Place::Number);
            }
            let entries = found
                .entries
                .iter()
                .filter(|e| param.uses.iter().any(|u| u.branch == e.branch));
            let places = entries.filter_map(|e| match &e.value {
                IndexValue::Str(text) => Some(Place::Text(fold(text).into_owned())),
                // Milliseconds since 1970 within the years that tests use are exact.
                IndexValue::Date { lo, .. } => format!("{lo}").parse().ok().map(Place::Number),
                IndexValue::Number { lo, .. } => Some(Place::Number(*lo)),
                IndexValue::Quantity { lo, canonical, .. } => Some(Place::Number(
                    canonical.map_or(*lo, |(factor, _)| lo * factor),
                )),
                IndexValue::Token { code, .. } => Some(Place::Text((*code).to_owned())),
                _ => None,
            });
            if key.descending {
                places.reduce(|a, b| {
                    if a.compare(&b) == Ordering::Less {
                        b
                    } else {
                        a
                    }
                })
            } else {
                places.reduce(|a, b| {
                    if a.compare(&b) == Ordering::Greater {
                        b
                    } else {
                        a
                    }
                })
            }
        }
    }
}

//! A code system made ready for questions.

use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Object, Value};

/// How much of the code system there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it: a code that is not there does not exist.
    Complete,
    /// A part, or an example: a code that is not there may exist.
    Partial,
    /// Nothing.
    NotPresent,
}

/// A code system.
#[derive(Debug)]
pub struct System {
    /// Its canonical URL.
    pub url: CompactString,
    /// Its version, where it says one.
    pub version: Option<CompactString>,
    /// Its name for people.
    pub name: Option<CompactString>,
    /// How much of it there is.
    pub content: Content,
    /// Whether `A` and `a` are different codes.
    pub case_sensitive: bool,
    /// The concepts, in the resource's order, parents before their nested children.
    pub concepts: Vec<Concept>,
    by_code: FxHashMap<CompactString, usize>,
}

/// A concept of a code system.
#[derive(Debug)]
pub struct Concept {
    /// Its code.
    pub code: CompactString,
    /// Its name for people.
    pub display: Option<CompactString>,
    /// Its other members (`definition`, `designation`, `property`) as the resource has them.
    pub detail: Object,
    parents: Vec<usize>,
    children: Vec<usize>,
}

impl Concept {
    /// The values of a property.
    pub fn property<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Value> {
        self.detail
            .get("property")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter(move |p| p.str_at("code") == Some(code))
            .filter_map(|p| {
                p.as_object()?
                    .iter()
                    .find(|(k, _)| k.starts_with("value"))
                    .map(|(_, v)| v)
            })
    }

    /// Whether it is no longer to be used.
    pub fn is_inactive(&self) -> bool {
        let says = |code, wanted: &[&str]| {
            self.property(code)
                .any(|v| v.as_str().is_some_and(|s| wanted.contains(&s)))
        };
        says("status", &["retired", "deprecated", "inactive"])
            || self
                .property("inactive")
                .any(|v| v.as_bool() == Some(true) || v.as_str() == Some("true"))
    }

    /// Whether it only groups others.
    pub fn is_abstract(&self) -> bool {
        self.property("notSelectable")
            .any(|v| v.as_bool() == Some(true) || v.as_str() == Some("true"))
    }
}

/// Concepts nested deeper than this are left out.
const MAX_DEPTH: usize = 64;

impl System {
    /// From a `CodeSystem`; none when it has no URL.
    pub fn of(resource: &Value) -> Option<Self> {
        let text = |name| resource.str_at(name).map(CompactString::new);
        let mut system = Self {
            url: text("url")?,
            version: text("version"),
            name: text("title").or_else(|| text("name")),
            content: match resource.str_at("content") {
                Some("complete") => Content::Complete,
                Some("fragment" | "example") => Content::Partial,
                _ if resource.items_at("concept").is_empty() => Content::NotPresent,
                _ => Content::Partial,
            },
            case_sensitive: resource.get("caseSensitive").and_then(Value::as_bool) != Some(false),
            concepts: Vec::new(),
            by_code: FxHashMap::default(),
        };
        system.add(resource.items_at("concept"), None, 0);
        system.link(resource);
        Some(system)
    }

    fn add(&mut self, concepts: &[Value], parent: Option<usize>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for concept in concepts {
            let (Some(code), Some(object)) = (concept.str_at("code"), concept.as_object()) else {
                continue;
            };
            let at = self.concepts.len();
            let mut detail = Object::new();
            for (name, value) in object.iter() {
                if !matches!(name, "code" | "display" | "concept") {
                    detail.push_unchecked(name.into(), value.clone());
                }
            }
            self.concepts.push(Concept {
                code: CompactString::new(code),
                display: concept.str_at("display").map(CompactString::new),
                detail,
                parents: parent.into_iter().collect(),
                children: Vec::new(),
            });
            self.by_code.entry(code.into()).or_insert(at);
            self.add(concept.items_at("concept"), Some(at), depth + 1);
        }
    }

    /// Adds the parents that concepts name as properties, then the children.
    fn link(&mut self, resource: &Value) {
        let of = |tail: &str, usual: &[&str]| -> Vec<CompactString> {
            resource
                .items_at("property")
                .iter()
                .filter(|p| {
                    p.str_at("uri").is_some_and(|u| u.ends_with(tail))
                        || p.str_at("code").is_some_and(|c| usual.contains(&c))
                })
                .filter_map(|p| p.str_at("code").map(CompactString::new))
                .collect()
        };
        let parent = of("concept-properties#parent", &["parent", "subsumedBy"]);
        let child = of("concept-properties#child", &["child"]);
        let mut pairs = Vec::new();
        for (at, concept) in self.concepts.iter().enumerate() {
            let named = |codes: &[CompactString]| -> Vec<usize> {
                codes
                    .iter()
                    .flat_map(|code| concept.property(code))
                    .filter_map(Value::as_str)
                    .filter_map(|code| self.by_code.get(code).copied())
                    .collect()
            };
            pairs.extend(named(&parent).into_iter().map(|p| (p, at)));
            pairs.extend(named(&child).into_iter().map(|c| (at, c)));
            pairs.extend(concept.parents.iter().map(|p| (*p, at)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        for concept in &mut self.concepts {
            concept.parents.clear();
        }
        for (parent, child) in pairs {
            if let Some(concept) = self.concepts.get_mut(parent) {
                concept.children.push(child);
            }
            if let Some(concept) = self.concepts.get_mut(child) {
                concept.parents.push(parent);
            }
        }
    }

    /// The concept of this code; upper and lower case are one where the system says so.
    pub fn concept(&self, code: &str) -> Option<&Concept> {
        self.concepts.get(self.place(code)?)
    }

    fn place(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).copied().or_else(|| {
            if self.case_sensitive {
                return None;
            }
            self.concepts
                .iter()
                .position(|c| c.code.eq_ignore_ascii_case(code))
        })
    }

    /// The concepts directly above a concept of this system.
    pub fn parents<'s>(&'s self, of: &'s Concept) -> impl Iterator<Item = &'s Concept> {
        of.parents.iter().filter_map(|at| self.concepts.get(*at))
    }

    /// The concepts directly below a concept of this system.
    pub fn children<'s>(&'s self, of: &'s Concept) -> impl Iterator<Item = &'s Concept> {
        of.children.iter().filter_map(|at| self.concepts.get(*at))
    }

    /// The code and all below it.
    pub fn descendants(&self, code: &str) -> Vec<CompactString> {
        self.closure(code, |c| &c.children)
    }

    /// The code and all above it.
    pub fn ancestors(&self, code: &str) -> Vec<CompactString> {
        self.closure(code, |c| &c.parents)
    }

    fn closure(&self, code: &str, next: impl Fn(&Concept) -> &Vec<usize>) -> Vec<CompactString> {
        let Some(start) = self.place(code) else {
            return vec![CompactString::new(code)];
        };
        let mut seen: FxHashSet<usize> = FxHashSet::default();
        let mut found = Vec::new();
        let mut todo = vec![start];
        while let Some(at) = todo.pop() {
            let Some(concept) = self.concepts.get(at) else {
                continue;
            };
            if seen.insert(at) {
                found.push(concept.code.clone());
                todo.extend(next(concept));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn system() -> System {
        let text = r#"{"resourceType":"CodeSystem","url":"u","content":"complete","caseSensitive":false,
            "property":[{"code":"up","uri":"http://hl7.org/fhir/concept-properties#parent","type":"code"}],
            "concept":[{"code":"A","concept":[{"code":"B"},{"code":"C","property":[{"code":"status","valueCode":"retired"}]}]},
                       {"code":"D","property":[{"code":"up","valueCode":"B"}]}]}"#;
        System::of(&json::read(text.as_bytes()).unwrap()).unwrap()
    }

    fn sorted(mut codes: Vec<CompactString>) -> Vec<CompactString> {
        codes.sort();
        codes
    }

    #[test]
    fn the_hierarchy_is_both_nested_and_by_property() {
        assert_eq!(sorted(system().descendants("A")), ["A", "B", "C", "D"]);
        assert_eq!(sorted(system().ancestors("D")), ["A", "B", "D"]);
        assert_eq!(sorted(system().descendants("nowhere")), ["nowhere"]);
    }

    #[test]
    fn a_code_is_found_in_any_case_only_where_the_system_says_so() {
        assert_eq!(system().concept("b").unwrap().code, "B");
        assert!(system().concept("C").unwrap().is_inactive());
    }
}

//! What a value set contains: `compose` worked out (FHIR R4, ValueSet, section 4.9.8).

use std::sync::Arc;

use compact_str::CompactString;
use rustc_hash::FxHashSet;

use super::code_set::CodeSet;
use super::filter::Filter;
use super::source::Source;
use super::system::{Content, System};
use super::{bare, grammar};
use crate::Value;

/// Why a value set could not be worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No such value set, code system or concept map.
    #[error("'{0}' is not known here")]
    Unknown(String),
    /// Value sets import each other, or too deeply.
    #[error("the value set '{0}' imports itself, or imports too deeply")]
    Circular(String),
    /// A filter that is not understood.
    #[error("the filter {property} {op} {value} is not supported")]
    Filter {
        /// The property.
        property: String,
        /// The operator.
        op: String,
        /// The value.
        value: String,
    },
    /// More codes than are given out.
    #[error("the value set has more than {0} codes")]
    TooMany(usize),
    /// A request without what it needs.
    #[error("{0}")]
    Request(&'static str),
}

/// A code of a value set.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) system: CompactString,
    pub(super) code: CompactString,
    /// The value set's own display, where it gives one.
    pub(super) display: Option<CompactString>,
    /// The value set's own designations.
    pub(super) designations: Vec<Value>,
}

/// The codes of a value set in order, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) items: Vec<Item>,
    /// Systems of which codes belong that are not here.
    pub(super) open: Vec<CompactString>,
    seen: FxHashSet<(CompactString, CompactString)>,
}

/// More codes than this are not worked out.
const MAX_CODES: usize = 200_000;
const MAX_IMPORTS: usize = 16;

impl Contents {
    fn push(&mut self, item: Item) -> Result<(), Trouble> {
        if self.items.len() >= MAX_CODES {
            return Err(Trouble::TooMany(MAX_CODES));
        }
        if self.seen.insert(item.key()) {
            self.items.push(item);
        }
        Ok(())
    }

    fn open(&mut self, system: &str) {
        if !self.open.iter().any(|s| s == system) {
            self.open.push(CompactString::new(system));
        }
    }

    fn merge(&mut self, other: Self) -> Result<(), Trouble> {
        for system in &other.open {
            self.open(system);
        }
        other.items.into_iter().try_for_each(|item| self.push(item))
    }

    /// Keeps what is also in the other one; what is open there stays.
    fn keep(&mut self, other: &Self) {
        let any = |open: &[CompactString], system: &CompactString| {
            open.iter().any(|s| s == system || s.is_empty())
        };
        let mut items = std::mem::take(&mut self.items);
        items.retain(|i| other.seen.contains(&i.key()) || any(&other.open, &i.system));
        let mine = std::mem::take(&mut self.seen);
        let more = other
            .items
            .iter()
            .filter(|i| any(&self.open, &i.system) && !mine.contains(&i.key()));
        items.extend(more.cloned());
        self.seen = items.iter().map(Item::key).collect();
        self.items = items;
        let wild = |s: &CompactString| s.is_empty();
        self.open = match (self.open.iter().any(wild), other.open.iter().any(wild)) {
            (_, true) => std::mem::take(&mut self.open),
            (true, false) => other.open.clone(),
            (false, false) => {
                let mut open = std::mem::take(&mut self.open);
                open.retain(|s| other.open.contains(s));
                open
            }
        };
    }

    fn without(&mut self, other: &Self) {
        self.items.retain(|i| !other.seen.contains(&i.key()));
        self.seen.retain(|key| !other.seen.contains(key));
    }
}

impl Item {
    fn key(&self) -> (CompactString, CompactString) {
        (self.system.clone(), self.code.clone())
    }
}

/// The codes of the value set at this URL.
pub(super) fn codes_of(source: &Source, url: &str) -> Result<CodeSet, Trouble> {
    Ok(code_set(&contents_at(source, url, &mut Vec::new())?))
}

/// The codes of a value set that is given as such.
pub(super) fn code_set(contents: &Contents) -> CodeSet {
    let mut set = CodeSet::default();
    for item in &contents.items {
        set.insert(&item.system, &item.code);
    }
    for system in &contents.open {
        set.open(system);
    }
    set
}

/// What the value set at this URL contains; a code system's URL stands for all of it where it is its `valueSet`.
pub(super) fn contents_at(
    source: &Source,
    url: &str,
    importing: &mut Vec<String>,
) -> Result<Contents, Trouble> {
    let url = bare(url);
    let value = source
        .value_set(url)
        .ok_or_else(|| Trouble::Unknown(url.to_owned()))?;
    if importing.len() >= MAX_IMPORTS || importing.iter().any(|u| u == url) {
        return Err(Trouble::Circular(url.to_owned()));
    }
    importing.push(url.to_owned());
    let contents = contents_of(source, &value, importing);
    importing.pop();
    contents
}

/// What a value set contains: by its `compose`, or where it has none by its `expansion`.
pub(super) fn contents_of(
    source: &Source,
    value_set: &Value,
    importing: &mut Vec<String>,
) -> Result<Contents, Trouble> {
    let mut found = Contents::default();
    let Some(compose) = value_set.get("compose") else {
        if let Some(expansion) = value_set.get("expansion") {
            expanded(expansion.items_at("contains"), &mut found, 0)?;
        }
        return Ok(found);
    };
    for include in compose.items_at("include") {
        found.merge(part(source, include, importing)?)?;
    }
    for exclude in compose.items_at("exclude") {
        found.without(&part(source, exclude, importing)?);
    }
    Ok(found)
}

fn expanded(contains: &[Value], found: &mut Contents, depth: usize) -> Result<(), Trouble> {
    if depth > MAX_IMPORTS {
        return Ok(());
    }
    for entry in contains {
        if let Some(code) = entry.str_at("code") {
            found.push(Item {
                system: entry.str_at("system").unwrap_or_default().into(),
                code: code.into(),
                display: entry.str_at("display").map(CompactString::new),
                designations: Vec::new(),
            })?;
        }
        expanded(entry.items_at("contains"), found, depth + 1)?;
    }
    Ok(())
}

/// One `include` or `exclude`: the codes of its system that are in all its value sets.
fn part(
    source: &Source,
    include: &Value,
    importing: &mut Vec<String>,
) -> Result<Contents, Trouble> {
    let mut found = match include.str_at("system") {
        Some(system) => Some(of_system(source, system, include)?),
        None => None,
    };
    for url in include
        .items_at("valueSet")
        .iter()
        .filter_map(Value::as_str)
    {
        let imported = match contents_at(source, url, importing) {
            // Not here: nothing is known about its codes, whichever system they are from.
            Err(Trouble::Unknown(_)) => {
                let mut unknown = Contents::default();
                unknown.open("");
                unknown
            }
            other => other?,
        };
        match &mut found {
            Some(found) => found.keep(&imported),
            None => found = Some(imported),
        }
    }
    Ok(found.unwrap_or_default())
}

fn of_system(source: &Source, url: &str, include: &Value) -> Result<Contents, Trouble> {
    let mut found = Contents::default();
    let listed = include.items_at("concept");
    for concept in listed {
        if let Some(code) = concept.str_at("code") {
            found.push(Item {
                system: bare(url).into(),
                code: code.into(),
                display: concept.str_at("display").map(CompactString::new),
                designations: concept.items_at("designation").to_vec(),
            })?;
        }
    }
    if !listed.is_empty() {
        return Ok(found);
    }
    let system = source.system(url);
    let whole = system
        .as_ref()
        .is_some_and(|s| s.content == Content::Complete);
    if !whole || grammar::member(url, "").is_some() {
        found.open(bare(url));
    }
    if let Some(system) = system {
        filtered(&system, include.items_at("filter"), &mut found)?;
    }
    Ok(found)
}

fn filtered(system: &Arc<System>, filters: &[Value], found: &mut Contents) -> Result<(), Trouble> {
    let tests = filters
        .iter()
        .map(|f| Filter::of(system, f))
        .collect::<Result<Vec<_>, _>>()?;
    for concept in &system.concepts {
        if tests.iter().all(|t| t.accepts(concept)) {
            found.push(Item {
                system: system.url.clone(),
                code: concept.code.clone(),
                display: None,
                designations: Vec::new(),
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn source() -> Source {
        let mut source = Source::default();
        for text in [
            r#"{"resourceType":"CodeSystem","url":"s","content":"complete",
                "concept":[{"code":"A","concept":[{"code":"B"},{"code":"C","property":[{"code":"p","valueString":"x"}]}]},{"code":"D"}]}"#,
            r#"{"resourceType":"ValueSet","url":"loop","compose":{"include":[{"valueSet":["loop"]}]}}"#,
            r#"{"resourceType":"ValueSet","url":"below-a","compose":{"include":[{"system":"s","filter":[{"property":"concept","op":"is-a","value":"A"}]}]}}"#,
        ] {
            assert!(source.add(&json::read(text.as_bytes()).unwrap()));
        }
        source
    }

    fn check_include(compose: &str, wanted: &[&str]) {
        let text = format!(r#"{{"resourceType":"ValueSet","compose":{compose}}}"#);
        let set = json::read(text.as_bytes()).unwrap();
        let found = contents_of(&source(), &set, &mut Vec::new()).unwrap();
        let codes: Vec<&str> = found.items.iter().map(|i| i.code.as_str()).collect();
        assert_eq!(codes, wanted, "{compose}");
    }

    #[test]
    fn includes_filters_imports_and_excludes_are_worked_out() {
        check_include(r#"{"include":[{"system":"s"}]}"#, &["A", "B", "C", "D"]);
        check_include(
            r#"{"include":[{"system":"s","concept":[{"code":"Z"}]}]}"#,
            &["Z"],
        );
        for (op, property, value, wanted) in [
            ("is-a", "concept", "A", &["A", "B", "C"][..]),
            ("descendent-of", "concept", "A", &["B", "C"]),
            ("is-not-a", "concept", "A", &["D"]),
            ("generalizes", "concept", "B", &["A", "B"]),
            ("=", "p", "x", &["C"]),
            ("in", "code", "A, D", &["A", "D"]),
            ("not-in", "code", "A,D", &["B", "C"]),
            ("exists", "p", "true", &["C"]),
            ("regex", "code", "[AB]", &["A", "B"]),
        ] {
            check_include(
                &format!(
                    r#"{{"include":[{{"system":"s","filter":[{{"property":"{property}","op":"{op}","value":"{value}"}}]}}]}}"#
                ),
                wanted,
            );
        }
        check_include(
            r#"{"include":[{"valueSet":["below-a"]}],"exclude":[{"system":"s","concept":[{"code":"B"}]}]}"#,
            &["A", "C"],
        );
        check_include(
            r#"{"include":[{"system":"s","concept":[{"code":"D"},{"code":"B"}],"valueSet":["below-a"]}]}"#,
            &["B"],
        );
    }

    #[test]
    fn a_value_set_that_imports_itself_is_refused() {
        assert_eq!(
            codes_of(&source(), "loop").unwrap_err(),
            Trouble::Circular("loop".into())
        );
    }

    #[test]
    fn codes_of_a_system_that_is_not_here_are_unknown_not_wrong() {
        use super::super::{Member, value_set_codes};
        let plain = Source::default();
        let set = value_set_codes(&plain, "http://hl7.org/fhir/ValueSet/condition-code").unwrap();
        assert_eq!(set.contains("http://snomed.info/sct", "1"), Member::Unknown);
        assert_eq!(set.contains("http://loinc.org", "1"), Member::No);
        let gender = value_set_codes(
            &plain,
            "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1",
        )
        .unwrap();
        assert!(gender.is_closed());
        assert_eq!(gender.contains_code("male"), Member::Yes);
        assert_eq!(gender.contains_code("man"), Member::No);
    }
}

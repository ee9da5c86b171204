use std::collections::BTreeMap;

use aceso_words::{Entry, Language, catalogue, places, read_po};
use proc_macro2::TokenStream;

use crate::markup::{Seen, looked_up};
use crate::source::{Source, read, table};
use crate::stays::STAYS;

/// Where every message is translated into every language. This list only grows.
const COMPLETE: &[&str] = &[
    "web/src",
    "login/src",
    "staff/src",
    "deskweb/src/adopt",
    "deskweb/src/inside",
    "deskweb/src/public",
    "desk/src/case",
    "shield/src",
    "clinic/data",
];

/// Tables in files whose texts are shown: what happens, what to do instead, and how classes of drugs are called.
const TABLES: [(&str, &[usize]); 3] = [
    ("clinic/data/drug-interactions.tsv", &[3, 4]),
    ("clinic/data/drug-cross.tsv", &[2]),
    ("clinic/data/drug-classes.tsv", &[0]),
];

/// Where whatever reads as a text is one: also what stands in constants, in tables, in the arms of a `match`.
const TEXTS_ALONE: &[&str] = &[
    "web/src/page",
    "login/src/pages",
    "login/src/oauth/page.rs",
    "login/src/oauth/words.rs",
    "staff/src",
    "deskweb/src/adopt/installations.rs",
    "deskweb/src/adopt/list.rs",
    "deskweb/src/adopt/show.rs",
    "deskweb/src/inside",
    "deskweb/src/public",
    "desk/src/case",
    "desk/src/clock.rs",
    "desk/src/duty.rs",
    "desk/src/regime.rs",
    "aceso/src/doctor/checks.rs",
    "policy/src/explain.rs",
    "policy/src/role.rs",
    "clinic/src/drug",
    "clinic/src/likeness.rs",
    "clinic/src/slip.rs",
    "store/src/audit/report.rs",
];

/// What stands where texts stand and is none: types, units, fields of a form.
const NO_TEXT: &[&str] = &[
    "anyway",
    "DiagnosticReport",
    "DocumentReference",
    "kg, cm, mm[Hg]",
    "Observation",
    "times",
    "without",
];

fn sources() -> Vec<Source> {
    [
        "web/src",
        "login/src",
        "staff/src",
        "clinic/src",
        "policy/src",
        "shield/src",
        "aceso/src",
        "desk/src",
        "deskweb/src",
        "store/src",
        "fhir/src/form",
        "vault/src/jwt",
    ]
    .into_iter()
    .flat_map(read)
    .chain(TABLES.iter().map(|(path, columns)| table(path, columns)))
    .collect()
}

fn languages() -> impl Iterator<Item = (Language, BTreeMap<String, Entry>)> {
    Language::ALL.into_iter().skip(1).map(|language| {
        let entries = read_po(catalogue(language)).unwrap();
        let count = entries.len();
        let table: BTreeMap<_, _> = entries.into_iter().collect();
        assert_eq!(table.len(), count, "{language:?} says something twice");
        (language, table)
    })
}

fn found(markup: &str) -> Vec<String> {
    let mut seen = Seen::default();
    looked_up(markup.parse::<TokenStream>().unwrap(), &mut seen);
    seen.messages
}

#[test]
fn what_stands_in_markup_is_found_as_messages() {
    let check = |markup, expected: &[&str]| assert_eq!(found(markup), expected, "{markup}");
    check(r#"p.soft #id { "Nothing here. " }"#, &["Nothing here."]);
    check(
        r#"p { "Entries " (a) " to " (b) "." }"#,
        &["Entries {0} to {1}."],
    );
    check(
        r#"a href="/x y" title="Away" { (Icon::Leave) "Sign out" }"#,
        &["Away", "Sign out"],
    );
    check(r#"p { (n) " left" }"#, &["{0} left"]);
    check(
        r#"p { "As " strong { (a) } ", " (b) "." }"#,
        &["As {0}, {1}."],
    );
    check(
        r#"p { strong { (x) " days" } " ago" br; "More" }"#,
        &["{0} days", "{0} ago", "More"],
    );
    check(
        r#"@if let Some(X { a }) = y { "One" } @else if z { "Two" } @else { "Three" }"#,
        &["One", "Two", "Three"],
    );
    check(
        r#"@match x { A { b } => "First", B => { p { "Second" } } C(d) => i { (d) } , }"#,
        &["First", "Second"],
    );
    check(
        r#"@for X { a } in all { li { "Each " (a) } }"#,
        &["Each {0}"],
    );
    check(
        r#"@let x = "no"; code { "verbatim" } p { " · " (x) " %" }"#,
        &[],
    );
    check(
        r#"nav.tabs aria-label={ "Parts of " (x) } class={ "a " (b) } { }"#,
        &["Parts of {0}"],
    );
    check(
        r#"label { input type="checkbox"; "Remember" span.hint { "Not here" } }"#,
        &["Not here", "Remember"],
    );
}

#[test]
fn every_message_of_complete_pages_is_translated_into_every_language() {
    let sources = sources();
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (language, table) in languages() {
        let complete = |source: &&Source| COMPLETE.iter().any(|path| source.path.starts_with(path));
        for source in sources.iter().filter(complete) {
            let counted = source.counted.iter().map(|(one, _)| one);
            for message in source.messages.iter().chain(counted) {
                let is_text = message.chars().any(char::is_alphabetic);
                if is_text && !table.contains_key(message) && !NO_TEXT.contains(&message.as_str()) {
                    let line = format!("{} {message:?}", source.path);
                    missing.entry(language.tag()).or_default().push(line);
                }
            }
        }
    }
    assert!(missing.is_empty(), "not translated: {missing:#?}");
}

/// Whether a literal reads as a text: two words beside each other.
fn reads(text: &str) -> bool {
    let word = |w: &str| {
        let w = w.trim_matches(|c: char| ",.:;()?!“”’'".contains(c));
        let mut letters = w.chars();
        let first = letters.next().is_some_and(char::is_alphabetic);
        first && w.len() > 1 && letters.all(|c| c.is_lowercase() || c == '\'' || c == '-')
    };
    let words: Vec<&str> = text.split(' ').collect();
    let mut pairs = words.windows(2);
    pairs.any(|pair| pair.iter().all(|w| word(w)))
}

#[test]
fn whatever_reads_as_a_text_is_translated_wherever_it_stands() {
    let sources = sources();
    let alone = |source: &&Source| TEXTS_ALONE.iter().any(|path| source.path.starts_with(path));
    let (_, table) = languages().next().unwrap();
    let mut missing = Vec::new();
    for source in sources.iter().filter(alone) {
        let several: Vec<&String> = source.counted.iter().map(|(_, several)| several).collect();
        let texts = source.literals.iter().filter(|text| reads(text));
        let texts = texts.filter(|text| !several.contains(text) && !table.contains_key(*text));
        let texts = texts.filter(|text| !STAYS.contains(&text.as_str()));
        missing.extend(texts.map(|text| format!("{} {text:?}", source.path)));
    }
    // The rules of accounts are shown as the store says them.
    let rules = sources
        .iter()
        .filter(|s| s.path == "store/src/people/door.rs");
    let rules = rules.flat_map(|source| &source.rules).filter(|r| reads(r));
    missing.extend(
        rules
            .filter(|r| !table.contains_key(*r) && !STAYS.contains(&r.as_str()))
            .cloned(),
    );
    assert!(missing.is_empty(), "not translated: {missing:#?}");
    let all: Vec<&String> = sources
        .iter()
        .flat_map(|s| s.literals.iter().chain(&s.rules))
        .collect();
    let gone: Vec<&&str> = STAYS
        .iter()
        .filter(|s| !all.iter().any(|l| l == *s))
        .collect();
    assert!(
        gone.is_empty(),
        "stays, and is not there any more: {gone:#?}"
    );
}

#[test]
fn every_translation_is_of_a_message_that_pages_use() {
    let sources = sources();
    let uses = |key: &String| {
        sources.iter().any(|source| {
            source.messages.contains(key)
                || source.literals.contains(key)
                || source.forms.contains(key)
                || source.rules.contains(key)
                || source.counted.iter().any(|(one, _)| one == key)
        })
    };
    let unused: Vec<String> = languages()
        .flat_map(|(_, table)| table.into_keys())
        .filter(|key| !uses(key))
        .collect();
    assert!(unused.is_empty(), "no page uses: {unused:#?}");
}

#[test]
fn translations_have_the_places_and_the_forms_of_their_messages() {
    let sources = sources();
    let mut keys: Option<Vec<String>> = None;
    for (language, table) in languages() {
        let own: Vec<String> = table.keys().cloned().collect();
        let first = keys.get_or_insert_with(|| own.clone());
        let differ = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|key| !b.contains(key)).cloned().collect()
        };
        assert_eq!(
            (differ(first, &own), differ(&own, first)),
            (vec![], vec![]),
            "{language:?}"
        );
        for (key, entry) in table {
            match entry {
                Entry::One(text) => assert_eq!(places(&text), places(&key), "{language:?} {key:?}"),
                Entry::Counted { several, forms } => {
                    assert_eq!(forms.len(), language.forms(), "{language:?} {key:?}");
                    let used = sources.iter().any(|source| {
                        source.messages.contains(&key) && several == key
                            || source.counted.contains(&(key.clone(), several.clone()))
                    });
                    assert!(used, "{language:?}: nobody counts {key:?} and {several:?}");
                    for form in forms {
                        let known = places(&several);
                        assert!(
                            places(&form).iter().all(|p| known.contains(p)),
                            "{language:?} {form:?}"
                        );
                    }
                }
            }
        }
    }
}

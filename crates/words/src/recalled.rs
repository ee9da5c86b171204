//! Sentences that are kept in English with their places filled: told again in the page's language.

use crate::catalogue::{each, places};
use crate::message::{filled, known};
use crate::{Language, language};

/// So much of a message stands outside its places at least: with less, it could be any text.
const LEAST: usize = 12;

/// What stands between sentences, and between a place and what is said of it.
const BETWEEN: [&str; 2] = ["; ", ": "];

/// A sentence of ours that was kept in English when it was found, in the page's language: of the messages that it can have been
/// made of, the one that says most itself. What is none of ours stays as it is.
pub fn recalled(text: &str) -> String {
    told_again(text, |_| true, known).unwrap_or_else(|| text.to_owned())
}

/// Sentences of ours that were kept in English one after the other, each perhaps behind the place that it is about (`backup: could
/// not be made: no room; tried`), in the page's language. For what the program wrote itself: nobody's own words are sought out.
pub fn recalled_all(text: &str) -> String {
    // What stands in a place is no end of another sentence, and no place that something is said of.
    let within_one = |value: &str| !value.contains("; ") && !value.ends_with(':');
    if let Some(told) = told_again(text, within_one, recalled_all) {
        return told;
    }
    let parts = BETWEEN.into_iter().find_map(|mark| {
        let (before, after) = text.split_once(mark)?;
        Some([&recalled_all(before), mark, &recalled_all(after)].concat())
    });
    parts.unwrap_or_else(|| text.to_owned())
}

/// A text in the page's language, where it is a message of ours with such values, each of which is told by `inner`.
fn told_again(text: &str, such: fn(&str) -> bool, inner: fn(&str) -> String) -> Option<String> {
    let language = language();
    let exactly = known(text);
    if language == Language::English || exactly != text {
        return Some(exactly);
    }
    let fits = each(language).filter_map(|(key, entry)| {
        let values = values(key, text)?;
        let weight = weight(key);
        let fitting = weight >= LEAST && values.iter().all(|value| such(value));
        fitting.then_some((weight, key, entry, values))
    });
    let (_, _, entry, values) = fits.max_by_key(|(weight, key, ..)| (*weight, *key))?;
    let values: Vec<String> = values.into_iter().map(inner).collect();
    let count = values.iter().find_map(|value| value.parse().ok());
    Some(filled(entry.text(language, count), &values, language))
}

/// How much of a message stands outside its places; nothing where it has none.
fn weight(key: &str) -> usize {
    match places(key).len() {
        0 => 0,
        count => key.len() - count * "{0}".len(),
    }
}

/// What stands in the places of a message that a text was made of, in the order of their numbers.
fn values<'a>(key: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = key.split('{');
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found: Vec<(usize, &str)> = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let (number, after) = piece.split_once('}')?;
        let end = match pieces.peek() {
            Some(_) => rest.find(after).filter(|_| !after.is_empty())?,
            None => rest.strip_suffix(after)?.len(),
        };
        found.push((number.parse().ok()?, rest.get(..end)?));
        rest = rest.get(end + after.len()..)?;
    }
    found.sort_unstable();
    let whole = found
        .iter()
        .enumerate()
        .all(|(at, (place, value))| at == *place && !value.is_empty());
    whole.then(|| found.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speaking;

    #[test]
    fn a_sentence_that_was_kept_is_told_in_the_pages_language() {
        let said = |language, text: &str| speaking(language, || recalled(text));
        let text = "records of 140 patients within an hour";
        assert_eq!(said(Language::English, text), text);
        let spanish = said(Language::Spanish, text);
        assert!(
            spanish.contains("140") && !spanish.contains("records"),
            "{spanish}"
        );
        let free = "She printed the month's lists";
        assert_eq!(said(Language::French, free), free);
    }

    #[test]
    fn the_places_of_a_kept_sentence_are_found_in_any_order() {
        assert_eq!(
            values("{1} of {0} days", "3 of many days"),
            Some(vec!["many", "3"])
        );
        assert_eq!(values("all {0}", "all of it"), Some(vec!["of it"]));
        assert_eq!(values("all {0}", "none of it"), None);
        assert_eq!(values("{0}{1}", "ab"), None);
        assert_eq!(values("from {0} on", "from  on"), None);
    }

    #[test]
    fn sentences_that_were_kept_one_after_the_other_are_each_told_and_places_stay() {
        let text = "backup: could not be made: ENOSPC; snapshot 1a2b: 12 resources, 1.5 MiB, 0.5 MiB of them new, 1.2 s";
        let said = |language| speaking(language, || recalled_all(text));
        assert_eq!(said(Language::English), text);
        for language in [Language::Spanish, Language::French, Language::Arabic] {
            let told = said(language);
            for value in ["ENOSPC", "1a2b", "12", "1.5", "0.5", "1.2"] {
                assert!(told.contains(value), "{value}: {told}");
            }
            for english in ["could not", "resources", "of them"] {
                assert!(!told.contains(english), "{english}: {told}");
            }
        }
    }
}

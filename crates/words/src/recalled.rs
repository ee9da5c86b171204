//! Sentences that are kept in English with their places filled: told again in the page's language.

use crate::catalogue::{each, places};
use crate::message::{filled, known};
use crate::{Language, language};

/// So much of a message stands outside its places at least: with less, it could be any text.
const LEAST: usize = 12;

/// A sentence of ours that was kept in English when it was found, in the page's language: of the messages that it can have been
/// made of, the one that says most itself. What is none of ours stays as it is.
pub fn recalled(text: &str) -> String {
    let language = language();
    let exactly = known(text);
    if language == Language::English || exactly != text {
        return exactly;
    }
    let fits = each(language).filter_map(|(key, entry)| {
        let weight = weight(key);
        let values = values(key, text).filter(|_| weight >= LEAST)?;
        Some((weight, key, entry, values))
    });
    let Some((_, _, entry, values)) = fits.max_by_key(|(weight, key, ..)| (*weight, *key)) else {
        return exactly;
    };
    let values: Vec<String> = values.into_iter().map(known).collect();
    let count = values.iter().find_map(|value| value.parse().ok());
    filled(entry.text(language, count), &values, language)
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
}

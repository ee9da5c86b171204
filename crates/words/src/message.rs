//! Messages with places.

use std::borrow::Cow;
use std::fmt::Display;

use maud::{Markup, PreEscaped, Render};

use crate::catalogue::{Entry, find};
use crate::{Direction, Language, language};

/// Around what is put into a line that runs from right to left: it keeps its own direction (Unicode annex 9, 2.7).
const OPEN: char = '\u{2068}';
const CLOSE: char = '\u{2069}';

/// What a language says for a message of ours; the English text where it has none.
pub(crate) fn told(language: Language, key: &'static str, count: Option<u64>) -> &'static str {
    wanted(language, key).map_or(key, |entry| entry.text(language, count))
}

/// A message that a page wants; one that its language lacks is noted.
fn wanted(language: Language, key: &'static str) -> Option<&'static Entry> {
    let found = find(language, key);
    if found.is_none() && language != Language::English && !key.is_empty() {
        crate::lacking::note(key);
    }
    found
}

/// What a crate that knows no catalogue says in English, a rule of the store's for one: in the page's language, where that has it.
pub fn known(text: &str) -> String {
    let language = language();
    find(language, text)
        .map_or(text, |entry| entry.text(language, None))
        .to_owned()
}

/// A text in the direction of the page that it is put into.
pub(crate) fn isolated(language: Language, text: &str) -> Cow<'_, str> {
    match language.direction() {
        Direction::RightToLeft if !text.is_empty() => Cow::Owned(format!("{OPEN}{text}{CLOSE}")),
        Direction::LeftToRight | Direction::RightToLeft => Cow::Borrowed(text),
    }
}

/// A message of ours with its places filled: `say("Go on with {0}", &[&name])`.
pub fn say(key: &'static str, values: &[&dyn Display]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    let language = language();
    let count = values.iter().find_map(|value| value.parse().ok());
    filled(told(language, key, count), &values, language)
}

/// A message that counts, in the form that goes with the number, which is the place `{0}`:
/// `counted(n, "{0} result waits", "{0} results wait", &[])`. Further values are the places from `{1}` on.
pub fn counted(
    count: u64,
    one: &'static str,
    several: &'static str,
    more: &[&dyn Display],
) -> String {
    let language = language();
    let mut values = vec![count.to_string()];
    values.extend(more.iter().map(ToString::to_string));
    let english = if Language::English.form(count) == 0 {
        one
    } else {
        several
    };
    let text = wanted(language, one).map_or(english, |entry| entry.text(language, Some(count)));
    filled(text, &values, language)
}

/// A message within markup, with markup in its places; the text around them is escaped.
pub fn sentence(key: &'static str, values: &[Markup]) -> Markup {
    let language = language();
    let count = values.iter().find_map(|value| value.0.trim().parse().ok());
    let values: Vec<&str> = values.iter().map(|value| value.0.as_str()).collect();
    let text = told(language, key, count).render().0;
    PreEscaped(filled(&text, &values, language))
}

/// The text with its places filled; a place that has no value stays as it is.
pub(crate) fn filled<T: AsRef<str>>(text: &str, values: &[T], language: Language) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(number, beyond)| {
            let at: usize = number.parse().ok()?;
            Some((values.get(at)?.as_ref(), beyond))
        });
        match value {
            Some((value, beyond)) => {
                out.push_str(&isolated(language, value));
                rest = beyond;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_any_order_and_what_is_no_place_stays() {
        let fill = |text: &str, language| filled(text, &["a{1}", "b"], language);
        assert_eq!(fill("{1} of {0}", Language::English), "b of a{1}");
        assert_eq!(fill("{2} { {x} {0", Language::English), "{2} { {x} {0");
        assert_eq!(fill("{1}!", Language::Arabic), "\u{2068}b\u{2069}!");
    }

    #[test]
    fn asvs_1_2_1_what_stands_around_the_places_of_a_sentence_is_escaped() {
        let said = sentence("<{0}> & more", &[PreEscaped("<b>x</b>".to_owned())]);
        assert_eq!(said.0, "&lt;<b>x</b>&gt; &amp; more");
    }

    #[test]
    fn a_number_chooses_the_form_of_an_english_message() {
        let days = |n| counted(n, "{0} day", "{0} days", &[]);
        assert_eq!(
            (days(1), days(2), days(0)),
            ("1 day".into(), "2 days".into(), "0 days".into())
        );
        assert_eq!(say("{0} of {1}", &[&1, &"b"]), "1 of b");
    }
}

//! Whether a page says something in English to who reads another language: texts that a catalogue lacks, and texts that it has
//! and that the page shows without asking for them.

use std::collections::BTreeSet;

use aceso_words::{Entry, Language, catalogue, lacking, read_po, speaking};

/// What all pages of a test leave in English: told at its end, all at once.
#[derive(Debug, Default)]
pub struct English(BTreeSet<String>);

impl English {
    /// Looks at a page of this name, as [`left`].
    pub fn look(&mut self, name: &str, stays: &[&str], make: impl Fn() -> String) {
        let left = left(stays, make).into_iter();
        self.0.extend(left.map(|text| format!("{name}: {text}")));
    }

    /// Ends the test.
    ///
    /// # Panics
    /// When a page said something in English to who reads another language.
    pub fn end(self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

/// What pages say in English to readers of other languages, each with the language; nothing, as long as all is said in theirs.
/// `make`: the whole page, made in the language that is spoken. `stays`: texts that are the same in every language, and data of
/// samples that happen to read like a text of ours.
pub fn left(stays: &[&str], make: impl Fn() -> String) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for language in Language::ALL.into_iter().skip(1) {
        let (html, lacked) = lacking(|| speaking(language, &make));
        let said = |text: &&str| !stays.contains(text);
        let lacked = lacked.into_iter().filter(said);
        left.extend(lacked.map(|text| format!("{}: lacks {text:?}", language.tag())));
        // Arabic has letters of its own: what is left in ours is a name, a code, or was forgotten.
        if language == Language::Arabic {
            let shown = shown(&html, stays).into_iter();
            left.extend(shown.map(|text| format!("ar: shows {text:?} as it is")));
        }
    }
    left
}

/// Texts of ours that a page in Arabic shows in English.
fn shown(html: &str, stays: &[&str]) -> BTreeSet<String> {
    let keys = keys();
    let texts = texts(html).into_iter().filter(|text| english(text));
    texts
        .filter(|text| !stays.contains(&text.as_str()))
        .filter(|text| keys.iter().any(|key| is_in(key, text)))
        .collect()
}

/// A key as a whole, or as part of a longer text where it is a sentence rather than a word.
fn is_in(key: &str, text: &str) -> bool {
    text == key || key.len() >= 12 && key.contains(' ') && text.contains(key)
}

fn english(text: &str) -> bool {
    let run = |word: &str| word.chars().filter(char::is_ascii_lowercase).count() >= 2;
    text.split(|c: char| !c.is_ascii_alphabetic()).any(run)
}

/// The English texts whose translation is another one; of those with places, what stands between them.
fn keys() -> Vec<String> {
    let entries = read_po(catalogue(Language::Arabic)).unwrap_or_default();
    let mut keys = Vec::new();
    for (key, entry) in entries {
        let pieces = |text: &str| -> Vec<String> {
            let cut = text.split('{').flat_map(|p| p.split('}').next_back());
            cut.map(|p| p.trim().to_owned())
                .filter(|p| p.len() > 2)
                .collect()
        };
        match entry {
            Entry::One(text) if text == key => {}
            Entry::One(_) if key.contains('{') => {
                keys.extend(pieces(&key).into_iter().filter(|p| p.len() >= 12));
            }
            Entry::One(_) => keys.push(key),
            Entry::Counted { several, .. } => {
                let all = [pieces(&key), pieces(&several)].concat();
                keys.extend(all.into_iter().filter(|p| p.len() >= 12));
            }
        }
    }
    keys.retain(|key| english(key));
    keys
}

/// What people read or hear of a page: its text, and the attributes that are read.
fn texts(html: &str) -> Vec<String> {
    const READ: [&str; 6] = [
        " aria-label=\"",
        " aria-description=\"",
        " title=\"",
        " alt=\"",
        " placeholder=\"",
        " data-label=\"",
    ];
    let mut texts = Vec::new();
    let mut verbatim = false;
    for piece in html.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        if ["code", "kbd", "pre", "samp", "textarea"].contains(&name) {
            verbatim = true;
        } else if tag.starts_with('/') {
            verbatim = false;
        }
        for mark in READ {
            let value = tag.split_once(mark).and_then(|(_, v)| v.split_once('"'));
            texts.extend(value.map(|(value, _)| plain(value)));
        }
        if !verbatim {
            texts.push(plain(text));
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}

/// Without what markup and the directions of writing put in.
fn plain(text: &str) -> String {
    let text = text
        .replace(['\u{2068}', '\u{2069}'], "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_without_being_looked_up_is_found() {
        let found = |html: &str| shown(html, &["Laboratory"]).into_iter().collect::<Vec<_>>();
        assert_eq!(found("<p>Sign out</p>"), ["Sign out"]);
        assert_eq!(found("<a title=\"Sign out\">x</a>"), ["Sign out"]);
        assert_eq!(
            found("<p>Ann Example: Nothing was changed. Today</p>"),
            ["Ann Example: Nothing was changed. Today"]
        );
        assert!(found("<p>\u{2068}Ann Example\u{2069} · تسجيل الخروج</p>").is_empty());
        assert!(found("<pre>Sign out</pre><p>Laboratory</p>").is_empty());
    }

    #[test]
    fn what_no_catalogue_has_is_found_in_each_language() {
        let left = left(&[], || aceso_words::say("In no catalogue at all", &[]));
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

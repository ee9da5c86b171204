//! Catalogues: one gettext file (`data/es.po`) for each language but English, compiled in and read at its first use.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::Language;

/// A message in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// One text.
    One(String),
    /// A text for each form of number, in the order of [`Language::form`].
    Counted {
        /// The English text for several.
        several: String,
        /// The texts.
        forms: Vec<String>,
    },
}

impl Entry {
    /// The text that goes with a number, or with none.
    pub(crate) fn text(&self, language: Language, count: Option<u64>) -> &str {
        match self {
            Self::One(text) => text,
            Self::Counted { forms, .. } => {
                let form = count.map_or(forms.len().saturating_sub(1), |n| language.form(n));
                forms.get(form).or(forms.last()).map_or("", String::as_str)
            }
        }
    }
}

/// Why a catalogue cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct UnreadablePo {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

type Table = HashMap<String, Entry>;

static SPANISH: LazyLock<Table> = LazyLock::new(|| table(Language::Spanish));
static FRENCH: LazyLock<Table> = LazyLock::new(|| table(Language::French));
static ARABIC: LazyLock<Table> = LazyLock::new(|| table(Language::Arabic));

/// The text of a language's catalogue; English has none.
pub const fn catalogue(language: Language) -> &'static str {
    match language {
        Language::English => "",
        Language::Spanish => include_str!("../data/es.po"),
        Language::French => include_str!("../data/fr.po"),
        Language::Arabic => include_str!("../data/ar.po"),
    }
}

/// A catalogue that cannot be read leaves its language in English; a test reads them all.
fn table(language: Language) -> Table {
    let entries = read_po(catalogue(language)).unwrap_or_default();
    entries.into_iter().collect()
}

/// A message of the catalogue.
pub(crate) fn find(language: Language, key: &str) -> Option<&'static Entry> {
    table_of(language)?.get(key)
}

/// All messages of a language, in no order.
pub(crate) fn each(language: Language) -> impl Iterator<Item = (&'static str, &'static Entry)> {
    let all = table_of(language).into_iter().flatten();
    all.map(|(key, entry)| (key.as_str(), entry))
}

fn table_of(language: Language) -> Option<&'static Table> {
    match language {
        Language::English => None,
        Language::Spanish => Some(&SPANISH),
        Language::French => Some(&FRENCH),
        Language::Arabic => Some(&ARABIC),
    }
}

/// The places of a text, in order: `{0}`, `{1}`.
pub fn places(text: &str) -> Vec<usize> {
    let found = text.split('{').skip(1);
    let mut all: Vec<usize> = found
        .filter_map(|rest| rest.split_once('}')?.0.parse().ok())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The messages of a gettext file (GNU gettext manual, 10): `msgid`, `msgid_plural`, `msgstr`, `msgstr[n]`. The header, whose
/// `msgid` is empty, and comments are left out; messages without a translation too.
pub fn read_po(text: &str) -> Result<Vec<(String, Entry)>, UnreadablePo> {
    let mut reader = Reader::default();
    for (at, line) in text.lines().enumerate() {
        let wrong = |why| UnreadablePo { line: at + 1, why };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, quoted) = match line.split_once('"') {
            Some((word, rest)) => (word.trim(), rest),
            None => return Err(wrong("a text in quotes is missing")),
        };
        let quoted = quoted.strip_suffix('"').and_then(unescaped).ok_or(wrong(
            "the text is not closed, or has an escape of another kind",
        ))?;
        reader.take(word, &quoted).map_err(wrong)?;
    }
    reader.close();
    Ok(reader.done)
}

#[derive(Clone, Copy, Default)]
enum Part {
    #[default]
    Key,
    Several,
    Form,
}

#[derive(Default)]
struct Reader {
    key: Option<String>,
    several: Option<String>,
    forms: Vec<String>,
    part: Part,
    done: Vec<(String, Entry)>,
}

impl Reader {
    fn take(&mut self, word: &str, text: &str) -> Result<(), &'static str> {
        match word {
            "" => return self.more(text),
            "msgid" => {
                self.close();
                self.key = Some(text.to_owned());
                self.part = Part::Key;
            }
            "msgid_plural" => {
                self.several = Some(text.to_owned());
                self.part = Part::Several;
            }
            "msgstr" => {
                self.forms.push(text.to_owned());
                self.part = Part::Form;
            }
            word => {
                let form = word
                    .strip_prefix("msgstr[")
                    .and_then(|rest| rest.strip_suffix(']'));
                let form: usize = form
                    .and_then(|n| n.parse().ok())
                    .ok_or("no keyword of a catalogue")?;
                if form != self.forms.len() {
                    return Err("the forms are not in order");
                }
                self.forms.push(text.to_owned());
                self.part = Part::Form;
            }
        }
        Ok(())
    }

    /// A text goes on in the next line.
    fn more(&mut self, text: &str) -> Result<(), &'static str> {
        let part = match self.part {
            Part::Key => self.key.as_mut(),
            Part::Several => self.several.as_mut(),
            Part::Form => self.forms.last_mut(),
        };
        part.ok_or("nothing goes on here")?.push_str(text);
        Ok(())
    }

    fn close(&mut self) {
        let (key, several) = (self.key.take(), self.several.take());
        let forms = std::mem::take(&mut self.forms);
        let told = forms.iter().all(|text| !text.is_empty()) && !forms.is_empty();
        let Some(key) = key.filter(|key| !key.is_empty() && told) else {
            return;
        };
        let entry = match (several, forms.len()) {
            (Some(several), _) => Entry::Counted { several, forms },
            (None, _) => Entry::One(forms.concat()),
        };
        self.done.push((key, entry));
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push(match letters.next()? {
                'n' => '\n',
                't' => '\t',
                same @ ('"' | '\\') => same,
                _ => return None,
            }),
            '"' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_read_with_its_forms_and_long_texts() {
        let text = "msgid \"\"\nmsgstr \"Language: es\\n\"\n\n# who\nmsgid \"A \\\"name\\\"\"\nmsgstr \"\"\n\"Un \"\n\"nombre\"\n\nmsgid \"{0} day\"\nmsgid_plural \"{0} days\"\nmsgstr[0] \"{0} día\"\nmsgstr[1] \"{0} días\"\n\nmsgid \"Not yet\"\nmsgstr \"\"\n";
        let found = read_po(text).unwrap();
        let counted = Entry::Counted {
            several: "{0} days".into(),
            forms: vec!["{0} día".into(), "{0} días".into()],
        };
        assert_eq!(counted.text(Language::Spanish, Some(1)), "{0} día");
        assert_eq!(counted.text(Language::Spanish, None), "{0} días");
        assert_eq!(
            found,
            [
                ("A \"name\"".to_owned(), Entry::One("Un nombre".to_owned())),
                ("{0} day".to_owned(), counted)
            ]
        );
    }

    #[test]
    fn a_catalogue_that_is_wrong_says_where() {
        let check = |text: &str, line| assert_eq!(read_po(text).unwrap_err().line, line, "{text}");
        check("msgid \"a\"\nmsgstr \"b", 2);
        check("msgid a", 1);
        check("msgid \"a\"\nmsgstr[1] \"b\"", 2);
        check("word \"a\"", 1);
        check("msgid \"a\"\nmsgstr \"\\q\"", 2);
        check("\"a\"", 1);
    }

    #[test]
    fn the_places_of_a_text_are_found() {
        assert_eq!(places("{1} of {0}, {1}"), [0, 1]);
        assert!(places("none { } {x}").is_empty());
    }
}

//! Text of a page: words of ours, which each language says in its own way, or what somebody said, which stays as it is.

use std::borrow::Cow;
use std::fmt;

use maud::Render;

use crate::language;
use crate::message::{isolated, told};

/// Words of ours in markup: looked up when they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(&'static str);

/// Words of ours.
pub const fn words(text: &'static str) -> Words {
    Words(text)
}

impl Render for Words {
    fn render_to(&self, out: &mut String) {
        told(language(), self.0, None).render_to(out);
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(told(language(), self.0, None))
    }
}

/// The text of a page's part: a label, a heading, a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Words of ours, in English; looked up when they are shown.
    Ours(&'static str),
    /// What is data, or was looked up already.
    Said(String),
}

/// What is data, though it stands in the program: a name on a sample, a brand.
pub fn said(text: impl Into<String>) -> Text {
    Text::Said(text.into())
}

impl Text {
    /// As the page's language says it.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Ours(text) => Cow::Borrowed(told(language(), text, None)),
            Self::Said(text) => Cow::Borrowed(text),
        }
    }

    /// As our code says it: in English where it is ours.
    pub fn as_said(&self) -> &str {
        match self {
            Self::Ours(text) => text,
            Self::Said(text) => text,
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Ours(text) => text.is_empty(),
            Self::Said(text) => text.is_empty(),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::Ours("")
    }
}

impl Render for Text {
    fn render_to(&self, out: &mut String) {
        match self {
            Self::Ours(text) => told(language(), text, None).render_to(out),
            Self::Said(text) => isolated(language(), text).as_ref().render_to(out),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.shown().into_owned()
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::Ours(text)
    }
}

impl From<Words> for Text {
    fn from(words: Words) -> Self {
        Self::Ours(words.0)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Said(text)
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::Said(text.clone())
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

impl From<Cow<'static, str>> for Text {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Ours(text),
            Cow::Owned(text) => Self::Said(text),
        }
    }
}

/// The text of a part that mostly shows data: a name, a value, a day. A `&str` is data here; words of ours are said to be so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(Text);

impl Shown {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Render for Shown {
    fn render_to(&self, out: &mut String) {
        self.0.render_to(out);
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        Self(Text::Said(text.to_owned()))
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self(Text::Said(text))
    }
}

impl From<&String> for Shown {
    fn from(text: &String) -> Self {
        Self(Text::Said(text.clone()))
    }
}

impl From<Words> for Shown {
    fn from(words: Words) -> Self {
        Self(words.into())
    }
}

impl From<Text> for Shown {
    fn from(text: Text) -> Self {
        Self(text)
    }
}

//! A dense list: what it is, more about it, and when.

use maud::{Markup, Render, html};

use super::{Shown, Tag};

/// One line of a dense list.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    what: Shown,
    more: Shown,
    end: Shown,
    tags: Vec<Tag>,
    to: Option<String>,
    aside: Markup,
}

impl Entry {
    /// What it is.
    pub fn new(what: impl Into<Shown>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    /// More about it; an empty text takes no room.
    #[must_use]
    pub fn more(mut self, text: impl Into<Shown>) -> Self {
        self.more = text.into();
        self
    }

    /// What stands at the line's end: when.
    #[must_use]
    pub fn end(mut self, text: impl Into<Shown>) -> Self {
        self.end = text.into();
        self
    }

    /// A word that marks it.
    #[must_use]
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }

    /// Where it leads.
    #[must_use]
    pub fn to(mut self, path: impl Into<String>) -> Self {
        self.to = Some(path.into());
        self
    }

    /// A drawing before the end: a sparkline.
    #[must_use]
    pub fn aside(mut self, drawing: Markup) -> Self {
        self.aside = drawing;
        self
    }
}

/// A dense list.
#[derive(Clone, Debug, Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// Of these.
    pub fn new(entries: Vec<Entry>) -> Self {
        Self(entries)
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        vec![Self(vec![
            Entry::new("Penicillin")
                .more("Hives")
                .end("1990")
                .tag(Tag::new(super::Tone::Danger, "high risk")),
            Entry::new("Latex").end("2 Mar 2004").to("#"),
        ])]
    }
}

impl Render for Entries {
    fn render(&self) -> Markup {
        html! {
            ul.entries {
                @for entry in &self.0 {
                    li {
                        div {
                            @match &entry.to { Some(to) => a href=(to) { (entry.what) }, None => span.what { (entry.what) } }
                            @for tag in &entry.tags { " " (tag) }
                            @if !entry.more.is_empty() { p.soft.small { (entry.more) } }
                        }
                        @if !entry.aside.0.is_empty() { (entry.aside) }
                        @if !entry.end.is_empty() { span.end { (entry.end) } }
                    }
                }
            }
        }
    }
}

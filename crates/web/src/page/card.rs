//! A part of a page with its own heading.

use maud::{Markup, Render, html};

use super::Text;

/// A part of a page: heading, perhaps a word beside it and a way on, and what it holds.
#[derive(Clone, Debug)]
pub struct Card {
    title: Text,
    note: Option<Text>,
    acts: Vec<(Text, Text, String)>,
    body: Markup,
}

impl Card {
    /// Under this heading.
    pub fn new(title: impl Into<Text>, body: Markup) -> Self {
        Self {
            title: title.into(),
            note: None,
            acts: Vec::new(),
            body,
        }
    }

    /// A word beside the heading: how many there are, since when.
    #[must_use]
    pub fn note(mut self, text: impl Into<Text>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// A way on; `of` is said to screen readers only, where the label alone would not tell: `Add` + ` an allergy`.
    #[must_use]
    pub fn act(
        mut self,
        label: impl Into<Text>,
        of: impl Into<Text>,
        to: impl Into<String>,
    ) -> Self {
        self.acts.push((label.into(), of.into(), to.into()));
        self
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let one = Self::new("Problems", html! { p { "Asthma" } });
        vec![one.note("1 active").act("Add", "a problem", "#")]
    }
}

impl Render for Card {
    fn render(&self) -> Markup {
        html! {
            section.card.compact {
                div.row.apart {
                    h2 { (self.title) @if let Some(note) = &self.note { " " span.soft.small { (note) } } }
                    @if !self.acts.is_empty() {
                        div.row.no-print { @for (label, of, to) in &self.acts { a.small href=(to) { (label) span.hidden { " " (of) } } } }
                    }
                }
                (self.body)
            }
        }
    }
}

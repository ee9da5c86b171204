//! Pages of a long list.

use maud::{Markup, Render, html};

use super::{Link, Text};

/// Where in a long list this page is; a list does not say how long it is where that would tell what it hides.
#[derive(Clone, Debug)]
pub struct Pager {
    shown: Text,
    before: Option<String>,
    after: Option<String>,
}

impl Pager {
    /// What is shown: `Entries 1 to 50`.
    pub fn new(shown: impl Into<Text>) -> Self {
        Self {
            shown: shown.into(),
            before: None,
            after: None,
        }
    }

    /// The address of the page before.
    #[must_use]
    pub fn before(mut self, to: Option<String>) -> Self {
        self.before = to;
        self
    }

    /// The address of the page after.
    #[must_use]
    pub fn after(mut self, to: Option<String>) -> Self {
        self.after = to;
        self
    }

    /// One in the middle.
    pub fn samples() -> Vec<Self> {
        let middle = Self::new("Entries 51 to 100");
        vec![middle.before(Some("#".into())).after(Some("#".into()))]
    }
}

impl Render for Pager {
    fn render(&self) -> Markup {
        html! {
            nav.pager aria-label="Pages of this list" {
                p.soft { (self.shown) }
                div.row {
                    @if let Some(to) = &self.before { (Link::secondary("Newer", to).small()) }
                    @if let Some(to) = &self.after { (Link::secondary("Older", to).small()) }
                }
            }
        }
    }
}

//! What stands where nothing is.

use maud::{Markup, Render, html};

use super::{Icon, Link, Text};

/// A list without entries: says so, and what to do.
#[derive(Clone, Debug)]
pub struct Empty {
    title: Text,
    text: Text,
    way: Option<Link>,
}

impl Empty {
    /// What there is none of, and why that may be.
    pub fn new(title: impl Into<Text>, text: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
            way: None,
        }
    }

    /// The way to mend that.
    #[must_use]
    pub fn way(mut self, link: Link) -> Self {
        self.way = Some(link);
        self
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let add = Link::secondary("Add a passkey", "#");
        vec![
            Self::new(
                "No passkeys yet",
                "A passkey signs you in without a password.",
            )
            .way(add),
        ]
    }
}

impl Render for Empty {
    fn render(&self) -> Markup {
        html! {
            div.empty {
                (Icon::Tray)
                p { strong { (self.title) } }
                p { (self.text) }
                @if let Some(way) = &self.way { (way) }
            }
        }
    }
}

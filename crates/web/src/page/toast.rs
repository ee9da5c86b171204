//! A message that stands over the page until the next one is opened.

use maud::{Markup, Render, html};

use super::{Icon, Text, Tone};

/// What was just done, in a few words, perhaps with the way to undo it. It stays: nobody has to read in time (WCAG 2.2, 2.2.1).
#[derive(Clone, Debug)]
pub struct Toast {
    tone: Tone,
    text: Text,
    way: Option<(Text, String)>,
}

impl Toast {
    /// It worked.
    pub fn good(text: impl Into<Text>) -> Self {
        let (tone, text) = (Tone::Good, text.into());
        Self {
            tone,
            text,
            way: None,
        }
    }

    /// It did not.
    pub fn danger(text: impl Into<Text>) -> Self {
        Self {
            tone: Tone::Danger,
            ..Self::good(text)
        }
    }

    /// Where one can go on, or back.
    #[must_use]
    pub fn way(mut self, label: impl Into<Text>, to: impl Into<String>) -> Self {
        self.way = Some((label.into(), to.into()));
        self
    }

    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::good("The vital signs are saved").way("See them", "#"),
            Self::danger("The message was not sent"),
        ]
    }
}

impl Render for Toast {
    fn render(&self) -> Markup {
        let (class, role, icon) = match self.tone {
            Tone::Danger => ("toast danger", "alert", Icon::Danger),
            Tone::Good | Tone::Info | Tone::Warning => ("toast", "status", Icon::Good),
        };
        html! {
            div class=(class) role=(role) {
                (icon)
                p { (self.text) }
                @if let Some((label, to)) = &self.way { a href=(to) { (label) } }
            }
        }
    }
}

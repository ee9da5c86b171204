//! A message above the content.

use maud::{Markup, Render, html};

use super::{Icon, Text};

/// How serious a message or a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// For information.
    Info,
    /// It worked.
    Good,
    /// To be careful about.
    Warning,
    /// Wrong or dangerous.
    Danger,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Info => Icon::Info,
            Self::Good => Icon::Good,
            Self::Warning => Icon::Warning,
            Self::Danger => Icon::Danger,
        }
    }
}

/// A message above the content.
#[derive(Clone, Debug)]
pub struct Banner {
    tone: Tone,
    title: Text,
    text: Markup,
}

impl Banner {
    /// A message of this tone; its title says what matters.
    pub fn new(tone: Tone, title: impl Into<Text>) -> Self {
        let (title, text) = (title.into(), Markup::default());
        Self { tone, title, text }
    }

    /// What is to be said besides.
    #[must_use]
    pub fn text(mut self, text: impl Into<Text>) -> Self {
        let text = text.into();
        self.text = html! { p { (text) } };
        self
    }

    /// The same, with links or lists in it.
    #[must_use]
    pub fn body(mut self, body: Markup) -> Self {
        self.text = body;
        self
    }

    /// One of each tone.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::new(Tone::Info, "The list shows today only").text("Other days are in the schedule."),
            Self::new(Tone::Good, "Saved"),
            Self::new(Tone::Warning, "Two recovery codes are left")
                .body(html! { p { "Make new ones before you need them. " a href="/account" { "Your account" } } }),
            Self::new(Tone::Danger, "The message was not sent").text("The address does not exist."),
        ]
    }
}

impl Render for Banner {
    fn render(&self) -> Markup {
        // What went wrong is read out at once, the rest when the reader pauses (WCAG 2.2, 4.1.3).
        let role = match self.tone {
            Tone::Danger => "alert",
            Tone::Info | Tone::Good | Tone::Warning => "status",
        };
        html! {
            div class={ "banner " (self.tone.class()) } role=(role) {
                (self.tone.icon())
                div { strong { (self.title) } (self.text) }
            }
        }
    }
}

//! A word that marks something.

use maud::{Markup, Render, html};

use super::{Text, Tone};

/// A word that marks something; the colour only repeats it.
#[derive(Clone, Debug)]
pub struct Tag {
    tone: Option<Tone>,
    label: Text,
}

impl Tag {
    /// Without a colour.
    pub fn plain(label: impl Into<Text>) -> Self {
        Self {
            tone: None,
            label: label.into(),
        }
    }

    /// With the tone's colour.
    pub fn new(tone: Tone, label: impl Into<Text>) -> Self {
        Self {
            tone: Some(tone),
            label: label.into(),
        }
    }

    /// One of each tone.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::plain("clinician"),
            Self::new(Tone::Good, "active"),
            Self::new(Tone::Warning, "locked"),
            Self::new(Tone::Danger, "overdue"),
            Self::new(Tone::Info, "this device"),
        ]
    }
}

impl Render for Tag {
    fn render(&self) -> Markup {
        let tone = self.tone.map_or("", Tone::class);
        html! { span class={ "tag " (tone) } { (self.label) } }
    }
}

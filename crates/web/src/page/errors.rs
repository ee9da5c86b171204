//! What is wrong with a form that was sent.

use maud::{Markup, Render, html};

use super::{Banner, Text, Tone};

/// What is wrong with a form, by field, in the order of the fields. Renders as a summary with a link to each field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, Text)>);

impl Errors {
    /// Nothing is wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing is wrong.
    pub fn one(field: &str, what: impl Into<Text>) -> Self {
        let mut errors = Self::default();
        errors.add(field, what);
        errors
    }

    /// Notes what is wrong with a field; how to mend it belongs in the text.
    pub fn add(&mut self, field: &str, what: impl Into<Text>) {
        self.0.push((field.to_owned(), what.into()));
    }

    /// What is wrong with this field, as our code says it: in English where it is a text of ours.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.text_of(field).map(Text::as_said)
    }

    /// The same, to be shown.
    pub fn text_of(&self, field: &str) -> Option<&Text> {
        let found = self.0.iter().find(|(name, _)| name == field);
        found.map(|(_, what)| what)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Two wrong fields.
    pub fn samples() -> Vec<Self> {
        let mut two = Self::one("user", "Enter your user name");
        two.add("password", "Enter your password");
        vec![two]
    }
}

impl Render for Errors {
    fn render(&self) -> Markup {
        if self.is_empty() {
            return Markup::default();
        }
        let list = html! {
            ul { @for (field, what) in &self.0 { li { a href={ "#f-" (field) } { (what) } } } }
        };
        Banner::new(Tone::Danger, "Please look at this again")
            .body(list)
            .render()
    }
}

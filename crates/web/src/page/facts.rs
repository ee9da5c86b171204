//! Names and values.

use maud::{Markup, Render, html};

use super::{Shown, Text};

/// A list of names and values.
#[derive(Clone, Debug, Default)]
pub struct Facts(Vec<(Text, Markup)>);

impl Facts {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, plain text.
    #[must_use]
    pub fn with(self, name: impl Into<Text>, value: impl Into<Shown>) -> Self {
        let value = value.into();
        self.show(name, html! { (value) })
    }

    /// One more, with tags or links in it.
    #[must_use]
    pub fn show(mut self, name: impl Into<Text>, value: Markup) -> Self {
        self.0.push((name.into(), value));
        self
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let account = Self::new()
            .with("Name", "Ann Example")
            .show("User name", html! { span.mono { "ann" } })
            .with("Last sign-in", "22 November 2026, 08:12");
        vec![account]
    }
}

impl Render for Facts {
    fn render(&self) -> Markup {
        html! {
            dl.facts { @for (name, value) in &self.0 { div { dt { (name) } dd { (value) } } } }
        }
    }
}

//! The way to a page.

use maud::{Markup, Render, html};

use super::Text;

/// A page above this one.
#[derive(Clone, Debug)]
pub struct Crumb {
    label: Text,
    to: String,
}

impl Crumb {
    /// Its name and address.
    pub fn new(label: impl Into<Text>, to: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            to: to.into(),
        }
    }

    /// Two of them.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::new("Home", "/"),
            Self::new("Your account", "/account"),
        ]
    }
}

/// The pages above, from the first on.
pub(super) struct Trail<'a>(pub(super) &'a [Crumb]);

impl Render for Trail<'_> {
    fn render(&self) -> Markup {
        html! {
            @if !self.0.is_empty() {
                nav.crumbs aria-label="Where you are" {
                    ol { @for crumb in self.0 { li { a href=(crumb.to) { (crumb.label) } } } }
                }
            }
        }
    }
}

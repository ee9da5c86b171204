//! What a page says to those whose role has nothing there.

use aceso_web::page::{Csrf, Empty, Page, View};
use maud::html;

/// A page of the navigation that is empty for the reader's role.
pub(crate) struct Nothing {
    title: &'static str,
    text: &'static str,
    here: &'static str,
}

impl Nothing {
    /// Under this heading, with a sentence, at this place of the navigation.
    pub(crate) const fn new(title: &'static str, text: &'static str, here: &'static str) -> Self {
        Self { title, text, here }
    }
}

impl View for Nothing {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! { (Empty::new("Nothing here for you", self.text)) };
        Page::new(self.title, body).here(self.here)
    }

    fn samples() -> Vec<Self> {
        vec![Self::new(
            "Inbox",
            "Results and tasks are for those who treat patients.",
            "/inbox",
        )]
    }
}

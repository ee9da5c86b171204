//! Pages side by side.

use maud::{Markup, Render, html};

use super::Text;

/// One of several pages side by side.
#[derive(Clone, Debug)]
pub struct Tab {
    label: Text,
    to: String,
    count: Option<u64>,
}

impl Tab {
    /// Its name and address.
    pub fn new(label: impl Into<Text>, to: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            to: to.into(),
            count: None,
        }
    }

    /// How much waits there.
    #[must_use]
    pub const fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

/// Pages side by side; each is a page of its own with its own address.
#[derive(Clone, Debug)]
pub struct Tabs {
    label: Text,
    tabs: Vec<Tab>,
    here: String,
}

impl Tabs {
    /// What they are parts of, they themselves, and the address of the one that is shown.
    pub fn new(label: impl Into<Text>, tabs: Vec<Tab>, here: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            tabs,
            here: here.into(),
        }
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let tabs = vec![
            Tab::new("Overview", "/a"),
            Tab::new("Sessions", "/b").count(3),
            Tab::new("History", "/c"),
        ];
        vec![Self::new("Your account", tabs, "/a")]
    }
}

impl Render for Tabs {
    fn render(&self) -> Markup {
        html! {
            nav.tabs aria-label=(self.label) {
                ul {
                    @for tab in &self.tabs {
                        li {
                            a href=(tab.to) aria-current=[(tab.to == self.here).then_some("page")] {
                                (tab.label)
                                @if let Some(count) = tab.count { span.count { (count) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

//! A page: title, way, messages, content.

use maud::{Markup, Render, html};

use super::crumbs::Trail;
use super::{Banner, Crumb, Csrf, Text};

/// How much room a page takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The whole width beside the navigation.
    Wide,
    /// A column that is easy to read and to fill in.
    Column,
    /// A card by itself, without navigation: signing in.
    Alone,
    /// A broad card by itself: setting up.
    AloneBroad,
}

/// A page before its frame is around it.
#[derive(Clone, Debug)]
pub struct Page {
    pub(super) title: Text,
    pub(super) layout: Layout,
    pub(super) here: String,
    crumbs: Vec<Crumb>,
    notices: Vec<Banner>,
    lead: Option<Text>,
    acts: Markup,
    body: Markup,
}

/// What shows itself as a page. One struct a page; its samples are rendered by a test and looked at by people.
pub trait View {
    /// The page. Its forms carry `csrf`.
    fn page(&self, csrf: &Csrf) -> Page;

    /// What it looks like with data, without, and with something wrong.
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

impl Page {
    /// A page under this heading.
    pub fn new(title: impl Into<Text>, body: Markup) -> Self {
        Self {
            title: title.into(),
            layout: Layout::Wide,
            here: String::new(),
            crumbs: Vec::new(),
            notices: Vec::new(),
            lead: None,
            acts: Markup::default(),
            body,
        }
    }

    /// How much room it takes.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The entry of the navigation that it belongs to.
    #[must_use]
    pub fn here(mut self, path: impl Into<String>) -> Self {
        self.here = path.into();
        self
    }

    /// The pages above it.
    #[must_use]
    pub fn crumbs(mut self, crumbs: Vec<Crumb>) -> Self {
        self.crumbs = crumbs;
        self
    }

    /// A message above the content.
    #[must_use]
    pub fn notice(mut self, banner: Banner) -> Self {
        self.notices.push(banner);
        self
    }

    /// A sentence under the heading.
    #[must_use]
    pub fn lead(mut self, text: impl Into<Text>) -> Self {
        self.lead = Some(text.into());
        self
    }

    /// Links or buttons beside the heading.
    #[must_use]
    pub fn acts(mut self, acts: Markup) -> Self {
        self.acts = acts;
        self
    }

    pub(super) fn main(&self) -> Markup {
        let class = match self.layout {
            Layout::Wide | Layout::Alone => None,
            Layout::Column => Some("form"),
            Layout::AloneBroad => Some("broad"),
        };
        html! {
            main id="main" tabindex="-1" class=[class] {
                div.head {
                    (Trail(&self.crumbs))
                    div.row.apart { h1 { (self.title) } @if !self.acts.0.is_empty() { div.row { (self.acts) } } }
                    @if let Some(lead) = &self.lead { p.lead { (lead) } }
                }
                @for notice in &self.notices { (notice.render()) }
                (self.body)
            }
        }
    }
}

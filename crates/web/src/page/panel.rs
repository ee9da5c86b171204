//! A panel beside what one reads: the chart stays in sight while something is written.

use maud::{Markup, Render, html};

use super::{Icon, Text};

/// What is read, and the panel beside it; on a phone the panel follows below.
#[derive(Clone, Debug)]
pub struct Panel {
    title: Text,
    close: String,
    body: Markup,
    beside: Markup,
}

impl Panel {
    /// Under this heading; `close` is the page without the panel, `beside` what is read.
    pub fn new(
        title: impl Into<Text>,
        close: impl Into<String>,
        body: Markup,
        beside: Markup,
    ) -> Self {
        Self {
            title: title.into(),
            close: close.into(),
            body,
            beside,
        }
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let note = super::Field::area("panel-note", "Note").render();
        let chart = super::Card::samples().first().map(Render::render);
        vec![Self::new(
            "Write a note",
            "#",
            note,
            chart.unwrap_or_default(),
        )]
    }
}

impl Render for Panel {
    fn render(&self) -> Markup {
        html! {
            div.beside {
                div { (self.beside) }
                aside.panel aria-label=(self.title) {
                    div.row.apart {
                        h2 { (self.title) }
                        a.button.quiet.small href=(self.close) { (Icon::Close) span.hidden { "Close" } }
                    }
                    (self.body)
                }
            }
        }
    }
}

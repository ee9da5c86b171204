//! Where in a longer task a page is.

use maud::{Markup, Render, html, words};

/// The steps of a task, in order.
#[derive(Clone, Debug)]
pub struct Steps {
    names: Vec<&'static str>,
    now: usize,
}

impl Steps {
    /// The names of all steps, and which one (from 0) this is.
    pub fn new(names: &[&'static str], now: usize) -> Self {
        Self {
            names: names.to_vec(),
            now,
        }
    }

    /// One in the middle.
    pub fn samples() -> Vec<Self> {
        vec![Self::new(&["You", "Second factor", "Recovery"], 1)]
    }
}

impl Render for Steps {
    fn render(&self) -> Markup {
        html! {
            ol.steps aria-label="Steps" {
                @for (at, name) in self.names.iter().enumerate() {
                    @let class = (at < self.now).then_some("done");
                    li class=[class] aria-current=[(at == self.now).then_some("step")] {
                        (words(name))
                        @if at < self.now { span.hidden { " (done)" } }
                    }
                }
            }
        }
    }
}

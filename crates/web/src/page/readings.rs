//! The latest measurements side by side.

use maud::{Markup, Render, figure, html};

use super::{Shown, Tag, Text, Tone};

/// One measurement, as a header shows it.
#[derive(Clone, Debug)]
pub struct Measured {
    label: Text,
    value: Shown,
    unit: Shown,
    /// How old it is: `3 days ago`.
    age: Shown,
    stale: bool,
    mark: Option<(Tone, Text)>,
    about: Shown,
    note: Text,
    aside: Markup,
}

impl Measured {
    /// What, how much in which unit, and how long ago.
    pub fn new(
        label: impl Into<Text>,
        value: impl Into<Shown>,
        unit: impl Into<Shown>,
        age: impl Into<Shown>,
    ) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            unit: unit.into(),
            age: age.into(),
            stale: false,
            mark: None,
            about: Shown::default(),
            note: Text::default(),
            aside: Markup::default(),
        }
    }

    /// It is so old that it tells little of today.
    #[must_use]
    pub fn stale(mut self) -> Self {
        self.stale = true;
        self
    }

    /// It lies outside its range: in which tone, and in a word.
    #[must_use]
    pub fn mark(mut self, tone: Tone, word: impl Into<Text>) -> Self {
        self.mark = Some((tone, word.into()));
        self
    }

    /// The range and where it comes from, shown when somebody points at it.
    #[must_use]
    pub fn about(mut self, text: impl Into<Shown>) -> Self {
        self.about = text.into();
        self
    }

    /// What has to be known of the mark, in a few words under it.
    #[must_use]
    pub fn note(mut self, text: impl Into<Text>) -> Self {
        self.note = text.into();
        self
    }

    /// A drawing: a sparkline.
    #[must_use]
    pub fn aside(mut self, drawing: Markup) -> Self {
        self.aside = drawing;
        self
    }
}

/// The latest measurements side by side.
#[derive(Clone, Debug)]
pub struct Readings {
    label: Text,
    all: Vec<Measured>,
}

impl Readings {
    /// What they are, and they themselves.
    pub fn new(label: impl Into<Text>, all: Vec<Measured>) -> Self {
        Self {
            label: label.into(),
            all,
        }
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let all = vec![
            Measured::new("Blood pressure", "152/94", "mmHg", "today")
                .mark(Tone::Warning, "high")
                .about("101–129 / up to 79 mmHg"),
            Measured::new("SpO₂", "89", "%", "today")
                .mark(Tone::Danger, "critically low")
                .note("age unknown: adult limits"),
            Measured::new("Weight", "77.1", "kg", "2 years ago").stale(),
        ];
        vec![Self::new("Latest vital signs", all)]
    }
}

impl Render for Readings {
    fn render(&self) -> Markup {
        html! {
            dl.readings aria-label=(self.label) {
                @for one in &self.all {
                    @let tone = one.mark.as_ref().map_or("", |(tone, _)| tone.class());
                    @let about = Some(&one.about).filter(|a| !a.is_empty());
                    div class=(tone) title=[about] {
                        dt { (one.label) }
                        dd {
                            span.value { (Shown::from(figure(&one.value.to_string()))) " " span.unit { (one.unit) } }
                            @if let Some((tone, word)) = &one.mark { " " (Tag::new(*tone, word)) }
                            (one.aside)
                            span.age.stale[one.stale] { (one.age) }
                            @if !one.note.is_empty() { span.age { (one.note) } }
                        }
                    }
                }
            }
        }
    }
}

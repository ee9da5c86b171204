//! Choosing among what is offered.

use std::borrow::Cow;

use maud::{Markup, Render, html};

use super::field::notes;
use super::{Errors, Text};

/// Something to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    value: String,
    label: Text,
    hint: Option<Text>,
}

impl Choice {
    /// What the form says, and what the person reads.
    pub fn new(value: impl Into<String>, label: impl Into<Text>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: None,
        }
    }

    /// What it means.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Many,
    One,
}

/// A group of boxes to tick, or of which one is chosen.
#[derive(Clone, Debug)]
pub struct Choices {
    name: Cow<'static, str>,
    label: Text,
    kind: Kind,
    across: bool,
    choices: Vec<Choice>,
    chosen: Vec<String>,
    hint: Option<Text>,
    error: Option<Text>,
}

impl Choices {
    /// Any number of them; the form says the name once for each.
    pub fn many(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Text>,
        choices: Vec<Choice>,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind: Kind::Many,
            across: false,
            choices,
            chosen: Vec::new(),
            hint: None,
            error: None,
        }
    }

    /// One of them.
    pub fn one(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Text>,
        choices: Vec<Choice>,
    ) -> Self {
        Self {
            kind: Kind::One,
            ..Self::many(name, label, choices)
        }
    }

    /// Side by side where there is room: a few short ones that are a scale.
    #[must_use]
    pub fn across(mut self) -> Self {
        self.across = true;
        self
    }

    /// What is chosen already.
    #[must_use]
    pub fn chosen<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.chosen = values.into_iter().map(Into::into).collect();
        self
    }

    /// What helps to choose.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.text_of(&self.name).cloned();
        self
    }

    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        let roles = || {
            vec![
                Choice::new("clinician", "Clinician")
                    .hint("Sees and writes the charts of patients in their care"),
                Choice::new("front-desk", "Front desk")
                    .hint("Appointments, demographics, insurance"),
            ]
        };
        vec![
            Self::many("roles", "Roles", roles()).chosen(["clinician"]),
            Self::one("role-one", "Role", roles())
                .errors(&Errors::one("role-one", "Choose a role")),
            Self::one(
                "often",
                "How often?",
                vec![Choice::new("0", "Not at all"), Choice::new("1", "Often")],
            )
            .across(),
        ]
    }
}

impl Render for Choices {
    fn render(&self) -> Markup {
        let wrong = if self.error.is_some() {
            "field wrong"
        } else {
            "field"
        };
        let kind = match self.kind {
            Kind::Many => "checkbox",
            Kind::One => "radio",
        };
        html! {
            fieldset class=(wrong) {
                legend { (self.label) }
                (notes(&self.name, self.hint.as_ref(), self.error.as_ref()))
                div.choices.across[self.across] {
                    @for (at, choice) in self.choices.iter().enumerate() {
                        // The first one bears the field's own id, so that the summary's link finds it.
                        @let id = if at == 0 { format!("f-{}", self.name) } else { format!("f-{}-{at}", self.name) };
                        label.choice for=(id) {
                            input type=(kind) id=(id) name=(self.name) value=(choice.value) checked[self.chosen.contains(&choice.value)];
                            span {
                                span { (choice.label) }
                                @if let Some(hint) = &choice.hint { span.hint { (hint) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One of many, in a list that opens.
#[derive(Clone, Debug)]
pub struct Select {
    name: Cow<'static, str>,
    label: Text,
    choices: Vec<Choice>,
    chosen: String,
    hint: Option<Text>,
    error: Option<Text>,
}

impl Select {
    /// From these.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Text>,
        choices: Vec<Choice>,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            choices,
            chosen: String::new(),
            hint: None,
            error: None,
        }
    }

    /// What is chosen already.
    #[must_use]
    pub fn chosen(mut self, value: impl Into<String>) -> Self {
        self.chosen = value.into();
        self
    }

    /// What helps to choose.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.text_of(&self.name).cloned();
        self
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let purposes = vec![
            Choice::new("", "Choose one"),
            Choice::new("TREAT", "Treatment"),
            Choice::new("HPAYMT", "Payment"),
        ];
        vec![Self::new("purpose", "Purpose of use", purposes).chosen("TREAT")]
    }
}

impl Render for Select {
    fn render(&self) -> Markup {
        let wrong = if self.error.is_some() {
            "field wrong"
        } else {
            "field"
        };
        let described = match (&self.hint, &self.error) {
            (_, Some(_)) => Some("error"),
            (Some(_), None) => Some("hint"),
            (None, None) => None,
        };
        html! {
            div class=(wrong) {
                label for={ "f-" (self.name) } { (self.label) }
                (notes(&self.name, self.hint.as_ref(), self.error.as_ref()))
                select id={ "f-" (self.name) } name=(self.name) aria-invalid=[self.error.as_ref().map(|_| "true")]
                    aria-describedby=[described.map(|what| format!("f-{}-{what}", self.name))] {
                    @for choice in &self.choices {
                        option value=(choice.value) selected[choice.value == self.chosen] { (choice.label) }
                    }
                }
            }
        }
    }
}

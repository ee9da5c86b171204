//! Buttons, and links that look like them.

use maud::{Markup, Render, html};

use super::{Icon, Text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Primary,
    Secondary,
    Danger,
    Quiet,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Danger => "danger",
            Self::Quiet => "quiet",
        }
    }
}

/// A button that sends its form.
#[derive(Clone, Debug)]
pub struct Button {
    weight: Weight,
    label: Text,
    hidden: Option<Text>,
    name: Option<(&'static str, String)>,
    icon: Option<Icon>,
    more: &'static str,
    id: Option<&'static str>,
}

impl Button {
    fn new(weight: Weight, label: impl Into<Text>) -> Self {
        Self {
            weight,
            label: label.into(),
            hidden: None,
            name: None,
            icon: None,
            more: "",
            id: None,
        }
    }

    /// The one thing that this page is for.
    pub fn primary(label: impl Into<Text>) -> Self {
        Self::new(Weight::Primary, label)
    }

    /// Another thing that can be done here.
    pub fn secondary(label: impl Into<Text>) -> Self {
        Self::new(Weight::Secondary, label)
    }

    /// What destroys something or ends something.
    pub fn danger(label: impl Into<Text>) -> Self {
        Self::new(Weight::Danger, label)
    }

    /// What is seldom needed.
    pub fn quiet(label: impl Into<Text>) -> Self {
        Self::new(Weight::Quiet, label)
    }

    /// Words that only a screen reader says, where many buttons on a page bear the same label: `Remove` + ` the key of
    /// Ann's phone`.
    #[must_use]
    pub fn of(mut self, what: impl Into<Text>) -> Self {
        self.hidden = Some(what.into());
        self
    }

    /// What the form says when this button sent it.
    #[must_use]
    pub fn says(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.name = Some((name, value.into()));
        self
    }

    /// With a drawing before the label.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// As small as a table's row wants it.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.more = " small";
        self
    }

    /// As wide as its form.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.more = " whole";
        self
    }

    /// With an id for the script to find it by.
    #[must_use]
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }

    /// One of each weight.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::primary("Sign in"),
            Self::secondary("Add a passkey").icon(Icon::Key),
            Self::danger("End session"),
            Self::quiet("Not now"),
            Self::secondary("Remove")
                .of("the passkey of the phone")
                .small(),
        ]
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let name = self.name.as_ref().map(|(name, _)| *name);
        let value = self.name.as_ref().map(|(_, value)| value);
        html! {
            button class={ "button " (self.weight.class()) (self.more) } type="submit" id=[self.id] name=[name] value=[value] {
                @if let Some(icon) = self.icon { (icon) }
                (self.label)
                @if let Some(what) = &self.hidden { span.hidden { " " (what) } }
            }
        }
    }
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[derive(Clone, Debug)]
pub struct Link {
    weight: Weight,
    label: Text,
    to: String,
    more: &'static str,
    hidden: Option<Text>,
}

impl Link {
    /// The one way on from this page.
    pub fn primary(label: impl Into<Text>, to: impl Into<String>) -> Self {
        Self {
            weight: Weight::Primary,
            label: label.into(),
            to: to.into(),
            more: "",
            hidden: None,
        }
    }

    /// As [`Button::of`].
    #[must_use]
    pub fn of(mut self, what: impl Into<Text>) -> Self {
        self.hidden = Some(what.into());
        self
    }

    /// Another way.
    pub fn secondary(label: impl Into<Text>, to: impl Into<String>) -> Self {
        Self {
            weight: Weight::Secondary,
            ..Self::primary(label, to)
        }
    }

    /// A way back, or one that is seldom taken.
    pub fn quiet(label: impl Into<Text>, to: impl Into<String>) -> Self {
        Self {
            weight: Weight::Quiet,
            ..Self::primary(label, to)
        }
    }

    /// As small as a table's row wants it.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.more = " small";
        self
    }

    /// One of each weight.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::primary("Add a person", "#"),
            Self::secondary("Print", "#"),
            Self::quiet("Cancel", "#"),
        ]
    }
}

impl Render for Link {
    fn render(&self) -> Markup {
        html! {
            a class={ "button " (self.weight.class()) (self.more) } href=(self.to) {
                (self.label)
                @if let Some(what) = &self.hidden { span.hidden { " " (what) } }
            }
        }
    }
}

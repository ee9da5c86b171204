//! The colour of a kind of visit in the calendar: it marks, and never says anything alone.

use maud::{Markup, Render, html};

/// A colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hue {
    /// The calendar's own.
    #[default]
    Plain,
    Blue,
    Green,
    Amber,
    Rose,
    Violet,
    Grey,
}

impl Hue {
    pub(crate) const ALL: [Self; 7] = [
        Self::Plain,
        Self::Blue,
        Self::Green,
        Self::Amber,
        Self::Rose,
        Self::Violet,
        Self::Grey,
    ];

    /// Its code, which is also the end of its class.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Rose => "rose",
            Self::Violet => "violet",
            Self::Grey => "grey",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "The calendar's own",
            Self::Blue => "Blue",
            Self::Green => "Green",
            Self::Amber => "Amber",
            Self::Rose => "Rose",
            Self::Violet => "Violet",
            Self::Grey => "Grey",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|h| h.code() == code)
    }
}

impl Render for Hue {
    fn render(&self) -> Markup {
        html! { span class={ "hue hue-" (self.code()) } { (maud::words(self.name())) } }
    }
}

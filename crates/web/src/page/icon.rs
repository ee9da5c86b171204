//! Drawings of our own, in the text's colour. They only repeat what the words beside them say.

use maud::{Markup, Render, html};

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// The product's mark: a leaf in a circle.
    Mark,
    /// Something is done.
    Good,
    /// Something to know.
    Info,
    /// Something to be careful about.
    Warning,
    /// Something wrong.
    Danger,
    /// Locked.
    Lock,
    /// The list of places to go.
    Menu,
    /// A person.
    Person,
    /// Leaving.
    Leave,
    /// One person goes, another comes.
    Switch,
    /// A passkey.
    Key,
    /// Nothing there.
    Tray,
    /// Away with it.
    Close,
    /// Downwards.
    Down,
    /// Looking for something.
    Search,
    /// How things look.
    Look,
}

impl Icon {
    const ALL: [Self; 16] = [
        Self::Mark,
        Self::Good,
        Self::Info,
        Self::Warning,
        Self::Danger,
        Self::Lock,
        Self::Menu,
        Self::Person,
        Self::Leave,
        Self::Switch,
        Self::Key,
        Self::Tray,
        Self::Close,
        Self::Down,
        Self::Search,
        Self::Look,
    ];

    /// Each one.
    pub fn samples() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    /// Whether it points along the line, so that it turns where lines run from right to left.
    const fn has_direction(self) -> bool {
        match self {
            Self::Leave | Self::Menu => true,
            Self::Mark
            | Self::Good
            | Self::Info
            | Self::Warning
            | Self::Danger
            | Self::Lock
            | Self::Person
            | Self::Switch
            | Self::Key
            | Self::Tray
            | Self::Close
            | Self::Down
            | Self::Search
            | Self::Look => false,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Mark => {
                "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18Zm-3.5-5.5c0-5 2.5-8 8-8 0 5.5-3 8-8 8Zm0 0 3.5-3.5"
            }
            Self::Good => "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18Zm-4-9 3 3 5-6",
            Self::Info => "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18Zm0-10v5m0-8.5v.01",
            Self::Warning => "M12 4 2.8 20h18.4L12 4Zm0 6v4.5m0 2.5v.01",
            Self::Danger => "M8 3h8l5 5v8l-5 5H8l-5-5V8l5-5Zm4 4.5v5.5m0 3v.01",
            Self::Lock => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::Person => "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 10c0-4.5 3.5-7 8-7s8 2.5 8 7",
            Self::Leave => "M14 4h5v16h-5M10 8l-4 4 4 4m-4-4h9",
            Self::Switch => "M4 8h13l-3.5-3.5M20 16H7l3.5 3.5",
            Self::Key => "M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm3-7 8-8m-3.5 3.5L18 10",
            Self::Tray => "M4 13 7 5h10l3 8v6H4v-6Zm0 0h5a3 3 0 0 0 6 0h5",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Down => "m7 10 5 5 5-5",
            Self::Search => "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13Zm4.7-1.8L20 20",
            Self::Look => {
                "M4 7h9m4 0h3M4 17h3m4 0h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-6 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"
            }
        }
    }
}

impl Render for Icon {
    fn render(&self) -> Markup {
        html! {
            svg.icon.mirrored[self.has_direction()] viewBox="0 0 24 24" aria-hidden="true" focusable="false" { path d=(self.path()) {} }
        }
    }
}

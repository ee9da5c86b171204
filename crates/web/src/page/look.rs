//! How somebody wants pages to look: language, density, colours. It is kept in a cookie of the browser, one for each account
//! that is used there: it holds no patient's data, is read before anything is looked up, so that the first byte of a page has
//! it and nothing moves afterwards, and it fits the screen it was chosen at. Whoever switches persons at a shared workstation
//! gets their own.

use maud::Language;

/// How close together things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// With room, for fingers too.
    #[default]
    Comfortable,
    /// More on one screen.
    Dense,
}

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has them.
    #[default]
    System,
    /// Light ones.
    Light,
    /// Dark ones.
    Dark,
}

impl Density {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Comfortable, Self::Dense];

    /// As forms, cookies and pages name it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Dense => "dense",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Comfortable => "Comfortable",
            Self::Dense => "Dense",
        }
    }

    /// By its code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As forms, cookies and pages name it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// By its code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// How somebody wants pages to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The language that they chose; none while they chose none.
    pub language: Option<Language>,
    /// How close together things stand.
    pub density: Density,
    /// Which colours.
    pub theme: Theme,
}

impl Look {
    /// As its cookie holds it: `es_dense_dark`, with `any` for no language.
    pub fn write(&self) -> String {
        let language = self.language.map_or("any", Language::tag);
        [language, self.density.code(), self.theme.code()].join("_")
    }

    /// From its cookie.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let (language, density, theme) = (parts.next()?, parts.next()?, parts.next()?);
        let language = match language {
            "any" => None,
            tag => Some(Language::of_tag(tag)?),
        };
        let look = Self {
            language,
            density: Density::of_code(density)?,
            theme: Theme::of_code(theme)?,
        };
        parts.next().is_none().then_some(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_comes_back_as_it_was_kept_and_nothing_else_is_one() {
        for language in [None, Some(Language::Arabic)] {
            for (density, theme) in [
                (Density::Dense, Theme::Dark),
                (Density::Comfortable, Theme::System),
            ] {
                let look = Look {
                    language,
                    density,
                    theme,
                };
                assert_eq!(Look::read(&look.write()), Some(look));
            }
        }
        for bad in [
            "",
            "en",
            "en_dense",
            "en_dense_dark_x",
            "de_dense_dark",
            "en_dense_\"",
            "any_loose_dark",
        ] {
            assert_eq!(Look::read(bad), None, "{bad}");
        }
    }
}

//! The languages, and the one of the page that is being made.

tokio::task_local! {
    static LANGUAGE: Language;
}

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English: the language that the pages are written in.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Arabic.
    Arabic,
}

/// Where lines begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// At the left.
    LeftToRight,
    /// At the right.
    RightToLeft,
}

impl Direction {
    /// As HTML's `dir` says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::Spanish, Self::French, Self::Arabic];

    /// Its tag (BCP 47): `es`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Arabic => "ar",
        }
    }

    /// What it calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::French => "Français",
            Self::Arabic => "العربية",
        }
    }

    /// Where its lines begin.
    pub const fn direction(self) -> Direction {
        match self {
            Self::English | Self::Spanish | Self::French => Direction::LeftToRight,
            Self::Arabic => Direction::RightToLeft,
        }
    }

    /// By its tag; also by one that says more: `es-MX`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|one| one.tag().eq_ignore_ascii_case(first))
    }

    /// The one that an `Accept-Language` header likes best (RFC 9110, 12.5.4), among those that we have.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(Some(1000), thousandths);
            let (Some(language), Some(weight)) = (Self::of_tag(tag), weight) else {
                continue;
            };
            if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// How many forms a counted message has, as the `Plural-Forms` of its catalogue says.
    pub const fn forms(self) -> usize {
        match self {
            Self::English | Self::Spanish | Self::French => 2,
            Self::Arabic => 6,
        }
    }

    /// Which form goes with a number (Unicode CLDR, plural rules for whole numbers).
    pub const fn form(self, count: u64) -> usize {
        match self {
            Self::English | Self::Spanish => match count {
                1 => 0,
                _ => 1,
            },
            Self::French => match count {
                0 | 1 => 0,
                _ => 1,
            },
            Self::Arabic => match (count, count % 100) {
                (0, _) => 0,
                (1, _) => 1,
                (2, _) => 2,
                (_, 3..=10) => 3,
                (_, 11..=99) => 4,
                (_, _) => 5,
            },
        }
    }
}

/// A quality value as thousandths: `0.8` is 800.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let whole: u16 = whole.parse().ok()?;
    let part: u16 = part.parse().ok()?;
    (whole <= 1).then(|| (whole * 1000 + part).min(1000))
}

/// Makes a page in this language.
pub async fn in_language<F: Future>(language: Language, work: F) -> F::Output {
    LANGUAGE.scope(language, work).await
}

/// The same, where nothing is waited for.
pub fn speaking<T>(language: Language, work: impl FnOnce() -> T) -> T {
    LANGUAGE.sync_scope(language, work)
}

/// The language of the page that is being made; English elsewhere.
pub fn language() -> Language {
    LANGUAGE.try_with(|one| *one).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_a_browser_likes_best_is_chosen_among_ours() {
        let check = |header, expected| assert_eq!(Language::accepted(header), expected, "{header}");
        check("es-MX,es;q=0.9,en;q=0.8", Some(Language::Spanish));
        check("de-DE,de;q=0.9,fr;q=0.7,en;q=0.6", Some(Language::French));
        check("en;q=0.1, ar;q=0.95", Some(Language::Arabic));
        check("fr;q=0, de", None);
        check("*", None);
        check("fr;q=much", None);
        check("", None);
    }

    #[test]
    fn each_number_has_its_form() {
        let forms = |language: Language, counts: &[u64]| -> Vec<usize> {
            counts.iter().map(|count| language.form(*count)).collect()
        };
        assert_eq!(forms(Language::Spanish, &[0, 1, 2]), [1, 0, 1]);
        assert_eq!(forms(Language::French, &[0, 1, 2]), [0, 0, 1]);
        let arabic = forms(Language::Arabic, &[0, 1, 2, 3, 10, 11, 99, 100, 102, 103]);
        assert_eq!(arabic, [0, 1, 2, 3, 3, 4, 4, 5, 5, 3]);
    }
}

//! How languages write days and numbers (Unicode CLDR). Digits are European in all of them: in Arabic, too, hospitals write
//! doses and results so, and one form of digits cannot be misread for another.

use crate::{Language, language};

const ENGLISH: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const SPANISH: [&str; 12] = [
    "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic",
];
const FRENCH: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
];
const ARABIC: [&str; 12] = [
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
];

/// A month's name, short where the language shortens it; `month` from 1.
pub fn month(month: i8) -> &'static str {
    let names = match language() {
        Language::English => ENGLISH,
        Language::Spanish => SPANISH,
        Language::French => FRENCH,
        Language::Arabic => ARABIC,
    };
    let at = usize::try_from(month).ok().and_then(|m| m.checked_sub(1));
    at.and_then(|at| names.get(at).copied()).unwrap_or_default()
}

/// A day with its month and year: `22 Nov 2026`, `22 nov 2026`. All four languages put the day first.
pub fn month_day(year: i16, month: i8, day: i8) -> String {
    format!("{day} {} {year}", self::month(month))
}

/// A month of a year: `Nov 2026`.
pub fn month_and_year(year: i16, month: i8) -> String {
    format!("{} {year}", self::month(month))
}

/// A number as the language writes it, from one with a point: `77.1` is `77,1` in Spanish and French. What is no number stays
/// as it is.
pub fn figure(text: &str) -> String {
    let number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b".-/<> ".contains(&b));
    match language() {
        Language::Spanish | Language::French if number => text.replace('.', ","),
        Language::English | Language::Spanish | Language::French | Language::Arabic => {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::in_language;

    #[tokio::test]
    async fn days_and_numbers_are_written_as_the_language_does() {
        let written = async || {
            (
                month_day(2026, 11, 22),
                month_and_year(2026, 8),
                figure("77.1"),
                figure("v1.2"),
            )
        };
        let check = |day: &str, month: &str, number: &str| {
            (
                day.to_owned(),
                month.to_owned(),
                number.to_owned(),
                "v1.2".to_owned(),
            )
        };
        assert_eq!(written().await, check("22 Nov 2026", "Aug 2026", "77.1"));
        let french = in_language(Language::French, written()).await;
        assert_eq!(french, check("22 nov. 2026", "août 2026", "77,1"));
        let arabic = in_language(Language::Arabic, written()).await;
        assert_eq!(arabic, check("22 نوفمبر 2026", "أغسطس 2026", "77.1"));
    }
}

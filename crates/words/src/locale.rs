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

const SPANISH_WEEK: [&str; 7] = [
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
];
const FRENCH_WEEK: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const ARABIC_WEEK: [&str; 7] = [
    "الاثنين",
    "الثلاثاء",
    "الأربعاء",
    "الخميس",
    "الجمعة",
    "السبت",
    "الأحد",
];
const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A date that was written in English (`Sun 22 Nov 2026`, `Sunday, 22 November 2026`) in the page's language: names of
/// weekdays and months are put into it, everything else stays.
pub fn dated(text: &str) -> String {
    let week = match language() {
        Language::English => return text.to_owned(),
        Language::Spanish => SPANISH_WEEK,
        Language::French => FRENCH_WEEK,
        Language::Arabic => ARABIC_WEEK,
    };
    let name = |word: &str| {
        let begins = |name: &str| word.len() > 2 && word.starts_with(name);
        let weekday = WEEK
            .iter()
            .position(|name| begins(name))
            .and_then(|at| week.get(at).copied());
        let at = ENGLISH.iter().position(|name| begins(name));
        let month = at.and_then(|at| i8::try_from(at + 1).ok()).map(month);
        weekday.or(month).unwrap_or_default().to_owned()
    };
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !c.is_alphabetic()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphabetic());
        let said = name(word);
        out.push_str(if said.is_empty() { word } else { &said });
        out.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    match language() {
        Language::Arabic => out.replace(',', "،"),
        Language::English | Language::Spanish | Language::French => out,
    }
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
    use crate::{in_language, speaking};

    #[test]
    fn a_date_in_english_is_said_in_the_pages_language() {
        let text = "Sunday, 22 November 2026, 09:00";
        assert_eq!(dated(text), text);
        let said = |language, text| speaking(language, || dated(text));
        assert_eq!(said(Language::Spanish, text), "domingo, 22 nov 2026, 09:00");
        assert_eq!(said(Language::French, "Mon 2 Mar"), "lundi 2 mars");
        assert_eq!(
            said(Language::Arabic, "Sun 22 Nov, 09:00"),
            "الأحد 22 نوفمبر، 09:00"
        );
    }

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

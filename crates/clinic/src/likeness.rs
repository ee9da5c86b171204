//! How alike two people's particulars are: whether a new patient may be one who is on record already.

use crate::days_between;

/// What is compared. Text is compared without regard to case, accents and blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Family names, present and former.
    pub families: Vec<String>,
    /// Given names.
    pub given: Vec<String>,
    /// `1974-03-01`.
    pub birth: Option<String>,
    /// FHIR's administrative gender.
    pub gender: Option<String>,
    /// Telephone numbers as they were written.
    pub phones: Vec<String>,
    /// Record numbers and the like.
    pub identifiers: Vec<String>,
    /// Postal code.
    pub postcode: Option<String>,
}

/// How alike, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// 0 to 100.
    pub score: u8,
    /// What agrees, the weightiest first; what speaks against it last.
    pub reasons: Vec<String>,
}

impl Likeness {
    /// From here on somebody should look before a new record is made.
    pub const WORTH_A_LOOK: u8 = 40;
    /// From here on it is most likely the same person.
    pub const LIKELY: u8 = 70;
}

/// Weighs what agrees and what differs. The weights follow the order of Fellegi and Sunter's agreement weights for such
/// fields (JASA 1969;64:1183): what few people share by chance weighs most.
pub fn likeness(one: &Particulars, other: &Particulars) -> Likeness {
    let mut score = 0_i32;
    let mut reasons: Vec<(i32, String)> = Vec::new();
    let mut weigh = |points: i32, reason: &str| {
        score += points;
        reasons.push((points, reason.to_owned()));
    };
    if shares(&one.identifiers, &other.identifiers, plain) {
        weigh(60, "same number");
    }
    match birth(one.birth.as_deref(), other.birth.as_deref()) {
        Birth::Same => weigh(30, "same birth date"),
        Birth::Turned => weigh(18, "birth date with day and month exchanged"),
        Birth::Near => weigh(12, "birth date differs by one digit or day"),
        Birth::Other => weigh(-25, "different birth date"),
        Birth::Unknown => {}
    }
    match names(&one.families, &other.families) {
        Names::Same => weigh(25, "same family name"),
        Names::Near => weigh(16, "family name spelled almost alike"),
        Names::Sound => weigh(12, "family name sounds alike"),
        Names::Other => weigh(-10, "different family name"),
        Names::Unknown => {}
    }
    match names(&one.given, &other.given) {
        Names::Same => weigh(20, "same given name"),
        Names::Near => weigh(12, "given name spelled almost alike"),
        Names::Sound => weigh(9, "given name sounds alike"),
        Names::Other => weigh(-15, "different given name"),
        Names::Unknown => {}
    }
    if shares(&one.phones, &other.phones, digits) {
        weigh(15, "same telephone number");
    }
    if let (Some(a), Some(b)) = (&one.postcode, &other.postcode)
        && !a.is_empty()
        && plain(a) == plain(b)
    {
        weigh(5, "same postal code");
    }
    match (one.gender.as_deref(), other.gender.as_deref()) {
        (Some("unknown"), _) | (_, Some("unknown")) => {}
        (Some(a), Some(b)) if a == b => score += 2,
        (Some(_), Some(_)) => weigh(-8, "different sex"),
        (None, _) | (_, None) => {}
    }
    reasons.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    Likeness {
        score: u8::try_from(score.clamp(0, 100)).unwrap_or_default(),
        reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
    }
}

fn shares(one: &[String], other: &[String], form: fn(&str) -> String) -> bool {
    let others: Vec<String> = other.iter().map(|o| form(o)).collect();
    one.iter()
        .map(|o| form(o))
        .any(|o| o.len() >= 4 && others.contains(&o))
}

enum Birth {
    Same,
    Turned,
    Near,
    Other,
    Unknown,
}

fn birth(one: Option<&str>, other: Option<&str>) -> Birth {
    let (Some(one), Some(other)) = (one, other) else {
        return Birth::Unknown;
    };
    if one == other {
        return Birth::Same;
    }
    let turned = |text: &str| {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        Some([year, "-", day, "-", month].concat())
    };
    if turned(one).as_deref() == Some(other) {
        return Birth::Turned;
    }
    let close = days_between(one, other).is_some_and(|days| days.abs() == 1);
    let differ = one
        .bytes()
        .zip(other.bytes())
        .filter(|(a, b)| a != b)
        .count();
    if close || (differ == 1 && one.len() == other.len()) {
        Birth::Near
    } else {
        Birth::Other
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Names {
    Unknown,
    Other,
    Sound,
    Near,
    Same,
}

/// The best agreement of any name with any other.
fn names(one: &[String], other: &[String]) -> Names {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    pairs
        .map(|(a, b)| compare(&plain(a), &plain(b)))
        .max()
        .unwrap_or(Names::Unknown)
}

fn compare(a: &str, b: &str) -> Names {
    if a.is_empty() || b.is_empty() {
        Names::Unknown
    } else if a == b {
        Names::Same
    } else if a.len().min(b.len()) >= 4 && distance(a, b) == 1 {
        Names::Near
    } else if sounds_like(a) == sounds_like(b) {
        Names::Sound
    } else {
        Names::Other
    }
}

/// Small letters and digits, without accents: `Muñoz` is `munoz`.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => out.push('a'),
            'ç' | 'ć' | 'č' | 'ĉ' => out.push('c'),
            'ď' | 'đ' | 'ð' => out.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => out.push('e'),
            'ğ' | 'ģ' => out.push('g'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => out.push('i'),
            'ķ' => out.push('k'),
            'ł' | 'ļ' | 'ľ' => out.push('l'),
            'ñ' | 'ń' | 'ň' | 'ņ' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => out.push('o'),
            'ŕ' | 'ř' => out.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => out.push('s'),
            'ť' | 'ţ' | 'ț' => out.push('t'),
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'ź' | 'ž' | 'ż' => out.push('z'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            c if c.is_alphanumeric() => out.push(c),
            // Combining marks, blanks, hyphens, apostrophes.
            _ => {}
        }
    }
    out
}

fn digits(text: &str) -> String {
    let all: String = text.chars().filter(char::is_ascii_digit).collect();
    // A country code in front does not make it another number.
    let from = all.len().saturating_sub(10);
    all.get(from..).unwrap_or_default().to_owned()
}

/// American Soundex (NARA) of a name without its accents: `Meyer` and `Maier` are `M600`.
pub fn sounds_like(name: &str) -> String {
    let plain = plain(name);
    let code = |c: char| match c {
        'b' | 'f' | 'p' | 'v' => Some('1'),
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => Some('2'),
        'd' | 't' => Some('3'),
        'l' => Some('4'),
        'm' | 'n' => Some('5'),
        'r' => Some('6'),
        _ => None,
    };
    let mut letters = plain.chars().filter(char::is_ascii_alphabetic);
    let Some(first) = letters.next() else {
        return plain;
    };
    let mut out = String::from(first.to_ascii_uppercase());
    let mut last = code(first);
    for c in letters {
        if out.len() == 4 {
            break;
        }
        match code(c) {
            Some(digit) if last != Some(digit) => {
                out.push(digit);
                last = Some(digit);
            }
            Some(_) => {}
            // H and W do not part two letters of one code; vowels do.
            None if matches!(c, 'h' | 'w') => {}
            None => last = None,
        }
    }
    format!("{out:0<4}")
}

/// Letters to add, drop, change or exchange with their neighbour (optimal string alignment); 2 stands for more than one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (
        a.get(start..).unwrap_or_default(),
        b.get(start..).unwrap_or_default(),
    );
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let a = a.get(..a.len() - end).unwrap_or_default();
    let b = b.get(..b.len() - end).unwrap_or_default();
    match (a, b) {
        ([], []) => 0,
        ([_], []) | ([], [_]) | ([_], [_]) => 1,
        ([x, y], [v, w]) if x == w && y == v => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(given: &str, family: &str, birth: &str) -> Particulars {
        Particulars {
            families: vec![family.into()],
            given: vec![given.into()],
            birth: Some(birth.into()),
            gender: Some("female".into()),
            ..Particulars::default()
        }
    }

    fn check(one: &Particulars, other: &Particulars, least: u8, most: u8, reason: &str) {
        let found = likeness(one, other);
        assert!((least..=most).contains(&found.score), "{found:?}");
        assert!(
            found.reasons.iter().any(|r| r.contains(reason)),
            "{found:?}"
        );
    }

    #[test]
    fn the_same_person_written_otherwise_is_likely() {
        let known = person("María", "Muñoz", "1974-03-01");
        check(
            &known,
            &person("Maria", "Munoz", "1974-03-01"),
            70,
            100,
            "same family name",
        );
        check(
            &known,
            &person("Mariah", "Munos", "1974-03-01"),
            55,
            90,
            "almost alike",
        );
        check(
            &known,
            &person("Maria", "Munoz", "1974-01-03"),
            60,
            90,
            "day and month exchanged",
        );
    }

    #[test]
    fn a_namesake_of_another_age_is_not() {
        let known = person("Maria", "Munoz", "1974-03-01");
        check(
            &known,
            &person("Maria", "Munoz", "1999-12-24"),
            0,
            39,
            "different birth date",
        );
        check(
            &known,
            &person("Peter", "Lindqvist", "1974-03-01"),
            0,
            39,
            "same birth date",
        );
    }

    #[test]
    fn a_telephone_number_counts_however_it_is_written() {
        let mut one = person("Ann", "Example", "1974-03-01");
        let mut other = person("Anne", "Exampel", "1974-03-01");
        one.phones = vec!["(555) 010-2030".into()];
        other.phones = vec!["+1 555 0102030".into()];
        check(&one, &other, 70, 100, "same telephone number");
    }

    #[test]
    fn names_that_sound_alike_have_one_code() {
        // NARA's own examples.
        for (name, code) in [
            ("Washington", "W252"),
            ("Gutierrez", "G362"),
            ("Pfister", "P236"),
            ("Jackson", "J250"),
            ("Tymczak", "T522"),
            ("Ashcraft", "A261"),
        ] {
            assert_eq!(sounds_like(name), code);
        }
        assert_eq!(sounds_like("Meyer"), sounds_like("Maier"));
    }
}

//! The tables: ingredients with their codes, classes by prefixes of ATC codes.

use std::sync::LazyLock;

const DRUGS: &str = include_str!("../../data/drugs.tsv");
const CLASSES: &str = include_str!("../../data/drug-classes.tsv");

static ALL: LazyLock<Vec<Drug>> = LazyLock::new(|| rows(DRUGS).map(Drug::read).collect());
static GROUPS: LazyLock<Vec<Class>> = LazyLock::new(|| rows(CLASSES).map(Class::read).collect());

/// The lines of a table, each as its columns; the last ones may be left out where they are empty.
pub(super) fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = table.lines().filter(|l| !l.starts_with('#'));
    lines.map(|line| {
        let mut columns = line.split('\t');
        [(); N].map(|()| columns.next().unwrap_or_default())
    })
}

/// An ingredient.
#[derive(Debug, PartialEq, Eq)]
pub struct Drug {
    /// Its name (INN or USAN).
    pub name: &'static str,
    /// Its code in RxNorm, where the table has it.
    pub rxnorm: Option<&'static str>,
    /// Its codes in the ATC classification.
    pub atc: Vec<&'static str>,
    /// What else it is called, common brands among it.
    pub also: Vec<&'static str>,
    /// Whether it is a controlled substance.
    pub schedule: Option<Schedule>,
    words: Vec<Vec<String>>,
}

/// A schedule of controlled substances (21 CFR 1308), for what is prescribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Schedule {
    /// II.
    Two,
    /// III.
    Three,
    /// IV.
    Four,
    /// V.
    Five,
}

impl Schedule {
    fn read(code: &str) -> Option<Self> {
        match code {
            "C2" => Some(Self::Two),
            "C3" => Some(Self::Three),
            "C4" => Some(Self::Four),
            "C5" => Some(Self::Five),
            _ => None,
        }
    }

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Two => "II",
            Self::Three => "III",
            Self::Four => "IV",
            Self::Five => "V",
        }
    }
}

/// A class of drugs.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    prefixes: Vec<&'static str>,
    /// Who is allergic to one of it may be to all.
    pub(super) allergy: bool,
    /// Two of it at once are one too many.
    pub(super) duplicate: bool,
    words: Vec<Vec<String>>,
}

impl Drug {
    fn read([name, rxnorm, atc, also, schedule]: [&'static str; 5]) -> Self {
        let also: Vec<&str> = also.split(',').filter(|a| !a.is_empty()).collect();
        let names = std::iter::once(name).chain(also.iter().copied());
        Self {
            words: names.map(words).collect(),
            name,
            rxnorm: (!rxnorm.is_empty()).then_some(rxnorm),
            atc: atc.split(' ').collect(),
            also,
            schedule: Schedule::read(schedule),
        }
    }

    /// The classes that it is of.
    pub fn classes(&self) -> impl Iterator<Item = &'static Class> {
        GROUPS.iter().filter(|class| class.has(self))
    }
}

impl Class {
    fn read([name, prefixes, uses, also]: [&'static str; 4]) -> Self {
        let also = also.split(',').filter(|a| !a.is_empty());
        Self {
            words: std::iter::once(name).chain(also).map(words).collect(),
            name,
            prefixes: prefixes.split(' ').collect(),
            allergy: uses.contains("allergy"),
            duplicate: uses.contains("duplicate"),
        }
    }

    /// Whether a drug is of it.
    pub fn has(&self, drug: &Drug) -> bool {
        let of = |code: &&str| self.prefixes.iter().any(|p| code.starts_with(p));
        drug.atc.iter().any(of)
    }
}

/// Small words without the `s` at their end, so that `penicillin` and `Penicillins` are one.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|w| !w.is_empty()).map(str::to_lowercase);
    words
        .map(|w| match w.strip_suffix('s') {
            Some(stem) if stem.chars().count() > 3 => stem.to_owned(),
            Some(_) | None => w,
        })
        .collect()
}

/// Whether these words stand side by side in those.
fn within(part: &[String], whole: &[String]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|w| w == part)
}

/// The ingredient of this name.
pub fn drug(name: &str) -> Option<&'static Drug> {
    ALL.iter().find(|d| d.name.eq_ignore_ascii_case(name))
}

/// What drugs are called, each name once, in order.
pub fn drug_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|d| d.name)
}

/// Ingredients that begin with, or else contain, what was typed, in any of their names; at most so many.
pub fn drugs_like(typed: &str, most: usize) -> Vec<&'static Drug> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let names = |d: &Drug| -> Vec<String> {
        let all = std::iter::once(d.name).chain(d.also.iter().copied());
        all.map(str::to_lowercase).collect()
    };
    let rank = |d: &&'static Drug| {
        let names = names(d);
        match names.first() {
            Some(name) if name.starts_with(&typed) => Some(0),
            _ if names.iter().any(|n| n.starts_with(&typed)) => Some(1),
            _ if typed.len() > 2 && names.iter().any(|n| n.contains(&typed)) => Some(2),
            _ => None,
        }
    };
    let mut found: Vec<_> = ALL.iter().filter_map(|d| Some((rank(&d)?, d))).collect();
    found.sort_by_key(|(rank, drug)| (*rank, drug.name.to_lowercase()));
    found.into_iter().take(most).map(|(_, d)| d).collect()
}

/// Something that a chart names: a product, an ingredient, a class; and what the tables know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// As it was said.
    pub said: String,
    /// Its ingredients.
    pub drugs: Vec<&'static Drug>,
    /// The classes that it names where it names no drug ("penicillins").
    pub classes: Vec<&'static Class>,
    pub(super) words: Vec<String>,
}

impl Named {
    /// By its codes in RxNorm and what it is called.
    pub fn new<'a>(said: &str, rxnorm: impl IntoIterator<Item = &'a str>) -> Self {
        let codes: Vec<&str> = rxnorm.into_iter().collect();
        let words = words(said);
        let named = |all: &[Vec<String>]| all.iter().any(|name| within(name, &words));
        let drugs: Vec<_> = ALL
            .iter()
            .filter(|d| d.rxnorm.is_some_and(|c| codes.contains(&c)) || named(&d.words))
            .collect();
        let classes = match drugs.is_empty() {
            true => GROUPS.iter().filter(|c| named(&c.words)).collect(),
            false => Vec::new(),
        };
        Self {
            said: said.to_owned(),
            drugs,
            classes,
            words,
        }
    }

    /// Whether the tables know it, so that it can be checked.
    pub const fn is_known(&self) -> bool {
        !self.drugs.is_empty() || !self.classes.is_empty()
    }

    /// The classes that it is or names.
    pub(super) fn all_classes(&self) -> Vec<&'static Class> {
        let of = self.drugs.iter().flat_map(|d| d.classes());
        let mut all: Vec<_> = self.classes.iter().copied().chain(of).collect();
        all.sort_by_key(|c| c.name);
        all.dedup_by_key(|c| c.name);
        all
    }

    /// The strictest schedule of its ingredients.
    pub fn schedule(&self) -> Option<Schedule> {
        self.drugs.iter().filter_map(|d| d.schedule).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_read_and_its_codes_are_of_their_form() {
        assert_eq!(ALL.len(), rows::<5>(DRUGS).count());
        assert_eq!(GROUPS.len(), rows::<4>(CLASSES).count());
        let mut codes: Vec<&str> = ALL.iter().filter_map(|d| d.rxnorm).collect();
        assert!(codes.iter().all(|c| c.bytes().all(|b| b.is_ascii_digit())));
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count, "a code stands twice");
        for drug in ALL.iter() {
            for code in &drug.atc {
                let form: String = code
                    .chars()
                    .map(|c| if c.is_ascii_digit() { '9' } else { 'A' })
                    .collect();
                assert_eq!(form, "A99AA99", "{} {code}", drug.name);
            }
        }
        for class in GROUPS.iter() {
            assert!(ALL.iter().any(|d| class.has(d)), "{} is empty", class.name);
        }
    }

    #[test]
    fn products_and_classes_are_recognised_by_code_and_by_what_they_are_called() {
        let check = |said: &str, codes: &[&str], drugs: &[&str], classes: &[&str]| {
            let named = Named::new(said, codes.iter().copied());
            let found: Vec<_> = named.drugs.iter().map(|d| d.name).collect();
            assert_eq!(found, drugs, "{said}");
            let found: Vec<_> = named.classes.iter().map(|c| c.name).collect();
            assert_eq!(found, classes, "{said}");
        };
        check(
            "Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet",
            &[],
            &["acetaminophen", "oxycodone"],
            &[],
        );
        check(
            "24 HR metoprolol succinate 100 MG [Toprol]",
            &[],
            &["metoprolol"],
            &[],
        );
        check(
            "Penicillin V Potassium 250 MG Oral Tablet",
            &[],
            &["penicillin V"],
            &[],
        );
        check("a thing", &["29046"], &["lisinopril"], &[]);
        check("Allergy to penicillin", &[], &[], &["penicillins"]);
        check("Sulfa drugs", &[], &[], &["sulfonamide antibacterials"]);
        check("Allergy to grass pollen", &[], &[], &[]);
        check(
            "Hydrochlorothiazide 25 MG",
            &[],
            &["hydrochlorothiazide"],
            &[],
        );
    }

    #[test]
    fn what_is_typed_finds_drugs_by_any_of_their_names_the_nearest_first() {
        let names = |typed| -> Vec<_> { drugs_like(typed, 3).iter().map(|d| d.name).collect() };
        assert_eq!(names("amox"), ["amoxicillin", "tamoxifen"]);
        assert_eq!(names("Tylen"), ["acetaminophen"]);
        assert_eq!(
            names("cillin"),
            ["amoxicillin", "ampicillin", "dicloxacillin"]
        );
        assert!(names(" ").is_empty() && names("qqq").is_empty());
    }
}

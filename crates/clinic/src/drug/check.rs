//! What stands against a drug.

use std::sync::LazyLock;

use super::catalogue::{Drug, Named, rows};
use crate::{Part, Sentence};

const INTERACTIONS: &str = include_str!("../../data/drug-interactions.tsv");
const CROSS: &str = include_str!("../../data/drug-cross.tsv");

static PAIRS: LazyLock<Vec<Pair>> =
    LazyLock::new(|| rows(INTERACTIONS).filter_map(Pair::read).collect());

/// What kind of thing stands against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The patient does not bear it.
    Allergy,
    /// With another drug it does harm.
    Interaction,
    /// The patient takes the same, or the like, already.
    Duplicate,
}

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Hardly ever right.
    Contraindicated,
    /// It can do lasting harm.
    Major,
    /// To be watched.
    Moderate,
}

impl Severity {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contraindicated => "contraindicated",
            Self::Major => "major",
            Self::Moderate => "moderate",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Contraindicated, Self::Major, Self::Moderate]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// Something that stands against a drug, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Concern {
    /// What kind.
    pub kind: Kind,
    /// How bad.
    pub severity: Severity,
    /// What on the chart it comes from, as the chart says it.
    pub with: String,
    /// What happens, and by which rule.
    pub why: Sentence,
    /// What to do instead; empty where nothing is to be said.
    pub instead: &'static str,
}

/// An interaction of two drugs or classes.
struct Pair {
    one: &'static str,
    other: &'static str,
    severity: Severity,
    harm: &'static str,
    instead: &'static str,
    source: &'static str,
}

impl Pair {
    fn read(columns: [&'static str; 6]) -> Option<Self> {
        let [one, other, severity, harm, instead, source] = columns;
        let source = match source {
            "ONC" => "high-priority list of Phansalkar et al., JAMIA 2012;19:735",
            "label" => "prescribing information",
            _ => return None,
        };
        Some(Self {
            one,
            other,
            severity: Severity::read(severity)?,
            harm,
            instead,
            source,
        })
    }

    /// By which of its sides a drug is meant.
    fn sides(&self, drug: &Drug) -> (bool, bool) {
        let is = |name: &str| drug.name == name || drug.classes().any(|c| c.name == name);
        (is(self.one), is(self.other))
    }

    fn joins(&self, drug: &Drug, other: &Drug) -> bool {
        let (here, there) = (self.sides(drug), self.sides(other));
        (here.0 && there.1) || (here.1 && there.0)
    }
}

/// What stands against giving `new` to somebody who takes `taken` and is allergic to `allergies`; the worst first. What
/// the tables do not know is compared by its words alone.
pub fn concerns(new: &Named, taken: &[Named], allergies: &[Named]) -> Vec<Concern> {
    let mut all: Vec<Concern> = allergies.iter().filter_map(|a| allergy(new, a)).collect();
    for other in taken {
        all.extend(duplicate(new, other));
        all.extend(interactions(new, other));
    }
    all.sort_by_key(|c| (c.severity, c.kind));
    all
}

fn allergy(new: &Named, allergy: &Named) -> Option<Concern> {
    let found = |severity, why: Sentence| {
        Some(Concern {
            kind: Kind::Allergy,
            severity,
            with: allergy.said.clone(),
            why,
            instead: "",
        })
    };
    if let Some(same) = new.drugs.iter().find(|d| allergy.drugs.contains(d)) {
        return found(
            Severity::Contraindicated,
            Sentence::new("it contains {0}", [Part::Said(same.name.into())]),
        );
    }
    let (own, theirs) = (new.all_classes(), allergy.all_classes());
    let shared = own.iter().find(|c| c.allergy && theirs.contains(c));
    if let Some(class) = shared {
        return found(
            Severity::Major,
            Sentence::new("both are {0}", [Part::Ours(class.name)]),
        );
    }
    for [from, to, why] in rows(CROSS) {
        if theirs.iter().any(|c| c.name == from) && own.iter().any(|c| c.name == to) {
            return found(Severity::Moderate, Sentence::new(why, Vec::<Part>::new()));
        }
    }
    let word = word_in_common(new, allergy)?;
    found(
        Severity::Major,
        Sentence::new(
            "both are called {0}; the tables do not know them",
            [Part::Said(word.into())],
        ),
    )
}

fn duplicate(new: &Named, other: &Named) -> Option<Concern> {
    let found = |severity, why: Sentence| {
        Some(Concern {
            kind: Kind::Duplicate,
            severity,
            with: other.said.clone(),
            why,
            instead: "",
        })
    };
    if let Some(same) = new.drugs.iter().find(|d| other.drugs.contains(d)) {
        return found(
            Severity::Major,
            Sentence::new("{0} is taken already", [Part::Said(same.name.into())]),
        );
    }
    let theirs = other.all_classes();
    let own = new.all_classes();
    let class = own.iter().find(|c| c.duplicate && theirs.contains(c));
    if let Some(class) = class {
        return found(
            Severity::Moderate,
            Sentence::new("two {0} at once", [Part::Ours(class.name)]),
        );
    }
    let word = word_in_common(new, other)?;
    found(
        Severity::Moderate,
        Sentence::new(
            "{0} is taken already; the tables do not know it",
            [Part::Said(word.into())],
        ),
    )
}

fn interactions(new: &Named, other: &Named) -> Vec<Concern> {
    let drugs = new
        .drugs
        .iter()
        .flat_map(|d| other.drugs.iter().map(move |o| (*d, *o)))
        .filter(|(d, o)| d != o);
    let mut found: Vec<Concern> = Vec::new();
    for (drug, there) in drugs {
        let pairs = PAIRS.iter().filter(|p| p.joins(drug, there));
        // The narrowest rule of the worst is enough of one pair of drugs.
        let worst = pairs.min_by_key(|p| (p.severity, p.one != drug.name && p.other != drug.name));
        found.extend(worst.map(|pair| Concern {
            kind: Kind::Interaction,
            severity: pair.severity,
            with: other.said.clone(),
            why: Sentence::new(
                "{0} with {1}: {2} ({3})",
                [
                    Part::Said(drug.name.into()),
                    Part::Said(there.name.into()),
                    Part::Ours(pair.harm),
                    Part::Ours(pair.source),
                ],
            ),
            instead: pair.instead,
        }));
    }
    found
}

/// A word that two names share where the tables do not know both: what drugs are called by, not how they are given.
fn word_in_common<'a>(one: &'a Named, other: &Named) -> Option<&'a str> {
    const COMMON: [&str; 14] = [
        "oral",
        "tablet",
        "capsule",
        "solution",
        "injection",
        "release",
        "extended",
        "product",
        "allergy",
        "hour",
        "actuat",
        "drug",
        "acid",
        "sodium",
    ];
    if one.is_known() && other.is_known() {
        return None;
    }
    let long = |w: &&String| {
        w.chars().count() >= 4
            && w.chars().all(char::is_alphabetic)
            && !COMMON.contains(&w.as_str())
    };
    let mut words = one.words.iter().filter(long);
    words.find(|w| other.words.contains(w)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::drug;
    use super::*;

    fn named(all: &[&str]) -> Vec<Named> {
        all.iter().map(|said| Named::new(said, [])).collect()
    }

    fn check(new: &str, taken: &[&str], allergies: &[&str], expected: &[(Kind, Severity)]) {
        let found = concerns(&Named::new(new, []), &named(taken), &named(allergies));
        let kinds: Vec<_> = found.iter().map(|c| (c.kind, c.severity)).collect();
        assert_eq!(
            kinds, expected,
            "{new}, {taken:?}, {allergies:?}: {found:?}"
        );
    }

    #[test]
    fn emr_1_15_an_allergy_is_found_by_ingredient_by_class_and_across_classes() {
        use Severity::{Contraindicated, Major, Moderate};
        let found = |severity| vec![(Kind::Allergy, severity)];
        for (new, allergy, expected) in [
            ("Amoxicillin 500 MG", "amoxicillin", found(Contraindicated)),
            ("Amoxicillin 500 MG", "Penicillin V", found(Major)),
            (
                "Amoxicillin / Clavulanate",
                "Allergy to penicillins",
                found(Major),
            ),
            ("Cephalexin 500 mg", "Penicillin", found(Moderate)),
            ("Bactrim DS", "Sulfa", found(Major)),
            ("Ibuprofen 400 mg", "Aspirin", found(Moderate)),
            ("Naproxen", "ibuprofen", found(Major)),
            ("Furosemide 40 mg", "Sulfa", Vec::new()),
            ("Azithromycin", "Penicillin", Vec::new()),
            ("Amoxicillin", "Allergy to grass pollen", Vec::new()),
            ("Zorblaxin 5 mg oral tablet", "zorblaxin", found(Major)),
        ] {
            check(new, &[], &[allergy], &expected);
        }
    }

    #[test]
    fn emr_1_16_interactions_are_found_from_either_side_with_their_severity() {
        use Severity::{Contraindicated, Major, Moderate};
        for (one, other, severity) in [
            (
                "Sildenafil 50 mg",
                "Nitroglycerin 0.4 MG spray",
                Contraindicated,
            ),
            ("Simvastatin 40 MG", "Clarithromycin 500", Contraindicated),
            ("Warfarin Sodium 5 MG", "Ibuprofen 400 MG", Major),
            ("Oxycodone 5 mg", "Diazepam 5 mg", Major),
            ("Lisinopril 10 MG", "Spironolactone 25", Major),
            ("Ibuprofen", "Aspirin 81 MG", Moderate),
            ("Citalopram", "Ondansetron 4 mg", Major),
        ] {
            let expected = [(Kind::Interaction, severity)];
            check(one, &[other], &[], &expected);
            check(other, &[one], &[], &expected);
        }
        check("Amoxicillin", &["Metformin", "Lisinopril"], &[], &[]);
    }

    #[test]
    fn the_same_drug_twice_and_two_of_a_class_are_told() {
        let duplicate = |severity| [(Kind::Duplicate, severity)];
        check(
            "Metformin 500 mg",
            &["metformin hydrochloride 850 MG Oral Tablet"],
            &[],
            &duplicate(Severity::Major),
        );
        check(
            "Naproxen",
            &["Ibuprofen"],
            &[],
            &duplicate(Severity::Moderate),
        );
        check(
            "Omeprazole",
            &["Pantoprazole"],
            &[],
            &duplicate(Severity::Moderate),
        );
        check(
            "Zorblaxin forte",
            &["zorblaxin"],
            &[],
            &duplicate(Severity::Moderate),
        );
        check(
            "Amlodipine oral tablet",
            &["Zorblaxin oral tablet"],
            &[],
            &[],
        );
    }

    #[test]
    fn every_interaction_is_between_things_that_the_tables_know() {
        assert_eq!(PAIRS.len(), rows::<6>(INTERACTIONS).count());
        for pair in PAIRS.iter() {
            for side in [pair.one, pair.other] {
                let class = Named::new(side, []);
                assert!(
                    drug(side).is_some() || class.classes.iter().any(|c| c.name == side),
                    "{side}"
                );
            }
        }
        let worst = concerns(
            &Named::new("Simvastatin", []),
            &named(&["Amlodipine", "Ketoconazole"]),
            &[],
        );
        assert_eq!(worst[0].severity, Severity::Contraindicated);
        assert!(worst[0].why.to_string().contains("ketoconazole") && !worst[0].instead.is_empty());
    }
}

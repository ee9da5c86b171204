//! What was done about something, when and by whom. The program's own notes are told in the reader's language; what people
//! wrote stays as they wrote it.

use aceso_base::Instant;
use aceso_desk::advisory::Justification;
use aceso_shield::incident::Factor;
use aceso_web::page::{Column, Table};
use maud::{Markup, html, known, say};

use super::advisories::finding::reason;
use crate::words::{headed, sentence, when};

/// How notes begin behind which somebody's own words stand.
const OF_PEOPLE: [&str; 5] = [
    "on the page {0}",
    "mitigated: {0}",
    "asks to accept it: {0}",
    "agreed to accept it: {0}",
    "opened again: {0}",
];

/// How notes begin behind which the program says the rest itself.
const OF_RULES: [&str; 4] = ["assessed: {0}", "found: {0}", "found again: {0}", "now {0}"];
/// What matching says of a weakness.
const STATES: [&str; 4] = ["affected", "somebody must look", "fixed", "not affected"];

/// Notes, each with its time in milliseconds since 1970, who made it as the audit log names them, and its text.
pub(super) fn timeline<'a>(notes: impl Iterator<Item = (i64, &'a str, &'a str)>) -> Markup {
    let columns = [
        Column::text("When"),
        Column::text("Who"),
        Column::text("What"),
    ];
    let mut table = Table::new("Timeline", &columns).under_heading();
    for (at, by, text) in notes {
        table.row(vec![
            when(Instant::from_millis(at)),
            html! { (who(by)) },
            html! { (sentence(&told(text))) },
        ]);
    }
    html! { (table) }
}

/// A person by their name; what is no person in words.
fn who(by: &str) -> String {
    by.strip_prefix("person/")
        .map_or_else(|| known(by), str::to_owned)
}

fn told(text: &str) -> String {
    headed(text, &OF_PEOPLE)
        .or_else(|| of_rules(text))
        .or_else(|| justified(text))
        .unwrap_or_else(|| known(text))
}

/// That a question of the assessment was answered, or what matching said.
fn of_rules(text: &str) -> Option<String> {
    OF_RULES.iter().find_map(|message| {
        let rest = text.strip_prefix(message.strip_suffix("{0}")?)?;
        let questions = Factor::ALL.map(Factor::question);
        let is_ours = STATES.iter().chain(&questions).any(|one| *one == rest);
        is_ours.then(|| say(message, &[&known(rest)]))
    })
}

/// Why a weakness does not concern this installation: a word of the standard's, then somebody's own.
fn justified(text: &str) -> Option<String> {
    let (key, why) = text.split_once(": ")?;
    let one = Justification::ALL.into_iter().find(|j| j.key() == key)?;
    Some([&known(reason(one)), ": ", why].concat())
}

#[cfg(test)]
mod tests {
    use aceso_shield::incident::Finding;
    use maud::{Language, speaking};

    use super::*;

    fn check(text: &str, theirs: &str) {
        for language in [Language::Spanish, Language::French, Language::Arabic] {
            let told = speaking(language, || told(text));
            assert!(told.contains(theirs), "{theirs}: {told}");
            let ours = text.strip_suffix(theirs).unwrap_or(text);
            assert!(!told.contains(ours), "{ours}: {told}");
        }
    }

    #[test]
    fn notes_of_the_program_are_told_in_the_readers_language_and_keep_what_people_wrote() {
        for text in [
            "opened",
            "refused to accept it",
            "what was accepted has run out",
            "found: affected",
            "found again: somebody must look",
            "now not affected",
        ] {
            check(text, "");
        }
        for factor in Factor::ALL {
            check(&["assessed: ", factor.question()].concat(), "");
        }
        for finding in [Finding::LowProbability, Finding::Breach] {
            check(&["closed: ", finding.name()].concat(), "");
        }
        check(
            "mitigated: Documents switched off",
            "Documents switched off",
        );
        check("on the page /patients", "/patients");
        for one in Justification::ALL {
            check(
                &[one.key(), ": We never load it"].concat(),
                ": We never load it",
            );
        }
    }

    #[test]
    fn what_somebody_wrote_stays_as_they_wrote_it() {
        let said = "now we know: affected are three, closed: no";
        let told = speaking(Language::French, || told(said));
        assert_eq!(told, said);
    }
}

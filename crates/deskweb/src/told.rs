//! What the desk's pure rules say, in the page's language.

use std::fmt::Display;

use aceso_desk::case::{HashError, PartyId, Refused};
use aceso_desk::clock::ClockError;
use aceso_desk::cvss::VectorError;
use aceso_desk::port::Lacks;
use aceso_desk::ssvc::SsvcError;
use aceso_desk::{Part, Sentence};
use maud::{known, recalled_all, say, words};

use crate::fault::sentence;
use crate::inside::words::{bit, role, stage, step};

/// A sentence, with what stands in its places; `name` says what somebody is called.
pub(crate) fn told(of: &Sentence, name: &impl Fn(&PartyId) -> String) -> String {
    let part = |part: &Part| match part {
        Part::Ours(text) => known(text),
        Part::Said(text) => text.clone(),
        Part::Lack(text) => recalled_all(text),
        Part::Stage(one) => words(stage(*one)).to_string(),
        Part::Role(one) => words(role(*one)).to_string(),
        Part::Step(one) => words(step(*one)).to_string(),
        Part::Bit(one) => words(bit(*one)).to_string(),
        Part::People(all) => {
            let all: Vec<String> = all.iter().map(name).collect();
            all.join(", ")
        }
    };
    let parts: Vec<String> = of.parts.iter().map(part).collect();
    let parts: Vec<&dyn Display> = parts.iter().map(|part| -> &dyn Display { part }).collect();
    sentence(&say(of.text, &parts))
}

/// Why a case's guards refused something, each reason as a sentence.
pub(crate) fn refused(why: &Refused, name: &impl Fn(&PartyId) -> String) -> Vec<String> {
    match why {
        Refused::Unmet(missing) => missing.iter().map(|u| told(&u.what, name)).collect(),
        Refused::Role { who, roles } => {
            let roles: Vec<String> = roles.iter().map(|r| words(role(*r)).to_string()).collect();
            let who = name(&PartyId(who.clone()));
            vec![say(
                "{0} may not do this: it takes one of these, without a conflict of interest: {1}.",
                &[&who, &roles.join(", ")],
            )]
        }
        Refused::Time { at, last } => vec![say(
            "This would be at {0}, before the last event at {1}.",
            &[at, last],
        )],
        Refused::Clock(error) => vec![sentence(&clock(error))],
        Refused::Over => vec![sentence(&known("the case is over"))],
        // A log that is not whole: for who looks after the installation.
        Refused::Beginning | Refused::Sequence { .. } => vec![sentence(&why.to_string())],
    }
}

fn clock(error: &ClockError) -> String {
    match error {
        ClockError::Never { what, source_said } => say(
            "{0} cannot be paused ({1})",
            &[&known(what), &known(source_said)],
        ),
        ClockError::NoEnd { from, until } => say(
            "the pause ends at {0}, not after its beginning at {1}",
            &[&until.said(), &from.said()],
        ),
        ClockError::NoReason => known("say why the clock is paused"),
        ClockError::Paused { what, until } => say(
            "{0} is paused until {1} already",
            &[&known(what), &until.said()],
        ),
        ClockError::Met { what, at } => say("{0} was done at {1}", &[&known(what), &at.said()]),
        ClockError::Overdue { what, due } => say(
            "{0} was due at {1}: a pause does not mend that",
            &[&known(what), &due.said()],
        ),
    }
}

/// What is wrong with a vector. Metrics keep the standard's names.
pub(crate) fn vector(error: &VectorError) -> String {
    sentence(&match error {
        VectorError::Version(begins) => say(
            "the vector begins with “{0}”: write CVSS:3.1/ or CVSS:4.0/ first (3.0 is read too, 2.0 is not)",
            &[begins],
        ),
        VectorError::Pair(part) => say(
            "“{0}” is not METRIC:VALUE; parts are separated by single slashes",
            &[part],
        ),
        VectorError::Metric { version, key, base } => say(
            "CVSS {0} has no metric {1}; its base metrics are {2}",
            &[version, key, base],
        ),
        VectorError::Value {
            key,
            name,
            value,
            allowed,
        } => say(
            "{0} ({1}) cannot be “{2}”; write one of {3}",
            &[key, name, value, allowed],
        ),
        VectorError::Twice { key, name } => say("{0} ({1}) stands twice; leave one", &[key, name]),
        VectorError::Missing { key, name, allowed } => say(
            "{0} ({1}) is missing; add one of {2}",
            &[key, name, allowed],
        ),
        VectorError::Order {
            key,
            name,
            canonical,
        } => say(
            "{0} ({1}) stands too late: CVSS 4.0 keeps its order; write {2}",
            &[key, name, canonical],
        ),
    })
}

/// What a table of decisions cannot answer. Points and values keep the tables' names.
pub(crate) fn ssvc(error: &SsvcError) -> String {
    sentence(&match error {
        SsvcError::Missing { name, allowed } => {
            say("{0} is missing; it is one of: {1}", &[name, allowed])
        }
        SsvcError::Value {
            name,
            value,
            allowed,
        } => say(
            "{0} cannot be “{1}”; it is one of: {2}",
            &[name, value, allowed],
        ),
        SsvcError::Point { tree, name, points } => say(
            "the {0} table has no point “{1}”; it has: {2}",
            &[tree, name, points],
        ),
    })
}

/// What is no digest.
pub(crate) fn hash(error: &HashError) -> String {
    sentence(&say(
        "“{0}” is not a digest: 64 hexadecimal digits",
        &[&error.text()],
    ))
}

/// Why there is no request to a service elsewhere.
pub(crate) fn lacks(why: &Lacks) -> String {
    sentence(&match why {
        Lacks::Place(service) => say(
            "the configuration names no place for {0}: write the id in by hand",
            &[&service.name()],
        ),
        Lacks::Text => known("there is no text to send"),
        Lacks::Id(text) => known(text),
        Lacks::OtherCve { text, case } => say(
            "the text names the CVE id {0}, the case {1}: write the case's into the text, and publish that",
            &[text, case],
        ),
        Lacks::Record(error) => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use aceso_desk::case::ContentHash;
    use aceso_desk::cvss::Vector;
    use aceso_desk::ssvc::Tree;
    use aceso_web::page::{Language, speaking};

    use super::*;

    /// What is told names this, in English and in Spanish, which are not alike.
    #[track_caller]
    fn check(told: impl Fn() -> String, named: &[&str]) {
        let (english, spanish) = (
            speaking(Language::English, &told),
            speaking(Language::Spanish, &told),
        );
        assert_ne!(english, spanish);
        for part in named {
            assert!(
                english.contains(part) && spanish.contains(part),
                "{part}: {english} {spanish}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_vector_a_decision_or_a_digest_is_told_in_the_pages_language() {
        let base = "/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N";
        for (text, named) in [
            ("AV:N".to_owned(), &["AV:N", "CVSS:4.0/"][..]),
            (["CVSS:3.1/AV:N/", base].concat(), &["“”"]),
            (["CVSS:3.1/AV:N/X:Y", base].concat(), &["X", "AV"]),
            (
                ["CVSS:3.1/AV:Q", base].concat(),
                &["AV", "Attack Vector", "Q"],
            ),
            (
                ["CVSS:3.1/AV:N/AV:N", base].concat(),
                &["AV", "Attack Vector"],
            ),
            (["CVSS:3.1", base].concat(), &["AV", "Attack Vector"]),
            (
                "CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N".to_owned(),
                &["CVSS 4.0", "CVSS:4.0/AV:N/AC:L"],
            ),
        ] {
            let wrong = text.parse::<Vector>().unwrap_err();
            check(|| vector(&wrong), named);
        }
        let tree = Tree::Supplier;
        let point = tree.points().swap_remove(0);
        for (said, named) in [
            (&[][..], &*point.name),
            (&[(&*point.name, "perhaps")], "perhaps"),
            (&[("Weather", "fine")], "Weather"),
        ] {
            let wrong = tree.decide(said).unwrap_err();
            check(|| ssvc(&wrong), &[named]);
        }
        let wrong = ContentHash::try_from("abc".to_owned()).unwrap_err();
        check(|| hash(&wrong), &["abc", "64"]);
    }

    #[test]
    fn what_a_text_lacks_is_told_in_the_pages_language() {
        let lack =
            "Severity: it is missing; set one of the four by their characteristics, and say why";
        let sentence = Sentence {
            text: "the text lacks this and does not say that it follows: {0}",
            parts: vec![Part::Lack(lack.to_owned())],
        };
        let told = || told(&sentence, &|who| who.0.clone());
        check(told, &[]);
        let spanish = speaking(Language::Spanish, told);
        assert!(
            !spanish.contains("missing") && !spanish.contains("Severity"),
            "{spanish}"
        );
    }
}

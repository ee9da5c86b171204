//! What the desk's pure rules say, in the page's language.

use std::fmt::Display;

use aceso_desk::case::{PartyId, Refused};
use aceso_desk::clock::ClockError;
use aceso_desk::port::Lacks;
use aceso_desk::{Part, Sentence};
use maud::{known, say, words};

use crate::fault::sentence;
use crate::inside::words::{bit, role, stage, step};

/// A sentence, with what stands in its places; `name` says what somebody is called.
pub(crate) fn told(of: &Sentence, name: &impl Fn(&PartyId) -> String) -> String {
    let part = |part: &Part| match part {
        Part::Ours(text) => known(text),
        Part::Said(text) => text.clone(),
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

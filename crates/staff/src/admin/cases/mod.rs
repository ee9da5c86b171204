//! Accesses that nothing explains, under review: one case for a person and a week.

pub(crate) mod case;
pub(crate) mod list;

use aceso_shield::insider::{Reason, Rule};
use aceso_store::{CaseOutcome, InsiderCase};
use aceso_web::page::{Tag, Tone};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/cases";

/// The address of a case.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// What people call an outcome.
const fn outcome(outcome: CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Explained => "explained",
        CaseOutcome::Coached => "spoken to",
        CaseOutcome::Sanctioned => "sanction",
    }
}

/// How far the case is.
fn state(case: &InsiderCase) -> Tag {
    match case.review.as_ref().map(|r| r.outcome) {
        None => Tag::new(Tone::Warning, "to be reviewed"),
        Some(found @ CaseOutcome::Explained) => Tag::new(Tone::Good, outcome(found)),
        Some(found @ (CaseOutcome::Coached | CaseOutcome::Sanctioned)) => {
            Tag::new(Tone::Danger, outcome(found))
        }
    }
}

/// How sure it is, in words: the number says it beside.
fn sureness(score: u8) -> Tag {
    match score {
        85.. => Tag::new(
            Tone::Danger,
            crate::words::say("strong, {0} of 100", &[&score]),
        ),
        65.. => Tag::new(
            Tone::Warning,
            crate::words::say("likely, {0} of 100", &[&score]),
        ),
        _ => Tag::new(
            Tone::Info,
            crate::words::say("possible, {0} of 100", &[&score]),
        ),
    }
}

/// The rules of a case, each once, the strongest first.
fn rules(reasons: &[Reason]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for reason in reasons {
        if !rules.contains(&reason.rule) {
            rules.push(reason.rule);
        }
    }
    rules
}

/// A case as samples show it.
fn sample() -> InsiderCase {
    let reason = |rule, weight, text: &str, patient: Option<&str>| Reason {
        rule,
        weight,
        text: text.into(),
        patient: patient.map(str::to_owned),
        entries: vec![4711, 4712, 4713],
    };
    let week = aceso_base::Instant::from_millis(1_772_409_600_000);
    InsiderCase {
        id: "c1".into(),
        account: "a1".into(),
        name: "ann".into(),
        week,
        score: 88,
        reasons: vec![
            reason(
                Rule::D3,
                70,
                "opened the record of a patient who lives at the same address",
                Some("p7"),
            ),
            reason(
                Rule::D17,
                45,
                "opened the same patient's record 4 times, on 3 days within 30",
                Some("p7"),
            ),
            reason(
                Rule::D9,
                30,
                "opened 2 unexplained records outside their working time",
                None,
            ),
        ],
        found: week.plus_millis(8 * 86_400_000),
        review: None,
    }
}

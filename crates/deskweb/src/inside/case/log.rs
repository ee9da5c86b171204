//! Everything that happened in the case, as its log has it: in words, and as it is kept.

use aceso_desk::case::{Conflict, ContentHash, Need, TestResult, Verdict, What};
use aceso_web::page::{Column, Table};
use maud::{Markup, html, say, words};

use super::CasePage;
use crate::inside::words::{bit, branch, errand, key, role, stage, step, system};

pub(super) fn show(page: &CasePage) -> Markup {
    let columns = [
        Column::number("No."),
        Column::text("When"),
        Column::text("Who"),
        Column::text("What"),
    ];
    let mut table = Table::new("The log", &columns).under_heading();
    for event in page.file.log.iter().rev() {
        let kept = serde_json::to_string(&event.what).unwrap_or_default();
        table.row(vec![
            html! { (event.seq) },
            html! { (event.at.said()) },
            html! { (page.name(&event.by)) },
            html! {
                @if let Some(said) = happened(page, &event.what) { (said) }
                details { summary.small { "As it is kept" } code.small { (kept) } }
            },
        ]);
    }
    html! {
        p.hint { "Nothing is ever changed or taken back: the case is what this log makes of it." }
        (table)
    }
}

/// So much of a digest tells texts apart for a person.
fn short(hash: ContentHash) -> String {
    String::from(hash).chars().take(12).collect()
}

/// What happened, in a line.
fn happened(page: &CasePage, what: &What) -> Option<String> {
    people(page, what)
        .or_else(|| embargo(what))
        .or_else(|| work(page, what))
        .or_else(|| texts(page, what))
        .or_else(|| outside(what))
}

fn people(page: &CasePage, what: &What) -> Option<String> {
    Some(match what {
        What::Opened { report, .. } => say("Opened with report {0}", &[report]),
        What::ReportAdded { report, .. } => say("Report {0} came to the case", &[report]),
        What::Acknowledged { report } => {
            say("The reporter of {0} was told that it is read", &[report])
        }
        What::DuplicatesSearched { report, found } if found.is_empty() => {
            say("Looked for duplicates of {0}: none", &[report])
        }
        What::DuplicatesSearched { report, found } => say(
            "Looked for duplicates of {0}: {1}",
            &[report, &found.join(", ")],
        ),
        What::Judged {
            report,
            verdict,
            why,
        } => match verdict {
            Verdict::Valid => say("{0} is a vulnerability: {1}", &[report, why]),
            Verdict::Invalid => say("{0} is none: {1}", &[report, why]),
            Verdict::Duplicate(of) => say("{0} is a duplicate of {1}: {2}", &[report, of, why]),
        },
        What::Seconded { report } => say("Agreed that {0} is none", &[report]),
        What::Joined { party, roles } => {
            let roles = roles.iter().map(|r| words(role(*r)).to_string());
            let roles: Vec<String> = roles.collect();
            say(
                "{0} is in the case: {1}",
                &[&page.name(party), &roles.join(", ")],
            )
        }
        What::ConflictSaid { conflict } => match conflict {
            Conflict::Declared(what) => say("A conflict of interest: {0}", &[what]),
            Conflict::None => say("No conflict of interest", &[]),
            Conflict::Unsaid => say("Nothing of a conflict of interest", &[]),
        },
        What::NeedSet { party, need } => match need {
            Need::ToKnow => say("{0} needs to know", &[&page.name(party)]),
            Need::No => say("{0} need not know", &[&page.name(party)]),
        },
        _ => return None,
    })
}

fn embargo(what: &What) -> Option<String> {
    Some(match what {
        What::EmbargoProposed { terms } => {
            say("Proposed an embargo until {0}", &[&terms.end.said()])
        }
        What::EmbargoAccepted => say("Agreed to the embargo", &[]),
        What::EmbargoRefused { why } => say("Did not agree to the embargo: {0}", &[why]),
        What::EmbargoActivated => say("Put the embargo in force", &[]),
        What::EmbargoDeclined { why } => say("There is to be no embargo: {0}", &[why]),
        What::EmbargoExited { why } => say("Ended the embargo: {0}", &[why]),
        _ => return None,
    })
}

fn work(page: &CasePage, what: &What) -> Option<String> {
    let went = |result: &TestResult| match result {
        TestResult::Failed => words("failed"),
        TestResult::Passed => words("passed"),
    };
    Some(match what {
        What::Assessed { assessment } => say(
            "Assessed as {0}: {1}",
            &[&words(assessment.severity.name()), &assessment.why],
        ),
        What::Planned { text } => say("Wrote the plan: {0}", &[text]),
        What::PlanApproved => say("Approved the plan", &[]),
        What::BitSet { bit: one } => say("Became true: {0}", &[&words(bit(*one))]),
        What::FixSubmitted { patch, ci } => {
            say("Submitted fix {0}, tested at {1}", &[&short(*patch), ci])
        }
        What::FixReviewed { patch } => say("Reviewed fix {0}", &[&short(*patch)]),
        What::FixTested {
            patch,
            before,
            after,
        } => say(
            "Tested fix {0}: {1} before it, {2} after it",
            &[&short(*patch), &went(before), &went(after)],
        ),
        What::BranchSaid {
            branch: name,
            state,
        } => say("Branch {0} has {1}", &[name, &words(branch(*state))]),
        What::StepDone {
            step: one,
            evidence,
        } => format!("{}: {evidence}", words(step(*one))),
        What::CoverageSaid { percent, laggards } if laggards.is_empty() => {
            say("{0}% are patched", &[percent])
        }
        What::CoverageSaid { percent, laggards } => say(
            "{0}% are patched; not {1}",
            &[percent, &laggards.join(", ")],
        ),
        What::Moved { to } => say("Went on to {0}", &[&words(stage(*to))]),
        What::Shown { to, hash } => say("Showed text {0} to {1}", &[&short(*hash), &page.name(to)]),
        _ => return None,
    })
}

fn texts(page: &CasePage, what: &What) -> Option<String> {
    Some(match what {
        What::NoticeStarted { until, .. } => say(
            "Implementers are told before the public, until {0}",
            &[&until.said()],
        ),
        What::NoticeWaived { why } => say("Implementers are not waited for: {0}", &[why]),
        What::Drafted { draft } => match draft.errors.len() {
            0 => say("Saved text {0}", &[&short(draft.hash)]),
            count => say(
                "Saved text {0}; what it lacks: {1}",
                &[&short(draft.hash), &count],
            ),
        },
        What::Approved { hash } => say("Approved text {0}", &[&short(*hash)]),
        What::Scheduled { at } => say("To be published at {0}", &[&at.said()]),
        What::Published { hash } => say("Published text {0}", &[&short(*hash)]),
        What::EmergencyPublished {
            hash, second, why, ..
        } => say(
            "Published text {0} in an emergency, with {1}: {2}",
            &[&short(*hash), &page.name(second), why],
        ),
        What::Withdrawn { why } => say("Withdrew what was published: {0}", &[why]),
        _ => return None,
    })
}

fn outside(what: &What) -> Option<String> {
    Some(match what {
        What::ErrandAsked { errand: one, .. } => say("Asked for: {0}", &[&words(errand(*one))]),
        What::ErrandDone { errand: one } => say("Done elsewhere: {0}", &[&words(errand(*one))]),
        What::ErrandRefused { errand: one, why } => {
            say("Not done elsewhere: {0}: {1}", &[&words(errand(*one)), why])
        }
        What::IdKept { system: at, id } => say("Known by {0}: {1}", &[&words(system(*at)), id]),
        What::Triggered { trigger } => say("Set clocks going: {0}", &[&key(trigger)]),
        What::ClockPaused { clock, until, why } => say(
            "Paused clock {0} until {1}: {2}",
            &[clock, &until.said(), why],
        ),
        What::ClockResumed { clock } => say("Clock {0} goes on", &[clock]),
        What::ClockMet { clock, evidence } => say("Clock {0} is met: {1}", &[clock, evidence]),
        _ => return None,
    })
}

//! Everything that happened in the case, as its log has it: in words, and as it is kept.

use aceso_desk::case::{Conflict, ContentHash, Need, TestResult, Verdict, What};
use aceso_web::page::{Column, Table};
use maud::{Markup, html};

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
        What::Opened { report, .. } => format!("Opened with report {report}"),
        What::ReportAdded { report, .. } => format!("Report {report} came to the case"),
        What::Acknowledged { report } => {
            format!("The reporter of {report} was told that it is read")
        }
        What::DuplicatesSearched { report, found } if found.is_empty() => {
            format!("Looked for duplicates of {report}: none")
        }
        What::DuplicatesSearched { report, found } => {
            format!("Looked for duplicates of {report}: {}", found.join(", "))
        }
        What::Judged {
            report,
            verdict,
            why,
        } => match verdict {
            Verdict::Valid => format!("{report} is a vulnerability: {why}"),
            Verdict::Invalid => format!("{report} is none: {why}"),
            Verdict::Duplicate(of) => format!("{report} is a duplicate of {of}: {why}"),
        },
        What::Seconded { report } => format!("Agreed that {report} is none"),
        What::Joined { party, roles } => {
            let roles: Vec<&str> = roles.iter().map(|r| role(*r)).collect();
            format!("{} is in the case: {}", page.name(party), roles.join(", "))
        }
        What::ConflictSaid { conflict } => match conflict {
            Conflict::Declared(what) => format!("A conflict of interest: {what}"),
            Conflict::None => "No conflict of interest".to_owned(),
            Conflict::Unsaid => "Nothing of a conflict of interest".to_owned(),
        },
        What::NeedSet { party, need } => match need {
            Need::ToKnow => format!("{} needs to know", page.name(party)),
            Need::No => format!("{} need not know", page.name(party)),
        },
        _ => return None,
    })
}

fn embargo(what: &What) -> Option<String> {
    Some(match what {
        What::EmbargoProposed { terms } => {
            format!("Proposed an embargo until {}", terms.end.said())
        }
        What::EmbargoAccepted => "Agreed to the embargo".to_owned(),
        What::EmbargoRefused { why } => format!("Did not agree to the embargo: {why}"),
        What::EmbargoActivated => "Put the embargo in force".to_owned(),
        What::EmbargoDeclined { why } => format!("There is to be no embargo: {why}"),
        What::EmbargoExited { why } => format!("Ended the embargo: {why}"),
        _ => return None,
    })
}

fn work(page: &CasePage, what: &What) -> Option<String> {
    let went = |result: &TestResult| match result {
        TestResult::Failed => "failed",
        TestResult::Passed => "passed",
    };
    Some(match what {
        What::Assessed { assessment } => format!(
            "Assessed as {}: {}",
            assessment.severity.name(),
            assessment.why
        ),
        What::Planned { text } => format!("Wrote the plan: {text}"),
        What::PlanApproved => "Approved the plan".to_owned(),
        What::BitSet { bit: one } => format!("Became true: {}", bit(*one)),
        What::FixSubmitted { patch, ci } => {
            format!("Submitted fix {}, tested at {ci}", short(*patch))
        }
        What::FixReviewed { patch } => format!("Reviewed fix {}", short(*patch)),
        What::FixTested {
            patch,
            before,
            after,
        } => format!(
            "Tested fix {}: {} before it, {} after it",
            short(*patch),
            went(before),
            went(after)
        ),
        What::BranchSaid {
            branch: name,
            state,
        } => format!("Branch {name} has {}", branch(*state)),
        What::StepDone {
            step: one,
            evidence,
        } => format!("{}: {evidence}", step(*one)),
        What::CoverageSaid { percent, laggards } if laggards.is_empty() => {
            format!("{percent}% are patched")
        }
        What::CoverageSaid { percent, laggards } => {
            format!("{percent}% are patched; not {}", laggards.join(", "))
        }
        What::Moved { to } => format!("Went on to {}", stage(*to)),
        What::Shown { to, hash } => {
            format!("Showed text {} to {}", short(*hash), page.name(to))
        }
        _ => return None,
    })
}

fn texts(page: &CasePage, what: &What) -> Option<String> {
    Some(match what {
        What::NoticeStarted { until, .. } => {
            format!(
                "Implementers are told before the public, until {}",
                until.said()
            )
        }
        What::NoticeWaived { why } => format!("Implementers are not waited for: {why}"),
        What::Drafted { draft } => match draft.errors.len() {
            0 => format!("Saved text {}", short(draft.hash)),
            count => format!("Saved text {}, which lacks {count}", short(draft.hash)),
        },
        What::Approved { hash } => format!("Approved text {}", short(*hash)),
        What::Scheduled { at } => format!("To be published at {}", at.said()),
        What::Published { hash } => format!("Published text {}", short(*hash)),
        What::EmergencyPublished {
            hash, second, why, ..
        } => format!(
            "Published text {} in an emergency, with {}: {why}",
            short(*hash),
            page.name(second)
        ),
        What::Withdrawn { why } => format!("Withdrew what was published: {why}"),
        _ => return None,
    })
}

fn outside(what: &What) -> Option<String> {
    Some(match what {
        What::ErrandAsked { errand: one, .. } => format!("Asked for: {}", errand(*one)),
        What::ErrandDone { errand: one } => format!("Done elsewhere: {}", errand(*one)),
        What::ErrandRefused { errand: one, why } => {
            format!("Not done elsewhere: {}: {why}", errand(*one))
        }
        What::IdKept { system: at, id } => format!("Known by {}: {id}", system(*at)),
        What::Triggered { trigger } => format!("Set clocks going: {}", key(trigger)),
        What::ClockPaused { clock, until, why } => {
            format!("Paused clock {clock} until {}: {why}", until.said())
        }
        What::ClockResumed { clock } => format!("Clock {clock} goes on"),
        What::ClockMet { clock, evidence } => format!("Clock {clock} is met: {evidence}"),
        _ => return None,
    })
}

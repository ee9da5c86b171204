//! What is missing before a case goes on: pure, and told with how to mend it.

use serde::Serialize;

use super::embargo::Embargo;
use super::event::*;
use super::people::{Conflict, Need, PartyId, Role};
use super::state::{Case, ReportState, Rules, Way};
use crate::When;
use crate::sentence::{Part, Sentence};

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// For machines: `two-approvals`.
    pub code: &'static str,
    /// For people: what is missing, and how to mend it.
    pub what: Sentence,
}

/// A sentence about something that has a name or a number.
pub(super) fn of(text: &'static str, what: impl std::fmt::Display) -> Sentence {
    Sentence::new(text, [Part::said(what)])
}

/// A sentence about somebody.
pub(super) fn about(text: &'static str, who: &PartyId) -> Sentence {
    Sentence::new(text, [Part::People(vec![who.clone()])])
}

/// Collects what is missing.
#[derive(Default)]
struct Missing(Vec<Unmet>);

impl Missing {
    fn unless(&mut self, holds: bool, code: &'static str, what: impl Into<Sentence>) {
        if !holds {
            self.0.push(Unmet {
                code,
                what: what.into(),
            });
        }
    }
}

/// What is missing before a case may go to a stage; nothing, if it may.
pub fn unmet(case: &Case, to: Stage, now: When, rules: &Rules) -> Vec<Unmet> {
    let mut missing = Missing::default();
    match to {
        Stage::Rejected => rejected(case, &mut missing),
        Stage::Merged => {
            let all = case
                .reports
                .values()
                .all(|r| matches!(r.verdict, Some((Verdict::Duplicate(_), _))));
            missing.unless(
                all,
                "duplicates",
                "a report is not judged a duplicate: judge each with the case that it belongs to",
            );
        }
        Stage::Transferred => {
            missing.unless(!case.stage.is_over(), "over", "the case is over");
        }
        Stage::Intake
        | Stage::Triage
        | Stage::Team
        | Stage::Plan
        | Stage::Fix
        | Stage::Verify
        | Stage::Release
        | Stage::PreNotice
        | Stage::Publish
        | Stage::Rollout
        | Stage::Review
        | Stage::Closed => {
            let said = case.stage.next().map_or_else(
                || "the case is over".into(),
                |next| {
                    let parts = [Part::Stage(case.stage), Part::Stage(next)];
                    Sentence::new("the next stage of {0} is {1}", parts)
                },
            );
            let skips = to == Stage::Rollout && case.may_skip();
            missing.unless(skips || case.stage.next() == Some(to), "order", said);
            onward(case, to, now, rules, &mut missing);
        }
    }
    missing.0
}

/// What a case that was published in an emergency still owes: what the stages demand that it skipped, or has before it, and a text
/// that is published in the ordinary way. Nothing for any other case. Implementers are not told before the public any more.
pub fn owed(case: &Case, now: When, rules: &Rules) -> Vec<Unmet> {
    let mut missing = Missing::default();
    if !case.was_emergency() {
        return missing.0;
    }
    let from = case.left.unwrap_or(case.stage);
    let skipped = |stage: &&Stage| **stage > from && **stage <= Stage::PreNotice;
    for to in Stage::WAY.iter().filter(skipped) {
        onward(case, *to, now, rules, &mut missing);
    }
    let last = case.publications.last();
    missing.unless(
        last.is_some_and(|one| one.how == Way::Approved),
        "interim",
        "what is published is interim: complete the text, have two approve exactly it, and publish it",
    );
    missing.0
}

/// What each stage of the way demands of the one before.
fn onward(case: &Case, to: Stage, now: When, rules: &Rules, missing: &mut Missing) {
    match to {
        Stage::Triage => intake(case, missing),
        Stage::Team => triage(case, missing),
        Stage::Plan => team(case, missing),
        Stage::Fix => plan(case, missing),
        Stage::Verify => fix(case, missing),
        Stage::Release => verify(case, missing),
        Stage::PreNotice => {
            steps(
                case,
                &[
                    Step::ArtefactsSigned,
                    Step::UpdatesStaged,
                    Step::SbomBuilt,
                    Step::EnvironmentsUpdated,
                ],
                missing,
            );
        }
        Stage::Publish => {
            let over = case.notice.is_some_and(|until| until <= now);
            missing.unless(over, "notice-window", "implementers' time is not over: start the notice, wait for its end, or waive it with a reason");
            if let Some(window) = case.window {
                let said = Sentence::new(
                    "the policy gives implementers until {0}: wait, or waive it with a reason",
                    [Part::said(window.said())],
                );
                missing.unless(window <= now, "notice-policy", said);
            }
            steps(case, &[Step::NoticeReviewed], missing);
            let ended = case.embargo.end().is_none_or(|end| end <= now);
            missing.unless(
                ended,
                "embargo",
                "the embargo is in force: wait for its end, or exit it with a reason",
            );
        }
        Stage::Rollout => missing.unless(
            !case.publications.is_empty(),
            "published",
            "nothing is published yet",
        ),
        Stage::Review => {
            let (percent, laggards) = case.coverage.clone().unwrap_or((0, Vec::new()));
            let enough =
                percent >= rules.coverage || (case.coverage.is_some() && !laggards.is_empty());
            let said = Sentence::new(
                "{0}% are patched, {1}% are wanted: wait, or name the laggards",
                [Part::said(percent), Part::said(rules.coverage)],
            );
            missing.unless(enough, "coverage", said);
            if case.left.is_some() {
                missing.0.extend(owed(case, now, rules));
            }
        }
        Stage::Closed => {
            steps(
                case,
                &[
                    Step::FinalReport,
                    Step::Lessons,
                    Step::BacklogFiled,
                    Step::ReporterTold,
                ],
                missing,
            );
            for (number, clock) in case.running(now) {
                let said = Sentence::new(
                    "clock {0} still runs: {1}; meet it with its evidence",
                    [Part::said(number), Part::Ours(clock.regime.rule().what)],
                );
                missing.unless(false, "clock-runs", said);
            }
        }
        Stage::Intake | Stage::Rejected | Stage::Merged | Stage::Transferred => {}
    }
}

fn intake(case: &Case, missing: &mut Missing) {
    for (name, report) in &case.reports {
        taken_in(name, report, missing);
    }
    let valid = case
        .reports
        .values()
        .any(|r| matches!(r.verdict, Some((Verdict::Valid, _))));
    missing.unless(valid, "valid", "no report is judged valid");
}

/// What every report is owed, whatever is thought of it.
fn taken_in(name: &str, report: &ReportState, missing: &mut Missing) {
    missing.unless(
        report.acknowledged,
        "acknowledged",
        of(
            "report {0}: its reporter was not told that it is read",
            name,
        ),
    );
    missing.unless(
        report.searched,
        "duplicates-searched",
        of("report {0}: nobody looked for duplicates", name),
    );
}

fn rejected(case: &Case, missing: &mut Missing) {
    for (name, report) in &case.reports {
        taken_in(name, report, missing);
        let invalid = matches!(report.verdict, Some((Verdict::Invalid, _)));
        missing.unless(
            invalid,
            "invalid",
            of("report {0} is not judged invalid", name),
        );
        let second = report.proof == Proof::Absent || report.second.is_some();
        missing.unless(
            second,
            "second-person",
            of("report {0} has a proof: a second person must agree", name),
        );
    }
}

fn triage(case: &Case, missing: &mut Missing) {
    let Some(assessment) = &case.assessment else {
        missing.unless(
            false,
            "assessed",
            "nobody assessed it: set severity, vectors, tables, impact and scope",
        );
        return;
    };
    missing.unless(
        !assessment.characteristics.is_empty(),
        "characteristics",
        "the severity has no characteristics: choose those that are true",
    );
    missing.unless(
        !assessment.why.trim().is_empty(),
        "why",
        "the severity has no reason: write one",
    );
    missing.unless(
        !assessment.vectors.is_empty(),
        "vector",
        "there is no CVSS vector",
    );
    missing.unless(
        !assessment.ssvc.is_empty(),
        "ssvc",
        "no decision table was asked",
    );
    missing.unless(
        !assessment.patient_safety.trim().is_empty(),
        "patient-safety",
        "what it means for patients' safety is not said",
    );
    missing.unless(
        !assessment.patient_data.trim().is_empty(),
        "patient-data",
        "what it means for patients' data is not said",
    );
    missing.unless(!case.clocks.is_empty(), "clocks", "no clock runs");
}

fn team(case: &Case, missing: &mut Missing) {
    for role in [
        Role::Owner,
        Role::Developer,
        Role::Tester,
        Role::Coordinator,
    ] {
        let named = case.people.values().any(|p| p.may_as(&[role]));
        missing.unless(
            named,
            "role",
            Sentence::new(
                "nobody is {0}: name somebody without a conflict",
                [Part::Role(role)],
            ),
        );
    }
    let inside = |role: &Role| role.is_team() && *role != Role::Manager;
    let team: Vec<_> = case
        .people
        .iter()
        .filter(|(_, p)| p.roles.iter().any(inside))
        .collect();
    let said = of("the team has {0} people; it has 3 to 5", team.len());
    missing.unless((3..=5).contains(&team.len()), "team-size", said);
    for (party, person) in team {
        missing.unless(
            person.conflict != Conflict::Unsaid,
            "conflict",
            about("{0} has not said whether there is a conflict", party),
        );
        missing.unless(
            person.need == Need::ToKnow,
            "need-to-know",
            about("{0} is not on the need-to-know list", party),
        );
    }
}

fn plan(case: &Case, missing: &mut Missing) {
    let approved = matches!(case.plan, Some((_, Some(_))));
    missing.unless(approved, "plan", "there is no plan that a manager approved");
    let decided = matches!(
        case.embargo,
        Embargo::None { .. }
            | Embargo::Active { .. }
            | Embargo::Revise { .. }
            | Embargo::Exited { .. }
    );
    missing.unless(
        decided,
        "embargo",
        "the embargo is not decided: activate the one proposed, or record that there is none",
    );
}

fn fix(case: &Case, missing: &mut Missing) {
    let Some(fix) = &case.fix else {
        missing.unless(false, "fix", "there is no fix: submit its patch");
        return;
    };
    let said = of(
        "{0} people reviewed this patch; two others than its author must",
        fix.reviews.len(),
    );
    missing.unless(fix.reviews.len() >= 2, "two-reviews", said);
    missing.unless(
        !fix.ci.trim().is_empty(),
        "ci",
        "it is not said where its tests ran",
    );
    missing.unless(
        fix.tested_by.is_some(),
        "regression",
        "no regression test failed before this patch and passed after it",
    );
}

fn verify(case: &Case, missing: &mut Missing) {
    let tester = case.fix.as_ref().and_then(|f| f.tested_by.as_ref());
    let author = case.fix.as_ref().map(|f| &f.by);
    missing.unless(
        tester.is_some() && tester != author,
        "tester",
        "the tester is also the developer of this patch",
    );
    missing.unless(
        !case.branches.is_empty(),
        "branches",
        "no supported branch is named",
    );
    for (branch, _) in case
        .branches
        .iter()
        .filter(|(_, s)| **s == BranchState::Open)
    {
        missing.unless(
            false,
            "branch",
            of(
                "branch {0} has neither fix nor workaround nor a statement of its end of life",
                branch,
            ),
        );
    }
}

fn steps(case: &Case, wanted: &[Step], missing: &mut Missing) {
    for step in wanted {
        missing.unless(
            case.steps.contains(step),
            "step",
            Sentence::new(
                "{0} is not done: do it, and say the evidence",
                [Part::Step(*step)],
            ),
        );
    }
}

/// What is missing before this text is published in the ordinary way.
pub fn unpublishable(case: &Case, hash: ContentHash, now: When) -> Vec<Unmet> {
    let mut missing = Missing::default();
    let again = !case.publications.is_empty();
    missing.unless(
        case.stage == Stage::Publish || again,
        "stage",
        Sentence::new(
            "the case has not come to its stage {0} yet",
            [Part::Stage(Stage::Publish)],
        ),
    );
    text(case, hash, &mut missing);
    if let Some(state) = case.draft.as_ref().filter(|s| s.draft.hash == hash) {
        for error in &state.draft.errors {
            missing.unless(false, "field", of("{0}", error));
        }
        let others: Vec<_> = state
            .approvals
            .iter()
            .filter(|a| **a != state.editor)
            .collect();
        let said = of(
            "exactly this text is to be approved by two others than its last editor; so far by {0}",
            others.len(),
        );
        missing.unless(others.len() >= 2, "two-approvals", said);
    }
    missing.unless(
        case.steps.contains(&Step::LinksResolve),
        "links",
        "it was not checked that its links lead somewhere",
    );
    let ended = case.embargo.end().is_none_or(|end| end <= now);
    missing.unless(ended, "embargo", "the embargo is in force");
    let time = case.scheduled.is_none_or(|at| at <= now);
    missing.unless(
        time,
        "scheduled",
        "it is scheduled for later: wait, or schedule it anew",
    );
    missing.0
}

/// What is missing before this text is published by two people in an emergency. What the text lacks must be said in it.
pub fn unpublishable_in_emergency(
    case: &Case,
    hash: ContentHash,
    to_follow: &[String],
) -> Vec<Unmet> {
    let mut missing = Missing::default();
    missing.unless(
        case.is_emergency(),
        "emergency",
        "neither the public nor an attacker knows of it: go the ordinary way",
    );
    text(case, hash, &mut missing);
    let lacks = case
        .draft
        .as_ref()
        .map(|d| d.draft.errors.as_slice())
        .unwrap_or_default();
    for error in lacks.iter().filter(|e| !to_follow.contains(e)) {
        missing.unless(
            false,
            "to-follow",
            Sentence::new(
                "the text lacks this and does not say that it follows: {0}",
                [Part::Lack(error.clone())],
            ),
        );
    }
    missing.0
}

fn text(case: &Case, hash: ContentHash, missing: &mut Missing) {
    let current = case.draft.as_ref().is_some_and(|s| s.draft.hash == hash);
    missing.unless(
        current,
        "text",
        "this is not the text as it was edited last",
    );
}

//! What an event makes of a case.

use std::collections::BTreeSet;

use super::embargo::{Embargo, Terms};
use super::errand::ErrandState;
use super::event::*;
use super::people::{PartyId, Role};
use super::state::*;
use crate::When;
use crate::clock::Clock;
use crate::port::{Errand, System};
use crate::regime::{Regime, Trigger};

impl Case {
    /// Takes an event in, which `act` or the log vouches for.
    pub(super) fn apply(&mut self, event: &Event, rules: &Rules) {
        self.seq = event.seq;
        self.at = event.at;
        self.people_and_reports(event, rules);
        self.embargo_and_bits(event, rules);
        self.work(event);
        self.texts(event, rules);
        self.time(event, rules);
        self.mark(event);
        self.outside(event, rules);
    }

    /// What services elsewhere are asked, and what they answer.
    fn outside(&mut self, event: &Event, rules: &Rules) {
        let (errand, state) = match &event.what {
            What::ErrandAsked { errand, hash } => {
                if matches!(errand, Errand::CveReserve | Errand::GithubCve) {
                    self.trigger(Trigger::CveRequested, event.at, rules);
                }
                let (at, by) = (event.at, event.by.clone());
                (
                    *errand,
                    ErrandState::Asked {
                        at,
                        by,
                        hash: *hash,
                    },
                )
            }
            What::ErrandDone { errand } => {
                if *errand == Errand::CvePublish {
                    self.meet(Regime::CnaShould, event.at);
                    self.meet(Regime::CnaMust, event.at);
                }
                (*errand, ErrandState::Done(event.at))
            }
            What::ErrandRefused { errand, why } => {
                (*errand, ErrandState::Refused(event.at, why.clone()))
            }
            What::IdKept { system, id } => {
                if *system == System::Cve {
                    self.meet(Regime::CveAnswer, event.at);
                }
                self.kept.insert(*system, id.clone());
                return;
            }
            _ => return,
        };
        self.errands.insert(errand, state);
    }

    /// What figures count from: the first time counts.
    fn mark(&mut self, event: &Event) {
        let mark = match &event.what {
            What::Acknowledged { .. } => &mut self.marks.acknowledged,
            What::Moved { to: Stage::Release } | What::BitSet { bit: Bit::FixReady } => {
                &mut self.marks.fixed
            }
            What::Published { .. } | What::EmergencyPublished { .. } => &mut self.marks.published,
            What::CoverageSaid { percent, .. } if *percent >= PATCHED_PERCENT => {
                &mut self.marks.patched
            }
            _ => return,
        };
        mark.get_or_insert(event.at);
    }

    fn people_and_reports(&mut self, event: &Event, rules: &Rules) {
        match &event.what {
            What::Opened { report, proof } => {
                let manager = self.people.entry(event.by.clone()).or_default();
                manager.roles.insert(Role::Manager);
                self.received(report, *proof, event.at, rules);
            }
            What::ReportAdded { report, proof } => self.received(report, *proof, event.at, rules),
            What::Acknowledged { report } => self.report(report, |r| r.acknowledged = true),
            What::DuplicatesSearched { report, .. } => self.report(report, |r| r.searched = true),
            What::Judged {
                report, verdict, ..
            } => {
                self.report(report, |r| {
                    r.verdict = Some((verdict.clone(), event.by.clone()));
                    r.second = None;
                });
            }
            What::Seconded { report } => self.report(report, |r| r.second = Some(event.by.clone())),
            What::Joined { party, roles } => {
                self.people
                    .entry(party.clone())
                    .or_default()
                    .roles
                    .extend(roles.iter().copied());
            }
            What::ConflictSaid { conflict } => {
                self.people.entry(event.by.clone()).or_default().conflict = conflict.clone();
            }
            What::NeedSet { party, need } => {
                self.people.entry(party.clone()).or_default().need = *need
            }
            _ => {}
        }
    }

    fn report(&mut self, report: &str, change: impl FnOnce(&mut ReportState)) {
        if let Some(found) = self.reports.get_mut(report) {
            change(found);
        }
    }

    fn received(&mut self, report: &str, proof: Proof, at: When, rules: &Rules) {
        let new = ReportState {
            at,
            proof,
            acknowledged: false,
            searched: false,
            verdict: None,
            second: None,
        };
        self.reports.insert(report.to_owned(), new);
        self.trigger(Trigger::Received, at, rules);
    }

    /// Starts the clocks of a trigger. A regime that runs already is not started again: the first time counts.
    fn trigger(&mut self, trigger: Trigger, at: When, rules: &Rules) {
        for regime in Regime::started_by(trigger) {
            let again = matches!(regime, Regime::Acknowledge | Regime::CveAnswer);
            if again || !self.clocks.values().any(|c| c.regime == regime) {
                let number = u64::try_from(self.clocks.len())
                    .unwrap_or(u64::MAX)
                    .saturating_add(1);
                let due = regime.due(at, &rules.calendar, &rules.policy, self.severity());
                self.clocks.insert(number, Clock::start(regime, at, due));
            }
        }
    }

    fn embargo_and_bits(&mut self, event: &Event, rules: &Rules) {
        match &event.what {
            What::EmbargoProposed { terms } => self.propose(terms, &event.by),
            What::EmbargoAccepted => match &mut self.embargo {
                Embargo::Proposed { consents, .. } | Embargo::Active { consents, .. } => {
                    consents.insert(event.by.clone());
                }
                Embargo::Revise { next_consents, .. } => {
                    next_consents.insert(event.by.clone());
                }
                Embargo::Undecided | Embargo::None { .. } | Embargo::Exited { .. } => {}
            },
            What::EmbargoRefused { .. } => self.refuse(&event.by),
            What::EmbargoActivated => self.activate(),
            What::EmbargoDeclined { why } => {
                self.embargo = Embargo::None {
                    reason: why.clone(),
                }
            }
            What::EmbargoExited { why } => {
                self.embargo = Embargo::Exited {
                    at: event.at,
                    reason: why.clone(),
                }
            }
            What::BitSet { bit } => {
                self.bits.insert(*bit);
                match bit {
                    Bit::AttacksSeen => self.trigger(Trigger::ExploitationKnown, event.at, rules),
                    Bit::FixReady => self.trigger(Trigger::FixAvailable, event.at, rules),
                    Bit::PublicAware => self.trigger(Trigger::Disclosed, event.at, rules),
                    Bit::VendorAware | Bit::FixDeployed | Bit::ExploitPublic => {}
                }
            }
            _ => {}
        }
    }

    fn propose(&mut self, terms: &Terms, by: &PartyId) {
        let consents = BTreeSet::from([by.clone()]);
        let next = terms.clone();
        self.embargo = match std::mem::take(&mut self.embargo) {
            Embargo::Active {
                terms,
                consents: agreed,
            }
            | Embargo::Revise {
                terms,
                consents: agreed,
                ..
            } => Embargo::Revise {
                terms,
                consents: agreed,
                next,
                next_consents: consents,
            },
            Embargo::Undecided
            | Embargo::None { .. }
            | Embargo::Proposed { .. }
            | Embargo::Exited { .. } => Embargo::Proposed {
                terms: next,
                consents,
            },
        };
    }

    /// Who refuses what is proposed has not consented; the terms in force stay in force for whom they bind.
    fn refuse(&mut self, by: &PartyId) {
        match &mut self.embargo {
            Embargo::Proposed { consents, .. } | Embargo::Active { consents, .. } => {
                consents.remove(by)
            }
            Embargo::Revise { next_consents, .. } => next_consents.remove(by),
            Embargo::Undecided | Embargo::None { .. } | Embargo::Exited { .. } => false,
        };
    }

    fn activate(&mut self) {
        self.embargo = match std::mem::take(&mut self.embargo) {
            Embargo::Proposed { terms, consents } => Embargo::Active { terms, consents },
            Embargo::Revise {
                next,
                next_consents,
                ..
            } => Embargo::Active {
                terms: next,
                consents: next_consents,
            },
            other => other,
        };
    }

    fn work(&mut self, event: &Event) {
        match &event.what {
            What::Assessed { assessment } => self.assessment = Some(assessment.clone()),
            What::Planned { text } => self.plan = Some((text.clone(), None)),
            What::PlanApproved => {
                if let Some((_, approved)) = &mut self.plan {
                    *approved = Some(event.by.clone());
                }
            }
            What::FixSubmitted { patch, ci } => {
                self.fix = Some(Fix {
                    patch: *patch,
                    by: event.by.clone(),
                    ci: ci.clone(),
                    reviews: BTreeSet::new(),
                    tested_by: None,
                });
            }
            What::FixReviewed { .. } => {
                if let Some(fix) = &mut self.fix {
                    fix.reviews.insert(event.by.clone());
                }
            }
            What::FixTested { before, after, .. } => {
                let proves = (*before, *after) == (TestResult::Failed, TestResult::Passed);
                if let Some(fix) = &mut self.fix {
                    fix.tested_by = proves.then(|| event.by.clone());
                }
            }
            What::BranchSaid { branch, state } => {
                self.branches.insert(branch.clone(), *state);
            }
            What::StepDone { step, .. } => {
                self.steps.insert(*step);
            }
            What::Moved { to } => {
                if *to == Stage::Rollout && self.may_skip() {
                    self.left = Some(self.stage);
                }
                self.stage = *to;
            }
            What::CoverageSaid { percent, laggards } => {
                self.coverage = Some((*percent, laggards.clone()))
            }
            _ => {}
        }
    }

    fn texts(&mut self, event: &Event, rules: &Rules) {
        match &event.what {
            What::Drafted { draft } => {
                self.draft = Some(DraftState {
                    draft: draft.clone(),
                    editor: event.by.clone(),
                    approvals: BTreeSet::new(),
                });
                self.scheduled = None;
            }
            What::Approved { .. } => {
                if let Some(draft) = &mut self.draft {
                    draft.approvals.insert(event.by.clone());
                }
            }
            What::Scheduled { at } => self.scheduled = Some(*at),
            What::NoticeStarted { until, days } => {
                self.notice = Some(*until);
                let least = days.map(|days| event.at.plus_days(i64::from(days)));
                self.window = self.window.or(least);
            }
            What::NoticeWaived { .. } => {
                self.notice = Some(event.at);
                self.window = None;
            }
            What::Shown { to, hash } => self.shown.push(Shown {
                at: event.at,
                to: to.clone(),
                hash: *hash,
            }),
            What::Published { hash } => {
                let by = self
                    .draft
                    .as_ref()
                    .map(|d| d.approvals.clone())
                    .unwrap_or_default();
                self.publish(event.at, *hash, (by, Way::Approved), rules);
            }
            What::EmergencyPublished {
                hash,
                second,
                to_follow,
                ..
            } => {
                let by = BTreeSet::from([event.by.clone(), second.clone()]);
                let how = Way::Interim(to_follow.clone());
                self.publish(event.at, *hash, (by, how), rules);
                self.trigger(Trigger::InterimPublished, event.at, rules);
            }
            What::Withdrawn { .. } => self.withdrawn = true,
            _ => {}
        }
    }

    fn publish(
        &mut self,
        at: When,
        hash: ContentHash,
        (by, how): (BTreeSet<PartyId>, Way),
        rules: &Rules,
    ) {
        self.publications.push(Publication { at, hash, by, how });
        self.withdrawn = false;
        self.scheduled = None;
        self.bits.insert(Bit::PublicAware);
        self.trigger(Trigger::Disclosed, at, rules);
        if self.embargo.holds() {
            self.embargo = Embargo::Exited {
                at,
                reason: "published".to_owned(),
            };
        }
    }

    fn time(&mut self, event: &Event, rules: &Rules) {
        match &event.what {
            What::Triggered { trigger } => self.trigger(*trigger, event.at, rules),
            What::ClockPaused { clock, until, why } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    // `act` refused it if the clock does.
                    let _ = clock.pause(event.at, *until, why);
                }
            }
            What::ClockResumed { clock } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.resume(event.at);
                }
            }
            What::ClockMet { clock, .. } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.meet(event.at);
                }
            }
            What::Acknowledged { .. } => self.meet(Regime::Acknowledge, event.at),
            What::Assessed { .. } => self.severity_changed(rules),
            What::Published { .. } => self.meet(Regime::Resolve, event.at),
            _ => {}
        }
    }

    /// The oldest clock of a regime that is not met is.
    fn meet(&mut self, regime: Regime, at: When) {
        use crate::clock::Standing;
        let open = |c: &&mut Clock| {
            c.regime == regime
                && !matches!(
                    c.standing(at),
                    Standing::Met { .. } | Standing::MetLate { .. }
                )
        };
        if let Some(clock) = self.clocks.values_mut().find(open) {
            clock.meet(at);
        }
    }

    fn severity_changed(&mut self, rules: &Rules) {
        let severity = self.severity();
        for clock in self
            .clocks
            .values_mut()
            .filter(|c| c.regime == Regime::Resolve)
        {
            let due = clock
                .regime
                .due(clock.started, &rules.calendar, &rules.policy, severity);
            clock.move_due(due);
        }
    }
}

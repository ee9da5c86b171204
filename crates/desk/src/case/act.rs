//! Who may do what in a case, and whether it may be done now. An act that may be is an event; an event of a log that may not
//! have been is refused when it is replayed.

use super::embargo::Embargo;
use super::errand::{ErrandState, text_of, unaskable};
use super::event::*;
use super::guard::{Unmet, about, of, unmet, unpublishable, unpublishable_in_emergency};
use super::people::{Conflict, Need, PartyId, Role};
use super::state::{Case, Rules};
use crate::When;
use crate::clock::ClockError;
use crate::port::Tells;
use crate::sentence::{Part, Sentence};

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The log does not begin with a report, or has two beginnings.
    #[error("a case begins with one report, and only once")]
    Beginning,
    /// An event that is out of its place.
    #[error("event {found} stands where {expected} belongs: the log is not whole")]
    Sequence {
        /// What belongs there.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// An event before the one before it.
    #[error("{at} is before the last event at {last}")]
    Time {
        /// Its time.
        at: When,
        /// The last one's.
        last: When,
    },
    /// Nobody of this case, without the role, or with a conflict.
    #[error("{who} may not: it takes {roles:?}, without a conflict of interest")]
    Role {
        /// Who tried.
        who: String,
        /// What it takes.
        roles: Vec<Role>,
    },
    /// The case is over.
    #[error("the case is over")]
    Over,
    /// Things are missing.
    #[error("{}", said(.0))]
    Unmet(Vec<Unmet>),
    /// A clock says no.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

fn said(unmet: &[Unmet]) -> String {
    let each: Vec<String> = unmet.iter().map(|u| u.what.to_string()).collect();
    each.join("; ")
}

fn one(code: &'static str, what: impl Into<Sentence>) -> Refused {
    Refused::Unmet(vec![Unmet {
        code,
        what: what.into(),
    }])
}

const LEAD: &[Role] = &[Role::Manager, Role::Owner, Role::Coordinator];
const PUBLISHERS: &[Role] = &[Role::Publisher, Role::Manager, Role::Owner];
const TEAM: &[Role] = &[
    Role::Manager,
    Role::Owner,
    Role::Coordinator,
    Role::Developer,
    Role::Tester,
    Role::Reviewer,
    Role::Publisher,
];

impl Case {
    /// The first event: a report came in. Who takes it is the case's first manager.
    pub fn open(at: When, by: &PartyId, report: &str, proof: Proof) -> Event {
        Event {
            seq: 1,
            at,
            by: by.clone(),
            what: What::Opened {
                report: report.to_owned(),
                proof,
            },
        }
    }

    /// The case that a log makes. A log that could not have come about is refused.
    pub fn replay(log: &[Event], rules: &Rules) -> Result<Self, Refused> {
        let (first, rest) = log.split_first().ok_or(Refused::Beginning)?;
        if !matches!(first.what, What::Opened { .. }) {
            return Err(Refused::Beginning);
        }
        if first.seq != 1 {
            return Err(Refused::Sequence {
                expected: 1,
                found: first.seq,
            });
        }
        let mut case = Self::empty(first.at);
        case.apply(first, rules);
        for event in rest {
            case.take(event, rules)?;
        }
        Ok(case)
    }

    /// Takes the next event of a log in, if it may be.
    pub fn take(&mut self, event: &Event, rules: &Rules) -> Result<(), Refused> {
        let expected = self.seq.saturating_add(1);
        if event.seq != expected {
            return Err(Refused::Sequence {
                expected,
                found: event.seq,
            });
        }
        self.may(event.at, &event.by, &event.what, rules)?;
        self.apply(event, rules);
        Ok(())
    }

    /// The event that an act makes, if somebody may do it now.
    pub fn act(&self, at: When, by: &PartyId, what: What, rules: &Rules) -> Result<Event, Refused> {
        self.may(at, by, &what, rules)?;
        Ok(Event {
            seq: self.seq.saturating_add(1),
            at,
            by: by.clone(),
            what: self.stamped(what, rules),
        })
    }

    /// What follows from the rules of now is said in the event: another policy later changes nothing of what was.
    fn stamped(&self, what: What, rules: &Rules) -> What {
        match what {
            What::NoticeStarted { until, .. } => What::NoticeStarted {
                until,
                days: Some(rules.policy.notice_days(self.severity())),
            },
            What::ErrandAsked { errand, .. } => What::ErrandAsked {
                errand,
                hash: text_of(self, errand),
            },
            other => other,
        }
    }

    fn may(&self, at: When, by: &PartyId, what: &What, rules: &Rules) -> Result<(), Refused> {
        if at < self.at {
            return Err(Refused::Time { at, last: self.at });
        }
        let late = matches!(
            what,
            What::ClockMet { .. }
                | What::Withdrawn { .. }
                | What::Triggered { .. }
                | What::ErrandDone { .. }
                | What::ErrandRefused { .. }
                | What::IdKept { .. }
        );
        if self.stage.is_over() && !late {
            return Err(Refused::Over);
        }
        self.by_role(by, what)?;
        self.by_state(at, by, what, rules)
    }

    /// The roles that an act takes; none where anybody in the case may.
    fn by_role(&self, by: &PartyId, what: &What) -> Result<(), Refused> {
        let roles: &[Role] = match what {
            What::Opened { .. } => return Err(Refused::Beginning),
            What::ConflictSaid { .. } | What::EmbargoAccepted | What::EmbargoRefused { .. } => {
                &Role::ALL
            }
            What::ReportAdded { .. }
            | What::Acknowledged { .. }
            | What::DuplicatesSearched { .. }
            | What::Judged { .. }
            | What::Seconded { .. }
            | What::Assessed { .. }
            | What::Planned { .. }
            | What::BitSet { .. }
            | What::Triggered { .. }
            | What::ClockMet { .. }
            | What::CoverageSaid { .. }
            | What::StepDone { .. }
            | What::BranchSaid { .. }
            | What::ErrandDone { .. }
            | What::ErrandRefused { .. }
            | What::IdKept { .. }
            | What::Drafted { .. } => TEAM,
            What::Joined { .. }
            | What::NeedSet { .. }
            | What::EmbargoProposed { .. }
            | What::EmbargoActivated
            | What::EmbargoDeclined { .. }
            | What::EmbargoExited { .. }
            | What::NoticeStarted { .. }
            | What::NoticeWaived { .. }
            | What::Shown { .. }
            | What::ClockPaused { .. }
            | What::ClockResumed { .. }
            | What::Moved { .. } => LEAD,
            What::PlanApproved | What::EmergencyPublished { .. } => &[Role::Manager],
            What::FixSubmitted { .. } => &[Role::Developer, Role::Vendor],
            What::FixReviewed { .. } => {
                &[Role::Reviewer, Role::Developer, Role::Expert, Role::Owner]
            }
            What::FixTested { .. } => &[Role::Tester],
            What::Approved { .. } => &[Role::Reviewer, Role::Owner, Role::Manager, Role::Publisher],
            What::Scheduled { .. } | What::Published { .. } | What::Withdrawn { .. } => PUBLISHERS,
            What::ErrandAsked { errand, .. } => match errand.tells() {
                Tells::Nothing | Tells::Before => LEAD,
                Tells::Public => PUBLISHERS,
            },
        };
        let person = self.people.get(by);
        // Who has a conflict may still say so, and refuse an embargo.
        let free = matches!(
            what,
            What::ConflictSaid { .. } | What::EmbargoRefused { .. }
        );
        let may = person.is_some_and(|p| p.may_as(roles) || (free && !p.roles.is_empty()));
        if may {
            Ok(())
        } else {
            Err(Refused::Role {
                who: by.0.clone(),
                roles: roles.to_vec(),
            })
        }
    }

    fn by_state(&self, at: When, by: &PartyId, what: &What, rules: &Rules) -> Result<(), Refused> {
        match what {
            What::ReportAdded { report, .. } if self.reports.contains_key(report) => Err(one(
                "report",
                of("report {0} is in the case already", report),
            )),
            What::Acknowledged { report }
            | What::DuplicatesSearched { report, .. }
            | What::Judged { report, .. } => self.judging(report, what),
            What::Seconded { report } => self.seconding(report, by),
            What::EmbargoProposed { .. }
            | What::EmbargoAccepted
            | What::EmbargoRefused { .. }
            | What::EmbargoActivated
            | What::EmbargoDeclined { .. }
            | What::EmbargoExited { .. } => self.embargo_act(at, what),
            What::BitSet { bit } => self.bit(*bit),
            What::FixReviewed { patch } | What::FixTested { patch, .. } => {
                self.fix_act(*patch, by, what)
            }
            What::Approved { hash } => self.approving(*hash, by),
            What::Scheduled { at: then } if *then < at => {
                Err(one("scheduled", "that time is over: schedule a later one"))
            }
            What::Shown { to, .. } => self.showing(to),
            What::Published { hash } => none_of(unpublishable(self, *hash, at)),
            What::EmergencyPublished {
                hash,
                second,
                why,
                to_follow,
            } => {
                self.second(by, second, why)?;
                none_of(unpublishable_in_emergency(self, *hash, to_follow))
            }
            What::Withdrawn { .. } if self.publications.is_empty() => {
                Err(one("published", "nothing is published"))
            }
            What::NoticeStarted { until, .. } if *until < at => {
                Err(one("notice-window", "that time is over"))
            }
            What::ErrandAsked { errand, hash } => {
                if hash.is_some() && *hash != text_of(self, *errand) {
                    return Err(one(
                        "text",
                        "this is not the text as it stands: read it again",
                    ));
                }
                none_of(unaskable(self, *errand))
            }
            What::ErrandDone { errand } | What::ErrandRefused { errand, .. } => {
                match self.errands.get(errand) {
                    Some(ErrandState::Asked { .. }) => Ok(()),
                    _ => Err(one("asked", "it was not asked for")),
                }
            }
            What::IdKept { system, id } if !system.takes(id) => {
                Err(one("id", "an id there is of another form"))
            }
            What::NoticeWaived { why } if why.trim().is_empty() => Err(one(
                "why",
                "implementers are not waited for only for a reason: write it",
            )),
            What::ClockPaused { clock, until, why } => self.pausing(*clock, at, *until, why),
            What::ClockResumed { clock } | What::ClockMet { clock, .. } => self.has_clock(*clock),
            What::CoverageSaid { percent, .. } if *percent > 100 => {
                Err(one("coverage", "no more than 100% can be patched"))
            }
            What::Moved { to } => none_of(unmet(self, *to, at, rules)),
            _ => Ok(()),
        }
    }

    fn judging(&self, report: &str, what: &What) -> Result<(), Refused> {
        let Some(found) = self.reports.get(report) else {
            return Err(one(
                "report",
                of("there is no report {0} in this case", report),
            ));
        };
        match what {
            What::Judged { why, .. } if why.trim().is_empty() => {
                Err(one("why", "a verdict has a reason: write it"))
            }
            What::Judged { .. } if !found.searched => Err(one(
                "duplicates-searched",
                of("report {0}: look for duplicates first", report),
            )),
            _ => Ok(()),
        }
    }

    fn seconding(&self, report: &str, by: &PartyId) -> Result<(), Refused> {
        match self.reports.get(report).and_then(|r| r.verdict.as_ref()) {
            Some((Verdict::Invalid, judge)) if judge != by => Ok(()),
            Some((Verdict::Invalid, _)) => {
                Err(one("second-person", "the second person is not the first"))
            }
            Some((Verdict::Valid | Verdict::Duplicate(_), _)) | None => Err(one(
                "invalid",
                of("report {0} is not judged invalid", report),
            )),
        }
    }

    fn embargo_act(&self, at: When, what: &What) -> Result<(), Refused> {
        match (what, &self.embargo) {
            (What::EmbargoProposed { terms }, _) if terms.end <= at => Err(one(
                "embargo",
                of("the end at {0} is over: propose a later instant", terms.end),
            )),
            // What is public, exploited or attacked cannot be kept back any more.
            (What::EmbargoProposed { .. } | What::EmbargoActivated, _)
                if self.bits.contains(&Bit::PublicAware) =>
            {
                Err(one("public", "the public knows: an embargo is of no use"))
            }
            (What::EmbargoProposed { .. }, _) => Ok(()),
            (
                What::EmbargoAccepted | What::EmbargoRefused { .. },
                Embargo::Proposed { .. } | Embargo::Active { .. } | Embargo::Revise { .. },
            ) => Ok(()),
            (What::EmbargoActivated, Embargo::Proposed { consents, .. }) => {
                self.all_agree(consents)
            }
            (What::EmbargoActivated, Embargo::Revise { next_consents, .. }) => {
                self.all_agree(next_consents)
            }
            (What::EmbargoDeclined { .. }, Embargo::Undecided | Embargo::Proposed { .. }) => Ok(()),
            (What::EmbargoExited { why }, Embargo::Active { .. } | Embargo::Revise { .. })
                if !why.trim().is_empty() =>
            {
                Ok(())
            }
            (What::EmbargoExited { .. }, Embargo::Active { .. } | Embargo::Revise { .. }) => {
                Err(one("why", "an embargo ends early for a reason: write it"))
            }
            _ => Err(one(
                "embargo",
                "the embargo does not stand so that this can be done",
            )),
        }
    }

    /// An embargo takes the consent of everybody who needs to know.
    fn all_agree(&self, consents: &std::collections::BTreeSet<PartyId>) -> Result<(), Refused> {
        let needs = self.people.iter().filter(|(_, p)| p.need == Need::ToKnow);
        let open: Vec<PartyId> = needs
            .filter(|(id, _)| !consents.contains(*id))
            .map(|(id, _)| id.clone())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(one(
            "consent",
            Sentence::new(
                "not everybody who needs to know has agreed: {0}",
                [Part::People(open)],
            ),
        ))
    }

    /// V before F before D (Vultron): a fix takes a vendor who knows, its deployment takes a fix.
    fn bit(&self, bit: Bit) -> Result<(), Refused> {
        let before = match bit {
            Bit::FixReady => Bit::VendorAware,
            Bit::FixDeployed => Bit::FixReady,
            Bit::VendorAware | Bit::PublicAware | Bit::ExploitPublic | Bit::AttacksSeen => {
                return Ok(());
            }
        };
        if self.bits.contains(&before) {
            return Ok(());
        }
        let parts = [Part::Bit(bit), Part::Bit(before)];
        Err(one("order", Sentence::new("{0} comes after {1}", parts)))
    }

    fn fix_act(&self, patch: ContentHash, by: &PartyId, what: &What) -> Result<(), Refused> {
        let Some(fix) = self.fix.as_ref().filter(|f| f.patch == patch) else {
            return Err(one("fix", "this is not the patch as it was submitted last"));
        };
        if fix.by == *by && matches!(what, What::FixReviewed { .. }) {
            return Err(one("own-fix", "the author of a patch is no reviewer of it"));
        }
        Ok(())
    }

    fn approving(&self, hash: ContentHash, by: &PartyId) -> Result<(), Refused> {
        let Some(state) = self.draft.as_ref().filter(|s| s.draft.hash == hash) else {
            return Err(one(
                "text",
                "this is not the text as it was edited last: read it again",
            ));
        };
        if state.editor == *by {
            return Err(one(
                "own-text",
                "the last editor of a text does not approve it",
            ));
        }
        Ok(())
    }

    /// No embargoed text reaches somebody who did not consent, does not need to know, or has a conflict.
    fn showing(&self, to: &PartyId) -> Result<(), Refused> {
        let Some(person) = self.people.get(to) else {
            return Err(one(
                "party",
                about("{0} is not in this case: let them join first", to),
            ));
        };
        if !self.embargo.holds() {
            return Ok(());
        }
        let mut missing = Vec::new();
        if !self.embargo.has_consent(to) {
            missing.push(Unmet {
                code: "consent",
                what: about("{0} has not agreed to the embargo", to),
            });
        }
        if person.need == Need::No {
            missing.push(Unmet {
                code: "need-to-know",
                what: about("{0} does not need to know", to),
            });
        }
        if matches!(person.conflict, Conflict::Declared(_)) {
            missing.push(Unmet {
                code: "conflict",
                what: about("{0} has a conflict of interest", to),
            });
        }
        none_of(missing)
    }

    fn second(&self, by: &PartyId, second: &PartyId, why: &str) -> Result<(), Refused> {
        let other = self.people.get(second).is_some_and(|p| p.may_as(TEAM));
        if second == by || !other {
            return Err(one(
                "second-person",
                "an emergency takes a second person of the team",
            ));
        }
        if why.trim().is_empty() {
            return Err(one("why", "an emergency has a reason: write it"));
        }
        Ok(())
    }

    fn has_clock(&self, number: u64) -> Result<(), Refused> {
        if self.clocks.contains_key(&number) {
            return Ok(());
        }
        Err(one(
            "clock",
            of("there is no clock {0} in this case", number),
        ))
    }

    fn pausing(&self, number: u64, at: When, until: When, why: &str) -> Result<(), Refused> {
        self.has_clock(number)?;
        match self.clocks.get(&number) {
            Some(clock) => Ok(clock.clone().pause(at, until, why)?),
            None => Ok(()),
        }
    }
}

fn none_of(missing: Vec<Unmet>) -> Result<(), Refused> {
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Refused::Unmet(missing))
    }
}

//! A case as its log says it is: `apply` is the only thing that changes it, and only ever adds what an event says.

use std::collections::{BTreeMap, BTreeSet};

use super::embargo::Embargo;
use super::errand::ErrandState;
use super::event::*;
use super::people::{Participant, PartyId};
use crate::When;
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::port::{Errand, System};
use crate::severity::{Policy, Severity};

/// What a desk decided for all its cases.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The days by severity.
    pub policy: Policy,
    /// The business days.
    pub calendar: Calendar,
    /// How many percent of the installations are to be patched before a case is reviewed.
    pub coverage: u8,
}

/// A report in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportState {
    /// When it came in.
    pub at: When,
    /// Whether it has a proof.
    pub proof: Proof,
    /// Whether its reporter was told.
    pub acknowledged: bool,
    /// Whether duplicates were looked for.
    pub searched: bool,
    /// What was made of it, by whom.
    pub verdict: Option<(Verdict, PartyId)>,
    /// Who agreed that it is invalid.
    pub second: Option<PartyId>,
}

/// A fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Its patch.
    pub patch: ContentHash,
    /// Who wrote it.
    pub by: PartyId,
    /// Where its tests ran.
    pub ci: String,
    /// Who reviewed it.
    pub reviews: BTreeSet<PartyId>,
    /// Who tested it: failed before, passed after.
    pub tested_by: Option<PartyId>,
}

/// The advisory's text as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftState {
    /// What was checked.
    pub draft: Draft,
    /// Who edited it last.
    pub editor: PartyId,
    /// Who approved exactly this text.
    pub approvals: BTreeSet<PartyId>,
}

/// A publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// When.
    pub at: When,
    /// What.
    pub hash: ContentHash,
    /// Who stood for it: approvers, or the two of an emergency.
    pub by: BTreeSet<PartyId>,
    /// How it came about.
    pub how: Way,
}

/// Which way something became public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The ordinary one: whole, and approved.
    Approved,
    /// By two in an emergency, as interim, with what is to follow.
    Interim(Vec<String>),
}

/// Whom an embargoed text was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When.
    pub at: When,
    /// To whom.
    pub to: PartyId,
    /// What.
    pub hash: ContentHash,
}

/// When a case first came by the marks that figures count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// A reporter was told that the report is read.
    pub acknowledged: Option<When>,
    /// There was a fix.
    pub fixed: Option<When>,
    /// It was public.
    pub published: Option<When>,
    /// So many installations were patched as [`PATCHED_PERCENT`] says.
    pub patched: Option<When>,
}

/// From how many percent of the installations on a case counts as patched in figures.
pub const PATCHED_PERCENT: u8 = 90;

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// How many events made it.
    pub seq: u64,
    /// When the last one was.
    pub at: When,
    /// How far it is.
    pub stage: Stage,
    /// Its reports.
    pub reports: BTreeMap<String, ReportState>,
    /// Its people.
    pub people: BTreeMap<PartyId, Participant>,
    /// How grave it is.
    pub assessment: Option<Assessment>,
    /// The plan, and who approved it.
    pub plan: Option<(String, Option<PartyId>)>,
    /// Its embargo.
    pub embargo: Embargo,
    /// What became true.
    pub bits: BTreeSet<Bit>,
    /// The fix.
    pub fix: Option<Fix>,
    /// The branches that get support.
    pub branches: BTreeMap<String, BranchState>,
    /// The steps that are done.
    pub steps: BTreeSet<Step>,
    /// Until when implementers know before the public; none when nobody was told.
    pub notice: Option<When>,
    /// Until when they know at least, by the policy's days for the severity, counted from the first notice. Waived with the notice.
    pub window: Option<When>,
    /// The advisory.
    pub draft: Option<DraftState>,
    /// When it is to be published.
    pub scheduled: Option<When>,
    /// What was published.
    pub publications: Vec<Publication>,
    /// The stage that it left for the rollout, when an emergency let it skip those between.
    pub left: Option<Stage>,
    /// Whether the last publication was withdrawn.
    pub withdrawn: bool,
    /// What was shown to whom while it was embargoed.
    pub shown: Vec<Shown>,
    /// Every clock that ever ran, by number.
    pub clocks: BTreeMap<u64, Clock>,
    /// How many percent are patched, and who is not.
    pub coverage: Option<(u8, Vec<String>)>,
    /// When it came by what is counted.
    pub marks: Marks,
    /// What was asked of services elsewhere.
    pub errands: BTreeMap<Errand, ErrandState>,
    /// What it is known by elsewhere.
    pub kept: BTreeMap<System, String>,
}

impl Case {
    pub(super) fn empty(at: When) -> Self {
        Self {
            seq: 0,
            at,
            stage: Stage::Intake,
            reports: BTreeMap::new(),
            people: BTreeMap::new(),
            assessment: None,
            plan: None,
            embargo: Embargo::Undecided,
            bits: BTreeSet::new(),
            fix: None,
            branches: BTreeMap::new(),
            steps: BTreeSet::new(),
            notice: None,
            window: None,
            draft: None,
            scheduled: None,
            publications: Vec::new(),
            left: None,
            withdrawn: false,
            shown: Vec::new(),
            clocks: BTreeMap::new(),
            coverage: None,
            marks: Marks::default(),
            errands: BTreeMap::new(),
            kept: BTreeMap::new(),
        }
    }

    /// Until when installations have time before those that are not patched may be named instead: by the days of the fast policy,
    /// from the first publication on; none before it.
    pub fn rollout_ends(&self) -> Option<When> {
        let first = self.publications.first()?;
        let days = Policy::fast().days(self.severity());
        Some(first.at.plus_days(i64::from(days)))
    }

    /// The severity that was set; the gravest until then.
    pub fn severity(&self) -> Severity {
        self.assessment
            .as_ref()
            .map_or(Severity::Critical, |a| a.severity)
    }

    /// Whether the public knows, or attacks are seen, before an advisory is out: the short way is open.
    pub fn is_emergency(&self) -> bool {
        let bits = [Bit::PublicAware, Bit::ExploitPublic, Bit::AttacksSeen];
        self.publications.is_empty() && bits.iter().any(|bit| self.bits.contains(bit))
    }

    /// Whether it was published in an emergency, and may go on to the rollout without the stages before it: what they demand is
    /// owed then ([`super::owed`]).
    pub fn may_skip(&self) -> bool {
        self.was_emergency() && self.stage < Stage::Publish
    }

    /// Whether what was published first was published in an emergency.
    pub fn was_emergency(&self) -> bool {
        let first = self.publications.first();
        first.is_some_and(|one| matches!(one.how, Way::Interim(_)))
    }

    /// The clocks that still run, those due first.
    pub fn running(&self, now: When) -> Vec<(u64, &Clock)> {
        use crate::clock::Standing;
        let open = |clock: &Clock| match clock.standing(now) {
            Standing::Running { .. } | Standing::Paused { .. } | Standing::Overdue { .. } => true,
            Standing::Met { .. } | Standing::MetLate { .. } => false,
        };
        let mut found: Vec<_> = self
            .clocks
            .iter()
            .filter(|(_, c)| open(c))
            .map(|(n, c)| (*n, c))
            .collect();
        found.sort_by_key(|(n, c)| (c.due(), *n));
        found
    }
}

//! What happens in a case. Nothing is ever changed or taken back: what follows is another event.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::embargo::Terms;
use super::people::{Conflict, Need, PartyId, Role};
use crate::When;
use crate::cvss::Vector;
use crate::port::{Errand, System};
use crate::regime::Trigger;
use crate::severity::{Characteristic, Severity};
use crate::ssvc::Outcome;

/// The digest of a canonical document, made by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(pub [u8; 32]);

/// Not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a digest: 64 hexadecimal digits")]
pub struct HashError(String);

impl HashError {
    /// What was given.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ContentHash {
    type Error = HashError;

    fn try_from(text: String) -> Result<Self, HashError> {
        let digit = |c: char| c.to_digit(16).and_then(|d| u8::try_from(d).ok());
        let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
        let pairs = digits.unwrap_or_default();
        let bytes: Vec<u8> = pairs
            .chunks_exact(2)
            .map(|p| p.iter().fold(0, |sum, d| sum * 16 + d))
            .collect();
        let whole = bytes.try_into().ok().filter(|_| pairs.len() == 64);
        whole.map(Self).ok_or(HashError(text))
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        aceso_base::hex(&hash.0)
    }
}

/// An entry of a case's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// When.
    pub at: When,
    /// Who.
    pub by: PartyId,
    /// What.
    pub what: What,
}

/// How far a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A report came in.
    Intake,
    /// It is valid; how grave is it?
    Triage,
    /// Who does it?
    Team,
    /// What is to be done?
    Plan,
    /// Being fixed.
    Fix,
    /// Is it fixed?
    Verify,
    /// Being released.
    Release,
    /// Implementers are told.
    PreNotice,
    /// The public is told.
    Publish,
    /// Installations are patched.
    Rollout,
    /// What was learned?
    Review,
    /// Over.
    Closed,
    /// Not a vulnerability.
    Rejected,
    /// Part of another case.
    Merged,
    /// Somebody else's.
    Transferred,
}

impl Stage {
    /// The way of a case from the report to its end.
    pub const WAY: [Self; 12] = [
        Self::Intake,
        Self::Triage,
        Self::Team,
        Self::Plan,
        Self::Fix,
        Self::Verify,
        Self::Release,
        Self::PreNotice,
        Self::Publish,
        Self::Rollout,
        Self::Review,
        Self::Closed,
    ];

    /// The next on that way; none where it ends.
    pub fn next(self) -> Option<Self> {
        let at = Self::WAY.iter().position(|s| *s == self)?;
        Self::WAY.get(at + 1).copied()
    }

    /// Whether nothing more happens.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Closed | Self::Rejected | Self::Merged | Self::Transferred => true,
            Self::Intake
            | Self::Triage
            | Self::Team
            | Self::Plan
            | Self::Fix
            | Self::Verify
            | Self::Release
            | Self::PreNotice
            | Self::Publish
            | Self::Rollout
            | Self::Review => false,
        }
    }
}

/// Whose matter it is (R6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Forum, lists, tracker, demo: no patient data.
    CommunityTools,
    /// An installation that somebody runs.
    Implementation,
    /// The software itself.
    Software,
}

/// How grave it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Whose matter.
    pub scope: Scope,
    /// What is true of it.
    pub characteristics: BTreeSet<Characteristic>,
    /// What the group set.
    pub severity: Severity,
    /// Why.
    pub why: String,
    /// Its vectors.
    pub vectors: Vec<Vector>,
    /// What decision tables said.
    pub ssvc: Vec<Outcome>,
    /// What it means for patients' safety.
    pub patient_safety: String,
    /// What it means for their data.
    pub patient_data: String,
}

/// What was made of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is a vulnerability.
    Valid,
    /// It is not.
    Invalid,
    /// It is in another case.
    Duplicate(String),
}

/// Whether a report has a proof of concept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// None.
    Absent,
    /// There is one: to call it invalid takes two.
    Present,
}

/// What is true of the world, and never becomes untrue (Vultron's case states).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bit {
    /// The vendor knows.
    VendorAware,
    /// There is a fix.
    FixReady,
    /// It is deployed.
    FixDeployed,
    /// The public knows.
    PublicAware,
    /// An exploit is public.
    ExploitPublic,
    /// Attacks were seen.
    AttacksSeen,
}

/// A step of releasing that must be evident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// What is released is signed.
    ArtefactsSigned,
    /// The updates stand ready.
    UpdatesStaged,
    /// Bill of materials and VEX are built.
    SbomBuilt,
    /// The project's own environments run it (R57).
    EnvironmentsUpdated,
    /// Who was told before has answered, or is known not to have.
    NoticeReviewed,
    /// Every link of the advisory leads somewhere.
    LinksResolve,
    /// What was found is written down (R60).
    FinalReport,
    /// What is to be done better.
    Lessons,
    /// What remains is in the backlog.
    BacklogFiled,
    /// The reporter knows how it ended.
    ReporterTold,
}

/// What a branch that gets support has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BranchState {
    /// Supported, nothing yet.
    Open,
    /// A fix.
    Fixed,
    /// A workaround.
    Workaround,
    /// A statement that its life is over.
    EndOfLife,
}

/// What an advisory's draft says and lacks, as `advisory::check` told its editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The digest of the record.
    pub hash: ContentHash,
    /// What is missing or wrong in it, and in its forms; nothing, if it can be published.
    pub errors: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    missing_docs,
    reason = "a field's name and type say what it is in its variant's sentence"
)]
pub enum What {
    /// A case began with a report; whoever acts is its first manager.
    Opened { report: String, proof: Proof },
    /// Another report came to the same case.
    ReportAdded { report: String, proof: Proof },
    /// The reporter was told that it is read.
    Acknowledged { report: String },
    /// Duplicates were looked for.
    DuplicatesSearched { report: String, found: Vec<String> },
    /// A report was judged.
    Judged {
        report: String,
        verdict: Verdict,
        why: String,
    },
    /// A second person agrees that a report with a proof is invalid.
    Seconded { report: String },
    /// Somebody is in the case from now on.
    Joined {
        party: PartyId,
        roles: BTreeSet<Role>,
    },
    /// Somebody said whether they have a conflict.
    ConflictSaid { conflict: Conflict },
    /// Whether somebody needs to know.
    NeedSet { party: PartyId, need: Need },
    /// How grave it is.
    Assessed { assessment: Assessment },
    /// What is to be done.
    Planned { text: String },
    /// The manager approves the plan.
    PlanApproved,
    /// Terms of an embargo, or other ones.
    EmbargoProposed { terms: Terms },
    /// Agreement to what is proposed, or to what is in force.
    EmbargoAccepted,
    /// No agreement to what is proposed.
    EmbargoRefused { why: String },
    /// What was proposed is in force.
    EmbargoActivated,
    /// There is none.
    EmbargoDeclined { why: String },
    /// It is over.
    EmbargoExited { why: String },
    /// Something became true.
    BitSet { bit: Bit },
    /// A fix: its patch, and where its tests ran. Reviews and tests of an older one do not count for it.
    FixSubmitted { patch: ContentHash, ci: String },
    /// A review of the fix.
    FixReviewed { patch: ContentHash },
    /// The regression test, on the state before the fix and after it.
    FixTested {
        patch: ContentHash,
        before: TestResult,
        after: TestResult,
    },
    /// A branch that gets support, and what it has.
    BranchSaid { branch: String, state: BranchState },
    /// A step is done, with its evidence.
    StepDone { step: Step, evidence: String },
    /// Implementers are told before the public, until a time; `days` is what the policy gives them for the severity of then.
    NoticeStarted {
        until: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u8>,
    },
    /// They need not be waited for.
    NoticeWaived { why: String },
    /// The advisory was edited. Approvals of another text are void.
    Drafted { draft: Draft },
    /// Somebody approves this very text.
    Approved { hash: ContentHash },
    /// It is to be published then.
    Scheduled { at: When },
    /// An embargoed text was shown to somebody.
    Shown { to: PartyId, hash: ContentHash },
    /// It is public.
    Published { hash: ContentHash },
    /// It is public before its time, by two people, as interim.
    EmergencyPublished {
        hash: ContentHash,
        second: PartyId,
        why: String,
        to_follow: Vec<String>,
    },
    /// It is withdrawn.
    Withdrawn { why: String },
    /// Something is asked of a service elsewhere, with this text.
    ErrandAsked {
        errand: Errand,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<ContentHash>,
    },
    /// It is done.
    ErrandDone { errand: Errand },
    /// It is not done.
    ErrandRefused { errand: Errand, why: String },
    /// The case is known elsewhere by this.
    IdKept { system: System, id: String },
    /// Something sets clocks going.
    Triggered { trigger: Trigger },
    /// A clock stands still.
    ClockPaused {
        clock: u64,
        until: When,
        why: String,
    },
    /// It goes on.
    ClockResumed { clock: u64 },
    /// What was due is done.
    ClockMet { clock: u64, evidence: String },
    /// How many installations are patched, in percent, and which are not.
    CoverageSaid { percent: u8, laggards: Vec<String> },
    /// The case goes on.
    Moved { to: Stage },
}

/// How a test went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestResult {
    /// It failed.
    Failed,
    /// It passed.
    Passed,
}

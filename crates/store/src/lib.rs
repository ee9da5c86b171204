//! The record at rest: all SQL, the engine, caller-bound reading and writing, the search index, the audit log.
//! The only way in is [`Store::read`] and [`Store::write`]: each decides, acts and leaves its audit entry.
//!
//! Deliberately absent: HTTP, FHIR validation (a document arrives validated), the checking of passwords and keys.

mod access;
mod advisory;
mod audit;
mod body;
mod bulk;
mod clients;
mod company;
mod desk;
mod draft;
mod engine;
mod error;
mod files;
mod history;
mod incident;
mod index;
mod insider;
mod keep;
mod key;
mod leave;
mod mask;
mod oauth;
mod owner;
mod people;
#[cfg(test)]
mod postgres_test;
mod reach;
mod reader;
mod reading;
mod reserve;
mod rows;
mod search;
mod signed;
mod statements;
mod store;
mod stored;
mod subscription;
mod trail;
mod translate;
mod tx;
mod undo;
mod verify;
mod witness;
mod writer;

pub use access::{
    Break, BreakFinding, BreakList, BreakReason, BreakReview, NewBreak, NewRole, Relates,
    RoleError, RoleForm, RoleRecord, is_role,
};
pub use advisory::{
    Asked, Decide, Decision, FeedState, FindingNote, KeptFinding, KeptReceipt, Taken,
};
pub use audit::{
    AuditKind, AuditLine, AuditOutcome, AuditPage, AuditProof, AuditQuery, AuditReport,
    AuditReview, AuditSort, AuditSubject, AuditUse, Disclosures, Extension, LoggedEntry,
    MadeReport, NewHeadKey, ReportAsked, ReportEvery, ReportPlan, Said, SpoolStanding,
};
pub use bulk::{
    Export, ExportError, ExportFile, ExportItems, ExportState, Exports, Marking, NewExport,
};
pub use clients::{ActsFor, ClientRecord, InUse, Mark, NewClient, NewToken, TokenRecord};
pub use desk::{
    Adoption, BoxPlace, CLERK, CaseFigures, CaseFile, CaseLine, CaseQuestion, CaseSort, ClockIs,
    Contact, Credit, Delivery, Desk, DeskError, DeskMail, DeskPerson, DraftText, DueErrand,
    DutyLine, ErrandEnd, ErrandIs, ErrandLine, FileLine, Installation, Known as KnownInstallation,
    Letter, ListPlace, Listed, NewContact, NewDuty as NewDeskDuty, NewReport, NoticeShown, OneFile,
    Origin as DutyOrigin, Published, Reached, Received, ReportFigures, ReportFile, ReportLine,
    ReportQuestion, ReportStatus, SbomLine, SeverityIs, StageIs, Thread, ToReporter, VerdictIs,
    Whose,
};
pub use draft::Draft;
pub use engine::schemas;
pub use error::{ReadError, StoreError, WriteError};
pub use files::is_open;
pub use history::{HistoryPage, HistoryQuery};
pub use incident::{
    Affected, AlertDecision, AlertList, Concerned, IncidentChange, KeptAlert, KeptIncident,
    NewIncident,
};
pub use insider::{
    CaseList, CaseOutcome, CaseReview, Decoy, DecoyKind, InsiderCase, InsiderReview,
    InsiderSettings, Keep,
};
pub use keep::{
    Beside, Cut, Erasure, ErasureState, Following, Hold, Image, KeyStatus, Resealing, Still,
    StillFile, StillRead, put_pages,
};
pub use leave::{ConsentVersion, Ground, Release, is_about_substance_use};
pub use oauth::{
    App, AppApproval, AppGrant, AppKind, Audience, BrowserOrigin, CodeGrant, CodeRedeem, Family,
    GrantRefusal, LaunchContext, NewFamily, NewLaunch, PatientLine, RefreshGrant, Remember,
    SealedKey, States, Tokens,
};
pub use owner::Owner;
pub use people::{
    Access, AccessPage, AccessQuery, Account, AccountChange, AccountPage, AccountQuery,
    AccountState, Answer, Approval, ApprovalState, Attempt, Attention, BackOff, Credential,
    CredentialKind, CredentialSecret, DUTY_AHEAD_MILLIS, Device, Duty, DutyGap, DutyKind, Enrol,
    FoundSession, Gate, Identity, Known, Link, LinkKind, Lock, LockRule, MAILED_LINK_MILLIS, Mail,
    MailKind, MailList, MailStanding, MailedLink, Mailing, NameError, NewAccount, NewApproval,
    NewCredential, NewDuty, NewIdentity, NewLink, NewSession, NotSent, Notice, NoticeKind,
    OpenCredential, Outside, Parked, PeopleError, PeopleRule, Proof, Proposal, ProposalState,
    Recheck, RecheckDecision, RecheckItem, Redeem, Refusal, Reminded, Right, Session, SessionRule,
    SessionState, Telling, TellingEnd, TellingKind, TellingOutcome, UserName, Waiting, duty_gaps,
};
pub use reading::Reading;
pub use search::SearchPage;
pub use signed::{NoteSignature, SIGNATURE, SIGNED};
pub use store::{OpenError, Settings, Store};
pub use stored::{Change, Stored};
pub use subscription::{Outbox, Told};
pub use trail::{Begin, SendNews, SendPosition, SendStatus, Trail, TrailEntry};
pub use tx::Tx;
pub use undo::{Past, Presence};
pub use verify::{
    AccountStanding, CASE, Checked, Finding, Found, LogStanding, Rehearsal, Report, Scrub,
    Scrubbed, Standing,
};
pub use witness::{AddCheckpoint, Cosigned, FormError, Objection, WitnessAnswer, Witnessed};

/// Whether this build leaves reads out of the audit log: only that of `cargo xtask bench --audit`, never the program.
pub const LEAVES_READS_OUT: bool = cfg!(feature = "bench-unlogged");

pub use aceso_vault::tree::{HeadKey, WitnessKey};

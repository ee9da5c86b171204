//! People: accounts, how they prove who they are, their sessions. Every act decides, does it and leaves its audit entry in
//! one transaction; a refused act leaves an entry too.

mod access;
mod account;
mod account_change;
mod approval;
mod attention;
mod credential;
mod device;
mod door;
mod draft;
mod duty;
#[cfg(test)]
mod entries_test;
mod forgot;
mod identity;
mod link;
mod lock;
mod mail;
mod name;
mod notice;
mod proposal;
mod recheck;
mod recovery;
mod remind;
mod rule;
mod session;
mod session_life;
mod telling;

pub use access::{Access, AccessPage, AccessQuery};
pub use account::{Account, AccountPage, AccountQuery, AccountState, Enrol, NewAccount};
pub use account_change::AccountChange;
pub use approval::{Approval, ApprovalState, NewApproval};
pub use attention::Attention;
pub use credential::{Credential, CredentialKind, CredentialSecret, NewCredential, OpenCredential};
pub use device::{Device, Known};
pub use door::{PeopleError, Refusal};
pub use draft::Waiting;
pub use duty::{DUTY_AHEAD_MILLIS, Duty, DutyGap, DutyKind, NewDuty, duty_gaps};
pub use forgot::{MAILED_LINK_MILLIS, MailedLink};
pub use identity::{Identity, NewIdentity, Outside};
pub use link::{Link, LinkKind, NewLink, Redeem};
pub use lock::{Attempt, Gate, Lock, Right};
pub use mail::{Mail, MailKind, MailList, MailStanding, Mailing, NotSent};
pub use name::{NameError, UserName};
pub use notice::{Notice, NoticeKind};
pub use proposal::{Answer, Proposal, ProposalState};
pub use recheck::{Recheck, RecheckDecision, RecheckItem};
pub use remind::Reminded;
pub use rule::{BackOff, LockRule, PeopleRule, SessionRule};
pub use session::{FoundSession, NewSession, Session, SessionState};
pub use session_life::{Parked, Proof};
pub use telling::{Telling, TellingEnd, TellingKind, TellingOutcome};

pub(crate) use account::{accounts, one as account_one};
pub(crate) use credential::check as check_credential;
pub(crate) use door::{Act, Need};
pub(crate) use lock::Failures;
pub(crate) use mail::{KEPT_TRYING_MILLIS, NewMail, mail_sealer};
pub(crate) use notice::notify;
pub(crate) use proposal::widen;
pub(crate) use recheck::TasksUsed;
pub(crate) use session::{Sessions, strength_code, strength_from};
pub(crate) use telling::{Corrected, Opening};

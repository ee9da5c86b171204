//! Apps that act for people (SMART App Launch 2.2): what a person allowed, the codes and tokens that came of it, launches
//! from within the clinic, the keys of ID tokens.

mod app;
mod code;
mod consent;
mod family;
mod key;
mod launch;
mod origin;
mod patients;
mod refresh;

#[cfg(test)]
mod tests;

pub use app::{App, AppKind, Audience, States};
pub use code::{CodeGrant, CodeRedeem};
pub use consent::{AppApproval, AppGrant, NewFamily, Remember};
pub use family::{Family, GrantRefusal, Tokens};
pub use key::SealedKey;
pub use launch::{LaunchContext, NewLaunch};
pub use origin::BrowserOrigin;
pub(crate) use origin::Origins;
pub use patients::PatientLine;
pub use refresh::RefreshGrant;

pub(crate) use crate::people::strength_from;

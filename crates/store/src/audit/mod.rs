//! The audit log: a Merkle tree of entries in a file of its own, so that the entries that reads leave do not disturb the
//! record's page caches. Entries of reads are committed before the answer is given; entries of writes are committed with
//! the write in the record (`audit_out`) and taken over into the log at once after. Indexes by patient, by person and by
//! kind are filled with the leaf, in one transaction.

mod about;
mod agree;
mod ahead;
mod append;
mod ask;
mod behind;
mod check;
mod emergency;
mod end;
mod every;
mod fill;
mod form;
mod front;
#[cfg(test)]
mod growth_test;
mod index;
mod item;
mod kind;
mod latest;
mod leaf;
mod log;
mod logged;
mod moving;
mod named;
mod old;
mod pick;
mod plan;
mod proof;
mod query;
#[cfg(test)]
mod query_test;
mod report;
mod review;
mod signer;
#[cfg(test)]
mod signer_test;
mod span;
mod spool;
#[cfg(test)]
mod spool_test;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use aceso_base::Instant;
use aceso_policy::{Caller, Purpose, Who};

pub(crate) use about::{Versions, ids};
pub(crate) use check::{check, check_some};
pub(crate) use emergency::Emergencies;
pub use emergency::SpoolStanding;
pub use every::ReportEvery;
pub(crate) use form::AuditOutcome as Outcome;
#[cfg(test)]
pub(crate) use form::read;
pub use form::{AuditOutcome, Said};
pub use kind::AuditKind;
pub(crate) use latest::{CLOCK_ACCEPTED, latest, latest_since_accepted};
pub(crate) use log::Log;
pub use logged::LoggedEntry;
pub(crate) use logged::{logged, logged_after, logged_count};
pub use plan::{MadeReport, ReportAsked, ReportPlan};
pub(crate) use proof::signed_head;
pub use proof::{AuditProof, Extension};
pub use query::{AuditLine, AuditPage, AuditQuery, AuditSort, AuditUse, Disclosures};
pub use report::{AuditReport, AuditSubject};
pub use review::AuditReview;
pub use signer::NewHeadKey;
pub(crate) use signer::{current as head_signer, newest as newest_head_key};
pub(crate) use spool::Late;
pub(crate) use walk::{Found, Scope as WantedScope, Walk, Wanted};

/// One entry before it is in the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    pub(crate) body: Vec<u8>,
}

/// Writes an entry's body.
pub(crate) fn entry(
    at: Instant,
    caller: &Caller,
    purpose: Purpose,
    act: &str,
    outcome: Outcome,
    detail: &str,
    items: &mut dyn Iterator<Item = String>,
) -> Entry {
    let context = match &caller.who {
        Who::Client(client) => client.patient.clone(),
        Who::Person(_) | Who::Operator | Who::Job(_) => None,
    };
    let by = match (&caller.who, caller.as_person()) {
        (Who::Client(_), Some(person)) => Some(["person/", person.label()].concat()),
        (Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_), _) => None,
    };
    let roles = caller.as_person().map_or(&[][..], |p| p.roles.as_slice());
    let roles = roles.iter().map(|role| role.as_str().to_owned()).collect();
    let body = form::write(&Said {
        who: caller.name(),
        purpose: purpose.code().to_owned(),
        address: caller.origin.address,
        request: caller.origin.request.clone(),
        context,
        by,
        act: act.to_owned(),
        outcome,
        detail: detail.to_owned(),
        on: items.collect(),
        rests: Vec::new(),
        patients: Vec::new(),
        roles,
        is_late: false,
        is_old: false,
    });
    Entry { at, body }
}

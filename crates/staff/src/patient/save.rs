//! Saving what a form of the chart says: checked against FHIR, all in one transaction, once.

use aceso_fhir::validate;
use aceso_fhir::{Object, Value};
use aceso_policy::{Action, Decision, Purpose, decide};
use aceso_store::{Change, ReadError, Tx, WriteError};
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::chart::write::reference;
use crate::find::document;

/// How saving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// It is in the record.
    Done,
    /// Somebody else changed the same thing in the meantime.
    Overtaken,
}

/// Whether the reader's role ever makes resources of this type: whether a page offers it. The store decides again.
pub(crate) fn may_add(staff: &Staff, ask: &Ask, kind: &str) -> Result<bool, PageFault> {
    may(staff, ask, Action::Create, kind)
}

/// Whether the reader's role ever does this to resources of this type.
pub(crate) fn may(staff: &Staff, ask: &Ask, action: Action, kind: &str) -> Result<bool, PageFault> {
    let decision = decide(
        &staff.store().policies(),
        ask.caller()?,
        action,
        kind,
        Purpose::Treatment,
        staff.store().now(),
    );
    Ok(!matches!(decision, Decision::Deny))
}

/// A form that the reader's role never sends is not there for them.
pub(crate) fn must_add(staff: &Staff, ask: &Ask, kind: &str) -> Result<(), PageFault> {
    match may_add(staff, ask, kind)? {
        true => Ok(()),
        false => Err(PageFault::Missing),
    }
}

/// Who signs for it: the person as the record knows them.
pub(crate) fn signer(ask: &Ask) -> Result<Option<Value>, PageFault> {
    let user = ask.caller()?.as_person().and_then(|p| p.user.as_ref());
    Ok(user.map(|user| reference(user.to_string())))
}

/// Who does it: as the record knows them, else by name alone.
pub(crate) fn actor(ask: &Ask) -> Result<Value, PageFault> {
    Ok(match signer(ask)? {
        Some(signer) => signer,
        None => {
            let name = ask.person()?.badge.name.as_str();
            Value::from([("display", Value::from(name))])
        }
    })
}

/// The patient of the page's address, as a reference.
pub(crate) fn subject(ask: &Ask) -> Result<Value, PageFault> {
    Ok(reference(["Patient/", ask.of_patient()?].concat()))
}

/// What is wrong with a document by FHIR's rules: our own mistake, never the person's.
#[derive(Debug, thiserror::Error)]
#[error("a form made a document that FHIR does not allow: {0}")]
struct Malformed(String);

/// A document that keeps FHIR's rules. Profiles that a document from another system claims are not held against a change
/// made here.
pub(crate) fn checked(document: Object) -> Result<Value, PageFault> {
    let value = Value::from(document);
    let issues = validate::resource(&value, &validate::Options::LOAD);
    match issues.iter().find(|issue| issue.severity.refuses()) {
        Some(issue) => Err(PageFault::hidden(Malformed(format!("{issue:?}")))),
        None => Ok(value),
    }
}

/// A transaction of the person at the page.
pub(crate) fn begin(staff: &Staff, ask: &Ask) -> Result<Tx, PageFault> {
    Ok(staff.store().write(ask.caller()?, Purpose::Treatment))
}

/// Puts new resources in; the first one under the form's own id, so that a form that is sent twice is saved once.
pub(crate) fn add(
    staff: &Staff,
    tx: &mut Tx,
    form: &str,
    documents: Vec<Object>,
) -> Result<(), PageFault> {
    for (at, document) in documents.into_iter().enumerate() {
        let id = if at == 0 {
            form.to_owned()
        } else {
            staff.store().new_id()
        };
        tx.create(&id, checked(document)?).map_err(refused)?;
    }
    Ok(())
}

/// Commits. A first resource that is there already under the form's id was saved by this very form.
pub(crate) async fn commit(
    staff: &Staff,
    ask: &Ask,
    tx: Tx,
    first: (&'static str, &str),
) -> Result<Saved, PageFault> {
    match tx.commit().await {
        Ok(()) => Ok(Saved::Done),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {
            let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
            match reading.fetch(first.0, first.1).await {
                Ok(_) => Ok(Saved::Done),
                Err(ReadError::Unknown | ReadError::Gone { .. } | ReadError::Forbidden) => {
                    Ok(Saved::Overtaken)
                }
                Err(error) => Err(crate::fault::unreadable(error)),
            }
        }
        Err(error) => Err(refused(error)),
    }
}

/// Where a resource says whose it is.
const SUBJECTS: [&str; 3] = ["subject", "patient", "beneficiary"];

/// A resource of the patient of the page's address that the person may change, and its version. What is another
/// patient's is not there.
pub(crate) async fn held(
    staff: &Staff,
    ask: &Ask,
    kind: &'static str,
    id: &str,
) -> Result<(Value, u64), PageFault> {
    if !may(staff, ask, Action::Update, kind)? {
        return Err(PageFault::Missing);
    }
    let mut tx = begin(staff, ask)?;
    let found = tx.current(kind, id).await.map_err(refused)?;
    let stored = found.filter(|s| s.change != Change::Deleted);
    let stored = stored.ok_or(PageFault::Missing)?;
    // That it was looked at is on record, as every look is.
    tx.commit().await.map_err(refused)?;
    let document = document(&stored)?;
    let of = SUBJECTS
        .iter()
        .find_map(|name| document.get(name)?.str_at("reference"));
    if of != Some(["Patient/", ask.of_patient()?].concat().as_str()) {
        return Err(PageFault::Missing);
    }
    Ok((document, stored.version))
}

/// Saves the next version of one resource over the version that its form showed.
pub(crate) async fn change(
    staff: &Staff,
    ask: &Ask,
    id: &str,
    version: u64,
    document: Object,
) -> Result<Saved, PageFault> {
    let mut tx = begin(staff, ask)?;
    let done = match tx.update(id, checked(document)?, Some(version)).await {
        Ok(_) => tx.commit().await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Saved::Done),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => Ok(Saved::Overtaken),
        Err(error) => Err(refused(error)),
    }
}

/// What the store refuses to write, as a page says it.
pub(crate) fn refused(error: WriteError) -> PageFault {
    match error {
        WriteError::Unknown | WriteError::Forbidden => PageFault::Missing,
        WriteError::VersionMismatch { .. } | WriteError::Stale => PageFault::Refused(
            "Somebody else changed this in the meantime. Go back, reload the page, and look at what they wrote".to_owned(),
        ),
        failed @ (WriteError::Dangling(_)
        | WriteError::Referenced(_)
        | WriteError::Twice(_)
        | WriteError::BadQuery(_)
        | WriteError::Subscription { .. }
        | WriteError::Store(_)) => PageFault::hidden(failed),
    }
}

/// The form's own id as it came back; a new one where it is none of ours.
pub(crate) fn form_id(staff: &Staff, said: &str) -> String {
    let ours = (8..=64).contains(&said.len())
        && said.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if ours {
        said.to_owned()
    } else {
        staff.store().new_id()
    }
}

//! `/admin/forms`: the clinic's forms, made and changed without code, published as versions.

pub(crate) mod asked;
pub(crate) mod condition;
pub(crate) mod item;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod preview;
pub(crate) mod show;
pub(crate) mod tree;

use aceso_fhir::form::{Fault, read};
use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::{ReadError, Tx, WriteError};
use aceso_web::page::Crumb;
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::admin::standing::Standing;
use crate::fault::unreadable;
use crate::find::document;
use crate::forms::shipped;
use crate::patient::save::{checked, refused};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/forms";
/// The type of what is kept.
const KIND: &str = "Questionnaire";
/// Addresses of forms that the clinic made begin so.
const OWN: &str = "urn:aceso:form:own:";

/// A form and the version of its document; 0 for a shipped one, which is not stored.
struct Kept {
    document: Value,
    version: u64,
}

impl Kept {
    /// Where it stands.
    fn standing(&self) -> Standing {
        standing(&self.document)
    }
}

/// Where a form stands.
fn standing(document: &Value) -> Standing {
    Standing::of(document.str_at("status"))
}

/// The address of a form.
fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Forms", HERE)]
}

/// The form of the address.
async fn kept(staff: &Staff, ask: &Ask) -> Result<Kept, PageFault> {
    let id = ask.param("form");
    let reading = staff.store().read(ask.caller()?, Purpose::Operations);
    match reading.fetch(KIND, id).await {
        Ok(stored) => Ok(Kept {
            document: document(&stored)?,
            version: stored.version,
        }),
        Err(ReadError::Unknown) => {
            let own = shipped::all().iter();
            let own = own.into_iter().find(|s| s.document.id() == Some(id));
            Ok(Kept {
                document: own.ok_or(PageFault::Missing)?.document.clone(),
                version: 0,
            })
        }
        Err(other) => Err(unreadable(other)),
    }
}

/// The draft of the address, at the version that the page showed.
async fn draft(staff: &Staff, ask: &Ask, version: &str) -> Result<Kept, PageFault> {
    let kept = kept(staff, ask).await?;
    if kept.version == 0 || kept.standing() != Standing::Draft {
        return Err(PageFault::Missing);
    }
    match version.parse() == Ok(kept.version) {
        true => Ok(kept),
        false => Err(refused(WriteError::Stale)),
    }
}

fn begin(staff: &Staff, ask: &Ask) -> Result<Tx, PageFault> {
    Ok(staff.store().write(ask.caller()?, Purpose::Operations))
}

/// Puts a form's next document in its place.
async fn replace(staff: &Staff, ask: &Ask, id: &str, kept: Kept) -> Result<(), PageFault> {
    let Value::Object(object) = kept.document else {
        return Err(PageFault::Missing);
    };
    let mut tx = begin(staff, ask)?;
    tx.update(id, checked(object)?, Some(kept.version))
        .await
        .map_err(refused)?;
    tx.commit().await.map_err(refused)
}

/// What is wrong with a form that is being made: that it asks nothing yet is no fault before it is published.
fn faults(document: &Value) -> Vec<Fault> {
    let empty = document.items_at("item").is_empty();
    match read(document) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .into_iter()
            .filter(|f| !(f.link.is_empty() && (empty || f.what.contains("asks nothing"))))
            .collect(),
    }
}

/// A fault in the reader's language, with the item that it is in.
fn told(fault: &Fault) -> String {
    let what = maud::recalled(&fault.what);
    match &*fault.link {
        "" => what,
        link => format!("{link}: {what}"),
    }
}

/// A form as a draft of its own: a new version of what it was made of.
fn copy(document: &Value, id: &str, version: &str) -> Option<Object> {
    let mut object = document.as_object()?.clone();
    object.set("id", id);
    object.set("version", version);
    object.set("status", "draft");
    object.remove("meta");
    object.remove("date");
    Some(object)
}

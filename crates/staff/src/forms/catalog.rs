//! Which forms there are: those that the clinic stored, and the shipped ones that it did not replace.

use std::sync::Arc;

use aceso_fhir::Value;
use aceso_fhir::form::{Form, read};
use aceso_web::site::{Ask, PageFault};

use super::shipped;
use crate::Staff;
use crate::find::escaped;
use crate::patient::record::{Wanted, searches};

/// A form that can be begun.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// What its address ends with.
    pub(crate) key: String,
    /// Its canonical address, without a version.
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) purpose: String,
}

/// A form that was found cannot be filled in; an administrator has to mend it.
#[derive(Debug, thiserror::Error)]
#[error("a stored form cannot be read: {0}")]
struct Broken(String);

/// At most so many stored versions of forms are looked at.
const MOST: u32 = 500;

/// All stored versions of forms, the newest first.
pub(crate) async fn stored(
    staff: &Staff,
    ask: &Ask,
    wanted: Wanted,
) -> Result<Vec<Value>, PageFault> {
    let wanted = wanted.with("_sort", "-_lastUpdated").most(MOST);
    let found = searches(staff, ask, vec![wanted]).await?;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    Ok(found.matches)
}

/// The forms that can be begun, by title.
pub(crate) async fn offers(staff: &Staff, ask: &Ask) -> Result<Vec<Offer>, PageFault> {
    let stored = stored(staff, ask, Wanted::new("Questionnaire")).await?;
    let mut all: Vec<Offer> = stored
        .iter()
        .filter(|d| d.str_at("status") == Some("active"))
        .filter_map(offer)
        .collect();
    let own = shipped::all().iter().map(|s| &s.document);
    let free = own.filter(|d| stored.iter().all(|s| s.str_at("url") != d.str_at("url")));
    all.extend(free.filter_map(offer));
    all.sort_by_key(|o| o.title.to_lowercase());
    Ok(all)
}

fn offer(document: &Value) -> Option<Offer> {
    let text = |name| document.str_at(name).unwrap_or_default().to_owned();
    Some(Offer {
        key: document.id()?.to_owned(),
        url: document.str_at("url")?.to_owned(),
        title: text("title"),
        purpose: text("description"),
    })
}

/// The form that can be begun under this key.
pub(crate) async fn begun(staff: &Staff, ask: &Ask, key: &str) -> Result<Arc<Form>, PageFault> {
    let wanted = Wanted::new("Questionnaire")
        .with("_id", escaped(key))
        .with("status", "active");
    if let Some(document) = stored(staff, ask, wanted).await?.first() {
        return parsed(document);
    }
    let own = shipped::all().iter().find(|s| s.document.id() == Some(key));
    let own = own.ok_or(PageFault::Missing)?;
    let wanted = Wanted::new("Questionnaire").with("url", escaped(&own.form.url));
    match stored(staff, ask, wanted).await?.is_empty() {
        true => Ok(Arc::clone(&own.form)),
        false => Err(PageFault::Missing),
    }
}

/// The very version that a response was made with: `url|version`.
pub(crate) async fn version(
    staff: &Staff,
    ask: &Ask,
    canonical: &str,
) -> Result<Arc<Form>, PageFault> {
    let own = shipped::all().iter();
    if let Some(own) = own.into_iter().find(|s| s.form.canonical() == canonical) {
        return Ok(Arc::clone(&own.form));
    }
    let (url, version) = canonical.split_once('|').unwrap_or((canonical, ""));
    if url.is_empty() {
        return Err(PageFault::Missing);
    }
    let wanted = Wanted::new("Questionnaire").with("url", escaped(url));
    let stored = stored(staff, ask, wanted).await?;
    let found = stored
        .iter()
        .find(|d| d.str_at("version").unwrap_or_default() == version);
    parsed(found.ok_or(PageFault::Missing)?)
}

fn parsed(document: &Value) -> Result<Arc<Form>, PageFault> {
    let form = read(document).map_err(|faults| {
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        PageFault::hidden(Broken(all.join("; ")))
    })?;
    Ok(Arc::new(form))
}

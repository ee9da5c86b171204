//! The signed feed: the desk's key is the one whose fingerprint is configured, its signature holds for the feed and for each
//! document in it.

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::advisory::{Advisory, read};
use aceso_vault::PgpPublic;
use serde_json::Value;

use super::error::PullError;
use super::source::Source;

const CSAF: &str = "/.well-known/csaf";
/// The most advisories of a feed.
const MOST: usize = 5_000;

/// A feed that was checked.
#[derive(Debug)]
pub struct Feed {
    /// When the desk signed it.
    pub signed: When,
    /// What is in it: each advisory with when its current version is of.
    pub listed: BTreeMap<String, When>,
    /// Those that were fetched, because they are not known in this version.
    pub fetched: Vec<Advisory>,
}

impl Feed {
    /// Fetches and checks it; of advisories that are known only those that changed.
    pub async fn fetch(
        source: &Source,
        desk: &str,
        fingerprint: &str,
        known: &[Advisory],
    ) -> Result<Self, PullError> {
        let desk = desk.trim_end_matches('/');
        let key = key(source, desk, fingerprint).await?;
        let path = format!("{CSAF}/feed-tlp-white.json");
        let (feed, signed) = checked(source, desk, &key, &path).await?;
        let wrong = |why: &str| PullError::refused("the feed", why);
        let feed: Value = serde_json::from_slice(&feed).map_err(|_| wrong("it is not JSON"))?;
        let entries = feed.pointer("/feed/entry").and_then(Value::as_array);
        let entries = entries.ok_or_else(|| wrong("it has no entries"))?;
        if entries.len() > MOST {
            return Err(wrong("it has more than 5,000 entries"));
        }
        let mut found = Self {
            signed,
            listed: BTreeMap::new(),
            fetched: Vec::new(),
        };
        for entry in entries {
            if let Some(before) = unchanged(entry, known) {
                found.listed.insert(before.id.clone(), before.current);
                continue;
            }
            let url = entry.pointer("/content/src").and_then(Value::as_str);
            let url = url.unwrap_or_default();
            let path = url.strip_prefix(desk);
            let path = path.ok_or_else(|| wrong(&format!("it leads to {url}")))?;
            let (document, _) = checked(source, desk, &key, path).await?;
            let document = read(&document).map_err(|error| PullError::refused(path, error))?;
            let advisory = document.advisory;
            found.listed.insert(advisory.id.clone(), advisory.current);
            found.fetched.push(advisory);
        }
        Ok(found)
    }
}

/// The advisory that an entry is about, when it is known in the version that the entry names.
fn unchanged<'a>(entry: &Value, known: &'a [Advisory]) -> Option<&'a Advisory> {
    let id = entry.get("id").and_then(Value::as_str)?;
    let updated: When = entry.get("updated")?.as_str()?.parse().ok()?;
    known.iter().find(|a| a.id == id && a.current == updated)
}

async fn key(source: &Source, desk: &str, fingerprint: &str) -> Result<PgpPublic, PullError> {
    let wanted: String = fingerprint.chars().filter(|c| !c.is_whitespace()).collect();
    let wanted = wanted.to_uppercase();
    let path = format!("{CSAF}/openpgp/{wanted}.asc");
    let key = source.get(desk, &path).await.map_err(|error| {
        let what = "the desk does not have the key that is configured (advisories.key)";
        PullError::unreachable(what, error)
    })?;
    let key = PgpPublic::read(&String::from_utf8_lossy(&key));
    let key = key.map_err(|error| PullError::refused("the desk's key", error))?;
    if key.fingerprint() != wanted {
        let why = format!(
            "it is {}, not the one that is configured",
            key.fingerprint()
        );
        return Err(PullError::refused("the desk's key", why));
    }
    Ok(key)
}

/// A document whose detached signature holds, and when it was signed.
async fn checked(
    source: &Source,
    desk: &str,
    key: &PgpPublic,
    path: &str,
) -> Result<(Vec<u8>, When), PullError> {
    let bytes = source.get(desk, path).await?;
    let signature = source.get(desk, &format!("{path}.asc")).await?;
    let at = key.check(&String::from_utf8_lossy(&signature), &bytes);
    let at = at.map_err(|error| PullError::refused(path, error))?;
    Ok((bytes, When::from_millis(i64::from(at) * 1000)))
}

//! The signed feed: the desk's key is the one whose fingerprint is configured, its signature holds for the feed and for each
//! document in it.

use aceso_desk::When;
use aceso_desk::advisory::{Advisory, read};
use aceso_vault::PgpPublic;
use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::source::Source;

const CSAF: &str = "/.well-known/csaf";

/// A feed that was checked.
pub(super) struct Feed {
    /// When the desk signed it.
    pub(super) signed: When,
    /// What is in it.
    pub(super) advisories: Vec<Advisory>,
}

impl Feed {
    /// Fetches and checks it.
    pub(super) async fn fetch(source: &Source, desk: &str, fingerprint: &str) -> Result<Self> {
        let desk = desk.trim_end_matches('/');
        let wanted: String = fingerprint.chars().filter(|c| !c.is_whitespace()).collect();
        let wanted = wanted.to_uppercase();
        let key = source
            .get(desk, &format!("{CSAF}/openpgp/{wanted}.asc"))
            .await;
        let key =
            key.context("the desk does not have the key that is configured (advisories.key)")?;
        let key = PgpPublic::read(&String::from_utf8_lossy(&key)).context("the desk's key")?;
        if key.fingerprint() != wanted {
            bail!(
                "the desk's key is {}, not the one that is configured",
                key.fingerprint()
            );
        }
        let (feed, signed) =
            signed(source, desk, &key, &format!("{CSAF}/feed-tlp-white.json")).await?;
        let feed: Value = serde_json::from_slice(&feed).context("the feed")?;
        let entries = feed.pointer("/feed/entry").and_then(Value::as_array);
        let mut advisories = Vec::new();
        for entry in entries.context("the feed has no entries")? {
            let url = entry
                .pointer("/content/src")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let path = url
                .strip_prefix(desk)
                .with_context(|| format!("the feed leads to {url}, which is not below {desk}"))?;
            let (document, _) = self::signed(source, desk, &key, path).await?;
            let document = read(&document).with_context(|| path.to_owned())?;
            advisories.push(document.advisory);
        }
        Ok(Self { signed, advisories })
    }
}

/// A document whose detached signature holds, and when it was signed.
async fn signed(
    source: &Source,
    desk: &str,
    key: &PgpPublic,
    path: &str,
) -> Result<(Vec<u8>, When)> {
    let bytes = source.get(desk, path).await?;
    let signature = source.get(desk, &format!("{path}.asc")).await?;
    let at = key.check(&String::from_utf8_lossy(&signature), &bytes);
    let at = at.with_context(|| format!("{path} is refused"))?;
    Ok((bytes, When::from_millis(i64::from(at) * 1000)))
}

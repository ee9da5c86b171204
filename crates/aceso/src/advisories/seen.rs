//! What was seen of the feed before: it goes forward only, and nothing that was published disappears from it.

use std::collections::BTreeMap;
use std::path::Path;

use aceso_desk::When;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::feed::Feed;

/// The latest state that was seen.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// When the feed was signed.
    signed: Option<When>,
    /// When the current version of each advisory is of.
    advisories: BTreeMap<String, When>,
}

impl Seen {
    /// As it was kept; none is kept before the first time.
    pub(super) fn read(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| path.display().to_string()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(e).with_context(|| path.display().to_string()),
        }
    }

    /// Takes a newer feed in; an older one is refused.
    pub(super) fn accept(&mut self, feed: &Feed) -> Result<()> {
        if let Some(last) = self.signed.filter(|last| feed.signed < *last) {
            bail!(
                "the feed was rolled back: it was signed on {}, one of {} was seen before",
                feed.signed.said(),
                last.said()
            );
        }
        let now: BTreeMap<String, When> = feed
            .advisories
            .iter()
            .map(|a| (a.id.clone(), a.current))
            .collect();
        for (id, before) in &self.advisories {
            match now.get(id) {
                None => bail!("{id} was in the feed before and is not any more"),
                Some(at) if at < before => bail!(
                    "{id} was rolled back: its version is of {}, one of {} was seen before",
                    at.said(),
                    before.said()
                ),
                Some(_) => {}
            }
        }
        self.signed = Some(feed.signed);
        self.advisories = now;
        Ok(())
    }

    /// Keeps it: whole, or as it was.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let next = path.with_extension("next");
        std::fs::write(&next, serde_json::to_vec_pretty(self)?)
            .and_then(|()| std::fs::rename(&next, path))
            .with_context(|| path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aceso_desk::advisory::Advisory;

    fn feed(signed: i64, advisories: &[(&str, i64)]) -> Feed {
        let at = |day: i64| When::from_millis(day * 86_400_000);
        let one = |(id, day): &(&str, i64)| -> Advisory {
            serde_json::from_value(serde_json::json!({
                "id": id, "title": "t", "publisher": {"name": "p", "namespace": "https://p.example"},
                "status": "final", "version": "1", "initial": at(*day), "current": at(*day), "revisions": [],
            }))
            .unwrap()
        };
        Feed {
            signed: at(signed),
            advisories: advisories.iter().map(one).collect(),
        }
    }

    #[test]
    fn a_feed_goes_forward_only_and_loses_nothing() {
        let mut seen = Seen::default();
        seen.accept(&feed(10, &[("A", 1), ("B", 5)])).unwrap();
        seen.accept(&feed(10, &[("A", 1), ("B", 5)])).unwrap();
        for (bad, says) in [
            (feed(9, &[("A", 1), ("B", 5)]), "the feed was rolled back"),
            (feed(11, &[("A", 1)]), "B was in the feed before"),
            (feed(11, &[("A", 1), ("B", 4)]), "B was rolled back"),
        ] {
            let error = seen.accept(&bad).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        seen.accept(&feed(12, &[("A", 7), ("B", 5), ("C", 12)]))
            .unwrap();
    }
}

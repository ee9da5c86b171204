//! A snapshot opened beside the record, to look into.

use aceso_backup::{Manifest, Series, Snapshot};
use aceso_store::{Settings, Store};
use anyhow::{Context, Result};

use super::restore::{Restored, bring};
use super::work::Work;
use super::{Where, Which};
use crate::place::{Place, clock};

/// A record of then; gone when dropped.
pub(super) struct Scratch {
    // The store closes before its files go.
    pub(super) store: Store,
    pub(super) snapshot: Snapshot,
    pub(super) manifest: Manifest,
    /// How long it took to bring and check it, in seconds.
    pub(super) brought: f64,
    _work: Work,
}

impl Scratch {
    /// Brings a snapshot, and opens it with this record's root key.
    pub(super) async fn open(place: &Place, at: &Where, which: &Which) -> Result<Self> {
        let begin = std::time::Instant::now();
        let (owned, at, which) = (place.clone(), at.clone(), which.clone());
        let bring = move || -> Result<(Work, Snapshot, Restored)> {
            let work = Work::take(&owned)?;
            let repository = owned.open_repository(&at)?;
            let all = repository.snapshots()?;
            let wanted = which.of(&all, Series::Record)?;
            let restored = bring(
                &owned,
                &repository.with_index()?,
                &all,
                &wanted,
                work.path(),
            )?;
            Ok((work, wanted, restored))
        };
        let brought = tokio::task::spawn_blocking(bring).await;
        let (work, snapshot, restored) = brought.context("the restore ended early")??;
        let brought = begin.elapsed().as_secs_f64();
        let settings = Settings {
            dir: restored.data,
            patient_keys: restored.keys,
            ..place.settings()?
        };
        let root = place.root_key()?;
        let store =
            tokio::task::spawn_blocking(move || Store::open(settings, &root, clock())).await;
        let store = store.context("opening ended early")?;
        Ok(Self {
            store: store.context("the restored record does not open")?,
            snapshot,
            manifest: restored.manifest,
            brought,
            _work: work,
        })
    }
}

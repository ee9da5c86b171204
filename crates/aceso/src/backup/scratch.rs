//! A snapshot opened beside the record, to look into.

use aceso_backup::{Manifest, Snapshot};
use aceso_store::{Settings, Store};
use anyhow::{Context, Result};

use super::point::Point;
use super::restore::{Restored, bring};
use super::work::Work;
use super::{Where, Which};
use crate::clock::clock;
use crate::place::Place;

/// A record of then; gone when dropped.
pub(super) struct Scratch {
    // The store closes before its files go.
    pub(super) store: Store,
    /// What the moment is named after.
    pub(super) snapshot: Snapshot,
    /// How many pieces of the log were put into the backup.
    pub(super) pieces: usize,
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
        let bring = move || -> Result<(Work, Point, Restored)> {
            let work = Work::take(&owned)?;
            let repository = owned.open_repository(&at)?;
            let all = repository.snapshots()?;
            let wanted = which.point(&all)?;
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
        let (work, point, restored) = brought.context("the restore ended early")??;
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
            snapshot: point.last().clone(),
            pieces: point.log.len(),
            manifest: restored.manifest,
            brought,
            _work: work,
        })
    }
}

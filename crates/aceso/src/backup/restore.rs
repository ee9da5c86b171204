//! `aceso backup restore --to DIR`: a whole snapshot into a new directory. Nothing stands there before all of it was
//! checked.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use aceso_backup::{Indexed, Manifest, Series, Snapshot};
use aceso_store::put_pages;
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::log::{KEYRING, PAGES};
use super::point::Point;
use super::run::{DATA, KEYS, mib};
use super::work::private;
use super::{Where, Which};
use crate::place::Place;
use crate::root::with_ending;
use crate::say::{complain, say};

/// In a directory that this command made, and may remove.
const MARK: &str = "a restore that is not ended";

/// Where a piece of the log is while its pages are put into the databases.
const PIECE: &str = "piece";

/// A moment that was brought back.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) data: PathBuf,
    pub(super) keys: PathBuf,
    /// The backup's; when and how far the audit log goes are the last piece's of the log.
    pub(super) manifest: Manifest,
}

/// Restores into `to`, which must not be there yet.
pub(super) fn whole(
    place: &Place,
    at: &Where,
    which: &Which,
    to: &Path,
    as_json: bool,
) -> Result<ExitCode> {
    let begin = Instant::now();
    let to = std::path::absolute(to)?;
    let (beside, keys) = (
        with_ending(&to, ".restoring"),
        with_ending(&to, ".patient-keys"),
    );
    let cut_off = beside.join(MARK).exists();
    if to.exists() {
        bail!(
            "{} is there already: a restore goes to a new directory",
            to.display()
        );
    }
    if beside.exists() && !cut_off {
        bail!(
            "{} is in the way, and no restore made it: move it away",
            beside.display()
        );
    }
    if keys.exists() && !cut_off {
        bail!(
            "{} is there already, of another record perhaps: move it away",
            keys.display()
        );
    }
    let repository = place.open_repository(at)?;
    let all = repository.snapshots()?;
    let wanted = which.point(&all)?;
    if cut_off {
        complain("a restore that was cut off is begun anew");
        fs::remove_dir_all(&beside).with_context(|| beside.display().to_string())?;
    }
    private(&beside)?;
    File::create(beside.join(MARK))?;
    let restored = bring(place, &repository.with_index()?, &all, &wanted, &beside)?;
    settle(&restored.keys, &keys)?;
    settle(&restored.data, &to)?;
    fs::remove_dir_all(&beside).with_context(|| beside.display().to_string())?;
    let seconds = begin.elapsed().as_secs_f64();
    if as_json {
        say(&json!({
            "snapshot": wanted.last().id, "at": wanted.last().at.to_fhir(), "to": to,
            "bytes": restored.manifest.bytes(), "logPieces": wanted.log.len(), "seconds": seconds,
            "rootKey": restored.manifest.root_key, "auditHead": restored.manifest.audit_head
        })
        .to_string());
    } else {
        tell(&to, &wanted, &restored.manifest, seconds);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(to: &Path, wanted: &Point, manifest: &Manifest, seconds: f64) {
    let after = match wanted.log.len() {
        0 => String::new(),
        count => format!(" and {count} pieces of the log after it"),
    };
    say(&format!(
        "{} is the record of {}: a backup with {} resources{after}, {:.1} MiB, {seconds:.1} s",
        to.display(),
        wanted.last().at.to_fhir(),
        manifest.resources,
        mib(manifest.bytes())
    ));
    say(&format!(
        "It opens with the root key {}: put the key file at {}, or join three shares with `aceso key recover`.",
        manifest
            .root_key
            .as_deref()
            .unwrap_or("of an older release"),
        with_ending(to, ".key").display()
    ));
    say(&format!(
        "Then: aceso verify --data {0}, and aceso serve --data {0}. Patients erased since are removed at the first start.",
        to.display()
    ));
}

/// Restores a moment and the patients' keys into a directory, and checks both.
pub(super) fn bring(
    place: &Place,
    repository: &Indexed,
    all: &[Snapshot],
    wanted: &Point,
    into: &Path,
) -> Result<Restored> {
    repository.restore(&wanted.base, into)?;
    let mut manifest = Manifest::read(into).context("the snapshot's manifest")?;
    manifest.check(into)?;
    let data = into.join(DATA);
    for piece in &wanted.log {
        let last = put_piece(repository, piece, &into.join(PIECE), &data)?;
        manifest = Manifest {
            at: last.at,
            audit_entries: last.audit_entries,
            audit_head: last.audit_head,
            audit_key: last.audit_key,
            key_changes: last.key_changes,
            ..manifest
        };
    }
    private_tree(&data)?;
    let keys = into.join(KEYS);
    match todays_keys(place) {
        Some(live) => {
            fs::copy(&live, &keys).with_context(|| live.display().to_string())?;
        }
        None => {
            let newest = all
                .iter()
                .filter(|one| one.series == Series::Keys)
                .max_by_key(|one| (one.figures.key_changes, one.at));
            let newest = newest.context("the repository holds no patients' keys")?;
            repository.restore(newest, into)?;
        }
    }
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600))?;
    Ok(Restored {
        data,
        keys,
        manifest,
    })
}

/// Brings a piece of the log, checks it, and puts its pages into the databases.
fn put_piece(
    repository: &Indexed,
    piece: &Snapshot,
    beside: &Path,
    data: &Path,
) -> Result<Manifest> {
    let named = || format!("the log's piece {}", piece.short());
    repository.restore(piece, beside).with_context(named)?;
    let manifest = Manifest::read(beside).with_context(named)?;
    manifest.check(beside).with_context(named)?;
    for database in ["record.db", "audit.db"] {
        let pages = beside.join([database, PAGES].concat());
        if pages.exists() {
            put_pages(&pages, &data.join(database)).with_context(named)?;
        }
    }
    fs::copy(beside.join(KEYRING), data.join(KEYRING)).with_context(named)?;
    fs::remove_dir_all(beside)?;
    Ok(manifest)
}

/// The patients' keys of this machine's record: they know of every erasure, also of those after the last backup.
fn todays_keys(place: &Place) -> Option<PathBuf> {
    let path = place.settings().ok()?.patient_keys;
    (place.holds_record() && path.exists()).then_some(path)
}

/// Nobody else may read what was restored, whoever's it was.
fn private_tree(dir: &Path) -> Result<()> {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(dir)? {
        fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Moves what is complete to its place; it is on the disk before.
fn settle(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            File::open(entry?.path())?.sync_all()?;
        }
    }
    File::open(from)?.sync_all()?;
    fs::rename(from, to).with_context(|| to.display().to_string())?;
    if let Some(parent) = to.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

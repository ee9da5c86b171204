//! `aceso backup prune`.

use std::process::ExitCode;

use aceso_backup::{Indexed, Room, Series, Snapshot};
use anyhow::{Result, bail};
use serde_json::json;

use super::Where;
use super::point::lapsed_log;
use super::work::{Turn, Work};
use crate::clock::clock;
use crate::place::Place;
use crate::say::say;

/// Whether and when the room is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Nothing is done: what would go is said.
    Say,
    /// What nothing needs is marked, and removed by a later run, a day after: another machine may still be writing.
    ADayLater,
    /// It is removed now.
    AtOnce,
}

/// Lets go of what is old.
pub(super) fn prune(place: &Place, at: &Where, how: How, as_json: bool) -> Result<ExitCode> {
    if place.config.backup.append_only && how != How::Say {
        bail!(
            "this machine may only add to the repository (backup.append_only): run `aceso backup prune` on a machine that may \
             delete, with --repository and --password-file"
        );
    }
    let _work = Work::take(place)?;
    let _turn = Turn::to_remove(place)?;
    let repository = place.open_repository(at)?;
    let all = repository.snapshots()?;
    let of = |series: Series| -> Vec<Snapshot> {
        (all.iter().filter(|one| one.series == series).cloned()).collect()
    };
    let (records, keys) = (of(Series::Record), of(Series::Keys));
    let keep = place.config.backup.keep();
    let now = clock().now();
    let mut gone = keep.lapsed(&records, now);
    // Whoever may only add could add a useless one: the good ones before it stay as long as all backups do.
    let lapsed = keep.lapsed_by_days(&keys, now);
    let old = lapsed_log(&all, &gone, |piece| {
        !keep
            .lapsed_by_days(std::slice::from_ref(piece), now)
            .is_empty()
    });
    gone.extend(old);
    gone.extend(older_keys(&keys).filter(|one| lapsed.contains(&one.id.as_str())));
    let ids: Vec<&str> = gone.iter().map(|one| one.id.as_str()).collect();
    match how {
        How::Say => {}
        How::ADayLater => repository.forget(&ids, Room::ADayLater)?,
        How::AtOnce => repository.forget(&ids, Room::AtOnce)?,
    }
    if as_json {
        say(&json!({"forgotten": ids, "kept": all.len() - ids.len()}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for one in &gone {
        say(&format!(
            "{}  {}  {}",
            one.short(),
            one.at.to_fhir(),
            one.series.name()
        ));
    }
    let verb = if how == How::Say {
        "would go"
    } else {
        "are gone"
    };
    say(&format!(
        "{} snapshots {verb}, {} stay",
        gone.len(),
        all.len() - gone.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// All copies of the patients' keys but the one with the most changes: the others hold keys of patients that are erased.
fn older_keys(keys: &[Snapshot]) -> impl Iterator<Item = &Snapshot> {
    let newest = keys
        .iter()
        .max_by_key(|one| (one.figures.key_changes, one.at));
    let newest = newest.map(|one| one.id.clone());
    keys.iter()
        .filter(move |one| Some(&one.id) != newest.as_ref())
}

/// Lets go of older copies of the patients' keys at once: nothing but this run writes to the repository now.
pub(super) fn forget_old_keys(repository: &Indexed) -> Result<()> {
    let all = repository.snapshots()?;
    let keys: Vec<Snapshot> = all
        .into_iter()
        .filter(|one| one.series == Series::Keys)
        .collect();
    let ids: Vec<&str> = older_keys(&keys).map(|one| one.id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    Ok(repository.forget(&ids, Room::AtOnce)?)
}

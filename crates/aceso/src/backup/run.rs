//! `aceso backup run`, and what the server does of its own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use aceso_backup::{Contents, Figures, Manifest, Series, Snapshot};
use aceso_policy::Caller;
use aceso_store::{Finding, Following, Image, Rehearsal, Still, StillFile, Store};
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::Where;
use super::gentle::gently;
use super::prune::forget_old_keys;
use super::work::{Turn, Work};
use crate::doctor::free_bytes;
use crate::place::Place;
use crate::say::{complain, say};

/// Where things are in a snapshot: restored side by side, they are a data directory and the patients' keys beside it.
pub(super) const DATA: &str = "data";
pub(super) const KEYS: &str = "data.patient-keys";
/// What a manifest names as its maker.
pub(super) const PROGRAM: &str = concat!("aceso ", env!("CARGO_PKG_VERSION"));
/// The configuration's name in a data directory.
const CONFIG: &str = "aceso.toml";
/// A file that nobody has reason to touch.
const CANARY: &str = "canary";
/// What keys, configuration and manifest may take: thousands of patients' keys are a megabyte.
const ROOM: u64 = 4 << 20;
/// A large record of which more than half is new was written anew by somebody.
const REWRITTEN_FROM: u64 = 256 << 20;

/// A backup that was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(super) snapshot: Snapshot,
    pub(super) seconds: f64,
    /// What looks wrong with it.
    pub(super) alarms: Vec<Finding>,
    /// The record from then on, where it was to be followed.
    pub(super) following: Option<Following>,
}

/// Whether the record is followed from the backup on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// It is.
    Yes,
    /// The backup is all that is wanted.
    No,
}

/// Makes one, and says what it was.
pub(super) async fn run(place: &Place, at: &Where, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let (own, at, work) = (place.clone(), at.clone(), Work::take(place));
    let made = gently(move || async move {
        back_up(&own, &at, &store, &Caller::operator(), work, Follow::No).await
    });
    let made = made.await?;
    let one = &made.snapshot;
    if as_json {
        let alarms: Vec<_> = made
            .alarms
            .iter()
            .map(|a| json!({"place": a.place, "what": a.what}))
            .collect();
        say(&json!({
            "snapshot": one.id, "at": one.at.to_fhir(), "files": one.files, "bytes": one.bytes, "added": one.added,
            "seconds": made.seconds, "alarms": alarms
        })
        .to_string());
    } else {
        for alarm in &made.alarms {
            complain(&format!("{}: {}", alarm.place, alarm.what));
            complain(&format!("    {}", alarm.mend));
        }
        say(&made.to_string());
    }
    Ok(if made.alarms.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Makes a backup in this working directory; what came of it is kept in the record, and told when it is wrong.
pub(crate) async fn back_up(
    place: &Place,
    at: &Where,
    store: &Store,
    caller: &Caller,
    work: Result<Work>,
    follow: Follow,
) -> Result<Made> {
    let done = match work {
        Ok(work) => make(place, at, store, caller, work, follow).await,
        Err(error) => Err(error),
    };
    let stood_against: Vec<Finding> = (done.as_ref().err())
        .map(|error| Finding {
            place: "backup".to_owned(),
            what: format!("could not be made: {error:#}"),
            mend: "mend it, then run `aceso backup run`".to_owned(),
        })
        .into_iter()
        .collect();
    let kept = store.keep_rehearsal(caller, Rehearsal::Attempt, &stood_against, "tried");
    kept.await?;
    let made = done?;
    let detail = made.to_string();
    store
        .keep_rehearsal(caller, Rehearsal::Backup, &made.alarms, &detail)
        .await?;
    Ok(made)
}

async fn make(
    place: &Place,
    at: &Where,
    store: &Store,
    caller: &Caller,
    work: Work,
    follow: Follow,
) -> Result<Made> {
    let begin = Instant::now();
    check_room(work.path())?;
    let repository = place.open_repository_of(at, store)?;
    let before = repository.snapshots()?;
    let (top, keys) = (work.directory("record")?, work.directory("keys")?);
    let data = work.directory(&format!("record/{DATA}"))?;
    let still = store.still(caller, &data, &keys.join(KEYS)).await?;
    let canary = canary(place, store)?;
    let append_only = place.config.backup.append_only;
    let last = |series: Series| before.iter().rev().find(|one| one.series == series);
    let are_known =
        last(Series::Keys).is_some_and(|one| one.figures.key_changes == still.image().key_changes);
    let owned = place.clone();
    let saved = tokio::task::spawn_blocking(move || -> Result<(Snapshot, Option<Following>)> {
        // Held until all is in the repository.
        let _work = work;
        let (image, repository) = (still.image().clone(), repository.with_index()?);
        let (at, figures) = (image.at, figures(&image));
        if !are_known {
            repository.save(Series::Keys, &keys, at, figures)?;
        }
        let contents = contents(&top, &owned.config_path, &image)?;
        let (files, still) = match follow {
            Follow::Yes => (still.files().each_ref().map(StillFile::read), Some(still)),
            Follow::No => (still.read_once(), None),
        };
        let contents = files.into_iter().fold(contents, |contents, file| {
            let path = [DATA, "/", file.name()].concat();
            contents.with(path, file.length(), file)
        });
        let saved = repository.save_contents(Series::Record, contents, at, figures)?;
        let following = still.map(Still::follow).transpose()?;
        if !are_known && !append_only {
            let _turn = Turn::to_remove(&owned)?;
            forget_old_keys(&repository)?;
        }
        Ok((saved, following))
    });
    let (snapshot, following) = saved.await.context("the backup ended early")??;
    let unlike = alarms(last(Series::Record), &snapshot);
    let alarms = canary.into_iter().chain(unlike).collect();
    Ok(Made {
        snapshot,
        seconds: begin.elapsed().as_secs_f64(),
        alarms,
        following,
    })
}

/// Refuses when there would be no room for keys and configuration; the databases are read where they are.
fn check_room(work: &Path) -> Result<()> {
    if let Some(free) = free_bytes(work).filter(|free| *free < ROOM) {
        bail!(
            "{} has room for {} KiB, and a backup takes {} KiB there: make room, or set backup.work",
            work.display(),
            free >> 10,
            ROOM >> 10
        );
    }
    Ok(())
}

fn figures(image: &Image) -> Figures {
    Figures {
        resources: image.resources,
        versions: image.versions,
        audit_entries: image.audit_entries,
        key_changes: image.key_changes,
    }
}

/// What the snapshot is made of besides the databases: keys and configuration in the working directory, and the manifest of all.
fn contents(top: &Path, config: &Path, image: &Image) -> Result<Contents> {
    if config.exists() {
        let copy = top.join(DATA).join(CONFIG);
        std::fs::copy(config, copy).with_context(|| config.display().to_string())?;
    }
    let manifest = Manifest {
        program: PROGRAM.to_owned(),
        at: image.at.to_fhir(),
        resources: image.resources,
        versions: image.versions,
        audit_entries: image.audit_entries,
        audit_head: image.head.clone(),
        audit_key: image.head_key.clone(),
        root_key: image.root_key.clone(),
        key_changes: image.key_changes,
        ..Manifest::default()
    };
    Ok(Contents::of(top).described(manifest))
}

/// The files of a directory, by their paths below the snapshot's top.
pub(super) fn files_in(top: &Path, dir: &Path) -> Result<Vec<String>> {
    let names: std::io::Result<Vec<PathBuf>> =
        (std::fs::read_dir(dir)?.map(|entry| Ok(entry?.path()))).collect();
    let names = names?;
    let below = names.iter().filter_map(|path| path.strip_prefix(top).ok());
    Ok(below.map(|path| path.display().to_string()).collect())
}

/// Whether the file that nobody has reason to touch is as it was; made when it is not there yet.
fn canary(place: &Place, store: &Store) -> Result<Option<Finding>> {
    let path = place.dir.join(CANARY);
    let tag = store.mac("backup canary").tag(&[b"1"]);
    let tag = aceso_base::hex(&tag);
    let text = format!(
        "Nobody has reason to change this file; backups look whether somebody did.\n{tag}\n"
    );
    match std::fs::read(&path) {
        Ok(found) if found == text.as_bytes() => Ok(None),
        Ok(_) => Ok(Some(Finding {
            place: CANARY.to_owned(),
            what: format!("{} was changed: somebody writes to files of the data directory", path.display()),
            mend: "find out who, keep the backups from before; then remove the file, and the next backup makes it anew".to_owned(),
        })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::write(&path, text).with_context(|| path.display().to_string())?;
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// What looks wrong with a backup beside the one before.
fn alarms(last: Option<&Snapshot>, new: &Snapshot) -> Vec<Finding> {
    let Some(last) = last else {
        return Vec::new();
    };
    let finding = |what: String| {
        Finding {
        place: "backup".to_owned(),
        what,
        mend: "find out what happened before backups from before it are let go; the audit log has who wrote".to_owned(),
    }
    };
    let (then, now) = (last.figures, new.figures);
    let mut wrong = Vec::new();
    for (what, then, now) in [
        ("resources", then.resources, now.resources),
        ("audit entries", then.audit_entries, now.audit_entries),
    ] {
        // An erasure takes one patient's resources; the log only grows.
        if now < then - then / 10 {
            wrong.push(finding(format!(
                "{now} {what}, and {then} in the backup before"
            )));
        }
    }
    if last.bytes > REWRITTEN_FROM && new.added > new.bytes / 2 {
        wrong.push(finding(format!(
            "{} MiB of {} are new since the backup before: all was written anew",
            new.added >> 20,
            new.bytes >> 20
        )));
    }
    wrong
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let one = &self.snapshot;
        write!(
            f,
            "snapshot {}: {} resources, {:.1} MiB, {:.1} MiB of them new, {:.1} s",
            one.short(),
            one.figures.resources,
            mib(one.bytes),
            mib(one.added),
            self.seconds
        )
    }
}

/// In MiB, for people.
pub(super) fn mib(bytes: u64) -> f64 {
    let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
    f64::from(kib) / 1024.0
}

#[cfg(test)]
mod tests {
    use aceso_base::Instant;

    use super::*;

    fn snapshot(resources: u64, bytes: u64, added: u64) -> Snapshot {
        Snapshot {
            id: "0123456789abcdef".to_owned(),
            at: Instant::from_millis(0),
            series: Series::Record,
            files: 3,
            bytes,
            added,
            figures: Figures {
                resources,
                audit_entries: resources,
                ..Figures::default()
            },
            link: None,
        }
    }

    #[track_caller]
    fn check(last: &Snapshot, new: &Snapshot, expected: &[&str]) {
        let found = alarms(Some(last), new);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (finding, part) in found.iter().zip(expected) {
            assert!(finding.what.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn ha7_a_backup_that_shrinks_or_is_all_new_is_told() {
        let large = 1 << 30;
        let last = snapshot(1000, large, large);
        check(&last, &snapshot(1001, large, 1 << 20), &[]);
        check(&last, &snapshot(950, large, 1 << 20), &[]);
        check(
            &last,
            &snapshot(800, large, 1 << 20),
            &["800 resources", "800 audit entries"],
        );
        check(&last, &snapshot(1001, large, large - 1), &["written anew"]);
        // A small record is a few pieces of the repository: any change is most of them.
        let small = snapshot(10, 1 << 20, 1 << 20);
        check(&small, &snapshot(11, 1 << 20, 1 << 20), &[]);
        assert!(alarms(None, &small).is_empty());
    }
}

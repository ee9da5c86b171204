//! The record as it was, put aside while a release that changes its form is tried: when that one never serves, nothing was
//! written to the record that anybody was told of, and this is what the release before opens.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::place::Place;

/// Written last.
const WHOLE: &str = "whole";
const KEYS: &str = "patient-keys";
const DATA: &str = "data";

/// Where it lies.
pub(super) fn path(place: &Place) -> PathBuf {
    place.beside(".before-update")
}

/// Whether all of it is there.
pub(super) fn is_whole(place: &Place) -> bool {
    path(place).join(WHOLE).exists()
}

/// Copies the record there. Nobody may write to it meanwhile.
pub(super) fn put(place: &Place) -> Result<()> {
    let aside = path(place);
    discard(place)?;
    fs::create_dir_all(aside.join(DATA)).with_context(|| aside.display().to_string())?;
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o700))?;
    copy_files(&place.dir, &aside.join(DATA))?;
    let keys = place.settings()?.patient_keys;
    fs::copy(&keys, aside.join(KEYS)).with_context(|| keys.display().to_string())?;
    File::open(aside.join(KEYS))?.sync_all()?;
    File::create(aside.join(WHOLE))?.sync_all()?;
    Ok(File::open(&aside)?.sync_all()?)
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), entry.file_name())
        };
        let to = to.join(name);
        if path.is_dir() {
            fs::create_dir_all(&to)?;
            copy_files(&path, &to)?;
        } else if path.is_file() {
            fs::copy(&path, &to).with_context(|| path.display().to_string())?;
            File::open(&to)?.sync_all()?;
        }
    }
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))?;
    Ok(File::open(to)?.sync_all()?)
}

/// Puts it back; what the release that did not serve made of the record goes.
pub(super) fn bring_back(place: &Place) -> Result<()> {
    let aside = path(place);
    let failed = place.beside(".failed-update");
    if failed.exists() {
        fs::remove_dir_all(&failed)?;
    }
    if aside.join(DATA).exists() {
        if place.dir.exists() {
            fs::rename(&place.dir, &failed).with_context(|| place.dir.display().to_string())?;
        }
        fs::rename(aside.join(DATA), &place.dir).with_context(|| aside.display().to_string())?;
    }
    let keys = place.settings()?.patient_keys;
    if aside.join(KEYS).exists() {
        fs::rename(aside.join(KEYS), &keys).with_context(|| keys.display().to_string())?;
    }
    if failed.exists() {
        fs::remove_dir_all(&failed)?;
    }
    discard(place)
}

/// Removes it.
pub(super) fn discard(place: &Place) -> Result<()> {
    match fs::remove_dir_all(path(place)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

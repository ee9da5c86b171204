//! The judges' packages, in a cache that outlives the run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::run;

/// Where the shared scripts are; none when they are absent.
pub(crate) fn scripts() -> Option<PathBuf> {
    let dir = run::root().join("../shared/clients");
    dir.is_dir().then_some(dir)
}

/// A directory of the cache.
fn cache(name: &str) -> Result<PathBuf> {
    let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = home.join(".cache").join("aceso-judges").join(name);
    std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    Ok(dir)
}

/// A directory with these npm packages; none when they cannot be had.
pub(crate) fn npm(name: &str, package_json: &Path, more: &[&str]) -> Result<Option<PathBuf>> {
    let dir = cache(name)?;
    let wanted = format!("{} {more:?}", std::fs::read_to_string(package_json)?);
    once(&dir, &wanted, || {
        std::fs::copy(package_json, dir.join("package.json"))?;
        let mut npm = run::command("timeout");
        npm.current_dir(&dir).stdin(Stdio::null());
        npm.args([
            "300",
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
        ]);
        Ok(npm.args(more).status().is_ok_and(|s| s.success()))
    })
}

/// The Python of an environment with these packages; none when they cannot be had.
pub(crate) fn python(name: &str, packages: &[&str]) -> Result<Option<PathBuf>> {
    let dir = cache(name)?;
    let made = once(&dir, &format!("{packages:?}"), || {
        let mut venv = run::command("python3");
        let made = venv.args(["-m", "venv"]).arg(&dir).status();
        let mut pip = run::command("timeout");
        pip.arg("300")
            .arg(dir.join("bin/pip"))
            .args(["install", "--quiet"])
            .args(packages);
        Ok(made.is_ok_and(|s| s.success()) && pip.status().is_ok_and(|s| s.success()))
    })?;
    Ok(made.map(|dir| dir.join("bin")))
}

/// Makes a directory once for what is wanted in it.
fn once(dir: &Path, wanted: &str, make: impl FnOnce() -> Result<bool>) -> Result<Option<PathBuf>> {
    let note = dir.join("made-for");
    if std::fs::read_to_string(&note).is_ok_and(|made| made == wanted) {
        return Ok(Some(dir.to_path_buf()));
    }
    if !make()? {
        return Ok(None);
    }
    std::fs::write(&note, wanted)?;
    Ok(Some(dir.to_path_buf()))
}

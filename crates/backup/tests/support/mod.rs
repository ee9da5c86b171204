//! What tests of repositories share.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod sshd;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_backup::{Figures, ReadData, Repository, Shelf};
use aceso_base::Instant;

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);

/// A directory that is gone when the test is over.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir =
            std::env::temp_dir().join(format!("aceso-backup-{}-{number}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn shelf(&self) -> Shelf {
        Shelf::directory(&self.at("repository"))
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Bytes that nothing can make smaller, as sealed pages are.
pub(crate) fn noise(mut seed: u64, length: usize) -> Vec<u8> {
    (0..length)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()[0]
        })
        .collect()
}

pub(crate) fn source(dir: &Dir, bytes: &[u8]) -> PathBuf {
    let source = dir.at("source");
    std::fs::create_dir_all(source.join("data")).unwrap();
    std::fs::write(source.join("data/record.db"), bytes).unwrap();
    std::fs::write(source.join("manifest.json"), "{}").unwrap();
    source
}

pub(crate) fn same(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read(dir.join("data/record.db")).unwrap() == bytes
}

pub(crate) fn figures(resources: u64) -> Figures {
    Figures {
        resources,
        ..Figures::default()
    }
}

/// Debian's restic on a directory; none, with a message, where it is not installed.
pub(crate) fn restic(repository: &Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new("restic");
    command.args(args).arg("--no-cache");
    command.env("RESTIC_REPOSITORY", repository);
    command.env("RESTIC_PASSWORD", "password");
    let Ok(out) = command.output() else {
        aceso_testkit::absent("restic");
        return None;
    };
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    Some(said)
}

/// A file system of so many MiB in memory; gone when the test is over.
pub(crate) struct SmallDisk(pub(crate) PathBuf);

impl SmallDisk {
    /// None, with a message, where nothing can be mounted.
    pub(crate) fn mount(at: &Path, mebibytes: u32) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"]);
        if mount.arg(at).status().is_ok_and(|status| status.success()) {
            return Some(Self(at.to_path_buf()));
        }
        aceso_testkit::absent("a small file system (to mount one needs root)");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// All that a repository holds is as it was written.
#[track_caller]
pub(crate) fn in_order(repository: &Repository) {
    assert_eq!(
        repository.check(ReadData::Yes).unwrap(),
        Vec::<String>::new()
    );
}

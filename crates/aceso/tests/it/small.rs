//! A small disk that can be filled.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stage::name;

/// A small file system of its own; gone at the end.
pub(crate) struct Small(PathBuf);

impl Small {
    /// None, with a message, where this user may not mount.
    pub(crate) fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args([
            "-t",
            "tmpfs",
            "-o",
            "size=48m,mode=0700",
            "aceso-it",
            name(at),
        ]);
        if mount.output().is_ok_and(|out| out.status.success()) {
            return Some(Self(at.to_owned()));
        }
        aceso_testkit::absent("a small file system (to mount one needs root)");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", name(&self.0)]).status();
    }
}

/// Takes all room that is left.
pub(crate) fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 16, 1 << 10, 1] {
        let piece = vec![7_u8; size];
        while file.write_all(&piece).is_ok() {}
    }
}

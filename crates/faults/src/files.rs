//! What is known of a file by its number.

use std::ffi::{CStr, CString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libc::{S_IFDIR, S_IFMT, S_IFREG};

use crate::real::REAL;

/// A regular file or a directory that is looked at.
pub(crate) struct Known {
    pub(crate) path: String,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) is_directory: bool,
}

/// What is known of an open file, if its path begins so.
pub(crate) fn known(file: c_int, begin: &Path) -> Option<Known> {
    // SAFETY: all zeros are a value of this type, and it is written to while it is there.
    let about = unsafe {
        let mut about: libc::stat64 = std::mem::zeroed();
        if libc::fstat64(file, &raw mut about) != 0 {
            return None;
        }
        about
    };
    let kind = about.st_mode & S_IFMT;
    if kind != S_IFREG && kind != S_IFDIR {
        return None;
    }
    let path = std::fs::read_link(format!("/proc/self/fd/{file}")).ok()?;
    is_looked_at(&path, begin).then(|| Known {
        path: path.to_string_lossy().into_owned(),
        inode: about.st_ino,
        size: u64::try_from(about.st_size).unwrap_or(0),
        is_directory: kind == S_IFDIR,
    })
}

/// Whether a path is one of the files that are looked at, or the directory that they are in.
pub(crate) fn is_looked_at(path: &Path, begin: &Path) -> bool {
    let of = path.as_os_str().as_bytes();
    of.starts_with(begin.as_os_str().as_bytes()) || begin.parent() == Some(path)
}

/// A path as the C library was given it, from the root.
pub(crate) fn absolute(path: &CStr) -> PathBuf {
    let path = Path::new(std::ffi::OsStr::from_bytes(path.to_bytes()));
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Bytes of a file, as far as it has them; also of one that was opened for writing only.
pub(crate) fn bytes(file: c_int, from: u64, length: usize) -> Vec<u8> {
    let mut found = vec![0_u8; length];
    let Ok(path) = CString::new(format!("/proc/self/fd/{file}")) else {
        return Vec::new();
    };
    // SAFETY: the path ends with a zero byte; the buffer is as long as it is said to be; what was opened here is closed here.
    let count = unsafe {
        let mut count = libc::pread64(file, found.as_mut_ptr().cast(), length, from as i64);
        if count < 0 {
            let again = (REAL.open)(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC, 0);
            if again >= 0 {
                count = libc::pread64(again, found.as_mut_ptr().cast(), length, from as i64);
                libc::close(again);
            }
        }
        count
    };
    found.truncate(usize::try_from(count).unwrap_or(0));
    found
}

//! What is to fail, and when: lines of a file that the test writes.
//!
//! - `fail write 3 5`, `fail sync 1 28`: the third write (the first sync) from when the line was read fails with this error number
//! - `lie wal`: syncing a file whose name ends with this says that it is done, and is not
//! - `slow sync 200`: takes so many milliseconds longer
//! - `clock -3600000`: the clock shows so many milliseconds more

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::real::REAL;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Write,
    Sync,
}

/// The rules as they were read last, and how far they are.
#[derive(Default)]
pub(crate) struct Rules {
    file: Option<CString>,
    text: Vec<u8>,
    /// Which deed fails when it was done so often, and with what.
    fails: Vec<(Deed, u64, i32)>,
    writes: u64,
    syncs: u64,
    lies: Option<String>,
    slow: Vec<(Deed, u64)>,
}

/// How much more the clock shows; read without the lock.
pub(crate) static CLOCK_MILLIS: AtomicI64 = AtomicI64::new(0);

impl Rules {
    /// From this file.
    pub(crate) fn new(file: &Path) -> Self {
        Self {
            file: CString::new(file.as_os_str().as_bytes()).ok(),
            ..Self::default()
        }
    }

    /// Reads the file when it says something else than before; counts begin again then.
    pub(crate) fn refresh(&mut self) {
        let Some(text) = self.file.as_ref().and_then(read) else {
            return;
        };
        if text == self.text {
            return;
        }
        let said = String::from_utf8_lossy(&text).into_owned();
        *self = Self {
            file: self.file.take(),
            text,
            ..Self::default()
        };
        let mut clock = 0;
        for line in said.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["fail", what, count, error] => {
                    let rule = (deed(what), count.parse(), error.parse());
                    if let (Some(deed), Ok(count), Ok(error)) = rule {
                        self.fails.push((deed, count, error));
                    }
                }
                ["lie", ending] => self.lies = Some((*ending).to_owned()),
                ["slow", what, millis] => {
                    if let (Some(deed), Ok(millis)) = (deed(what), millis.parse()) {
                        self.slow.push((deed, millis));
                    }
                }
                ["clock", millis] => clock = millis.parse().unwrap_or(0),
                _ => {}
            }
        }
        CLOCK_MILLIS.store(clock, Ordering::Relaxed);
    }

    /// Counts a deed; the error that it fails with, if it does.
    pub(crate) fn count(&mut self, deed: Deed) -> Option<i32> {
        let count = match deed {
            Deed::Write => &mut self.writes,
            Deed::Sync => &mut self.syncs,
        };
        *count += 1;
        let now = *count;
        let found = self
            .fails
            .iter()
            .find(|(of, at, _)| *of == deed && *at == now);
        found.map(|(_, _, error)| *error)
    }

    /// Whether syncing this file is only said to be done.
    pub(crate) fn lies_about(&self, path: &str) -> bool {
        self.lies.as_ref().is_some_and(|end| path.ends_with(end))
    }

    /// How many milliseconds longer a deed takes.
    pub(crate) fn delay(&self, deed: Deed) -> u64 {
        let of = self.slow.iter().filter(|(of, _)| *of == deed);
        of.map(|(_, millis)| millis).sum()
    }
}

fn deed(word: &str) -> Option<Deed> {
    match word {
        "write" => Some(Deed::Write),
        "sync" => Some(Deed::Sync),
        _ => None,
    }
}

/// The file, past the functions that stand in for the C library's.
fn read(file: &CString) -> Option<Vec<u8>> {
    let mut text = vec![0_u8; 4096];
    // SAFETY: the path ends with a zero byte; the buffer is as long as it is said to be.
    let count = unsafe {
        let open = (REAL.open)(file.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC, 0);
        if open < 0 {
            return None;
        }
        let count = libc::read(open, text.as_mut_ptr().cast(), text.len());
        libc::close(open);
        count
    };
    text.truncate(usize::try_from(count).ok()?);
    Some(text)
}

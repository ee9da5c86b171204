//! Functions that change files. A change and its record are made under one lock, the record first: what is on the disk without a
//! record does not exist, and a record whose change was cut off in the middle says how it was before.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use libc::{iovec, off64_t, size_t, ssize_t};

use crate::files::{Known, absolute, bytes, is_looked_at, known};
use crate::journal::{Journal, Kind};
use crate::real::REAL;
use crate::rules::{Deed, Rules};

/// What is looked at, and what is to fail.
pub(crate) struct Faults {
    begin: PathBuf,
    journal: Option<Journal>,
    pub(crate) rules: Rules,
}

/// None where nothing is to be looked at.
pub(crate) static FAULTS: LazyLock<Option<Mutex<Faults>>> = LazyLock::new(|| {
    let begin = PathBuf::from(std::env::var_os("ACESO_FAULTS_DIR")?);
    let rules = std::env::var_os("ACESO_FAULTS_RULES");
    let journal = std::env::var_os("ACESO_FAULTS_LOG").map(|path| {
        let flags =
            libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND | libc::O_CLOEXEC;
        let path = CString::new(path.as_bytes()).unwrap_or_default();
        // SAFETY: the path ends with a zero byte.
        let file = unsafe { (REAL.open)(path.as_ptr(), flags, 0o600) };
        if file < 0 {
            std::process::abort();
        }
        Journal::new(file)
    });
    Some(Mutex::new(Faults {
        begin,
        journal,
        rules: rules.map_or_else(Rules::default, |file| Rules::new(Path::new(&file))),
    }))
});

fn faults() -> Option<MutexGuard<'static, Faults>> {
    let faults = FAULTS.as_ref()?;
    Some(faults.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether there is anything to look at; asked without the lock, since most writes are to the network.
fn is_regular(file: c_int) -> bool {
    // SAFETY: all zeros are a value of this type, and it is written to while it is there.
    FAULTS.is_some()
        && unsafe {
            let mut about: libc::stat64 = std::mem::zeroed();
            libc::fstat64(file, &raw mut about) == 0
                && about.st_mode & libc::S_IFMT == libc::S_IFREG
        }
}

fn fail(error: c_int) {
    // SAFETY: the calling thread's own.
    unsafe { *libc::__errno_location() = error };
}

#[allow(clippy::disallowed_methods, reason = "a slow disk is slow")]
fn wait(millis: u64) {
    if millis > 0 {
        std::thread::sleep(std::time::Duration::from_millis(millis));
    }
}

impl Faults {
    fn known(&self, file: c_int) -> Option<Known> {
        known(file, &self.begin)
    }

    fn add(&mut self, kind: Kind, inode: u64, values: [u64; 2], runs: [&[u8]; 2]) {
        if let Some(journal) = &mut self.journal {
            journal.add(kind, inode, values, runs);
        }
    }

    fn count(&self) -> u64 {
        self.journal.as_ref().map_or(0, |journal| journal.count)
    }

    /// Counts a deed on a file; how it fails.
    fn deed(&mut self, deed: Deed) -> Result<u64, c_int> {
        self.rules.refresh();
        match self.rules.count(deed) {
            Some(error) => Err(error),
            None => Ok(self.rules.delay(deed)),
        }
    }
}

/// What comes of a change to a file.
enum Change {
    /// The file is none of those that are watched.
    Unwatched,
    /// It fails; `errno` says how.
    Fails,
    /// It is carried out, and recorded before.
    Watched(MutexGuard<'static, Faults>, Known),
}

/// Counts a change to a file, and waits as long as a slow disk takes for it.
fn changing(file: c_int) -> Change {
    if !is_regular(file) {
        return Change::Unwatched;
    }
    let Some(mut faults) = faults() else {
        return Change::Unwatched;
    };
    let Some(known) = faults.known(file) else {
        return Change::Unwatched;
    };
    match faults.deed(Deed::Write) {
        Err(error) => {
            fail(error);
            Change::Fails
        }
        Ok(delay) => {
            wait(delay);
            Change::Watched(faults, known)
        }
    }
}

/// Writes with the record before it; `act` is the C library's own.
fn write_at(
    file: c_int,
    new: &[u8],
    at: impl FnOnce(&Known) -> u64,
    act: impl FnOnce() -> ssize_t,
) -> ssize_t {
    let (mut faults, known) = match changing(file) {
        Change::Unwatched => return act(),
        Change::Fails => return -1,
        Change::Watched(faults, known) => (faults, known),
    };
    let at = at(&known);
    if faults.journal.is_some() {
        let old = bytes(file, at, new.len());
        faults.add(Kind::Write, known.inode, [at, known.size], [&old, new]);
    }
    act()
}

/// Where a write without a place goes.
fn place(file: c_int, known: &Known) -> u64 {
    // SAFETY: only asks.
    let (flags, at) = unsafe {
        (
            libc::fcntl(file, libc::F_GETFL),
            libc::lseek64(file, 0, libc::SEEK_CUR),
        )
    };
    if flags & libc::O_APPEND != 0 {
        return known.size;
    }
    u64::try_from(at).unwrap_or(0)
}

/// What the caller wants to be written.
///
/// # Safety
/// So many bytes are there.
unsafe fn given<'a>(from: *const c_void, length: size_t) -> &'a [u8] {
    if from.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(from.cast(), length) }
}

/// Stands in for the C library's.
///
/// # Safety
/// As `write(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, from: *const c_void, length: size_t) -> ssize_t {
    // SAFETY: handed on as it came.
    unsafe {
        write_at(
            file,
            given(from, length),
            |known| place(file, known),
            || (REAL.write)(file, from, length),
        )
    }
}

/// Stands in for the C library's.
///
/// # Safety
/// As `writev(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(file: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    if !is_regular(file) {
        // SAFETY: handed on as it came.
        return unsafe { (REAL.writev)(file, pieces, count) };
    }
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: so many pieces are there.
    let pieces = unsafe { std::slice::from_raw_parts(pieces, count) };
    let mut all = Vec::new();
    for piece in pieces {
        // SAFETY: as the caller says of each.
        all.extend_from_slice(unsafe { given(piece.iov_base, piece.iov_len) });
    }
    // SAFETY: the bytes are there for as long as the call takes.
    unsafe { write(file, all.as_ptr().cast(), all.len()) }
}

/// Stands in for the C library's.
///
/// # Safety
/// As `pwrite(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(
    file: c_int,
    from: *const c_void,
    length: size_t,
    at: off64_t,
) -> ssize_t {
    // SAFETY: handed on as it came.
    unsafe {
        write_at(
            file,
            given(from, length),
            |_| u64::try_from(at).unwrap_or(0),
            || (REAL.pwrite)(file, from, length, at),
        )
    }
}

/// Stands in for the C library's.
///
/// # Safety
/// As `pwrite(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(
    file: c_int,
    from: *const c_void,
    length: size_t,
    at: off64_t,
) -> ssize_t {
    // SAFETY: handed on as it came.
    unsafe { pwrite64(file, from, length, at) }
}

/// Has a file end elsewhere, with the record before it; `act` is the C library's own.
fn cut(file: c_int, to: u64, act: impl FnOnce() -> c_int) -> c_int {
    let (mut faults, known) = match changing(file) {
        Change::Unwatched => return act(),
        Change::Fails => return -1,
        Change::Watched(faults, known) => (faults, known),
    };
    if faults.journal.is_some() {
        let gone = usize::try_from(known.size.saturating_sub(to)).unwrap_or(0);
        let old = bytes(file, to, gone);
        faults.add(Kind::Truncate, known.inode, [known.size, to], [&old, &[]]);
    }
    act()
}

/// Stands in for the C library's.
///
/// # Safety
/// As `ftruncate(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(file: c_int, to: off64_t) -> c_int {
    let end = u64::try_from(to).unwrap_or(0);
    // SAFETY: handed on as it came.
    cut(file, end, || unsafe { (REAL.ftruncate)(file, to) })
}

/// Stands in for the C library's.
///
/// # Safety
/// As `ftruncate(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(file: c_int, to: off64_t) -> c_int {
    // SAFETY: handed on as it came.
    unsafe { ftruncate64(file, to) }
}

/// Syncs; what was recorded before it began is on the disk when it is done.
fn sync(file: c_int, act: impl FnOnce() -> c_int) -> c_int {
    let Some(mut before) = faults() else {
        return act();
    };
    let Some(known) = before.known(file) else {
        drop(before);
        return act();
    };
    let upto = before.count();
    let told = before.deed(Deed::Sync);
    let lies = before.rules.lies_about(&known.path);
    if let Err(error) = told {
        before.add(Kind::Lost, known.inode, [upto, 0], [&[], &[]]);
        fail(error);
        return -1;
    }
    drop(before);
    wait(told.unwrap_or(0));
    let done = act();
    if done == 0
        && !lies
        && let Some(mut after) = faults()
    {
        let path: &[u8] = match known.is_directory {
            true => known.path.as_bytes(),
            false => &[],
        };
        let kind = match known.is_directory {
            true => Kind::SyncDirectory,
            false => Kind::Sync,
        };
        after.add(kind, known.inode, [upto, 0], [path, &[]]);
    }
    done
}

/// Stands in for the C library's.
///
/// # Safety
/// As `fsync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(file: c_int) -> c_int {
    // SAFETY: handed on as it came.
    sync(file, || unsafe { (REAL.fsync)(file) })
}

/// Stands in for the C library's.
///
/// # Safety
/// As `fdatasync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    // SAFETY: handed on as it came.
    sync(file, || unsafe { (REAL.fdatasync)(file) })
}

/// Keeps what a path leads to beside the journal, under the number of the record that ends it.
fn keep(faults: &Faults, path: &Path) {
    let Some(log) = std::env::var_os("ACESO_FAULTS_LOG") else {
        return;
    };
    let mut kept = log;
    kept.push(format!(".kept-{}", faults.count()));
    let _ = std::fs::hard_link(path, kept);
}

/// Stands in for the C library's.
///
/// # Safety
/// As `rename(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    if let Some(mut faults) = faults() {
        // SAFETY: paths end with a zero byte.
        let (old, new) = unsafe { (absolute(CStr::from_ptr(from)), absolute(CStr::from_ptr(to))) };
        if is_looked_at(&new, &faults.begin) {
            keep(&faults, &new);
            let runs = [old.as_os_str().as_bytes(), new.as_os_str().as_bytes()];
            faults.add(Kind::Rename, 0, [0, 0], runs);
            // SAFETY: handed on as it came.
            return unsafe { (REAL.rename)(from, to) };
        }
    }
    // SAFETY: handed on as it came.
    unsafe { (REAL.rename)(from, to) }
}

/// Stands in for the C library's.
///
/// # Safety
/// As `unlink(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    if let Some(mut faults) = faults() {
        // SAFETY: a path ends with a zero byte.
        let gone = unsafe { absolute(CStr::from_ptr(path)) };
        if is_looked_at(&gone, &faults.begin) {
            keep(&faults, &gone);
            faults.add(Kind::Unlink, 0, [0, 0], [gone.as_os_str().as_bytes(), &[]]);
            // SAFETY: handed on as it came.
            return unsafe { (REAL.unlink)(path) };
        }
    }
    // SAFETY: handed on as it came.
    unsafe { (REAL.unlink)(path) }
}

/// Stands in for the C library's. Emptying a file while it is opened is a change.
///
/// # Safety
/// As `open(2)`; the mode is read also where none was given, and then not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    if flags & libc::O_TRUNC == 0 || FAULTS.is_none() {
        // SAFETY: handed on as it came.
        return unsafe { (REAL.open)(path, flags, mode) };
    }
    // SAFETY: handed on as it came, without the emptying, which follows.
    let file = unsafe { (REAL.open)(path, flags & !libc::O_TRUNC, mode) };
    if file >= 0 {
        // SAFETY: it was opened for writing just now.
        unsafe { ftruncate64(file, 0) };
    }
    file
}

/// Stands in for the C library's.
///
/// # Safety
/// As [`open64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    // SAFETY: handed on as it came.
    unsafe { open64(path, flags, mode) }
}

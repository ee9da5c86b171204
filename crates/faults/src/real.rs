//! The C library's own functions, behind those that stand in for them.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::mem::transmute_copy;
use std::sync::LazyLock;

use libc::{iovec, off64_t, size_t, ssize_t, timespec};

type OnPath = unsafe extern "C" fn(*const c_char) -> c_int;
type OnPaths = unsafe extern "C" fn(*const c_char, *const c_char) -> c_int;
type OnFile = unsafe extern "C" fn(c_int) -> c_int;

/// Each as the next library has it.
pub(crate) struct Real {
    pub(crate) open: unsafe extern "C" fn(*const c_char, c_int, c_uint) -> c_int,
    pub(crate) write: unsafe extern "C" fn(c_int, *const c_void, size_t) -> ssize_t,
    pub(crate) writev: unsafe extern "C" fn(c_int, *const iovec, c_int) -> ssize_t,
    pub(crate) pwrite: unsafe extern "C" fn(c_int, *const c_void, size_t, off64_t) -> ssize_t,
    pub(crate) ftruncate: unsafe extern "C" fn(c_int, off64_t) -> c_int,
    pub(crate) fsync: OnFile,
    pub(crate) fdatasync: OnFile,
    pub(crate) rename: OnPaths,
    pub(crate) unlink: OnPath,
    pub(crate) clock_gettime: unsafe extern "C" fn(c_int, *mut timespec) -> c_int,
}

/// Looked up once.
pub(crate) static REAL: LazyLock<Real> = LazyLock::new(|| Real {
    open: next(c"open64"),
    write: next(c"write"),
    writev: next(c"writev"),
    pwrite: next(c"pwrite64"),
    ftruncate: next(c"ftruncate64"),
    fsync: next(c"fsync"),
    fdatasync: next(c"fdatasync"),
    rename: next(c"rename"),
    unlink: next(c"unlink"),
    clock_gettime: next(c"clock_gettime"),
});

fn next<F: Copy>(name: &CStr) -> F {
    // SAFETY: the name ends with a zero byte, and the C library has a function of this name and type.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if found.is_null() {
        std::process::abort();
    }
    // SAFETY: `F` is a pointer to a function, as large as the pointer that was found.
    unsafe { transmute_copy(&found) }
}

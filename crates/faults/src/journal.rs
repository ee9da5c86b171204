//! What was changed, and what was synced, in order. A record is a head of seven numbers of eight bytes (little-endian) and two runs of
//! bytes: kind, inode, two values by kind, the lengths of the runs, and the check `MARK`. The test reads it.

use std::ffi::c_int;

use crate::real::REAL;

/// The last number of every head.
const MARK: u64 = 0x6f73_6563_6100_0001;

/// A kind of record, with its two values and its two runs of bytes.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(crate) enum Kind {
    /// Where, the size before; the bytes before, the bytes after.
    Write = 1,
    /// The size before, the size after; the bytes that were cut off.
    Truncate = 2,
    /// All up to this record is on the disk.
    Sync = 3,
    /// Syncing failed: what was not on the disk by then never comes there by itself.
    Lost = 4,
    /// From, to.
    Rename = 5,
    /// Which path.
    Unlink = 6,
    /// All up to this record of this directory (its path) is on the disk.
    SyncDirectory = 7,
}

/// An open journal, and how many records it has.
pub(crate) struct Journal {
    file: c_int,
    pub(crate) count: u64,
}

impl Journal {
    /// Over an open file.
    pub(crate) const fn new(file: c_int) -> Self {
        Self { file, count: 0 }
    }

    /// Adds a record. What cannot be written ends the program: a journal with holes would prove nothing.
    pub(crate) fn add(&mut self, kind: Kind, inode: u64, values: [u64; 2], runs: [&[u8]; 2]) {
        let [first, second] = runs;
        let head = [
            kind as u64,
            inode,
            values[0],
            values[1],
            first.len() as u64,
            second.len() as u64,
            MARK,
        ];
        let mut record = Vec::with_capacity(56 + first.len() + second.len());
        for number in head {
            record.extend_from_slice(&number.to_le_bytes());
        }
        record.extend_from_slice(first);
        record.extend_from_slice(second);
        let mut left = record.as_slice();
        while !left.is_empty() {
            // SAFETY: the bytes are there for as long as the call takes.
            let done = unsafe { (REAL.write)(self.file, left.as_ptr().cast(), left.len()) };
            let Ok(done) = usize::try_from(done) else {
                std::process::abort();
            };
            left = left.get(done..).unwrap_or_default();
        }
        self.count += 1;
    }
}

//! The emergency spool: a sealed file beside the log that takes emergency accesses, and what is read under them, while the
//! log cannot be written. Its room is taken when it is made, so that it can be written when the disk is full.
//!
//! `DIR/audit.spool`: a magic, a mark of 16 random bytes, and records: a length of 4 bytes and the sealed record. A length of
//! zero is the end. Each record is sealed for its place: the mark, its number, and the digest of the record before.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use aceso_vault::{Keyring, Sealer, random, sha256_chain};

use super::Entry;
use crate::StoreError;
use crate::access::LateBreak;

/// The file's name in the data directory.
pub(crate) const SPOOL_FILE: &str = "audit.spool";
/// So many bytes are taken for it.
const ROOM: u64 = 1 << 20;
const MAGIC: &[u8; 8] = b"acspool1";
const MARK: usize = 16;
const BEGIN: u64 = 24;

/// What is kept of an act while the log cannot be written.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    /// When, in milliseconds since 1970.
    pub(crate) at: i64,
    /// The entry's body.
    pub(crate) body: Vec<u8>,
    /// The emergency access that was opened with it.
    pub(crate) opened: Option<LateBreak>,
}

impl Late {
    pub(crate) fn entry(entry: Entry) -> Self {
        Self {
            at: entry.at.millis(),
            body: entry.body,
            opened: None,
        }
    }

    pub(crate) fn opened(entry: Entry, opened: LateBreak) -> Self {
        Self {
            opened: Some(opened),
            ..Self::entry(entry)
        }
    }

    /// Time, length of the body, body, and the emergency access as JSON.
    fn write(&self) -> Result<Vec<u8>, StoreError> {
        let opened = match &self.opened {
            Some(opened) => serde_json::to_vec(opened).map_err(|e| StoreError(e.to_string()))?,
            None => Vec::new(),
        };
        let at = self.at.to_be_bytes();
        Ok([at.as_slice(), &size(&self.body)?, &self.body, &opened].concat())
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let (at, rest) = plain.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let (body, opened) = rest.split_at_checked(size)?;
        Some(Self {
            at: i64::from_be_bytes(*at),
            body: body.to_vec(),
            opened: match opened {
                [] => None,
                json => Some(serde_json::from_slice(json).ok()?),
            },
        })
    }
}

/// What is in the spool.
#[derive(Debug, Default)]
pub(crate) struct Spooled {
    /// Which filling of the file it is.
    pub(crate) mark: [u8; MARK],
    /// In order.
    pub(crate) all: Vec<Late>,
    /// Whether a record could not be read: what follows it could not either.
    pub(crate) is_damaged: bool,
    /// Where the next record belongs, and what the last one's digest is.
    end: u64,
    last: [u8; 32],
}

impl Spooled {
    fn took(&mut self, late: Late, sealed: &[u8]) {
        self.all.push(late);
        self.last = sha256_chain(&[sealed]);
        self.end += 4 + length(sealed);
    }

    /// When the oldest entry was made.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.all.first().map(|late| Instant::from_millis(late.at))
    }
}

/// The file.
#[derive(Clone)]
pub(crate) struct Spool {
    path: PathBuf,
    sealer: Sealer,
}

/// The file while no other process may change it; let go when dropped.
pub(crate) struct HeldSpool<'a> {
    file: File,
    sealer: &'a Sealer,
}

impl Spool {
    /// The spool of this directory; its file is made when there is room.
    pub(crate) fn new(dir: &Path, keyring: &Keyring) -> Self {
        let spool = Self {
            path: dir.join(SPOOL_FILE),
            sealer: keyring.sealer("audit spool"),
        };
        if let Err(error) = spool.make() {
            tracing::warn!(%error, "there is no room for {SPOOL_FILE}: no emergency access while the log cannot be written");
        }
        spool
    }

    /// Whether the file and its room are there.
    pub(crate) fn is_ready(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| found.len() == ROOM)
    }

    /// Keeps a copy of a file that cannot be read whole, as far as there is room.
    pub(crate) fn keep_damaged(&self, now: Instant) {
        let copy = format!("{SPOOL_FILE}.damaged-{}", now.millis());
        if let Err(error) = std::fs::copy(&self.path, self.path.with_file_name(copy)) {
            tracing::error!(%error, "the damaged emergency spool could not be copied");
        }
    }

    fn make(&self) -> Result<(), StoreError> {
        if self.is_ready() {
            return Ok(());
        }
        let held = self.hold_any()?;
        // Zeros that are written, not a hole: their blocks are there from now on.
        let zeros = vec![0; 1 << 16];
        let mut at = held.file.metadata().map_err(StoreError::io)?.len();
        while at < ROOM {
            let size = usize::try_from(ROOM - at).unwrap_or(0).min(zeros.len());
            let piece = zeros.get(..size).unwrap_or_default();
            held.file.write_all_at(piece, at).map_err(StoreError::io)?;
            at += 1 << 16;
        }
        held.file.set_len(ROOM).map_err(StoreError::io)?;
        let mut head = [0; MAGIC.len()];
        held.file
            .read_exact_at(&mut head, 0)
            .map_err(StoreError::io)?;
        if head != *MAGIC {
            held.begin()?;
        }
        held.file.sync_all().map_err(StoreError::io)
    }

    /// Waits for whoever changes the file now.
    pub(crate) fn hold(&self) -> Result<HeldSpool<'_>, StoreError> {
        if self.is_ready() {
            self.hold_any()
        } else {
            Err(StoreError::text("there is no room for the emergency spool"))
        }
    }

    fn hold_any(&self) -> Result<HeldSpool<'_>, StoreError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.path)
            .map_err(StoreError::io)?;
        file.lock().map_err(StoreError::io)?;
        Ok(HeldSpool {
            file,
            sealer: &self.sealer,
        })
    }
}

impl HeldSpool<'_> {
    /// Everything in it.
    pub(crate) fn read(&self) -> Result<Spooled, StoreError> {
        let mut head = [0; MAGIC.len() + MARK];
        self.file
            .read_exact_at(&mut head, 0)
            .map_err(StoreError::io)?;
        let mut found = Spooled {
            end: BEGIN,
            ..Spooled::default()
        };
        let mark = head
            .strip_prefix(MAGIC.as_slice())
            .and_then(|m| m.try_into().ok());
        let Some(mark) = mark else {
            found.is_damaged = true;
            return Ok(found);
        };
        found.mark = mark;
        while let Some(sealed) = self.record(found.end)? {
            let plain = self.sealer.open(&place(&found), &sealed);
            let late = plain.ok().and_then(|p| Late::read(&p));
            let Some(late) = late else {
                found.is_damaged = true;
                break;
            };
            found.took(late, &sealed);
        }
        Ok(found)
    }

    /// Adds a record after what was read; it is on the disk when this returns.
    pub(crate) fn append(&self, read: &mut Spooled, late: Late) -> Result<(), StoreError> {
        if read.is_damaged {
            return Err(StoreError::text("the emergency spool is damaged"));
        }
        let sealed = self.sealer.seal(&place(read), &late.write()?);
        let sealed = sealed.map_err(|e| StoreError(e.to_string()))?;
        // The end is written with the record, over whatever stood there.
        let record = [&size(&sealed)?, sealed.as_slice(), &[0; 4]].concat();
        if read.end + length(&record) > ROOM {
            return Err(StoreError::text("the emergency spool is full"));
        }
        self.file
            .write_all_at(&record, read.end)
            .map_err(StoreError::io)?;
        self.file.sync_data().map_err(StoreError::io)?;
        read.took(late, &sealed);
        Ok(())
    }

    /// Empties it, under a new mark: what was read is in the log.
    pub(crate) fn clear(&self, read: &Spooled) -> Result<(), StoreError> {
        self.begin()?;
        // What stood there means nothing any more; it need not stay either.
        let zeros = vec![0; usize::try_from(read.end.saturating_sub(BEGIN)).unwrap_or(0)];
        self.file
            .write_all_at(&zeros, BEGIN)
            .map_err(StoreError::io)?;
        self.file.sync_data().map_err(StoreError::io)
    }

    /// A new mark and no record, in one write within one sector.
    fn begin(&self) -> Result<(), StoreError> {
        let mark: [u8; MARK] = random().map_err(|e| StoreError(e.to_string()))?;
        let head = [MAGIC.as_slice(), &mark, &[0; 4]].concat();
        self.file.write_all_at(&head, 0).map_err(StoreError::io)?;
        self.file.sync_data().map_err(StoreError::io)
    }

    /// The sealed record at a place; none at the end.
    fn record(&self, at: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut size = [0; 4];
        if at + 4 > ROOM {
            return Ok(None);
        }
        self.file
            .read_exact_at(&mut size, at)
            .map_err(StoreError::io)?;
        let size = u32::from_be_bytes(size);
        if size == 0 {
            return Ok(None);
        }
        let left = ROOM - at - 4;
        // A length that cannot be is read as far as it goes, and does not open.
        let size = u64::from(size).min(left);
        let mut sealed = vec![0; usize::try_from(size).unwrap_or(0)];
        self.file
            .read_exact_at(&mut sealed, at + 4)
            .map_err(StoreError::io)?;
        Ok(Some(sealed))
    }
}

fn place(after: &Spooled) -> String {
    let (mark, last) = (aceso_base::hex(&after.mark), aceso_base::hex(&after.last));
    format!("audit spool {mark} {} {last}", after.all.len())
}

fn size(sealed: &[u8]) -> Result<[u8; 4], StoreError> {
    let size = u32::try_from(sealed.len());
    let size = size.map_err(|_| StoreError::text("an entry is too long for the spool"))?;
    Ok(size.to_be_bytes())
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(n: i64) -> Late {
        Late {
            at: n,
            body: vec![7; 40],
            opened: None,
        }
    }

    fn spool(name: &str) -> (PathBuf, Spool) {
        let dir = std::env::temp_dir().join(format!("aceso-spool-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let keyring = Keyring::create(Instant::from_millis(0)).unwrap();
        let spool = Spool::new(&dir, &keyring);
        (dir, spool)
    }

    fn add(spool: &Spool, n: i64) -> Result<(), StoreError> {
        let held = spool.hold()?;
        held.append(&mut held.read()?, late(n))
    }

    fn times(spool: &Spool) -> Vec<i64> {
        let found = spool.hold().unwrap().read().unwrap();
        found.all.iter().map(|late| late.at).collect()
    }

    #[test]
    fn what_is_spooled_is_read_in_order_and_gone_when_it_is_cleared() {
        let (dir, spool) = spool("order");
        assert!(spool.is_ready());
        for round in 0..3 {
            for n in 0..20 {
                add(&spool, round * 100 + n).unwrap();
            }
            let wanted: Vec<i64> = (0..20).map(|n| round * 100 + n).collect();
            assert_eq!(times(&spool), wanted);
            let held = spool.hold().unwrap();
            let read = held.read().unwrap();
            held.clear(&read).unwrap();
            assert_ne!(held.read().unwrap().mark, read.mark);
            drop(held);
            assert_eq!(times(&spool), Vec::<i64>::new());
        }
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_full_spool_takes_no_more_and_loses_nothing() {
        let (dir, spool) = spool("full");
        let mut count = 0;
        let held = spool.hold().unwrap();
        let mut read = held.read().unwrap();
        while held.append(&mut read, late(count)).is_ok() {
            count += 1;
            assert!(count < 20_000);
        }
        drop(held);
        assert!(count > 1000, "{count}");
        assert_eq!(times(&spool).len(), usize::try_from(count).unwrap());
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_changed_byte_is_noticed_and_nothing_after_it_is_believed() {
        let (dir, spool) = spool("changed");
        for n in 0..5 {
            add(&spool, n).unwrap();
        }
        let end = spool.hold().unwrap().read().unwrap().end;
        let path = dir.join(SPOOL_FILE);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..usize::try_from(end).unwrap() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let found = spool.hold().unwrap().read().unwrap();
            assert!(found.is_damaged, "byte {at}");
            assert!(found.all.len() < 5);
            assert!(add(&spool, 9).is_err());
        }
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn nothing_of_an_entry_can_be_read_in_the_file() {
        let (dir, spool) = spool("sealed");
        let held = spool.hold().unwrap();
        let mut secret = late(1);
        secret.body = b"Patient/the-secret-patient".to_vec();
        held.append(&mut held.read().unwrap(), secret).unwrap();
        let bytes = std::fs::read(dir.join(SPOOL_FILE)).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"secret"));
        std::fs::remove_dir_all(dir).unwrap();
    }
}

//! The log's journal: a sealed file beside the log that takes entries of reads before the log does. Its room is taken when it is
//! made, so that a group of entries costs one write and one sync of a few sectors, about half of what the log's own commit
//! takes, and the log takes many groups at once.
//!
//! `DIR/audit.ahead`: a ring of groups, each at the beginning of a sector: the journal's mark, the group's number and the length
//! of what is sealed; then the entries, sealed for the mark and the number. The log itself says (`audit_ahead`) which mark is
//! valid, up to which group it holds what the journal says, and where the next one belongs: so each group is in the log once,
//! whenever the program dies. Each start begins another mark. One process writes the file, as long as it holds its lock.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use aceso_vault::{Keyring, Sealer, random};
use rusqlite::{Connection, OptionalExtension};

use super::Entry;
use crate::StoreError;
use crate::statements as sql;

/// The file's name in the data directory.
pub(super) const AHEAD_FILE: &str = "audit.ahead";
/// So many bytes are taken for it.
const ROOM: u64 = 4 << 20;
/// Groups begin at such places: no sector holds parts of two.
const SECTOR: u64 = 512;
const MARK: usize = 16;
/// Mark, number, length of what is sealed.
const HEAD: usize = MARK + 8 + 4;
const HEAD_BYTES: u64 = 28;
/// One key seals so many groups at most.
const KEY_BITS: u32 = 24;

/// Which filling of the journal it is.
pub(super) type Mark = [u8; MARK];

/// Up to which group the log holds what the journal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Upto {
    pub(super) mark: Mark,
    /// The last group's number.
    pub(super) number: u64,
    /// Where the next one belongs.
    pub(super) place: u64,
}

impl Upto {
    /// What the log says.
    pub(super) fn read(log: &Connection) -> Result<Option<Self>, StoreError> {
        let mut statement = log.prepare_cached(sql::AUDIT_AHEAD_ONE)?;
        let found = statement.query_row([], |row| {
            Ok(Self {
                mark: row.get(0)?,
                number: row.get::<_, i64>(1)?.cast_unsigned(),
                place: row.get::<_, i64>(2)?.cast_unsigned(),
            })
        });
        Ok(found.optional()?)
    }

    /// Has the log say so.
    pub(super) fn write(&self, log: &Connection) -> Result<(), StoreError> {
        log.prepare_cached(sql::AUDIT_AHEAD_SET)?.execute((
            self.mark.as_slice(),
            self.number.cast_signed(),
            self.place.cast_signed(),
        ))?;
        Ok(())
    }

    /// The log holds this group, too.
    pub(super) const fn with(self, group: &Group) -> Self {
        Self {
            mark: self.mark,
            number: group.number,
            place: group.next,
        }
    }

    /// The beginning of another filling.
    pub(super) fn begin(before: Option<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            mark: random().map_err(|e| StoreError(e.to_string()))?,
            number: before.map_or(0, |one| one.number),
            place: 0,
        })
    }
}

/// Entries that were written together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) number: u64,
    /// Where the next one belongs.
    pub(super) next: u64,
    pub(super) entries: Vec<Entry>,
}

/// The file.
#[derive(Debug)]
pub(super) struct Ahead {
    path: PathBuf,
    file: File,
    keyring: Keyring,
    /// Whether no other process writes it.
    pub(super) is_ours: bool,
}

/// What stands after a group.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// In order.
    pub(super) groups: Vec<Group>,
    /// Whether there is something that was not written whole, or was changed.
    pub(super) is_damaged: bool,
}

/// What stands at a place.
enum Found {
    Group(Group),
    /// Something else, or nothing.
    Other,
    /// The head of the group that is looked for, and not what belongs to it.
    Unreadable,
}

impl Ahead {
    /// Opens the file, made when there is room, and takes its lock when nobody has it.
    pub(super) fn open(dir: &Path, keyring: &Keyring) -> std::io::Result<Self> {
        let path = dir.join(AHEAD_FILE);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        let mut ahead = Self {
            path,
            file,
            keyring: keyring.clone(),
            is_ours: false,
        };
        ahead.take_over()?;
        Ok(ahead)
    }

    /// Takes the lock and the room when no other process has them; answers whether they are ours.
    pub(super) fn take_over(&mut self) -> std::io::Result<bool> {
        if !self.is_ours {
            match self.file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(false),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            self.is_ours = true;
        }
        self.take_room()?;
        Ok(true)
    }

    /// Zeros that are written, not a hole: their blocks are there from now on.
    fn take_room(&self) -> std::io::Result<()> {
        let mut at = self.file.metadata()?.len();
        if at == ROOM {
            return Ok(());
        }
        let zeros = vec![0; 1 << 16];
        while at < ROOM {
            let size = usize::try_from(ROOM - at).unwrap_or(0).min(zeros.len());
            self.file
                .write_all_at(zeros.get(..size).unwrap_or_default(), at)?;
            at += 1 << 16;
        }
        self.file.set_len(ROOM)?;
        self.file.sync_all()
    }

    /// The groups after one. What another process is writing now is not there yet, and no damage.
    pub(super) fn after(&self, upto: Upto) -> Result<Left, StoreError> {
        let mut left = Left::default();
        let mut seals = Seals::new(&self.keyring, upto.mark);
        let (mut number, mut place) = (upto.number + 1, upto.place);
        loop {
            let (found, is_unreadable) = self.find(&mut seals, number, place)?;
            left.is_damaged |= is_unreadable && self.is_ours;
            let Some(group) = found else { break };
            (number, place) = (group.number + 1, group.next);
            left.groups.push(group);
        }
        if self.is_ours {
            let beyond = self.beyond(&mut seals, number)?;
            left.is_damaged |= !beyond.is_empty();
            left.groups.extend(beyond);
        }
        Ok(left)
    }

    /// The group of a number at its place, or at the beginning when there was no room for it.
    fn find(
        &self,
        seals: &mut Seals<'_>,
        number: u64,
        place: u64,
    ) -> Result<(Option<Group>, bool), StoreError> {
        let mut is_unreadable = false;
        for at in [place, 0] {
            match self.at(seals, Some(number), at)? {
                Found::Group(group) => return Ok((Some(group), false)),
                Found::Unreadable => is_unreadable = true,
                Found::Other => {}
            }
        }
        Ok((None, is_unreadable))
    }

    /// Groups that came after one that is not there: what was between was taken away or changed.
    fn beyond(&self, seals: &mut Seals<'_>, number: u64) -> Result<Vec<Group>, StoreError> {
        let mut found = Vec::new();
        for sector in 0..ROOM / SECTOR {
            if let Found::Group(group) = self.at(seals, None, sector * SECTOR)?
                && group.number >= number
            {
                found.push(group);
            }
        }
        found.sort_by_key(|group| group.number);
        Ok(found)
    }

    /// What stands at a place, of this mark; with a number, only that group.
    fn at(
        &self,
        seals: &mut Seals<'_>,
        wanted: Option<u64>,
        place: u64,
    ) -> Result<Found, StoreError> {
        let mut head = [0; HEAD];
        if place + SECTOR > ROOM {
            return Ok(Found::Other);
        }
        if !self.fills(&mut head, place)? {
            return Ok(Found::Other);
        }
        let Some((number, length)) = read_head(&head, &seals.mark) else {
            return Ok(Found::Other);
        };
        if wanted.is_some_and(|wanted| wanted != number) {
            return Ok(Found::Other);
        }
        let begin = place + HEAD_BYTES;
        if length > ROOM - begin {
            return Ok(Found::Unreadable);
        }
        let mut sealed = vec![0; usize::try_from(length).unwrap_or(0)];
        if !self.fills(&mut sealed, begin)? {
            return Ok(Found::Unreadable);
        }
        let plain = seals.of(number).open(&bound(number), &sealed).ok();
        let Some(entries) = plain.and_then(|plain| unpack(&plain)) else {
            return Ok(Found::Unreadable);
        };
        let next = place + sectors(HEAD_BYTES + length);
        Ok(Found::Group(Group {
            number,
            next,
            entries,
        }))
    }

    /// Whether there are so many bytes at a place: the file is shorter while its room is being taken.
    fn fills(&self, bytes: &mut [u8], place: u64) -> Result<bool, StoreError> {
        match self.file.read_exact_at(bytes, place) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(StoreError::io(error)),
        }
    }

    /// Keeps a copy of a file that cannot be read whole, as far as there is room.
    pub(super) fn keep_damaged(&self, now: Instant) {
        let copy = format!("{AHEAD_FILE}.damaged-{}", now.millis());
        if let Err(error) = std::fs::copy(&self.path, self.path.with_file_name(copy)) {
            tracing::error!(%error, "the audit log's damaged journal could not be copied");
        }
    }

    /// What writes the file from there on.
    pub(super) fn write_after(&self, upto: Upto) -> Result<Writer, StoreError> {
        Ok(Writer {
            file: self.file.try_clone().map_err(StoreError::io)?,
            keyring: self.keyring.clone(),
            sealer: None,
            last: upto,
            waiting: VecDeque::new(),
            bytes: Vec::new(),
        })
    }
}

/// The keys of a mark, one after the other.
struct Seals<'a> {
    keyring: &'a Keyring,
    mark: Mark,
    now: Option<(u64, Sealer)>,
}

impl<'a> Seals<'a> {
    const fn new(keyring: &'a Keyring, mark: Mark) -> Self {
        Self {
            keyring,
            mark,
            now: None,
        }
    }

    fn of(&mut self, number: u64) -> &Sealer {
        seal_of(&mut self.now, self.keyring, &self.mark, number)
    }
}

fn seal_of<'a>(
    now: &'a mut Option<(u64, Sealer)>,
    keyring: &Keyring,
    mark: &Mark,
    number: u64,
) -> &'a Sealer {
    let which = number >> KEY_BITS;
    let kept = now.take().filter(|(kept, _)| *kept == which);
    let make = || {
        let mark = aceso_base::hex(mark);
        let sealer = keyring.sealer(&format!("audit journal {mark} {which}"));
        (which, sealer)
    };
    &now.insert(kept.unwrap_or_else(make)).1
}

/// What writes the journal.
pub(super) struct Writer {
    file: File,
    keyring: Keyring,
    sealer: Option<(u64, Sealer)>,
    /// The last group that was written.
    last: Upto,
    /// Number and place of those that the log does not hold yet.
    waiting: VecDeque<(u64, u64)>,
    bytes: Vec<u8>,
}

impl Writer {
    /// Writes a group; it is on the disk when this answers its number and where the next one belongs. None: there is no room until
    /// the log holds more than the groups up to `held`.
    pub(super) fn write(
        &mut self,
        entries: &[Entry],
        held: u64,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        while self
            .waiting
            .pop_front_if(|(number, _)| *number <= held)
            .is_some()
        {}
        let number = self.last.number + 1;
        let sealer = seal_of(&mut self.sealer, &self.keyring, &self.last.mark, number);
        let sealed = sealer.seal(&bound(number), &pack(entries)?);
        let sealed = sealed.map_err(|e| StoreError(e.to_string()))?;
        let length = u32::try_from(sealed.len())
            .map_err(|_| StoreError::text("entries are too long for the journal"))?;
        let size = sectors(HEAD_BYTES + u64::from(length));
        self.bytes.clear();
        self.bytes.extend_from_slice(&self.last.mark);
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(&sealed);
        self.bytes.resize(usize::try_from(size).unwrap_or(0), 0);
        let Some(place) = self.place(size) else {
            return Ok(None);
        };
        self.file
            .write_all_at(&self.bytes, place)
            .and_then(|()| self.file.sync_data())
            .map_err(StoreError::io)?;
        self.last.number = number;
        self.last.place = place + size;
        self.waiting.push_back((number, place));
        Ok(Some((number, self.last.place)))
    }

    /// Where there is room for so many bytes.
    fn place(&self, size: u64) -> Option<u64> {
        let at = self.last.place;
        match self.waiting.front().map(|(_, place)| *place) {
            None if at + size <= ROOM => Some(at),
            None => (size <= ROOM).then_some(0),
            // Behind what waits, up to the end; or from the beginning up to what waits.
            Some(first) if first < at && at + size <= ROOM => Some(at),
            Some(first) if first < at => (size < first).then_some(0),
            Some(first) => (at + size < first).then_some(at),
        }
    }
}

/// Mark, number and length, when it is of this mark.
fn read_head(head: &[u8; HEAD], mark: &Mark) -> Option<(u64, u64)> {
    let rest = head.strip_prefix(mark.as_slice())?;
    let (number, length) = rest.split_first_chunk::<8>()?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    Some((u64::from_be_bytes(*number), u64::from(length)))
}

/// Where a group belongs.
fn bound(number: u64) -> String {
    format!("audit journal {number}")
}

const fn sectors(bytes: u64) -> u64 {
    bytes.div_ceil(SECTOR) * SECTOR
}

/// Of each entry its time, the length of its body, and the body.
fn pack(entries: &[Entry]) -> Result<Vec<u8>, StoreError> {
    let mut plain = Vec::with_capacity(entries.iter().map(|one| one.body.len() + 12).sum());
    for entry in entries {
        let length = u32::try_from(entry.body.len())
            .map_err(|_| StoreError::text("an entry is too long for the journal"))?;
        plain.extend_from_slice(&entry.at.millis().to_be_bytes());
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(&entry.body);
    }
    Ok(plain)
}

fn unpack(mut plain: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !plain.is_empty() {
        let (at, rest) = plain.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (body, rest) = rest.split_at_checked(length)?;
        entries.push(Entry {
            at: Instant::from_millis(i64::from_be_bytes(*at)),
            body: body.to_vec(),
        });
        plain = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests;

//! Pages that were written: read from the engine's write-ahead log (SQLite's file format, "The Write-Ahead Log"), kept in
//! files of their own, and put into a copy of the database later. Pages are sealed; nothing here opens one.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Error, ErrorKind, Read, Result, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

const HEAD: usize = 32;
const FRAME: usize = 24;
const LITTLE: u32 = 0x377f_0682;
const BIG: u32 = 0x377f_0683;
/// What a file of pages begins with; the length of a page follows.
const MARK: &[u8; 12] = b"aceso pages\n";

/// How far a write-ahead log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// It changes when the log begins anew.
    salt: [u8; 8],
    frames: u64,
    sum: (u32, u32),
}

/// What was written since, up to the last commit.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Where each page's last form stands in the log.
    places: BTreeMap<u32, u64>,
    /// How many pages the database has.
    size: u32,
    page: usize,
    /// Up to where it goes; none when the log is empty.
    pub(crate) end: Option<Position>,
}

/// The log's own head.
struct Head {
    salt: [u8; 8],
    sum: (u32, u32),
    page: usize,
    order: Order,
}

/// Which byte of a word comes first in the log's sums: its head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Lowest,
    Highest,
}

impl Written {
    /// What stands in a log after a position, or in all of it when it began anew since. Whoever writes may go on
    /// meanwhile: what is not committed, or not whole, is not taken.
    pub(crate) fn since(log: &File, from: Option<Position>) -> Result<Self> {
        let nothing = Self {
            end: from,
            ..Self::default()
        };
        let Some(head) = Head::read(log)? else {
            return Ok(nothing);
        };
        let at = from
            .filter(|from| from.salt == head.salt)
            .unwrap_or(Position {
                salt: head.salt,
                frames: 0,
                sum: head.sum,
            });
        let mut written = Self {
            page: head.page,
            end: Some(at),
            ..nothing
        };
        written.walk(log, &head, at)?;
        Ok(written)
    }

    /// The same up to what is the last commit by now. A log that began anew meanwhile holds nothing of before.
    pub(crate) fn go_on(mut self, log: &File) -> Result<Self> {
        if !self.stands_in(log)? {
            return Self::since(log, None);
        }
        let mut more = Self::since(log, self.end)?;
        if more.salt() != self.salt() {
            return Ok(more);
        }
        self.places.append(&mut more.places);
        Ok(Self {
            places: self.places,
            size: if more.size == 0 { self.size } else { more.size },
            ..more
        })
    }

    /// Whether the log is still the one that was read: it did not begin anew.
    fn stands_in(&self, log: &File) -> Result<bool> {
        let head = Head::read(log)?;
        Ok(head.map(|head| head.salt) == self.salt())
    }

    fn salt(&self) -> Option<[u8; 8]> {
        self.end.map(|end| end.salt)
    }

    /// How long the database is with what was written; none when nothing was.
    pub(crate) fn length(&self) -> Option<u64> {
        let page = u64::try_from(self.page).unwrap_or(0);
        (!self.places.is_empty()).then_some(u64::from(self.size) * page)
    }

    /// Puts the pages that were written over a piece of the database, which begins and ends with a page. False when the log began
    /// anew: then something of later may be among them.
    pub(crate) fn put_over(&self, log: &File, at: u64, piece: &mut [u8]) -> Result<bool> {
        let page = u64::try_from(self.page).unwrap_or(0);
        let first = at.checked_div(page).unwrap_or(0) + 1;
        let (mut any, mut done) = (false, Ok(()));
        for (number, room) in (first..).zip(piece.chunks_exact_mut(self.page.max(1))) {
            let frame = u32::try_from(number).ok().and_then(|n| self.places.get(&n));
            if let (Some(frame), Ok(())) = (frame, &done) {
                any = true;
                done = log.read_exact_at(room, content(*frame, self.page));
            }
        }
        // Looked at afterwards: whoever begins a log anew writes its head first.
        if any && !self.stands_in(log)? {
            return Ok(false);
        }
        done.map(|()| true)
    }

    fn walk(&mut self, log: &File, head: &Head, mut at: Position) -> Result<()> {
        let length = FRAME + head.page;
        let mut from = BufReader::with_capacity(1 << 20, Tail(log, place(at.frames, head.page)));
        let mut frame = vec![0; length];
        let mut open = BTreeMap::new();
        while whole(&mut from, &mut frame)? {
            let (start, page) = frame.split_at(FRAME);
            let (of, rest) = start.split_at(8);
            let (salt, told) = rest.split_at(8);
            let sum = summed(summed(at.sum, of, head.order), page, head.order);
            if salt != head.salt || told != in_bytes(sum) {
                break;
            }
            open.insert(number(of, 0), at.frames);
            at = Position {
                frames: at.frames + 1,
                sum,
                ..at
            };
            let size = number(of, 4);
            if size != 0 {
                self.places.append(&mut open);
                self.size = size;
                self.end = Some(at);
            }
        }
        Ok(())
    }

    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.places.len()).unwrap_or(u64::MAX)
    }

    /// Adds them to a file of pages, which is made when it is not there; nobody else can read it.
    pub(crate) fn add_to(&self, log: &File, path: &Path) -> Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        if self.places.is_empty() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        let mut to = BufWriter::with_capacity(1 << 20, file);
        if is_new {
            to.write_all(MARK)?;
            to.write_all(&u32::try_from(self.page).unwrap_or(0).to_be_bytes())?;
        }
        let mut page = vec![0; self.page];
        for (number, frame) in &self.places {
            log.read_exact_at(&mut page, content(*frame, self.page))?;
            to.write_all(&number.to_be_bytes())?;
            to.write_all(&page)?;
        }
        // No page has the number 0: what follows is how many there are.
        to.write_all(&0_u32.to_be_bytes())?;
        to.write_all(&self.size.to_be_bytes())?;
        to.flush()
    }
}

/// Puts the pages of a file into a copy of a database that nobody has open. Which copy they belong to is for the caller to
/// know; what is put into another one does not open.
pub fn put_pages(pages: &Path, database: &Path) -> Result<()> {
    let mut from = BufReader::with_capacity(1 << 20, File::open(pages)?);
    let mut head = [0; 16];
    from.read_exact(&mut head)?;
    let (mark, length) = head.split_at(MARK.len());
    let length = number(length, 0);
    if mark != MARK || !is_page_size(length) {
        return Err(Error::new(ErrorKind::InvalidData, "it holds no pages"));
    }
    let into = OpenOptions::new().write(true).open(database)?;
    let mut page = vec![0; usize::try_from(length).unwrap_or(0)];
    let mut next = [0; 4];
    let mut is_settled = false;
    while whole(&mut from, &mut next)? {
        match u32::from_be_bytes(next) {
            0 => {
                from.read_exact(&mut next)?;
                into.set_len(u64::from(u32::from_be_bytes(next)) * u64::from(length))?;
                is_settled = true;
            }
            number => {
                from.read_exact(&mut page)?;
                into.write_all_at(&page, u64::from(number - 1) * u64::from(length))?;
                is_settled = false;
            }
        }
    }
    if !is_settled {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    into.sync_all()
}

/// Whether a log begins anew for the first time: nothing that it held before was overwritten. An empty one does.
pub(crate) fn is_first(log: &File) -> Result<bool> {
    let mut head = [0; HEAD];
    let is_there = whole(&mut Tail(log, 0), &mut head)?;
    // The head counts how often the log began anew ("checkpoint sequence number").
    Ok(!is_there || number(&head, 12) == 0)
}

impl Head {
    /// None of a log that is empty, or whose head is not whole: nothing is committed in it.
    fn read(log: &File) -> Result<Option<Self>> {
        let mut head = [0; HEAD];
        if !whole(&mut Tail(log, 0), &mut head)? {
            return Ok(None);
        }
        let order = match number(&head, 0) {
            LITTLE => Order::Lowest,
            BIG => Order::Highest,
            _ => return Ok(None),
        };
        let (told, sum) = head.split_at(HEAD - 8);
        let sums = summed((0, 0), told, order);
        let size = number(&head, 8);
        if sum != in_bytes(sums) || !is_page_size(size) {
            return Ok(None);
        }
        let mut salt = [0; 8];
        salt.copy_from_slice(head.get(16..24).unwrap_or(&[0; 8]));
        Ok(Some(Self {
            salt,
            sum: sums,
            page: usize::try_from(size).unwrap_or(0),
            order,
        }))
    }
}

const fn is_page_size(size: u32) -> bool {
    size.is_power_of_two() && size >= 512 && size <= 65_536
}

/// Where a frame begins in a log.
fn place(frame: u64, page: usize) -> u64 {
    let length = u64::try_from(FRAME + page).unwrap_or(0);
    u64::try_from(HEAD).unwrap_or(0) + frame * length
}

/// Where a frame's page begins in a log.
fn content(frame: u64, page: usize) -> u64 {
    place(frame, page) + u64::try_from(FRAME).unwrap_or(0)
}

/// The log's running sum of words.
fn summed(mut sum: (u32, u32), bytes: &[u8], order: Order) -> (u32, u32) {
    let word = |bytes: &[u8]| match (bytes.first_chunk(), order) {
        (Some(word), Order::Lowest) => u32::from_le_bytes(*word),
        (Some(word), Order::Highest) => u32::from_be_bytes(*word),
        (None, _) => 0,
    };
    for pair in bytes.chunks_exact(8) {
        let (first, second) = pair.split_at(4);
        sum.0 = sum.0.wrapping_add(word(first)).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(word(second)).wrapping_add(sum.0);
    }
    sum
}

fn in_bytes(sum: (u32, u32)) -> [u8; 8] {
    let mut bytes = [0; 8];
    let both = sum.0.to_be_bytes().into_iter().chain(sum.1.to_be_bytes());
    bytes.iter_mut().zip(both).for_each(|(to, from)| *to = from);
    bytes
}

/// Four bytes at a place, the highest first.
fn number(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(<[u8]>::first_chunk);
    found.map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Fills all of it; false when there is less.
fn whole(from: &mut impl Read, into: &mut [u8]) -> Result<bool> {
    match from.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file from a place on, whoever else reads it.
struct Tail<'a>(&'a File, u64);

impl Read for Tail<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let count = self.0.read_at(into, self.1)?;
        self.1 += u64::try_from(count).unwrap_or(0);
        Ok(count)
    }
}

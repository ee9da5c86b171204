//! A directory of another machine, over SSH.

mod packet;
mod wire;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use packet::{Fields, kind};
use wire::{Trouble, Wire};

use super::{FOLDERS, Part, Storage, StorageError};
use crate::{Address, SftpAddress};

/// What a server takes in one request whatever it is.
const PIECE: usize = 32 * 1024;
/// Requests under way at a time: enough for a network that answers slowly.
const AT_ONCE: usize = 64;
const READ: u32 = 1;
const WRITE_ANEW: u32 = 2 | 8 | 16;
/// Attributes that say only the mode.
const MODE: u32 = 4;
const SYNC: &str = "fsync@openssh.com";
const ROOM: &str = "statvfs@openssh.com";

/// A directory of another machine. One connection, one request of the library's at a time.
pub(super) struct Sftp {
    address: SftpAddress,
    config: Option<PathBuf>,
    wire: Mutex<Option<Wire>>,
}

impl Sftp {
    pub(super) fn new(address: &SftpAddress, config: Option<&Path>) -> Self {
        Self {
            address: address.clone(),
            config: config.map(Path::to_path_buf),
            wire: Mutex::new(None),
        }
    }

    /// Does something over the connection, which is made when there is none; one that failed is not used again.
    fn with<T>(
        &self,
        act: impl FnOnce(&mut Wire) -> Result<T, Trouble>,
    ) -> Result<T, StorageError> {
        let mut held = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wire = match held.take() {
            Some(wire) => wire,
            None => {
                Wire::open(&self.address, self.config.as_deref()).map_err(StorageError::Failed)?
            }
        };
        match act(&mut wire) {
            Ok(done) => {
                *held = Some(wire);
                Ok(done)
            }
            Err(Trouble::Told(error)) => {
                *held = Some(wire);
                Err(error)
            }
            Err(Trouble::Lost(why)) => Err(StorageError::Failed(wire.end(&why))),
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.address.path)
    }

    /// Makes a directory and those that it is in; one that is there stays.
    fn make(wire: &mut Wire, path: &str) -> Result<(), Trouble> {
        let mut ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        ends.push(path.len());
        for end in ends.into_iter().filter(|end| *end > 0) {
            let dir = path.get(..end).unwrap_or(path);
            let made = wire.ask(kind::MKDIR, &named(dir).number(MODE).number(0o700))?;
            if let Err(error) = made.done() {
                let about = wire.ask(kind::STAT, &named(dir))?;
                if !about.attributes().is_ok_and(|about| about.is_directory) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

fn named(path: &str) -> Fields {
    Fields::default().text(path.as_bytes())
}

impl Storage for Sftp {
    fn location(&self) -> String {
        Address::Sftp(self.address.clone()).to_string()
    }

    fn prepare(&self) -> Result<(), StorageError> {
        self.with(|wire| {
            for folder in FOLDERS {
                Self::make(wire, &self.path(folder))?;
            }
            for first in 0..=u8::MAX {
                let dir = self.path(&format!("data/{first:02x}"));
                let made = wire.ask(kind::MKDIR, &named(&dir).number(MODE).number(0o700))?;
                if made.done().is_err() {
                    Self::make(wire, &dir)?;
                }
            }
            Ok(())
        })
    }

    fn list(&self, below: &str) -> Result<Vec<(String, u64)>, StorageError> {
        self.with(|wire| {
            let (mut files, mut dirs) = (Vec::new(), vec![self.path(below)]);
            while let Some(dir) = dirs.pop() {
                for (name, about) in entries(wire, &dir)? {
                    if [".", ".."].contains(&name.as_str()) {
                        continue;
                    }
                    if about.is_directory {
                        dirs.push(format!("{dir}/{name}"));
                    } else {
                        files.push((name, about.length));
                    }
                }
            }
            Ok(files)
        })
    }

    fn read(&self, name: &str, part: Option<Part>) -> Result<Vec<u8>, StorageError> {
        let path = self.path(name);
        self.with(|wire| {
            let opened = wire.ask(kind::OPEN, &named(&path).number(READ).number(0))?;
            let handle = opened.handle()?;
            let read = content(wire, &handle, part);
            if !matches!(read, Err(Trouble::Lost(_))) {
                close(wire, &handle)?;
            }
            read
        })
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let path = self.path(name);
        let (dir, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let unfinished = format!("{dir}/.{file}.part");
        self.with(|wire| {
            let fields = named(&unfinished).number(WRITE_ANEW).number(MODE);
            let opened = wire.ask(kind::OPEN, &fields.number(0o600))?;
            let handle = opened.handle()?;
            let written = fill(wire, &handle, content);
            let closed = close(wire, &handle);
            if let Err(error) = written.and(closed) {
                return Err(self.why_not_written(wire, &unfinished, content.len(), error));
            }
            // It does not replace a file that is there: what is in a repository is written once.
            let renamed = wire.ask(kind::RENAME, &named(&unfinished).text(path.as_bytes()))?;
            if let Err(error) = renamed.done() {
                let there = wire.ask(kind::STAT, &named(&path))?.attributes();
                let _ = wire.ask(kind::REMOVE, &named(&unfinished))?;
                let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
                return match there {
                    Ok(about) if about.length == length => Ok(()),
                    _ => Err(error),
                };
            }
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let path = self.path(name);
        self.with(|wire| wire.ask(kind::REMOVE, &named(&path))?.done())
    }
}

impl Sftp {
    /// OpenSSH says of a full disk only that something failed; and what was begun goes again.
    fn why_not_written(
        &self,
        wire: &mut Wire,
        unfinished: &str,
        length: usize,
        error: Trouble,
    ) -> Trouble {
        let Trouble::Told(StorageError::Failed(_)) = &error else {
            return error;
        };
        let room = wire.knows(ROOM).then(|| {
            let fields = Fields::default().text(ROOM.as_bytes());
            let path = self.path("");
            wire.ask(kind::EXTENDED, &fields.text(path.as_bytes()))?
                .room()
        });
        if let Err(error) = wire.ask(kind::REMOVE, &named(unfinished)) {
            return error;
        }
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        match room {
            Some(Ok(room)) if room < length => Trouble::Told(StorageError::Full),
            _ => error,
        }
    }
}

fn entries(wire: &mut Wire, dir: &str) -> Result<Vec<(String, packet::Attributes)>, Trouble> {
    let handle = wire.ask(kind::OPENDIR, &named(dir))?.handle()?;
    let mut all = Vec::new();
    let fields = Fields::default().text(&handle);
    while let Some(some) = wire.ask(kind::READDIR, &fields)?.names()? {
        all.extend(some);
    }
    close(wire, &handle)?;
    Ok(all)
}

fn close(wire: &mut Wire, handle: &[u8]) -> Result<(), Trouble> {
    wire.ask(kind::CLOSE, &Fields::default().text(handle))?
        .done()
}

/// Writes all of it, and sees it onto the disk. Every request's answer is heard, whatever one of them says.
fn fill(wire: &mut Wire, handle: &[u8], content: &[u8]) -> Result<(), Trouble> {
    let (mut under_way, mut first_error) = (0, None);
    let mut offset = 0_u64;
    let mut hear = |wire: &mut Wire| -> Result<(), Trouble> {
        match wire.receive()?.done() {
            Ok(()) => Ok(()),
            Err(Trouble::Told(error)) => {
                first_error.get_or_insert(error);
                Ok(())
            }
            Err(lost) => Err(lost),
        }
    };
    for piece in content.chunks(PIECE) {
        let fields = Fields::default().text(handle).long(offset).text(piece);
        wire.send(kind::WRITE, &fields)?;
        offset += u64::try_from(piece.len()).unwrap_or(0);
        under_way += 1;
        if under_way == AT_ONCE {
            hear(wire)?;
            under_way -= 1;
        }
    }
    for _ in 0..under_way {
        hear(wire)?;
    }
    if let Some(error) = first_error {
        return Err(Trouble::Told(error));
    }
    if wire.knows(SYNC) {
        let fields = Fields::default().text(SYNC.as_bytes()).text(handle);
        wire.ask(kind::EXTENDED, &fields)?.done()?;
    }
    Ok(())
}

/// A file's content, or a part of it. A server may answer with less than it was asked for; the rest is asked for again.
fn content(wire: &mut Wire, handle: &[u8], part: Option<Part>) -> Result<Vec<u8>, Trouble> {
    let (begin, length) = match part {
        Some(part) => (part.offset, u64::from(part.length)),
        None => {
            let about = wire.ask(kind::FSTAT, &Fields::default().text(handle))?;
            (0, about.attributes()?.length)
        }
    };
    let too_long = |_| Trouble::Told(StorageError::Failed("a file too large".to_owned()));
    let mut read = vec![0; usize::try_from(length).map_err(too_long)?];
    let mut wanted: VecDeque<(usize, usize)> = (0..read.len())
        .step_by(PIECE)
        .map(|at| (at, PIECE.min(read.len() - at)))
        .collect();
    let mut under_way: HashMap<u32, (usize, usize)> = HashMap::new();
    let mut first_error = None;
    while !under_way.is_empty() || !wanted.is_empty() {
        while under_way.len() < AT_ONCE
            && let Some((at, count)) = wanted.pop_front()
        {
            let from = begin.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
            let fields = Fields::default().text(handle).long(from);
            let fields = fields.number(u32::try_from(count).unwrap_or(0));
            under_way.insert(wire.send(kind::READ, &fields)?, (at, count));
        }
        let answer = wire.receive()?;
        let Some((at, count)) = under_way.remove(&answer.request) else {
            return Err(Trouble::Lost("an answer to no question".to_owned()));
        };
        match take(&answer, read.get_mut(at..at + count).unwrap_or_default()) {
            Ok(got) if got < count => wanted.push_front((at + got, count - got)),
            Ok(_) => {}
            Err(Trouble::Told(error)) => {
                first_error.get_or_insert(error);
                wanted.clear();
            }
            Err(lost) => return Err(lost),
        }
    }
    match first_error {
        Some(error) => Err(Trouble::Told(error)),
        None => Ok(read),
    }
}

/// Takes what came into its place; how much that was, at least one byte.
fn take(answer: &wire::Answer, into: &mut [u8]) -> Result<usize, Trouble> {
    let ends = || {
        Trouble::Told(StorageError::Failed(
            "the file is shorter than it should be".to_owned(),
        ))
    };
    let data = answer
        .data()?
        .filter(|data| !data.is_empty())
        .ok_or_else(ends)?;
    let place = into.get_mut(..data.len());
    let place = place.ok_or_else(|| Trouble::Lost("more than was asked for".to_owned()))?;
    place.copy_from_slice(data);
    Ok(data.len())
}

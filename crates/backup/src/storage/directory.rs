//! A directory of this machine.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{FOLDERS, Part, Storage, StorageError};

/// So much is brought to the disk at a time.
const PIECE: usize = 1 << 20;
/// From one piece to the next, whoever writes them: 33 MiB a second. A first backup takes no longer than a minute for a million
/// resources, and who waits for the same disk, for an entry of the log, hardly notices.
const APART: Duration = Duration::from_millis(30);

/// A directory. What is written is on the disk, under its name, or not there.
pub(super) struct Directory {
    path: PathBuf,
    /// When the next piece may be written.
    next: Mutex<Instant>,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Piece by piece, each in its turn.
    fn written(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true);
        let mut file = options.mode(0o600).open(path)?;
        let mut pieces = content.chunks(PIECE).peekable();
        while let Some(piece) = pieces.next() {
            if piece.len() == PIECE {
                self.turn();
            }
            file.write_all(piece)?;
            if pieces.peek().is_some() {
                file.sync_data()?;
            }
        }
        file.sync_all()
    }

    /// Waits until a whole piece may be written.
    fn turn(&self) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::park_timeout(left);
        }
        *next = Instant::now() + APART;
    }
}

impl Storage for Directory {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn prepare(&self) -> Result<(), StorageError> {
        let folders = FOLDERS.iter().map(|folder| self.path.join(folder));
        let data = (0..=u8::MAX).map(|first| self.path.join(format!("data/{first:02x}")));
        for dir in folders.chain(data) {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
            made.map_err(|error| told(&dir, &error))?;
        }
        Ok(())
    }

    fn list(&self, below: &str) -> Result<Vec<(String, u64)>, StorageError> {
        let (mut files, mut dirs) = (Vec::new(), vec![self.path.join(below)]);
        while let Some(dir) = dirs.pop() {
            let failed = |error: io::Error| told(&dir, &error);
            for entry in fs::read_dir(&dir).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let about = match entry.metadata() {
                    // Somebody else let go of it meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    about => about.map_err(failed)?,
                };
                if about.is_dir() {
                    dirs.push(entry.path());
                } else {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    files.push((name, about.len()));
                }
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str, part: Option<Part>) -> Result<Vec<u8>, StorageError> {
        let path = self.path.join(name);
        let read = match part {
            None => fs::read(&path),
            Some(part) => File::open(&path).and_then(|file| {
                let mut read = vec![0; usize::try_from(part.length).unwrap_or(0)];
                file.read_exact_at(&mut read, part.offset)?;
                Ok(read)
            }),
        };
        read.map_err(|error| told(&path, &error))
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let path = self.path.join(name);
        let (dir, file) = (path.parent(), path.file_name());
        let (Some(dir), Some(file)) = (dir, file) else {
            return Err(StorageError::Failed(format!("{name} is no file's name")));
        };
        let unfinished = dir.join(format!(".{}.part", file.to_string_lossy()));
        let written = self
            .written(&unfinished, content)
            .and_then(|()| fs::rename(&unfinished, &path))
            .and_then(|()| File::open(dir)?.sync_all());
        written.map_err(|error| {
            // What cannot be removed is no file of the repository by its name.
            let _ = fs::remove_file(&unfinished);
            told(&path, &error)
        })
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let path = self.path.join(name);
        fs::remove_file(&path).map_err(|error| told(&path, &error))
    }
}

fn told(path: &Path, error: &io::Error) -> StorageError {
    let said = || format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::NotFound => StorageError::Absent,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StorageError::Refused(said())
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::Full,
        _ => StorageError::Failed(said()),
    }
}

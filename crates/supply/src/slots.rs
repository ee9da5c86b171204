//! Two directories `a` and `b` beside a link `current`: one release runs while the next is put beside it, and the link is turned
//! in one rename. Whatever is cut off, the link leads to a whole release.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use serde::{Deserialize, Serialize};

use crate::{Release, SlotError};

/// The program's name in a slot.
pub const PROGRAM: &str = "aceso";
const CURRENT: &str = "current";
const STAGE: &str = "next";
const STATEMENT: &str = "release.json";
const TRIAL: &str = "trial.json";

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// `a`
    A,
    /// `b`
    B,
}

impl Slot {
    /// Its directory's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// The one beside it.
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A switch whose new release has not yet shown that it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// What ran before.
    pub from: Slot,
    /// What is tried.
    pub to: Slot,
    /// When it was switched, in milliseconds since 1970.
    pub at: i64,
}

/// The directory with both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    top: PathBuf,
}

impl Slots {
    /// Around a program that lies in one of them.
    pub fn around(program: &Path) -> Result<(Self, Slot), SlotError> {
        let layout = || SlotError::Layout(program.to_path_buf());
        let slot = program.parent().ok_or_else(layout)?;
        let which = [Slot::A, Slot::B]
            .into_iter()
            .find(|one| slot.ends_with(one.name()))
            .ok_or_else(layout)?;
        let top = slot.parent().ok_or_else(layout)?;
        if !top.join(CURRENT).is_symlink() {
            return Err(layout());
        }
        let top = top.to_path_buf();
        Ok((Self { top }, which))
    }

    /// Makes them in a new directory, with this program in the first.
    pub fn make(top: &Path, program: &Path) -> Result<Self, SlotError> {
        if top.exists() {
            return Err(SlotError::There(top.to_path_buf()));
        }
        let made = Self {
            top: top.to_path_buf(),
        };
        fs::create_dir_all(made.dir(Slot::A)).map_err(at(top))?;
        let copy = made.dir(Slot::A).join(PROGRAM);
        fs::copy(program, &copy).map_err(at(program))?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).map_err(at(&copy))?;
        sync(&copy)?;
        made.switch(Slot::A)?;
        Ok(made)
    }

    /// The directory with both.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// A slot's directory.
    pub fn dir(&self, slot: Slot) -> PathBuf {
        self.top.join(slot.name())
    }

    /// A slot's program.
    pub fn program(&self, slot: Slot) -> PathBuf {
        self.dir(slot).join(PROGRAM)
    }

    /// The program that the link leads to.
    pub fn linked(&self) -> PathBuf {
        self.top.join(CURRENT).join(PROGRAM)
    }

    /// Where the link leads.
    pub fn current(&self) -> Result<Slot, SlotError> {
        let link = self.top.join(CURRENT);
        let to = fs::read_link(&link).map_err(at(&link))?;
        let known = [Slot::A, Slot::B];
        let found = known.into_iter().find(|one| to == Path::new(one.name()));
        found.ok_or(SlotError::Layout(link))
    }

    /// What a slot says that it holds; none when it was not put there by an update.
    pub fn release(&self, slot: Slot) -> Result<Option<Release>, SlotError> {
        let path = self.dir(slot).join(STATEMENT);
        match fs::read(&path) {
            Ok(bytes) => {
                let read = Release::parse(&bytes);
                read.map(Some).map_err(|_| SlotError::Note(path))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SlotError::File(path, error)),
        }
    }

    /// An empty directory for the next release; what a killed update left there is gone.
    pub fn stage(&self) -> Result<Staging<'_>, SlotError> {
        let dir = self.top.join(STAGE);
        clear(&dir)?;
        fs::create_dir(&dir).map_err(at(&dir))?;
        Ok(Staging { slots: self, dir })
    }

    /// Turns the link, in one rename.
    pub fn switch(&self, to: Slot) -> Result<(), SlotError> {
        let (link, beside) = (self.top.join(CURRENT), self.top.join("current.next"));
        if !self.program(to).is_file() {
            return Err(SlotError::Empty);
        }
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(SlotError::File(beside, error));
            }
            Ok(()) | Err(_) => {}
        }
        symlink(to.name(), &beside).map_err(at(&beside))?;
        fs::rename(&beside, &link).map_err(at(&link))?;
        sync(&self.top)
    }

    /// The switch that is being tried.
    pub fn trial(&self) -> Result<Option<Trial>, SlotError> {
        let path = self.top.join(TRIAL);
        match fs::read(&path) {
            Ok(bytes) => {
                let read = serde_json::from_slice(&bytes);
                read.map(Some).map_err(|_| SlotError::Note(path))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SlotError::File(path, error)),
        }
    }

    /// Notes that a release is tried from now on, then turns the link.
    pub fn begin_trial(&self, to: Slot, now: Instant) -> Result<Trial, SlotError> {
        let trial = Trial {
            from: to.other(),
            to,
            at: now.millis(),
        };
        let (path, beside) = (self.top.join(TRIAL), self.top.join("trial.next"));
        let text = serde_json::to_vec(&trial).map_err(|_| SlotError::Note(path.clone()))?;
        fs::write(&beside, text).map_err(at(&beside))?;
        sync(&beside)?;
        fs::rename(&beside, &path).map_err(at(&path))?;
        self.switch(to)?;
        Ok(trial)
    }

    /// The release that is tried serves, or the switch was undone: there is no trial any more.
    pub fn end_trial(&self) -> Result<(), SlotError> {
        let path = self.top.join(TRIAL);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(SlotError::File(path, error)),
            Ok(()) | Err(_) => sync(&self.top),
        }
    }
}

/// The directory in which a release is made ready.
#[derive(Debug)]
pub struct Staging<'a> {
    slots: &'a Slots,
    dir: PathBuf,
}

impl Staging<'_> {
    /// It.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Names the program, writes down which release it is, and has all of it on the disk.
    pub fn complete(&self, release: &Release, program: &Path) -> Result<PathBuf, SlotError> {
        let to = self.dir.join(PROGRAM);
        fs::rename(program, &to).map_err(at(program))?;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).map_err(at(&to))?;
        let path = self.dir.join(STATEMENT);
        let text = serde_json::to_vec_pretty(release).map_err(|_| SlotError::Note(path.clone()))?;
        fs::write(&path, text).map_err(at(&path))?;
        for entry in fs::read_dir(&self.dir).map_err(at(&self.dir))? {
            sync(&entry.map_err(at(&self.dir))?.path())?;
        }
        sync(&self.dir)?;
        Ok(to)
    }

    /// Puts it into the slot that is not in use, whose release goes.
    pub fn settle(self) -> Result<Slot, SlotError> {
        let to = self.slots.current()?.other();
        let place = self.slots.dir(to);
        clear(&place)?;
        fs::rename(&self.dir, &place).map_err(at(&place))?;
        sync(&self.slots.top)?;
        Ok(to)
    }

    /// Takes it away.
    pub fn discard(self) -> Result<(), SlotError> {
        clear(&self.dir)
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> SlotError {
    let path = path.to_path_buf();
    move |error| SlotError::File(path.clone(), error)
}

fn sync(path: &Path) -> Result<(), SlotError> {
    let file = File::open(path).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

fn clear(dir: &Path) -> Result<(), SlotError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(SlotError::File(dir.to_path_buf(), error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

//! What a disk keeps that loses its power: all that was synced, and of the rest any part. The journal that the library kept says
//! which is which; the files are brought to what such a disk might show afterwards.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The last number of a record's head.
const MARK: u64 = 0x6f73_6563_6100_0001;
const HEAD: usize = 56;
/// A disk writes so many bytes at once or not at all.
const SECTOR: usize = 512;

/// What becomes of writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Survives {
    /// None is there.
    Nothing,
    /// Each is there or not.
    Some,
    /// Each sector of each is there or not.
    Sectors,
}

/// A record of the journal.
#[derive(Debug)]
enum Change {
    Write {
        at: u64,
        size: u64,
        old: Vec<u8>,
        new: Vec<u8>,
    },
    Truncate {
        from: u64,
        to: u64,
        old: Vec<u8>,
    },
}

/// A record, and whether the disk promised to keep it.
struct Step {
    number: u64,
    change: Change,
    is_kept: bool,
    is_lost: bool,
}

/// A path that leads elsewhere.
struct Turn {
    number: u64,
    from: Option<PathBuf>,
    to: PathBuf,
    is_kept: bool,
}

/// What a cut of power did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Writes that the disk did not have to keep.
    pub(crate) unsynced: u64,
    /// Those, or parts of them, that it did not keep.
    pub(crate) dropped: u64,
    /// Renames and removals that it took back.
    pub(crate) turned: u64,
}

/// Numbers that look random, and are the same each time (xorshift).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Below this.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// Cuts the power: brings the files whose changes the journal tells of to what the disk would show.
pub(crate) fn cut(journal: &Path, survives: Survives, chance: &mut Chance) -> Cut {
    let mut told = Told::read(journal);
    let dir = journal.parent().unwrap();
    told.cut(dir, &files(dir), survives, chance)
}

/// The same over a copy of the files, in another directory than the journal speaks of: `names` has each file's path there by
/// the inode that the journal knows it by.
pub(crate) fn cut_copy(
    (from, copy): (&Path, &Path),
    names: &HashMap<u64, PathBuf>,
    survives: Survives,
    chance: &mut Chance,
) -> Cut {
    let mut told = Told::read(&copy.join("journal"));
    told.move_to(from, copy);
    let names = names
        .iter()
        .map(|(inode, name)| (*inode, copy.join(name)))
        .collect();
    told.cut(copy, &names, survives, chance)
}

impl Told {
    fn cut(
        &mut self,
        dir: &Path,
        files: &HashMap<u64, PathBuf>,
        survives: Survives,
        chance: &mut Chance,
    ) -> Cut {
        let mut done = Cut::default();
        let mut files = files.clone();
        self.turn_back(dir, &mut files, survives, chance, &mut done);
        let mut all: Vec<_> = self.files.iter().collect();
        // The same chance for the same file, each time.
        all.sort_by_key(|(_, steps)| steps.first().map(|step| step.number));
        for (inode, steps) in all {
            cut_file(files.get(inode), steps, survives, chance, &mut done);
        }
        done
    }

    /// What is said of files of one directory holds for those of another.
    fn move_to(&mut self, from: &Path, to: &Path) {
        let moved = |path: &mut PathBuf| {
            if let Ok(below) = path.strip_prefix(from) {
                *path = to.join(below);
            }
        };
        for turn in &mut self.turns {
            turn.from.iter_mut().for_each(moved);
            moved(&mut turn.to);
        }
    }
}

/// Brings one file to what the disk would show.
fn cut_file(
    path: Option<&PathBuf>,
    steps: &[Step],
    survives: Survives,
    chance: &mut Chance,
    done: &mut Cut,
) {
    let first = steps.iter().position(|step| !step.is_kept);
    let (Some(path), Some(first)) = (path, first) else {
        return;
    };
    let steps = &steps[first..];
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).open(path).unwrap();
    for step in steps.iter().rev() {
        step.change.undo(&file);
    }
    for step in steps {
        if step.is_kept {
            step.change.again(&file);
            continue;
        }
        done.unsynced += 1;
        if !step.change.in_part(&file, survives, chance) {
            done.dropped += 1;
        }
    }
    file.sync_all().unwrap();
}

/// What a journal tells.
#[derive(Default)]
struct Told {
    files: HashMap<u64, Vec<Step>>,
    turns: Vec<Turn>,
}

impl Told {
    fn read(journal: &Path) -> Self {
        let bytes = fs::read(journal).unwrap();
        let mut told = Self::default();
        let (mut rest, mut number) = (bytes.as_slice(), 0);
        // The last record may be cut off: its change was not begun.
        while rest.len() >= HEAD {
            let word = |n: usize| u64::from_le_bytes(rest[n * 8..n * 8 + 8].try_into().unwrap());
            assert_eq!(word(6), MARK, "the journal is whole");
            let (first, second) = (word(4) as usize, word(5) as usize);
            if rest.len() < HEAD + first + second {
                break;
            }
            let runs = (
                &rest[HEAD..HEAD + first],
                &rest[HEAD + first..HEAD + first + second],
            );
            told.add(number, word(0), word(1), [word(2), word(3)], runs);
            rest = &rest[HEAD + first + second..];
            number += 1;
        }
        told
    }

    fn add(&mut self, number: u64, kind: u64, inode: u64, values: [u64; 2], runs: (&[u8], &[u8])) {
        let path = |bytes: &[u8]| PathBuf::from(String::from_utf8(bytes.to_vec()).unwrap());
        let step = |change| Step {
            number,
            change,
            is_kept: false,
            is_lost: false,
        };
        let turn = |from, to| Turn {
            number,
            from,
            to,
            is_kept: false,
        };
        let [one, two] = values;
        let old = runs.0.to_vec();
        let steps = self.files.entry(inode).or_default();
        match kind {
            1 => steps.push(step(Change::Write {
                at: one,
                size: two,
                old,
                new: runs.1.to_vec(),
            })),
            2 => steps.push(step(Change::Truncate {
                from: one,
                to: two,
                old,
            })),
            3 => {
                for step in steps.iter_mut().filter(|s| s.number < one && !s.is_lost) {
                    step.is_kept = true;
                }
            }
            4 => {
                for step in steps.iter_mut().filter(|s| s.number < one && !s.is_kept) {
                    step.is_lost = true;
                }
            }
            5 => self.turns.push(turn(Some(path(runs.0)), path(runs.1))),
            6 => self.turns.push(turn(None, path(runs.0))),
            7 => {
                let dir = path(runs.0);
                for turn in self.turns.iter_mut().filter(|t| t.number < one) {
                    turn.is_kept |= turn.to.parent() == Some(dir.as_path());
                }
            }
            other => panic!("record {number} is of kind {other}"),
        }
    }

    /// Takes back what was done with paths and no directory kept, from the last one on; how many of them is chance.
    fn turn_back(
        &self,
        dir: &Path,
        files: &mut HashMap<u64, PathBuf>,
        survives: Survives,
        chance: &mut Chance,
        done: &mut Cut,
    ) {
        let first = self.turns.iter().rposition(|turn| turn.is_kept);
        let open = &self.turns[first.map_or(0, |at| at + 1)..];
        let stay = match survives {
            Survives::Nothing => 0,
            Survives::Some | Survives::Sectors => chance.below(open.len() as u64 + 1) as usize,
        };
        let mut rename = |from: &Path, to: &Path| {
            fs::rename(from, to).unwrap();
            let named = files.values_mut().find(|path| path.as_path() == from);
            named.into_iter().for_each(|path| *path = to.to_owned());
        };
        for turn in open[stay..].iter().rev() {
            let kept = dir.join(format!("journal.kept-{}", turn.number));
            if let Some(from) = &turn.from {
                rename(&turn.to, from);
            }
            if kept.exists() {
                rename(&kept, &turn.to);
            }
            done.turned += 1;
        }
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().contains(".kept-") {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

/// The regular files of a directory and of the directories in it, by inode.
pub(crate) fn files(dir: &Path) -> HashMap<u64, PathBuf> {
    let mut found = HashMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            found.extend(files(&path));
        } else if about.is_file() {
            found.insert(about.ino(), path);
        }
    }
    found
}

impl Change {
    fn undo(&self, file: &File) {
        match self {
            Self::Write { at, size, old, .. } => {
                file.write_all_at(old, *at).unwrap();
                file.set_len(*size).unwrap();
            }
            Self::Truncate { from, to, old } => {
                file.set_len(*from).unwrap();
                file.write_all_at(old, *to).unwrap();
            }
        }
    }

    fn again(&self, file: &File) {
        match self {
            Self::Write { at, new, .. } => file.write_all_at(new, *at).unwrap(),
            Self::Truncate { to, .. } => file.set_len(*to).unwrap(),
        }
    }

    /// As much of it as survives; whether that is all.
    fn in_part(&self, file: &File, survives: Survives, chance: &mut Chance) -> bool {
        let mut stays = || survives != Survives::Nothing && chance.below(2) == 0;
        let Self::Write { at, new, .. } = self else {
            let stays = stays();
            if stays {
                self.again(file);
            }
            return stays;
        };
        let piece = match survives {
            Survives::Nothing | Survives::Some => new.len().max(1),
            Survives::Sectors => SECTOR,
        };
        let mut all = true;
        // Sectors are those of the disk, not of the write.
        let mut place = 0;
        while place < new.len() {
            let into = (*at as usize + place) % piece.max(1);
            let end = match survives {
                Survives::Sectors => (place + piece - into).min(new.len()),
                Survives::Nothing | Survives::Some => new.len(),
            };
            match stays() {
                true => file
                    .write_all_at(&new[place..end], at + place as u64)
                    .unwrap(),
                false => all = false,
            }
            place = end;
        }
        all
    }
}

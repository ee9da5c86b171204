//! A power cut that lost something is made again, byte for byte: from what stood on the disk before it, the journal and the seed.
//! `cargo xtask faults` keeps such a case; `cargo xtask faults --replay DIR` makes it again.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::power::{Chance, Survives, cut, cut_copy, files};
use super::under::Under;
use crate::crash::{Refusals, Rounds};
use crate::stage::Stage;

/// Where cases are kept whose cut lost something; unless it is said, they are not.
const KEEP: &str = "ACESO_KEEP_CASES";
/// The case to make again.
const REPLAY: &str = "ACESO_REPLAY";
const TOLD: &str = "case.json";
const FILES: &str = "files";

/// A cut that can be made again.
pub(crate) struct Case {
    dir: PathBuf,
    told: Told,
}

#[derive(Serialize, Deserialize)]
struct Told {
    /// The directory that the journal speaks of.
    of: PathBuf,
    /// Each file's path in it, by the inode that the journal knows it by.
    names: HashMap<u64, PathBuf>,
    survives: Survives,
    seed: u64,
}

impl Case {
    /// Copies what is below this directory, right before its power is cut so.
    pub(crate) fn keep(of: &Path, survives: Survives, seed: u64) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-case-{}-{number}", std::process::id());
        let place = std::env::var_os(KEEP).map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = place.join(name);
        copy(of, &dir.join(FILES));
        let named = files(of).into_iter();
        let names = named.map(|(inode, path)| (inode, path.strip_prefix(of).unwrap().to_owned()));
        let told = Told {
            of: of.to_owned(),
            names: names.collect(),
            survives,
            seed,
        };
        fs::write(dir.join(TOLD), serde_json::to_vec(&told).unwrap()).unwrap();
        Self { dir, told }
    }

    fn read(dir: PathBuf) -> Self {
        let told = fs::read(dir.join(TOLD)).unwrap();
        let told = serde_json::from_slice(&told).unwrap();
        Self { dir, told }
    }

    /// Makes the cut over a copy, with this seed.
    fn again(&self, into: &Path, seed: u64) {
        copy(&self.dir.join(FILES), into);
        let Told {
            of,
            names,
            survives,
            ..
        } = &self.told;
        cut_copy((of, into), names, *survives, &mut Chance::new(seed));
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        if std::env::var_os(REPLAY).is_some() {
            return;
        }
        if thread::panicking() && std::env::var_os(KEEP).is_some() {
            let dir = self.dir.display();
            eprintln!("this cut lost something: cargo xtask faults --replay {dir}");
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let mut new = fs::DirBuilder::new();
    new.recursive(true).mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            copy(&path, &to);
        } else if about.is_file() {
            fs::copy(&path, &to).unwrap();
            let mode = fs::Permissions::from_mode(about.mode());
            fs::set_permissions(&to, mode).unwrap();
        }
    }
}

/// Every file of a directory, by its path in it.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let named = files(dir).into_values();
    let read = named.map(|path| {
        let bytes = fs::read(&path).unwrap();
        (path.strip_prefix(dir).unwrap().to_owned(), bytes)
    });
    read.collect()
}

#[test]
fn r11_a_power_cut_is_made_again_byte_for_byte_from_what_stood_there_and_its_seed() {
    let seed = 4711;
    let stage = Stage::new();
    let case = match std::env::var_os(REPLAY) {
        Some(dir) => Case::read(dir.into()),
        None => {
            let mut rounds = Rounds::new(&stage, Refusals::Wrong);
            let under = Under::new(&stage);
            rounds.round(
                || under.serve(),
                |_| thread::sleep(Duration::from_millis(150)),
            );
            let case = Case::keep(&stage.dir, Survives::Sectors, seed);
            let chance = &mut Chance::new(seed);
            let done = cut(&under.journal(), Survives::Sectors, chance);
            assert!(done.dropped > 0, "{done:?}");
            let again = Stage::new();
            case.again(&again.dir, seed);
            assert!(
                contents(&again.dir) == contents(&stage.dir),
                "not what the cut itself left"
            );
            case
        }
    };
    let (one, two, other) = (Stage::new(), Stage::new(), Stage::new());
    case.again(&one.dir, case.told.seed);
    case.again(&two.dir, case.told.seed);
    assert!(contents(&one.dir) == contents(&two.dir), "the same seed");
    // Where everything that was not synced is gone, nothing is left to chance.
    if case.told.survives != Survives::Nothing {
        case.again(&other.dir, case.told.seed + 1);
        assert!(contents(&one.dir) != contents(&other.dir), "another seed");
    }
    let report = one.json(&["verify"], 0);
    assert_eq!(report["findings"], serde_json::json!([]), "{report}");
}

//! A repository by itself: what goes in comes out, what is there already is not kept twice, and what is wrong is told.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_backup::{BackupError, Figures, ReadData, Repository, Room, Series};
use aceso_base::Instant;

const NOW: Instant = Instant::from_millis(1_795_000_000_000);

/// A directory that is gone when the test is over.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir =
            std::env::temp_dir().join(format!("aceso-backup-{}-{number}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Bytes that nothing can make smaller, as sealed pages are.
fn noise(mut seed: u64, length: usize) -> Vec<u8> {
    (0..length)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()[0]
        })
        .collect()
}

fn source(dir: &Dir, bytes: &[u8]) -> PathBuf {
    let source = dir.at("source");
    std::fs::create_dir_all(source.join("data")).unwrap();
    std::fs::write(source.join("data/record.db"), bytes).unwrap();
    std::fs::write(source.join("manifest.json"), "{}").unwrap();
    source
}

fn same(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read(dir.join("data/record.db")).unwrap() == bytes
}

#[test]
fn what_goes_in_comes_out_and_a_changed_page_costs_its_piece_alone() {
    let dir = Dir::new();
    let mut bytes = noise(1, 8 << 20);
    let from = source(&dir, &bytes);
    let repository = Repository::create(&dir.at("repository"), "password").unwrap();
    let figures = Figures {
        resources: 7,
        ..Figures::default()
    };
    let indexed = repository.with_index().unwrap();
    let first = indexed.save(Series::Record, &from, NOW, figures).unwrap();
    assert_eq!((first.files, first.at, first.figures), (2, NOW, figures));
    assert!(first.added > 8 << 20, "{first:?}");
    let old = bytes.clone();
    bytes[5_000_000] ^= 1;
    bytes.extend(noise(2, 4096));
    source(&dir, &bytes);
    let repository = Repository::open(&dir.at("repository"), "password").unwrap();
    let indexed = repository.with_index().unwrap();
    let second = indexed
        .save(Series::Record, &from, NOW.plus_millis(1), figures)
        .unwrap();
    assert!(second.added < 600 << 10, "{second:?}");
    let repository = Repository::open(&dir.at("repository"), "password").unwrap();
    assert_eq!(
        repository.check(ReadData::Yes).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        repository.snapshots().unwrap(),
        [first.clone(), second.clone()]
    );
    let indexed = repository.with_index().unwrap();
    indexed.restore(&first, &dir.at("first")).unwrap();
    indexed.restore(&second, &dir.at("second")).unwrap();
    assert!(same(&dir.at("first"), &old) && same(&dir.at("second"), &bytes));
    indexed.forget(&[&first.id], Room::AtOnce).unwrap();
    let repository = Repository::open(&dir.at("repository"), "password").unwrap();
    assert_eq!(repository.snapshots().unwrap(), [second]);
    assert_eq!(
        repository.check(ReadData::Yes).unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn a_repository_is_opened_with_its_password_made_once_and_never_taken_for_one_that_is_not_there() {
    let dir = Dir::new();
    let place = dir.at("repository");
    assert!(matches!(
        Repository::open(&place, "password"),
        Err(BackupError::Absent)
    ));
    drop(Repository::create(&place, "password").unwrap());
    assert!(matches!(
        Repository::open(&place, "passworD"),
        Err(BackupError::Password)
    ));
    assert!(matches!(
        Repository::create(&place, "password"),
        Err(BackupError::There)
    ));
    // A config that is no repository's.
    std::fs::write(place.join("config"), "nonsense").unwrap();
    assert!(matches!(
        Repository::open(&place, "password"),
        Err(BackupError::Repository(_))
    ));
}

//! What is read while it is saved: in one pass, described by what was read, and no snapshot when anything of it fails.
#![allow(
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod support;

use std::io::{Cursor, Error, Read, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use aceso_backup::{
    BackupError, Contents, Indexed, MANIFEST, Manifest, Repository, Room, Series, Shelf, Snapshot,
};
use support::{Dir, NOW, figures, in_order, noise, restic, same, source};

/// A directory with small files, to which databases are added.
fn small(dir: &Dir) -> PathBuf {
    let top = dir.at("top");
    std::fs::create_dir_all(top.join("data")).unwrap();
    std::fs::write(top.join("data/keyring"), noise(9, 300)).unwrap();
    std::fs::write(top.join("data/aceso.toml"), "").unwrap();
    top
}

fn manifest() -> Manifest {
    Manifest {
        program: "test".to_owned(),
        resources: 7,
        ..Manifest::default()
    }
}

fn contents(dir: &Dir, record: &[u8], audit: &[u8]) -> Contents {
    let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap();
    Contents::of(&small(dir))
        .with(
            "data/record.db".to_owned(),
            length(record),
            Cursor::new(record.to_vec()),
        )
        .with(
            "data/audit.db".to_owned(),
            length(audit),
            Cursor::new(audit.to_vec()),
        )
        .described(manifest())
}

fn saved(
    dir: &Dir,
    indexed: &Indexed,
    contents: Contents,
    after: i64,
) -> std::result::Result<Snapshot, BackupError> {
    let done = indexed.save_contents(Series::Record, contents, NOW.plus_millis(after), figures(7));
    std::fs::remove_dir_all(dir.at("top")).unwrap();
    done
}

fn opened(shelf: &Shelf) -> Indexed {
    Repository::open(shelf, "password")
        .unwrap()
        .with_index()
        .unwrap()
}

#[test]
fn streams_files_and_their_manifest_come_back_and_are_what_was_read() {
    let dir = Dir::new();
    let (record, audit) = (noise(1, (5 << 20) + 4096), noise(2, 70_000));
    let indexed = Repository::create(&dir.shelf(), "password").unwrap();
    let indexed = indexed.with_index().unwrap();
    let one = saved(&dir, &indexed, contents(&dir, &record, &audit), 0).unwrap();
    assert_eq!((one.files, one.figures), (5, figures(7)));
    opened(&dir.shelf()).restore(&one, &dir.at("back")).unwrap();
    assert!(same(&dir.at("back"), &record));
    let found = Manifest::read(&dir.at("back")).unwrap();
    let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    let expected = [
        "data/aceso.toml",
        "data/audit.db",
        "data/keyring",
        "data/record.db",
    ];
    assert_eq!(
        (paths.as_slice(), found.resources),
        (expected.as_slice(), 7)
    );
    found.check(&dir.at("back")).unwrap();
    // The manifest of what lies there says the same: it is what was made of copies before.
    let paths = expected.map(str::to_owned).to_vec();
    let again = Manifest {
        files: found.files.clone(),
        ..Manifest::of(&dir.at("back"), paths).unwrap()
    };
    assert_eq!(again.files, found.files);
    let repository = Repository::open(&dir.shelf(), "password").unwrap();
    in_order(&repository);
    let place = dir.at("repository");
    if restic(&place, &["check", "--read-data"]).is_some() {
        let to = dir.at("by-restic");
        restic(
            &place,
            &["restore", "latest", "--target", to.to_str().unwrap()],
        );
        found.check(&to).unwrap();
        let about = |name: &str| to.join(name).metadata().unwrap();
        for name in ["data/record.db", "data/audit.db", MANIFEST] {
            assert_eq!(about(name).permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn a_changed_page_of_what_was_saved_from_a_copy_costs_its_piece_alone() {
    let dir = Dir::new();
    let mut record = noise(3, 8 << 20);
    let copy = source(&dir, &record);
    let indexed = Repository::create(&dir.shelf(), "password").unwrap();
    let indexed = indexed.with_index().unwrap();
    let first = indexed
        .save(Series::Record, &copy, NOW, figures(7))
        .unwrap();
    assert!(first.added > 8 << 20, "{first:?}");
    record[5_000_000] ^= 1;
    let indexed = opened(&dir.shelf());
    let second = saved(&dir, &indexed, contents(&dir, &record, &noise(2, 100)), 1).unwrap();
    assert!(second.added < 64 << 10, "{second:?}");
    let indexed = opened(&dir.shelf());
    indexed.forget(&[&first.id], Room::AtOnce).unwrap();
    let indexed = opened(&dir.shelf());
    indexed.restore(&second, &dir.at("back")).unwrap();
    assert!(same(&dir.at("back"), &record));
}

/// Fails after so many bytes.
struct Failing(usize);

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.0 == 0 {
            return Err(Error::other("the disk is gone"));
        }
        let count = self.0.min(into.len());
        into[..count].fill(7);
        self.0 -= count;
        Ok(count)
    }
}

#[test]
fn what_fails_ends_short_or_goes_on_too_long_leaves_no_snapshot_and_the_next_one_is_whole() {
    let dir = Dir::new();
    let record = noise(4, 3 << 20);
    let indexed = Repository::create(&dir.shelf(), "password").unwrap();
    let indexed = indexed.with_index().unwrap();
    let with = |name: &str, bytes: u64, from: Box<dyn Read + Send>| {
        let other = match name {
            "data/audit.db" => "data/record.db",
            _ => "data/audit.db",
        };
        let length = u64::try_from(record.len()).unwrap();
        Contents::of(&small(&dir))
            .with(other.to_owned(), length, Cursor::new(record.clone()))
            .with(name.to_owned(), bytes, from)
            .described(manifest())
    };
    for name in ["data/audit.db", "data/record.db"] {
        let cases: [(u64, Box<dyn Read + Send>, &str); 5] = [
            (1 << 20, Box::new(Failing(500_000)), "the disk is gone"),
            (1 << 20, Box::new(Failing(0)), "the disk is gone"),
            (
                1 << 20,
                Box::new(Cursor::new(vec![1; 1000])),
                "1000 bytes, not 1048576",
            ),
            (1000, Box::new(Cursor::new(vec![1; 1 << 20])), "longer"),
            (16_384, Box::new(Cursor::new(vec![1; 16_385])), "longer"),
        ];
        for (bytes, from, why) in cases {
            let failed = saved(&dir, &indexed, with(name, bytes, from), 0).unwrap_err();
            let BackupError::Unread { path, why: told } = failed else {
                panic!("{failed}");
            };
            assert!(path == name && told.contains(why), "{path}: {told}");
        }
    }
    let repository = Repository::open(&dir.shelf(), "password").unwrap();
    assert_eq!(repository.snapshots().unwrap(), []);
    let whole = saved(&dir, &indexed, contents(&dir, &record, &[]), 5).unwrap();
    assert_eq!(repository.snapshots().unwrap(), [whole]);
    in_order(&repository);
}

#[test]
fn a_file_that_cannot_be_read_or_that_the_manifest_would_not_list_leaves_no_snapshot() {
    let dir = Dir::new();
    let indexed = Repository::create(&dir.shelf(), "password").unwrap();
    let indexed = indexed.with_index().unwrap();
    let later = contents(&dir, &[1; 100], &[2; 100]);
    std::fs::write(dir.at("top").join("zebra"), "stripes").unwrap();
    let failed = saved(&dir, &indexed, later, 0).unwrap_err().to_string();
    assert!(failed.contains("zebra"), "{failed}");
    // Nothing stands in the way of a stream, and its directory is there.
    let taken = contents(&dir, &[1; 100], &[2; 100]);
    std::fs::write(dir.at("top").join("data/audit.db"), "other").unwrap();
    assert!(matches!(
        saved(&dir, &indexed, taken, 0),
        Err(BackupError::File(_))
    ));
    let repository = Repository::open(&dir.shelf(), "password").unwrap();
    assert_eq!(repository.snapshots().unwrap(), []);
}

#[test]
fn a_repository_is_opened_by_what_its_password_opened_and_by_no_other_one_s() {
    let dir = Dir::new();
    let made = Repository::create(&dir.shelf(), "password").unwrap();
    let key = made.unlocked();
    let elsewhere = Shelf::directory(&dir.at("elsewhere"));
    drop(Repository::create(&elsewhere, "password").unwrap());
    assert!(Repository::open_unlocked(&elsewhere, &key).is_err());
    let indexed = Repository::open_unlocked(&dir.shelf(), &key).unwrap();
    let indexed = indexed.with_index().unwrap();
    saved(&dir, &indexed, contents(&dir, &[1; 100], &[2; 100]), 0).unwrap();
    let listed = Repository::open(&dir.shelf(), "password").unwrap();
    assert_eq!(listed.snapshots().unwrap().len(), 1);
}

//! A repository by itself: what goes in comes out, what is there already is not kept twice, and what is wrong is told.
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

use aceso_backup::{BackupError, Figures, Repository, Room, Series};
use support::{Dir, NOW, in_order, noise, same, source};

#[test]
fn what_goes_in_comes_out_and_a_changed_page_costs_its_piece_alone() {
    let dir = Dir::new();
    let mut bytes = noise(1, 8 << 20);
    let from = source(&dir, &bytes);
    let repository = Repository::create(&dir.shelf(), "password").unwrap();
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
    let repository = Repository::open(&dir.shelf(), "password").unwrap();
    let indexed = repository.with_index().unwrap();
    let second = indexed
        .save(Series::Record, &from, NOW.plus_millis(1), figures)
        .unwrap();
    assert!(second.added < 600 << 10, "{second:?}");
    let repository = Repository::open(&dir.shelf(), "password").unwrap();
    in_order(&repository);
    assert_eq!(
        repository.snapshots().unwrap(),
        [first.clone(), second.clone()]
    );
    let indexed = repository.with_index().unwrap();
    indexed.restore(&first, &dir.at("first")).unwrap();
    indexed.restore(&second, &dir.at("second")).unwrap();
    assert!(same(&dir.at("first"), &old) && same(&dir.at("second"), &bytes));
    indexed.forget(&[&first.id], Room::AtOnce).unwrap();
    let repository = Repository::open(&dir.shelf(), "password").unwrap();
    assert_eq!(repository.snapshots().unwrap(), [second]);
    in_order(&repository);
}

#[test]
fn a_repository_is_opened_with_its_password_made_once_and_never_taken_for_one_that_is_not_there() {
    let dir = Dir::new();
    let place = dir.at("repository");
    assert!(matches!(
        Repository::open(&dir.shelf(), "password"),
        Err(BackupError::Absent)
    ));
    drop(Repository::create(&dir.shelf(), "password").unwrap());
    assert!(matches!(
        Repository::open(&dir.shelf(), "passworD"),
        Err(BackupError::Password)
    ));
    assert!(matches!(
        Repository::create(&dir.shelf(), "password"),
        Err(BackupError::There)
    ));
    // A config that is no repository's.
    std::fs::write(place.join("config"), "nonsense").unwrap();
    assert!(matches!(
        Repository::open(&dir.shelf(), "password"),
        Err(BackupError::Repository(_))
    ));
}

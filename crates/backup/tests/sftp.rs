//! A repository on another machine: Debian's own sshd, on the loopback.
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

use aceso_backup::{Address, BackupError, Repository, Room, Series, Shelf, StorageError};
use support::sshd::{May, Sshd};
use support::{Dir, NOW, figures, in_order, noise, same, source};

/// The shelf over a server, and the address without which ssh would not find it.
fn shelf(sshd: &Sshd, path: &str) -> Shelf {
    let Ok(Address::Sftp(address)) = format!("sftp://127.0.0.1:{}/{path}", sshd.port).parse()
    else {
        panic!("no address over SSH");
    };
    Shelf::sftp(&address, Some(&sshd.config))
}

#[test]
fn ha7_a_repository_over_ssh_is_made_written_read_and_pruned_and_restic_finds_it_whole() {
    let dir = Dir::new();
    let Some(sshd) = Sshd::start(&dir, May::Everything) else {
        return;
    };
    let path = dir.at("far/away").display().to_string();
    let shelf = shelf(&sshd, &path);
    assert!(matches!(
        Repository::open(&shelf, "password"),
        Err(BackupError::Absent)
    ));
    let bytes = noise(1, 6 << 20);
    let from = source(&dir, &bytes);
    let repository = Repository::create(&shelf, "password").unwrap();
    assert!(matches!(
        Repository::create(&shelf, "password"),
        Err(BackupError::There)
    ));
    let indexed = repository.with_index().unwrap();
    let first = indexed
        .save(Series::Record, &from, NOW, figures(1))
        .unwrap();
    // The index is read anew: what is there already is not sent again.
    let repository = Repository::open(&shelf, "password").unwrap();
    let indexed = repository.with_index().unwrap();
    let second = indexed
        .save(Series::Record, &from, NOW.plus_millis(1), figures(2))
        .unwrap();
    assert!(second.added < 100_000, "{second:?}");
    assert!(matches!(
        Repository::open(&shelf, "passworD"),
        Err(BackupError::Password)
    ));
    let repository = Repository::open(&shelf, "password").unwrap();
    in_order(&repository);
    assert_eq!(
        repository.snapshots().unwrap(),
        [first.clone(), second.clone()]
    );
    repository.forget(&[&first.id], Room::AtOnce).unwrap();
    let indexed = Repository::open(&shelf, "password")
        .unwrap()
        .with_index()
        .unwrap();
    assert_eq!(indexed.snapshots().unwrap(), std::slice::from_ref(&second));
    indexed.restore(&second, &dir.at("back")).unwrap();
    assert!(same(&dir.at("back"), &bytes));
    let Some(said) = support::restic(&dir.at("far/away"), &["check", "--read-data"]) else {
        return;
    };
    assert!(said.contains("no errors were found"), "{said}");
}

#[test]
fn ha7_a_machine_that_may_only_add_backs_up_and_cannot_delete() {
    let dir = Dir::new();
    let Some(sshd) = Sshd::start(&dir, May::OnlyAdd) else {
        return;
    };
    let path = dir.at("kept").display().to_string();
    let shelf = shelf(&sshd, &path);
    let bytes = noise(2, 1 << 20);
    let from = source(&dir, &bytes);
    let repository = Repository::create(&shelf, "password").unwrap();
    let indexed = repository.with_index().unwrap();
    let first = indexed
        .save(Series::Record, &from, NOW, figures(1))
        .unwrap();
    let second = indexed
        .save(Series::Record, &from, NOW.plus_millis(1), figures(2))
        .unwrap();
    let refused = indexed.forget(&[&first.id], Room::AtOnce);
    assert!(
        matches!(
            refused,
            Err(BackupError::Storage(StorageError::MayNotDelete))
        ),
        "{refused:?}"
    );
    // The keeper of the disk may.
    let there = Shelf::directory(&dir.at("kept"));
    let repository = Repository::open(&there, "password").unwrap();
    assert_eq!(repository.snapshots().unwrap().len(), 2);
    repository.forget(&[&first.id], Room::AtOnce).unwrap();
    in_order(&repository);
    let left = Repository::open(&shelf, "password").unwrap();
    assert_eq!(left.snapshots().unwrap(), [second]);
}

#[test]
fn a_machine_that_is_not_the_one_it_was_and_one_that_lets_nobody_in_are_told_in_ssh_s_words() {
    let dir = Dir::new();
    let Some(sshd) = Sshd::start(&dir, May::Everything) else {
        return;
    };
    let path = dir.at("far").display().to_string();
    let said = |sshd: &Sshd| match Repository::open(&shelf(sshd, &path), "password") {
        Err(BackupError::Storage(StorageError::Failed(said))) => said,
        other => panic!("{:?}", other.err()),
    };
    let known = std::fs::read_to_string(sshd.known_hosts()).unwrap();
    std::fs::write(sshd.known_hosts(), "").unwrap();
    assert!(
        said(&sshd).contains("Host key verification failed"),
        "{}",
        said(&sshd)
    );
    std::fs::write(sshd.known_hosts(), known).unwrap();
    std::fs::write(sshd.authorized_keys(), "").unwrap();
    assert!(said(&sshd).contains("Permission denied"), "{}", said(&sshd));
    let config = sshd.config.clone();
    drop(sshd);
    let Ok(Address::Sftp(nobody)) = format!("sftp://127.0.0.1:1/{path}").parse() else {
        panic!("no address over SSH");
    };
    let refused = Repository::open(&Shelf::sftp(&nobody, Some(&config)), "password");
    assert!(matches!(
        refused,
        Err(BackupError::Storage(StorageError::Failed(_)))
    ));
}

#[test]
fn a_disk_that_is_full_over_there_is_told_and_leaves_the_repository_whole() {
    let dir = Dir::new();
    let Some(small) = support::SmallDisk::mount(&dir.at("small"), 24) else {
        return;
    };
    let Some(sshd) = Sshd::start(&dir, May::Everything) else {
        return;
    };
    let path = small.0.join("repository").display().to_string();
    let shelf = shelf(&sshd, &path);
    let repository = Repository::create(&shelf, "password").unwrap();
    let indexed = repository.with_index().unwrap();
    let bytes = noise(3, 4 << 20);
    let kept = indexed
        .save(Series::Record, &source(&dir, &bytes), NOW, figures(1))
        .unwrap();
    let large = source(&dir, &noise(4, 40 << 20));
    let full = indexed.save(Series::Record, &large, NOW.plus_millis(1), figures(2));
    assert!(
        matches!(full, Err(BackupError::Storage(StorageError::Full))),
        "{full:?}"
    );
    let repository = Repository::open(&shelf, "password").unwrap();
    assert_eq!(repository.snapshots().unwrap(), std::slice::from_ref(&kept));
    in_order(&repository);
    let indexed = repository.with_index().unwrap();
    indexed.restore(&kept, &dir.at("back")).unwrap();
    assert!(same(&dir.at("back"), &bytes));
}

//! A repository in a bucket: a stand-in on the loopback that answers as Amazon's documentation says, two names a page, and
//! checks that every request is signed. `cargo xtask judges storage` has a server of others.
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

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aceso_backup::{
    Address, Ask, Asking, BackupError, ReadData, Repository, Room, S3Credentials, Series, Shelf,
    StorageError, Told, Verb,
};
use aceso_base::ManualClock;
use support::{Dir, NOW, figures, in_order, noise, same, source};
use zeroize::Zeroizing;

/// What a bucket holds, and how it behaves.
#[derive(Default)]
struct Bucket {
    files: BTreeMap<String, Vec<u8>>,
    /// Answers of a server that is overloaded come first.
    failures: u32,
    /// What is told to those who delete.
    on_delete: Option<u16>,
    most: Option<usize>,
}

fn told(status: u16, body: impl Into<Vec<u8>>) -> Told {
    Told {
        status,
        body: body.into(),
    }
}

fn error(status: u16, code: &str) -> Told {
    told(status, format!("<Error><Code>{code}</Code></Error>"))
}

impl Bucket {
    fn answer(&mut self, ask: Ask) -> Told {
        let header = |name: &str| {
            let mut lines = ask.headers.iter().filter_map(|line| line.split_once(": "));
            lines
                .find(|(found, _)| *found == name)
                .map(|(_, value)| value.to_owned())
        };
        let signed = header("authorization").unwrap_or_default();
        if !signed.starts_with(
            "AWS4-HMAC-SHA256 Credential=ID/20261118/here/s3/aws4_request,SignedHeaders=host;",
        ) {
            return error(403, "AccessDenied");
        }
        if self.failures > 0 {
            self.failures -= 1;
            return error(503, "SlowDown");
        }
        let path = ask.url.strip_prefix("http://s3.example/bucket").unwrap();
        if let Some(query) = path.strip_prefix('?') {
            return self.list(query);
        }
        let name = path.trim_start_matches('/').to_owned();
        match ask.verb {
            Verb::Get => match (self.files.get(&name), header("range")) {
                (None, _) => error(404, "NoSuchKey"),
                (Some(file), None) => told(200, file.clone()),
                (Some(file), Some(range)) => {
                    let (from, to) = range
                        .strip_prefix("bytes=")
                        .unwrap()
                        .split_once('-')
                        .unwrap();
                    let to: usize = to.parse().unwrap();
                    told(206, &file[from.parse().unwrap()..=to.min(file.len() - 1)])
                }
            },
            Verb::Put => {
                let held: usize = self.files.values().map(Vec::len).sum();
                if self.most.is_some_and(|most| held + ask.body.len() > most) {
                    return error(507, "InsufficientStorage");
                }
                self.files.insert(name, ask.body);
                told(200, "")
            }
            Verb::Delete => match self.on_delete {
                Some(status) => error(status, "AccessDenied"),
                None => {
                    self.files.remove(&name);
                    told(204, "")
                }
            },
        }
    }

    fn list(&self, query: &str) -> Told {
        let fields: BTreeMap<&str, String> = (query.split('&').filter_map(|f| f.split_once('=')))
            .map(|(name, value)| (name, value.replace("%2F", "/")))
            .collect();
        let after = fields
            .get("continuation-token")
            .cloned()
            .unwrap_or_default();
        let prefix = &fields["prefix"];
        let fit = |name: &&String| name.starts_with(prefix) && **name > after;
        let mut names = self.files.keys().filter(fit).peekable();
        let mut list = String::from("<ListBucketResult>");
        let mut last = String::new();
        for name in names.by_ref().take(2) {
            let size = self.files[name].len();
            list.push_str(&format!(
                "<Contents><Key>{name}</Key><Size>{size}</Size></Contents>"
            ));
            last.clone_from(name);
        }
        let more = names.peek().is_some();
        list.push_str(&format!(
            "<IsTruncated>{more}</IsTruncated><NextContinuationToken>{last}</NextContinuationToken></ListBucketResult>"
        ));
        told(200, list)
    }
}

fn shelf(bucket: &Arc<Mutex<Bucket>>) -> Shelf {
    let Ok(Address::S3(address)) = "s3:http://s3.example/bucket/clinic".parse() else {
        panic!("no address of a bucket");
    };
    let bucket = Arc::clone(bucket);
    let credentials = S3Credentials {
        id: "ID".to_owned(),
        secret: Zeroizing::new("secret".to_owned()),
        region: "here".to_owned(),
    };
    let asking = Asking::new(move |ask| Ok(bucket.lock().unwrap().answer(ask)));
    Shelf::s3(
        &address,
        credentials,
        asking,
        Arc::new(ManualClock::new(NOW)),
    )
}

#[test]
fn ha7_a_repository_in_a_bucket_is_made_written_checked_pruned_and_restored() {
    let dir = Dir::new();
    let bucket = Arc::new(Mutex::new(Bucket::default()));
    let shelf = shelf(&bucket);
    assert!(matches!(
        Repository::open(&shelf, "password"),
        Err(BackupError::Absent)
    ));
    let bytes = noise(1, 3 << 20);
    let from = source(&dir, &bytes);
    let repository = Repository::create(&shelf, "password").unwrap();
    let indexed = repository.with_index().unwrap();
    let first = indexed
        .save(Series::Record, &from, NOW, figures(1))
        .unwrap();
    // What an overloaded server does not answer is asked again.
    bucket.lock().unwrap().failures = 2;
    let second = indexed
        .save(Series::Record, &from, NOW.plus_millis(1), figures(2))
        .unwrap();
    indexed.forget(&[&first.id], Room::AtOnce).unwrap();
    let repository = Repository::open(&shelf, "password").unwrap();
    in_order(&repository);
    assert_eq!(
        repository.snapshots().unwrap(),
        std::slice::from_ref(&second)
    );
    let indexed = repository.with_index().unwrap();
    indexed.restore(&second, &dir.at("back")).unwrap();
    assert!(same(&dir.at("back"), &bytes));
    assert!(
        bucket
            .lock()
            .unwrap()
            .files
            .keys()
            .all(|name| name.starts_with("clinic/"))
    );
}

#[test]
fn ha7_credentials_that_may_not_delete_add_and_are_told_why_they_cannot_prune() {
    let dir = Dir::new();
    let bucket = Arc::new(Mutex::new(Bucket {
        on_delete: Some(403),
        ..Bucket::default()
    }));
    let shelf = shelf(&bucket);
    let from = source(&dir, &noise(2, 1 << 20));
    let indexed = Repository::create(&shelf, "password")
        .unwrap()
        .with_index()
        .unwrap();
    let one = indexed
        .save(Series::Record, &from, NOW, figures(1))
        .unwrap();
    let refused = indexed.forget(&[&one.id], Room::AtOnce);
    assert!(
        matches!(
            refused,
            Err(BackupError::Storage(StorageError::MayNotDelete))
        ),
        "{refused:?}"
    );
    // Whoever may delete does, from elsewhere.
    bucket.lock().unwrap().on_delete = None;
    let indexed = Repository::open(&shelf, "password")
        .unwrap()
        .with_index()
        .unwrap();
    indexed.forget(&[&one.id], Room::AtOnce).unwrap();
    assert!(indexed.snapshots().unwrap().is_empty());
}

#[test]
fn a_bucket_that_is_full_or_changed_is_told() {
    let dir = Dir::new();
    let bucket = Arc::new(Mutex::new(Bucket {
        most: Some(4 << 20),
        ..Bucket::default()
    }));
    let shelf = shelf(&bucket);
    let from = source(&dir, &noise(3, 1 << 20));
    let indexed = Repository::create(&shelf, "password")
        .unwrap()
        .with_index()
        .unwrap();
    let kept = indexed
        .save(Series::Record, &from, NOW, figures(1))
        .unwrap();
    let large = source(&dir, &noise(4, 8 << 20));
    let full = indexed.save(Series::Record, &large, NOW.plus_millis(1), figures(2));
    assert!(
        matches!(full, Err(BackupError::Storage(StorageError::Full))),
        "{full:?}"
    );
    let repository = Repository::open(&shelf, "password").unwrap();
    assert_eq!(repository.snapshots().unwrap(), [kept]);
    in_order(&repository);
    // Its keeper, or a thief, changes a byte.
    for (name, file) in &mut bucket.lock().unwrap().files {
        if name.contains("/data/") {
            let middle = file.len() / 2;
            file[middle] ^= 1;
        }
    }
    assert!(!repository.check(ReadData::Yes).unwrap().is_empty());
}

//! Repositories that are whole, old, mixed, forged and endless, as a client sees them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Clock, Instant, SystemClock};
use aceso_supply::{
    Fetch, FetchError, Keys, PublishError, Publisher, Release, Schema, Source, SupplyError,
    Trusted, make_keys, platform,
};

const DAY: i64 = 86_400_000;

/// A repository with one release, and somebody who reads it.
struct Stage {
    dir: PathBuf,
    keys: Keys,
    root: Vec<u8>,
}

impl Stage {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-supply-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        for part in ["files", "memory", "taken"] {
            fs::create_dir_all(dir.join(part)).unwrap();
        }
        make_keys(&dir.join("keys")).unwrap();
        let keys = Keys::read(&dir.join("keys")).unwrap();
        let mut stage = Self {
            dir,
            keys,
            root: Vec::new(),
        };
        stage.root = fs::read(stage.publisher(now()).root().unwrap()).unwrap();
        stage.publish("1.0.0", now());
        stage
    }

    fn repository(&self) -> PathBuf {
        self.dir.join("repository")
    }

    fn publisher<'a>(&'a self, now: Instant) -> Publisher<'a> {
        Publisher {
            dir: Box::leak(self.repository().into_boxed_path()),
            keys: &self.keys,
            now,
        }
    }

    fn publish(&self, version: &str, now: Instant) {
        let release = release(version);
        for file in release.files() {
            fs::write(
                self.dir.join("files").join(file),
                format!("{file} of {version}"),
            )
            .unwrap();
        }
        let done = self
            .publisher(now)
            .publish(&release, &self.dir.join("files"));
        done.unwrap();
    }

    async fn look(&self) -> Result<Trusted, SupplyError> {
        let source = Source::directory(&self.repository())?;
        Trusted::look(&source, &self.root, &self.dir.join("memory")).await
    }

    #[track_caller]
    fn copy(&self, to: &str) -> PathBuf {
        let to = self.dir.join(to);
        for part in ["metadata", "targets"] {
            fs::create_dir_all(to.join(part)).unwrap();
            for entry in fs::read_dir(self.repository().join(part)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), to.join(part).join(entry.file_name())).unwrap();
            }
        }
        to
    }

    fn metadata(&self, name: &str) -> PathBuf {
        self.repository().join("metadata").join(name)
    }

    /// The file of a target.
    fn target(&self, name: &str) -> PathBuf {
        let files = fs::read_dir(self.repository().join("targets")).unwrap();
        let mut paths = files.map(|entry| entry.unwrap().path());
        let ends = |path: &PathBuf| path.to_str().unwrap().ends_with(&format!(".{name}"));
        paths.find(ends).unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn now() -> Instant {
    SystemClock.now()
}

fn release(version: &str) -> Release {
    Release {
        version: version.parse().unwrap(),
        lowest: "0.1.0".parse().unwrap(),
        critical: false,
        schema: Schema {
            record: 1,
            audit: 1,
        },
        programs: BTreeMap::from([(platform().to_owned(), format!("aceso-{version}"))]),
        sbom: format!("aceso-{version}.cdx.json"),
        advisories: "advisories.json".to_owned(),
        vex: format!("aceso-{version}.vex.json"),
        notes: String::new(),
    }
}

fn append(path: &Path, more: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    bytes.extend_from_slice(more);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_release_is_found_and_its_files_are_those_that_were_signed() {
    let stage = Stage::new();
    let trusted = stage.look().await.unwrap();
    assert_eq!(trusted.release(), &release("1.0.0"));
    let file = trusted.release().program().unwrap().to_owned();
    let taken = trusted.take(&file, &stage.dir.join("taken")).await.unwrap();
    assert_eq!(fs::read_to_string(taken).unwrap(), "aceso-1.0.0 of 1.0.0");
    stage.publish("1.1.0", now());
    let newer = stage.look().await.unwrap();
    assert_eq!(newer.release().version.to_string(), "1.1.0");
    assert_eq!(newer.length("aceso-1.1.0"), 20);
}

#[tokio::test]
async fn a_repository_over_the_network_is_read_like_a_directory() {
    let stage = Stage::new();
    let top = stage.repository();
    let fetch = Fetch::new(move |url| {
        let path = url
            .strip_prefix("https://updates.example/aceso/")
            .map(|rest| top.join(rest));
        Box::pin(async move {
            let path = path.ok_or_else(|| FetchError::Failed("elsewhere".to_owned()))?;
            fs::read(path).map_err(|_| FetchError::Absent)
        })
    });
    let source = Source::network("https://updates.example/aceso", fetch).unwrap();
    let read = Trusted::look(&source, &stage.root, &stage.dir.join("memory")).await;
    let trusted = read.unwrap();
    let taken = trusted.take("aceso-1.0.0", &stage.dir.join("taken")).await;
    assert!(taken.unwrap().exists());
}

#[test]
fn a_release_is_never_changed_and_no_older_one_follows() {
    let stage = Stage::new();
    for version in ["1.0.0", "0.9.0"] {
        let files = stage.dir.join("files");
        for file in release(version).files() {
            fs::write(files.join(file), "other").unwrap();
        }
        let again = stage.publisher(now()).publish(&release(version), &files);
        assert!(matches!(again, Err(PublishError::Old(_))), "{again:?}");
    }
}

#[tokio::test]
async fn what_expired_is_not_believed() {
    let stage = Stage::new();
    stage.publish("1.1.0", Instant::from_millis(now().millis() - 31 * DAY));
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::Expired(_)), "{error}");
    // Said again, it holds again.
    stage.publisher(now()).refresh().unwrap();
    assert_eq!(
        stage.look().await.unwrap().release().version.to_string(),
        "1.1.0"
    );
}

#[tokio::test]
async fn a_repository_that_says_less_than_before_is_not_believed() {
    let stage = Stage::new();
    let old = stage.copy("old");
    stage.publish("1.1.0", now());
    stage.look().await.unwrap();
    fs::remove_dir_all(stage.repository()).unwrap();
    fs::rename(old, stage.repository()).unwrap();
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::RolledBack(_)), "{error}");
}

#[tokio::test]
async fn parts_of_two_moments_are_not_believed_together() {
    let stage = Stage::new();
    stage.publish("1.1.0", now());
    // Each is signed; together they are of no moment.
    fs::copy(
        stage.metadata("1.snapshot.json"),
        stage.metadata("2.snapshot.json"),
    )
    .unwrap();
    let error = stage.look().await.unwrap_err();
    let wanted = matches!(error, SupplyError::Tampered(_) | SupplyError::Mixed(_));
    assert!(wanted, "{error:?}");
    let stage = Stage::new();
    stage.publish("1.1.0", now());
    fs::copy(
        stage.metadata("1.targets.json"),
        stage.metadata("2.targets.json"),
    )
    .unwrap();
    let error = stage.look().await.unwrap_err();
    let wanted = matches!(error, SupplyError::Tampered(_) | SupplyError::Mixed(_));
    assert!(wanted, "{error:?}");
}

#[tokio::test]
async fn signatures_of_other_keys_are_not_believed() {
    let stage = Stage::new();
    make_keys(&stage.dir.join("others")).unwrap();
    let others = Keys::read(&stage.dir.join("others")).unwrap();
    let forger = Publisher {
        keys: &others,
        ..stage.publisher(now())
    };
    forger.refresh().unwrap();
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::Signature(_)), "{error:?}");
    // A root of other keys neither.
    let stage = Stage::new();
    let forger = Publisher {
        keys: &others,
        ..stage.publisher(now())
    };
    forger.root().unwrap();
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::Signature(_)), "{error:?}");
}

#[tokio::test]
async fn a_statement_and_a_file_that_go_on_and_on_are_cut_off() {
    let stage = Stage::new();
    append(&stage.metadata("timestamp.json"), &vec![b' '; 1 << 20]);
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::Endless(_)), "{error:?}");
    let stage = Stage::new();
    append(&stage.target("aceso-1.0.0"), &[0; 4096]);
    let trusted = stage.look().await.unwrap();
    let error = trusted
        .take("aceso-1.0.0", &stage.dir.join("taken"))
        .await
        .unwrap_err();
    assert!(matches!(error, SupplyError::Endless(_)), "{error:?}");
    assert!(!stage.dir.join("taken/aceso-1.0.0").exists());
}

#[tokio::test]
async fn a_file_that_was_changed_or_cut_off_is_not_taken() {
    for text in ["aceso-1.0.0 of 6.6.6", "aceso-1.0.0 of", ""] {
        let stage = Stage::new();
        fs::write(stage.target("aceso-1.0.0"), text).unwrap();
        let trusted = stage.look().await.unwrap();
        let error = trusted
            .take("aceso-1.0.0", &stage.dir.join("taken"))
            .await
            .unwrap_err();
        assert!(matches!(error, SupplyError::Tampered(_)), "{error:?}");
        assert!(!stage.dir.join("taken/aceso-1.0.0").exists());
    }
    let stage = Stage::new();
    fs::write(stage.metadata("timestamp.json"), "{\"signed\":").unwrap();
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::Unreadable(_)), "{error:?}");
    fs::remove_file(stage.metadata("timestamp.json")).unwrap();
    let error = stage.look().await.unwrap_err();
    assert!(matches!(error, SupplyError::Unreadable(_)), "{error:?}");
}

#[tokio::test]
async fn new_keys_are_believed_when_the_root_says_so() {
    let stage = Stage::new();
    stage.look().await.unwrap();
    for role in ["targets", "snapshot", "timestamp"] {
        fs::remove_file(stage.dir.join(format!("keys/{role}.key"))).unwrap();
    }
    fs::rename(stage.dir.join("keys/root.key"), stage.dir.join("root.key")).unwrap();
    make_keys(&stage.dir.join("keys")).unwrap();
    fs::rename(stage.dir.join("root.key"), stage.dir.join("keys/root.key")).unwrap();
    let keys = Keys::read(&stage.dir.join("keys")).unwrap();
    let renewed = Publisher {
        keys: &keys,
        ..stage.publisher(now())
    };
    renewed.root().unwrap();
    for file in release("1.2.0").files() {
        fs::write(stage.dir.join("files").join(file), file).unwrap();
    }
    renewed
        .publish(&release("1.2.0"), &stage.dir.join("files"))
        .unwrap();
    assert_eq!(
        stage.look().await.unwrap().release().version.to_string(),
        "1.2.0"
    );
}

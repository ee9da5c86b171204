//! A repository that was opened before is opened again without working on its password, which takes a third of a second of the
//! processor and 128 MiB. What opens it stays in this process, and for other ones in a file of the data directory, sealed by the
//! record's keys: for whom the record does not open, neither does this. The file is in no backup.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_backup::{Address, BackupError, Repository, Shelf, Unlocked};
use aceso_store::Store;
use aceso_vault::{Mac, Sealer};
use anyhow::Result;
use zeroize::Zeroizing;

use crate::place::Place;
use crate::root::replace;

const FILE: &str = "backup-repository.sealed";
const USE: &str = "backup repository";

/// What opens it, and where it was opened by which password.
struct Kept {
    address: String,
    password: Zeroizing<String>,
    key: Unlocked,
}

static KEPT: Mutex<Option<Arc<Kept>>> = Mutex::new(None);

/// Opens a repository; with what is sealed, if there is that.
pub(super) fn open(
    address: &Address,
    shelf: &Shelf,
    password: &Zeroizing<String>,
    sealed: Option<&Sealed>,
) -> Result<Repository, BackupError> {
    let address = address.to_string();
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let known = kept.filter(|kept| kept.address == address && kept.password == *password);
    if let Some(opened) = known.and_then(|known| opened_with(&known.key, shelf)) {
        return opened;
    }
    let repository = open_first(&address, shelf, password, sealed)?;
    let kept = Kept {
        address,
        password: password.clone(),
        key: repository.unlocked(),
    };
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(kept));
    Ok(repository)
}

/// Opens one that this process does not know.
fn open_first(
    address: &str,
    shelf: &Shelf,
    password: &str,
    sealed: Option<&Sealed>,
) -> Result<Repository, BackupError> {
    let before = sealed.and_then(|sealed| sealed.read(address, password));
    if let Some(opened) = before.and_then(|key| opened_with(&key, shelf)) {
        return opened;
    }
    let repository = Repository::open(shelf, password)?;
    let key = repository.unlocked();
    if let Some(Err(error)) = sealed.map(|sealed| sealed.write(address, password, &key)) {
        tracing::warn!(%error, "the next backup works on the repository's password again");
    }
    Ok(repository)
}

/// Opens it, or tells that it is away; nothing when another one lies there by now.
fn opened_with(key: &Unlocked, shelf: &Shelf) -> Option<Result<Repository, BackupError>> {
    let opened = Repository::open_unlocked(shelf, key);
    let is_away = matches!(opened, Err(BackupError::Storage(_) | BackupError::Absent));
    (opened.is_ok() || is_away).then_some(opened)
}

/// The file of the data directory.
pub(super) struct Sealed {
    path: PathBuf,
    sealer: Sealer,
    mac: Mac,
}

impl Sealed {
    pub(super) fn of(place: &Place, store: &Store) -> Self {
        Self {
            path: place.dir.join(FILE),
            sealer: store.sealer(USE),
            mac: store.mac(USE),
        }
    }

    /// What opens this repository, when it was this one that was opened last, by this password.
    fn read(&self, address: &str, password: &str) -> Option<Unlocked> {
        let sealed = fs::read(&self.path).ok()?;
        let json = self.sealer.open(&self.bound(address, password), &sealed);
        Unlocked::from_json(&json.ok()?)
    }

    fn write(&self, address: &str, password: &str, key: &Unlocked) -> Result<()> {
        let sealed = (self.sealer).seal(&self.bound(address, password), &key.to_json()?)?;
        replace(&self.path, &sealed)
    }

    /// What is sealed opens for this repository and this password only.
    fn bound(&self, address: &str, password: &str) -> String {
        let tag = self.mac.tag(&[address.as_bytes(), password.as_bytes()]);
        aceso_base::hex(&tag)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use aceso_base::Instant;
    use aceso_vault::Keyring;

    use super::*;

    /// A repository, and what its password is worked on with, which can be taken away.
    struct Bench {
        dir: PathBuf,
        at: PathBuf,
        shelf: Shelf,
    }

    impl Bench {
        fn new(name: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("aceso-{name}-{}", std::process::id()));
            let at = dir.join("repository");
            let shelf = Shelf::directory(&at);
            drop(Repository::create(&shelf, "first").unwrap());
            Self { dir, at, shelf }
        }

        fn keys(&self) -> [PathBuf; 2] {
            [self.at.join("keys"), self.dir.join("away")]
        }

        fn take_keys_away(&self) {
            let [keys, away] = self.keys();
            fs::rename(&keys, &away).unwrap();
            fs::create_dir(&keys).unwrap();
        }

        fn bring_keys_back(&self) {
            let [keys, away] = self.keys();
            fs::remove_dir(&keys).unwrap();
            fs::rename(&away, &keys).unwrap();
        }

        /// Another repository in its place, with the same password.
        fn begin_anew(&self) {
            fs::remove_dir_all(&self.at).unwrap();
            drop(Repository::create(&self.shelf, "first").unwrap());
        }
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.dir).unwrap();
        }
    }

    #[test]
    fn a_repository_is_opened_again_without_its_password_being_worked_on_and_another_one_is_not() {
        let bench = Bench::new("unlocked");
        let address = Address::Directory(bench.at.clone());
        let password = |text: &str| Zeroizing::new(text.to_owned());
        let open = |with: &str| open(&address, &bench.shelf, &password(with), None);
        open("first").unwrap();
        bench.take_keys_away();
        open("first").unwrap();
        assert!(open("second").is_err(), "another password is worked on");
        open("first").unwrap();
        bench.bring_keys_back();
        open("first").unwrap();
        assert!(matches!(open("second"), Err(BackupError::Password)));
        open("first").unwrap();
        bench.begin_anew();
        let anew = open("first").unwrap();
        assert_eq!(anew.snapshots().unwrap(), []);
    }

    fn sealed(dir: &Path, keyring: &Keyring) -> Sealed {
        Sealed {
            path: dir.join(FILE),
            sealer: keyring.sealer(USE),
            mac: keyring.mac(USE),
        }
    }

    #[test]
    fn another_process_opens_it_by_what_is_sealed_for_this_place_and_this_password_alone() {
        let bench = Bench::new("unlocked-sealed");
        let keyring = || Keyring::create(Instant::from_millis(0)).unwrap();
        let [ours, theirs] = [keyring(), keyring()].map(|ring| sealed(&bench.dir, &ring));
        let open = |at: &str, with: &str, by: &Sealed| open_first(at, &bench.shelf, with, Some(by));
        open("here", "first", &ours).unwrap();
        let is_private = |path: &Path| {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            mode & 0o077 == 0
        };
        assert!(is_private(&ours.path));
        bench.take_keys_away();
        open("here", "first", &ours).unwrap();
        for (at, with, by) in [
            ("there", "first", &ours),
            ("here", "second", &ours),
            ("here", "first", &theirs),
        ] {
            assert!(open(at, with, by).is_err(), "{at} {with}");
        }
        open("here", "first", &ours).unwrap();
        let whole = fs::read(&ours.path).unwrap();
        fs::write(&ours.path, whole.split_last().unwrap().1).unwrap();
        assert!(open("here", "first", &ours).is_err(), "damaged");
        bench.bring_keys_back();
        open("here", "first", &ours).unwrap();
        bench.begin_anew();
        open("here", "first", &ours).unwrap();
        bench.take_keys_away();
        open("here", "first", &ours).unwrap();
    }
}

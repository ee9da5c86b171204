//! The repository that this process opened last is opened again without working on its password, which takes a third of a second
//! of the processor and 128 MiB.

use std::sync::{Arc, Mutex, PoisonError};

use aceso_backup::{Address, BackupError, Repository, Shelf, Unlocked};
use zeroize::Zeroizing;

/// What opens it, and where it was opened by which password.
struct Kept {
    address: String,
    password: Zeroizing<String>,
    key: Unlocked,
}

static KEPT: Mutex<Option<Arc<Kept>>> = Mutex::new(None);

/// Opens a repository.
pub(super) fn open(
    address: &Address,
    shelf: &Shelf,
    password: &Zeroizing<String>,
) -> Result<Repository, BackupError> {
    let address = address.to_string();
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let known = kept.filter(|kept| kept.address == address && kept.password == *password);
    if let Some(known) = known {
        let opened = Repository::open_unlocked(shelf, &known.key);
        let is_away = matches!(opened, Err(BackupError::Storage(_) | BackupError::Absent));
        if opened.is_ok() || is_away {
            return opened;
        }
        // Another one lies there by now.
    }
    let repository = Repository::open(shelf, password)?;
    let kept = Kept {
        address,
        password: password.clone(),
        key: repository.unlocked(),
    };
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(kept));
    Ok(repository)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_repository_is_opened_again_without_its_password_being_worked_on_and_another_one_is_not() {
        let dir = std::env::temp_dir().join(format!("aceso-unlocked-{}", std::process::id()));
        let at = dir.join("repository");
        let (shelf, address) = (Shelf::directory(&at), Address::Directory(at.clone()));
        let password = |text: &str| Zeroizing::new(text.to_owned());
        let open = |with: &str| open(&address, &shelf, &password(with));
        drop(Repository::create(&shelf, "first").unwrap());
        open("first").unwrap();
        // What the password is worked on with is away.
        let (keys, away) = (at.join("keys"), dir.join("away"));
        fs::rename(&keys, &away).unwrap();
        fs::create_dir(&keys).unwrap();
        open("first").unwrap();
        assert!(open("second").is_err(), "another password is worked on");
        open("first").unwrap();
        fs::remove_dir(&keys).unwrap();
        fs::rename(&away, &keys).unwrap();
        open("first").unwrap();
        assert!(matches!(open("second"), Err(BackupError::Password)));
        open("first").unwrap();
        fs::remove_dir_all(&at).unwrap();
        drop(Repository::create(&shelf, "first").unwrap());
        let anew = open("first").unwrap();
        assert_eq!(anew.snapshots().unwrap(), []);
        fs::remove_dir_all(&dir).unwrap();
    }
}

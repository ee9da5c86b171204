//! The versions of the tree, and whom they have forgotten.

use aceso_base::Instant;
use zeroize::Zeroizing;

use super::key::DataKey;
use super::tree::{Path, Tree};
use crate::{SealError, Sealer, random};

/// Whose data a key seals: the patient's number in the record, 0 for what is nobody's; and how often that number was
/// erased before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Whose {
    /// The patient's number.
    pub patient: i64,
    /// How often it was erased before.
    pub generation: u8,
}

/// All data keys of an installation.
#[derive(Clone)]
pub struct DataKeys {
    /// Counts the changes.
    pub(super) serial: u64,
    pub(super) versions: Vec<Version>,
    pub(super) erased: Vec<Erased>,
}

#[derive(Clone)]
pub(super) struct Version {
    pub(super) number: u16,
    pub(super) made: Instant,
    pub(super) tree: Tree,
}

/// A version of the data keys, as people are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyVersion {
    /// Its number, from 1.
    pub number: u16,
    /// When it was made.
    pub made: Instant,
}

/// Who was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The patient's number, and which of its lives.
    pub whose: Whose,
    /// When.
    pub at: Instant,
    /// The count of changes that this was.
    pub serial: u64,
}

/// Why there is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyGone {
    /// The keys are older than what was sealed.
    #[error(
        "sealed under version {0} of the data keys, which is not here: restore the latest copy of the patients' keys"
    )]
    NoVersion(u16),
    /// The key was destroyed with the patient's erasure.
    #[error("the patient was erased")]
    Erased,
    /// The provider refused.
    #[error(transparent)]
    Cipher(#[from] SealError),
}

/// Why the data keys cannot be made, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum DataKeysError {
    /// The seal did not open.
    #[error("it does not open with this record's keyring: {0}")]
    Seal(#[from] SealError),
    /// The content is not data keys.
    #[error("its content cannot be read")]
    Form,
    /// No randomness.
    #[error("the random generator failed")]
    Random,
    /// 65,535 versions, or 255 erasures of one number.
    #[error("no further version can be made")]
    Full,
}

impl DataKeys {
    /// A first version.
    pub fn create(now: Instant) -> Result<Self, DataKeysError> {
        let mut keys = Self {
            serial: 0,
            versions: Vec::new(),
            erased: Vec::new(),
        };
        keys.rotate(now)?;
        Ok(keys)
    }

    /// Counts the changes: of two copies the one with the greater count is the later.
    pub const fn serial(&self) -> u64 {
        self.serial
    }

    /// The versions, the one in use last. Older ones stay for what they sealed, also in copies of the record.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = KeyVersion> {
        self.versions.iter().map(|v| KeyVersion {
            number: v.number,
            made: v.made,
        })
    }

    /// Who was erased, in order.
    pub fn erased(&self) -> &[Erased] {
        &self.erased
    }

    /// The version that seals what is new.
    pub fn current(&self) -> u16 {
        self.versions.last().map_or(0, |v| v.number)
    }

    /// The patient in its present life.
    pub fn whose(&self, patient: i64) -> Whose {
        let lives = self.erased.iter().filter(|e| e.whose.patient == patient);
        let generation = u8::try_from(lives.count()).unwrap_or(u8::MAX);
        Whose {
            patient,
            generation,
        }
    }

    /// Begins a new version; what is new is sealed under it.
    pub fn rotate(&mut self, now: Instant) -> Result<u16, DataKeysError> {
        let number = self.current().checked_add(1).ok_or(DataKeysError::Full)?;
        let root = Zeroizing::new(random().map_err(|_| DataKeysError::Random)?);
        self.versions.push(Version {
            number,
            made: now,
            tree: Tree::whole(root),
        });
        self.serial += 1;
        Ok(number)
    }

    /// Destroys a patient's keys, of every version.
    pub fn erase(&mut self, patient: i64, now: Instant) -> Result<Erased, DataKeysError> {
        let whose = self.whose(patient);
        if whose.generation == u8::MAX {
            return Err(DataKeysError::Full);
        }
        for version in &mut self.versions {
            version.tree.forget(leaf(whose));
        }
        self.serial += 1;
        let erased = Erased {
            whose,
            at: now,
            serial: self.serial,
        };
        self.erased.push(erased);
        Ok(erased)
    }

    /// The key of a version for a patient's bodies.
    pub fn key(&self, version: u16, whose: Whose) -> Result<DataKey, KeyGone> {
        let found = self.versions.iter().find(|v| v.number == version);
        let tree = &found.ok_or(KeyGone::NoVersion(version))?.tree;
        let secret = tree.draw(leaf(whose)).ok_or(KeyGone::Erased)?;
        Ok(DataKey::for_bodies(&secret)?)
    }

    /// As they are kept outside the data directory: sealed by the keyring.
    pub fn seal(&self, sealer: &Sealer) -> Result<Vec<u8>, DataKeysError> {
        Ok(sealer.seal(super::file::PLACE, &super::file::write(self))?)
    }

    /// Opens what [`DataKeys::seal`] made.
    pub fn open(sealer: &Sealer, sealed: &[u8]) -> Result<Self, DataKeysError> {
        let bytes = sealer.open(super::file::PLACE, sealed)?;
        super::file::read(&bytes).ok_or(DataKeysError::Form)
    }
}

impl std::fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKeys({})", self.serial)
    }
}

fn leaf(whose: Whose) -> Path {
    let [a, b, c, d, e, f, g, h] = whose.patient.to_be_bytes();
    [a, b, c, d, e, f, g, h, whose.generation]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_millis(millis)
    }

    fn works(keys: &DataKeys, version: u16, whose: Whose, sealed: &[u8]) -> bool {
        let key = keys.key(version, whose);
        key.is_ok_and(|key| key.open(b"here", sealed).is_ok_and(|p| p == b"text"))
    }

    #[test]
    fn g17_an_erased_patients_key_is_in_no_version_and_all_others_are() {
        let mut keys = DataKeys::create(at(1)).unwrap();
        keys.rotate(at(2)).unwrap();
        let (ana, ben) = (keys.whose(-7), keys.whose(i64::MAX));
        let mut sealed = Vec::new();
        let key = keys.key(1, ana).unwrap();
        key.seal_after(&mut sealed, b"here", b"text").unwrap();
        assert!(works(&keys, 1, ana, &sealed));
        assert!(!works(&keys, 2, ana, &sealed) && !works(&keys, 1, ben, &sealed));
        let erased = keys.erase(-7, at(3)).unwrap();
        assert_eq!(erased.whose, ana);
        for version in [1, 2] {
            assert_eq!(keys.key(version, ana).err(), Some(KeyGone::Erased));
            assert!(keys.key(version, ben).is_ok());
        }
        assert_eq!(keys.key(3, ben).err(), Some(KeyGone::NoVersion(3)));
        let again = keys.whose(-7);
        assert_eq!(again.generation, 1);
        assert!(!works(&keys, 1, again, &sealed));
    }

    #[test]
    fn data_keys_are_read_as_they_were_written_by_their_keyring_alone() {
        let mut keys = DataKeys::create(at(1)).unwrap();
        keys.erase(5, at(2)).unwrap();
        keys.rotate(at(3)).unwrap();
        let sealer = Sealer::new(&[1; 32], "patient keys");
        let sealed = keys.seal(&sealer).unwrap();
        let read = DataKeys::open(&sealer, &sealed).unwrap();
        assert_eq!((read.serial(), read.erased()), (3, keys.erased()));
        let versions: Vec<_> = read.versions().collect();
        assert_eq!(versions, keys.versions().collect::<Vec<_>>());
        let whose = keys.whose(9);
        let mut body = Vec::new();
        let key = keys.key(1, whose).unwrap();
        key.seal_after(&mut body, b"here", b"text").unwrap();
        assert!(works(&read, 1, whose, &body));
        let other = Sealer::new(&[2; 32], "patient keys");
        assert!(DataKeys::open(&other, &sealed).is_err());
        for at in [0, 20, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(DataKeys::open(&sealer, &changed).is_err());
        }
    }

    #[test]
    fn a_body_opens_at_its_place_alone_and_unchanged() {
        let keys = DataKeys::create(at(1)).unwrap();
        let key = keys.key(1, keys.whose(0)).unwrap();
        let mut sealed = b"head".to_vec();
        key.seal_after(&mut sealed, b"here", b"text").unwrap();
        let body = sealed.split_off(4);
        assert_eq!(sealed, b"head");
        assert_eq!(key.open(b"here", &body).unwrap(), b"text");
        assert!(key.open(b"there", &body).is_err());
        for at in 0..body.len() {
            let mut changed = body.clone();
            changed[at] ^= 1;
            assert!(key.open(b"here", &changed).is_err(), "byte {at}");
        }
        assert!(key.open(b"here", &body[..11]).is_err());
    }
}

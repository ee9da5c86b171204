//! Sealed bodies: what [`crate::body`] packed, under the data key of the patient that it is about.
//!
//! `2 ‖ version of the data keys (2 bytes) ‖ generation ‖ patient (8 bytes) ‖ nonce ‖ ciphertext ‖ tag`. This head, the
//! resource's key and its version are bound: a body does not open in another row.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aceso_vault::Sealer;
use aceso_vault::data::{DataKey, DataKeys, KeyGone, Whose};
use rustc_hash::FxHashMap;

use super::files::{hold, read, replace};
use crate::StoreError;

/// The form of a sealed body.
pub(crate) const SEALED: u8 = 2;
const HEAD: usize = 12;
const PLACE: usize = HEAD + 16;
/// Keys at hand, in each of the shards; a key that is not costs 18 µs.
const AT_HAND: usize = 2048;
const SHARDS: usize = 8;

/// Seals and opens bodies.
pub(crate) struct Bodies {
    dir: PathBuf,
    path: PathBuf,
    sealer: Sealer,
    now: RwLock<Arc<Loaded>>,
}

type AtHand = FxHashMap<(u16, Whose), Arc<DataKey>>;

/// The patients' keys as they were last read, with those in use at hand.
struct Loaded {
    keys: DataKeys,
    opening: [Mutex<AtHand>; SHARDS],
    sealing: Mutex<FxHashMap<i64, (Whose, Arc<DataKey>)>>,
}

impl Loaded {
    fn new(keys: DataKeys) -> Arc<Self> {
        Arc::new(Self {
            keys,
            opening: std::array::from_fn(|_| Mutex::default()),
            sealing: Mutex::default(),
        })
    }

    fn key(&self, version: u16, whose: Whose) -> Result<Arc<DataKey>, KeyGone> {
        let shard = usize::try_from(whose.patient.rem_euclid(7919)).unwrap_or(0) % SHARDS;
        let Some(shard) = self.opening.get(shard) else {
            return Ok(Arc::new(self.keys.key(version, whose)?));
        };
        let found = |map: &AtHand| map.get(&(version, whose)).cloned();
        if let Some(key) = found(&shard.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(key);
        }
        // Drawn outside the lock: others need not wait for it.
        let key = Arc::new(self.keys.key(version, whose)?);
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= AT_HAND {
            shard.clear();
        }
        shard.insert((version, whose), Arc::clone(&key));
        Ok(key)
    }

    fn sealing(&self, patient: i64) -> Result<(Whose, Arc<DataKey>), KeyGone> {
        let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((whose, key)) = sealing.get(&patient) {
            return Ok((*whose, Arc::clone(key)));
        }
        let whose = self.keys.whose(patient);
        let key = self.key(self.keys.current(), whose)?;
        if sealing.len() >= AT_HAND {
            sealing.clear();
        }
        sealing.insert(patient, (whose, Arc::clone(&key)));
        Ok((whose, key))
    }
}

impl Bodies {
    pub(crate) fn new(dir: &Path, path: &Path, sealer: Sealer, keys: DataKeys) -> Self {
        Self {
            dir: dir.to_path_buf(),
            path: path.to_path_buf(),
            sealer,
            now: RwLock::new(Loaded::new(keys)),
        }
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, keys: DataKeys) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if now.keys.serial() < keys.serial() {
            *now = Loaded::new(keys);
        }
    }

    /// The patients' keys as they are known here.
    pub(crate) fn keys(&self) -> DataKeys {
        self.loaded().keys.clone()
    }

    /// The patient in its present life.
    pub(crate) fn whose(&self, patient: i64) -> Whose {
        self.loaded().keys.whose(patient)
    }

    /// The version that seals what is new.
    pub(crate) fn current(&self) -> u16 {
        self.loaded().keys.current()
    }

    /// Whether the key of a sealed body was destroyed.
    pub(crate) fn is_erased(&self, head: Head) -> bool {
        self.loaded().key(head.version, head.whose).err() == Some(KeyGone::Erased)
    }

    /// Counts the changes known here.
    pub(crate) fn serial(&self) -> u64 {
        self.loaded().keys.serial()
    }

    /// Reads the file again: another process may have changed it.
    pub(crate) fn reload(&self) -> Result<(), StoreError> {
        let keys = self.read()?;
        self.set(keys);
        Ok(())
    }

    fn read(&self) -> Result<DataKeys, StoreError> {
        let path = self.path.display();
        let sealed = read(&self.path).map_err(|e| StoreError(e.to_string()))?;
        let sealed = sealed.ok_or_else(|| {
            StoreError(format!("{path}, the file with the patients' keys, is gone"))
        })?;
        DataKeys::open(&self.sealer, &sealed).map_err(|e| StoreError(format!("{path}: {e}")))
    }

    /// Sees to it that at least so many changes are known here.
    pub(crate) fn at_least(&self, serial: u64) -> Result<(), StoreError> {
        if self.serial() >= serial {
            return Ok(());
        }
        self.reload()?;
        let have = self.serial();
        if have < serial {
            return Err(StoreError(format!(
                "{} is older than the record ({have} changes, {serial} are known): restore its latest copy",
                self.path.display()
            )));
        }
        Ok(())
    }

    /// Changes the patients' keys on disk and here; one process at a time.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut DataKeys) -> Result<T, StoreError>,
    ) -> Result<(T, u64), StoreError> {
        let _held = hold(&self.dir).map_err(StoreError::io)?;
        let mut keys = self.read()?;
        let changed = change(&mut keys)?;
        let sealed = keys
            .seal(&self.sealer)
            .map_err(|e| StoreError(e.to_string()))?;
        replace(&self.path, &sealed).map_err(StoreError::io)?;
        let serial = keys.serial();
        self.set(keys);
        Ok((changed, serial))
    }

    /// Seals a packed body for a patient (0: nobody's) and its row.
    pub(crate) fn seal(
        &self,
        patient: i64,
        (key, version): (i64, i64),
        packed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        if packed.is_empty() {
            return Ok(Vec::new());
        }
        let loaded = self.loaded();
        let (whose, data_key) = loaded.sealing(patient).map_err(told)?;
        let mut sealed = Vec::with_capacity(HEAD + 12 + packed.len() + 16);
        sealed.push(SEALED);
        sealed.extend_from_slice(&loaded.keys.current().to_be_bytes());
        sealed.push(whose.generation);
        sealed.extend_from_slice(&patient.to_be_bytes());
        let place = place(&sealed, key, version);
        data_key
            .seal_after(&mut sealed, &place, packed)
            .map_err(|e| StoreError(e.to_string()))?;
        Ok(sealed)
    }

    /// Opens what is stored in a row; what an older release stored is not sealed.
    pub(crate) fn open<'a>(
        &self,
        (key, version): (i64, i64),
        stored: &'a [u8],
    ) -> Result<Cow<'a, [u8]>, StoreError> {
        let Some(head) = Head::read(stored)? else {
            return Ok(Cow::Borrowed(stored));
        };
        let loaded = self.loaded();
        let data_key = match loaded.key(head.version, head.whose) {
            Err(KeyGone::NoVersion(_)) => {
                self.reload()?;
                self.loaded().key(head.version, head.whose)
            }
            other => other,
        };
        let (head, sealed) = stored.split_at_checked(HEAD).unwrap_or((stored, &[]));
        let opened = data_key
            .map_err(told)?
            .open(&place(head, key, version), sealed);
        opened.map(Cow::Owned).map_err(|error| {
            StoreError(format!("the body at key {key}, version {version}: {error}"))
        })
    }
}

/// What the head of a sealed body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) version: u16,
    pub(crate) whose: Whose,
}

impl Head {
    /// The head of a sealed body; none of one that is not sealed, or empty.
    pub(crate) fn read(stored: &[u8]) -> Result<Option<Self>, StoreError> {
        if stored.first() != Some(&SEALED) {
            return Ok(None);
        }
        let Some([_, v, w, generation, a, b, c, d, e, f, g, h]) = stored.first_chunk::<HEAD>()
        else {
            return Err(StoreError::text("a sealed body cut short"));
        };
        Ok(Some(Self {
            version: u16::from_be_bytes([*v, *w]),
            whose: Whose {
                patient: i64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
                generation: *generation,
            },
        }))
    }
}

fn place(head: &[u8], key: i64, version: i64) -> [u8; PLACE] {
    let mut place = [0; PLACE];
    let parts = head.iter().take(HEAD).copied();
    let parts = parts.chain(key.to_be_bytes()).chain(version.to_be_bytes());
    for (to, from) in place.iter_mut().zip(parts) {
        *to = from;
    }
    place
}

fn told(error: KeyGone) -> StoreError {
    StoreError(error.to_string())
}

impl std::fmt::Debug for Bodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bodies")
    }
}

#[cfg(test)]
impl Bodies {
    /// With keys that are on no disk.
    pub(crate) fn for_tests() -> Self {
        let now = aceso_base::Instant::from_millis(0);
        let sealer = aceso_vault::Keyring::create(now).unwrap().patients_sealer();
        let nowhere = Path::new("/nonexistent");
        Self::new(nowhere, nowhere, sealer, DataKeys::create(now).unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h7_a_sealed_body_opens_in_its_row_alone_and_unchanged() {
        let bodies = Bodies::for_tests();
        let sealed = bodies.seal(7, (11, 1), b"packed").unwrap();
        assert_eq!(&*bodies.open((11, 1), &sealed).unwrap(), b"packed");
        assert!(bodies.open((12, 1), &sealed).is_err(), "another row");
        assert!(bodies.open((11, 2), &sealed).is_err(), "another version");
        for at in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(bodies.open((11, 1), &changed).is_err(), "byte {at}");
        }
        assert!(bodies.open((11, 1), &sealed[..9]).is_err());
        assert!(bodies.seal(7, (11, 1), b"").unwrap().is_empty());
        assert_eq!(&*bodies.open((11, 1), b"\x00{}").unwrap(), b"\x00{}");
    }

    #[test]
    fn a_body_says_whose_it_is_and_opens_by_that_key() {
        let bodies = Bodies::for_tests();
        let sealed = bodies.seal(-7, (11, 1), b"packed").unwrap();
        let head = Head::read(&sealed).unwrap().unwrap();
        assert_eq!((head.version, head.whose.patient), (1, -7));
        let mut moved = sealed.clone();
        moved[11] ^= 1;
        assert!(bodies.open((11, 1), &moved).is_err());
    }
}

//! The keyring: the keys in use, sealed under the root key. Its file has a head that everybody may read: which root key
//! it is, and how that is had.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use aceso_base::Instant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::mac::derive;
use crate::root::Lock;
use crate::tree::HeadSigner;
use crate::{KeyedHash, Mac, RootKey, SealError, Sealer, open, random, seal};

const FORMAT: u8 = 2;
/// The place of keyrings before there were heads.
const HEADLESS: &str = "aceso keyring 1";

/// The name of the fact about the audit log's key.
pub const AUDIT_SIGNER: &str = "audit signer";

/// The keys in use. Clones share the page keys, which change while the others stay.
#[derive(Clone)]
pub struct Keyring {
    made: Instant,
    pages: Arc<RwLock<PageKeys>>,
    index: [u8; 16],
    /// What the keys of named uses are drawn from.
    uses: Zeroizing<[u8; 32]>,
    patients: PatientKeys,
}

#[derive(Clone)]
struct PageKeys {
    /// The keyring's own.
    version: u32,
    page: PageKey,
    /// The key that the pages are being brought to.
    next: Option<PageKey>,
}

#[derive(Clone)]
struct PageKey {
    number: u32,
    made: Instant,
    bytes: Zeroizing<[u8; 32]>,
}

/// Whether the file with the patients' keys was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatientKeys {
    /// Not yet: it may be absent.
    Awaited,
    /// It was: without it the record does not open.
    Made,
}

/// What the keyring's head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The root key's name ([`RootKey::name`]); none in a keyring of the first format.
    pub root: Option<String>,
    /// How the root key is had.
    pub lock: Lock,
}

/// What there is to say of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFact {
    /// What it is for.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// When it was made; the start of 1970 where an older release did not note it.
    pub made: Instant,
}

/// Why a keyring could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Another key than this keyring's.
    #[error(
        "it is sealed under the root key {wanted}, and this is {given}: give the key of this record"
    )]
    OtherKey {
        /// The name of the key that opens it.
        wanted: String,
        /// The name of the key given.
        given: String,
    },
    /// The seal did not open.
    #[error("the keyring does not open with this root key: {0}")]
    Seal(#[from] SealError),
    /// The content is not a keyring.
    #[error("the keyring's content cannot be read")]
    Form,
    /// No randomness.
    #[error("the random generator failed")]
    Random,
}

#[derive(Serialize, Deserialize)]
struct File {
    aceso_keyring: u8,
    root: String,
    lock: Lock,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default)]
    version: u32,
    #[serde(default)]
    made: i64,
    page: Zeroizing<String>,
    #[serde(default)]
    page_number: u32,
    #[serde(default)]
    page_made: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<NextForm>,
    index: String,
    /// Absent from keyrings of the first schema: drawn from the page key then, and written from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uses: Option<Zeroizing<String>>,
    #[serde(default = "awaited")]
    patients: PatientKeys,
}

#[derive(Serialize, Deserialize)]
struct NextForm {
    page: Zeroizing<String>,
    number: u32,
    made: i64,
}

const fn awaited() -> PatientKeys {
    PatientKeys::Awaited
}

impl Head {
    /// Reads the head of a keyring's file, without a key.
    pub fn read(file: &[u8]) -> Result<Self, KeyringError> {
        if file.first() != Some(&b'{') {
            return Ok(Self {
                root: None,
                lock: Lock::KeyFile,
            });
        }
        let file: File = serde_json::from_slice(file).map_err(|_| KeyringError::Form)?;
        Ok(Self {
            root: Some(file.root),
            lock: file.lock,
        })
    }
}

impl PageKey {
    fn create(number: u32, made: Instant) -> Result<Self, KeyringError> {
        let bytes = Zeroizing::new(random().map_err(|_| KeyringError::Random)?);
        Ok(Self {
            number,
            made,
            bytes,
        })
    }

    fn literal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        for nibble in self.bytes.iter().flat_map(|b| [b >> 4, b & 15]) {
            text.extend(char::from_digit(nibble.into(), 16));
        }
        text.push('\'');
        text
    }
}

impl Keyring {
    /// New keys.
    pub fn create(now: Instant) -> Result<Self, KeyringError> {
        let pages = PageKeys {
            version: 1,
            page: PageKey::create(1, now)?,
            next: None,
        };
        Ok(Self {
            made: now,
            pages: Arc::new(RwLock::new(pages)),
            index: random().map_err(|_| KeyringError::Random)?,
            uses: Zeroizing::new(random().map_err(|_| KeyringError::Random)?),
            patients: PatientKeys::Awaited,
        })
    }

    /// The keyring sealed under the root key, to be kept in the data directory. The head is bound.
    pub fn seal(&self, root: &RootKey) -> Result<Vec<u8>, KeyringError> {
        let pages = self.pages();
        let next = pages.next.as_ref().map(|key| NextForm {
            page: encode(&key.bytes),
            number: key.number,
            made: key.made.millis(),
        });
        let form = Form {
            version: pages.version,
            made: self.made.millis(),
            page: encode(&pages.page.bytes),
            page_number: pages.page.number,
            page_made: pages.page.made.millis(),
            next,
            index: STANDARD.encode(self.index),
            uses: Some(encode(&self.uses)),
            patients: self.patients,
        };
        let text = Zeroizing::new(serde_json::to_vec(&form).map_err(|_| KeyringError::Form)?);
        let place = place(&root.name(), root.lock())?;
        let file = File {
            aceso_keyring: FORMAT,
            root: root.name(),
            lock: root.lock().clone(),
            sealed: STANDARD.encode(seal(root.bytes(), &place, &text)?),
        };
        let mut bytes = serde_json::to_vec_pretty(&file).map_err(|_| KeyringError::Form)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Opens a keyring's file.
    pub fn open(root: &RootKey, file: &[u8]) -> Result<Self, KeyringError> {
        if file.first() != Some(&b'{') {
            return Self::read(&Zeroizing::new(open(root.bytes(), HEADLESS, file)?));
        }
        let file: File = serde_json::from_slice(file).map_err(|_| KeyringError::Form)?;
        if file.aceso_keyring != FORMAT {
            return Err(SealError::Version.into());
        }
        if file.root != root.name() {
            return Err(KeyringError::OtherKey {
                wanted: file.root,
                given: root.name(),
            });
        }
        let sealed = STANDARD
            .decode(&file.sealed)
            .map_err(|_| KeyringError::Form)?;
        let place = place(&file.root, &file.lock)?;
        Self::read(&Zeroizing::new(open(root.bytes(), &place, &sealed)?))
    }

    fn read(text: &[u8]) -> Result<Self, KeyringError> {
        let form: Form = serde_json::from_slice(text).map_err(|_| KeyringError::Form)?;
        let bytes = Zeroizing::new(decode(&form.page)?);
        let uses = match &form.uses {
            Some(uses) => Zeroizing::new(decode(uses)?),
            None => derive(&bytes, "uses"),
        };
        let next = match &form.next {
            Some(next) => Some(PageKey {
                number: next.number,
                made: Instant::from_millis(next.made),
                bytes: Zeroizing::new(decode(&next.page)?),
            }),
            None => None,
        };
        let pages = PageKeys {
            version: form.version.max(1),
            page: PageKey {
                number: form.page_number.max(1),
                made: Instant::from_millis(form.page_made),
                bytes,
            },
            next,
        };
        Ok(Self {
            made: Instant::from_millis(form.made),
            pages: Arc::new(RwLock::new(pages)),
            index: decode(&form.index)?,
            uses,
            patients: form.patients,
        })
    }

    /// The key of the database's pages, as SQLCipher takes it: `x'…'` with 64 hexadecimal digits.
    pub fn page_key_literal(&self) -> Zeroizing<String> {
        self.pages().page.literal()
    }

    /// The key that the pages are being brought to, when that was begun.
    pub fn next_page_key_literal(&self) -> Option<Zeroizing<String>> {
        self.pages().next.as_ref().map(PageKey::literal)
    }

    /// The number of the newest page key.
    pub fn newest_page_key(&self) -> u32 {
        let pages = self.pages();
        pages.next.as_ref().unwrap_or(&pages.page).number
    }

    /// Begins to bring the pages to a new key, unless that was begun already. Kept before the first page is written.
    pub fn begin_page_key(&self, now: Instant) -> Result<(), KeyringError> {
        let mut pages = self.change_pages();
        if pages.next.is_none() {
            pages.next = Some(PageKey::create(pages.page.number + 1, now)?);
            pages.version += 1;
        }
        Ok(())
    }

    /// All pages are under the new key: the old one goes.
    pub fn end_page_key(&self) {
        let mut pages = self.change_pages();
        if let Some(next) = pages.next.take() {
            pages.page = next;
            pages.version += 1;
        }
    }

    /// Takes over the page keys of this keyring as it was read anew; its clones have them too.
    pub fn take_page_keys(&self, anew: &Self) {
        let pages = anew.pages().clone();
        *self.change_pages() = pages;
    }

    fn pages(&self) -> RwLockReadGuard<'_, PageKeys> {
        self.pages.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_pages(&self) -> RwLockWriteGuard<'_, PageKeys> {
        self.pages.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the file with the patients' keys was made.
    pub const fn patients(&self) -> PatientKeys {
        self.patients
    }

    /// Notes that the file with the patients' keys was made.
    pub const fn note_patients(&mut self) {
        self.patients = PatientKeys::Made;
    }

    /// What seals the file with the patients' keys.
    pub fn patients_sealer(&self) -> Sealer {
        self.sealer("patient keys")
    }

    /// What there is to say of its keys.
    pub fn facts(&self) -> Vec<KeyFact> {
        let fact = |name, version, made| KeyFact {
            name,
            version,
            made,
        };
        let fixed = |name| fact(name, 1, self.made);
        let pages = self.pages();
        let mut facts = vec![
            fact("keyring", pages.version, self.made),
            fact("pages", pages.page.number, pages.page.made),
        ];
        facts.extend((pages.next.iter()).map(|next| fact("pages, begun", next.number, next.made)));
        facts.extend([
            fixed("index values"),
            fixed(AUDIT_SIGNER),
            fixed("tokens, sessions, one-time codes"),
            fixed("backups"),
        ]);
        facts
    }

    /// The hash of index values.
    pub fn index_hash(&self) -> KeyedHash {
        KeyedHash::new(self.index)
    }

    /// The keyed digest for a use: `csrf`, `token pseudonym`. One name, one use, for good.
    pub fn mac(&self, label: &str) -> Mac {
        Mac::new(&self.uses, &["mac ", label].concat())
    }

    /// What signs the audit log's first heads, until the log itself names another key. Its name is the log's for good: drawn from the keyring, and tells nothing of it.
    pub fn head_signer(&self) -> Option<HeadSigner> {
        let [a, b, c, d, e, f, ..] = *derive(&self.uses, "audit origin");
        let name = aceso_base::hex(&[a, b, c, d, e, f]);
        let seed = derive(&self.uses, "audit signer");
        HeadSigner::new(&["aceso-audit-", &name].concat(), &seed)
    }

    /// The seal for a use: `totp`, `signing key`. One name, one use, for good.
    pub fn sealer(&self, label: &str) -> Sealer {
        Sealer::new(&self.uses, &["seal ", label].concat())
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring({})", self.pages().version)
    }
}

/// The head is part of where the keys are sealed for: nobody changes it unnoticed.
fn place(root: &str, lock: &Lock) -> Result<String, KeyringError> {
    let lock = serde_json::to_string(lock).map_err(|_| KeyringError::Form)?;
    Ok(["aceso keyring 2 ", root, " ", &lock].concat())
}

fn encode(bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], KeyringError> {
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyringError::Form)?);
    <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| KeyringError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        Instant::from_millis(1_700_000_000_000)
    }

    fn root(byte: u8) -> RootKey {
        RootKey::from_bytes([byte; 32])
    }

    #[test]
    fn a_keyring_opens_only_under_its_root_key() {
        let ring = Keyring::create(now()).unwrap();
        let sealed = ring.seal(&root(1)).unwrap();
        let again = Keyring::open(&root(1), &sealed).unwrap();
        assert_eq!(*again.page_key_literal(), *ring.page_key_literal());
        assert_eq!(ring.page_key_literal().len(), 67);
        let tag = ring.mac("csrf").tag(&[b"a"]);
        assert!(again.mac("csrf").verify(&[b"a"], &tag));
        assert_eq!(again.facts(), ring.facts());
        let other = Keyring::open(&root(2), &sealed);
        assert!(matches!(other, Err(KeyringError::OtherKey { .. })));
        let head = Head::read(&sealed).unwrap();
        assert_eq!(head.root, Some(root(1).name()));
        assert_eq!(head.lock, Lock::KeyFile);
    }

    #[test]
    fn asvs_11_2_2_a_keyring_of_the_first_format_opens_and_keeps_its_uses() {
        let old = format!(
            "{{\"page\": \"{}\", \"index\": \"{}\"}}",
            STANDARD.encode([1; 32]),
            STANDARD.encode([2; 16])
        );
        let sealed = seal(root(1).bytes(), HEADLESS, old.as_bytes()).unwrap();
        assert_eq!(Head::read(&sealed).unwrap().root, None);
        let old = Keyring::open(&root(1), &sealed).unwrap();
        let newer = Keyring::open(&root(1), &old.seal(&root(1)).unwrap()).unwrap();
        let tag = old.mac("csrf").tag(&[b"a"]);
        assert!(newer.mac("csrf").verify(&[b"a"], &tag));
        assert!(Keyring::open(&root(2), &sealed).is_err());
    }

    #[test]
    fn no_byte_of_a_keyring_changes_unnoticed() {
        let ring = Keyring::create(now()).unwrap();
        let key = root(1)
            .under_passphrase("correct horse battery staple")
            .unwrap();
        let sealed = ring.seal(&key).unwrap();
        assert!(Keyring::open(&key, &sealed).is_ok());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            // What stands between the words of JSON may change: it says nothing.
            let same = serde_json::from_slice::<serde_json::Value>(&changed).ok()
                == serde_json::from_slice::<serde_json::Value>(&sealed).ok();
            assert_eq!(Keyring::open(&key, &changed).is_ok(), same, "byte {at}");
        }
    }

    #[test]
    fn a_page_key_is_replaced_in_two_steps() {
        let ring = Keyring::create(now()).unwrap();
        let before = ring.page_key_literal();
        ring.begin_page_key(now()).unwrap();
        let next = ring.next_page_key_literal().unwrap();
        ring.begin_page_key(now()).unwrap();
        assert_eq!(ring.next_page_key_literal().as_deref(), Some(&*next));
        let ring = Keyring::open(&root(1), &ring.seal(&root(1)).unwrap()).unwrap();
        assert_eq!(*ring.page_key_literal(), *before);
        ring.end_page_key();
        assert_eq!(*ring.page_key_literal(), *next);
        assert!(ring.next_page_key_literal().is_none());
    }

    #[test]
    fn all_clones_of_a_keyring_have_the_page_keys_that_one_takes_over() {
        let ring = Keyring::create(now()).unwrap();
        let clone = ring.clone();
        let anew = Keyring::open(&root(1), &ring.seal(&root(1)).unwrap()).unwrap();
        anew.begin_page_key(now()).unwrap();
        assert_eq!((ring.newest_page_key(), anew.newest_page_key()), (1, 2));
        ring.take_page_keys(&anew);
        let next = anew.next_page_key_literal().unwrap();
        assert_eq!(clone.next_page_key_literal().as_deref(), Some(&*next));
        anew.end_page_key();
        ring.take_page_keys(&anew);
        assert_eq!(*clone.page_key_literal(), *next);
        assert_eq!(clone.facts(), anew.facts());
    }
}

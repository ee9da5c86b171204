//! The keyring: the keys in use, sealed under the root key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::mac::derive;
use crate::tree::HeadSigner;
use crate::{KeyedHash, Mac, RootKey, SealError, Sealer, open, random, seal};

const PLACE: &str = "aceso keyring 1";

/// The keys in use.
pub struct Keyring {
    page: Zeroizing<[u8; 32]>,
    index: [u8; 16],
    /// What the keys of named uses are drawn from.
    uses: Zeroizing<[u8; 32]>,
}

/// Why a keyring could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
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
struct Form {
    page: String,
    index: String,
    /// Absent from keyrings of the first schema: drawn from the page key then, and written from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uses: Option<String>,
}

impl Keyring {
    /// New keys.
    pub fn create() -> Result<Self, KeyringError> {
        Ok(Self {
            page: Zeroizing::new(random().map_err(|_| KeyringError::Random)?),
            index: random().map_err(|_| KeyringError::Random)?,
            uses: Zeroizing::new(random().map_err(|_| KeyringError::Random)?),
        })
    }

    /// The keyring sealed under the root key, to be kept in the data directory.
    pub fn seal(&self, root: &RootKey) -> Result<Vec<u8>, KeyringError> {
        let form = Form {
            page: STANDARD.encode(self.page.as_slice()),
            index: STANDARD.encode(self.index),
            uses: Some(STANDARD.encode(self.uses.as_slice())),
        };
        let text = Zeroizing::new(serde_json::to_vec(&form).map_err(|_| KeyringError::Form)?);
        Ok(seal(root.bytes(), PLACE, &text)?)
    }

    /// Opens a sealed keyring.
    pub fn open(root: &RootKey, sealed: &[u8]) -> Result<Self, KeyringError> {
        let text = Zeroizing::new(open(root.bytes(), PLACE, sealed)?);
        let form: Form = serde_json::from_slice(&text).map_err(|_| KeyringError::Form)?;
        let page = Zeroizing::new(decode(&form.page)?);
        let uses = match &form.uses {
            Some(uses) => Zeroizing::new(decode(uses)?),
            None => derive(&page, "uses"),
        };
        Ok(Self {
            page,
            index: decode(&form.index)?,
            uses,
        })
    }

    /// The key of the database's pages, as SQLCipher takes it: `x'…'` with 64 hexadecimal digits.
    pub fn page_key_literal(&self) -> Zeroizing<String> {
        let hex = self
            .page
            .iter()
            .flat_map(|b| [b >> 4, b & 15])
            .filter_map(|n| char::from_digit(n.into(), 16));
        Zeroizing::new(["x'", &hex.collect::<String>(), "'"].concat())
    }

    /// The hash of index values.
    pub fn index_hash(&self) -> KeyedHash {
        KeyedHash::new(self.index)
    }

    /// The keyed digest for a use: `csrf`, `token pseudonym`. One name, one use, for good.
    pub fn mac(&self, label: &str) -> Mac {
        Mac::new(&self.uses, &["mac ", label].concat())
    }

    /// What signs the audit log's heads. Its name is the log's for good: drawn from the keyring, and tells nothing of it.
    pub fn head_signer(&self) -> Option<HeadSigner> {
        let [a, b, c, d, e, f, ..] = *derive(&self.uses, "audit origin");
        let name: String = [a, b, c, d, e, f]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let seed = derive(&self.uses, "audit signer");
        HeadSigner::new(&["aceso-audit-", &name].concat(), &seed)
    }

    /// The seal for a use: `totp`, `signing key`. One name, one use, for good.
    pub fn sealer(&self, label: &str) -> Sealer {
        Sealer::new(&self.uses, &["seal ", label].concat())
    }
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], KeyringError> {
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyringError::Form)?);
    <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| KeyringError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_opens_only_under_its_root_key() {
        let dir = std::env::temp_dir().join(format!("aceso-keyring-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (a, b) = (dir.join("a.key"), dir.join("b.key"));
        let root = RootKey::create_file(&a).unwrap();
        let other = RootKey::create_file(&b).unwrap();
        let ring = Keyring::create().unwrap();
        let sealed = ring.seal(&root).unwrap();
        let again = Keyring::open(&RootKey::from_file(&a).unwrap(), &sealed).unwrap();
        assert_eq!(*again.page_key_literal(), *ring.page_key_literal());
        assert_eq!(ring.page_key_literal().len(), 67);
        let tag = ring.mac("csrf").tag(&[b"a"]);
        assert!(again.mac("csrf").verify(&[b"a"], &tag));
        let old = format!(
            "{{\"page\": \"{}\", \"index\": \"{}\"}}",
            STANDARD.encode([1; 32]),
            STANDARD.encode([2; 16])
        );
        let old = super::seal(root.bytes(), PLACE, old.as_bytes()).unwrap();
        let old = Keyring::open(&root, &old).unwrap();
        let newer = Keyring::open(&root, &old.seal(&root).unwrap()).unwrap();
        assert!(
            newer
                .mac("csrf")
                .verify(&[b"a"], &old.mac("csrf").tag(&[b"a"]))
        );
        assert!(Keyring::open(&other, &sealed).is_err());
        assert!(
            RootKey::create_file(&a).is_err(),
            "an existing key file is never overwritten"
        );
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

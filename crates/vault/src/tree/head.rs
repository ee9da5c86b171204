//! A tree's head as a signed note: C2SP tlog-checkpoint and signed-note, Ed25519.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Hash;
use super::note_key::NoteKey;

/// Signature type Ed25519 of a signed note.
const TYPE: u8 = 1;

/// What is said of a log: its name, how many entries it has, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The log's name; the same for all its life.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a head is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is not of the form.
    #[error("this is no signed checkpoint (C2SP tlog-checkpoint)")]
    Form,
    /// No signature of the key is on it, or it does not hold.
    #[error("the checkpoint is not signed by this log's key")]
    Signature,
}

/// Signs heads.
pub struct HeadSigner {
    key: HeadKey,
    pair: Ed25519KeyPair,
}

/// The key that a log's heads are checked with. Written as `name+hash+key`, the form of signed-note's verifier keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadKey(NoteKey<TYPE>);

impl HeadSigner {
    /// The signer with this name (no blanks, no plus signs) and seed; none when the name does not fit.
    pub fn new(name: &str, seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        let key = HeadKey(NoteKey::new(name, public)?);
        Some(Self { key, pair })
    }

    /// What its signatures are checked with.
    pub const fn key(&self) -> &HeadKey {
        &self.key
    }

    /// The head of a log of this size and root, under the signer's name, as a signed note.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let head = Head {
            origin: self.key.name().to_owned(),
            size,
            root,
        };
        self.note(&head.text())
    }

    /// Another text as a signed note. None for a text that could be taken for a head of this log, or that has an empty line
    /// or no newline at its end.
    pub fn sign_note(&self, text: &str) -> Option<String> {
        let own = text.lines().next() == Some(self.key.name());
        let fits = text.ends_with('\n') && !text.contains("\n\n") && !text.starts_with('\n');
        (fits && !own).then(|| self.note(text))
    }

    pub(super) fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        self.pair.sign(bytes).as_ref().to_vec()
    }

    fn note(&self, text: &str) -> String {
        let line = self.key.0.line(&self.raw(text.as_bytes()));
        format!("{text}\n{line}")
    }
}

impl fmt::Debug for HeadSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadSigner({})", self.key)
    }
}

impl HeadKey {
    /// The log's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    pub(super) const fn note_key(&self) -> &NoteKey<TYPE> {
        &self.0
    }

    /// Reads `name+hash+key`.
    pub fn parse(text: &str) -> Option<Self> {
        NoteKey::parse(text).map(Self)
    }

    /// The head that a signed note states, if this key signed it. Other signatures on it (of witnesses) are let be.
    pub fn read(&self, note: &str) -> Result<Head, HeadError> {
        let (text, _) = note.split_once("\n\n").ok_or(HeadError::Form)?;
        let head = Head::parse(&[text, "\n"].concat())
            .filter(|head| head.origin == self.name())
            .ok_or(HeadError::Form)?;
        self.read_note(note).map(|_| head)
    }

    /// The text of a signed note, if this key signed it.
    pub fn read_note(&self, note: &str) -> Result<String, HeadError> {
        let (text, signatures) = note.split_once("\n\n").ok_or(HeadError::Form)?;
        let text = [text, "\n"].concat();
        let signed = self
            .0
            .own_lines(signatures)
            .any(|signature| self.0.verifies(text.as_bytes(), &signature));
        if signed {
            Ok(text)
        } else {
            Err(HeadError::Signature)
        }
    }
}

impl fmt::Display for HeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A hash as checkpoints and proofs write it.
pub fn hash_text(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

/// The hash of such a text.
pub fn hash_from(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

impl Head {
    fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let head = Self {
            origin: origin.to_owned(),
            size: size.parse().ok()?,
            root: STANDARD.decode(root).ok()?.try_into().ok()?,
        };
        // One way to write it: no leading zeros or plus signs.
        (!origin.is_empty() && head.size.to_string() == size).then_some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            origin: "aceso.example/audit".to_owned(),
            size: 4711,
            root: [7; 32],
        }
    }

    #[test]
    fn a_signed_head_is_read_by_its_key_and_no_other() {
        let signer = HeadSigner::new("aceso.example/audit", &[1; 32]).unwrap();
        let note = signer.sign(4711, [7; 32]);
        assert_eq!(signer.key().read(&note), Ok(head()));
        let other = HeadSigner::new("aceso.example/audit", &[2; 32]).unwrap();
        assert_eq!(other.key().read(&note), Err(HeadError::Signature));
        let witness = other
            .sign(4711, [7; 32])
            .split_once("\n\n")
            .unwrap()
            .1
            .to_owned();
        assert_eq!(signer.key().read(&(note.clone() + &witness)), Ok(head()));
        for (from, to) in [
            ("4711", "4712"),
            ("BwcH", "BwcI"),
            ("example/audit\n", "\n"),
        ] {
            let forged = note.replacen(from, to, 1);
            assert!(signer.key().read(&forged).is_err(), "{forged}");
        }
        assert_eq!(signer.key().read("nothing"), Err(HeadError::Form));
    }

    #[test]
    fn another_text_is_signed_but_never_one_that_could_be_a_head() {
        let signer = HeadSigner::new("aceso.example/audit", &[1; 32]).unwrap();
        let note = signer.sign_note("a statement\nof two lines\n").unwrap();
        let text = signer.key().read_note(&note);
        assert_eq!(text.as_deref(), Ok("a statement\nof two lines\n"));
        assert_eq!(signer.key().read(&note), Err(HeadError::Form));
        let forged = note.replace("two", "ten");
        assert_eq!(signer.key().read_note(&forged), Err(HeadError::Signature));
        for text in [
            "aceso.example/audit\n1\nAAAA\n",
            "no newline",
            "an\n\nempty line\n",
            "",
        ] {
            assert!(signer.sign_note(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_is_written_and_read_again_and_a_changed_one_is_not() {
        let key = HeadSigner::new("a.example/audit", &[1; 32])
            .unwrap()
            .key()
            .clone();
        let text = key.to_string();
        assert_eq!(HeadKey::parse(&text), Some(key));
        for at in [0, 17, 30] {
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(HeadKey::parse(&String::from_utf8(wrong).unwrap()), None);
        }
        assert!(HeadSigner::new("has blank", &[1; 32]).is_none());
    }
}

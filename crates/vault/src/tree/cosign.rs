//! Cosignatures of witnesses: C2SP tlog-cosignature, version 1, Ed25519. A witness says with one that it saw a log's head at a
//! time, and that the log only grew until then.

use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::head::{HeadSigner, fits};
use crate::sha256_chain;

/// Signature type of a cosignature.
const TYPE: u8 = 4;

/// The key that a witness's cosignatures are checked with. Written as `name+hash+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    public: [u8; 32],
}

impl HeadSigner {
    /// The key that its cosignatures are checked with.
    pub fn witness_key(&self) -> WitnessKey {
        WitnessKey {
            name: self.key().name().to_owned(),
            public: *self.key().public(),
        }
    }

    /// The signature line for another log's head (a signed note) that was seen at this time, in seconds since 1970; none
    /// for what is no note.
    pub fn cosign(&self, note: &str, seconds: u64) -> Option<String> {
        let (text, _) = note.split_once("\n\n")?;
        let key = self.witness_key();
        let mut line = key.hash().to_vec();
        line.extend_from_slice(&seconds.to_be_bytes());
        line.extend_from_slice(&self.raw(said(text, seconds).as_bytes()));
        Some(format!("— {} {}\n", key.name, STANDARD.encode(line)))
    }
}

impl WitnessKey {
    /// Reads `name+hash+key`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = STANDARD.decode(key).ok()?;
        let (kind, public) = bytes.split_first()?;
        let key = Self {
            name: name.to_owned(),
            public: public.try_into().ok()?,
        };
        (fits(name) && *kind == TYPE && hash == key.hash_text()).then_some(key)
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the witness saw this head, in seconds since 1970; none when no good cosignature of this key is on it.
    pub fn seen(&self, note: &str) -> Option<u64> {
        let (text, signatures) = note.split_once("\n\n")?;
        let own = ["— ", &self.name, " "].concat();
        let public = UnparsedPublicKey::new(&ED25519, &self.public);
        signatures.lines().find_map(|line| {
            let bytes = STANDARD.decode(line.strip_prefix(&own)?).ok()?;
            let (hash, rest) = bytes.split_first_chunk::<4>()?;
            let (seconds, signature) = rest.split_first_chunk::<8>()?;
            let seconds = u64::from_be_bytes(*seconds);
            let good = public
                .verify(said(text, seconds).as_bytes(), signature)
                .is_ok();
            (*hash == self.hash() && good).then_some(seconds)
        })
    }

    fn hash(&self) -> [u8; 4] {
        let whole = sha256_chain(&[self.name.as_bytes(), b"\n", &[TYPE], &self.public]);
        let [a, b, c, d, ..] = whole;
        [a, b, c, d]
    }

    fn hash_text(&self) -> String {
        self.hash().iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[TYPE], self.public.as_slice()].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            self.hash_text(),
            STANDARD.encode(key)
        )
    }
}

/// What a witness signs.
fn said(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosignature_is_of_its_witness_its_head_and_its_time() {
        let log = HeadSigner::new("a.example/audit", &[1; 32]).unwrap();
        let witness = HeadSigner::new("b.example/audit", &[2; 32]).unwrap();
        let note = log.sign(7, [9; 32]);
        let line = witness.cosign(&note, 1_795_314_068).unwrap();
        let whole = note.clone() + &line;
        let key = WitnessKey::parse(&witness.witness_key().to_string()).unwrap();
        assert_eq!(key.seen(&whole), Some(1_795_314_068));
        assert!(
            log.key().read(&whole).is_ok(),
            "the log's own signature stays good"
        );
        assert_eq!(key.seen(&note), None);
        assert_eq!(log.witness_key().seen(&whole), None);
        let other = log.sign(8, [9; 32]) + &line;
        assert_eq!(key.seen(&other), None, "of another head");
        assert_eq!(
            WitnessKey::parse(&witness.key().to_string()),
            None,
            "a log's key is none"
        );
        assert!(super::super::HeadKey::parse(&key.to_string()).is_none());
    }
}

//! Cosignatures of witnesses: C2SP tlog-cosignature, version 1, Ed25519. A witness says with one that it saw a log's head at a
//! time, and that the log only grew until then.

use std::fmt;

use super::head::HeadSigner;
use super::note_key::NoteKey;

/// Signature type of a cosignature.
const TYPE: u8 = 4;

/// The key that a witness's cosignatures are checked with. Written as `name+hash+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey(NoteKey<TYPE>);

impl HeadSigner {
    /// The key that its cosignatures are checked with.
    pub fn witness_key(&self) -> WitnessKey {
        WitnessKey(self.key().note_key().of_type())
    }

    /// The signature line for another log's head (a signed note) that was seen at this time, in seconds since 1970; none
    /// for what is no note.
    pub fn cosign(&self, note: &str, seconds: u64) -> Option<String> {
        let (text, _) = note.split_once("\n\n")?;
        let signature = self.raw(said(text, seconds).as_bytes());
        let bytes = [seconds.to_be_bytes().as_slice(), &signature].concat();
        Some(self.witness_key().0.line(&bytes))
    }
}

impl WitnessKey {
    /// Reads `name+hash+key`.
    pub fn parse(text: &str) -> Option<Self> {
        NoteKey::parse(text).map(Self)
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// When the witness saw this head, in seconds since 1970; none when no good cosignature of this key is on it.
    pub fn seen(&self, note: &str) -> Option<u64> {
        let (text, signatures) = note.split_once("\n\n")?;
        self.0.own_lines(signatures).find_map(|bytes| {
            let (seconds, signature) = bytes.split_first_chunk::<8>()?;
            let seconds = u64::from_be_bytes(*seconds);
            let good = self.0.verifies(said(text, seconds).as_bytes(), signature);
            good.then_some(seconds)
        })
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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

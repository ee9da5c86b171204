//! OpenPGP as far as a publisher needs it: an Ed25519 key (RFC 4880 with EdDSA as GnuPG has it, version 4), detached
//! signatures, clear-signed texts, and checking the former against a key that is known by its fingerprint.
//!
//! Deliberately absent: encryption, other algorithms, webs of trust.

mod armor;
mod packet;
mod read;
mod sign;

pub use read::{PgpError, PgpPublic};
pub use sign::PgpSigner;

/// EdDSA over curve Ed25519.
const EDDSA: u8 = 22;
const SHA256: u8 = 8;
/// The curve's object identifier, with its length before it.
const ED25519: [u8; 10] = [9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
/// A point is written with this before it, whole.
const NATIVE: u8 = 0x40;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"Contact: mailto:security@desk.example\n- a dash\nend  \n";

    fn signer() -> PgpSigner {
        PgpSigner::new(&[7; 32], "Desk <security@desk.example>").unwrap()
    }

    #[test]
    fn a_detached_signature_holds_for_its_bytes_and_no_others() {
        let signer = signer();
        let key = PgpPublic::read(&signer.public()).unwrap();
        assert_eq!(key.fingerprint(), signer.fingerprint());
        let signature = signer.sign(TEXT, 1_772_625_600);
        assert_eq!(key.check(&signature, TEXT), Ok(1_772_625_600));
        assert_eq!(key.check(&signature, b"other"), Err(PgpError::Wrong));
        let stranger = PgpSigner::new(&[8; 32], "Eve <eve@evil.example>").unwrap();
        let forged = stranger.sign(TEXT, 1_772_625_600);
        assert_eq!(key.check(&forged, TEXT), Err(PgpError::Wrong));
    }

    #[test]
    fn what_is_no_key_and_no_signature_is_refused() {
        let key = PgpPublic::read(&signer().public()).unwrap();
        let good = signer().sign(TEXT, 1);
        for bad in [
            "",
            "-----BEGIN PGP SIGNATURE-----",
            "text",
            &good.replace('=', "!"),
        ] {
            assert_eq!(key.check(bad, TEXT), Err(PgpError::Form), "{bad}");
            assert!(PgpPublic::read(bad).is_err());
        }
        // Every change of a letter is seen: by the armor's sum, by the form, or by the signature.
        for (at, letter) in good
            .char_indices()
            .filter(|(_, c)| c.is_ascii_alphanumeric())
        {
            let other = if letter == 'A' { "B" } else { "A" };
            let mut changed = good.clone();
            changed.replace_range(at..=at, other);
            let inside = changed.lines().nth(2) != good.lines().nth(2);
            assert!(!inside || key.check(&changed, TEXT).is_err(), "{at}");
        }
    }

    #[test]
    fn a_clear_signed_text_can_be_read_as_it_is() {
        let text = signer().clear_sign("Contact: a\n- dash\n", 1);
        assert!(text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nContact: a\n- - dash\n-----BEGIN PGP SIGNATURE-----\n"));
    }
}

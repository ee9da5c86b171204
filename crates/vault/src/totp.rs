//! One-time codes from an authenticator app (TOTP, RFC 6238): six digits, a new one every 30 seconds, HMAC-SHA-1,
//! because that is what the apps in use understand.

use aceso_base::Instant;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::base32::{self, Alphabet};
use crate::{RandomError, equal, random};

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// How many steps a phone's clock may be off.
const DRIFT: i64 = 1;

/// What the server and the app share: 160 bits (RFC 4226, section 4).
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; 20]>);

impl TotpSecret {
    /// A new secret.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// From its bytes, as they come out of a seal.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <[u8; 20]>::try_from(bytes)
            .ok()
            .map(|b| Self(Zeroizing::new(b)))
    }

    /// Its bytes, to be sealed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// To be typed into the app by hand: groups of four.
    pub fn to_typed(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(base32::encode(Alphabet::Rfc4648, self.as_bytes()));
        Zeroizing::new(base32::grouped(&text, 4).replace('-', " "))
    }

    /// To be shown as a QR code: `otpauth://totp/ISSUER:ACCOUNT?secret=…`.
    pub fn to_uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let secret = Zeroizing::new(base32::encode(Alphabet::Rfc4648, self.as_bytes()));
        let (issuer, account) = (escaped(issuer), escaped(account));
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            secret.as_str()
        ))
    }

    /// The step (its number since 1970) that a code belongs to, when it is the present one or a neighbour and comes
    /// after the step that was used last. Keep the answer: a code counts once (RFC 6238, section 5.2).
    pub fn check(&self, now: Instant, code: &str, last_used: Option<i64>) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let present = now.seconds().div_euclid(STEP_SECONDS);
        let mut found = None;
        for step in present - DRIFT..=present + DRIFT {
            let same = equal(self.code(step).as_bytes(), digits.as_bytes());
            if same && last_used.is_none_or(|last| step > last) {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step (RFC 4226, section 5.3).
    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.as_bytes());
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let at = tag.as_ref().last().map_or(0, |b| usize::from(b & 15));
        let cut = tag.as_ref().get(at..).and_then(|t| t.first_chunk::<4>());
        let number = cut.map_or(0, |four| u32::from_be_bytes(*four) & 0x7fff_ffff);
        format!("{:0DIGITS$}", number % 1_000_000)
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    /// RFC 6238, appendix B (SHA-1), the last six of eight digits; RFC 4226, appendix D.
    #[test]
    fn the_vectors_of_the_rfcs_hold() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = secret().check(at(seconds), code, None);
            assert_eq!(step, Some(seconds / 30), "{seconds}");
        }
        let counted: Vec<String> = (0..5).map(|n| secret().code(n)).collect();
        assert_eq!(counted, ["755224", "287082", "359152", "969429", "338314"]);
    }

    #[test]
    fn asvs_6_5_1_a_code_counts_once_and_none_before_it_either() {
        let now = at(1_111_111_109);
        let step = secret().check(now, "081 804", None).unwrap();
        assert_eq!(secret().check(now, "081804", Some(step)), None);
        let earlier = secret().code(step - 1);
        assert_eq!(secret().check(now, &earlier, None), Some(step - 1));
        assert_eq!(secret().check(now, &earlier, Some(step)), None);
    }

    #[test]
    fn a_phone_may_be_half_a_minute_off_and_no_more() {
        let now = at(3_000_000);
        for (off, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = secret().code(100_000 + off);
            assert_eq!(secret().check(now, &code, None).is_some(), good, "{off}");
        }
        for bad in ["", "12345", "1234567", "abcdef", "０８１８０４"] {
            assert_eq!(secret().check(now, bad, None), None, "{bad}");
        }
    }

    #[test]
    fn an_app_can_be_told_by_picture_or_by_hand() {
        let uri = secret().to_uri("Northgate & Co", "ada lovelace@x");
        assert_eq!(
            uri.as_str(),
            "otpauth://totp/Northgate%20%26%20Co:ada%20lovelace@x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Northgate%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(
            secret().to_typed().as_str(),
            "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
        );
    }
}

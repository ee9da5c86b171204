//! Base32 in two alphabets: RFC 4648's for machines, Crockford's for people (no I, L, O, U).

/// Which 32 characters.
#[derive(Clone, Copy)]
pub(crate) enum Alphabet {
    /// RFC 4648, section 6, without padding.
    Rfc4648,
    /// For text that people read from paper; reading takes `O` for `0` and `I`, `L` for `1`.
    Crockford,
}

impl Alphabet {
    const fn letters(self) -> &'static [u8; 32] {
        match self {
            Self::Rfc4648 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            Self::Crockford => b"0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        }
    }

    fn value(self, letter: char) -> Option<u8> {
        let upper = letter.to_ascii_uppercase();
        let meant = match (self, upper) {
            (Self::Crockford, 'O') => '0',
            (Self::Crockford, 'I' | 'L') => '1',
            _ => upper,
        };
        let at = self
            .letters()
            .iter()
            .position(|l| char::from(*l) == meant)?;
        u8::try_from(at).ok()
    }
}

/// Five bits a character, the last filled up with zeros.
pub(crate) fn encode(alphabet: Alphabet, bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0_u16, 0_u8);
    for byte in bytes {
        held = (held << 8) | u16::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.extend(letter(alphabet, held >> bits));
            held &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        out.extend(letter(alphabet, held << (5 - bits)));
    }
    out
}

fn letter(alphabet: Alphabet, value: u16) -> Option<char> {
    let at = usize::from(value & 31);
    alphabet.letters().get(at).map(|l| char::from(*l))
}

/// Reads what [`encode`] wrote; spaces and hyphens are passed over. None for other characters, and for bits left over
/// that are not zero.
pub(crate) fn decode(alphabet: Alphabet, text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u16, 0_u8);
    for letter in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
        held = (held << 5) | u16::from(alphabet.value(letter)?);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0 && bits < 5).then_some(out)
}

/// In groups with a hyphen between.
pub(crate) fn grouped(text: &str, size: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(size).map(|g| g.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str) {
        assert_eq!(encode(Alphabet::Rfc4648, bytes), text);
        assert_eq!(decode(Alphabet::Rfc4648, text).as_deref(), Some(bytes));
    }

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        check(b"", "");
        check(b"f", "MY");
        check(b"fo", "MZXQ");
        check(b"foo", "MZXW6");
        check(b"foob", "MZXW6YQ");
        check(b"fooba", "MZXW6YTB");
        check(b"foobar", "MZXW6YTBOI");
    }

    #[test]
    fn what_people_misread_is_read_as_meant() {
        let bytes = [0_u8, 68, 50, 20, 199];
        let text = encode(Alphabet::Crockford, &bytes);
        let sloppy = text.to_lowercase().replace('0', "o").replace('1', "l");
        assert_eq!(
            decode(Alphabet::Crockford, &grouped(&sloppy, 3)).unwrap(),
            bytes
        );
        assert_eq!(decode(Alphabet::Crockford, "U"), None);
        assert_eq!(decode(Alphabet::Rfc4648, "MZ1"), None);
        assert_eq!(decode(Alphabet::Rfc4648, "MZ"), None, "bits left over");
    }
}

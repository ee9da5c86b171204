//! Finding, eight bytes at a time, the first byte of a string that is not plain.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const QUOTES: u64 = 0x2222_2222_2222_2222;
const SLASHES: u64 = 0x5C5C_5C5C_5C5C_5C5C;
const SPACES: u64 = 0x2020_2020_2020_2020;

/// How many bytes at the front are neither `"` nor `\` nor a control character.
#[inline]
pub(super) fn plain_prefix(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for word in words {
        let special = specials(u64::from_le_bytes(*word));
        if special != 0 {
            return at + usize::try_from(special.trailing_zeros() / 8).unwrap_or(0);
        }
        at += 8;
    }
    at + rest.iter().take_while(|b| is_plain(**b)).count()
}

/// The high bit of each byte that is special; bits above the lowest one set may be wrong (borrows), the lowest never is.
#[inline]
fn specials(word: u64) -> u64 {
    let quote = word ^ QUOTES;
    let slash = word ^ SLASHES;
    let below = |w: u64, limit: u64| w.wrapping_sub(limit) & !w;
    (below(quote, ONES) | below(slash, ONES) | below(word, SPACES)) & HIGHS
}

#[inline]
const fn is_plain(byte: u8) -> bool {
    byte != b'"' && byte != b'\\' && byte >= 0x20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_at_every_place() {
        for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for at in 0..40 {
                for filler in [b'a', 0xc3, 0xff, b' ', b'!', b'#', b'[', b']', 0x7f] {
                    let mut text = vec![filler; 48];
                    text[at] = special;
                    text[at + 1] = b'"';
                    assert_eq!(plain_prefix(&text), at);
                    assert_eq!(plain_prefix(&text[..at]), at);
                }
            }
        }
    }
}

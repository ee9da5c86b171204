//! A Bloom filter: which passwords are on the list of the common ones. Nothing here is cryptography: a collision only
//! refuses a password that nobody listed (about one of 100,000). The chore that makes the list's filter reads this file too.

/// Places in the filter that each entry marks.
const PLACES: u64 = 14;

/// The places of one entry among this many bits.
pub(crate) fn places(entry: &str, bits: u64) -> impl Iterator<Item = u64> {
    let (first, step) = (
        mixed(entry, 0x9e37_79b9_7f4a_7c15),
        mixed(entry, 0xd1b5_4a32_d192_ed03) | 1,
    );
    (0..PLACES).map(move |n| {
        first
            .wrapping_add(n.wrapping_mul(step))
            .checked_rem(bits)
            .unwrap_or(0)
    })
}

/// Whether the filter has marks in all places of this entry.
pub(crate) fn holds(filter: &[u8], entry: &str) -> bool {
    let Ok(bytes) = u64::try_from(filter.len()) else {
        return false;
    };
    places(entry, bytes * 8).all(|place| {
        let byte = usize::try_from(place / 8)
            .ok()
            .and_then(|at| filter.get(at));
        byte.is_some_and(|b| b >> (place % 8) & 1 == 1)
    })
}

/// FNV-1a with splitmix64's finish.
fn mixed(text: &str, seed: u64) -> u64 {
    let mut z = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        z = (z ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

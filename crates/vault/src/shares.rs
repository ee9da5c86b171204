//! The root key on paper: five shares, any three of which give it back, and any two of which say nothing about it
//! (Shamir, "How to share a secret", 1979; over GF(2^8) with AES's polynomial, a fresh polynomial for each byte).

use zeroize::Zeroizing;

use crate::base32::{self, Alphabet};
use crate::{RandomError, RootKey, equal, random, sha256_chain};

/// How many shares there are.
pub const SHARES: u8 = 5;
/// How many are needed.
pub const NEEDED: usize = 3;

const VERSION: u8 = 1;
/// The key, and eight bytes by which a key that was put together is known to be right.
const SECRET: usize = 40;
const CHECK: usize = 4;

/// One share: 80 characters in groups of five.
#[derive(Clone)]
pub struct Share {
    set: [u8; 4],
    number: u8,
    points: Zeroizing<[u8; SECRET]>,
}

/// Why shares do not give a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Not a share, or mistyped.
    #[error("this is not a share, or it is mistyped: a share has 16 groups of five characters")]
    Mistyped,
    /// Fewer than three.
    #[error("three different shares are needed")]
    TooFew,
    /// The same share twice.
    #[error("share {0} was given twice")]
    Twice(u8),
    /// Shares of different keys, or of different printings.
    #[error("these shares are not of the same printing")]
    Mixed,
    /// They look right and give no key: one of them was made up.
    #[error("these shares do not give a key: one of them is forged or damaged")]
    Forged,
}

impl Share {
    /// Its number, 1 to 5.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// What all shares of one printing have in common, for people to compare: eight hexadecimal digits.
    pub fn printing(&self) -> String {
        aceso_base::hex(&self.set)
    }

    /// As it is printed.
    pub fn to_printed(&self) -> Zeroizing<String> {
        let body = self.body();
        let whole = Zeroizing::new([body.as_slice(), &check(&body)].concat());
        let text = Zeroizing::new(base32::encode(Alphabet::Crockford, &whole));
        Zeroizing::new(base32::grouped(&text, 5))
    }

    /// Reads what was printed, as people type it.
    pub fn parse(typed: &str) -> Result<Self, ShareError> {
        if typed.len() > 512 {
            return Err(ShareError::Mistyped);
        }
        let one_line: Zeroizing<String> = Zeroizing::new(typed.split_whitespace().collect());
        let whole = base32::decode(Alphabet::Crockford, &one_line).map(Zeroizing::new);
        let whole = whole.ok_or(ShareError::Mistyped)?;
        let (body, given) = whole
            .split_last_chunk::<CHECK>()
            .ok_or(ShareError::Mistyped)?;
        if !equal(&check(body), given) {
            return Err(ShareError::Mistyped);
        }
        let (head, points) = body.split_first_chunk::<6>().ok_or(ShareError::Mistyped)?;
        let points = <[u8; SECRET]>::try_from(points).map_err(|_| ShareError::Mistyped)?;
        let [VERSION, a, b, c, d, number @ 1..=SHARES] = *head else {
            return Err(ShareError::Mistyped);
        };
        Ok(Self {
            set: [a, b, c, d],
            number,
            points: Zeroizing::new(points),
        })
    }

    fn body(&self) -> Zeroizing<Vec<u8>> {
        let head: &[u8] = &[VERSION];
        Zeroizing::new([head, &self.set, &[self.number], self.points.as_slice()].concat())
    }
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Share({})", self.number)
    }
}

/// A new printing of the root key's shares.
pub fn split(root: &RootKey) -> Result<Vec<Share>, RandomError> {
    let set = random()?;
    let mut secret = Zeroizing::new([0; SECRET]);
    for (to, from) in secret
        .iter_mut()
        .zip(root.bytes().iter().chain(&proof(&set, root.bytes())))
    {
        *to = *from;
    }
    let (first, second) = (
        Zeroizing::new(random::<SECRET>()?),
        Zeroizing::new(random::<SECRET>()?),
    );
    let share = |number: u8| {
        let mut points = Zeroizing::new([0; SECRET]);
        let parts = secret.iter().zip(first.iter()).zip(second.iter());
        for (point, ((s, a), b)) in points.iter_mut().zip(parts) {
            *point = s ^ times(number, a ^ times(number, *b));
        }
        Share {
            set,
            number,
            points,
        }
    };
    Ok((1..=SHARES).map(share).collect())
}

/// The root key from three or more shares of one printing.
pub fn join(shares: &[Share]) -> Result<RootKey, ShareError> {
    let first = shares.first().ok_or(ShareError::TooFew)?;
    if shares.iter().any(|s| s.set != first.set) {
        return Err(ShareError::Mixed);
    }
    let twice = shares
        .iter()
        .enumerate()
        .find(|(n, s)| shares.iter().take(*n).any(|t| t.number == s.number));
    if let Some((_, share)) = twice {
        return Err(ShareError::Twice(share.number));
    }
    let used = shares.get(..NEEDED).ok_or(ShareError::TooFew)?;
    let mut secret = Zeroizing::new([0; SECRET]);
    for share in used {
        let weight = weight(share.number, used);
        for (to, point) in secret.iter_mut().zip(share.points.iter()) {
            *to ^= times(*point, weight);
        }
    }
    let (key, given) = secret.split_first_chunk::<32>().ok_or(ShareError::Forged)?;
    if !equal(&proof(&first.set, key), given) {
        return Err(ShareError::Forged);
    }
    Ok(RootKey::from_bytes(*key))
}

/// Lagrange's basis at zero: the product of x/(x - number) over the other shares.
fn weight(number: u8, used: &[Share]) -> u8 {
    let others = used.iter().filter(|s| s.number != number);
    others.fold(1, |product, other| {
        times(product, times(other.number, inverse(other.number ^ number)))
    })
}

/// Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, without branches or tables that depend on the values.
fn times(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        product ^= a & (b >> bit & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
    }
    product
}

/// The inverse: the 254th power (0 has none and gives 0).
fn inverse(a: u8) -> u8 {
    let mut power = a;
    let mut product = 1;
    for _ in 0..7 {
        power = times(power, power);
        product = times(product, power);
    }
    product
}

fn proof(set: &[u8; 4], key: &[u8; 32]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha256_chain(&[b"aceso shares 1", set, key]);
    [a, b, c, d, e, f, g, h]
}

fn check(body: &[u8]) -> [u8; CHECK] {
    let [a, b, c, d, ..] = sha256_chain(&[b"aceso share 1", body]);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(key: [u8; 32]) -> Vec<String> {
        let shares = split(&RootKey::from_bytes(key)).unwrap();
        shares.iter().map(|s| s.to_printed().to_string()).collect()
    }

    fn joined(shares: &[&String]) -> Result<[u8; 32], ShareError> {
        let shares: Result<Vec<_>, _> = shares.iter().map(|s| Share::parse(s)).collect();
        join(&shares?).map(|root| *root.bytes())
    }

    #[test]
    fn the_field_is_a_field() {
        for a in 1..=255 {
            assert_eq!(times(a, inverse(a)), 1, "{a}");
        }
        assert_eq!(times(0x57, 0x83), 0xc1, "FIPS 197, section 4.2");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_three_of_five_shares_give_the_key(key: [u8; 32]) {
            let paper = printed(key);
            for a in 0..5 {
                for b in 0..5 {
                    for c in 0..5 {
                        if a != b && b != c && a != c {
                            prop_assert_eq!(joined(&[&paper[a], &paper[b], &paper[c]]), Ok(key));
                        }
                    }
                }
            }
            prop_assert_eq!(joined(&[&paper[0], &paper[1]]), Err(ShareError::TooFew));
            prop_assert_eq!(joined(&[&paper[0], &paper[1], &paper[0]]), Err(ShareError::Twice(1)));
        }

        /// For any two shares and any key there is a third share that gives that key: two say nothing.
        #[test]
        fn any_two_shares_fit_every_key(key: [u8; 32], other: [u8; 32]) {
            let shares = split(&RootKey::from_bytes(key)).unwrap();
            let (one, two) = (&shares[0], &shares[3]);
            let set = one.set;
            let wanted: Vec<u8> = other.iter().copied().chain(proof(&set, &other)).collect();
            let mut third = Share { set, number: 2, points: Zeroizing::new([0; SECRET]) };
            let used = [one.clone(), two.clone(), third.clone()];
            let (w1, w2, w3) = (weight(1, &used), weight(4, &used), weight(2, &used));
            let parts = wanted.iter().zip(one.points.iter()).zip(two.points.iter());
            for (to, ((want, a), b)) in third.points.iter_mut().zip(parts) {
                *to = times(want ^ times(*a, w1) ^ times(*b, w2), inverse(w3));
            }
            let got = join(&[one.clone(), two.clone(), third]).map(|root| *root.bytes());
            prop_assert_eq!(got, Ok(other));
        }

        #[test]
        fn a_mistyped_share_is_noticed(key: [u8; 32], at in 0_usize..80, letter in "[0-9A-Z]") {
            let paper = printed(key);
            let bare: String = paper[2].replace('-', "");
            let mut typed = bare.clone();
            typed.replace_range(at..=at, &letter);
            let same = base32::decode(Alphabet::Crockford, &typed) == base32::decode(Alphabet::Crockford, &bare);
            prop_assert_eq!(Share::parse(&typed).is_ok(), same);
        }
    }

    #[test]
    fn shares_of_two_printings_do_not_mix() {
        let (one, two) = (printed([7; 32]), printed([7; 32]));
        assert_eq!(joined(&[&one[0], &one[1], &two[2]]), Err(ShareError::Mixed));
    }

    #[test]
    fn a_forged_share_is_noticed() {
        let mut shares = split(&RootKey::from_bytes([7; 32])).unwrap();
        shares[1].points[5] ^= 1;
        assert_eq!(join(&shares[..3]).map(|_| ()), Err(ShareError::Forged));
    }
}
